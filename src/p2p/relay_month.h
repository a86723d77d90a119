/* relay_month.h - what has been relayed in this calendar month (UTC), kept in a file.  The time is
 * an argument.
 *
 * The file is one line, "2026-11 123456": the month and the octets.
 */
#ifndef GW_P2P_RELAY_MONTH_H
#define GW_P2P_RELAY_MONTH_H

#include <stdint.h>

struct relay_month { /* zeroed: nothing relayed yet */
    int32_t month;   /* since January of year 0 */
    uint64_t bytes;  /* of that month */
};

void relay_month_add(struct relay_month *m, uint64_t bytes, int64_t now_s);
uint64_t relay_month_bytes(const struct relay_month *m, int64_t now_s);

/* A file that is not there counts as empty; so does one that cannot be read or is damaged, with a
 * warning. */
void relay_month_load(struct relay_month *m, const char *path);
int relay_month_save(const struct relay_month *m, const char *path); /* as fileio_replace */

#endif
