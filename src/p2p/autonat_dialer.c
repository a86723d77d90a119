/* autonat_dialer.c - see autonat_dialer.h.
 *
 *   DIALLING -> TELLING (v2: the nonce, and its receipt) -> STAYING (v1: the other end sees the
 *   connection before it closes) -> CLOSING -> GONE (QUIC: until the farewell has left)
 */
#include "p2p/autonat_dialer.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/err.h"
#include "net/timer.h"
#include "p2p/autonat_wire.h"
#include "transport/negotiate.h"
#include "transport/quic.h"
#include "transport/tcp.h"

#define STAY_MS     500
#define FAREWELL_MS 1000
#define TELL_MS     5000 /* for the protocol of the nonce to be agreed on */
#define STREAMS_MAX 4    /* that the other end may open, for nothing */
#define WINDOW      65536

enum state { DIALLING, TELLING, STAYING, CLOSING, GONE };

struct autonat_dialback {
    struct autonat_dialer *d;
    struct autonat_dialback *prev, *next;
    enum state state;
    struct quic *quic; /* of this dial alone; NULL: TCP */
    struct muxed *m;   /* NULL once GONE */
    struct negotiate *negotiate;
    struct stream *s; /* of the nonce */
    struct timer timer;
    bool has_nonce;
    uint64_t nonce;
    autonat_dialback_fn *done; /* NULL once called */
    void *arg;
    struct autonat_inbox in;
};

struct autonat_dialer {
    struct ev_loop *loop;
    struct turn *turn;
    struct key *key;
    struct tls_cred *cred;
    struct upgrade_env env;
    struct tcp *tcp;
    struct autonat_dialback *all;
    size_t n;
};

static void release(struct autonat_dialback *b)
{
    timer_stop(&b->timer);
    quic_free(b->quic);
    DL_DELETE(b->d->all, b);
    b->d->n--;
    free(b);
}

/* Nothing more is said on the stream; it ends with its connection. */
static void leave_stream(struct autonat_dialback *b)
{
    negotiate_cancel(b->negotiate, GW_ECANCELED);
    b->negotiate = NULL;
    if (b->s)
        stream_drop(b->s, GW_ECANCELED);
    b->s = NULL;
}

static void close_conn(struct autonat_dialback *b)
{
    b->state = CLOSING;
    timer_stop(&b->timer);
    b->m->ops->close(b->m, 0);
}

/* Tells the outcome; the connection, if there is one, is closed in due time. */
static void finish(struct autonat_dialback *b, enum autonat_back back)
{
    autonat_dialback_fn *done = b->done;

    b->done = NULL;
    leave_stream(b);
    if (b->state == STAYING)
        timer_start(&b->timer, STAY_MS);
    else if (b->m)
        close_conn(b);
    if (done)
        done(b->arg, back);
}

/* ---- telling the nonce ---- */

static void on_data(struct stream *s, struct bytes v)
{
    struct autonat_dialback *b = s->owner;

    s->ops->credit(s, v.n);
    autonat_inbox_fill(&b->in, &v);
    int used = autonat2_msg_decode_back_response(autonat_inbox_view(&b->in));
    if (used > 0)
        finish(b, AUTONAT_BACK_OK);
    else if (used < 0)
        finish(b, AUTONAT_BACK_UNTOLD);
}

/* Before the receipt was specified, the end of the stream was it. */
static void on_eof(struct stream *s)
{
    finish(s->owner, AUTONAT_BACK_OK);
}

/* Who resets the stream has seen it, and knows whether the nonce was its own.  go-libp2p does so
 * right behind its receipt, which over QUIC drops that, and its answer to the protocol as well. */
static enum autonat_back heard(int err)
{
    return err && err != GW_ERESET ? AUTONAT_BACK_UNTOLD : AUTONAT_BACK_OK;
}

static void on_stream_close(struct stream *s, int err)
{
    struct autonat_dialback *b = s->owner;

    b->s = NULL;
    finish(b, heard(err));
}

static const struct stream_events stream_events = {
    .on_data = on_data,
    .on_drained = stream_ignore_drained,
    .on_eof = on_eof,
    .on_close = on_stream_close,
};

static void on_negotiated(void *arg, int err, struct stream *s, struct bytes early)
{
    struct autonat_dialback *b = arg;

    b->negotiate = NULL;
    if (err) {
        finish(b, heard(err));
        return;
    }
    b->s = s;
    stream_own(s, &stream_events, b);
    if (early.n)
        on_data(s, early);
    else
        s->ops->credit(s, 0);
}

static void tell(struct autonat_dialback *b)
{
    uint8_t msg[AUTONAT2_MSG_BACK_WIRE_MAX];
    int n = autonat2_msg_encode_back(msg, sizeof msg, b->nonce);
    struct stream *s;

    b->state = TELLING;
    if (n > 0 && b->m->ops->open(b->m, &s) == 0)
        b->negotiate = negotiate_dial(b->d->loop, s, AUTONAT2_DIALBACK_PROTOCOL,
                                      (struct bytes){ msg, (size_t)n }, TELL_MS, on_negotiated, b);
    if (!b->negotiate)
        finish(b, AUTONAT_BACK_UNTOLD);
}

/* ---- the connection ---- */

static void on_ready(struct muxed *m)
{
    struct autonat_dialback *b = m->owner;

    if (b->state != DIALLING)
        return;
    if (b->has_nonce) {
        tell(b);
        return;
    }
    b->state = STAYING;
    finish(b, AUTONAT_BACK_OK);
}

static void on_stream(struct muxed *m, struct stream *s)
{
    (void)m;
    stream_drop(s, GW_ENOPROTO);
}

static void on_close(struct muxed *m, int err)
{
    struct autonat_dialback *b = m->owner;
    enum autonat_back back = b->state == DIALLING ? AUTONAT_BACK_FAILED : AUTONAT_BACK_UNTOLD;
    (void)err;

    b->m = NULL;
    b->state = GONE;
    timer_start(&b->timer, b->quic ? FAREWELL_MS : 0);
    finish(b, back);
}

static const struct muxed_events conn_events = {
    .on_ready = on_ready,
    .on_stream = on_stream,
    .on_moved = muxed_ignore,
    .on_close = on_close,
};

static void on_timer(void *arg)
{
    struct autonat_dialback *b = arg;

    if (b->state == GONE)
        release(b);
    else if (b->state == STAYING)
        close_conn(b);
    else
        finish(b, b->state == DIALLING ? AUTONAT_BACK_FAILED : AUTONAT_BACK_UNTOLD);
}

static int dial_quic(struct autonat_dialback *b, const struct multiaddr *to,
                     const struct peerid *peer)
{
    static const struct quic_config cfg = {
        .max_streams = STREAMS_MAX,
        .max_peers = 1,
        .window = WINDOW,
        .handshake_timeout_ms = AUTONAT_DIAL_MS,
    };

    b->quic = quic_new(b->d->loop, b->d->turn, b->d->key, &cfg, NULL, NULL, NULL);
    return b->quic ? quic_dial(b->quic, to, peer, &b->m) : GW_ENOMEM;
}

int autonat_dialback_start(struct autonat_dialer *d, const struct multiaddr *to,
                           const struct peerid *peer, const uint64_t *nonce,
                           autonat_dialback_fn *done, void *arg, struct autonat_dialback **out)
{
    if (d->n == AUTONAT_DIALS_MAX)
        return GW_ELIMIT;
    struct autonat_dialback *b = calloc(1, sizeof *b);
    if (!b)
        return GW_ENOMEM;
    b->d = d;
    b->done = done;
    b->arg = arg;
    b->has_nonce = nonce != NULL;
    b->nonce = nonce ? *nonce : 0;
    timer_init(&b->timer, b->d->loop, on_timer, b);
    DL_APPEND(d->all, b);
    d->n++;
    int err = tcp_dial(d->tcp, to, peer, &b->m);
    if (err == GW_EUNSUP)
        err = dial_quic(b, to, peer);
    if (err) {
        release(b);
        return err;
    }
    b->m->ev = &conn_events;
    b->m->owner = b;
    timer_start(&b->timer, AUTONAT_DIAL_MS);
    *out = b;
    return 0;
}

void autonat_dialback_cancel(struct autonat_dialback *b)
{
    if (!b)
        return;
    b->done = NULL;
    finish(b, AUTONAT_BACK_FAILED);
}

/* ---- all of them ---- */

struct autonat_dialer *autonat_dialer_new(struct ev_loop *loop, struct turn *turn)
{
    struct autonat_dialer *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->loop = loop;
    d->turn = turn;
    if (key_generate(&d->key) || tls_cred_new(d->key, &d->cred))
        goto fail;
    d->env = (struct upgrade_env){ .loop = loop,
                                   .turn = turn,
                                   .key = d->key,
                                   .cred = d->cred,
                                   .mux = { .max_streams = STREAMS_MAX, .window = WINDOW },
                                   .timeout_ms = AUTONAT_DIAL_MS };
    if ((d->tcp = tcp_new(&d->env)))
        return d;
fail:
    autonat_dialer_free(d);
    return NULL;
}

void autonat_dialer_free(struct autonat_dialer *d)
{
    struct autonat_dialback *b, *next;

    if (!d)
        return;
    DL_FOREACH_SAFE (d->all, b, next) {
        leave_stream(b);
        if (b->m)
            muxed_drop(b->m, 0);
        release(b);
    }
    tcp_free(d->tcp);
    tls_cred_free(d->cred);
    key_free(d->key);
    free(d);
}
