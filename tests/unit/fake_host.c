#include "fake_host.h"

#include <assert.h>
#include <stdlib.h>

#include "base/err.h"
#include "looprun.h"

#define HANDLERS_MAX 8

struct handler {
    char protocol[64];
    host_wants_fn *wants;
    host_handler_fn *fn;
    void *arg;
};

struct host {
    struct ev_loop *loop;
    struct turn *turn;
    struct handler handlers[HANDLERS_MAX];
    size_t n;
    struct host_open *open;
    size_t tried;
    uint64_t flows, last_seen_ms;
};

static struct fake_stream *of(const struct stream *s)
{
    return (struct fake_stream *)s;
}

static void end(struct fake_stream *f, int err)
{
    if (f->is_reset || f->is_closed)
        return;
    f->is_reset = err != 0;
    f->err = err;
    turn_add(f->turn, &f->task);
}

static void on_turn(struct turn_task *t)
{
    struct fake_stream *f = (struct fake_stream *)((char *)t - offsetof(struct fake_stream, task));
    f->is_closed = true;
    f->s.ev->on_close(&f->s, f->err);
}

static struct span op_reserve(struct stream *s, size_t want)
{
    struct fake_stream *f = of(s);
    size_t room = FAKE_OUT_MAX - f->nout;
    return (struct span){ f->out + f->nout, want < room ? want : room };
}

static void op_commit(struct stream *s, size_t n)
{
    of(s)->nout += n;
}

static ssize_t op_write(struct stream *s, struct bytes v)
{
    struct fake_stream *f = of(s);
    assert(!f->has_fin && v.n <= FAKE_OUT_MAX - f->nout);
    if (v.n)
        memcpy(f->out + f->nout, v.p, v.n);
    f->nout += v.n;
    return (ssize_t)v.n;
}

static void op_credit(struct stream *s, size_t n)
{
    of(s)->is_started = true;
    of(s)->credited += n;
    assert(of(s)->credited <= of(s)->delivered);
}

static void op_shutdown(struct stream *s)
{
    struct fake_stream *f = of(s);
    f->has_fin = true;
    if (f->has_eof)
        end(f, 0);
}

static void op_reset(struct stream *s, int err)
{
    end(of(s), err ? err : GW_ECANCELED);
}

static uint64_t op_acked(const struct stream *s)
{
    return of(s)->nout;
}

static const struct stream_ops fake_ops = {
    .reserve = op_reserve,
    .commit = op_commit,
    .write = op_write,
    .credit = op_credit,
    .shutdown = op_shutdown,
    .reset = op_reset,
    .acked = op_acked,
};

struct fake_stream *fake_stream_new(struct turn *turn)
{
    struct fake_stream *f = calloc(1, sizeof *f);
    assert(f);
    f->s.ops = &fake_ops;
    f->turn = turn;
    f->task.run = on_turn;
    return f;
}

void fake_stream_free(struct fake_stream *f)
{
    assert(f->is_closed || !f->s.ev);
    free(f);
}

void fake_stream_deliver(struct fake_stream *f, struct bytes v)
{
    if (f->is_reset || f->is_closed)
        return;
    f->delivered += v.n;
    f->s.ev->on_data(&f->s, v);
}

void fake_stream_eof(struct fake_stream *f)
{
    if (f->is_reset || f->is_closed)
        return;
    f->has_eof = true;
    f->s.ev->on_eof(&f->s);
    if (f->has_fin)
        end(f, 0);
}

void fake_stream_break(struct fake_stream *f, int err)
{
    end(f, err);
}

struct host *fake_host_new(struct ev_loop *loop, struct turn *turn)
{
    struct host *h = calloc(1, sizeof *h);
    assert(h);
    h->loop = loop;
    h->turn = turn;
    return h;
}

void fake_host_free(struct host *h)
{
    assert(!h->open);
    free(h);
}

static bool matches(const struct handler *k, const struct peerid *peer, struct bytes protocol)
{
    struct bytes own = bytes_of(k->protocol);
    bool is_prefix = own.n && own.p[own.n - 1] == '*';
    if (!is_prefix)
        return bytes_eq(own, protocol);
    return protocol.n >= own.n - 1 && memcmp(protocol.p, own.p, own.n - 1) == 0 &&
           (!k->wants || k->wants(k->arg, peer, protocol));
}

bool fake_host_accept(struct host *h, struct conn *c, struct fake_stream *f, const char *protocol,
                      struct bytes early)
{
    for (size_t i = 0; i < h->n; i++) {
        if (!matches(&h->handlers[i], &c->peer, bytes_of(protocol)))
            continue;
        f->delivered = early.n;
        h->handlers[i].fn(h->handlers[i].arg, c, &f->s, protocol, early);
        return true;
    }
    return false;
}

const struct host_open *fake_host_pending(const struct host *h)
{
    return h->open;
}

void fake_host_set_tried(struct host *h, size_t tried)
{
    h->tried = tried;
}

void fake_host_set_last_seen(struct host *h, uint64_t ms)
{
    h->last_seen_ms = ms;
}

void fake_host_opened(struct host *h, int err, struct conn *c, struct fake_stream *f,
                      const char *protocol, struct bytes early)
{
    struct host_open *o = h->open;
    h->open = NULL;
    if (f)
        f->delivered = early.n;
    o->done(o->arg, err, c, f ? &f->s : NULL, protocol, early);
    free(o);
}

bool fake_run_until(struct ev_loop *loop, const bool *flag)
{
    LOOPRUN_UNTIL_MS(loop, LOOPRUN_DEADLINE_MS, *flag);
    return *flag;
}

void fake_run_ms(struct ev_loop *loop, unsigned ms)
{
    looprun_ms(loop, ms);
}

struct ev_loop *host_loop(const struct host *h)
{
    return h->loop;
}

struct turn *host_turn(const struct host *h)
{
    return h->turn;
}

int host_handle(struct host *h, const char *protocol, host_wants_fn *wants, host_handler_fn *fn,
                void *arg)
{
    struct handler *k = &h->handlers[h->n++];
    assert(h->n <= HANDLERS_MAX && strlen(protocol) < sizeof k->protocol);
    *k = (struct handler){ .wants = wants, .fn = fn, .arg = arg };
    memcpy(k->protocol, protocol, strlen(protocol) + 1);
    return 0;
}

const struct peerid *conn_peer(const struct conn *c)
{
    return &c->peer;
}

static struct fake_flow *find_flow(struct conn *c, uint64_t id, bool is_opener)
{
    for (size_t i = 0; i < FAKE_FLOWS_MAX; i++)
        if (c->flows[i].fn && c->flows[i].id == id && c->flows[i].is_opener == is_opener)
            return &c->flows[i];
    return NULL;
}

uint64_t host_new_flow(struct host *h)
{
    return 1000 + h->flows++;
}

int conn_bind_flow(struct conn *c, uint64_t id, bool is_opener, conn_datagram_fn *fn, void *arg)
{
    if (id > UINT64_C(1) << 60)
        return GW_EINVAL;
    if (find_flow(c, id, is_opener))
        return GW_EEXISTS;
    for (size_t i = 0; i < FAKE_FLOWS_MAX; i++) {
        if (c->flows[i].fn)
            continue;
        c->flows[i] = (struct fake_flow){ id, is_opener, fn, arg };
        return 0;
    }
    return GW_ENOMEM;
}

void conn_unbind_flow(struct conn *c, uint64_t id, bool is_opener)
{
    struct fake_flow *f = find_flow(c, id, is_opener);
    if (f)
        f->fn = NULL;
}

int conn_send_datagram(struct conn *c, uint64_t id, bool is_opener, struct bytes v)
{
    if (c->datagram_max == 0 || v.n > c->datagram_max)
        return GW_EUNSUP;
    if (c->nsent < FAKE_DGRAMS_MAX) {
        struct fake_dgram *d = &c->sent[c->nsent];
        assert(v.n <= sizeof d->data);
        *d = (struct fake_dgram){ .flow = id, .is_opener = is_opener, .n = v.n };
        if (v.n)
            memcpy(d->data, v.p, v.n);
    }
    c->nsent++;
    return 0;
}

bool fake_conn_deliver(struct conn *c, uint64_t id, bool is_opener, struct bytes v)
{
    struct fake_flow *f = find_flow(c, id, is_opener);
    if (f)
        f->fn(f->arg, v);
    return f != NULL;
}

struct host *conn_host(const struct conn *c)
{
    return c->host;
}

void conn_info(const struct conn *c, struct muxed_info *out)
{
    *out = c->info;
}

uint64_t host_last_seen_ms(const struct host *h, const struct peerid *peer)
{
    (void)peer;
    return h->last_seen_ms;
}

struct host_open *host_open(struct host *h, const struct host_open_req *req, host_opened_fn *done,
                            void *arg)
{
    struct host_open *o = calloc(1, sizeof *o);
    assert(o && !h->open && req->nproposals <= HOST_PROPOSALS_MAX);
    o->h = h;
    o->done = done;
    o->arg = arg;
    o->path = req->path;
    o->n = req->nproposals;
    for (size_t i = 0; i < o->n; i++) {
        const struct host_proposal *p = &req->proposals[i];
        assert(strlen(p->protocol) < sizeof o->protocols[i] && p->first.n <= sizeof o->first[i]);
        memcpy(o->protocols[i], p->protocol, strlen(p->protocol) + 1);
        if (p->first.n)
            memcpy(o->first[i], p->first.p, p->first.n);
        o->nfirst[i] = p->first.n;
    }
    h->open = o;
    return o;
}

size_t host_open_tried(const struct host_open *o)
{
    return o->h->tried;
}

void host_open_cancel(struct host_open *o)
{
    if (!o)
        return;
    o->h->open = NULL;
    free(o);
}
