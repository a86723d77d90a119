/* kad_lookup.h - one iterative lookup of Kademlia: whom to ask next, and when it is over.  Pure: no
 * I/O; the time is an argument, and whoever drives it does the asking.
 *
 * The k peers nearest to the target are sought along `paths` disjoint paths (S/Kademlia): the first
 * contacts are dealt out to them, each path asks only those that it was told of itself, and no peer
 * is asked twice by any two of them.  So a liar spoils one path only.  Each path has up to `alpha`
 * questions under way, and ends when the k nearest that it knows have answered (whichever path
 * asked them), or when it knows nobody more to ask.
 *
 * A peer that was made up never answers, however near it seems.  So only those count among the k
 * nearest that answered or may do so soon: not who failed, nor who has been asked answer_ms /
 * KAD_SLOW ago, until it answers after all (it is waited for only if there are less than k others,
 * and it does not count among the alpha).  And whoever told of KAD_DOUBT more of these silent ones
 * than of peers that answered is doubted: the others that only it told of are asked last, if there
 * are less than k without them.  No path has more than its share of max_asked.
 */
#ifndef GW_P2P_KAD_LOOKUP_H
#define GW_P2P_KAD_LOOKUP_H

#include "p2p/kad_table.h"

struct kad_lookup_config {
    unsigned alpha;     /* 3 */
    unsigned k;         /* KAD_K */
    unsigned paths;     /* 1 to KAD_PATHS_MAX */
    unsigned max_asked; /* questions in all, KAD_ASKED_MAX at most; 0: KAD_ASKED_MAX */
    uint64_t
        answer_ms; /* a question that is older counts as failed when kad_lookup_tick is called */
};
#define KAD_PATHS_MAX 8
#define KAD_ASKED_MAX 200
#define KAD_KNOWN_MAX 300 /* peers that a path keeps in mind: what is worst makes room */
#define KAD_DOUBT     2
#define KAD_SLOW      4

struct kad_lookup;

/* Towards the target; self is never asked.  Returns owned, or NULL when out of memory. */
struct kad_lookup *kad_lookup_new(const struct kad_id *target, const struct peerid *self,
                                  const struct kad_lookup_config *cfg);
void kad_lookup_free(struct kad_lookup *l); /* NULL is fine */

/* Where it begins: contacts of our own table (copied, nearest first is best). */
void kad_lookup_seed(struct kad_lookup *l, const struct kad_contact *c, size_t n);

/* The next one to ask now (borrowed until the next call): call until it says false, at the start
 * and after each of the calls below. */
bool kad_lookup_next(struct kad_lookup *l, uint64_t now_ms, struct kad_contact *out);
/* One that was asked has answered with peers nearer to the target (copied; KAD_K at most are looked
 * at), or failed.  Fine for one that was not asked, or is late: it changes nothing.  Addresses that
 * several tell of one peer come together, so that false ones do not hide the right ones. */
void kad_lookup_answer(struct kad_lookup *l, const struct peerid *from,
                       const struct kad_contact *closer, size_t n);
void kad_lookup_failed(struct kad_lookup *l, const struct peerid *from);
/* Notes what is slow, and takes what is overdue for failed: calls `late` (may be NULL) for each. */
void kad_lookup_tick(struct kad_lookup *l, uint64_t now_ms,
                     void (*late)(void *arg, const struct peerid *peer), void *arg);
uint64_t kad_lookup_due(const struct kad_lookup *l); /* when that is next; UINT64_MAX: never */

bool kad_lookup_is_done(const struct kad_lookup *l);
/* What has answered, the nearest first, at most k. */
size_t kad_lookup_nearest(const struct kad_lookup *l, struct kad_contact *out, size_t max);

struct kad_lookup_stats {
    unsigned asked, answered, failed;
    unsigned hops; /* longest chain of answers from a seed (1) to one of the nearest */
};
void kad_lookup_stats(const struct kad_lookup *l, struct kad_lookup_stats *out);
/* How far from a seed this one was learnt of: 1 for a seed itself; 0: not known. */
unsigned kad_lookup_hops(const struct kad_lookup *l, const struct peerid *peer);

#endif
