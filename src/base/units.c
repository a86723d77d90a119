/* units.c - see units.h. */
#include "base/units.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/err.h"

struct unit {
    const char *suffix; /* NULL ends the table */
    uint64_t scale;
};

/* Largest first, for printing; what no suffix means comes last. */
static const struct unit size_units[] = {
    { "G", 1u << 30 }, { "M", 1u << 20 }, { "k", 1u << 10 }, { "", 1 }, { NULL, 0 }
};
static const struct unit time_units[] = { { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 },
                                          { "s", 1000 },     { "ms", 1 },      { "", 1000 },
                                          { NULL, 0 } };

static int parse(const char *text, const struct unit *u, uint64_t *out)
{
    char *end;

    if (!isdigit((unsigned char)*text))
        return GW_ESYNTAX;
    errno = 0;
    uintmax_t v = strtoumax(text, &end, 10);
    while (u->suffix && strcasecmp(end, u->suffix))
        u++;
    if (!u->suffix)
        return GW_ESYNTAX;
    if (errno || v > (uint64_t)INT64_MAX / u->scale)
        return GW_EINVAL;
    *out = v * u->scale;
    return 0;
}

static const char *print(uint64_t v, const struct unit *u, char out[UNITS_STR_MAX])
{
    while (v % u->scale)
        u++;
    snprintf(out, UNITS_STR_MAX, "%" PRIu64 "%s", v / u->scale, v ? u->suffix : "");
    return out;
}

int units_parse_size(const char *text, uint64_t *out)
{
    return parse(text, size_units, out);
}

int units_parse_duration(const char *text, uint64_t *ms)
{
    return parse(text, time_units, ms);
}

const char *units_print_size(uint64_t v, char out[UNITS_STR_MAX])
{
    return print(v, size_units, out);
}

const char *units_print_duration(uint64_t ms, char out[UNITS_STR_MAX])
{
    return print(ms, time_units, out);
}

const char *units_show_octets(uint64_t n, char out[UNITS_STR_MAX])
{
    static const char unit[] = "KMGTPE";
    double v = (double)n;
    int u = -1;

    while (v >= 1000 && unit[u + 1]) {
        v /= 1024;
        u++;
    }
    if (u < 0)
        snprintf(out, UNITS_STR_MAX, "%" PRIu64, n);
    else
        snprintf(out, UNITS_STR_MAX, v < 10 ? "%.1f%c" : "%.0f%c", v, unit[u]);
    return out;
}

const char *units_show_age(uint64_t s, char out[UNITS_STR_MAX])
{
    if (s < 60)
        snprintf(out, UNITS_STR_MAX, "%" PRIu64 "s", s);
    else if (s < 3600)
        snprintf(out, UNITS_STR_MAX, "%" PRIu64 "m", s / 60);
    else if (s < 86400)
        snprintf(out, UNITS_STR_MAX, "%" PRIu64 "h %" PRIu64 "m", s / 3600, s / 60 % 60);
    else
        snprintf(out, UNITS_STR_MAX, "%" PRIu64 "d %" PRIu64 "h", s / 86400, s / 3600 % 24);
    return out;
}
