/* autonat.c - see autonat.h: whom the client asks, when, and about what.
 *
 * A round asks up to three peers, one after the other, those first that were asked longest ago.
 */
#include "p2p/autonat.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "p2p/autonat_client.h"
#include "p2p/autonat_server.h"
#include "p2p/autonat_wire.h"

#define SERVERS_MAX 64 /* the one asked longest ago makes room, if it is gone */

struct server { /* a peer that dials back for others */
    struct peerid peer;
    uint64_t ask_at_ms; /* not before */
    bool is_mute;       /* the last ask told nothing: it does not count as one that can be asked */
    unsigned round;     /* in which it was asked */
};

struct autonat {
    struct host *host;
    struct announce *announce;
    struct autonat_server *server; /* NULL: we dial nobody back */
    struct autonat_client *client;
    size_t nservers;
    struct server servers[SERVERS_MAX];
    ev_timer timer;
    struct peerid asked;  /* the last one, */
    bool asked_v1;        /* and how */
    unsigned round, left; /* asks of this round */
    uint64_t round_at_ms; /* the next one */
    uint64_t pause_ms;    /* between rounds while nothing is known */
    struct autonat_pace pace;
    size_t naddrs; /* public ones, as announce last told of a change */
    struct multiaddr addrs[ANNOUNCE_MAX];
    struct autonat_votes votes;
    size_t nfindings;
    struct autonat_finding findings[ANNOUNCE_MAX];
};

const struct autonat_pace autonat_usual_pace = { .delay_ms = 3000,
                                                 .retry_ms = 120000,
                                                 .refresh_ms = 900000 };

/* ---- the verdict ---- */

/* The connection to ask the server on, or NULL. */
static struct conn *conn_to(const struct autonat *n, const struct server *s)
{
    struct conn *c = host_conn(n->host, &s->peer);
    return c && autonat_client_can_ask(c) ? c : NULL;
}

static bool ip_of(const struct conn *c, struct ipaddr *ip)
{
    struct muxed_info info;
    uint16_t port;

    conn_info(c, &info);
    return multiaddr_as_socket(&info.remote, ip, &port);
}

/* How many observers there are, by their IP addresses, counted up to the three that matter. */
static unsigned count_askable(const struct autonat *n)
{
    struct ipaddr seen[AUTONAT_AGREE];
    unsigned count = 0;

    for (size_t i = 0; i < n->nservers && count < AUTONAT_AGREE; i++) {
        struct conn *c = conn_to(n, &n->servers[i]);
        unsigned k = 0;
        if (!c || n->servers[i].is_mute || !ip_of(c, &seen[count]))
            continue;
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

/* Finds anew what is known of each address.  Returns whether one of them is public. */
static bool find_all(struct autonat *n, unsigned askable, uint64_t now_ms)
{
    struct autonat_finding before[ANNOUNCE_MAX];
    struct multiaddr addrs[ANNOUNCE_MAX];
    size_t naddrs = announce_public(n->announce, addrs, ANNOUNCE_MAX), nbefore = n->nfindings;
    bool is_public = false;

    autonat_votes_keep(&n->votes, addrs, naddrs);
    memcpy(before, n->findings, sizeof before);
    n->nfindings = 0;
    for (size_t i = 0; i < naddrs; i++) {
        struct autonat_tally t = autonat_votes_count(&n->votes, &addrs[i], now_ms);
        if (!t.last_ms)
            continue;
        struct autonat_finding *f = &n->findings[n->nfindings++];
        unsigned reached = t.reached;
        if (announce_is_fixed(n->announce, &addrs[i]))
            reached += t.solicited;
        *f = (struct autonat_finding){ .address = addrs[i], .tally = t, .at_ms = t.last_ms };
        f->reach = autonat_verdict(reached, t.failed, askable,
                                   reach_before(before, nbefore, &addrs[i]));
        is_public |= f->reach == ANNOUNCE_REACH_PUBLIC;
    }
    return is_public;
}

/* One public address makes us public.  We are private if none is and that is what all answers on
 * any of them come to. */
static void judge(struct autonat *n)
{
    uint64_t now_ms = clock_mono_ms();
    unsigned askable = count_askable(n);
    enum announce_reach reach = ANNOUNCE_REACH_PUBLIC;

    if (!find_all(n, askable, now_ms)) {
        struct autonat_tally t = autonat_votes_count(&n->votes, NULL, now_ms);
        reach = autonat_verdict(t.reached + t.solicited, t.failed, askable,
                                announce_reach(n->announce));
        if (reach == ANNOUNCE_REACH_PUBLIC)
            reach = ANNOUNCE_REACH_UNKNOWN;
    }
    announce_set_reach(n->announce, reach);
}

/* ---- rounds ---- */

static bool knows_nothing(const struct autonat *n)
{
    return announce_reach(n->announce) == ANNOUNCE_REACH_UNKNOWN;
}

static void wake_at(struct autonat *n, uint64_t at_ms)
{
    uint64_t now_ms = clock_mono_ms();
    struct ev_loop *loop = host_loop(n->host);

    ev_timer_stop(loop, &n->timer);
    ev_timer_set(&n->timer, at_ms > now_ms ? (double)(at_ms - now_ms) / 1e3 : 0., 0.);
    ev_timer_start(loop, &n->timer);
}

static void begin_round(struct autonat *n, uint64_t now_ms)
{
    n->round++;
    n->left = AUTONAT_AGREE;
    n->round_at_ms = now_ms + n->pace.refresh_ms;
    if (!knows_nothing(n)) {
        n->pause_ms = n->pace.retry_ms;
        return;
    }
    n->round_at_ms = now_ms + n->pause_ms;
    n->pause_ms = n->pause_ms * 2 < n->pace.refresh_ms ? n->pause_ms * 2 : n->pace.refresh_ms;
}

/* A round is due soon: something has changed. */
static void begin_soon(struct autonat *n)
{
    uint64_t at_ms = clock_mono_ms() + n->pace.delay_ms;

    n->pause_ms = n->pace.retry_ms;
    if (at_ms < n->round_at_ms)
        n->round_at_ms = at_ms;
    if (!autonat_client_is_asking(n->client))
        wake_at(n, at_ms);
}

/* Who is to be asked next in this round, or NULL. */
static struct server *pick(struct autonat *n)
{
    struct server *best = NULL;

    for (size_t i = 0; i < n->nservers; i++) {
        struct server *s = &n->servers[i];
        if (s->round != n->round && (!best || s->ask_at_ms < best->ask_at_ms) && conn_to(n, s))
            best = s;
    }
    return best;
}

/* The public addresses, that first on which this peer has answered longest ago. */
static size_t choose_addrs(const struct autonat *n, const struct ipaddr *from,
                           struct multiaddr *out, size_t max)
{
    size_t count = announce_public(n->announce, out, max);

    for (size_t i = 1; i < count; i++) {
        const struct multiaddr a = out[i];
        uint64_t last_ms = autonat_votes_last_ms(&n->votes, from, &a);
        size_t k = i;
        for (; k && autonat_votes_last_ms(&n->votes, from, &out[k - 1]) > last_ms; k--)
            out[k] = out[k - 1];
        out[k] = a;
    }
    return count;
}

static struct server *find_server(struct autonat *n, const struct peerid *peer)
{
    for (size_t i = 0; i < n->nservers; i++)
        if (peerid_eq(&n->servers[i].peer, peer))
            return &n->servers[i];
    return NULL;
}

/* js-libp2p's v1 takes the connection that it is asked on for a dial-back of its own, and closes
 * it: to ask such a one again soon would cost the next one, too. */
static void note_outcome(struct autonat *n, int err)
{
    struct server *s = find_server(n, &n->asked);

    if (!s)
        return;
    s->is_mute = err != 0;
    if (n->asked_v1 && (err == GW_EPROTO || err == GW_ERESET || err == GW_ECLOSED))
        s->ask_at_ms = clock_mono_ms() + AUTONAT_SHUN_MS;
}

static void go_on(struct autonat *n);

static void on_vote(void *arg, int err, const struct autonat_vote *vote)
{
    static const char *const answers[] = { "failed", "solicited", "reached" };
    struct autonat *n = arg;
    char text[MULTIADDR_STR_MAX];

    note_outcome(n, err);
    if (err) {
        log_debug("autonat peer=%s ask failed: %s", peerid_short(&n->asked), gw_strerror(err));
    } else {
        log_debug("autonat peer=%s addr=%s answer=%s", peerid_short(&n->asked),
                  multiaddr_print(&vote->address, text), answers[vote->answer]);
        autonat_votes_note(&n->votes, vote);
    }
    judge(n);
    go_on(n);
}

/* Returns whether it is being asked. */
static bool ask(struct autonat *n, struct server *s, uint64_t now_ms)
{
    struct multiaddr addrs[AUTONAT_ASK_ADDRS];
    struct conn *c = conn_to(n, s);
    struct ipaddr from;

    s->round = n->round;
    size_t count = ip_of(c, &from) ? choose_addrs(n, &from, addrs, AUTONAT_ASK_ADDRS) : 0;
    if (!count || autonat_client_ask(n->client, c, addrs, count, on_vote, n) != 0)
        return false;
    n->asked = s->peer;
    n->asked_v1 = !conn_speaks(c, AUTONAT2_DIAL_PROTOCOL);
    s->ask_at_ms = now_ms + AUTONAT_PEER_MS;
    n->left--;
    return true;
}

static void go_on(struct autonat *n)
{
    uint64_t now_ms = clock_mono_ms();
    struct server *s = NULL;

    if (now_ms >= n->round_at_ms)
        begin_round(n, now_ms);
    while (n->left && (s = pick(n)) && s->ask_at_ms <= now_ms)
        if (ask(n, s, now_ms))
            return;
    wake_at(n, n->left && s && s->ask_at_ms < n->round_at_ms ? s->ask_at_ms : n->round_at_ms);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct autonat *n = w->data;
    (void)loop;
    (void)revents;

    judge(n); /* old answers count no more */
    if (!autonat_client_is_asking(n->client))
        go_on(n);
}

/* ---- servers ---- */

/* Room for another one, or NULL. */
static struct server *make_server(struct autonat *n)
{
    struct server *oldest = NULL;

    if (n->nservers < SERVERS_MAX)
        return &n->servers[n->nservers++];
    for (size_t i = 0; i < n->nservers; i++) {
        struct server *s = &n->servers[i];
        if (!host_conn(n->host, &s->peer) && (!oldest || s->ask_at_ms < oldest->ask_at_ms))
            oldest = s;
    }
    return oldest;
}

static void on_identity(void *arg, struct conn *c)
{
    struct autonat *n = arg;
    uint64_t soon_ms = clock_mono_ms() + n->pace.delay_ms;
    struct server *s = find_server(n, conn_peer(c));

    if (s || !autonat_client_can_ask(c) || !(s = make_server(n)))
        return;
    *s = (struct server){ .peer = *conn_peer(c), .ask_at_ms = soon_ms };
    if (!knows_nothing(n))
        return;
    n->left = AUTONAT_AGREE;
    if (!autonat_client_is_asking(n->client))
        wake_at(n, soon_ms);
}

static const struct host_events host_events = { .on_identity = on_identity };

/* Circuits that come and go are nothing to ask about. */
static void on_announced(void *arg)
{
    struct autonat *n = arg;
    struct multiaddr before[ANNOUNCE_MAX];
    size_t nbefore = n->naddrs;
    bool is_same;

    memcpy(before, n->addrs, sizeof before);
    n->naddrs = announce_public(n->announce, n->addrs, ANNOUNCE_MAX);
    is_same = n->naddrs == nbefore;
    for (size_t i = 0; i < n->naddrs && is_same; i++)
        is_same = multiaddr_eq(&n->addrs[i], &before[i]);
    if (!is_same)
        begin_soon(n);
}

struct autonat *autonat_new(struct host *h, struct announce *a, bool serves)
{
    struct autonat *n = calloc(1, sizeof *n);
    if (!n)
        return NULL;
    n->host = h;
    n->announce = a;
    n->pace = autonat_usual_pace;
    n->pause_ms = n->pace.retry_ms;
    ev_timer_init(&n->timer, on_timer, 0., 0.);
    n->timer.data = n;
    if ((n->client = autonat_client_new(h)) && (!serves || (n->server = autonat_server_new(h))) &&
        host_observe(h, &host_events, n) == 0 && announce_on_change(a, on_announced, n) == 0) {
        begin_soon(n);
        return n;
    }
    autonat_free(n);
    return NULL;
}

void autonat_set_pace(struct autonat *n, const struct autonat_pace *pace)
{
    n->pace = *pace;
    n->pause_ms = pace->retry_ms;
    if (knows_nothing(n))
        begin_soon(n);
}

void autonat_free(struct autonat *n)
{
    if (!n)
        return;
    ev_timer_stop(host_loop(n->host), &n->timer);
    autonat_client_free(n->client);
    autonat_server_free(n->server);
    free(n);
}

void autonat_network_changed(struct autonat *n)
{
    autonat_client_cancel(n->client);
    n->votes.n = 0;
    n->nfindings = 0;
    announce_set_reach(n->announce, ANNOUNCE_REACH_UNKNOWN);
    begin_soon(n);
}

bool autonat_expects(struct autonat *n, const struct peerid *peer)
{
    return autonat_client_expects(n->client, peer);
}

size_t autonat_findings(const struct autonat *n, struct autonat_finding *out, size_t max)
{
    size_t count = n->nfindings < max ? n->nfindings : max;

    memcpy(out, n->findings, count * sizeof *out);
    return count;
}
