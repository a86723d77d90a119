/* basex.c - see basex.h.
 *
 * base58 and base36 are positional: the octets are one big number, and leading zero octets are
 * kept as leading zero digits.  base32 is RFC 4648: groups of 5 bits.
 */
#include "base/basex.h"

#include "base/err.h"

struct alphabet {
    const char *digits;
    uint32_t base;
    bool folds_case;
};

static const struct alphabet base58 = {
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", 58, false
};
static const struct alphabet base36 = { "0123456789abcdefghijklmnopqrstuvwxyz", 36, true };
static const struct alphabet base32 = { "abcdefghijklmnopqrstuvwxyz234567", 32, true };

static int digit_value(const struct alphabet *a, uint8_t c)
{
    if (a->folds_case && c >= 'A' && c <= 'Z')
        c = (uint8_t)(c - 'A' + 'a');
    const char *at = c ? strchr(a->digits, c) : NULL;
    return at ? (int)(at - a->digits) : -1;
}

static size_t count_leading(struct bytes v, uint8_t octet)
{
    size_t n = 0;
    while (n < v.n && v.p[n] == octet)
        n++;
    return n;
}

/* num = num * mul + add, where num is `*n` little-endian digits of base `base`. */
static void mul_add(uint8_t *num, size_t *n, uint32_t base, uint32_t mul, uint32_t add)
{
    uint32_t carry = add;
    for (size_t i = 0; i < *n; i++) {
        carry += num[i] * mul;
        num[i] = (uint8_t)(carry % base);
        carry /= base;
    }
    for (; carry; carry /= base)
        num[(*n)++] = (uint8_t)(carry % base);
}

static int encode_number(const struct alphabet *a, struct bytes in, char *out, size_t cap)
{
    uint8_t num[BASEX_IN_MAX * 2]; /* log(256) / log(36) = 1.55 digits an octet */
    size_t n = 0;

    if (in.n > BASEX_IN_MAX)
        return GW_ENOMEM;
    size_t zeros = count_leading(in, 0);
    for (size_t i = zeros; i < in.n; i++)
        mul_add(num, &n, a->base, 256, in.p[i]);
    if (zeros + n + 1 > cap)
        return GW_ENOMEM;
    memset(out, a->digits[0], zeros);
    for (size_t i = 0; i < n; i++)
        out[zeros + i] = a->digits[num[n - 1 - i]];
    out[zeros + n] = '\0';
    return (int)(zeros + n);
}

static int decode_number(const struct alphabet *a, struct bytes text, uint8_t *out, size_t cap)
{
    uint8_t num[BASEX_IN_MAX]; /* a digit is less than an octet */
    size_t n = 0;

    if (text.n > BASEX_IN_MAX)
        return GW_ENOMEM;
    size_t zeros = count_leading(text, (uint8_t)a->digits[0]);
    for (size_t i = zeros; i < text.n; i++) {
        int d = digit_value(a, text.p[i]);
        if (d < 0)
            return GW_ESYNTAX;
        mul_add(num, &n, 256, a->base, (uint32_t)d);
    }
    if (zeros + n > cap)
        return GW_ENOMEM;
    memset(out, 0, zeros);
    for (size_t i = 0; i < n; i++)
        out[zeros + i] = num[n - 1 - i];
    return (int)(zeros + n);
}

int basex_encode58(struct bytes in, char *out, size_t cap)
{
    return encode_number(&base58, in, out, cap);
}

int basex_encode36(struct bytes in, char *out, size_t cap)
{
    return encode_number(&base36, in, out, cap);
}

int basex_encode32(struct bytes in, char *out, size_t cap)
{
    size_t len = (in.n * 8 + 4) / 5, n = 0;
    uint32_t acc = 0;
    unsigned bits = 0;

    if (in.n > BASEX_IN_MAX || len + 1 > cap)
        return GW_ENOMEM;
    for (size_t i = 0; i < in.n; i++) {
        acc = (acc << 8 | in.p[i]) & 0xfff; /* at most 4 bits wait */
        for (bits += 8; bits >= 5; bits -= 5)
            out[n++] = base32.digits[acc >> (bits - 5) & 31];
    }
    if (bits)
        out[n++] = base32.digits[acc << (5 - bits) & 31];
    out[n] = '\0';
    return (int)n;
}

int basex_decode58(struct bytes text, uint8_t *out, size_t cap)
{
    return decode_number(&base58, text, out, cap);
}

int basex_decode36(struct bytes text, uint8_t *out, size_t cap)
{
    return decode_number(&base36, text, out, cap);
}

int basex_decode32(struct bytes text, uint8_t *out, size_t cap)
{
    uint32_t acc = 0;
    unsigned bits = 0;
    size_t n = 0;

    if (text.n > BASEX_IN_MAX)
        return GW_ENOMEM;
    for (size_t i = 0; i < text.n; i++) {
        int d = digit_value(&base32, text.p[i]);
        if (d < 0)
            return GW_ESYNTAX;
        acc = (acc << 5 | (uint32_t)d) & 0xfff;
        bits += 5;
        if (bits < 8)
            continue;
        if (n == cap)
            return GW_ENOMEM;
        bits -= 8;
        out[n++] = (uint8_t)(acc >> bits);
    }
    /* What is left must be padding: less than a digit, and zero (RFC 4648 s.3.5). */
    if (bits >= 5 || (acc & ((1u << bits) - 1)))
        return GW_ESYNTAX;
    return (int)n;
}
