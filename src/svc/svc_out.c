/* svc_out.c - see svc_out.h.
 *
 *   OPENING -> ANSWER -> done        /gw/tunnel, /gw/udp
 *   OPENING -> done                  a protocol without request and answer */
#include "svc/svc_out.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/units.h"
#include "net/timer.h"
#include "svc/svc_proto.h"
#include "wire/tunnel_msg.h"

struct svc_out {
    struct host *h;
    struct peerid peer;
    enum host_path path;
    uint64_t flow;          /* of datagrams; else 0 */
    struct host_open *open; /* OPENING */
    struct conn *c;         /* ANSWER */
    struct stream *s;
    uint8_t in[TUNNEL_WIRE_MAX]; /* the answer so far: not credited yet */
    size_t nin;
    struct timer deadline;
    uint64_t start_ms;
    char spoken[3 * (SVC_PROTO_MAX + 1)]; /* the protocols proposed, for people */
    svc_out_done_fn *done;
    void *arg;
};

static const int status_err[] = {
    [TUNNEL_OK] = 0,
    [TUNNEL_NO_SERVICE] = GW_ENOSERVICE,
    [TUNNEL_DENIED] = GW_EDENIED,
    [TUNNEL_REFUSED] = GW_EREFUSED,
    [TUNNEL_UNREACHABLE] = GW_EUNREACH,
    [TUNNEL_TIMED_OUT] = GW_ETIMEOUT,
    [TUNNEL_FAILED] = GW_EIO,
};

static void release(struct svc_out *o)
{
    timer_stop(&o->deadline);
    free(o);
}

static void fail(struct svc_out *o, int err, const char *text)
{
    host_open_cancel(o->open);
    if (o->s)
        stream_drop(o->s, err);
    o->done(o->arg, err, NULL, NULL, (struct bytes){ 0 }, text);
    release(o);
}

static void succeed(struct svc_out *o, struct bytes early)
{
    o->done(o->arg, 0, o->c, o->s, early, "");
    release(o);
}

/* Octets of the answer, and whatever follows it in the same delivery.  o may be gone afterwards. */
static void take(struct svc_out *o, struct bytes v)
{
    size_t had = o->nin;
    size_t n = v.n < sizeof o->in - had ? v.n : sizeof o->in - had;
    if (n)
        memcpy(o->in + had, v.p, n);
    o->nin += n;

    struct tunnel_answer a;
    int used = tunnel_decode_answer((struct bytes){ o->in, o->nin }, &a);
    if (used < 0) {
        fail(o, used, "");
        return;
    }
    if (used == 0)
        return;
    if (a.status != TUNNEL_OK) {
        char text[TUNNEL_TEXT_MAX + 1];
        snprintf(text, sizeof text, "%.*s", (int)a.text.n, (const char *)a.text.p);
        fail(o, status_err[a.status], text);
        return;
    }
    size_t skip = (size_t)used - had; /* had < used: else the answer had been complete before */
    o->s->ops->credit(o->s, (size_t)used);
    succeed(o, (struct bytes){ v.p + skip, v.n - skip });
}

static void on_data(struct stream *s, struct bytes v)
{
    take(s->owner, v);
}

static void on_eof(struct stream *s)
{
    fail(s->owner, GW_EPROTO, "ended without an answer");
}

static void on_close(struct stream *s, int err)
{
    struct svc_out *o = s->owner;
    o->s = NULL;
    fail(o, err ? err : GW_EPROTO, "");
}

static const struct stream_events answer_events = {
    /* streams of a connection never ask for room */
    .on_data = on_data,
    .on_drained = stream_ignore_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

static void on_deadline(void *arg)
{
    struct svc_out *o = arg;

    fail(o, GW_ETIMEOUT, o->s ? "no answer" : "");
}

/* When the peer was last connected, as the end of a sentence about it; "" when it never was. */
static const char *print_last_seen(const struct svc_out *o, char *out, size_t cap)
{
    char age[UNITS_STR_MAX];
    uint64_t at = host_last_seen_ms(o->h, &o->peer);

    out[0] = '\0';
    if (at)
        snprintf(out, cap, "; last seen %s ago",
                 units_show_age((clock_mono_ms() - at) / 1000, age));
    return out;
}

static const char *const unknown[] = {
    [HOST_PATH_ANY] = "no address to dial is known",
    [HOST_PATH_DIRECT] = "no direct address is known",
    [HOST_PATH_RELAY] = "no address through a relay is known",
    [HOST_PATH_BOTH] = "no address to dial is known",
};

static void fail_open(struct svc_out *o, int err, size_t tried)
{
    char text[sizeof o->spoken + 64] = "", seen[48];
    unsigned long long s = (clock_mono_ms() - o->start_ms + 500) / 1000;

    if (err == GW_EREFUSED) /* by an address, where no gw listens: no peer has said so */
        err = GW_EOFFLINE;
    if (err == GW_ENOPROTO) {
        err = GW_ENOSERVICE;
        snprintf(text, sizeof text, "it speaks none of %s", o->spoken);
    } else if (err == GW_EOFFLINE) {
        print_last_seen(o, seen, sizeof seen);
        if (tried == 0)
            snprintf(text, sizeof text, "%s%s", unknown[o->path], seen);
        else if (tried == 1)
            snprintf(text, sizeof text, "its address did not answer in %llus%s", s, seen);
        else
            snprintf(text, sizeof text, "none of its %zu addresses answered in %llus%s", tried, s,
                     seen);
    }
    fail(o, err, text);
}

/* The protocols that begin with a Request; an Answer follows. */
static bool has_request(const char *protocol)
{
    return strcmp(protocol, TUNNEL_PROTOCOL) == 0 || strcmp(protocol, TUNNEL_UDP_PROTOCOL) == 0;
}

static void on_opened(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    struct svc_out *o = arg;
    size_t tried = host_open_tried(o->open);

    o->open = NULL;
    if (err) {
        fail_open(o, err, tried);
        return;
    }
    o->c = c;
    o->s = s;
    if (!has_request(protocol)) {
        succeed(o, early);
        return;
    }
    stream_own(s, &answer_events, o);
    s->ops->credit(s, 0);
    take(o, early);
}

/* Fills p with what to propose; the ids and the request go into the caller's memory. */
struct plan {
    struct host_proposal p[HOST_PROPOSALS_MAX];
    size_t n;
    uint8_t request[TUNNEL_WIRE_MAX];
    char peerup[SVC_PROTO_MAX], shurli[SVC_PROTO_MAX];
};

static void propose(struct plan *pl, const char *protocol, struct bytes first)
{
    pl->p[pl->n++] = (struct host_proposal){ protocol, first };
}

static void make_plan(struct plan *pl, const struct svc_target *t, uint64_t flow)
{
    struct bytes dest = t->destination ? bytes_of(t->destination) : (struct bytes){ 0 };
    struct tunnel_request r = {
        .service = bytes_of(t->service), .port = t->port, .flow = flow, .destination = dest
    };
    int n = tunnel_encode_request(pl->request, sizeof pl->request, &r);
    assert(n > 0); /* each part is bounded by its type, the destination by svc_out.h */
    struct bytes first = { pl->request, (size_t)n }, none = { 0 };
    const char *name = t->service[0] ? t->service : svc_proto_port_name(t->port);

    pl->n = 0;
    if (t->is_udp) {
        propose(pl, TUNNEL_UDP_PROTOCOL, first);
        return;
    }
    if (t->protocol) {
        propose(pl, t->protocol, has_request(t->protocol) ? first : none);
        return;
    }
    propose(pl, TUNNEL_PROTOCOL, first);
    if (name && !t->destination) { /* those have no room for one */
        propose(pl, svc_proto_print(SVC_PROTO_PEERUP, name, pl->peerup), none);
        propose(pl, svc_proto_print(SVC_PROTO_SHURLI, name, pl->shurli), none);
    }
}

static bool start_open(struct svc_out *o, const struct svc_target *t)
{
    struct plan pl;
    make_plan(&pl, t, o->flow);
    for (size_t i = 0, n = 0; i < pl.n && n < sizeof o->spoken; i++)
        n += (size_t)snprintf(o->spoken + n, sizeof o->spoken - n, "%s%s", i ? " " : "",
                              pl.p[i].protocol);
    struct host_open_req req = { .peer = t->peer,
                                 .addrs = t->addrs,
                                 .naddrs = t->naddrs,
                                 .path = t->path,
                                 .proposals = pl.p,
                                 .nproposals = pl.n };
    o->open = host_open(o->h, &req, on_opened, o);
    return o->open != NULL;
}

struct svc_out *svc_out_open(struct host *h, const struct svc_target *t, uint64_t timeout_ms,
                             svc_out_done_fn *done, void *arg)
{
    struct svc_out *o = calloc(1, sizeof *o);
    if (!o)
        return NULL;
    *o = (struct svc_out){ .h = h,
                           .peer = t->peer,
                           .path = t->path,
                           .flow = t->is_udp ? host_new_flow(h) : 0,
                           .start_ms = clock_mono_ms(),
                           .done = done,
                           .arg = arg };
    if (!start_open(o, t)) {
        free(o);
        return NULL;
    }
    timer_init(&o->deadline, host_loop(h), on_deadline, o);
    timer_start(&o->deadline, timeout_ms);
    return o;
}

void svc_out_cancel(struct svc_out *o)
{
    if (!o)
        return;
    host_open_cancel(o->open);
    if (o->s)
        stream_drop(o->s, GW_ECANCELED);
    release(o);
}

uint64_t svc_out_flow(const struct svc_out *o)
{
    return o->flow;
}
