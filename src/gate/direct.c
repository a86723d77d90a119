/* direct.c - see direct.h. */
#include "gate/direct.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "net/dns_pipe.h"
#include "net/fdstream.h"

struct direct {
    const struct host *host;
    struct dns_dial *dial; /* TCP */
    struct dns_pipe *pipe; /* UDP */
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

static void on_pipe(void *arg, int err, struct dgrams *pipe)
{
    finish(arg, err, NULL, pipe);
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
    *d = (struct direct){ .host = h, .done = done, .arg = arg };
    if (t->is_udp)
        d->pipe = dns_pipe_open(dns, t->host, t->port, timeout_ms, may, on_pipe, d);
    else
        d->dial = dns_dial(dns, t->host, t->port, timeout_ms, may, on_dialled, d);
    if (d->pipe || d->dial)
        return d;
    free(d);
    return NULL;
}

void direct_cancel(struct direct *d)
{
    if (!d)
        return;
    dns_dial_cancel(d->dial);
    dns_pipe_cancel(d->pipe);
    free(d);
}

bool direct_may(const struct ipaddr *ip)
{
    static const uint8_t v6_lowest[15] = { 0 }; /* ::, ::1 */

    if (ip->family == 4)
        return ip->b[0] != 0 && ip->b[0] != 127;
    return memcmp(ip->b, v6_lowest, sizeof v6_lowest) != 0;
}
