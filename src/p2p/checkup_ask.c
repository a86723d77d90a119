/* checkup_ask.c - asking a peer how it finds itself connected; see checkup.h. */
#include <stdlib.h>

#include "base/err.h"
#include "p2p/checkup.h"
#include "p2p/msgread.h"

struct checkup_ask {
    struct ev_loop *loop;
    struct host_open *open; /* until there is a stream */
    struct msgread *reader; /* until the answer has come */
    ev_timer deadline;      /* of all */
    uint64_t timeout_ms;
    checkup_told_fn *done;
    void *arg;
    struct checkup_state theirs;
};

static void finish(struct checkup_ask *q, int err)
{
    ev_timer_stop(q->loop, &q->deadline);
    q->done(q->arg, err, err ? NULL : &q->theirs);
    free(q);
}

static void give_up(struct checkup_ask *q)
{
    host_open_cancel(q->open);
    msgread_cancel(q->reader, GW_ECANCELED);
}

static void copy_text(struct bytes from, char out[CHECKUP_TEXT_MAX])
{
    size_t n = from.n < CHECKUP_TEXT_MAX ? from.n : CHECKUP_TEXT_MAX - 1;

    if (n)
        memcpy(out, from.p, n);
    out[n] = '\0';
}

static void take_addrs(const struct pb_list *from, struct checkup_addrs *to)
{
    for (size_t i = 0; i < from->n; i++)
        if (multiaddr_from_bytes(from->v[i], &to->v[to->n]) == 0)
            to->n++;
}

static void take(const struct checkup_msg *m, struct checkup_state *out)
{
    copy_text(m->version, out->version);
    out->net = m->net;
    take_addrs(&m->announced, &out->announced);
    take_addrs(&m->candidates, &out->candidates);
    take_addrs(&m->mapped, &out->mapped);
    for (size_t i = 0; i < m->nrelays; i++) {
        struct checkup_relay *r = &out->relays[out->nrelays];
        r->slot = m->relays[i].slot;
        r->rtt_us = m->relays[i].rtt_us;
        if (peerid_from_bytes(m->relays[i].id, &r->id) == 0)
            out->nrelays++;
    }
    out->punch.state = m->punch.state;
    out->punch.tries = m->punch.tries;
    copy_text(m->punch.error, out->punch.error);
}

static void on_answer(void *arg, int err, struct stream *s, struct bytes msg, struct bytes rest)
{
    struct checkup_ask *q = arg;
    struct checkup_msg m;
    (void)rest;

    if (!err) {
        stream_drop(s, GW_ECANCELED);
        int used = checkup_msg_decode(msg, &m);
        if (used > 0)
            take(&m, &q->theirs);
        else
            err = GW_EPROTO;
    }
    finish(q, err);
}

static void on_opened(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    struct checkup_ask *q = arg;
    const struct msgread_limits limits = { .max = CHECKUP_MSG_BODY_MAX,
                                           .timeout_ms = q->timeout_ms };
    (void)c;
    (void)protocol;

    q->open = NULL;
    if (err) {
        finish(q, err);
        return;
    }
    s->ops->shutdown(s);
    msgread_start(q->loop, s, early, &limits, &q->reader, on_answer, q);
}

static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct checkup_ask *q = w->data;
    (void)loop;
    (void)revents;
    give_up(q);
    finish(q, GW_ETIMEOUT);
}

struct checkup_ask *checkup_ask(struct host *h, const struct peerid *peer, uint64_t timeout_ms,
                                checkup_told_fn *done, void *arg)
{
    static const struct host_proposal proposal = { .protocol = CHECKUP_PROTOCOL };
    const struct host_open_req req = { .peer = *peer, .proposals = &proposal, .nproposals = 1 };
    struct checkup_ask *q = calloc(1, sizeof *q);

    if (!q)
        return NULL;
    q->loop = host_loop(h);
    q->timeout_ms = timeout_ms;
    q->done = done;
    q->arg = arg;
    ev_timer_init(&q->deadline, on_deadline, (double)timeout_ms / 1e3, 0.);
    q->deadline.data = q;
    q->open = host_open(h, &req, on_opened, q);
    if (!q->open) {
        free(q);
        return NULL;
    }
    ev_timer_start(q->loop, &q->deadline);
    return q;
}

void checkup_ask_cancel(struct checkup_ask *q)
{
    if (!q)
        return;
    ev_timer_stop(q->loop, &q->deadline);
    give_up(q);
    free(q);
}
