/* identify.c - see identify.h. */
#include "p2p/identify.h"

#include <gw/version.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "host/dial_order.h"
#include "id/multiaddr.h"
#include "net/parting.h"
#include "net/timer.h"
#include "wire/identify_msg.h"

#define READ_MAX      (IDENTIFY_MESSAGES_MAX * IDENTIFY_WIRE_MAX)
#define ANNOUNCED_MAX 32  /* addresses told */
#define LEARN_MAX     16  /* heard */
#define PROTOCOL_MAX  256 /* octets of an id that is kept */

struct identify {
    struct host *host;
};

/* What we say. */

struct draft {
    struct identify_msg msg;
    size_t naddrs;
    struct multiaddr addrs[ANNOUNCED_MAX];
    struct multiaddr observed;
    uint8_t wire[IDENTIFY_WIRE_MAX];
};

static struct bytes view(const struct multiaddr *a)
{
    return (struct bytes){ a->b, a->n };
}

static void add_protocol(void *arg, const char *protocol)
{
    struct identify_msg *m = arg;
    if (m->nprotocols < IDENTIFY_PROTOCOLS_MAX)
        m->protocols[m->nprotocols++] = bytes_of(protocol);
}

static void add_addrs(struct draft *d, const struct host *h, bool is_local)
{
    d->naddrs = host_announced(h, d->addrs, ANNOUNCED_MAX);
    for (size_t i = 0; i < d->naddrs; i++)
        if (is_local || !multiaddr_is_loopback(&d->addrs[i]))
            d->msg.addrs[d->msg.naddrs++] = view(&d->addrs[i]);
}

/* Returns the message for c in d->wire; n == 0: it would be too long. */
static struct bytes write_message(struct draft *d, const struct conn *c)
{
    struct host *h = conn_host(c);
    struct muxed_info info;

    conn_info(c, &info);
    d->observed = info.remote;
    d->msg = (struct identify_msg){ .public_key = key_public_pb(host_key(h)),
                                    .observed_addr = view(&d->observed),
                                    .protocol_version = bytes_of("ipfs/0.1.0"),
                                    .agent_version = bytes_of("gw/" GW_VERSION) };
    add_addrs(d, h, multiaddr_is_loopback(&info.remote));
    host_protocols(h, add_protocol, &d->msg);
    int n = identify_encode(d->wire, sizeof d->wire, &d->msg);
    if (n <= 0) {
        log_warn("identify peer=%s not told: %s", peerid_short(conn_peer(c)), gw_strerror(n));
        n = 0;
    }
    return (struct bytes){ d->wire, (size_t)n };
}

static void part(struct conn *c, struct stream *s, struct bytes words)
{
    parting_start(host_loop(conn_host(c)), s, words, PARTING_MS, GW_ETIMEOUT, NULL);
}

static void on_query(void *arg, struct conn *c, struct stream *s, const char *protocol,
                     struct bytes early)
{
    struct draft *d = malloc(sizeof *d);
    (void)arg;
    (void)protocol;

    s->ops->credit(s, early.n); /* nothing is to be said here */
    if (d)
        part(c, s, write_message(d, c));
    else
        stream_drop(s, GW_ENOMEM);
    free(d);
}

static void on_pushed(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    (void)arg;
    (void)protocol;

    if (err)
        return;
    s->ops->credit(s, early.n);
    part(c, s, (struct bytes){ 0 });
}

static void push(void *arg, struct conn *c)
{
    struct draft *d = arg;

    if (!conn_identity(c)->is_known || !conn_speaks(c, IDENTIFY_PUSH_PROTOCOL))
        return;
    int err = conn_open(c, IDENTIFY_PUSH_PROTOCOL, write_message(d, c), on_pushed, NULL);
    if (err)
        log_debug("identify peer=%s push failed: %s", peerid_short(conn_peer(c)), gw_strerror(err));
}

void identify_push_all(struct identify *id)
{
    struct draft *d = malloc(sizeof *d);
    if (!d) {
        log_warn("identify push failed: %s", gw_strerror(GW_ENOMEM));
        return;
    }
    host_each_conn(id->host, push, d);
    free(d);
}

/* What we hear. */

static void take_agent(struct conn_identity *to, struct bytes agent)
{
    size_t n = agent.n < sizeof to->agent ? agent.n : sizeof to->agent - 1;

    if (!agent.n)
        return;
    memcpy(to->agent, agent.p, n);
    to->agent[n] = '\0';
}

static void take_observed(struct conn_identity *to, struct bytes observed)
{
    struct multiaddr a;

    if (!observed.n || multiaddr_from_bytes(observed, &a) != 0)
        return;
    multiaddr_strip_peer(&a); /* js-libp2p adds ours */
    to->observed = a;
}

static void free_protocols(char **v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(v[i]);
    free(v);
}

static char *copy_protocol(struct bytes v)
{
    char *s = malloc(v.n + 1);
    if (!s)
        return NULL;
    memcpy(s, v.p, v.n);
    s[v.n] = '\0';
    return s;
}

/* 0, or GW_ENOMEM: the list is as it was. */
static int take_protocols(struct conn_identity *to, const struct identify_msg *m)
{
    char **v = calloc(m->nprotocols, sizeof *v);
    size_t n = 0;

    if (!v)
        return GW_ENOMEM;
    for (size_t i = 0; i < m->nprotocols; i++) {
        if (m->protocols[i].n > PROTOCOL_MAX || memchr(m->protocols[i].p, '\0', m->protocols[i].n))
            continue;
        if (!(v[n] = copy_protocol(m->protocols[i]))) {
            free_protocols(v, n);
            return GW_ENOMEM;
        }
        n++;
    }
    free_protocols(to->protocols, to->nprotocols);
    to->protocols = v;
    to->nprotocols = n;
    return 0;
}

/* The last learnt is tried first, so the list is gone through from its end. */
static void take_addrs(struct conn *c, const struct identify_msg *m)
{
    struct muxed_info info;

    conn_info(c, &info);
    for (size_t i = m->naddrs < LEARN_MAX ? m->naddrs : LEARN_MAX; i-- > 0;) {
        struct multiaddr a;
        if (multiaddr_from_bytes(m->addrs[i], &a) == 0 && dial_rank(&a) != DIAL_NEVER &&
            (!multiaddr_is_loopback(&a) || multiaddr_is_loopback(&info.remote)))
            host_learn_addr(conn_host(c), conn_peer(c), &a);
    }
}

static int decode_all(struct bytes in, struct identify_msg *m)
{
    *m = (struct identify_msg){ 0 };
    for (int i = 0; i < IDENTIFY_MESSAGES_MAX; i++) {
        int used = identify_decode(in, m);
        if (used < 0)
            return used;
        if (used == 0) /* the end; a message cut off there counts for nothing */
            return i ? 0 : GW_EPROTO;
        in.p += used;
        in.n -= (size_t)used;
    }
    return 0;
}

int identify_apply(struct conn *c, struct bytes messages)
{
    struct conn_identity *to = conn_identity(c);
    struct identify_msg m;
    int err = decode_all(messages, &m);

    if (!err && m.nprotocols)
        err = take_protocols(to, &m);
    if (err)
        return err;
    take_agent(to, m.agent_version);
    take_observed(to, m.observed_addr);
    take_addrs(c, &m);
    to->is_known = true;
    log_debug("identify peer=%s agent=%s protocols=%zu addrs=%zu", peerid_short(conn_peer(c)),
              log_esc(bytes_of(to->agent)), to->nprotocols, m.naddrs);
    conn_identified(c);
    return 0;
}

/* A stream that brings messages, asked for or pushed. */
struct reader {
    struct stream *s;
    struct conn *conn;
    struct timer deadline;
    size_t n, cap;
    uint8_t *p;
};

static bool grow(struct reader *r, size_t need)
{
    size_t cap = r->cap ? r->cap : 1024;

    if (need > READ_MAX)
        return false;
    while (cap < need)
        cap *= 2;
    uint8_t *p = cap == r->cap ? r->p : realloc(r->p, cap);
    if (!p)
        return false;
    r->p = p;
    r->cap = cap;
    return true;
}

static void apply(struct reader *r)
{
    int err = identify_apply(r->conn, (struct bytes){ r->p, r->n });
    if (err)
        log_debug("identify peer=%s answer not used: %s", peerid_short(conn_peer(r->conn)),
                  gw_strerror(err));
}

static void on_data(struct stream *s, struct bytes v)
{
    struct reader *r = s->owner;

    s->ops->credit(s, v.n);
    if (!grow(r, r->n + v.n)) {
        s->ops->reset(s, GW_ELIMIT);
        return;
    }
    memcpy(r->p + r->n, v.p, v.n);
    r->n += v.n;
}

static void on_eof(struct stream *s)
{
    apply(s->owner);
    s->ops->shutdown(s);
}

static void on_close(struct stream *s, int err)
{
    struct reader *r = s->owner;
    (void)err;
    timer_stop(&r->deadline);
    free(r->p);
    free(r);
}

static const struct stream_events reader_events = {
    .on_data = on_data,
    .on_drained = stream_ignore_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

/* A peer that sent its message and forgot the FIN is heard all the same. */
static void on_deadline(void *arg)
{
    struct reader *r = arg;

    apply(r);
    r->s->ops->reset(r->s, GW_ETIMEOUT);
}

static void read_messages(struct conn *c, struct stream *s, struct bytes early)
{
    struct reader *r = calloc(1, sizeof *r);
    if (!r) {
        stream_drop(s, GW_ENOMEM);
        return;
    }
    r->s = s;
    r->conn = c;
    timer_init(&r->deadline, host_loop(conn_host(c)), on_deadline, r);
    timer_start(&r->deadline, IDENTIFY_TIMEOUT_MS);
    stream_own(s, &reader_events, r);
    if (early.n)
        on_data(s, early);
}

static void on_push(void *arg, struct conn *c, struct stream *s, const char *protocol,
                    struct bytes early)
{
    (void)arg;
    (void)protocol;
    read_messages(c, s, early);
}

static void on_answering(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                         struct bytes early)
{
    (void)arg;
    (void)protocol;

    if (err) {
        log_debug("identify no answer: %s", gw_strerror(err));
        return;
    }
    s->ops->shutdown(s);
    read_messages(c, s, early);
}

void identify_ask(struct conn *c)
{
    int err = conn_open(c, IDENTIFY_PROTOCOL, (struct bytes){ 0 }, on_answering, NULL);
    if (err)
        log_debug("identify peer=%s not asked: %s", peerid_short(conn_peer(c)), gw_strerror(err));
}

static void on_conn(void *arg, struct conn *c)
{
    (void)arg;
    identify_ask(c);
}

/* A peer that has moved may have asked with its first packet from there, and was told where it had
 * been.  (That we have moved is nothing that it asks us.) */
static void on_conn_moved(void *arg, struct conn *c)
{
    struct draft *d = conn_is_inbound(c) ? malloc(sizeof *d) : NULL;
    (void)arg;

    if (d)
        push(d, c);
    free(d);
}

static const struct host_events host_events = { .on_conn = on_conn,
                                                .on_conn_moved = on_conn_moved };

struct identify *identify_new(struct host *h)
{
    struct identify *id = calloc(1, sizeof *id);
    if (!id)
        return NULL;
    id->host = h;
    if (host_handle(h, IDENTIFY_PROTOCOL, NULL, on_query, id) == 0 &&
        host_handle(h, IDENTIFY_PUSH_PROTOCOL, NULL, on_push, id) == 0 &&
        host_observe(h, &host_events, id) == 0)
        return id;
    free(id);
    return NULL;
}

void identify_free(struct identify *id)
{
    free(id);
}
