/* svc_in.c - see svc_in.h.
 *
 *   REQUEST -> DIALLING -> CARRIED       /gw/tunnel, /gw/udp
 *              DIALLING -> CARRIED       /peerup, /shurli: the protocol id is the request
 *
 * Whoever is refused on the way gets an answer where there is one (net/parting), else a reset. */
#include "svc/svc_in.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "net/parting.h"
#include "net/timer.h"
#include "svc/introduce.h"
#include "svc/svc_carry.h"
#include "svc/svc_dial.h"
#include "svc/svc_early.h"
#include "svc/svc_list.h"
#include "svc/svc_proto.h"
#include "svc/svc_refusal.h"
#include "svc/udp_flow.h"

#define REQUEST_MS  10000
#define UDP_IDLE_MS (120u * 1000)

enum state { ST_REQUEST, ST_DIALLING, ST_CARRIED };

struct ask {       /* what a caller wants */
    bool is_named; /* by the protocol id; else with request and answer */
    bool is_udp;
    bool has_destination;
    uint64_t flow; /* of is_udp */
};

struct inbound {
    struct inbound *prev, *next;
    struct svc_in *in; /* NULL once svc_in_free has let go of what is carried */
    enum state state;
    struct conn *c;
    struct stream *s; /* NULL: it has ended already */
    struct peerid peer;
    char service[SERVICE_NAME_MAX + 1]; /* its name, or what was asked for */
    struct ask ask;
    bool is_at_eof;
    struct svc_early early; /* the request, then what came behind it */
    struct timer deadline;  /* of the request */
    struct svc_dial *dial;
    struct limit *limit; /* borrowed; NULL: none */
    struct svc_carry *carry;
    uint64_t began_ms;
};

struct svc_in {
    struct host *h;
    struct ev_loop *loop;
    const struct registry *services;
    struct authz *authz;
    struct dns *dns; /* NULL: no exit */
    struct svc_list *list;
    uint64_t dial_timeout_ms, udp_idle_ms;
    struct inbound *streams;
    struct svc_in_stats stats;
};

static struct bytes encode_answer(uint8_t buf[TUNNEL_WIRE_MAX], enum tunnel_status status,
                                  const char *text)
{
    struct tunnel_answer a = { .status = status, .text = bytes_of(text) };
    int n = tunnel_encode_answer(buf, TUNNEL_WIRE_MAX, &a);
    return (struct bytes){ buf, n > 0 ? (size_t)n : 0 };
}

/* ---- the end of a stream ---- */

/* Ends what runs for x and forgets it; its stream is somebody else's by now. */
static void release(struct inbound *x)
{
    timer_stop(&x->deadline);
    svc_dial_cancel(x->dial);
    DL_DELETE(x->in->streams, x);
    svc_early_clear(&x->early);
    free(x);
}

/* Gives up a stream whose end of the protocol was not kept, or for which memory is out.  x is
 * gone. */
static void abandon(struct inbound *x, int err)
{
    log_warn("svc_in peer=%s given up: %s", peerid_short(&x->peer), gw_strerror(err));
    x->in->stats.failed++;
    if (x->s)
        stream_drop(x->s, err);
    release(x);
}

static void note_denied(struct svc_in *in, const struct peerid *peer, const char *service,
                        const struct svc_refusal *r)
{
    in->stats.denied++;
    log_info("svc_in peer=%s service=%s refused: %s", peerid_short(peer), service, r->text);
}

/* Sends the caller away, with a reason where the protocol has room for one.  x is gone. */
static void refuse(struct inbound *x, enum svc_stage stage, int err)
{
    uint8_t buf[TUNNEL_WIRE_MAX];
    const struct svc_refusal *r = svc_refusal_of(stage, err);

    if (r->status == TUNNEL_DENIED || r->status == TUNNEL_NO_SERVICE) {
        note_denied(x->in, &x->peer, x->service, r);
    } else {
        x->in->stats.failed++;
        log_warn("svc_in peer=%s service=%s failed: %s", peerid_short(&x->peer), x->service,
                 gw_strerror(err));
    }
    if (x->ask.is_named)
        stream_drop(x->s, err);
    else
        parting_start(x->in->loop, x->s, encode_answer(buf, r->status, r->text), PARTING_MS, err,
                      NULL);
    release(x);
}

static const char *outcome(int err)
{
    if (!err)
        return "done";
    return err == GW_EDENIED ? "right taken away" : gw_strerror(err);
}

static void on_carried(void *arg, int err, const struct svc_carry_stats *st)
{
    struct inbound *x = arg;
    char datagrams[80] = "";

    if (x->ask.is_udp)
        snprintf(datagrams, sizeof datagrams, " in_datagrams=%" PRIu64 " out_datagrams=%" PRIu64,
                 st->datagrams_in, st->datagrams_out);
    log_info("svc_in peer=%s service=%s in=%" PRIu64 " out=%" PRIu64 "%s ms=%" PRIu64 " %s",
             peerid_short(&x->peer), x->service, st->octets_in, st->octets_out, datagrams,
             clock_mono_ms() - x->began_ms, outcome(err));
    if (!x->in) {
        free(x);
        return;
    }
    x->in->stats.active--;
    release(x);
}

/* ---- from the request to the target ---- */

static struct svc_carry *carry_datagrams(struct inbound *x, struct dgrams *target)
{
    struct dgrams *flow = udp_flow_new(x->c, x->s, x->ask.flow, false, svc_early_bytes(&x->early));
    if (!flow)
        return NULL;
    struct svc_carry *c = svc_carry_datagrams(x->in->loop, flow, target, x->limit,
                                              x->in->udp_idle_ms, on_carried, x);
    if (!c) {
        flow->ops->close(flow, GW_ENOMEM);
        x->s = NULL;
    }
    return c;
}

/* Answers OK and lets octets or datagrams cross.  x may be gone afterwards. */
static void carry(struct inbound *x, struct stream *target, struct dgrams *udp_target)
{
    uint8_t buf[TUNNEL_WIRE_MAX];

    if (x->ask.is_named || x->s->ops->write(x->s, encode_answer(buf, TUNNEL_OK, "")) >= 0)
        x->carry = udp_target ? carry_datagrams(x, udp_target)
                              : svc_carry_octets(x->s, target, svc_early_bytes(&x->early), x->limit,
                                                 on_carried, x);
    if (!x->carry) {
        if (udp_target)
            udp_target->ops->close(udp_target, GW_ENOMEM);
        else
            stream_drop(target, GW_ENOMEM);
        abandon(x, GW_ENOMEM);
        return;
    }
    x->state = ST_CARRIED;
    x->in->stats.opened++;
    x->in->stats.active++;
    svc_early_clear(&x->early);
    if (x->is_at_eof)
        x->s->ev->on_eof(x->s); /* it came before those did who are to hear it */
}

static const struct service *service_of(const struct inbound *x)
{
    return registry_by_name(x->in->services, bytes_of(x->service));
}

static void on_dialled(void *arg, int err, struct stream *target, struct dgrams *udp_target)
{
    struct inbound *x = arg;
    const struct service *s = service_of(x);
    struct stream *told = NULL;

    assert(s); /* svc_in_recheck refuses who has lost its service */
    x->dial = NULL;
    if (!err && target && !(told = introduce(target, s, x->c))) {
        stream_drop(target, GW_ENOMEM);
        err = GW_ENOMEM;
    }
    if (err)
        refuse(x, s->is_exit ? SVC_STAGE_EXIT : SVC_STAGE_TARGET, err);
    else
        carry(x, told, udp_target);
}

/* Does it take what is asked for?  A destination is an exit's and nobody else's; an exit that got
 * none says so itself. */
static bool offers(const struct svc_in *in, const struct service *s, const struct ask *a)
{
    if (s->is_exit)
        return in->dns && !a->is_named;
    return !a->has_destination && (a->is_udp ? s->udp_target.len : s->target.len) > 0;
}

/* What `peer` may know: a stranger is denied whatever it asks for. */
static int judge(struct svc_in *in, const struct peerid *peer, const struct service *s,
                 const struct ask *a, struct limit **limit)
{
    if (!authz_admits(in->authz, peer))
        return GW_EDENIED;
    if (!s)
        return GW_ENOSERVICE;
    int err = authz_allows(in->authz, peer, s, limit);
    if (!err && !offers(in, s, a))
        err = GW_ENOSERVICE;
    return err;
}

/* Checks the caller and sets out for the target.  x may be gone afterwards. */
static void serve(struct inbound *x, const struct service *s, struct bytes destination)
{
    int err = judge(x->in, &x->peer, s, &x->ask, &x->limit);
    if (s)
        memcpy(x->service, s->name, sizeof x->service);
    if (err) {
        refuse(x, SVC_STAGE_RIGHT, err);
        return;
    }
    struct svc_dial_req req = { .service = s,
                                .is_udp = x->ask.is_udp,
                                .destination = destination,
                                .dns = x->in->dns,
                                .timeout_ms = x->in->dial_timeout_ms };
    x->state = ST_DIALLING;
    x->dial = svc_dial_start(x->in->loop, host_turn(x->in->h), &req, on_dialled, x, &err);
    if (!x->dial)
        refuse(x, s->is_exit ? SVC_STAGE_EXIT : SVC_STAGE_TARGET, err);
}

static const struct service *service_asked_for(struct inbound *x, const struct tunnel_request *r)
{
    const struct service *s = registry_by_name(x->in->services, r->service);
    if (service_name_ok(r->service))
        memcpy(x->service, r->service.p, r->service.n);
    else
        snprintf(x->service, sizeof x->service, ":%u", r->port);
    return s ? s : registry_by_port(x->in->services, r->port);
}

static void credit_dropped(struct inbound *x)
{
    if (x->ask.is_udp)
        x->s->ops->credit(x->s, svc_early_drop_datagrams(&x->early));
}

/* Reads the request once it is there.  x may be gone afterwards. */
static void try_request(struct inbound *x)
{
    struct tunnel_request r;
    int used = tunnel_decode_request(svc_early_bytes(&x->early), &r);
    if (used == 0)
        return;
    timer_stop(&x->deadline);
    if (used < 0) {
        abandon(x, used);
        return;
    }
    uint8_t text[TUNNEL_DEST_MAX];
    struct bytes destination = { text, r.destination.n };
    if (destination.n)
        memcpy(text, r.destination.p, destination.n);
    x->ask.has_destination = destination.n > 0;
    x->ask.flow = r.flow;
    const struct service *s = service_asked_for(x, &r);
    svc_early_skip(&x->early, (size_t)used); /* the views into it are void */
    x->s->ops->credit(x->s, (size_t)used);
    credit_dropped(x);
    serve(x, s, destination);
}

static void on_data(struct stream *s, struct bytes v)
{
    struct inbound *x = s->owner;
    int err = svc_early_add(&x->early, v);
    if (err)
        abandon(x, err);
    else if (x->state == ST_REQUEST)
        try_request(x);
    else
        credit_dropped(x);
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

static void on_deadline(void *arg)
{
    abandon(arg, GW_ETIMEOUT);
}

/* ---- the protocols ---- */

/* Takes the stream with its early octets; NULL when memory is out, and the stream is reset. */
static struct inbound *inbound_new(struct svc_in *in, struct conn *c, struct stream *s,
                                   struct bytes early, struct ask ask)
{
    struct inbound *x = calloc(1, sizeof *x);
    if (!x || svc_early_add(&x->early, early) != 0) {
        free(x);
        stream_drop(s, GW_ENOMEM);
        return NULL;
    }
    x->in = in;
    x->c = c;
    x->s = s;
    x->peer = *conn_peer(c);
    x->ask = ask;
    x->began_ms = clock_mono_ms();
    timer_init(&x->deadline, x->in->loop, on_deadline, x);
    DL_APPEND(in->streams, x);
    stream_own(s, &inbound_events, x);
    s->ops->credit(s, 0);
    return x;
}

static void on_tunnel(void *arg, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    struct svc_in *in = arg;
    struct ask ask = { .is_udp = strcmp(protocol, TUNNEL_UDP_PROTOCOL) == 0 };
    struct inbound *x = inbound_new(in, c, s, early, ask);
    if (!x)
        return;
    timer_start(&x->deadline, REQUEST_MS);
    try_request(x);
}

static void on_named(void *arg, struct conn *c, struct stream *s, const char *protocol,
                     struct bytes early)
{
    struct svc_in *in = arg;
    struct inbound *x = inbound_new(in, c, s, early, (struct ask){ .is_named = true });
    if (x)
        serve(x, registry_by_name(in->services, svc_proto_service(bytes_of(protocol))),
              (struct bytes){ 0 });
}

/* Whoever has no right to a service is told what a service that is not there would tell. */
static bool wants_named(void *arg, const struct peerid *peer, struct bytes protocol)
{
    struct svc_in *in = arg;
    const struct service *s = registry_by_name(in->services, svc_proto_service(protocol));
    if (!s)
        return false;
    int err = judge(in, peer, s, &(struct ask){ .is_named = true }, NULL);
    if (err)
        note_denied(in, peer, s->name, svc_refusal_of(SVC_STAGE_RIGHT, err));
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
                           .dial_timeout_ms = dial_timeout_ms,
                           .udp_idle_ms = UDP_IDLE_MS };
    in->list = svc_list_new(h, services, authz);
    if (!in->list || host_handle(h, TUNNEL_PROTOCOL, NULL, on_tunnel, in) != 0 ||
        host_handle(h, TUNNEL_UDP_PROTOCOL, NULL, on_tunnel, in) != 0 ||
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
        if (x->state == ST_CARRIED) {
            DL_DELETE(in->streams, x);
            x->in = NULL;
            svc_carry_cancel(x->carry, GW_ECLOSED); /* its done frees x */
            continue;
        }
        stream_drop(x->s, GW_ECLOSED);
        release(x);
    }
    svc_list_free(in->list);
    free(in);
}

void svc_in_set_dns(struct svc_in *in, struct dns *dns)
{
    in->dns = dns;
}

void svc_in_set_udp_idle(struct svc_in *in, uint64_t ms)
{
    in->udp_idle_ms = ms;
}

void svc_in_recheck(struct svc_in *in)
{
    struct inbound *x, *next;
    DL_FOREACH_SAFE (in->streams, x, next) {
        struct limit *limit;
        if (x->state == ST_REQUEST)
            continue;
        int err = judge(in, &x->peer, service_of(x), &x->ask, &limit);
        if (err == 0 || err == GW_ENOMEM)
            continue; /* still its right; without memory only a new stream lacks its bucket */
        if (x->state == ST_CARRIED)
            svc_carry_cancel(x->carry, GW_EDENIED);
        else
            refuse(x, SVC_STAGE_RIGHT, err);
    }
}

void svc_in_get_stats(const struct svc_in *in, struct svc_in_stats *out)
{
    *out = in->stats;
}
