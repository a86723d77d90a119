/* names_ask.c - see names_ask.h. */
#include "p2p/names_ask.h"

#include <stdlib.h>

#include "base/err.h"
#include "p2p/msgread.h"

struct names_ask {
    struct ev_loop *loop;
    struct host_open *open; /* until there is a stream */
    struct msgread *reader; /* until the answer has come */
    ev_timer deadline;      /* of all */
    uint64_t timeout_ms;
    names_asked_fn *done;
    void *arg;
};

static void finish(struct names_ask *q, int err, const struct names_answer *a)
{
    ev_timer_stop(q->loop, &q->deadline);
    q->done(q->arg, err, a);
    free(q);
}

static void give_up(struct names_ask *q)
{
    host_open_cancel(q->open);
    msgread_cancel(q->reader, GW_ECANCELED);
}

static void on_answer(void *arg, int err, struct stream *s, struct bytes msg, struct bytes rest)
{
    struct names_answer answer;
    (void)rest;

    if (!err) {
        stream_drop(s, GW_ECANCELED);
        if (names_answer_decode(msg, &answer) <= 0)
            err = GW_EPROTO;
    }
    finish(arg, err, err ? NULL : &answer);
}

static void on_opened(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    struct names_ask *q = arg;
    const struct msgread_limits limits = { NAMES_MSG_MAX, q->timeout_ms };
    (void)c;
    (void)protocol;

    q->open = NULL;
    if (err) {
        finish(q, err, NULL);
        return;
    }
    s->ops->shutdown(s);
    msgread_start(q->loop, s, early, &limits, &q->reader, on_answer, q);
}

static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct names_ask *q = w->data;
    (void)loop;
    (void)revents;
    give_up(q);
    finish(q, GW_ETIMEOUT, NULL);
}

struct names_ask *names_ask_start(struct host *h, const struct names_ask_req *req,
                                  names_asked_fn *done, void *arg)
{
    uint8_t wire[NAMES_QUESTION_MAX];
    int n = names_question_encode(wire, sizeof wire, req->question);
    const struct host_proposal p = { .protocol = NAMES_PROTOCOL,
                                     .first = { wire, n > 0 ? (size_t)n : 0 } };
    const struct host_open_req open = { .peer = req->relay,
                                        .addrs = req->addrs,
                                        .naddrs = req->naddrs,
                                        .proposals = &p,
                                        .nproposals = 1 };
    struct names_ask *q = n > 0 ? calloc(1, sizeof *q) : NULL;

    if (!q)
        return NULL;
    q->loop = host_loop(h);
    q->timeout_ms = req->timeout_ms;
    q->done = done;
    q->arg = arg;
    ev_timer_init(&q->deadline, on_deadline, (double)req->timeout_ms / 1e3, 0.);
    q->deadline.data = q;
    q->open = host_open(h, &open, on_opened, q);
    if (!q->open) {
        free(q);
        return NULL;
    }
    ev_timer_start(q->loop, &q->deadline);
    return q;
}

void names_ask_cancel(struct names_ask *q)
{
    if (!q)
        return;
    ev_timer_stop(q->loop, &q->deadline);
    give_up(q);
    free(q);
}
