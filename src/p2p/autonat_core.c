/* autonat_core.c - see autonat_core.h. */
#include "p2p/autonat_core.h"

#include <string.h>

#include "base/err.h"

const struct autonat_pace autonat_usual_pace = { .delay_ms = 3000,
                                                 .retry_ms = 120000,
                                                 .refresh_ms = 900000 };

static struct autonat_observer *find_observer(struct autonat_core *c, const struct peerid *peer)
{
    for (size_t i = 0; i < c->nobservers; i++)
        if (peerid_eq(&c->observers[i].peer, peer))
            return &c->observers[i];
    return NULL;
}

/* ---- the verdict ---- */

static const struct autonat_address *find_addr(const struct autonat_core *c,
                                               const struct multiaddr *at)
{
    for (size_t i = 0; i < c->naddrs; i++)
        if (multiaddr_eq(&c->addrs[i].at, at))
            return &c->addrs[i];
    return NULL;
}

/* A dial-back that came where we had sent to tells nothing of strangers, unless no NAT opened the
 * way for it.  That one was made at all shows no more than that the peer, or a friend of it, knows
 * some way to us: that the address is one, nobody says then but the peer whose word it is. */
static bool tells(const struct autonat_core *c, const struct autonat_vote *v)
{
    const struct autonat_address *a = find_addr(c, &v->address);

    if (v->answer == AUTONAT_FAILED)
        return true;
    if (!a || ipaddr_eq(&a->claimed_by, &v->from))
        return false;
    return v->answer == AUTONAT_REACHED || a->is_fixed;
}

static struct autonat_votes telling_votes(const struct autonat_core *c)
{
    struct autonat_votes telling = { .n = 0 };

    for (size_t i = 0; i < c->votes.n; i++)
        if (tells(c, &c->votes.v[i]))
            telling.v[telling.n++] = c->votes.v[i];
    return telling;
}

/* Has that observer nothing to tell of the address (NULL: of any) but such? */
static bool is_silent(const struct autonat_core *c, const struct ipaddr *from,
                      const struct multiaddr *address)
{
    bool has_answered = false;

    for (size_t i = 0; i < c->votes.n; i++) {
        const struct autonat_vote *v = &c->votes.v[i];
        if (!ipaddr_eq(&v->from, from) || (address && !multiaddr_eq(&v->address, address)))
            continue;
        if (tells(c, v))
            return false;
        has_answered = true;
    }
    return has_answered;
}

/* How many observers could tell of the address, by their networks, counted up to the three that
 * matter. */
static unsigned count_askable(const struct autonat_core *c, const struct multiaddr *address)
{
    struct ipaddr seen[AUTONAT_AGREE];
    unsigned count = 0;

    for (size_t i = 0; i < c->nobservers && count < AUTONAT_AGREE; i++) {
        const struct autonat_observer *s = &c->observers[i];
        unsigned k = 0;
        if (!s->has_way || s->is_mute || is_silent(c, &s->way.from, address))
            continue;
        seen[count] = s->way.from;
        while (!ipaddr_eq(&seen[k], &seen[count]))
            k++;
        count += k == count;
    }
    return count;
}

static enum announce_reach reach_before(const struct autonat_finding *v, size_t n,
                                        const struct multiaddr *address)
{
    for (size_t i = 0; i < n; i++)
        if (multiaddr_eq(&v[i].address, address))
            return v[i].reach;
    return ANNOUNCE_REACH_UNKNOWN;
}

static void keep_votes(struct autonat_core *c)
{
    struct multiaddr addrs[ANNOUNCE_MAX];

    for (size_t i = 0; i < c->naddrs; i++)
        addrs[i] = c->addrs[i].at;
    autonat_votes_keep(&c->votes, addrs, c->naddrs);
}

/* Finds anew what is known of each address.  Returns whether one of them is public. */
static bool find_all(struct autonat_core *c, const struct autonat_votes *telling, uint64_t now_ms)
{
    struct autonat_finding before[ANNOUNCE_MAX];
    size_t nbefore = c->nfindings;
    bool is_public = false;

    memcpy(before, c->findings, sizeof before);
    c->nfindings = 0;
    for (size_t i = 0; i < c->naddrs; i++) {
        const struct autonat_address *a = &c->addrs[i];
        struct autonat_tally t = autonat_votes_count(&c->votes, &a->at, now_ms);
        if (!t.last_ms)
            continue;
        struct autonat_finding *f = &c->findings[c->nfindings++];
        *f = (struct autonat_finding){ .address = a->at, .tally = t, .at_ms = t.last_ms };
        t = autonat_votes_count(telling, &a->at, now_ms);
        f->reach = autonat_verdict(t.reached + t.solicited, t.failed, count_askable(c, &a->at),
                                   reach_before(before, nbefore, &a->at));
        is_public |= f->reach == ANNOUNCE_REACH_PUBLIC;
    }
    return is_public;
}

/* What all answers on any address come to: public means no more than that it is not private. */
static enum announce_reach sum_up(const struct autonat_core *c, const struct autonat_votes *telling,
                                  uint64_t now_ms)
{
    struct autonat_tally t = autonat_votes_count(telling, NULL, now_ms);
    enum announce_reach reach = autonat_verdict(t.reached + t.solicited, t.failed,
                                                count_askable(c, NULL), c->reach);
    return reach == ANNOUNCE_REACH_PUBLIC ? ANNOUNCE_REACH_UNKNOWN : reach;
}

/* One public address makes us public; private is who has none and is reached nowhere. */
static void judge(struct autonat_core *c, uint64_t now_ms)
{
    keep_votes(c);
    const struct autonat_votes telling = telling_votes(c);
    bool is_public = find_all(c, &telling, now_ms);
    c->reach = is_public ? ANNOUNCE_REACH_PUBLIC : sum_up(c, &telling, now_ms);
}

/* ---- rounds ---- */

static bool knows_nothing(const struct autonat_core *c)
{
    return c->reach == ANNOUNCE_REACH_UNKNOWN;
}

static void begin_round(struct autonat_core *c, uint64_t now_ms)
{
    c->round++;
    c->left = AUTONAT_AGREE;
    c->round_at_ms = now_ms + c->pace.refresh_ms;
    if (!knows_nothing(c)) {
        c->pause_ms = c->pace.retry_ms;
        return;
    }
    c->round_at_ms = now_ms + c->pause_ms;
    c->pause_ms = c->pause_ms * 2 < c->pace.refresh_ms ? c->pause_ms * 2 : c->pace.refresh_ms;
}

/* A round is due soon: something has changed. */
static void begin_soon(struct autonat_core *c, uint64_t now_ms)
{
    uint64_t at_ms = now_ms + c->pace.delay_ms;

    c->left = 0; /* and this one is over */
    c->pause_ms = c->pace.retry_ms;
    if (at_ms < c->round_at_ms)
        c->round_at_ms = at_ms;
}

/* Who is to be asked next in this round, or NULL. */
static const struct autonat_observer *pick(const struct autonat_core *c)
{
    const struct autonat_observer *best = NULL;

    if (!c->left || !c->naddrs)
        return NULL;
    for (size_t i = 0; i < c->nobservers; i++) {
        const struct autonat_observer *s = &c->observers[i];
        if (s->round != c->round && (!best || s->ask_at_ms < best->ask_at_ms) && s->has_way)
            best = s;
    }
    return best;
}

/* That first on which the observer answered longest ago; of several UDP, which more NATs let in. */
static bool precedes(const struct autonat_core *c, const struct ipaddr *from,
                     const struct multiaddr *a, const struct multiaddr *b)
{
    uint64_t a_ms = autonat_votes_last_ms(&c->votes, from, a);
    uint64_t b_ms = autonat_votes_last_ms(&c->votes, from, b);

    if (a_ms != b_ms)
        return a_ms < b_ms;
    return multiaddr_is_quic(a) && !multiaddr_is_quic(b);
}

static void choose_addrs(const struct autonat_core *c, const struct ipaddr *from,
                         struct autonat_question *out)
{
    out->naddrs = c->naddrs;
    for (size_t i = 0; i < c->naddrs; i++) {
        size_t k = i;
        for (; k && precedes(c, from, &c->addrs[i].at, &out->addrs[k - 1]); k--)
            out->addrs[k] = out->addrs[k - 1];
        out->addrs[k] = c->addrs[i].at;
    }
}

bool autonat_core_next(struct autonat_core *c, uint64_t now_ms, struct autonat_question *out)
{
    if (c->is_asking)
        return false;
    if (now_ms >= c->round_at_ms)
        begin_round(c, now_ms);
    const struct autonat_observer *best = pick(c);
    if (!best || best->ask_at_ms > now_ms)
        return false;
    struct autonat_observer *s = &c->observers[best - c->observers];
    s->round = c->round;
    s->ask_at_ms = now_ms + AUTONAT_PEER_MS;
    c->left--;
    c->is_asking = true;
    c->asked = out->peer = s->peer;
    choose_addrs(c, &s->way.from, out);
    return true;
}

void autonat_core_unasked(struct autonat_core *c)
{
    c->is_asking = false;
    c->left++;
}

/* js-libp2p's v1 takes the connection that it is asked on for a dial-back of its own, and closes
 * it: to ask such a one again soon would cost the next one, too. */
static void note_outcome(struct autonat_core *c, int err, uint64_t now_ms)
{
    struct autonat_observer *s = find_observer(c, &c->asked);

    if (!s)
        return;
    s->is_mute = err != 0;
    if (!s->way.is_v2 && (err == GW_EPROTO || err == GW_ERESET || err == GW_ECLOSED))
        s->ask_at_ms = now_ms + AUTONAT_SHUN_MS;
}

void autonat_core_answer(struct autonat_core *c, int err, const struct autonat_vote *vote,
                         uint64_t now_ms)
{
    c->is_asking = false;
    note_outcome(c, err, now_ms);
    if (!err) {
        struct autonat_vote v = *vote;
        v.from = ipaddr_net(&v.from);
        autonat_votes_note(&c->votes, &v);
    }
    judge(c, now_ms);
}

void autonat_core_tick(struct autonat_core *c, uint64_t now_ms)
{
    judge(c, now_ms);
}

uint64_t autonat_core_due(const struct autonat_core *c)
{
    const struct autonat_observer *s = pick(c);

    if (c->is_asking)
        return UINT64_MAX;
    return s && s->ask_at_ms < c->round_at_ms ? s->ask_at_ms : c->round_at_ms;
}

/* ---- what changes ---- */

/* Room for another one, or NULL. */
static struct autonat_observer *make_observer(struct autonat_core *c)
{
    struct autonat_observer *oldest = NULL;

    if (c->nobservers < AUTONAT_OBSERVERS_MAX)
        return &c->observers[c->nobservers++];
    for (struct autonat_observer *s = c->observers; s < c->observers + c->nobservers; s++)
        if (!s->has_way && (!oldest || s->ask_at_ms < oldest->ask_at_ms))
            oldest = s;
    return oldest;
}

void autonat_core_set_way(struct autonat_core *c, const struct peerid *peer,
                          const struct autonat_way *way, uint64_t now_ms)
{
    struct autonat_observer *s = find_observer(c, peer);
    uint64_t soon_ms = now_ms + c->pace.delay_ms;
    bool is_new = !s;

    if (!way) {
        if (s)
            s->has_way = false;
        return;
    }
    if (!s && !(s = make_observer(c)))
        return;
    if (is_new)
        *s = (struct autonat_observer){ .peer = *peer };
    if (!s->has_way && s->ask_at_ms < soon_ms)
        s->ask_at_ms = soon_ms;
    s->has_way = true;
    s->way = *way;
    s->way.from = ipaddr_net(&way->from);
    if (is_new && knows_nothing(c))
        c->left = AUTONAT_AGREE;
}

/* Circuits that come and go are nothing to ask about, nor is a mapping that an address gets. */
void autonat_core_set_addrs(struct autonat_core *c, const struct autonat_address *v, size_t n,
                            uint64_t now_ms)
{
    bool is_same = n == c->naddrs;

    for (size_t i = 0; i < n && is_same; i++)
        is_same = multiaddr_eq(&v[i].at, &c->addrs[i].at);
    memcpy(c->addrs, v, n * sizeof *v);
    c->naddrs = n;
    if (!is_same)
        begin_soon(c, now_ms);
}

void autonat_core_set_pace(struct autonat_core *c, const struct autonat_pace *pace, uint64_t now_ms)
{
    c->pace = *pace;
    c->pause_ms = pace->retry_ms;
    if (knows_nothing(c))
        begin_soon(c, now_ms);
}

void autonat_core_network_changed(struct autonat_core *c, uint64_t now_ms)
{
    c->is_asking = false;
    c->votes.n = 0;
    c->nfindings = 0;
    c->reach = ANNOUNCE_REACH_UNKNOWN;
    begin_soon(c, now_ms);
}

void autonat_core_init(struct autonat_core *c, uint64_t now_ms)
{
    *c = (struct autonat_core){ .pace = autonat_usual_pace, .round_at_ms = UINT64_MAX };
    begin_soon(c, now_ms);
}
