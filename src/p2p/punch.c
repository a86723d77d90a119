/* punch.c - see punch.h. */
#include "p2p/punch.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/draw.h"
#include "base/err.h"
#include "net/timer.h"

struct punch {
    struct host *host;
    struct peerid peer;
    struct punch_core core;
    struct host_connect *connect;
    struct timer timer;
    punch_done_fn *done;
    void *arg;
    int err; /* of our dial */
    size_t n;
    struct multiaddr addrs[PUNCH_ADDRS_MAX];
};

static void finish(struct punch *p, int err, struct conn *c)
{
    timer_stop(&p->timer);
    p->done(p->arg, err, c);
    free(p);
}

static void on_connected(void *arg, int err, struct conn *c)
{
    struct punch *p = arg;

    p->connect = NULL;
    p->err = err;
    if (!err)
        finish(p, 0, c);
}

static void open_nat(const struct punch *p, bool for_tcp)
{
    for (size_t i = 0; i < p->n; i++)
        if (multiaddr_is_tcp(&p->addrs[i]) == for_tcp)
            host_punch(p->host, &p->addrs[i]);
}

static bool dial(struct punch *p)
{
    const struct host_connect_req req = { .peer = p->peer,
                                          .addrs = p->addrs,
                                          .naddrs = p->n,
                                          .path = HOST_PATH_DIRECT,
                                          .is_at_once = true };

    p->connect = host_connect(p->host, &req, on_connected, p);
    return p->connect != NULL;
}

static void wait(struct punch *p)
{
    timer_start_at(&p->timer, punch_core_due(&p->core));
}

/* 0, or why there is no more to be done. */
static int act(struct punch *p, unsigned todo)
{
    if (todo & PUNCH_SERVE)
        open_nat(p, true);
    if (todo & PUNCH_DIAL && !dial(p))
        return GW_ENOMEM;
    if (todo & PUNCH_DATAGRAM)
        open_nat(p, false);
    if (todo & PUNCH_END)
        return p->err;
    wait(p);
    return 0;
}

static void on_timer(void *arg)
{
    struct punch *p = arg;

    int err = act(p, punch_core_tick(&p->core, draw_bits(), clock_mono_ms()));
    if (err) {
        host_connect_cancel(p->connect);
        finish(p, err, NULL);
    }
}

struct punch *punch_start(struct host *h, const struct peerid *peer, const struct multiaddr *addrs,
                          size_t n, bool serves, punch_done_fn *done, void *arg)
{
    struct punch *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->host = h;
    p->peer = *peer;
    p->done = done;
    p->arg = arg;
    p->err = GW_ETIMEOUT;
    p->n = n < PUNCH_ADDRS_MAX ? n : PUNCH_ADDRS_MAX;
    memcpy(p->addrs, addrs, p->n * sizeof *addrs);
    timer_init(&p->timer, host_loop(p->host), on_timer, p);
    if (act(p, punch_core_start(&p->core, serves, draw_bits(), clock_mono_ms())) == 0)
        return p;
    free(p);
    return NULL;
}

void punch_cancel(struct punch *p)
{
    if (!p)
        return;
    timer_stop(&p->timer);
    host_connect_cancel(p->connect);
    free(p);
}
