/* fake_stream.c - see fake_stream.h. */
#include "fake_stream.h"

#include <assert.h>
#include <stdlib.h>

#include "base/err.h"

#define RUN_MAX (4u << 20) /* octets that one run delivers */

static struct fake_stream *of(const struct stream *s)
{
    return (struct fake_stream *)(uintptr_t)s;
}

static struct fake_stream *other(const struct fake_stream *f)
{
    return &f->pair->end[f == &f->pair->end[0]];
}

static void touch(struct fake_stream *f)
{
    struct fake_pair *p = f->pair;
    if (ev_is_active(&p->work))
        return;
    ev_timer_set(&p->work, p->round_ms / 1e3, 0.);
    ev_timer_start(p->loop, &p->work);
}

static void grow(struct fake_stream *f, size_t more)
{
    if (f->len + more <= f->cap)
        return;
    f->cap = f->len + more + 4096;
    f->queue = realloc(f->queue, f->cap);
    assert(f->queue);
}

static struct span op_reserve(struct stream *s, size_t want)
{
    struct fake_stream *f = of(s);
    assert(!f->fin_wanted);
    if (f->is_reset || f->len >= FAKE_QUEUE_MAX)
        return (struct span){ 0 };
    grow(f, want);
    return (struct span){ f->queue + f->len, want };
}

static void op_commit(struct stream *s, size_t n)
{
    struct fake_stream *f = of(s);
    if (f->is_reset)
        return;
    assert(f->len + n <= f->cap);
    f->len += n;
    touch(f);
}

static ssize_t op_write(struct stream *s, struct bytes v)
{
    struct fake_stream *f = of(s);
    assert(!f->fin_wanted);
    if (f->is_reset)
        return 0;
    if (f->is_poor) {
        f->is_poor = false;
        return GW_ENOMEM;
    }
    grow(f, v.n);
    if (v.n)
        memcpy(f->queue + f->len, v.p, v.n);
    f->len += v.n;
    f->writes++;
    touch(f);
    return 0;
}

static void op_credit(struct stream *s, size_t n)
{
    struct fake_stream *f = of(s);
    assert(n <= f->uncredited);
    f->uncredited -= n;
    f->is_started = true;
    touch(f);
}

static void op_shutdown(struct stream *s)
{
    struct fake_stream *f = of(s);
    f->fin_wanted = true;
    touch(f);
}

static void op_reset(struct stream *s, int err)
{
    struct fake_stream *f = of(s);
    if (f->is_reset)
        return;
    f->is_reset = true;
    f->close_err = err;
    touch(f);
}

static uint64_t op_acked(const struct stream *s)
{
    (void)s;
    return 0;
}

static const struct stream_ops ops = { op_reserve,  op_commit, op_write, op_credit,
                                       op_shutdown, op_reset,  op_acked };

static bool is_over(const struct fake_pair *p)
{
    return p->end[0].is_reset || p->end[1].is_reset || p->abort_err;
}

static size_t deliverable(const struct fake_stream *from, const struct fake_stream *to)
{
    size_t n = FAKE_WINDOW - to->uncredited;
    if (is_over(from->pair) || !to->is_started)
        return 0;
    if (n > from->len)
        n = from->len;
    return from->pair->piece && n > from->pair->piece ? from->pair->piece : n;
}

/* The octets lie in a block of their own meanwhile, so that AddressSanitizer sees who looks beyond
 * or later. */
static size_t deliver(struct fake_stream *from, struct fake_stream *to)
{
    size_t n = deliverable(from, to);
    if (!n)
        return 0;
    uint8_t *v = malloc(n);
    assert(v);
    memcpy(v, from->queue, n);
    memmove(from->queue, from->queue + n, from->len - n);
    from->len -= n;
    to->uncredited += n;
    to->s.ev->on_data(&to->s, (struct bytes){ v, n });
    free(v);
    if (!from->is_reset)
        from->s.ev->on_drained(&from->s, n);
    return n;
}

static void move(struct fake_stream *from)
{
    struct fake_stream *to = other(from);
    size_t n, total = 0;

    while (total < RUN_MAX && (n = deliver(from, to)) > 0)
        total += n;
    if (deliverable(from, to))
        touch(from);
    if (!from->len && from->fin_wanted && !from->fin_delivered && to->is_started &&
        !is_over(from->pair)) {
        from->fin_delivered = true;
        to->s.ev->on_eof(&to->s);
    }
}

static int close_err(const struct fake_stream *f)
{
    if (f->is_reset)
        return f->close_err;
    if (f->pair->abort_err)
        return f->pair->abort_err;
    return other(f)->is_reset ? GW_ERESET : 0;
}

static void release(struct fake_pair *p)
{
    int err[2] = { close_err(&p->end[0]), close_err(&p->end[1]) };

    p->end[0].s.ev->on_close(&p->end[0].s, err[0]);
    if (p->is_announced)
        p->end[1].s.ev->on_close(&p->end[1].s, err[1]);
    ev_timer_stop(p->loop, &p->work);
    if (p->gone)
        p->gone(p);
    free(p->end[0].queue);
    free(p->end[1].queue);
    free(p);
}

static void on_work(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct fake_pair *p = w->data;
    (void)loop;
    (void)revents;

    if (!p->is_announced && !is_over(p) && (p->end[0].len || p->end[0].fin_wanted)) {
        p->is_announced = true;
        p->announce(p);
    }
    if (p->is_announced) {
        move(&p->end[0]);
        move(&p->end[1]);
    }
    if (is_over(p) || (p->end[0].fin_delivered && p->end[1].fin_delivered))
        release(p);
}

struct fake_pair *fake_pair_new(struct ev_loop *loop)
{
    struct fake_pair *p = calloc(1, sizeof *p);
    assert(p);
    p->loop = loop;
    ev_timer_init(&p->work, on_work, 0., 0.);
    p->work.data = p;
    p->is_announced = true;
    for (int i = 0; i < 2; i++) {
        p->end[i].s.ops = &ops;
        p->end[i].pair = p;
    }
    return p;
}

void fake_pair_abort_now(struct fake_pair *p, int err)
{
    p->abort_err = err;
    release(p);
}
