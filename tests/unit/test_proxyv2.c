/* test_proxyv2.c - the PROXY protocol header. */
#include "wire/proxyv2.h"

#include "vec.h"

#define PEER      "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA" /* 52 octets */
#define SIGNATURE "\x0d\x0a\x0d\x0a\x00\x0d\x0a\x51\x55\x49\x54\x0a"
#define TLV       "\xe0\x00\x34" PEER

static const struct {
    const char *source;
    struct proxyv2 h;
    struct bytes wire;
} vectors[] = {
    /* Signature, 0x21 0x11 and addresses as HAProxy sends them for 172.19.0.1:42578 to
     * 172.19.0.3:80; its length 0x000c grows by the TLV's 55 octets. */
    { "IPv4",
      { B("\xac\x13\x00\x01"), B("\xac\x13\x00\x03"), 42578, 80, B(PEER) },
      B(SIGNATURE "\x21\x11\x00\x43"
                  "\xac\x13\x00\x01\xac\x13\x00\x03\xa6\x52\x00\x50" TLV) },
    /* By hand from proxy-protocol.txt s.2.2: 0x21 is TCP over IPv6, 36 octets of addresses. */
    { "IPv6",
      { B("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"),
        B("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"), 1, 65535, B(PEER) },
      B(SIGNATURE "\x21\x21\x00\x5b"
                  "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
                  "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
                  "\x00\x01\xff\xff" TLV) },
    { "no address: UNSPEC, and no ports either",
      { B(""), B(""), 1, 2, B(PEER) },
      B(SIGNATURE "\x21\x00\x00\x37" TLV) },
    { "two families: UNSPEC",
      { B("\x7f\0\0\1"), B("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"), 1, 2, B(PEER) },
      B(SIGNATURE "\x21\x00\x00\x37" TLV) },
};

static size_t at; /* in vectors */

static int encode(uint8_t *dst, size_t cap)
{
    return proxyv2_encode(dst, cap, &vectors[at].h);
}

static void test_encode_puts_addresses_and_peer(void **state)
{
    (void)state;
    for (at = 0; at < COUNT(vectors); at++)
        assert_needs_room(vectors[at].wire, encode);
}

static void test_encode_bounds_the_peer(void **state)
{
    (void)state;
    uint8_t text[PROXYV2_PEER_MAX + 1] = { 0 }, out[PROXYV2_WIRE_MAX], ip[16] = { 0 };
    struct proxyv2 h = { .src = { ip, 16 }, .dst = { ip, 16 }, .peer = { text, PROXYV2_PEER_MAX } };
    assert_int_equal(proxyv2_encode(out, sizeof out, &h), PROXYV2_WIRE_MAX);
    h.peer.n++;
    assert_int_equal(proxyv2_encode(out, sizeof out, &h), GW_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encode_puts_addresses_and_peer),
        cmocka_unit_test(test_encode_bounds_the_peer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
