/* msgread.c - see msgread.h.  The stream changes hands inside on_data, as in transport/negotiate.c.
 */
#include "p2p/msgread.h"

#include <stdlib.h>

#include "base/err.h"
#include "net/timer.h"
#include "wire/varint.h"

struct msgread {
    struct stream *s;
    struct timer deadline;
    struct msgread **slot;
    msgread_done_fn *done;
    void *arg;
    size_t max;       /* octets of the message's body */
    size_t n;         /* octets that have come */
    uint8_t octets[]; /* max and a length */
};

static void finish(struct msgread *r, int err, struct stream *s, struct bytes msg,
                   struct bytes rest)
{
    timer_stop(&r->deadline);
    *r->slot = NULL;
    r->done(r->arg, err, s, msg, rest);
    free(r);
}

static void fail(struct msgread *r, int err)
{
    stream_drop(r->s, err);
    finish(r, err, NULL, (struct bytes){ 0 }, (struct bytes){ 0 });
}

static void on_data(struct stream *s, struct bytes v)
{
    struct msgread *r = s->owner;
    size_t had = r->n, room = r->max + VARINT_MAX - had, take = v.n < room ? v.n : room;
    struct bytes body;

    if (take)
        memcpy(r->octets + had, v.p, take);
    r->n += take;
    int used = varint_decode_prefixed((struct bytes){ r->octets, r->n }, r->max, &body);
    if (used > 0)
        take = (size_t)used - had; /* the message was not whole before, so it ends in v */
    s->ops->credit(s, take);
    if (used < 0)
        fail(r, used);
    else if (used > 0)
        finish(r, 0, s, (struct bytes){ r->octets, (size_t)used },
               (struct bytes){ v.p + take, v.n - take });
}

static void on_eof(struct stream *s)
{
    fail(s->owner, GW_ECLOSED);
}

static void on_close(struct stream *s, int err)
{
    finish(s->owner, err ? err : GW_ECLOSED, NULL, (struct bytes){ 0 }, (struct bytes){ 0 });
}

static const struct stream_events reading = {
    .on_data = on_data,
    .on_drained = stream_ignore_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

static void on_deadline(void *arg)
{
    fail(arg, GW_ETIMEOUT);
}

void msgread_start(struct ev_loop *loop, struct stream *s, struct bytes early,
                   const struct msgread_limits *limits, struct msgread **slot,
                   msgread_done_fn *done, void *arg)
{
    struct msgread *r = malloc(sizeof *r + limits->max + VARINT_MAX);

    *slot = r;
    if (!r) {
        stream_drop(s, GW_ENOMEM);
        done(arg, GW_ENOMEM, NULL, (struct bytes){ 0 }, (struct bytes){ 0 });
        return;
    }
    *r = (struct msgread){ .s = s, .slot = slot, .done = done, .arg = arg, .max = limits->max };
    timer_init(&r->deadline, loop, on_deadline, r);
    timer_start(&r->deadline, limits->timeout_ms);
    stream_own(s, &reading, r);
    if (early.n)
        on_data(s, early);
    else
        s->ops->credit(s, 0);
}

void msgread_cancel(struct msgread *r, int err)
{
    if (!r)
        return;
    stream_drop(r->s, err);
    timer_stop(&r->deadline);
    *r->slot = NULL;
    free(r);
}
