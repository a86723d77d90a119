/* dns_in.c - see dns_in.h. */
#include "gate/dns_in.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/err.h"
#include "base/log.h"
#include "gate/dns_lookup.h"
#include "gate/dns_tcp.h"
#include "net/ifaces.h"
#include "net/udp_port.h"

#define PORT_TRIES 16 /* a port that is free for TCP may not be so for UDP */

struct question {
    struct question *prev, *next;
    struct dns_in *in;
    struct udp_port_path path;
    struct dns_lookup *lookup;
};

struct dns_in {
    struct dns_lookup_env env;
    struct udp_port *udp;
    struct dns_tcp *tcp;
    struct question *questions; /* by UDP, without an answer yet */
    size_t npending;
};

static void release(struct question *q)
{
    DL_DELETE(q->in->questions, q);
    q->in->npending--;
    free(q);
}

static void on_answer(void *arg, struct bytes answer)
{
    struct question *q = arg;

    if (answer.n)
        udp_port_send(q->in->udp, &q->path, (struct bytes){ 0 }, answer);
    release(q);
}

static void on_datagram(void *arg, const struct udp_port_path *path, struct bytes v)
{
    struct dns_in *d = arg;
    struct question *q = d->npending < DNS_IN_PENDING_MAX ? malloc(sizeof *q) : NULL;

    if (!q)
        return;
    *q = (struct question){ .in = d, .path = *path };
    DL_APPEND(d->questions, q);
    d->npending++;
    struct dns_lookup *l = dns_lookup_start(&d->env, v, false, on_answer, q);
    if (l) /* else q has its answer, and is gone */
        q->lookup = l;
}

static int open_both(struct dns_in *d, const struct dns_in_parts *p, const struct sockaddr_any *at)
{
    int err = dns_tcp_open(p->loop, p->turn, &d->env, at, &d->tcp);

    if (!err)
        err = udp_port_open(p->loop, dns_tcp_addr(d->tcp), on_datagram, d, &d->udp);
    if (err) {
        dns_tcp_close(d->tcp);
        d->tcp = NULL;
    }
    return err;
}

int dns_in_open(const struct dns_in_parts *p, const struct sockaddr_any *at, struct dns_in **out)
{
    struct dns_in *d = calloc(1, sizeof *d);
    int err = GW_ENOMEM;

    if (!d)
        return err;
    d->env = (struct dns_lookup_env){ .resolver = p->resolver,
                                      .loopback = p->loopback,
                                      .virtual = p->virtual,
                                      .forward = dns_forward_new(p->loop, p->turn) };
    for (int i = 0; d->env.forward && i < PORT_TRIES; i++) {
        err = open_both(d, p, at);
        if (err != GW_EINUSE || sockaddr_port(at))
            break;
    }
    if (err)
        dns_in_close(d);
    else
        *out = d;
    return err;
}

void dns_in_close(struct dns_in *d)
{
    struct question *q, *tmp;

    if (!d)
        return;
    DL_FOREACH_SAFE (d->questions, q, tmp) {
        dns_lookup_cancel(q->lookup);
        release(q);
    }
    dns_tcp_close(d->tcp);
    udp_port_close(d->udp);
    dns_forward_free(d->env.forward);
    free(d);
}

const struct sockaddr_any *dns_in_addr(const struct dns_in *d)
{
    return udp_port_addr(d->udp);
}

static bool is_of_this_machine(const struct ipaddr *ip)
{
    struct ipaddr own[IFACES_MAX];
    size_t n = ifaces_addrs(ip->family, own, IFACES_MAX);

    for (size_t i = 0; i < n; i++)
        if (ipaddr_eq(&own[i], ip))
            return true;
    return ipaddr_is_loopback(ip);
}

static bool is_self(const struct dns_in *d, const struct sockaddr_any *server)
{
    struct ipaddr ours, theirs;
    uint16_t our_port, their_port;

    if (sockaddr_to_ip(dns_in_addr(d), &ours, &our_port) != 0 ||
        sockaddr_to_ip(server, &theirs, &their_port) != 0 || our_port != their_port)
        return false;
    return ipaddr_eq(&ours, &theirs) || (ipaddr_is_wildcard(&ours) && is_of_this_machine(&theirs));
}

void dns_in_set_forwards(struct dns_in *d, const struct sockaddr_any *servers, size_t n)
{
    struct sockaddr_any others[DNS_FORWARDS_MAX];
    char text[SOCKADDR_STR_MAX];
    size_t nothers = 0;

    assert(n <= DNS_FORWARDS_MAX);
    for (size_t i = 0; i < n; i++) {
        if (is_self(d, &servers[i]))
            log_warn("dns forward=%s is left out: it is this server",
                     sockaddr_print(&servers[i], text));
        else
            others[nothers++] = servers[i];
    }
    dns_forward_set_servers(d->env.forward, others, nothers);
}
