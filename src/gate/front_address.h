/* front_address.h - the lookups of front_address (front.h), of which the front holds the list. */
#ifndef GW_GATE_FRONT_ADDRESS_H
#define GW_GATE_FRONT_ADDRESS_H

#include "gate/aim.h"

struct front_lookups { /* zeroed: none */
    struct front_lookup *all;
    uint32_t n;
};

/* Borrows `in`, rules and turn.  `done` as front_address says; NULL: out of memory. */
struct front_lookup *front_lookup_start(struct front_lookups *in, const struct aim_rules *rules,
                                        struct turn *turn, uint64_t timeout_ms, const char *host,
                                        front_address_fn *done, void *arg);
void front_lookups_drop(struct front_lookups *in); /* nobody is called back */

#endif
