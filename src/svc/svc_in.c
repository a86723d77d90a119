/* svc_in.c - see svc_in.h.
 *
 *   REQUEST -> DIALING -> BRIDGED       /gw/tunnel
 *              DIALING -> BRIDGED       /peerup, /shurli: the protocol id is the request
 *
 * Whoever is refused on the way gets an answer where there is one (net/parting), else a reset. */
#include "svc/svc_in.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "net/bridge.h"
#include "net/dialtcp.h"
#include "net/fdstream.h"
#include "net/parting.h"
#include "svc/svc_list.h"
#include "svc/svc_proto.h"
#include "wire/tunnel_msg.h"

#define REQUEST_S 10.0
#define HELD_MAX  (1u << 20) /* octets sent behind a request; flow control stops at fewer */

enum state { ST_REQUEST, ST_DIALING, ST_BRIDGED };

struct inbound {
    struct inbound *prev, *next;
    struct svc_in *in; /* NULL once svc_in_free has let go of the bridge */
    enum state state;
    struct stream *s;
    struct peerid peer;
    char service[SERVICE_NAME_MAX + 1]; /* its name, or what was asked for */
    bool is_tunnel;                     /* speaks request and answer */
    bool is_at_eof;
    uint8_t *held; /* the request, then what came behind it: not credited yet */
    size_t nheld;
    ev_timer deadline; /* of the request */
    struct dialtcp *dial;
    struct limit *limit; /* borrowed; NULL: none */
    struct bridge *bridge;
    uint64_t began_ms;
};

struct svc_in {
    struct host *h;
    struct ev_loop *loop;
    const struct registry *services;
    struct authz *authz;
    struct svc_list *list;
    uint64_t dial_timeout_ms;
    struct inbound *streams;
    struct svc_in_stats stats;
};

static const struct refusal {
    int err;
    enum tunnel_status status;
    const char *text;
} refusals[] = {
    { GW_ENOSERVICE, TUNNEL_NO_SERVICE, "no such service" },
    { GW_EDENIED, TUNNEL_DENIED, "you may not use it" },
    { GW_EREFUSED, TUNNEL_REFUSED, "the service's program refused the connection" },
    { GW_ENOTFOUND, TUNNEL_REFUSED, "the service's program does not run" },
    { GW_EUNREACH, TUNNEL_UNREACHABLE, "no way to the service's host" },
    { GW_ENETDOWN, TUNNEL_UNREACHABLE, "no network to the service's host" },
    { GW_ETIMEOUT, TUNNEL_TIMED_OUT, "the service's program did not answer" },
    { 0, TUNNEL_FAILED, "internal failure" }, /* anything else */
};

static const struct refusal *refusal_of(int err)
{
    const struct refusal *r = refusals;
    while (r->err && r->err != err)
        r++;
    return r;
}

static struct bytes encode_answer(uint8_t buf[TUNNEL_WIRE_MAX], enum tunnel_status status,
                                  const char *text)
{
    struct tunnel_answer a = { .status = status, .text = bytes_of(text) };
    int n = tunnel_encode_answer(buf, TUNNEL_WIRE_MAX, &a);
    return (struct bytes){ buf, n > 0 ? (size_t)n : 0 };
}

/* Ends what runs for x and forgets it; its stream is somebody else's by now. */
static void release(struct inbound *x)
{
    ev_timer_stop(x->in->loop, &x->deadline);
    dialtcp_cancel(x->dial);
    DL_DELETE(x->in->streams, x);
    free(x->held);
    free(x);
}

/* Gives up a stream whose end of the protocol was not kept, or for which memory is out.  x is
 * gone. */
static void abandon(struct inbound *x, int err)
{
    log_warn("svc_in peer=%s given up: %s", peerid_short(&x->peer), gw_strerror(err));
    x->in->stats.failed++;
    stream_drop(x->s, err);
    release(x);
}

static void note_denied(struct svc_in *in, const struct peerid *peer, const char *service,
                        const struct refusal *r)
{
    in->stats.denied++;
    log_info("svc_in peer=%s service=%s refused: %s", peerid_short(peer), service, r->text);
}

/* Sends the caller away, with a reason where the protocol has room for one.  x is gone. */
static void refuse(struct inbound *x, int err)
{
    uint8_t buf[TUNNEL_WIRE_MAX];
    const struct refusal *r = refusal_of(err);
    bool is_policy = err == GW_EDENIED || err == GW_ENOSERVICE;

    if (is_policy) {
        note_denied(x->in, &x->peer, x->service, r);
    } else {
        x->in->stats.failed++;
        log_warn("svc_in peer=%s service=%s failed: %s", peerid_short(&x->peer), x->service,
                 gw_strerror(err));
    }
    if (x->is_tunnel)
        parting_start(x->in->loop, x->s, encode_answer(buf, r->status, r->text), PARTING_MS, err,
                      NULL);
    else
        stream_drop(x->s, err);
    release(x);
}

static const char *outcome(int err)
{
    if (!err)
        return "done";
    return err == GW_EDENIED ? "right taken away" : gw_strerror(err);
}

static void on_bridge_done(void *arg, int err, const struct bridge_stats *st)
{
    struct inbound *x = arg;
    log_info("svc_in peer=%s service=%s in=%" PRIu64 " out=%" PRIu64 " ms=%" PRIu64 " %s",
             peerid_short(&x->peer), x->service, st->moved[1], st->moved[0],
             clock_mono_ms() - x->began_ms, outcome(err));
    if (!x->in) {
        free(x);
        return;
    }
    x->in->stats.active--;
    release(x);
}

/* Answers OK and joins both streams.  x is gone when that fails. */
static void join(struct inbound *x, struct stream *target)
{
    uint8_t buf[TUNNEL_WIRE_MAX];
    struct bytes early = { x->held, x->nheld };

    if (!x->is_tunnel || x->s->ops->write(x->s, encode_answer(buf, TUNNEL_OK, "")) >= 0)
        x->bridge = bridge_start(target, x->s, early, x->limit, on_bridge_done, x);
    if (!x->bridge) {
        stream_drop(target, GW_ENOMEM);
        abandon(x, GW_ENOMEM);
        return;
    }
    x->state = ST_BRIDGED;
    x->in->stats.opened++;
    x->in->stats.active++;
    free(x->held);
    x->held = NULL;
    if (x->is_at_eof)
        x->s->ev->on_eof(x->s); /* it came before the bridge did */
}

static void on_dialled(void *arg, int err, int fd)
{
    struct inbound *x = arg;
    x->dial = NULL;
    if (err) {
        refuse(x, err);
        return;
    }
    struct stream *target = fdstream_new(x->in->loop, host_turn(x->in->h), fd, fd);
    if (target) {
        join(x, target);
        return;
    }
    close(fd);
    refuse(x, GW_ENOMEM);
}

/* What `peer` may know: a stranger is denied whatever it asks for. */
static int judge(struct svc_in *in, const struct peerid *peer, const struct service *s,
                 struct limit **limit)
{
    if (!authz_admits(in->authz, peer))
        return GW_EDENIED;
    return s ? authz_allows(in->authz, peer, s, limit) : GW_ENOSERVICE;
}

/* Checks the caller and dials the target.  x may be gone afterwards. */
static void serve(struct inbound *x, const struct service *s)
{
    int err = judge(x->in, &x->peer, s, &x->limit);
    if (s)
        memcpy(x->service, s->name, sizeof x->service);
    if (!err) {
        x->state = ST_DIALING;
        x->dial = dialtcp_start(x->in->loop, &s->target, x->in->dial_timeout_ms, on_dialled, x,
                                &err);
        if (x->dial)
            return;
    }
    refuse(x, err);
}

/* Reads the request once it is there.  x may be gone afterwards. */
static void try_request(struct inbound *x)
{
    struct tunnel_request r;
    int used = tunnel_decode_request((struct bytes){ x->held, x->nheld }, &r);
    if (used == 0)
        return;
    ev_timer_stop(x->in->loop, &x->deadline);
    if (used < 0) {
        abandon(x, used);
        return;
    }
    if (service_name_ok(r.service))
        memcpy(x->service, r.service.p, r.service.n);
    else
        snprintf(x->service, sizeof x->service, ":%u", r.port);
    const struct service *s = registry_by_name(x->in->services, r.service);
    if (!s)
        s = registry_by_port(x->in->services, r.port);
    x->nheld -= (size_t)used;
    memmove(x->held, x->held + used, x->nheld);
    x->s->ops->credit(x->s, (size_t)used);
    serve(x, s);
}

static int hold(struct inbound *x, struct bytes v)
{
    if (v.n == 0)
        return 0;
    if (v.n > HELD_MAX - x->nheld)
        return GW_ELIMIT;
    uint8_t *more = realloc(x->held, x->nheld + v.n);
    if (!more)
        return GW_ENOMEM;
    x->held = more;
    memcpy(x->held + x->nheld, v.p, v.n);
    x->nheld += v.n;
    return 0;
}

static void on_data(struct stream *s, struct bytes v)
{
    struct inbound *x = s->owner;
    int err = hold(x, v);
    if (err)
        abandon(x, err);
    else if (x->state == ST_REQUEST)
        try_request(x);
}

static void on_eof(struct stream *s)
{
    struct inbound *x = s->owner;
    x->is_at_eof = true;
    if (x->state == ST_REQUEST)
        abandon(x, GW_EPROTO);
}

static void on_close(struct stream *s, int err)
{
    struct inbound *x = s->owner;
    log_debug("svc_in peer=%s service=%s closed before it was open: %s", peerid_short(&x->peer),
              x->service, gw_strerror(err));
    x->in->stats.failed++;
    release(x);
}

static const struct stream_events inbound_events = {
    /* streams of a connection never ask for room */
    .on_data = on_data,
    .on_drained = stream_ignore_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
    (void)loop;
    (void)revents;
    abandon(w->data, GW_ETIMEOUT);
}

/* Takes the stream with its early octets; NULL when memory is out, and the stream is reset. */
static struct inbound *inbound_new(struct svc_in *in, struct conn *c, struct stream *s,
                                   struct bytes early, bool is_tunnel)
{
    struct inbound *x = calloc(1, sizeof *x);
    if (!x || hold(x, early) != 0) {
        free(x);
        stream_drop(s, GW_ENOMEM);
        return NULL;
    }
    x->in = in;
    x->s = s;
    x->peer = *conn_peer(c);
    x->is_tunnel = is_tunnel;
    x->began_ms = clock_mono_ms();
    ev_timer_init(&x->deadline, on_deadline, REQUEST_S, 0.);
    x->deadline.data = x;
    DL_APPEND(in->streams, x);
    stream_own(s, &inbound_events, x);
    s->ops->credit(s, 0);
    return x;
}

static void on_tunnel(void *arg, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    struct svc_in *in = arg;
    struct inbound *x = inbound_new(in, c, s, early, true);
    (void)protocol;
    if (!x)
        return;
    ev_timer_start(in->loop, &x->deadline);
    try_request(x);
}

static void on_named(void *arg, struct conn *c, struct stream *s, const char *protocol,
                     struct bytes early)
{
    struct svc_in *in = arg;
    struct inbound *x = inbound_new(in, c, s, early, false);
    if (x)
        serve(x, registry_by_name(in->services, svc_proto_service(bytes_of(protocol))));
}

/* Whoever has no right to a service is told what a service that is not there would tell. */
static bool wants_named(void *arg, const struct peerid *peer, struct bytes protocol)
{
    struct svc_in *in = arg;
    const struct service *s = registry_by_name(in->services, svc_proto_service(protocol));
    if (!s)
        return false;
    int err = judge(in, peer, s, NULL);
    if (err)
        note_denied(in, peer, s->name, refusal_of(err));
    return !err;
}

struct svc_in *svc_in_new(struct host *h, const struct registry *services, struct authz *authz,
                          uint64_t dial_timeout_ms)
{
    struct svc_in *in = calloc(1, sizeof *in);
    if (!in)
        return NULL;
    *in = (struct svc_in){ .h = h,
                           .loop = host_loop(h),
                           .services = services,
                           .authz = authz,
                           .dial_timeout_ms = dial_timeout_ms };
    in->list = svc_list_new(h, services, authz);
    if (!in->list || host_handle(h, TUNNEL_PROTOCOL, NULL, on_tunnel, in) != 0 ||
        host_handle(h, SVC_PROTO_PEERUP "*", wants_named, on_named, in) != 0 ||
        host_handle(h, SVC_PROTO_SHURLI "*", wants_named, on_named, in) != 0) {
        svc_list_free(in->list);
        free(in);
        return NULL;
    }
    return in;
}

void svc_in_free(struct svc_in *in)
{
    struct inbound *x, *next;
    if (!in)
        return;
    DL_FOREACH_SAFE (in->streams, x, next) {
        if (x->state == ST_BRIDGED) {
            DL_DELETE(in->streams, x);
            x->in = NULL;
            bridge_cancel(x->bridge, GW_ECLOSED); /* its done frees x */
            continue;
        }
        stream_drop(x->s, GW_ECLOSED);
        release(x);
    }
    svc_list_free(in->list);
    free(in);
}

void svc_in_recheck(struct svc_in *in)
{
    struct inbound *x, *next;
    DL_FOREACH_SAFE (in->streams, x, next) {
        struct limit *limit;
        const struct service *s = registry_by_name(in->services, bytes_of(x->service));
        int err = x->state == ST_REQUEST ? 0 : judge(in, &x->peer, s, &limit);
        if (err == 0 || err == GW_ENOMEM)
            continue; /* still its right; without memory only a new stream lacks its bucket */
        if (x->state == ST_BRIDGED)
            bridge_cancel(x->bridge, GW_EDENIED);
        else
            refuse(x, err);
    }
}

void svc_in_get_stats(const struct svc_in *in, struct svc_in_stats *out)
{
    *out = in->stats;
}
