/* probe.c - see probe.h.  The connection is closed in the turn in which it is ready, so that the
 * peer hears of both at once and has no time to send anything by it. */
#include "host/probe.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"

struct host_probe {
    struct ev_loop *loop;
    struct muxed *m;
    ev_timer deadline;
    uint64_t start_ns;
    host_probed_fn *done;
    void *arg;
};

static void finish(struct host_probe *p, int err)
{
    ev_timer_stop(p->loop, &p->deadline);
    p->done(p->arg, err, (clock_mono_ns() - p->start_ns) / 1000);
    free(p);
}

static void on_ready(struct muxed *m)
{
    struct host_probe *p = m->owner;
    muxed_drop(m, GW_ECANCELED);
    finish(p, 0);
}

static void on_close(struct muxed *m, int err)
{
    finish(m->owner, err ? err : GW_ECLOSED);
}

static const struct muxed_events events = {
    .on_ready = on_ready,
    .on_stream = muxed_drop_stream,
    .on_moved = muxed_ignore,
    .on_close = on_close,
};

static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct host_probe *p = w->data;
    (void)loop;
    (void)revents;
    muxed_drop(p->m, GW_ECANCELED);
    finish(p, GW_ETIMEOUT);
}

int probe_start(struct ev_loop *loop, const struct dials *ds, const struct host_probe_req *req,
                host_probed_fn *done, void *arg, struct host_probe **out)
{
    struct multiaddr addr = req->addr;
    struct host_probe *p = calloc(1, sizeof *p);
    int err = GW_ENOMEM;

    multiaddr_strip_peer(&addr);
    if (p)
        err = dials_try(ds, &addr, &req->peer, &p->m);
    if (err) {
        free(p);
        return err;
    }
    p->m->ev = &events;
    p->m->owner = p;
    p->loop = loop;
    p->start_ns = clock_mono_ns();
    p->done = done;
    p->arg = arg;
    ev_timer_init(&p->deadline, on_deadline, (double)req->timeout_ms / 1e3, 0.);
    p->deadline.data = p;
    ev_timer_start(loop, &p->deadline);
    *out = p;
    return 0;
}

void host_probe_cancel(struct host_probe *p)
{
    if (!p)
        return;
    ev_timer_stop(p->loop, &p->deadline);
    muxed_drop(p->m, GW_ECANCELED);
    free(p);
}
