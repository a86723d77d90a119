/* autonat_client.c - see autonat_client.h.
 *
 *   OPENING -> WAITING (-> PAYING -> WAITING) -> done
 *                 v1, OK: -> LISTENING, if the dial-back has not been seen yet -> done
 */
#include "p2p/autonat_client.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "net/parting.h"
#include "p2p/autonat_backs.h"
#include "p2p/autonat_wire.h"

#define LISTEN_MS 2000 /* a dial-back that was told may yet arrive */
#define GUEST_MS  2000 /* what guests have after the ask */

enum state { OPENING, WAITING, PAYING, LISTENING };

struct arrival { /* of the dial-back */
    bool has_come, is_tcp, is_solicited;
};

struct ask {
    struct autonat_client *k; /* NULL: canceled while OPENING */
    enum state state;
    struct peerid peer;
    struct ipaddr from;
    bool is_v2;
    struct stream *s;
    ev_timer timer;
    uint64_t nonce;
    struct arrival arrival;
    size_t naddrs, reached; /* reached: v1, of which OK was told */
    struct multiaddr addrs[AUTONAT_ASK_ADDRS];
    bool has_paid;       /* or does */
    size_t owed, queued; /* octets of data to be sent, and on their way */
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
    ev_timer guests_out;
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
    ev_timer_stop(loop_of(k), &k->guests_out);
    for (size_t i = 0; i < k->nguests; i++)
        host_close_peer(k->host, &k->guests[i], 0);
    k->nguests = 0;
}

static void on_guests_out(struct ev_loop *loop, ev_timer *w, int revents)
{
    (void)loop;
    (void)revents;
    show_guests_out(w->data);
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

static void release(struct ask *a)
{
    struct autonat_client *k = a->k;

    ev_timer_stop(loop_of(k), &a->timer);
    k->ask = NULL;
    ev_timer_set(&k->guests_out, GUEST_MS / 1e3, 0.);
    ev_timer_start(loop_of(k), &k->guests_out);
    a->k = NULL;
    if (a->state != OPENING) /* else on_opened frees it */
        free(a);
}

static void finish(struct ask *a, int err, const struct autonat_vote *vote)
{
    autonat_vote_fn *done = a->done;
    void *arg = a->arg;

    if (a->s)
        parting_start(loop_of(a->k), a->s, (struct bytes){ 0 }, PARTING_MS, GW_ETIMEOUT, NULL);
    release(a);
    done(arg, err, vote);
}

static void fail(struct ask *a, int err)
{
    if (a->s)
        stream_drop(a->s, err);
    a->s = NULL;
    finish(a, err, NULL);
}

static bool is_on_tcp(const struct multiaddr *a)
{
    struct ipaddr ip;
    uint16_t port;
    return multiaddr_as_tcp(a, &ip, &port);
}

/* The peer says that it reached this address of ours: did anybody come by it? */
static void confirm(struct ask *a, const struct multiaddr *address)
{
    struct autonat_vote vote = { .from = a->from, .address = *address, .at_ms = clock_mono_ms() };

    if (!a->arrival.has_come || a->arrival.is_tcp != is_on_tcp(address)) {
        fail(a, GW_EPROTO);
        return;
    }
    vote.answer = a->arrival.is_solicited ? AUTONAT_REACHED_SOLICITED : AUTONAT_REACHED;
    finish(a, 0, &vote);
}

/* `address` NULL: none of those told. */
static void deny(struct ask *a, const struct multiaddr *address)
{
    struct autonat_vote vote = { .from = a->from,
                                 .answer = AUTONAT_FAILED,
                                 .at_ms = clock_mono_ms() };

    if (address)
        vote.address = *address;
    finish(a, 0, &vote);
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
        is_on_tcp(&info.remote) == l->is_tcp)
        l->has_one = true;
}

/* c has come while we asked. */
static void arrive(struct ask *a, const struct conn *c)
{
    struct look l = { .k = a->k, .but = c };
    struct muxed_info info;
    uint16_t port;

    conn_info(c, &info);
    if (a->arrival.has_come || !multiaddr_as_socket(&info.remote, &l.ip, &port))
        return;
    l.is_tcp = is_on_tcp(&info.remote);
    host_each_conn(a->k->host, look_at, &l);
    a->arrival = (struct arrival){ true, l.is_tcp, l.has_one };
}

static void on_conn(void *arg, struct conn *c)
{
    struct autonat_client *k = arg;
    struct ask *a = k->ask;

    if (!a || a->is_v2 || !conn_is_inbound(c) || conn_is_relayed(c) ||
        (!is_guest(k, conn_peer(c)) && !peerid_eq(conn_peer(c), &a->peer)))
        return;
    arrive(a, c);
    if (a->state == LISTENING)
        confirm(a, &a->addrs[a->reached]);
}

static const struct host_events host_events = { .on_conn = on_conn };

static bool on_nonce(void *arg, struct conn *c, uint64_t nonce)
{
    struct autonat_client *k = arg;

    if (!k->ask || !k->ask->is_v2 || k->ask->nonce != nonce)
        return false;
    if (!conn_is_relayed(c))
        arrive(k->ask, c);
    return true;
}

/* ---- the question ---- */

static int put_request(const struct ask *a, uint8_t *out, size_t cap)
{
    const struct peerid *self = host_peerid(a->k->host);
    struct pb_list addrs = { 0 };

    for (size_t i = 0; i < a->naddrs; i++)
        pb_list_add(&addrs, (struct bytes){ a->addrs[i].b, a->addrs[i].n });
    if (a->is_v2) {
        struct autonat2_msg m = { .kind = AUTONAT2_DIAL_REQUEST };
        m.request.addrs = addrs;
        m.request.nonce = a->nonce;
        return autonat2_msg_encode(out, cap, &m);
    }
    struct autonat_msg m = { .type = AUTONAT_DIAL, .peer.id = { self->mh, self->n } };
    m.peer.addrs = addrs;
    return autonat_msg_encode(out, cap, &m);
}

/* Sends the next piece of the data that was demanded.  0 or GW_E*. */
static int pay(struct ask *a)
{
    static const uint8_t zeros[AUTONAT2_MSG_DATA_MAX];
    uint8_t out[AUTONAT2_MSG_DATA_MAX + 16];
    struct autonat2_msg m = { .kind = AUTONAT2_DATA_RESPONSE };

    while (a->owed && !a->queued) {
        m.data = (struct bytes){ zeros, sizeof zeros };
        int n = autonat2_msg_encode(out, sizeof out, &m);
        if (n < 0)
            return n;
        ssize_t left = a->s->ops->write(a->s, (struct bytes){ out, (size_t)n });
        if (left < 0)
            return (int)left;
        a->queued = (size_t)n - (size_t)left;
        a->owed -= a->owed < sizeof zeros ? a->owed : sizeof zeros;
    }
    if (!a->owed)
        a->state = WAITING;
    return 0;
}

static void on_drained(struct stream *s, size_t n)
{
    struct ask *a = s->owner;

    a->queued -= n < a->queued ? n : a->queued; /* the request leaves here, too */
    if (a->state != PAYING)
        return;
    int err = pay(a);
    if (err)
        fail(a, err);
}

/* ---- the answer ---- */

static bool find_addr(const struct ask *a, struct bytes v, size_t *at)
{
    struct multiaddr told;

    if (multiaddr_from_bytes(v, &told))
        return false;
    multiaddr_strip_peer(&told);
    for (*at = 0; *at < a->naddrs; ++*at)
        if (multiaddr_eq(&told, &a->addrs[*at]))
            return true;
    return false;
}

static void set_timer(struct ask *a, uint64_t ms)
{
    ev_timer_stop(loop_of(a->k), &a->timer);
    ev_timer_set(&a->timer, (double)ms / 1e3, 0.);
    ev_timer_start(loop_of(a->k), &a->timer);
}

static void on_v1_answer(struct ask *a, const struct autonat_msg *m)
{
    if (m->type == AUTONAT_DIAL_RESPONSE && m->status == AUTONAT_DIAL_ERROR) {
        deny(a, NULL);
    } else if (m->type != AUTONAT_DIAL_RESPONSE || m->status != AUTONAT_OK ||
               !find_addr(a, m->addr, &a->reached)) {
        fail(a, m->type == AUTONAT_DIAL_RESPONSE ? GW_EDENIED : GW_EPROTO);
    } else if (a->arrival.has_come) {
        confirm(a, &a->addrs[a->reached]);
    } else {
        a->state = LISTENING;
        set_timer(a, LISTEN_MS);
    }
}

static void on_v2_answer(struct ask *a, const struct autonat2_response *m)
{
    if (m->status != AUTONAT2_OK)
        fail(a, GW_EDENIED);
    else if (m->addr_index >= a->naddrs)
        fail(a, GW_EPROTO);
    else if (m->dial_status == AUTONAT2_DIAL_ERROR && !a->arrival.has_come)
        deny(a, &a->addrs[m->addr_index]);
    else if (m->dial_status != AUTONAT2_DIAL_OK && !a->arrival.has_come)
        fail(a, GW_EDENIED);
    else
        confirm(a, &a->addrs[m->addr_index]);
}

/* False: the ask is over. */
static bool on_demand(struct ask *a, const struct autonat2_data_request *m)
{
    int err = GW_EDENIED;

    if (!a->has_paid && m->addr_index < a->naddrs && m->nbytes <= AUTONAT_PAY_MAX) {
        a->has_paid = true;
        a->state = PAYING;
        a->owed = (size_t)m->nbytes;
        err = pay(a);
    }
    if (err)
        fail(a, err);
    return !err;
}

/* ---- the stream ---- */

#define NO_MORE (-1) /* the ask is over, or needs nothing more from the stream */

/* Takes a message, if there is a whole one.  Returns the octets used, 0 to wait, or NO_MORE. */
static int take_v1(struct ask *a)
{
    struct autonat_msg m;
    int used = autonat_msg_decode(autonat_inbox_view(&a->in), &m);

    if (used == 0)
        return 0;
    if (used > 0)
        on_v1_answer(a, &m);
    else
        fail(a, used);
    return NO_MORE;
}

static int take_v2(struct ask *a)
{
    struct autonat2_msg m;
    int used = autonat2_msg_decode(autonat_inbox_view(&a->in), &m);

    if (used == 0)
        return 0;
    if (used > 0 && m.kind == AUTONAT2_DATA_REQUEST)
        return on_demand(a, &m.data_request) ? used : NO_MORE;
    if (used > 0 && m.kind == AUTONAT2_DIAL_RESPONSE)
        on_v2_answer(a, &m.response);
    else
        fail(a, used < 0 ? used : GW_EPROTO);
    return NO_MORE;
}

static void on_data(struct stream *s, struct bytes v)
{
    struct ask *a = s->owner;

    s->ops->credit(s, v.n);
    if (a->state == LISTENING)
        return;
    for (;;) {
        autonat_inbox_fill(&a->in, &v);
        int used = a->is_v2 ? take_v2(a) : take_v1(a);
        if (used <= 0)
            return; /* NO_MORE: `a` may be gone */
        autonat_inbox_drop(&a->in, (size_t)used);
    }
}

static void on_eof(struct stream *s)
{
    struct ask *a = s->owner;

    if (a->state != LISTENING)
        fail(a, GW_EPROTO);
}

static void on_close(struct stream *s, int err)
{
    struct ask *a = s->owner;

    a->s = NULL;
    if (a->state != LISTENING)
        fail(a, err ? err : GW_ECLOSED);
}

static const struct stream_events stream_events = {
    .on_data = on_data,
    .on_drained = on_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
    (void)loop;
    (void)revents;
    fail(w->data, GW_ETIMEOUT);
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
    a->state = WAITING;
    if (err) {
        fail(a, err);
        return;
    }
    a->s = s;
    stream_own(s, &stream_events, a);
    set_timer(a, AUTONAT_ASK_MS);
    on_data(s, early); /* also lifts the pause */
}

bool autonat_client_can_ask(struct conn *c)
{
    return !conn_is_relayed(c) && conn_identity(c)->is_known &&
           (conn_speaks(c, AUTONAT2_DIAL_PROTOCOL) || conn_speaks(c, AUTONAT_PROTOCOL));
}

static int open_request(struct ask *a, struct conn *c)
{
    uint8_t out[AUTONAT_ASK_ADDRS * (MULTIADDR_MAX + 4) + 64];
    int n = put_request(a, out, sizeof out);

    if (n < 0)
        return n;
    return conn_open(c, a->is_v2 ? AUTONAT2_DIAL_PROTOCOL : AUTONAT_PROTOCOL,
                     (struct bytes){ out, (size_t)n }, on_opened, a);
}

int autonat_client_ask(struct autonat_client *k, struct conn *c, const struct multiaddr *addrs,
                       size_t n, autonat_vote_fn *done, void *arg)
{
    struct ask *a = calloc(1, sizeof *a);
    struct muxed_info info;
    uint16_t port;

    if (!a)
        return GW_ENOMEM;
    conn_info(c, &info);
    int err = multiaddr_as_socket(&info.remote, &a->from, &port) ? 0 : GW_EUNSUP;
    if (!err && getrandom(&a->nonce, sizeof a->nonce, 0) != (ssize_t)sizeof a->nonce)
        err = GW_EIO;
    a->k = k;
    a->peer = *conn_peer(c);
    a->is_v2 = conn_speaks(c, AUTONAT2_DIAL_PROTOCOL);
    a->naddrs = n < AUTONAT_ASK_ADDRS ? n : AUTONAT_ASK_ADDRS;
    memcpy(a->addrs, addrs, a->naddrs * sizeof *addrs);
    a->done = done;
    a->arg = arg;
    ev_timer_init(&a->timer, on_timer, 0., 0.);
    a->timer.data = a;
    if (!err)
        err = open_request(a, c);
    if (err) {
        free(a);
        return err;
    }
    show_guests_out(k);
    k->ask = a;
    return 0;
}

bool autonat_client_is_asking(const struct autonat_client *k)
{
    return k->ask != NULL;
}

void autonat_client_cancel(struct autonat_client *k)
{
    struct ask *a = k->ask;

    if (!a)
        return;
    if (a->s)
        stream_drop(a->s, GW_ECANCELED);
    release(a);
}

struct autonat_client *autonat_client_new(struct host *h)
{
    struct autonat_client *k = calloc(1, sizeof *k);
    if (!k)
        return NULL;
    k->host = h;
    ev_timer_init(&k->guests_out, on_guests_out, 0., 0.);
    k->guests_out.data = k;
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
