/* relay_month.c - see relay_month.h. */
#include "p2p/relay_month.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "base/fileio.h"
#include "base/log.h"

#define TEXT_MAX 64 /* octets with the NUL */

static int32_t month_of(int64_t now_s)
{
    time_t t = (time_t)now_s;
    struct tm tm;

    return gmtime_r(&t, &tm) ? (tm.tm_year + 1900) * 12 + tm.tm_mon : 0;
}

uint64_t relay_month_bytes(const struct relay_month *m, int64_t now_s)
{
    return m->month == month_of(now_s) ? m->bytes : 0;
}

void relay_month_add(struct relay_month *m, uint64_t bytes, int64_t now_s)
{
    m->bytes = relay_month_bytes(m, now_s) + bytes;
    m->month = month_of(now_s);
}

static void print(const struct relay_month *m, char out[TEXT_MAX])
{
    snprintf(out, TEXT_MAX, "%04" PRId32 "-%02" PRId32 " %" PRIu64 "\n", m->month / 12,
             m->month % 12 + 1, m->bytes);
}

/* Exactly what print writes, nothing else. */
static bool parse(const char *text, struct relay_month *out)
{
    char again[TEXT_MAX];
    int32_t year, month;
    uint64_t bytes;

    if (sscanf(text, "%4" SCNd32 "-%2" SCNd32 " %20" SCNu64, &year, &month, &bytes) != 3)
        return false;
    struct relay_month m = { .month = year * 12 + month - 1, .bytes = bytes };
    print(&m, again);
    if (strcmp(text, again) != 0)
        return false;
    *out = m;
    return true;
}

void relay_month_load(struct relay_month *m, const char *path)
{
    char *text;
    size_t n;
    int err = fileio_read(path, &text, &n);

    *m = (struct relay_month){ 0 };
    if (!err) {
        err = parse(text, m) ? 0 : GW_ESYNTAX;
        free(text);
    }
    if (err && err != GW_ENOTFOUND)
        log_warn("relay %s: %s, the month counts from 0 again", path, gw_strerror(err));
}

int relay_month_save(const struct relay_month *m, const char *path)
{
    char line[TEXT_MAX];

    print(m, line);
    return fileio_replace(path, bytes_of(line), 0600);
}
