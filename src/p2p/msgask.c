/* msgask.c - see msgask.h. */
#include "p2p/msgask.h"

#include <stdlib.h>

#include "base/err.h"
#include "net/parting.h"
#include "net/timer.h"
#include "p2p/msgread.h"

struct msgask {
    struct ev_loop *loop;
    struct host_open *open; /* until there is a stream */
    struct msgread *reader; /* until the answer has come */
    struct timer deadline;  /* of all */
    struct msgread_limits limits;
    bool is_statement;
    uint64_t dialled_idle_ms;
    msgask_done_fn *done;
    void *arg;
};

static void finish(struct msgask *q, int err, struct bytes answer)
{
    timer_stop(&q->deadline);
    q->done(q->arg, err, answer);
    free(q);
}

static void give_up(struct msgask *q)
{
    host_open_cancel(q->open);
    msgread_cancel(q->reader, GW_ECANCELED);
}

/* Nothing follows from us, and nothing of use from there. */
static void part(const struct msgask *q, struct stream *s)
{
    parting_start(q->loop, s, (struct bytes){ 0 }, PARTING_MS, GW_ETIMEOUT, NULL);
}

static void on_answer(void *arg, int err, struct stream *s, struct bytes msg, struct bytes rest)
{
    (void)rest;

    if (!err)
        part(arg, s);
    finish(arg, err, msg);
}

static void on_opened(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    struct msgask *q = arg;
    (void)protocol;

    if (!err && q->dialled_idle_ms && host_open_tried(q->open))
        conn_set_idle(c, q->dialled_idle_ms);
    q->open = NULL;
    if (err) {
        finish(q, err, (struct bytes){ 0 });
    } else if (q->is_statement) {
        part(q, s);
        finish(q, 0, (struct bytes){ 0 });
    } else {
        msgread_start(q->loop, s, early, &q->limits, &q->reader, on_answer, q);
    }
}

static void on_deadline(void *arg)
{
    struct msgask *q = arg;

    give_up(q);
    finish(q, GW_ETIMEOUT, (struct bytes){ 0 });
}

struct msgask *msgask_start(struct host *h, const struct msgask_req *req, msgask_done_fn *done,
                            void *arg)
{
    const struct host_proposal p = { .protocol = req->protocol, .first = req->question };
    const struct host_open_req open = { .peer = req->peer,
                                        .addrs = req->addrs,
                                        .naddrs = req->naddrs,
                                        .proposals = &p,
                                        .nproposals = 1 };
    struct msgask *q = calloc(1, sizeof *q);

    if (!q)
        return NULL;
    *q = (struct msgask){ .loop = host_loop(h),
                          .limits = { .max = req->max, .timeout_ms = req->timeout_ms },
                          .is_statement = req->is_statement,
                          .dialled_idle_ms = req->dialled_idle_ms,
                          .done = done,
                          .arg = arg };
    if (!(q->open = host_open(h, &open, on_opened, q))) {
        free(q);
        return NULL;
    }
    timer_init(&q->deadline, q->loop, on_deadline, q);
    ev_now_update(q->loop);
    timer_start(&q->deadline, req->timeout_ms);
    return q;
}

void msgask_cancel(struct msgask *q)
{
    if (!q)
        return;
    timer_stop(&q->deadline);
    give_up(q);
    free(q);
}
