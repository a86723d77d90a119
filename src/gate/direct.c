/* direct.c - see direct.h. */
#include "gate/direct.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "net/fdstream.h"
#include "net/udp_pipe.h"

struct direct {
    const struct host *host;
    struct dns_dial *dial;   /* TCP */
    struct dns_query *query; /* UDP */
    uint16_t port;
    direct_done_fn *done;
    void *arg;
};

static void finish(struct direct *d, int err, struct stream *s, struct dgrams *pipe)
{
    direct_done_fn *done = d->done;
    void *arg = d->arg;
    const char *why = err == GW_ENONAME   ? "DNS does not know the name either"
                      : err == GW_EDENIED ? DIRECT_DENIED
                                          : gw_strerror(err);
    free(d);
    done(arg, err, s, pipe, why);
}

static void on_dialled(void *arg, int err, int fd)
{
    struct direct *d = arg;
    struct stream *s = NULL;

    if (!err) {
        s = fdstream_new(host_loop(d->host), host_turn(d->host), fd, fd);
        if (!s) {
            close(fd);
            err = GW_ENOMEM;
        }
    }
    finish(d, err, s, NULL);
}

static void on_addrs(void *arg, int err, const struct ipaddr *ips, size_t n)
{
    struct direct *d = arg;
    struct dgrams *pipe = NULL;
    struct sockaddr_any to;

    if (!err)
        err = GW_EDENIED;
    for (size_t i = 0; i < n && !pipe; i++) {
        if (!direct_may(&ips[i]))
            continue;
        sockaddr_from_ip(&ips[i], d->port, &to);
        err = udp_pipe_open(host_loop(d->host), &to, &pipe);
    }
    finish(d, err, NULL, pipe);
}

static bool may(void *arg, const struct ipaddr *ip)
{
    (void)arg;
    return direct_may(ip);
}

struct direct *direct_open(struct dns *dns, const struct host *h, const struct front_target *t,
                           uint64_t timeout_ms, direct_done_fn *done, void *arg)
{
    struct direct *d = malloc(sizeof *d);
    if (!d)
        return NULL;
    *d = (struct direct){ .host = h, .port = t->port, .done = done, .arg = arg };
    if (t->is_udp)
        d->query = dns_lookup(dns, t->host, timeout_ms, on_addrs, d);
    else
        d->dial = dns_dial(dns, t->host, t->port, timeout_ms, may, on_dialled, d);
    if (d->query || d->dial)
        return d;
    free(d);
    return NULL;
}

void direct_cancel(struct direct *d)
{
    if (!d)
        return;
    dns_cancel(d->query);
    dns_dial_cancel(d->dial);
    free(d);
}

bool direct_may(const struct ipaddr *ip)
{
    static const uint8_t v6_lowest[15] = { 0 }; /* ::, ::1 */

    if (ip->family == 4)
        return ip->b[0] != 0 && ip->b[0] != 127;
    return memcmp(ip->b, v6_lowest, sizeof v6_lowest) != 0;
}
