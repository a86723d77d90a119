/* confdiff.h - which keys have other values now (base/conf.h). */
#ifndef GW_BASE_CONFDIFF_H
#define GW_BASE_CONFDIFF_H

#include "base/conf.h"

/* Calls `each` for every key of the plain sections that has not the same value in both, in the
 * order of the table. */
void confdiff(const struct conf_schema *s, const void *a, const void *b,
              void (*each)(void *arg, const struct conf_key *k), void *arg);

#endif
