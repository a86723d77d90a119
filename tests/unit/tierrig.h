/* tierrig.h - a resolver whose one tier is under test. */
#ifndef GW_TESTS_TIERRIG_H
#define GW_TESTS_TIERRIG_H

#include "name/resolver.h"

struct tierrig_said {         /* what came of one lookup */
    struct resolver_req *req; /* NULL: it is over */
    unsigned calls;
    int err;
    struct name_answer answer; /* zeroed without one */
    char trail[RESOLVER_TRAIL_MAX];
};

struct tierrig {
    struct ev_loop *loop;
    struct resolver *resolver;
    struct tierrig_said said; /* to tierrig_ask */
};

void tierrig_init(struct tierrig *t, uint64_t timeout_ms);
void tierrig_add(struct tierrig *t, const struct tier_ops *ops, void *tier);
/* The resolver ends, and what waits for it; then the tier may. */
void tierrig_stop(struct tierrig *t);
/* The loop ends.  Hangs while something is still watched. */
void tierrig_fini(struct tierrig *t);

/* Begins a lookup.  `said` is there until it is over, or the resolver. */
void tierrig_start(struct tierrig *t, const char *host, struct tierrig_said *said);
void tierrig_wait(struct tierrig *t, const struct tierrig_said *said);
/* Both, and forgets the answer: the tier is asked each time. */
const struct tierrig_said *tierrig_ask(struct tierrig *t, const char *host);

#endif
