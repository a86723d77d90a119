/* tcp.c - see tcp.h. */
#include "transport/tcp.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

#include "base/err.h"
#include "net/dialtcp.h"
#include "net/fdstream.h"
#include "net/listen.h"
#include "net/sockopt.h"

/* Octets that wait in the kernel: more would only stand before what is more urgent. */
#define UNSENT_MAX (128 * 1024)

static const char transport_name[] = "tcp";

struct attempt { /* a dial, until the connection is ready */
    struct attempt *prev, *next;
    struct tcp *tcp;
    struct muxed *m;
    struct sockaddr_any to;
    struct peerid expect;
    enum upgrade_security security;
    struct dialtcp *dial;
    struct upgrade *upgrade;
};

struct punch { /* a connect under way that serves when it comes through */
    struct punch *prev, *next;
    struct tcp *tcp;
    struct dialtcp *dial;
};

struct tcp {
    struct upgrade_env *env;
    struct listen *listens[TCP_LISTENS_MAX];
    size_t nlistens;
    struct attempt *attempts;
    struct punch *punches;
};

static void addr_of(const struct sockaddr_any *a, struct multiaddr *out)
{
    struct ipaddr ip;
    uint16_t port;

    *out = (struct multiaddr){ 0 };
    if (sockaddr_to_ip(a, &ip, &port) == 0)
        multiaddr_make_tcp(&ip, port, out);
}

static void remote_addr(int fd, struct multiaddr *out)
{
    struct sockaddr_any a = { .len = sizeof a.un };

    *out = (struct multiaddr){ 0 };
    if (getpeername(fd, &a.sa, &a.len) == 0)
        addr_of(&a, out);
}

static void local_addr(int fd, struct multiaddr *out)
{
    struct sockaddr_any a = { .len = sizeof a.un };

    *out = (struct multiaddr){ 0 };
    if (getsockname(fd, &a.sa, &a.len) == 0)
        addr_of(&a, out);
}

static struct stream *make_stream(struct tcp *t, int fd)
{
    struct stream *s;

    sockopt_set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_MAX);
    s = fdstream_new(t->env->loop, t->env->turn, fd, fd);
    if (!s)
        close(fd);
    return s;
}

struct tcp *tcp_new(struct upgrade_env *env)
{
    struct tcp *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->env = env;
    env->mux.partings = &env->partings;
    return t;
}

/* ---- listening ---- */

static void serve(struct tcp *t, int fd)
{
    struct multiaddr local, remote;

    local_addr(fd, &local);
    remote_addr(fd, &remote);
    struct stream *s = make_stream(t, fd);
    if (s)
        upgrade_accept(t->env, s, transport_name, &local, &remote);
}

static void on_accept(void *arg, int fd, const struct sockaddr_any *from)
{
    (void)from;
    serve(arg, fd);
}

/* Where to dial from: the address of our listener of that family, or NULL. */
static const struct sockaddr_any *port_for(const struct tcp *t, const struct sockaddr_any *to)
{
    for (size_t i = 0; i < t->nlistens; i++)
        if (listen_addr(t->listens[i])->sa.sa_family == to->sa.sa_family)
            return listen_addr(t->listens[i]);
    return NULL;
}

int tcp_listen(struct tcp *t, const struct multiaddr *at, struct multiaddr *bound)
{
    struct sockaddr_any a;
    struct ipaddr ip;
    uint16_t port;

    if (!multiaddr_as_tcp(at, &ip, &port))
        return GW_EUNSUP;
    if (t->nlistens == TCP_LISTENS_MAX)
        return GW_ELIMIT;
    sockaddr_from_ip(&ip, port, &a);
    int err = listen_open(t->env->loop, &a, on_accept, t, &t->listens[t->nlistens]);
    if (err)
        return err;
    if (bound)
        addr_of(listen_addr(t->listens[t->nlistens]), bound);
    listen_share_port(t->listens[t->nlistens]);
    t->nlistens++;
    return 0;
}

size_t tcp_listen_addrs(const struct tcp *t, struct multiaddr *out, size_t max)
{
    size_t n = t->nlistens < max ? t->nlistens : max;

    for (size_t i = 0; i < n; i++)
        addr_of(listen_addr(t->listens[i]), &out[i]);
    return n;
}

/* ---- dialling ---- */

static void release(struct attempt *a)
{
    dialtcp_cancel(a->dial);
    upgrade_cancel(a->upgrade, GW_ECANCELED);
    DL_DELETE(a->tcp->attempts, a);
    free(a);
}

static void fail(struct attempt *a, int err)
{
    struct muxed *m = a->m;
    release(a);
    yamux_fail(m, err);
}

static int connect_to(struct attempt *a);

static void on_upgraded(void *arg, int err)
{
    struct attempt *a = arg;

    a->upgrade = NULL;
    if (!err)
        return; /* on_settled follows */
    if (upgrade_again(a->tcp->env, &a->security, err))
        err = connect_to(a);
    if (err)
        fail(a, err);
}

static void on_connected(void *arg, int err, int fd)
{
    struct attempt *a = arg;

    a->dial = NULL;
    if (err) {
        fail(a, err);
        return;
    }
    struct multiaddr local;
    local_addr(fd, &local);
    struct stream *s = make_stream(a->tcp, fd);
    if (!s) {
        fail(a, GW_ENOMEM);
        return;
    }
    yamux_set_local(a->m, &local);
    err = upgrade_start(a->tcp->env, a->m, s, &a->expect, a->security, on_upgraded, a, &a->upgrade);
    if (err)
        fail(a, err);
}

static int connect_to(struct attempt *a)
{
    int err = 0;
    a->dial = dialtcp_start_from(a->tcp->env->loop, port_for(a->tcp, &a->to), &a->to,
                                 a->tcp->env->timeout_ms, on_connected, a, &err);
    return a->dial ? 0 : err;
}

/* Its owner has closed the connection, or it is ready: there is nothing more to attempt. */
static void on_settled(void *arg)
{
    release(arg);
}

int tcp_dial(struct tcp *t, const struct multiaddr *to, const struct peerid *expect,
             struct muxed **out)
{
    static const struct multiaddr unknown;
    struct ipaddr ip;
    uint16_t port;

    if (!multiaddr_as_tcp(to, &ip, &port))
        return GW_EUNSUP;
    struct attempt *a = calloc(1, sizeof *a);
    if (!a)
        return GW_ENOMEM;
    a->m = yamux_new(t->env->loop, t->env->turn, &t->env->mux, false, transport_name, &unknown, to);
    if (!a->m) {
        free(a);
        return GW_ENOMEM;
    }
    a->tcp = t;
    a->expect = *expect;
    a->security = t->env->first;
    sockaddr_from_ip(&ip, port, &a->to);
    DL_APPEND(t->attempts, a);
    int err = connect_to(a);
    if (err) {
        struct muxed *m = a->m;
        release(a);
        yamux_free(m);
        return err;
    }
    yamux_on_settled(a->m, on_settled, a);
    *out = a->m;
    return 0;
}

/* ---- hole punching ---- */

static void drop_punch(struct punch *p)
{
    dialtcp_cancel(p->dial);
    DL_DELETE(p->tcp->punches, p);
    free(p);
}

static void on_punched(void *arg, int err, int fd)
{
    struct punch *p = arg;
    struct tcp *t = p->tcp;

    p->dial = NULL;
    drop_punch(p);
    if (!err)
        serve(t, fd);
}

int tcp_punch(struct tcp *t, const struct multiaddr *to)
{
    struct sockaddr_any at;
    struct ipaddr ip;
    uint16_t port;
    int err = 0;

    if (!multiaddr_as_tcp(to, &ip, &port))
        return GW_EUNSUP;
    sockaddr_from_ip(&ip, port, &at);
    const struct sockaddr_any *from = port_for(t, &at);
    if (!from)
        return GW_EUNSUP;
    struct punch *p = calloc(1, sizeof *p);
    if (!p)
        return GW_ENOMEM;
    p->tcp = t;
    DL_APPEND(t->punches, p);
    p->dial = dialtcp_start_from(t->env->loop, from, &at, t->env->timeout_ms, on_punched, p, &err);
    if (!p->dial)
        drop_punch(p);
    return err;
}

void tcp_stop(struct tcp *t)
{
    for (size_t i = 0; i < t->nlistens; i++)
        listen_close(t->listens[i]);
    t->nlistens = 0;
    while (t->punches)
        drop_punch(t->punches);
    while (t->attempts)
        fail(t->attempts, GW_ECANCELED);
    upgrade_cancel_all(t->env);
}

void tcp_free(struct tcp *t)
{
    if (!t)
        return;
    tcp_stop(t);
    free(t);
}
