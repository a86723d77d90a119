/* errands.h - lookups of a tier that runs a program for each: so many at a time, the others in
 * their turn. */
#ifndef GW_NAME_ERRANDS_H
#define GW_NAME_ERRANDS_H

#include "name/resolver.h"
#include "net/timer.h"

#define ERRANDS_RUN_MAX 16

struct errands;

struct errand { /* a lookup; the first fields are errands.c's */
    struct errand *prev, *next;
    struct errands *of;
    struct tier_query *query;
    struct name name;
    void *run; /* set by `start`; NULL: it waits for its turn */
};

struct errand_ops {
    /* Sets e->run and returns 0; errand_end is called later, from the loop.  Or GW_E*. */
    int (*start)(struct errand *e);
    void (*cancel)(void *run);
};

struct errands { /* embedded in the tier, which may read `loop` and `tier` */
    struct ev_loop *loop;
    const struct errand_ops *ops;
    void *tier;
    size_t nrunning;
    struct errand *all; /* utlist DL, in the order of asking */
    struct timer turn;  /* one has ended: those who wait may start */
};

void errands_init(struct errands *s, struct ev_loop *loop, const struct errand_ops *ops,
                  void *tier);
void errands_fini(struct errands *s); /* cancels them all; their queries are not answered */

/* As tier_ops has them: the query is answered here when the errand cannot be started, else by who
 * ends it. */
void errands_lookup(struct errands *s, const struct name *n, struct tier_query *q);
void errands_cancel(struct errands *s, struct tier_query *q);

/* What `start` began is over: the errand is gone, and its query is to be answered by the caller. */
struct tier_query *errand_end(struct errand *e);

#endif
