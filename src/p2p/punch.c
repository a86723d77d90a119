/* punch.c - see punch.h. */
#include "p2p/punch.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/err.h"

#define PAUSE_MIN_MS 10
#define PAUSE_MAX_MS 200

struct punch {
    struct host *host;
    struct peerid peer;
    struct host_connect *connect;
    ev_timer datagrams, wait, deadline;
    punch_done_fn *done;
    void *arg;
    int err; /* of our dial */
    size_t n;
    struct multiaddr addrs[PUNCH_ADDRS_MAX];
};

static void stop(struct punch *p)
{
    ev_timer_stop(host_loop(p->host), &p->datagrams);
    ev_timer_stop(host_loop(p->host), &p->wait);
    ev_timer_stop(host_loop(p->host), &p->deadline);
}

static void finish(struct punch *p, int err, struct conn *c)
{
    stop(p);
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

static double next_pause(void)
{
    uint16_t r = 0;
    if (getrandom(&r, sizeof r, 0) != (ssize_t)sizeof r)
        r = 0;
    return (PAUSE_MIN_MS + r % (PAUSE_MAX_MS - PAUSE_MIN_MS + 1)) / 1e3;
}

static bool is_tcp(const struct multiaddr *a)
{
    struct ipaddr ip;
    uint16_t port;
    return multiaddr_as_tcp(a, &ip, &port);
}

static void send_datagrams(const struct punch *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (!is_tcp(&p->addrs[i]))
            host_punch(p->host, &p->addrs[i]);
}

/* Before we dial, which then goes from other ports. */
static void serve_tcp(const struct punch *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (is_tcp(&p->addrs[i]))
            host_punch(p->host, &p->addrs[i]);
}

static void on_datagrams(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct punch *p = w->data;
    (void)revents;

    send_datagrams(p);
    w->repeat = next_pause();
    ev_timer_again(loop, w);
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

static void on_waited(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct punch *p = w->data;
    (void)loop;
    (void)revents;

    if (!dial(p))
        finish(p, GW_ENOMEM, NULL);
}

/* Not before: when our dial has failed, the other end's may come through yet. */
static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct punch *p = w->data;
    (void)loop;
    (void)revents;

    host_connect_cancel(p->connect);
    finish(p, p->err, NULL);
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
    ev_timer_init(&p->datagrams, on_datagrams, next_pause(), next_pause());
    ev_timer_init(&p->wait, on_waited, PUNCH_WAIT_MS / 1e3, 0.);
    ev_timer_init(&p->deadline, on_deadline, PUNCH_MS / 1e3, 0.);
    p->datagrams.data = p->wait.data = p->deadline.data = p;
    if (serves) {
        serve_tcp(p);
        ev_timer_start(host_loop(h), &p->wait);
    } else if (!dial(p)) {
        free(p);
        return NULL;
    }
    send_datagrams(p);
    ev_timer_start(host_loop(h), &p->datagrams);
    ev_timer_start(host_loop(h), &p->deadline);
    return p;
}

void punch_cancel(struct punch *p)
{
    if (!p)
        return;
    stop(p);
    host_connect_cancel(p->connect);
    free(p);
}
