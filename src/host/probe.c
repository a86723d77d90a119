/* probe.c - see probe.h.  The connection is closed in the turn in which it is ready, so that the
 * peer hears of both at once and has no time to send anything by it. */
#include "host/probe.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/timer.h"

struct host_probe {
    struct muxed *m;
    struct timer deadline;
    uint64_t start_ns;
    host_probed_fn *done;
    void *arg;
};

static void finish(struct host_probe *p, int err)
{
    timer_stop(&p->deadline);
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

static void on_deadline(void *arg)
{
    struct host_probe *p = arg;
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
    p->start_ns = clock_mono_ns();
    p->done = done;
    p->arg = arg;
    timer_init(&p->deadline, loop, on_deadline, p);
    timer_start(&p->deadline, req->timeout_ms);
    *out = p;
    return 0;
}

void host_probe_cancel(struct host_probe *p)
{
    if (!p)
        return;
    timer_stop(&p->deadline);
    muxed_drop(p->m, GW_ECANCELED);
    free(p);
}
