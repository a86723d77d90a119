/* autonat_server.c - see autonat_server.h.
 *
 *   v1   ASKED -------------> DIALLING (up to four at once) -> answered
 *   v2   ASKED -> (PAYING) -> DIALLING (one) ----------------> answered
 */
#include "p2p/autonat_server.h"

#include <stdlib.h>
#include <sys/random.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "net/ifaces.h"
#include "net/parting.h"
#include "p2p/autonat_dialer.h"
#include "p2p/autonat_quota.h"
#include "p2p/autonat_wire.h"

#define V1_DIALS_MAX 4

enum state { ASKED, PAYING, DIALLING };

struct request;

struct dial {
    struct request *of;
    struct multiaddr to;
    struct autonat_dialback *back; /* NULL: over */
};

struct request {
    struct autonat_server *v;
    struct request *prev, *next;
    struct stream *s;
    struct peerid peer;
    struct ipaddr from; /* where the asker is seen */
    bool is_v2;
    enum state state;
    ev_timer deadline; /* until it is DIALLING */
    struct dial dials[V1_DIALS_MAX];
    size_t ndials;
    uint64_t nonce; /* v2, as the next two */
    uint32_t index; /* of the address */
    size_t owed;    /* octets of data */
    struct autonat_inbox in;
};

struct autonat_server {
    struct host *host;
    struct autonat_dialer *dialer;
    struct request *requests;
    size_t nrequests;
    struct autonat_quota quota;
};

/* ---- answers ---- */

static struct bytes put_v1(uint8_t *out, size_t cap, enum autonat_status status,
                           const struct multiaddr *reached)
{
    struct autonat_msg m = { .type = AUTONAT_DIAL_RESPONSE, .status = status };

    if (reached)
        m.addr = (struct bytes){ reached->b, reached->n };
    int n = autonat_msg_encode(out, cap, &m);
    return (struct bytes){ out, n > 0 ? (size_t)n : 0 };
}

static struct bytes put_v2(uint8_t *out, size_t cap, enum autonat2_status status, uint32_t index,
                           enum autonat2_dial_status dial)
{
    struct autonat2_msg m = { .kind = AUTONAT2_DIAL_RESPONSE,
                              .response = {
                                  .status = status, .addr_index = index, .dial_status = dial } };
    int n = autonat2_msg_encode(out, cap, &m);
    return (struct bytes){ out, n > 0 ? (size_t)n : 0 };
}

static void release(struct request *r)
{
    for (size_t i = 0; i < r->ndials; i++)
        autonat_dialback_cancel(r->dials[i].back);
    ev_timer_stop(host_loop(r->v->host), &r->deadline);
    DL_DELETE(r->v->requests, r);
    r->v->nrequests--;
    free(r);
}

static void drop(struct request *r, int err)
{
    stream_drop(r->s, err);
    release(r);
}

static void answer(struct request *r, struct bytes words)
{
    parting_start(host_loop(r->v->host), r->s, words, PARTING_MS, GW_ETIMEOUT, NULL);
    release(r);
}

static void answer_v1(struct request *r, enum autonat_status status,
                      const struct multiaddr *reached)
{
    uint8_t out[2 * MULTIADDR_MAX];

    log_debug("autonat peer=%s v1 answer=%d", peerid_short(&r->peer), (int)status);
    answer(r, put_v1(out, sizeof out, status, reached));
}

static void answer_v2(struct request *r, enum autonat2_status status,
                      enum autonat2_dial_status dial)
{
    uint8_t out[64];

    log_debug("autonat peer=%s v2 answer=%d dial=%d", peerid_short(&r->peer), (int)status,
              (int)dial);
    answer(r, put_v2(out, sizeof out, status, r->index, dial));
}

/* ---- which address ---- */

/* Can it be anywhere on the internet?  (IANA's special-purpose registries) */
static bool is_public(const struct ipaddr *ip)
{
    const uint8_t *b = ip->b;

    if (ifaces_is_private(ip))
        return false;
    if (ip->family == 6)
        return (b[0] & 0xe0) == 0x20; /* 2000::/3 */
    return b[0] != 0 && b[0] < 224 && !(b[0] == 100 && (b[1] & 0xc0) == 64) &&
           !(b[0] == 192 && b[1] == 0 && b[2] == 0);
}

/* Is there a way to that family, and is it not ourselves? */
static bool is_elsewhere(const struct ipaddr *ip)
{
    struct ipaddr own[IFACES_MAX];
    size_t n = ifaces_addrs(ip->family, own, IFACES_MAX);
    bool has_way = false;

    for (size_t i = 0; i < n; i++) {
        if (ipaddr_eq(&own[i], ip))
            return false;
        has_way |= ip->family == 4 ? !ifaces_is_loopback(&own[i]) : is_public(&own[i]);
    }
    return has_way;
}

/* Reads an address of the asker that may be dialled.  *is_foreign: it is not where it is seen. */
static bool read_addr(const struct request *r, struct bytes v, struct multiaddr *out,
                      bool *is_foreign)
{
    struct peerid peer;
    struct ipaddr ip;
    uint16_t port;

    if (multiaddr_from_bytes(v, out) || !multiaddr_as_socket(out, &ip, &port) || !port ||
        (multiaddr_peer(out, &peer) && !peerid_eq(&peer, &r->peer)))
        return false;
    multiaddr_strip_peer(out);
    *is_foreign = !ipaddr_eq(&ip, &r->from);
    return !*is_foreign || (is_public(&ip) && is_elsewhere(&ip));
}

static int start_dial(struct request *r, const uint64_t *nonce, autonat_dialback_fn *done)
{
    struct dial *d = &r->dials[r->ndials];

    d->of = r;
    int err = autonat_dialback_start(r->v->dialer, &d->to, &r->peer, nonce, done, d, &d->back);
    if (!err)
        r->ndials++;
    return err;
}

static void stop_reading(struct request *r)
{
    r->state = DIALLING;
    ev_timer_stop(host_loop(r->v->host), &r->deadline);
}

/* ---- v1 ---- */

static void on_v1_back(void *arg, enum autonat_back back)
{
    struct dial *d = arg;
    struct request *r = d->of;

    d->back = NULL;
    if (back == AUTONAT_BACK_OK) {
        answer_v1(r, AUTONAT_OK, &d->to);
        return;
    }
    for (size_t i = 0; i < r->ndials; i++)
        if (r->dials[i].back)
            return;
    answer_v1(r, AUTONAT_DIAL_ERROR, NULL);
}

static void dial_v1(struct request *r, const struct autonat_msg *m)
{
    int err = 0;

    for (size_t i = 0; i < m->peer.addrs.n && r->ndials < V1_DIALS_MAX && !err; i++) {
        bool is_foreign;
        if (read_addr(r, m->peer.addrs.v[i], &r->dials[r->ndials].to, &is_foreign) && !is_foreign)
            err = start_dial(r, NULL, on_v1_back);
    }
    if (!r->ndials)
        answer_v1(r, err ? AUTONAT_INTERNAL_ERROR : AUTONAT_DIAL_REFUSED, NULL);
    else
        stop_reading(r);
}

static void on_v1_message(struct request *r, const struct autonat_msg *m)
{
    struct bytes own = { r->peer.mh, r->peer.n };

    if (m->type != AUTONAT_DIAL || !bytes_eq(m->peer.id, own))
        answer_v1(r, AUTONAT_BAD_REQUEST, NULL);
    else if (!autonat_quota_take(&r->v->quota, &r->from, clock_mono_ms()))
        answer_v1(r, AUTONAT_DIAL_REFUSED, NULL);
    else
        dial_v1(r, m);
}

/* ---- v2 ---- */

static void on_v2_back(void *arg, enum autonat_back back)
{
    static const enum autonat2_dial_status status[] = {
        [AUTONAT_BACK_OK] = AUTONAT2_DIAL_OK,
        [AUTONAT_BACK_FAILED] = AUTONAT2_DIAL_ERROR,
        [AUTONAT_BACK_UNTOLD] = AUTONAT2_DIAL_BACK_ERROR,
    };
    struct dial *d = arg;

    d->back = NULL;
    answer_v2(d->of, AUTONAT2_OK, status[back]);
}

static void dial_v2(struct request *r)
{
    if (start_dial(r, &r->nonce, on_v2_back))
        answer_v2(r, AUTONAT2_INTERNAL_ERROR, AUTONAT2_DIAL_UNUSED);
    else
        stop_reading(r);
}

static size_t draw_price(void)
{
    uint32_t random = 0;

    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return AUTONAT_DATA_MAX;
    return AUTONAT_DATA_MIN + random % (AUTONAT_DATA_MAX - AUTONAT_DATA_MIN + 1);
}

/* False: the request is over. */
static bool demand_data(struct request *r)
{
    struct autonat2_msg m = { .kind = AUTONAT2_DATA_REQUEST };
    uint8_t out[64];

    r->state = PAYING;
    r->owed = draw_price();
    m.data_request = (struct autonat2_data_request){ .addr_index = r->index, .nbytes = r->owed };
    int n = autonat2_msg_encode(out, sizeof out, &m);
    if (n > 0 && r->s->ops->write(r->s, (struct bytes){ out, (size_t)n }) >= 0)
        return true;
    drop(r, GW_ENOMEM);
    return false;
}

/* True: data is to come.  Else the address is dialled, or the request is over. */
static bool on_v2_request(struct request *r, const struct autonat2_request *m)
{
    bool is_foreign = false;
    size_t i = 0;

    while (i < m->addrs.n && !read_addr(r, m->addrs.v[i], &r->dials[0].to, &is_foreign))
        i++;
    r->nonce = m->nonce;
    r->index = (uint32_t)i;
    if (i == m->addrs.n)
        answer_v2(r, AUTONAT2_DIAL_REFUSED, AUTONAT2_DIAL_UNUSED);
    else if (!autonat_quota_take(&r->v->quota, &r->from, clock_mono_ms()))
        answer_v2(r, AUTONAT2_REQUEST_REJECTED, AUTONAT2_DIAL_UNUSED);
    else if (is_foreign)
        return demand_data(r);
    else
        dial_v2(r);
    return false;
}

/* As above. */
static bool on_payment(struct request *r, struct bytes data)
{
    if (data.n < AUTONAT_PIECE_MIN && data.n < r->owed) {
        drop(r, GW_EPROTO);
        return false;
    }
    if (data.n < r->owed) {
        r->owed -= data.n;
        return true;
    }
    dial_v2(r);
    return false;
}

/* ---- the stream ---- */

#define NO_MORE (-1) /* the address is dialled, or the request is over */

/* Takes a message, if there is a whole one.  Returns the octets used, 0 to wait, or NO_MORE. */
static int take_v1(struct request *r)
{
    struct autonat_msg m;
    int used = autonat_msg_decode(autonat_inbox_view(&r->in), &m);

    if (used == 0)
        return 0;
    if (used > 0)
        on_v1_message(r, &m);
    else
        answer_v1(r, AUTONAT_BAD_REQUEST, NULL);
    return NO_MORE;
}

static int take_v2(struct request *r)
{
    struct autonat2_msg m;
    int used = autonat2_msg_decode(autonat_inbox_view(&r->in), &m);

    if (used == 0)
        return 0;
    if (used > 0 && r->state == ASKED && m.kind == AUTONAT2_DIAL_REQUEST)
        return on_v2_request(r, &m.request) ? used : NO_MORE;
    if (used > 0 && r->state == PAYING && m.kind == AUTONAT2_DATA_RESPONSE)
        return on_payment(r, m.data) ? used : NO_MORE;
    drop(r, GW_EPROTO);
    return NO_MORE;
}

static void on_data(struct stream *s, struct bytes v)
{
    struct request *r = s->owner;

    if (r->state == DIALLING)
        return; /* and gets no credit */
    s->ops->credit(s, v.n);
    for (;;) {
        autonat_inbox_fill(&r->in, &v);
        int used = r->is_v2 ? take_v2(r) : take_v1(r);
        if (used <= 0)
            return; /* NO_MORE: `r` may be gone */
        autonat_inbox_drop(&r->in, (size_t)used);
    }
}

static void on_eof(struct stream *s)
{
    struct request *r = s->owner;

    if (r->state != DIALLING)
        drop(r, GW_EPROTO);
}

static void on_close(struct stream *s, int err)
{
    (void)err;
    release(s->owner);
}

static const struct stream_events stream_events = {
    .on_data = on_data,
    .on_drained = stream_ignore_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
    (void)loop;
    (void)revents;
    drop(w->data, GW_ETIMEOUT);
}

/* A request that is not looked at: we are busy, or know not where the asker is. */
static void turn_away(struct conn *c, struct stream *s, struct bytes early, bool is_v2)
{
    uint8_t out[64];
    struct bytes words = is_v2 ? put_v2(out, sizeof out, AUTONAT2_REQUEST_REJECTED, 0,
                                        AUTONAT2_DIAL_UNUSED)
                               : put_v1(out, sizeof out, AUTONAT_DIAL_REFUSED, NULL);

    s->ops->credit(s, early.n);
    parting_start(host_loop(conn_host(c)), s, words, PARTING_MS, GW_ETIMEOUT, NULL);
}

static bool may_ask(const struct autonat_server *v, const struct conn *c)
{
    const struct request *r;

    if (conn_is_relayed(c) || v->nrequests == AUTONAT_REQUESTS_MAX)
        return false;
    DL_FOREACH (v->requests, r)
        if (peerid_eq(&r->peer, conn_peer(c)))
            return false;
    return true;
}

static void on_request(void *arg, struct conn *c, struct stream *s, const char *protocol,
                       struct bytes early)
{
    struct autonat_server *v = arg;
    bool is_v2 = strcmp(protocol, AUTONAT2_DIAL_PROTOCOL) == 0;
    struct muxed_info info;
    struct ipaddr from;
    uint16_t port;

    conn_info(c, &info);
    if (!may_ask(v, c) || !multiaddr_as_socket(&info.remote, &from, &port)) {
        turn_away(c, s, early, is_v2);
        return;
    }
    struct request *r = calloc(1, sizeof *r);
    if (!r) {
        stream_drop(s, GW_ENOMEM);
        return;
    }
    r->v = v;
    r->s = s;
    r->peer = *conn_peer(c);
    r->from = from;
    r->is_v2 = is_v2;
    DL_APPEND(v->requests, r);
    v->nrequests++;
    ev_timer_init(&r->deadline, on_deadline, AUTONAT_REQUEST_MS / 1e3, 0.);
    r->deadline.data = r;
    ev_timer_start(host_loop(v->host), &r->deadline);
    stream_own(s, &stream_events, r);
    on_data(s, early); /* also lifts the pause */
}

struct autonat_server *autonat_server_new(struct host *h)
{
    struct autonat_server *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    v->host = h;
    v->dialer = autonat_dialer_new(host_loop(h), host_turn(h));
    if (v->dialer && host_handle(h, AUTONAT_PROTOCOL, NULL, on_request, v) == 0 &&
        host_handle(h, AUTONAT2_DIAL_PROTOCOL, NULL, on_request, v) == 0)
        return v;
    autonat_server_free(v);
    return NULL;
}

void autonat_server_free(struct autonat_server *v)
{
    if (!v)
        return;
    while (v->requests)
        drop(v->requests, GW_ECANCELED);
    autonat_dialer_free(v->dialer);
    free(v);
}
