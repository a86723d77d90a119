/* autonat_client.c - see autonat_client.h: joins autonat_ask.h to a stream, and sees who comes. */
#include "p2p/autonat_client.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "net/parting.h"
#include "net/timer.h"
#include "p2p/autonat_backs.h"

#define GUEST_MS 2000 /* what guests have after the ask */

struct ask {
    struct autonat_client *k; /* NULL: canceled while OPENING */
    struct autonat_ask core;
    struct peerid peer;
    struct stream *s;
    struct timer timer; /* what the core has due */
    size_t queued;      /* octets on their way */
    struct autonat_inbox in;
    autonat_vote_fn *done;
    void *arg;
};

struct autonat_client {
    struct host *host;
    struct ask *ask; /* NULL: none */
    struct autonat_backs *backs;
    size_t nguests;
    struct peerid guests[AUTONAT_GUESTS_MAX];
    struct timer guests_out;
};

static struct ev_loop *loop_of(const struct autonat_client *k)
{
    return host_loop(k->host);
}

/* ---- guests ---- */

static bool is_guest(const struct autonat_client *k, const struct peerid *peer)
{
    for (size_t i = 0; i < k->nguests; i++)
        if (peerid_eq(&k->guests[i], peer))
            return true;
    return false;
}

static void show_guests_out(struct autonat_client *k)
{
    timer_stop(&k->guests_out);
    for (size_t i = 0; i < k->nguests; i++)
        host_close_peer(k->host, &k->guests[i], 0);
    k->nguests = 0;
}

static void on_guests_out(void *arg)
{
    show_guests_out(arg);
}

bool autonat_client_expects(struct autonat_client *k, const struct peerid *peer)
{
    if (!k->ask)
        return false;
    if (is_guest(k, peer))
        return true;
    if (k->nguests == AUTONAT_GUESTS_MAX)
        return false;
    k->guests[k->nguests++] = *peer;
    return true;
}

/* ---- the end of an ask ---- */

/* `is_opening`: on_opened is still to come, and frees it. */
static void release(struct ask *a, bool is_opening)
{
    struct autonat_client *k = a->k;

    timer_stop(&a->timer);
    k->ask = NULL;
    timer_start(&k->guests_out, GUEST_MS);
    a->k = NULL;
    if (!is_opening)
        free(a);
}

static void finish(struct ask *a)
{
    const struct autonat_ask core = a->core;
    autonat_vote_fn *done = a->done;
    void *arg = a->arg;

    if (a->s && core.err)
        stream_drop(a->s, core.err);
    else if (a->s)
        parting_start(loop_of(a->k), a->s, (struct bytes){ 0 }, PARTING_MS, GW_ETIMEOUT, NULL);
    release(a, false);
    done(arg, core.err, core.err ? NULL : &core.vote);
}

/* Sends what is to be paid, piece by piece. */
static void pay(struct ask *a)
{
    uint8_t out[AUTONAT_ASK_PIECE_MAX];
    size_t n;

    while (!a->queued && (n = autonat_ask_pay(&a->core, out)) > 0) {
        ssize_t left = a->s->ops->write(a->s, (struct bytes){ out, n });
        if (left < 0)
            autonat_ask_failed(&a->core, (int)left);
        else
            a->queued = n - (size_t)left;
    }
}

/* Does what the core wants.  False: the ask is over, and gone. */
static bool run(struct ask *a)
{
    pay(a);
    if (a->core.state == AUTONAT_ASK_OVER) {
        finish(a);
        return false;
    }
    timer_start_at(&a->timer, autonat_ask_due(&a->core));
    return true;
}

static void fail(struct ask *a, int err)
{
    autonat_ask_failed(&a->core, err);
    run(a);
}

/* ---- the dial-back ---- */

struct look { /* for a connection by which we send to that place */
    const struct autonat_client *k;
    const struct conn *but;
    struct ipaddr ip;
    bool is_tcp, has_one;
};

static void look_at(void *arg, struct conn *c)
{
    struct look *l = arg;
    struct muxed_info info;
    struct ipaddr ip;
    uint16_t port;

    if (c == l->but || conn_is_relayed(c) || is_guest(l->k, conn_peer(c)))
        return;
    conn_info(c, &info);
    if (multiaddr_as_socket(&info.remote, &ip, &port) && ipaddr_eq(&ip, &l->ip) &&
        multiaddr_is_tcp(&info.remote) == l->is_tcp)
        l->has_one = true;
}

/* c has come while we asked. */
static void arrive(struct ask *a, const struct conn *c)
{
    struct look l = { .k = a->k, .but = c };
    struct muxed_info info;
    uint16_t port;

    conn_info(c, &info);
    if (!multiaddr_as_socket(&info.remote, &l.ip, &port))
        return;
    l.is_tcp = multiaddr_is_tcp(&info.remote);
    host_each_conn(a->k->host, look_at, &l);
    autonat_ask_arrived(&a->core, l.is_tcp, l.has_one, clock_mono_ms());
    run(a);
}

static void on_conn(void *arg, struct conn *c)
{
    struct autonat_client *k = arg;
    struct ask *a = k->ask;

    if (!a || a->core.is_v2 || !conn_is_inbound(c) || conn_is_relayed(c) ||
        (!is_guest(k, conn_peer(c)) && !peerid_eq(conn_peer(c), &a->peer)))
        return;
    arrive(a, c);
}

static const struct host_events host_events = { .on_conn = on_conn };

static bool on_nonce(void *arg, struct conn *c, uint64_t nonce)
{
    struct autonat_client *k = arg;

    if (!k->ask || !k->ask->core.is_v2 || k->ask->core.nonce != nonce)
        return false;
    if (!conn_is_relayed(c))
        arrive(k->ask, c);
    return true;
}

/* ---- the stream ---- */

static void on_drained(struct stream *s, size_t n)
{
    struct ask *a = s->owner;

    a->queued -= n < a->queued ? n : a->queued; /* the request leaves here, too */
    run(a);
}

static void on_data(struct stream *s, struct bytes v)
{
    struct ask *a = s->owner;
    size_t used;

    s->ops->credit(s, v.n);
    do {
        autonat_inbox_fill(&a->in, &v);
        used = autonat_ask_input(&a->core, autonat_inbox_view(&a->in), clock_mono_ms());
        autonat_inbox_drop(&a->in, used);
    } while (run(a) && used);
}

static void on_eof(struct stream *s)
{
    fail(s->owner, GW_EPROTO);
}

static void on_close(struct stream *s, int err)
{
    struct ask *a = s->owner;

    a->s = NULL;
    fail(a, err ? err : GW_ECLOSED);
}

static const struct stream_events stream_events = {
    .on_data = on_data,
    .on_drained = on_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

static void on_timer(void *arg)
{
    struct ask *a = arg;

    autonat_ask_tick(&a->core, clock_mono_ms());
    run(a);
}

static void on_opened(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    struct ask *a = arg;
    (void)c;
    (void)protocol;

    if (!a->k) { /* canceled */
        if (s)
            stream_drop(s, GW_ECANCELED);
        free(a);
        return;
    }
    if (err) {
        fail(a, err);
        return;
    }
    a->s = s;
    stream_own(s, &stream_events, a);
    autonat_ask_opened(&a->core, clock_mono_ms());
    on_data(s, early); /* also lifts the pause */
}

bool autonat_client_can_ask(struct conn *c)
{
    return !conn_is_relayed(c) && conn_identity(c)->is_known &&
           (conn_speaks(c, AUTONAT2_DIAL_PROTOCOL) || conn_speaks(c, AUTONAT_PROTOCOL));
}

static int open_request(struct ask *a, struct conn *c)
{
    uint8_t out[AUTONAT_ASK_REQUEST_MAX];
    int n = autonat_ask_request(&a->core, host_peerid(a->k->host), out, sizeof out);

    if (n < 0)
        return n;
    return conn_open(c, a->core.is_v2 ? AUTONAT2_DIAL_PROTOCOL : AUTONAT_PROTOCOL,
                     (struct bytes){ out, (size_t)n }, on_opened, a);
}

int autonat_client_ask(struct autonat_client *k, struct conn *c, const struct multiaddr *addrs,
                       size_t n, autonat_vote_fn *done, void *arg)
{
    struct autonat_ask_of of = { .is_v2 = conn_speaks(c, AUTONAT2_DIAL_PROTOCOL),
                                 .addrs = addrs,
                                 .naddrs = n };
    struct muxed_info info;
    uint16_t port;

    conn_info(c, &info);
    if (!multiaddr_as_socket(&info.remote, &of.from, &port))
        return GW_EUNSUP;
    if (getrandom(&of.nonce, sizeof of.nonce, 0) != (ssize_t)sizeof of.nonce)
        return GW_EIO;
    struct ask *a = calloc(1, sizeof *a);
    if (!a)
        return GW_ENOMEM;
    a->k = k;
    a->peer = *conn_peer(c);
    a->done = done;
    a->arg = arg;
    timer_init(&a->timer, loop_of(k), on_timer, a);
    autonat_ask_init(&a->core, &of);
    int err = open_request(a, c);
    if (err) {
        free(a);
        return err;
    }
    show_guests_out(k);
    k->ask = a;
    return 0;
}

void autonat_client_cancel(struct autonat_client *k)
{
    struct ask *a = k->ask;

    if (!a)
        return;
    if (a->s)
        stream_drop(a->s, GW_ECANCELED);
    release(a, a->core.state == AUTONAT_ASK_OPENING);
}

struct autonat_client *autonat_client_new(struct host *h)
{
    struct autonat_client *k = calloc(1, sizeof *k);
    if (!k)
        return NULL;
    k->host = h;
    timer_init(&k->guests_out, loop_of(k), on_guests_out, k);
    if ((k->backs = autonat_backs_new(h, on_nonce, k)) && host_observe(h, &host_events, k) == 0)
        return k;
    autonat_client_free(k);
    return NULL;
}

void autonat_client_free(struct autonat_client *k)
{
    if (!k)
        return;
    autonat_client_cancel(k);
    autonat_backs_free(k->backs);
    show_guests_out(k);
    free(k);
}
