/* dns.c - see dns.h.  c-ares knows the protocol, libev says when a socket or its clock is due.
 *
 * c-ares may answer from inside the asking and cannot forget one question, so a question is an
 * object of its own: the answer is put into the query, if it is still wanted, and told by the
 * query's timer, which is also its deadline. */
#include "net/dns.h"

#define CARES_NO_DEPRECATED /* ares_query: c-ares 1.18, of Debian 12, has no other */
#include <ares.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/err.h"
#include "base/fileio.h"
#include "net/timer.h"
#include "wire/dns_msg.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define PORT        53
#define TRY_MS      2000 /* the first wait for a server; c-ares doubles it */
#define TRIES       3

struct watch { /* a socket of c-ares */
    struct watch *prev, *next;
    struct dns *dns;
    ev_io io;
};

struct question { /* what c-ares holds */
    struct dns *dns;
    struct dns_query *query; /* NULL: nobody waits any more */
    bool is_of_texts;
    char host[];
};

struct dns_query {
    struct dns_query *prev, *next;
    struct dns *dns;
    struct question *question; /* NULL once answered */
    struct timer timer;        /* the deadline; once answered: at once */
    int err;                   /* what the timer tells */
    size_t n;
    struct ipaddr ips[DNS_ADDRS_MAX];
    uint8_t *message; /* of TXT records, with as much room behind it; owned */
    size_t nmessage;
    dns_done_fn *done; /* NULL: it is done_texts that waits */
    dns_texts_fn *done_texts;
    void *arg;
};

struct dns {
    struct ev_loop *loop;
    char *conf;    /* path */
    uint16_t port; /* of the servers */
    struct fileio_stamp stamp;
    struct ares_channeldata *channel;
    bool is_closing;
    struct watch *watches;     /* utlist DL */
    struct dns_query *queries; /* utlist DL */
    ev_timer clock;            /* of c-ares: its tries */
};

static int err_of(int status)
{
    switch (status) {
    case ARES_SUCCESS:
        return 0;
    case ARES_ENODATA:
    case ARES_ENOTFOUND:
    case ARES_EBADNAME:
        return GW_ENONAME;
    case ARES_EBADRESP:
        return GW_EPROTO;
    case ARES_ENOMEM:
        return GW_ENOMEM;
    default:
        return GW_ENETDOWN;
    }
}

static void tell_soon(struct dns_query *q, int err)
{
    q->err = err;
    timer_start(&q->timer, 0);
}

/* Sets the clock to what c-ares waits for next. */
static void set_clock(struct dns *d)
{
    struct timeval room, *tv = ares_timeout(d->channel, NULL, &room);

    ev_timer_stop(d->loop, &d->clock);
    if (!tv)
        return;
    ev_timer_set(&d->clock, (double)tv->tv_sec + (double)tv->tv_usec / 1e6, 0.);
    ev_timer_start(d->loop, &d->clock);
}

static void on_clock(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct dns *d = w->data;
    (void)loop;
    (void)revents;
    ares_process_fd(d->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    set_clock(d);
}

static void on_socket(struct ev_loop *loop, ev_io *io, int revents)
{
    struct dns *d = ((struct watch *)io->data)->dns;
    int fd = io->fd; /* the watch may be gone after the call */
    (void)loop;
    ares_process_fd(d->channel, revents & EV_READ ? fd : ARES_SOCKET_BAD,
                    revents & EV_WRITE ? fd : ARES_SOCKET_BAD);
    set_clock(d);
}

/* c-ares tells what it wants to know of a socket; nothing: it is about to close it. */
static void on_want(void *arg, ares_socket_t fd, int readable, int writable)
{
    int events = (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0);
    struct dns *d = arg;
    struct watch *w;

    DL_FOREACH (d->watches, w)
        if (w->io.fd == fd)
            break;
    if (!w) {
        if (!events || !(w = calloc(1, sizeof *w)))
            return; /* without memory the question times out */
        w->dns = d;
        w->io.data = w;
        ev_init(&w->io, on_socket);
        DL_APPEND(d->watches, w);
    }
    ev_io_stop(d->loop, &w->io);
    if (!events) {
        DL_DELETE(d->watches, w);
        free(w);
        return;
    }
    ev_io_set(&w->io, fd, events);
    ev_io_start(d->loop, &w->io);
}

static struct ares_channeldata *channel_new(struct dns *d)
{
    struct ares_channeldata *channel;
    struct ares_options o = {
        .flags = ARES_FLAG_NOSEARCH, /* no search list: c-ares 1.18 does it all the same, */
        .ndomains = 0,               /* unless it is an empty one */
        .timeout = TRY_MS,
        .tries = TRIES,
        .udp_port = d->port,
        .tcp_port = d->port,
        .sock_state_cb = on_want,
        .sock_state_cb_data = d,
        .resolvconf_path = d->conf,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_DOMAINS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
               ARES_OPT_SOCK_STATE_CB | ARES_OPT_RESOLVCONF | ARES_OPT_UDP_PORT | ARES_OPT_TCP_PORT;

    return ares_init_options(&channel, &o, mask) == ARES_SUCCESS ? channel : NULL;
}

static void take_addrs(struct dns_query *q, const struct ares_addrinfo *ai)
{
    uint16_t port;

    for (const struct ares_addrinfo_node *n = ai->nodes; n && q->n < DNS_ADDRS_MAX;
         n = n->ai_next) {
        struct sockaddr_any a = { .len = n->ai_addrlen };
        if (a.len > sizeof a.in6)
            continue;
        memcpy(&a.in6, n->ai_addr, a.len);
        if (sockaddr_to_ip(&a, &q->ips[q->n], &port) == 0)
            q->n++;
    }
}

static void ask(struct question *qn);

/* What was asked of servers that are not configured any more is asked again.  True: it was. */
static bool ask_again(struct question *qn, int status)
{
    if (!qn->query || status != ARES_EDESTRUCTION || qn->dns->is_closing)
        return false;
    ask(qn);
    return true;
}

/* Ends a question, for `err`. */
static void answered(struct question *qn, int err)
{
    if (qn->query) {
        qn->query->question = NULL;
        tell_soon(qn->query, err);
    }
    free(qn);
}

static void on_addrs(void *arg, int status, int timeouts, struct ares_addrinfo *ai)
{
    struct question *qn = arg;
    int err = err_of(status);
    (void)timeouts;

    if (ask_again(qn, status))
        return;
    if (qn->query && ai) {
        take_addrs(qn->query, ai);
        if (!err && !qn->query->n)
            err = GW_ENONAME;
    }
    if (ai)
        ares_freeaddrinfo(ai);
    answered(qn, err);
}

/* A copy of the message is kept until it is told. */
static int keep_message(struct dns_query *q, const uint8_t *p, size_t n)
{
    q->message = malloc(2 * n);
    if (!q->message)
        return GW_ENOMEM;
    memcpy(q->message, p, n);
    q->nmessage = n;
    return 0;
}

static void on_texts(void *arg, int status, int timeouts, unsigned char *message, int n)
{
    struct question *qn = arg;
    int err = err_of(status);
    (void)timeouts;

    if (ask_again(qn, status))
        return;
    if (qn->query && !err)
        err = n > 0 ? keep_message(qn->query, message, (size_t)n) : GW_EPROTO;
    answered(qn, err);
}

static void ask(struct question *qn)
{
    /* one kind of socket, else every address comes once for each */
    const struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };

    if (qn->is_of_texts)
        ares_query(qn->dns->channel, qn->host, DNS_IN, DNS_TXT, on_texts, qn);
    else
        ares_getaddrinfo(qn->dns->channel, qn->host, NULL, &hints, on_addrs, qn);
}

/* A change of the file makes a new channel; what waits at the old one is asked again. */
static void look_at_conf(struct dns *d)
{
    struct ares_channeldata *old = d->channel;

    if (!fileio_changed(d->conf, &d->stamp))
        return;
    struct ares_channeldata *fresh = channel_new(d);
    if (!fresh)
        return;
    d->channel = fresh;
    ares_destroy(old);
}

static void query_free(struct dns_query *q)
{
    timer_stop(&q->timer);
    DL_DELETE(q->dns->queries, q);
    if (q->question)
        q->question->query = NULL;
    free(q->message);
    free(q);
}

static void tell_texts(const struct dns_query *q)
{
    struct bytes message = { q->message, q->nmessage };
    struct dns_texts t;
    int err = q->err ? q->err : dns_texts_read(message, q->message + q->nmessage, &t);

    q->done_texts(q->arg, err, err ? NULL : &t);
}

static void on_timer(void *arg)
{
    struct dns_query *q = arg;
    struct dns_query told = *q; /* done may ask again, and end us */
    q->message = NULL;
    query_free(q);
    if (told.done)
        told.done(told.arg, told.err, told.ips, told.err ? 0 : told.n);
    else
        tell_texts(&told);
    free(told.message);
}

struct dns *dns_new(struct ev_loop *loop)
{
    return dns_new_at(loop, RESOLV_CONF, PORT);
}

struct dns *dns_new_at(struct ev_loop *loop, const char *resolv_conf, uint16_t port)
{
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) /* counts its callers */
        return NULL;
    struct dns *d = calloc(1, sizeof *d);
    if (!d || !(d->conf = strdup(resolv_conf)))
        goto fail;
    d->loop = loop;
    d->port = port;
    ev_init(&d->clock, on_clock);
    d->clock.data = d;
    fileio_changed(d->conf, &d->stamp);
    d->channel = channel_new(d);
    if (d->channel)
        return d;
fail:
    if (d)
        free(d->conf);
    free(d);
    ares_library_cleanup();
    return NULL;
}

void dns_free(struct dns *d)
{
    struct dns_query *q, *tmp;

    if (!d)
        return;
    DL_FOREACH_SAFE (d->queries, q, tmp)
        query_free(q);
    d->is_closing = true;
    ares_destroy(d->channel);
    ev_timer_stop(d->loop, &d->clock);
    free(d->conf);
    free(d);
    ares_library_cleanup();
}

struct ev_loop *dns_loop(const struct dns *d)
{
    return d->loop;
}

/* A query that will time out; with *out the question that answers it, which is not asked yet. */
static struct dns_query *query_new(struct dns *d, const char *host, uint64_t timeout_ms, void *arg,
                                   struct question **out)
{
    size_t n = strlen(host) + 1;
    struct dns_query *q = calloc(1, sizeof *q);
    struct question *qn = malloc(sizeof *qn + n);

    if (!q || !qn) {
        free(q);
        free(qn);
        return NULL;
    }
    *qn = (struct question){ .dns = d, .query = q };
    memcpy(qn->host, host, n);
    *q = (struct dns_query){ .dns = d, .question = qn, .err = GW_ETIMEOUT, .arg = arg };
    timer_init(&q->timer, d->loop, on_timer, q);
    timer_start(&q->timer, timeout_ms);
    DL_APPEND(d->queries, q);
    *out = qn;
    return q;
}

static void ask_first(struct question *qn)
{
    struct dns *d = qn->dns; /* the question may be gone after the call */

    look_at_conf(d);
    ask(qn);
    set_clock(d);
}

struct dns_query *dns_lookup(struct dns *d, const char *host, uint64_t timeout_ms,
                             dns_done_fn *done, void *arg)
{
    struct question *qn;
    struct dns_query *q = query_new(d, host, timeout_ms, arg, &qn);

    if (!q)
        return NULL;
    q->done = done;
    q->n = sockaddr_parse_ip(host, &q->ips[0]) == 0;
    if (q->n)
        answered(qn, 0);
    else
        ask_first(qn);
    return q;
}

struct dns_query *dns_lookup_texts(struct dns *d, const char *host, uint64_t timeout_ms,
                                   dns_texts_fn *done, void *arg)
{
    struct question *qn;
    struct dns_query *q = query_new(d, host, timeout_ms, arg, &qn);

    if (!q)
        return NULL;
    q->done_texts = done;
    qn->is_of_texts = true;
    ask_first(qn);
    return q;
}

void dns_cancel(struct dns_query *q)
{
    if (q)
        query_free(q);
}
