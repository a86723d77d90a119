/* autonat_verdict.c - see autonat_verdict.h. */
#include "p2p/autonat_verdict.h"

static bool is_fresh(const struct autonat_vote *v, uint64_t now_ms)
{
    return now_ms - v->at_ms < AUTONAT_VOTE_LIFE_MS;
}

static const struct autonat_vote *find(const struct autonat_votes *v, const struct ipaddr *from,
                                       const struct multiaddr *address)
{
    for (size_t i = 0; i < v->n; i++)
        if (ipaddr_eq(&v->v[i].from, from) && multiaddr_eq(&v->v[i].address, address))
            return &v->v[i];
    return NULL;
}

static size_t oldest(const struct autonat_votes *v)
{
    size_t at = 0;

    for (size_t i = 1; i < v->n; i++)
        if (v->v[i].at_ms < v->v[at].at_ms)
            at = i;
    return at;
}

void autonat_votes_note(struct autonat_votes *v, const struct autonat_vote *vote)
{
    const struct autonat_vote *old = find(v, &vote->from, &vote->address);
    size_t at = v->n;

    if (old)
        at = (size_t)(old - v->v);
    else if (v->n == AUTONAT_VOTES_MAX)
        at = oldest(v);
    else
        v->n++;
    v->v[at] = *vote;
}

void autonat_votes_keep(struct autonat_votes *v, const struct multiaddr *addresses, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < v->n; i++)
        if (!v->v[i].address.n || multiaddr_is_among(&v->v[i].address, addresses, n))
            v->v[kept++] = v->v[i];
    v->n = kept;
}

uint64_t autonat_votes_last_ms(const struct autonat_votes *v, const struct ipaddr *from,
                               const struct multiaddr *address)
{
    const struct autonat_vote *vote = find(v, from, address);
    return vote ? vote->at_ms : 0;
}

static bool counts(const struct autonat_vote *v, const struct multiaddr *address, uint64_t now_ms)
{
    return is_fresh(v, now_ms) && (!address || multiaddr_eq(&v->address, address));
}

/* What the observer of vote `at` says; false: an earlier vote of it stands for it. */
static bool sum_up(const struct autonat_votes *v, size_t at, const struct multiaddr *address,
                   uint64_t now_ms, enum autonat_answer *says)
{
    *says = AUTONAT_FAILED;
    for (size_t i = 0; i < v->n; i++) {
        if (!counts(&v->v[i], address, now_ms) || !ipaddr_eq(&v->v[i].from, &v->v[at].from))
            continue;
        if (i < at)
            return false;
        if (v->v[i].answer > *says)
            *says = v->v[i].answer;
    }
    return true;
}

struct autonat_tally autonat_votes_count(const struct autonat_votes *v,
                                         const struct multiaddr *address, uint64_t now_ms)
{
    struct autonat_tally t = { 0 };

    for (size_t i = 0; i < v->n; i++) {
        enum autonat_answer says;
        if (!counts(&v->v[i], address, now_ms))
            continue;
        if (v->v[i].at_ms > t.last_ms)
            t.last_ms = v->v[i].at_ms;
        if (!sum_up(v, i, address, now_ms, &says))
            continue;
        t.reached += says == AUTONAT_REACHED;
        t.solicited += says == AUTONAT_REACHED_SOLICITED;
        t.failed += says == AUTONAT_FAILED;
    }
    return t;
}

enum announce_reach autonat_verdict(unsigned reached, unsigned failed, unsigned askable,
                                    enum announce_reach before)
{
    unsigned need = askable < AUTONAT_AGREE ? askable : AUTONAT_AGREE;

    if (need == 0)
        need = 1;
    if (reached >= failed + need || (before == ANNOUNCE_REACH_PUBLIC && reached > failed))
        return ANNOUNCE_REACH_PUBLIC;
    if (failed >= reached + need || (before == ANNOUNCE_REACH_PRIVATE && failed > reached))
        return ANNOUNCE_REACH_PRIVATE;
    return ANNOUNCE_REACH_UNKNOWN;
}
