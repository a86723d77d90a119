/* svc_carry.h - what crosses between a caller and the target of a service: octets (net/bridge.h),
 * or datagrams (net/dgrams.h).  Until both are done, or nothing more may cross. */
#ifndef GW_SVC_SVC_CARRY_H
#define GW_SVC_SVC_CARRY_H

#include "net/bridge.h"
#include "net/dgrams.h"

struct svc_carry;

struct svc_carry_stats {
    uint64_t octets_in, octets_out; /* in: from the caller */
    uint64_t datagrams_in, datagrams_out;
};

typedef void svc_carry_done_fn(void *arg, int err, const struct svc_carry_stats *st);

/* Take both ends, borrow the limit (NULL: none).  `early`: octets of the caller that came before,
 * not credited yet.  `done` is called exactly once.  NULL: out of memory (both ends stay whose they
 * were). */
struct svc_carry *svc_carry_octets(struct stream *caller, struct stream *target, struct bytes early,
                                   struct limit *limit, svc_carry_done_fn *done, void *arg);
struct svc_carry *svc_carry_datagrams(struct ev_loop *loop, struct dgrams *caller,
                                      struct dgrams *target, struct limit *limit, uint64_t idle_ms,
                                      svc_carry_done_fn *done, void *arg);

/* Ends both with `err` (not 0); `done` follows, of datagrams from inside the call. */
void svc_carry_cancel(struct svc_carry *c, int err);

#endif
