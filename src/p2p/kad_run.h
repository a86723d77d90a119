/* kad_run.h - one lookup (kad_lookup.h) on the net: it asks, hears and ends in time.
 *
 * At most KAD_RUNS_MAX are under way at once; more wait for their turn, KAD_RUNS_WAITING at most,
 * and their waiting counts.
 */
#ifndef GW_P2P_KAD_RUN_H
#define GW_P2P_KAD_RUN_H

#include "p2p/kad_env.h"
#include "p2p/kad_lookup.h"

#define KAD_RUNS_MAX     16
#define KAD_RUNS_WAITING 512

struct kad_run;

struct kad_runs { /* the lookups of one DHT; zeroed means none.  Embedded, outlives them */
    struct kad_run *list;
    unsigned count, under_way;
    uint64_t begun;
};

void kad_runs_go_on(struct kad_runs *all); /* env->is_joining has ended */

struct kad_run_events {
    /* A peer has answered; its closer peers are seen to already.  False: this is enough. */
    bool (*on_answer)(void *arg, const struct peerid *from, const struct kad_msg *answer);
    /* It is over, once, from the loop; `is_late`: because of query_ms.  The run may be looked at,
     * and is freed by kad_run_free, in this call or later. */
    void (*on_end)(void *arg, bool is_late);
};

/* Asks `q` (type and key are looked at; the key is copied) of those nearest to the target,
 * beginning with the contacts of the table.  Borrows all but q.  Returns owned, or NULL: out of
 * memory, or too many wait. */
struct kad_run *kad_run_new(const struct kad_env *env, struct kad_runs *all,
                            const struct kad_msg *q, const struct kad_id *target,
                            const struct kad_run_events *ev, void *arg);
void kad_run_free(struct kad_run *r); /* on_end will not be called; NULL is fine */

/* Those that answered, the nearest first; addresses are views until the run is freed. */
size_t kad_run_nearest(const struct kad_run *r, struct kad_contact *out, size_t max);
void kad_run_stats(const struct kad_run *r, struct kad_lookup_stats *out);
unsigned kad_run_hops(const struct kad_run *r, const struct peerid *peer); /* as kad_lookup_hops */

#endif
