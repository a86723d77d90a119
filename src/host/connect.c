/* connect.c - see connect.h. */
#include "host/connect.h"

#include <stdlib.h>

#include "base/container_of.h"

struct host_connect {
    struct turn *turn;
    struct conns *conns;
    struct dials *dials;
    struct turn_task task; /* looks for a connection, or starts the dial */
    struct dial_wait wait;
    host_connected_fn *done;
    void *arg;
    struct host_connect_req req;
    struct multiaddr addrs[];
};

static void finish(struct host_connect *k, int err, struct conn *c)
{
    k->done(k->arg, err, c);
    free(k);
}

static void on_dialled(struct dial_wait *w, int err, struct conn *c)
{
    finish(container_of(w, struct host_connect, wait), err, c);
}

static void on_turn(struct turn_task *task)
{
    struct host_connect *k = container_of(task, struct host_connect, task);
    struct conn *c = conns_find(k->conns, &k->req.peer, k->req.path);
    const struct dial_req req = { .peer = k->req.peer,
                                  .addrs = k->addrs,
                                  .naddrs = k->req.naddrs,
                                  .path = k->req.path,
                                  .is_at_once = k->req.is_at_once };
    int err = c ? 0 : dials_join(k->dials, &req, &k->wait);

    if (c || err)
        finish(k, err, c);
}

struct host_connect *connect_start(struct turn *turn, struct conns *conns, struct dials *dials,
                                   const struct host_connect_req *req, host_connected_fn *done,
                                   void *arg)
{
    struct host_connect *k = calloc(1, sizeof *k + req->naddrs * sizeof *k->addrs);
    if (!k)
        return NULL;
    k->turn = turn;
    k->conns = conns;
    k->dials = dials;
    k->task.run = on_turn;
    k->wait.done = on_dialled;
    k->done = done;
    k->arg = arg;
    k->req = *req;
    if (req->naddrs)
        memcpy(k->addrs, req->addrs, req->naddrs * sizeof *k->addrs);
    turn_add(turn, &k->task);
    return k;
}

void host_connect_cancel(struct host_connect *k)
{
    if (!k)
        return;
    turn_del(k->turn, &k->task);
    dials_leave(&k->wait);
    free(k);
}
