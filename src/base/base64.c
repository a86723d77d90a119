/* base64.c - see base64.h. */
#include "base/base64.h"

#include "base/err.h"

static int value_of(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters, `pad` of them padding, into 24 bits.  Returns them, or GW_ESYNTAX. */
static int quantum(const uint8_t *c, size_t pad)
{
    int bits = 0;

    for (size_t i = 0; i < 4; i++) {
        int v = i < 4 - pad ? value_of(c[i]) : 0;
        if (v < 0)
            return GW_ESYNTAX;
        bits = bits << 6 | v;
    }
    return bits & ((1 << 8 * pad) - 1) ? GW_ESYNTAX : bits;
}

int base64_decode(struct bytes text, uint8_t *out, size_t cap)
{
    size_t pad = 0, n = text.n / 4 * 3;

    if (text.n % 4)
        return GW_ESYNTAX;
    while (pad < 2 && pad < text.n && text.p[text.n - 1 - pad] == '=')
        pad++;
    if (n - pad > cap)
        return GW_ENOMEM;
    for (size_t i = 0; i < text.n / 4; i++) {
        size_t skip = i + 1 == text.n / 4 ? pad : 0;
        int bits = quantum(text.p + 4 * i, skip);
        if (bits < 0)
            return bits;
        for (size_t k = 0; k < 3 - skip; k++)
            *out++ = (uint8_t)(bits >> (16 - 8 * k));
    }
    return (int)(n - pad);
}

void base64_encode(struct bytes in, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < in.n; i += 3) {
        size_t n = in.n - i < 3 ? in.n - i : 3;
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (k < n ? in.p[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            *out++ = k <= n ? digits[bits >> (18 - 6 * k) & 63] : '=';
    }
}
