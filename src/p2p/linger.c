/* linger.c - see linger.h. */
#include "p2p/linger.h"

#include <stdlib.h>

#include "base/err.h"

struct linger {
    struct ev_loop *loop;
    struct stream *s;
    ev_timer deadline;
};

static void on_data(struct stream *s, struct bytes v)
{
    s->ops->credit(s, v.n);
}

static void on_drained(struct stream *s, size_t n)
{
    (void)s;
    (void)n;
}

static void on_eof(struct stream *s)
{
    (void)s;
}

static void on_close(struct stream *s, int err)
{
    struct linger *l = s->owner;
    (void)err;
    ev_timer_stop(l->loop, &l->deadline);
    free(l);
}

static const struct stream_events linger_events = {
    .on_data = on_data,
    .on_drained = on_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct linger *l = w->data;
    (void)loop;
    (void)revents;
    l->s->ops->reset(l->s, GW_ETIMEOUT);
}

void linger_start(struct ev_loop *loop, struct stream *s)
{
    struct linger *l = calloc(1, sizeof *l);
    if (!l) {
        stream_drop(s, GW_ENOMEM);
        return;
    }
    l->loop = loop;
    l->s = s;
    ev_timer_init(&l->deadline, on_deadline, LINGER_MS / 1e3, 0.);
    l->deadline.data = l;
    ev_timer_start(loop, &l->deadline);
    stream_own(s, &linger_events, l);
    s->ops->shutdown(s);
}
