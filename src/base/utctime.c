/* utctime.c - see utctime.h. */
#include "base/utctime.h"

#include <time.h>

#include "base/err.h"

/* Reads exactly n decimal digits. */
static int digits(struct rd *r, size_t n)
{
    int v = 0;
    while (n--) {
        uint8_t c = rd_u8(r);
        if (c < '0' || c > '9')
            r->short_ = true;
        v = 10 * v + (c - '0');
    }
    return r->short_ ? 0 : v;
}

static void expect(struct rd *r, char c)
{
    if (rd_u8(r) != c)
        r->short_ = true;
}

static void read_clock(struct rd *r, struct tm *t)
{
    expect(r, 'T');
    t->tm_hour = digits(r, 2);
    expect(r, ':');
    t->tm_min = digits(r, 2);
    if (r->left && r->p[0] == ':') {
        expect(r, ':');
        t->tm_sec = digits(r, 2);
    }
    expect(r, 'Z');
}

int utctime_parse(struct bytes text, int64_t *s)
{
    struct rd r = rd_init(text);
    struct tm t = { 0 };

    t.tm_year = digits(&r, 4) - 1900;
    expect(&r, '-');
    t.tm_mon = digits(&r, 2) - 1;
    expect(&r, '-');
    t.tm_mday = digits(&r, 2);
    if (r.left)
        read_clock(&r, &t);
    struct tm same = t; /* timegm carries what is out of range into the next field */
    *s = timegm(&same);
    if (r.short_ || r.left || *s <= 0 || same.tm_sec != t.tm_sec || same.tm_min != t.tm_min ||
        same.tm_hour != t.tm_hour || same.tm_mon != t.tm_mon) /* a wrong day changes the month */
        return GW_ESYNTAX;
    return 0;
}
