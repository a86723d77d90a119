/* svc_reach.c - see svc_reach.h.
 *
 *              connections    datagrams
 *   target     dialtcp        udp_pipe
 *   exit       dns_dial       dns_pipe */
#include "svc/svc_reach.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/container_of.h"
#include "base/err.h"
#include "net/dialtcp.h"
#include "net/dns_pipe.h"
#include "net/fdstream.h"
#include "net/udp_pipe.h"

#define HOST_MAX 253 /* RFC 1035 s.2.3.4, in text */

struct svc_reach {
    struct ev_loop *loop;
    struct turn *turn;
    struct dialtcp *tcp; /* one of these four */
    struct dns_dial *dial;
    struct dns_pipe *dns_pipe;
    struct dgrams *pipe; /* ready; told at the end of the turn */
    struct turn_task ready;
    svc_reach_done_fn *done;
    void *arg;
};

static void finish(struct svc_reach *r, int err, struct stream *s, struct dgrams *d)
{
    svc_reach_done_fn *done = r->done;
    void *arg = r->arg;
    free(r);
    done(arg, err, s, d);
}

static void on_connected(void *arg, int err, int fd)
{
    struct svc_reach *r = arg;
    struct stream *s = err ? NULL : fdstream_new(r->loop, r->turn, fd, fd);
    if (!err && !s) {
        close(fd);
        err = GW_ENOMEM;
    }
    finish(r, err, s, NULL);
}

static void on_ready(struct turn_task *t)
{
    struct svc_reach *r = container_of(t, struct svc_reach, ready);
    finish(r, 0, NULL, r->pipe);
}

static int reach_target(struct svc_reach *r, const struct svc_reach_req *req)
{
    int err = 0;
    if (!req->is_udp) {
        r->tcp = dialtcp_start(r->loop, &req->service->target, req->timeout_ms, on_connected, r,
                               &err);
        return err;
    }
    err = udp_pipe_open(r->loop, &req->service->udp_target, &r->pipe);
    if (!err)
        turn_add(r->turn, &r->ready);
    return err;
}

/* Splits HOST:PORT; an address of IPv6 stands in brackets. */
static int parse_destination(struct bytes v, char host[HOST_MAX + 1], uint16_t *port)
{
    const uint8_t *colon = v.n ? memrchr(v.p, ':', v.n) : NULL;
    if (!colon ||
        service_parse_port((struct bytes){ colon + 1, (size_t)(v.p + v.n - colon) - 1 }, port) != 0)
        return GW_EINVAL;
    v.n = (size_t)(colon - v.p);
    if (v.n >= 2 && v.p[0] == '[' && v.p[v.n - 1] == ']') {
        v.p++;
        v.n -= 2;
    } else if (v.n && memchr(v.p, ':', v.n)) {
        return GW_EINVAL;
    }
    if (v.n == 0 || v.n > HOST_MAX || memchr(v.p, '\0', v.n))
        return GW_EINVAL;
    memcpy(host, v.p, v.n);
    host[v.n] = '\0';
    return 0;
}

static bool is_outside(void *arg, const struct ipaddr *ip)
{
    (void)arg;
    return dns_is_outside(ip);
}

static void on_pipe(void *arg, int err, struct dgrams *d)
{
    finish(arg, err, NULL, d);
}

static int reach_destination(struct svc_reach *r, const struct svc_reach_req *req)
{
    char host[HOST_MAX + 1];
    uint16_t port;
    int err = parse_destination(req->destination, host, &port);
    if (err)
        return err;
    if (req->is_udp)
        r->dns_pipe = dns_pipe_open(req->dns, host, port, req->timeout_ms, is_outside, on_pipe, r);
    else
        r->dial = dns_dial(req->dns, host, port, req->timeout_ms, is_outside, on_connected, r);
    return r->dns_pipe || r->dial ? 0 : GW_ENOMEM;
}

struct svc_reach *svc_reach_start(struct ev_loop *loop, struct turn *turn,
                                  const struct svc_reach_req *req, svc_reach_done_fn *done,
                                  void *arg, int *err)
{
    struct svc_reach *r = calloc(1, sizeof *r);
    if (!r) {
        *err = GW_ENOMEM;
        return NULL;
    }
    *r = (struct svc_reach){ .loop = loop, .turn = turn, .done = done, .arg = arg };
    r->ready.run = on_ready;
    *err = req->service->is_exit ? reach_destination(r, req) : reach_target(r, req);
    if (*err) {
        free(r);
        return NULL;
    }
    return r;
}

void svc_reach_cancel(struct svc_reach *r)
{
    if (!r)
        return;
    dialtcp_cancel(r->tcp);
    dns_dial_cancel(r->dial);
    dns_pipe_cancel(r->dns_pipe);
    turn_del(r->turn, &r->ready);
    if (r->pipe)
        r->pipe->ops->close(r->pipe, GW_ECANCELED);
    free(r);
}
