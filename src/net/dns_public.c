/* dns_public.c - dns_is_public of dns.h: the IANA registries of special-purpose addresses (RFC 6890
 * and what has been entered since), as tables. */
#include "net/dns.h"

struct block {
    uint8_t b[12]; /* the start of the address */
    uint8_t bits;
};

static const struct block special4[] = {
    { { 0 }, 8 },             /* this network */
    { { 10 }, 8 },            /* private, RFC 1918 */
    { { 100, 64 }, 10 },      /* behind a carrier's NAT, RFC 6598 */
    { { 127 }, 8 },           /* loopback */
    { { 169, 254 }, 16 },     /* link-local */
    { { 172, 16 }, 12 },      /* private */
    { { 192, 0, 0 }, 24 },    /* IETF protocols */
    { { 192, 0, 2 }, 24 },    /* documentation */
    { { 192, 88, 99 }, 24 },  /* 6to4 relays, RFC 7526 */
    { { 192, 168 }, 16 },     /* private */
    { { 198, 18 }, 15 },      /* benchmarks, RFC 2544 */
    { { 198, 51, 100 }, 24 }, /* documentation */
    { { 203, 0, 113 }, 24 },  /* documentation */
    { { 224 }, 3 },           /* multicast and reserved, to 255.255.255.255 */
};

static const struct block special6[] = {
    /* within 2000::/3 */
    { { 0x20, 0x01 }, 23 },             /* IETF protocols, Teredo with them */
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documentation */
    { { 0x3f, 0xff }, 20 },             /* documentation, RFC 9637 */
};

static const struct block global6 = { { 0x20 }, 3 };
/* Whose addresses hold one of IPv4. */
static const struct block mapped = { { [10] = 0xff, 0xff }, 96 };
static const struct block nat64 = { { 0x00, 0x64, 0xff, 0x9b }, 96 };
static const struct block v6to4 = { { 0x20, 0x02 }, 16 };

static bool is_in(const uint8_t *b, const struct block *k)
{
    size_t whole = k->bits / 8;
    uint8_t mask = (uint8_t)(0xff00 >> k->bits % 8);
    return memcmp(b, k->b, whole) == 0 && (!mask || ((b[whole] ^ k->b[whole]) & mask) == 0);
}

static bool is_public4(const uint8_t *b)
{
    for (size_t i = 0; i < sizeof special4 / sizeof *special4; i++)
        if (is_in(b, &special4[i]))
            return false;
    return true;
}

static bool is_public6(const uint8_t *b)
{
    if (is_in(b, &mapped) || is_in(b, &nat64))
        return is_public4(b + 12);
    if (is_in(b, &v6to4))
        return is_public4(b + 2);
    for (size_t i = 0; i < sizeof special6 / sizeof *special6; i++)
        if (is_in(b, &special6[i]))
            return false;
    return is_in(b, &global6);
}

bool dns_is_public(const struct ipaddr *ip)
{
    if (ip->zone)
        return false;
    return ip->family == 4 ? is_public4(ip->b) : ip->family == 6 && is_public6(ip->b);
}
