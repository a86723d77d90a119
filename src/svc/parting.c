#include "svc/parting.h"

#include <stdlib.h>

struct parting {
    struct ev_loop *loop;
    struct stream *s;
    ev_timer timer;
    int err;
};

static void on_data(struct stream *s, struct bytes v)
{
    (void)s;
    (void)v; /* no credit: the sender stops once its window is full */
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
    struct parting *p = s->owner;
    (void)err;
    ev_timer_stop(p->loop, &p->timer);
    free(p);
}

static const struct stream_events parting_events = {
    .on_data = on_data,
    .on_drained = on_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct parting *p = w->data;
    (void)loop;
    (void)revents;
    p->s->ops->reset(p->s, p->err);
}

void parting_start(struct ev_loop *loop, struct stream *s, struct bytes words, int err)
{
    struct parting *p = malloc(sizeof *p);
    if (!p || s->ops->write(s, words) < 0) {
        free(p);
        stream_drop(s, err);
        return;
    }
    *p = (struct parting){ .loop = loop, .s = s, .err = err };
    stream_own(s, &parting_events, p);
    s->ops->shutdown(s);
    ev_timer_init(&p->timer, on_timer, PARTING_S, 0.);
    p->timer.data = p;
    ev_timer_start(loop, &p->timer);
}
