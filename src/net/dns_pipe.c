/* dns_pipe.c - see dns_pipe.h. */
#include "net/dns_pipe.h"

#include <stdlib.h>

#include "base/err.h"
#include "net/udp_pipe.h"

struct dns_pipe {
    struct ev_loop *loop;
    struct dns_query *query;
    uint16_t port;
    dns_may_fn *may;
    dns_pipe_done_fn *done;
    void *arg;
};

static void on_addresses(void *arg, int err, const struct ipaddr *ips, size_t n)
{
    struct dns_pipe p = *(struct dns_pipe *)arg;
    struct dgrams *d = NULL;
    struct sockaddr_any to;

    free(arg);
    if (!err)
        err = GW_EDENIED;
    for (size_t i = 0; i < n && !d; i++) {
        if (!p.may(p.arg, &ips[i]))
            continue;
        sockaddr_from_ip(&ips[i], p.port, &to);
        err = udp_pipe_open(p.loop, &to, &d);
    }
    p.done(p.arg, err, d);
}

struct dns_pipe *dns_pipe_open(struct dns *dns, const char *host, uint16_t port,
                               uint64_t timeout_ms, dns_may_fn *may, dns_pipe_done_fn *done,
                               void *arg)
{
    struct dns_pipe *p = malloc(sizeof *p);
    if (!p)
        return NULL;
    *p = (struct dns_pipe){
        .loop = dns_loop(dns), .port = port, .may = may, .done = done, .arg = arg
    };
    p->query = dns_lookup(dns, host, timeout_ms, on_addresses, p);
    if (p->query)
        return p;
    free(p);
    return NULL;
}

void dns_pipe_cancel(struct dns_pipe *p)
{
    if (!p)
        return;
    dns_cancel(p->query);
    free(p);
}
