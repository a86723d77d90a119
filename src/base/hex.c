/* hex.c - see hex.h. */
#include "base/hex.h"

#include "base/err.h"

int hex0x_write(char *dst, size_t cap, struct bytes octets)
{
    static const char digits[] = "0123456789abcdef";

    if (octets.n > (size_t)INT32_MAX / 2 - 2 || cap < 2 + 2 * octets.n + 1)
        return GW_ENOMEM;
    *dst++ = '0';
    *dst++ = 'x';
    for (size_t i = 0; i < octets.n; i++) {
        *dst++ = digits[octets.p[i] >> 4];
        *dst++ = digits[octets.p[i] & 15];
    }
    *dst = '\0';
    return (int)(2 + 2 * octets.n);
}

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int hex0x_read(struct bytes text, uint8_t *dst, size_t cap)
{
    if (text.n < 2 || text.n % 2 || text.p[0] != '0' || text.p[1] != 'x')
        return GW_ESYNTAX;
    size_t n = text.n / 2 - 1;
    if (n > cap || n > INT32_MAX)
        return GW_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        int high = digit_of(text.p[2 + 2 * i]), low = digit_of(text.p[3 + 2 * i]);
        if (high < 0 || low < 0)
            return GW_ESYNTAX;
        dst[i] = (uint8_t)(high << 4 | low);
    }
    return (int)n;
}
