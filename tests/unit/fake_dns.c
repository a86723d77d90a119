#include "fake_dns.h"

#include <arpa/inet.h>
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"

struct dns_query {
    struct dns *dns;
    ev_timer soon;
    dns_done_fn *done;
    void *arg;
};

struct dns_dial {
    struct dns *dns;
    ev_timer soon;
    uint16_t port;
    dns_may_fn *may;
    dns_dialled_fn *done;
    void *arg;
};

static size_t answer(const struct dns *d, struct ipaddr *ips)
{
    size_t n = 0;
    for (; !d->err && n < sizeof d->ips / sizeof *d->ips && d->ips[n]; n++) {
        ips[n] = (struct ipaddr){ .family = 4 };
        assert(inet_pton(AF_INET, d->ips[n], ips[n].b) == 1);
    }
    return n;
}

static void ask(struct dns *d, const char *host)
{
    snprintf(d->host, sizeof d->host, "%s", host);
    d->asked++;
}

bool dns_is_outside(const struct ipaddr *ip)
{
    return ip->family == 4 && ip->b[0] == 127 && ip->b[1] == 1;
}

static void on_looked_up(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct dns_query *q = w->data;
    struct ipaddr ips[4];
    (void)loop;
    (void)revents;
    q->dns->is_answered = true;
    q->done(q->arg, q->dns->err, ips, answer(q->dns, ips));
    free(q);
}

struct ev_loop *dns_loop(const struct dns *d)
{
    return d->loop;
}

struct dns_query *dns_lookup(struct dns *d, const char *host, uint64_t timeout_ms,
                             dns_done_fn *done, void *arg)
{
    struct dns_query *q = calloc(1, sizeof *q);
    (void)timeout_ms;
    assert(q);
    ask(d, host);
    *q = (struct dns_query){ .dns = d, .done = done, .arg = arg };
    ev_timer_init(&q->soon, on_looked_up, 0.02, 0.);
    q->soon.data = q;
    ev_timer_start(d->loop, &q->soon);
    return q;
}

void dns_cancel(struct dns_query *q)
{
    if (!q)
        return;
    q->dns->is_cancelled = true;
    ev_timer_stop(q->dns->loop, &q->soon);
    free(q);
}

/* Connects while the test waits: the loopback is quick. */
static int connect_first(const struct dns_dial *d, int *fd)
{
    struct ipaddr ips[4];
    size_t n = answer(d->dns, ips);
    if (d->dns->err)
        return d->dns->err;
    for (size_t i = 0; i < n; i++) {
        struct sockaddr_any to;
        if (d->may && !d->may(d->arg, &ips[i]))
            continue;
        sockaddr_from_ip(&ips[i], d->port, &to);
        *fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(*fd, &to.sa, to.len) == 0) {
            fcntl(*fd, F_SETFL, O_NONBLOCK);
            return 0;
        }
        close(*fd);
        *fd = -1;
        return GW_EREFUSED;
    }
    return GW_EDENIED;
}

static void on_dial(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct dns_dial *d = w->data;
    int fd = -1, err = connect_first(d, &fd);
    (void)loop;
    (void)revents;
    d->dns->is_answered = true;
    d->done(d->arg, err, fd);
    free(d);
}

struct dns_dial *dns_dial(struct dns *dns, const char *host, uint16_t port, uint64_t timeout_ms,
                          dns_may_fn *may, dns_dialled_fn *done, void *arg)
{
    struct dns_dial *d = calloc(1, sizeof *d);
    (void)timeout_ms;
    assert(d);
    ask(dns, host);
    *d = (struct dns_dial){ .dns = dns, .port = port, .may = may, .done = done, .arg = arg };
    ev_timer_init(&d->soon, on_dial, 0.02, 0.);
    d->soon.data = d;
    ev_timer_start(dns->loop, &d->soon);
    return d;
}

void dns_dial_cancel(struct dns_dial *d)
{
    if (!d)
        return;
    d->dns->is_cancelled = true;
    ev_timer_stop(d->dns->loop, &d->soon);
    free(d);
}
