/* utctime.h - moments as people write them into files: ISO 8601, in UTC. */
#ifndef GW_BASE_UTCTIME_H
#define GW_BASE_UTCTIME_H

#include "base/cursor.h"

/* Reads `2027-01-01`, `2027-01-01T12:34Z` or `2027-01-01T12:34:56Z`, and nothing else.  Returns 0
 * and *s, seconds since 1970 and above 0; or GW_ESYNTAX. */
int utctime_parse(struct bytes text, int64_t *s);

#endif
