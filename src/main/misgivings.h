/* misgivings.h - what a configuration says that is no error, and yet cannot come to anything on
 * this machine: a program that is not there, a network that nobody knows.  The daemon starts all
 * the same, because what is missing may come; `gw config --check` tells. */
#ifndef GW_MAIN_MISGIVINGS_H
#define GW_MAIN_MISGIVINGS_H

#include "id/peerid.h"
#include "main/config.h"

/* Calls `each` with a sentence for each of them, such as "[network bob] has no relay: ..."; `self`:
 * our id, NULL: there is no key yet. */
void misgivings_each(const struct config *c, const struct peerid *self,
                     void (*each)(void *arg, const char *text), void *arg);

#endif
