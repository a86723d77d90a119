/* autonat_backs.c - see autonat_backs.h. */
#include "p2p/autonat_backs.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/err.h"
#include "net/parting.h"
#include "p2p/autonat_wire.h"

struct back {
    struct autonat_backs *k;
    struct conn *conn;
    struct stream *s;
    ev_timer deadline;
    struct back *prev, *next;
    size_t n;
    uint8_t in[AUTONAT2_MSG_BACK_WIRE_MAX];
};

struct autonat_backs {
    struct host *host;
    struct back *list;
    size_t n;
    autonat_nonce_fn *on_nonce;
    void *arg;
};

static void release(struct back *b)
{
    ev_timer_stop(host_loop(b->k->host), &b->deadline);
    DL_DELETE(b->k->list, b);
    b->k->n--;
    free(b);
}

static void drop(struct back *b, int err)
{
    stream_drop(b->s, err);
    release(b);
}

static void judge(struct back *b, uint64_t nonce)
{
    uint8_t out[AUTONAT2_MSG_BACK_WIRE_MAX];
    int n = autonat2_msg_encode_back_response(out, sizeof out);

    if (n <= 0 || !b->k->on_nonce(b->k->arg, b->conn, nonce)) {
        drop(b, GW_EPROTO);
        return;
    }
    parting_start(host_loop(b->k->host), b->s, (struct bytes){ out, (size_t)n }, PARTING_MS,
                  GW_ETIMEOUT, NULL);
    release(b);
}

static void on_data(struct stream *s, struct bytes v)
{
    struct back *b = s->owner;
    uint64_t nonce;

    s->ops->credit(s, v.n);
    if (v.n > sizeof b->in - b->n)
        v.n = sizeof b->in - b->n; /* no message is longer */
    if (v.n)
        memcpy(b->in + b->n, v.p, v.n);
    b->n += v.n;
    int used = autonat2_msg_decode_back((struct bytes){ b->in, b->n }, &nonce);
    if (used > 0)
        judge(b, nonce);
    else if (used < 0)
        drop(b, GW_EPROTO);
}

static void on_eof(struct stream *s)
{
    drop(s->owner, GW_EPROTO);
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

static void on_stream(void *arg, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    struct autonat_backs *k = arg;
    struct back *b = k->n < AUTONAT_BACKS_MAX ? calloc(1, sizeof *b) : NULL;
    (void)protocol;

    if (!b) {
        stream_drop(s, GW_ELIMIT);
        return;
    }
    b->k = k;
    b->conn = c;
    b->s = s;
    DL_APPEND(k->list, b);
    k->n++;
    ev_timer_init(&b->deadline, on_deadline, AUTONAT_BACK_MS / 1e3, 0.);
    b->deadline.data = b;
    ev_timer_start(host_loop(k->host), &b->deadline);
    stream_own(s, &stream_events, b);
    on_data(s, early); /* also lifts the pause */
}

struct autonat_backs *autonat_backs_new(struct host *h, autonat_nonce_fn *on_nonce, void *arg)
{
    struct autonat_backs *k = calloc(1, sizeof *k);
    if (!k)
        return NULL;
    k->host = h;
    k->on_nonce = on_nonce;
    k->arg = arg;
    if (host_handle(h, AUTONAT2_DIALBACK_PROTOCOL, NULL, on_stream, k) == 0)
        return k;
    free(k);
    return NULL;
}

void autonat_backs_free(struct autonat_backs *k)
{
    if (!k)
        return;
    while (k->list)
        drop(k->list, GW_ECANCELED);
    free(k);
}
