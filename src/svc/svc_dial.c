/* svc_dial.c - see svc_dial.h.
 *
 *              connections    datagrams
 *   target     dialtcp        udp_pipe
 *   exit       dns_dial       dns_pipe */
#include "svc/svc_dial.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/container_of.h"
#include "base/err.h"
#include "net/dialtcp.h"
#include "net/dns_pipe.h"
#include "net/fdstream.h"
#include "net/udp_pipe.h"

#define HOST_MAX 253 /* RFC 1035 s.2.3.4, in text */

struct svc_dial {
    struct ev_loop *loop;
    struct turn *turn;
    struct dialtcp *tcp; /* one of these four */
    struct dns_dial *dial;
    struct dns_pipe *dns_pipe;
    struct dgrams *pipe; /* ready; told at the end of the turn */
    struct turn_task ready;
    svc_dial_done_fn *done;
    void *arg;
};

static void finish(struct svc_dial *d, int err, struct stream *s, struct dgrams *pipe)
{
    svc_dial_done_fn *done = d->done;
    void *arg = d->arg;
    free(d);
    done(arg, err, s, pipe);
}

static void on_connected(void *arg, int err, int fd)
{
    struct svc_dial *d = arg;
    struct stream *s = err ? NULL : fdstream_new(d->loop, d->turn, fd, fd);
    if (!err && !s) {
        close(fd);
        err = GW_ENOMEM;
    }
    finish(d, err, s, NULL);
}

static void on_ready(struct turn_task *t)
{
    struct svc_dial *d = container_of(t, struct svc_dial, ready);
    finish(d, 0, NULL, d->pipe);
}

static int dial_target(struct svc_dial *d, const struct svc_dial_req *req)
{
    int err = 0;
    if (!req->is_udp) {
        d->tcp = dialtcp_start(d->loop, &req->service->target, req->timeout_ms, on_connected, d,
                               &err);
        return err;
    }
    err = udp_pipe_open(d->loop, &req->service->udp_target, &d->pipe);
    if (!err)
        turn_add(d->turn, &d->ready);
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

static void on_pipe(void *arg, int err, struct dgrams *pipe)
{
    finish(arg, err, NULL, pipe);
}

static int dial_destination(struct svc_dial *d, const struct svc_dial_req *req)
{
    char host[HOST_MAX + 1];
    uint16_t port;
    int err = parse_destination(req->destination, host, &port);
    if (err)
        return err;
    if (req->is_udp)
        d->dns_pipe = dns_pipe_open(req->dns, host, port, req->timeout_ms, is_outside, on_pipe, d);
    else
        d->dial = dns_dial(req->dns, host, port, req->timeout_ms, is_outside, on_connected, d);
    return d->dns_pipe || d->dial ? 0 : GW_ENOMEM;
}

struct svc_dial *svc_dial_start(struct ev_loop *loop, struct turn *turn,
                                const struct svc_dial_req *req, svc_dial_done_fn *done, void *arg,
                                int *err)
{
    struct svc_dial *d = calloc(1, sizeof *d);
    if (!d) {
        *err = GW_ENOMEM;
        return NULL;
    }
    *d = (struct svc_dial){ .loop = loop, .turn = turn, .done = done, .arg = arg };
    d->ready.run = on_ready;
    *err = req->service->is_exit ? dial_destination(d, req) : dial_target(d, req);
    if (*err) {
        free(d);
        return NULL;
    }
    return d;
}

void svc_dial_cancel(struct svc_dial *d)
{
    if (!d)
        return;
    dialtcp_cancel(d->tcp);
    dns_dial_cancel(d->dial);
    dns_pipe_cancel(d->dns_pipe);
    turn_del(d->turn, &d->ready);
    if (d->pipe)
        d->pipe->ops->close(d->pipe, GW_ECANCELED);
    free(d);
}
