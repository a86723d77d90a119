/* units.h - sizes and durations as people write them. */
#ifndef GW_BASE_UNITS_H
#define GW_BASE_UNITS_H

#include <stdint.h>

#define UNITS_STR_MAX 24 /* octets of a printed value with its NUL */

/* Parsers read the whole text: digits, then at most one suffix without regard to case.  Return 0
 * and *out up to INT64_MAX, GW_ESYNTAX, or GW_EINVAL (larger than that). */
int units_parse_size(const char *text, uint64_t *out);    /* octets; k M G are powers of 1024 */
int units_parse_duration(const char *text, uint64_t *ms); /* ms s m h d; no suffix: seconds */

/* Print the shortest exact form, such as "64k" or "90s"; return out. */
const char *units_print_size(uint64_t v, char out[UNITS_STR_MAX]);
const char *units_print_duration(uint64_t ms, char out[UNITS_STR_MAX]);

/* Print rounded, for a glance: "999", "1.2K", "34M" (powers of 1024); "5s", "12m", "3h 5m", "2d
 * 4h"; return out. */
const char *units_show_octets(uint64_t n, char out[UNITS_STR_MAX]);
const char *units_show_age(uint64_t s, char out[UNITS_STR_MAX]); /* seconds */

#endif
