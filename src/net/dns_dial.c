/* dns_dial.c - dns_dial of dns.h: connecting to a host name, RFC 8305 ("happy eyeballs"), s.4
 * and 5. */
#include <stdlib.h>

#include "base/err.h"
#include "net/dialtcp.h"
#include "net/dns.h"
#include "net/timer.h"

#define NEXT_TRY_MS 250 /* RFC 8305 s.5, Connection Attempt Delay */

struct attempt {
    struct dns_dial *dial;
    struct dialtcp *tcp; /* NULL once it has failed */
};

struct dns_dial {
    struct ev_loop *loop;
    struct dns_query *query; /* NULL once answered */
    struct timer deadline, next;
    struct ipaddr ips[DNS_ADDRS_MAX]; /* in the order to try */
    size_t nips, ntried, nrunning;
    struct attempt attempts[DNS_ADDRS_MAX];
    uint16_t port;
    uint64_t timeout_ms;
    int err; /* of the attempts so far */
    dns_may_fn *may;
    dns_dialled_fn *done;
    void *arg;
};

static void finish(struct dns_dial *d, int err, int fd)
{
    dns_dialled_fn *done = d->done;
    void *arg = d->arg;

    dns_dial_cancel(d);
    done(arg, err, fd);
}

/* A host that refuses says more than an address that this machine has no route to. */
static void note_failure(struct dns_dial *d, int err)
{
    if (!d->err || d->err == GW_ENETDOWN || d->err == GW_EUNREACH || d->err == GW_EUNSUP)
        d->err = err;
}

static void try_next(struct dns_dial *d);

static void on_tcp(void *arg, int err, int fd)
{
    struct attempt *a = arg;
    struct dns_dial *d = a->dial;

    a->tcp = NULL;
    d->nrunning--;
    if (!err) {
        finish(d, 0, fd);
        return;
    }
    note_failure(d, err);
    try_next(d);
}

/* Returns whether it runs now. */
static bool start_one(struct dns_dial *d)
{
    struct attempt *a = &d->attempts[d->ntried];
    struct sockaddr_any to;
    int err;

    sockaddr_from_ip(&d->ips[d->ntried++], d->port, &to);
    a->dial = d;
    a->tcp = dialtcp_start(d->loop, &to, d->timeout_ms, on_tcp, a, &err);
    if (a->tcp)
        d->nrunning++;
    else
        note_failure(d, err);
    return a->tcp != NULL;
}

/* With none left to start and none running that was all. */
static void try_next(struct dns_dial *d)
{
    timer_stop(&d->next);
    while (d->ntried < d->nips && !start_one(d))
        ;
    if (d->nrunning == 0) {
        finish(d, d->err, -1);
        return;
    }
    if (d->ntried < d->nips)
        timer_start(&d->next, NEXT_TRY_MS);
}

static void on_next(void *arg)
{
    try_next(arg);
}

static void on_deadline(void *arg)
{
    finish(arg, GW_ETIMEOUT, -1);
}

/* The first address of the family that is not taken yet, else the first of all. */
static size_t pick(const struct ipaddr *ips, size_t n, const bool *is_taken, uint8_t family)
{
    size_t first = n;

    for (size_t i = 0; i < n; i++) {
        if (is_taken[i])
            continue;
        if (ips[i].family == family)
            return i;
        if (first == n)
            first = i;
    }
    return first;
}

/* RFC 8305 s.4: in the order of preference, but the families take turns. */
static void put_in_order(struct dns_dial *d, const struct ipaddr *ips, size_t n)
{
    bool is_taken[DNS_ADDRS_MAX] = { false };
    uint8_t family = 0; /* of the next one; none yet */
    size_t left = n;

    for (size_t i = 0; d->may && i < n; i++) {
        is_taken[i] = !d->may(d->arg, &ips[i]);
        left -= is_taken[i];
    }
    while (left--) {
        size_t i = pick(ips, n, is_taken, family);
        is_taken[i] = true;
        family = ips[i].family == 6 ? 4 : 6;
        d->ips[d->nips++] = ips[i];
    }
}

static void on_answer(void *arg, int err, const struct ipaddr *ips, size_t n)
{
    struct dns_dial *d = arg;

    d->query = NULL;
    if (err) {
        finish(d, err, -1);
        return;
    }
    put_in_order(d, ips, n);
    if (d->nips)
        try_next(d);
    else
        finish(d, GW_EDENIED, -1);
}

struct dns_dial *dns_dial(struct dns *dns, const char *host, uint16_t port, uint64_t timeout_ms,
                          dns_may_fn *may, dns_dialled_fn *done, void *arg)
{
    struct dns_dial *d = malloc(sizeof *d);
    if (!d)
        return NULL;
    *d = (struct dns_dial){ .loop = dns_loop(dns),
                            .port = port,
                            .timeout_ms = timeout_ms,
                            .may = may,
                            .done = done,
                            .arg = arg };
    d->query = dns_lookup(dns, host, timeout_ms, on_answer, d);
    if (!d->query) {
        free(d);
        return NULL;
    }
    timer_init(&d->next, d->loop, on_next, d);
    timer_init(&d->deadline, d->loop, on_deadline, d);
    timer_start(&d->deadline, timeout_ms);
    return d;
}

void dns_dial_cancel(struct dns_dial *d)
{
    if (!d)
        return;
    dns_cancel(d->query);
    for (size_t i = 0; i < d->ntried; i++)
        dialtcp_cancel(d->attempts[i].tcp);
    timer_stop(&d->next);
    timer_stop(&d->deadline);
    free(d);
}
