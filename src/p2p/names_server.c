/* names_server.c - see names_server.h.
 *
 * A request is read (msgread), judged, and answered at once, or handed on (names_poll) and answered
 * when that is over. */
#include "p2p/names_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "id/circuit_addr.h"
#include "net/parting.h"
#include "p2p/ask_quota.h"
#include "p2p/kad_contacts.h"
#include "p2p/lan_peers.h"
#include "p2p/msgread.h"
#include "wire/varint.h"

#define ENTRY_OVERHEAD 16 /* octets of an entry without addresses, at most, beside its claim */
#define ADDRS_TOLD     8  /* of one peer */

struct request {
    struct names_server *server;
    struct peerid from;
    enum addr_scope asker;   /* what it may be told */
    struct msgread *reader;  /* until the question has come */
    struct stream *s;        /* then, until it is answered */
    struct names_poll *poll; /* while it is handed on */
    struct request *prev, *next;
};

struct names_server {
    struct names_server_parts parts;
    struct ask_quota quota;
    struct request *requests;
    size_t nrequests;
    ev_timer expire;
};

static uint64_t now_s(void)
{
    return (uint64_t)clock_wall_s();
}

static struct bytes view_of(const struct peerid *id)
{
    return (struct bytes){ id->mh, id->n };
}

static void forget(struct request *r)
{
    DL_DELETE(r->server->requests, r);
    r->server->nrequests--;
    free(r);
}

/* ---- answers ---- */

static void say(struct host *h, struct stream *s, const struct names_answer *a)
{
    static uint8_t wire[NAMES_MSG_MAX + VARINT_MAX];
    int n = names_answer_encode(wire, sizeof wire, a);

    if (n > 0)
        parting_start(host_loop(h), s, (struct bytes){ wire, (size_t)n }, PARTING_MS, GW_ETIMEOUT,
                      NULL);
    else
        stream_drop(s, n);
}

static void answer(struct request *r, const struct names_answer *a)
{
    say(r->server->parts.host, r->s, a);
    forget(r);
}

static void answer_status(struct request *r, enum names_status status, const char *why)
{
    struct names_answer a = { .status = status, .why = bytes_of(why) };

    if (a.why.n > NAMES_WHY_MAX)
        a.why.n = NAMES_WHY_MAX;
    answer(r, &a);
}

/* ---- addresses ---- */

static enum addr_scope scope_of(const struct conn *c)
{
    struct muxed_info info;

    conn_info(c, &info);
    return conn_is_relayed(c) ? ADDR_SCOPE_WORLD : addr_scope_of(&info.remote);
}

/* Circuits are for the asker to make, of the relays on the way. */
static bool is_use_to(enum addr_scope asker, const struct multiaddr *a)
{
    return !circuit_addr_is(a) && addr_scope_of(a) <= asker;
}

static void tell_addrs(enum addr_scope asker, const struct multiaddr *v, size_t n,
                       struct pb_list *to)
{
    for (size_t i = 0; i < n && to->n < ADDRS_TOLD; i++)
        if (is_use_to(asker, &v[i]))
            pb_list_add(to, (struct bytes){ v[i].b, v[i].n });
}

/* What another relay told us may be of no use to who asks, or not be meant for it. */
static void keep_useful(enum addr_scope asker, struct pb_list *addrs)
{
    const struct pb_list told = *addrs;
    struct multiaddr a;

    addrs->n = 0;
    for (size_t i = 0; i < told.n; i++)
        if (multiaddr_from_bytes(told.v[i], &a) == 0 && is_use_to(asker, &a))
            pb_list_add(addrs, told.v[i]);
}

/* ---- FIND ---- */

static void on_find(struct request *r, const struct names_question *q)
{
    const struct names_server_parts *p = &r->server->parts;
    const struct names_book_entry *e = names_book_find(p->book, q->host, now_s());
    struct multiaddr own[ADDRS_TOLD];
    size_t n = 0;

    if (!e || e->expires_s <= now_s()) {
        answer_status(r, NAMES_UNKNOWN, e ? "its holder has not been seen for days" : "");
        return;
    }
    struct names_answer a = { .nentries = 1, .entries = { { .claim = e->claim } } };
    const struct multiaddr *addrs = host_conn(p->host, &e->holder)
                                        ? host_known_addrs(p->host, &e->holder, &n)
                                        : NULL;
    if (peerid_eq(&e->holder, host_peerid(p->host))) {
        n = host_announced(p->host, own, ADDRS_TOLD);
        addrs = own;
    }
    tell_addrs(r->asker, addrs, n, &a.entries[0].addrs);
    answer(r, &a);
}

static void on_polled(void *arg, const struct names_polled *found)
{
    struct request *r = arg;

    r->poll = NULL;
    if (!found->relay) {
        answer_status(r, found->status, found->said);
        return;
    }
    const struct names_answer *theirs = found->answer;
    if (theirs->nroute == NAMES_VIA_MAX) {
        answer_status(r, NAMES_LOOP, "");
        return;
    }
    struct names_answer a = { .nentries = 1,
                              .entries = { theirs->entries[0] },
                              .nroute = theirs->nroute + 1,
                              .route = { { .id = view_of(&found->relay->peer) } } };
    memcpy(a.route + 1, theirs->route, theirs->nroute * sizeof *theirs->route);
    keep_useful(r->asker, &a.entries[0].addrs);
    for (size_t i = 1; i < a.nroute; i++)
        keep_useful(r->asker, &a.route[i].addrs);
    tell_addrs(r->asker, found->relay->addrs, found->relay->naddrs, &a.route[0].addrs);
    answer(r, &a);
}

static void hand_on(struct request *r, const struct names_question *q)
{
    const struct names_server_parts *p = &r->server->parts;
    const struct network_relay *next[NAMES_POLL_MAX];
    struct pb_list via = q->via;

    pb_list_add(&via, view_of(host_peerid(p->host)));
    const struct names_poll_req req = {
        .host = q->host,
        .network = q->network,
        .via = &via,
        .relays = next,
        .nrelays = names_next_relays(p->networks, &r->from, q, next),
        .timeout_ms = NAMES_SERVER_ASK_MS - q->via.n * NAMES_SERVER_HOP_MS
    };
    r->poll = names_poll_start(p->host, &req, on_polled, r);
    if (!r->poll)
        answer_status(r, NAMES_BUSY, gw_strerror(GW_ENOMEM));
}

/* ---- the others ---- */

static enum names_status status_of(int err)
{
    switch (err) {
    case 0:
        return NAMES_OK;
    case GW_EEXISTS:
        return NAMES_TAKEN;
    case GW_ENOTFOUND:
        return NAMES_UNKNOWN;
    case GW_EPROTO:
    case GW_EDENIED:
    case GW_EINVAL:
    case GW_ETIMEOUT:
        return NAMES_MALFORMED;
    default:
        return NAMES_BUSY;
    }
}

/* What a claim was refused for, when the status does not say it. */
static const char *why_not(int err)
{
    switch (err) {
    case GW_EPROTO:
        return "the claim is malformed";
    case GW_EDENIED:
        return "the claim is another one's, or older than the one that stands";
    case GW_EINVAL:
        return "not a name of this network";
    case GW_ETIMEOUT:
        return "the claim has expired: do both clocks show the right time?";
    case 0:
    case GW_EEXISTS:
        return "";
    default:
        return gw_strerror(err);
    }
}

static void log_claim(const struct request *r, const char *name, int err)
{
    log_info("names peer=%s claims %s: %s", peerid_short(&r->from), log_esc(bytes_of(name)),
             err ? gw_strerror(err) : "done");
}

static void on_claim(struct request *r, const struct names_question *q)
{
    struct names_server *v = r->server;
    struct name_record claimed;
    char host[NAMES_HOST_MAX + 1];

    if (name_record_open(q->claim, now_s(), &claimed) != 0)
        claimed.name[0] = '\0';
    snprintf(host, sizeof host, "%.*s", (int)strcspn(claimed.name, "."), claimed.name);
    const struct names_book_entry *before = names_book_find(v->parts.book, bytes_of(host), now_s());
    bool is_renewal = before && peerid_eq(&before->holder, &r->from);
    int err = names_book_claim(v->parts.book, &r->from, q->claim, now_s());
    if (err || !is_renewal)
        log_claim(r, claimed.name, err);
    answer_status(r, status_of(err), why_not(err));
}

static void on_release(struct request *r, const struct names_question *q)
{
    struct names_server *v = r->server;
    char host[NAMES_HOST_MAX + 1] = "";

    memcpy(host, q->host.p, q->host.n); /* a label */
    int err = names_book_release(v->parts.book, &r->from, q->host, now_s());
    log_info("names peer=%s releases %s: %s", peerid_short(&r->from), host,
             err ? gw_strerror(err) : "done");
    answer_status(r, err == GW_EDENIED ? NAMES_DENIED : status_of(err),
                  err == GW_EDENIED ? "it is another one's" : "");
}

static void on_list(struct request *r, const struct names_question *q)
{
    const struct names_book *book = r->server->parts.book;
    struct names_answer a = { .nentries = 0 };
    const struct names_book_entry *e = names_book_next(book, q->host, now_s());
    size_t room = NAMES_MSG_MAX;

    for (; e && a.nentries < NAMES_ENTRIES_MAX && room >= e->claim.n + ENTRY_OVERHEAD;
         e = names_book_next(book, bytes_of(e->host), now_s())) {
        if (e->expires_s <= now_s())
            continue;
        a.entries[a.nentries++].claim = e->claim;
        room -= e->claim.n + ENTRY_OVERHEAD;
    }
    answer(r, &a);
}

/* ---- requests ---- */

static bool may_ask_again(struct names_server *v, const struct peerid *from)
{
    uint32_t n = networks_of_relay(v->parts.networks, from) ? NAMES_PER_MINUTE * NAMES_RELAY_FACTOR
                                                            : NAMES_PER_MINUTE;
    return ask_quota_take(&v->quota, from, n, clock_mono_ms());
}

static bool is_well_formed(const struct names_question *q)
{
    bool needs_host = q->type == NAMES_FIND || q->type == NAMES_RELEASE;

    return lan_name_ok(q->network) && (lan_name_ok(q->host) || (!needs_host && !q->host.n));
}

static void serve(struct request *r, const struct names_question *q)
{
    const struct names_server_parts *p = &r->server->parts;
    static void (*const serve_it[])(struct request *, const struct names_question *) = {
        [NAMES_FIND] = on_find,
        [NAMES_CLAIM] = on_claim,
        [NAMES_RELEASE] = on_release,
        [NAMES_LIST] = on_list,
    };
    enum names_status status = NAMES_MALFORMED;
    enum names_verdict verdict = NAMES_REFUSE;

    if (is_well_formed(q))
        verdict = names_judge(p->networks, host_peerid(p->host), &r->from,
                              p->is_member(p->arg, &r->from), q, &status);
    if (verdict == NAMES_ANSWER_IT)
        serve_it[q->type](r, q);
    else if (verdict == NAMES_HAND_ON)
        hand_on(r, q);
    else
        answer_status(r, status, "");
}

static void on_asker_gone(struct stream *s, int err)
{
    struct request *r = s->owner;
    (void)err;
    names_poll_cancel(r->poll);
    forget(r);
}

static const struct stream_events waiting = { .on_data = stream_ignore_data,
                                              .on_drained = stream_ignore_drained,
                                              .on_eof = stream_ignore_eof,
                                              .on_close = on_asker_gone };

static void on_question(void *arg, int err, struct stream *s, struct bytes msg, struct bytes rest)
{
    struct request *r = arg;
    struct names_question q;
    (void)rest;

    if (err) {
        log_debug("names peer=%s no question: %s", peerid_short(&r->from), gw_strerror(err));
        forget(r);
        return;
    }
    r->s = s;
    stream_own(s, &waiting, r);
    if (names_question_decode(msg, &q) <= 0)
        answer_status(r, NAMES_MALFORMED, "");
    else if (!may_ask_again(r->server, &r->from))
        answer_status(r, NAMES_BUSY, "too many questions in a minute");
    else
        serve(r, &q);
}

/* For all others there is one answer, whatever they ask. */
static bool may_ask(const struct names_server *v, const struct peerid *from)
{
    return v->parts.is_member(v->parts.arg, from) || networks_of_relay(v->parts.networks, from);
}

static bool has_room(const struct names_server *v, const struct peerid *from)
{
    const struct request *r;
    size_t theirs = 0;

    DL_FOREACH (v->requests, r)
        theirs += peerid_eq(&r->from, from);
    return v->nrequests < NAMES_PENDING_MAX && theirs < NAMES_PER_PEER_MAX;
}

static void on_stream(void *arg, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    struct names_server *v = arg;
    const struct msgread_limits limits = { NAMES_QUESTION_MAX,
                                           host_upgrade(v->parts.host)->timeout_ms };
    bool may = may_ask(v, conn_peer(c));
    const struct names_answer no = { .status = may ? NAMES_BUSY : NAMES_DENIED };
    struct request *r = may && has_room(v, conn_peer(c)) ? calloc(1, sizeof *r) : NULL;
    (void)protocol;

    if (!r) {
        s->ops->credit(s, early.n);
        say(v->parts.host, s, &no);
        return;
    }
    r->server = v;
    r->from = *conn_peer(c);
    r->asker = scope_of(c);
    DL_APPEND(v->requests, r);
    v->nrequests++;
    msgread_start(host_loop(v->parts.host), s, early, &limits, &r->reader, on_question, r);
}

static void on_expire(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct names_server *v = w->data;
    (void)loop;
    (void)revents;
    names_book_expire(v->parts.book, now_s());
}

struct names_server *names_server_new(const struct names_server_parts *p)
{
    struct names_server *v = calloc(1, sizeof *v);

    if (!v)
        return NULL;
    v->parts = *p;
    ev_timer_init(&v->expire, on_expire, 0., NAMES_EXPIRE_S);
    v->expire.data = v;
    ev_timer_start(host_loop(p->host), &v->expire);
    if (host_handle(p->host, NAMES_PROTOCOL, NULL, on_stream, v) == 0)
        return v;
    names_server_free(v);
    return NULL;
}

void names_server_free(struct names_server *v)
{
    struct request *r, *next;

    if (!v)
        return;
    ev_timer_stop(host_loop(v->parts.host), &v->expire);
    DL_FOREACH_SAFE (v->requests, r, next) {
        msgread_cancel(r->reader, GW_ECLOSED);
        names_poll_cancel(r->poll);
        if (r->s)
            stream_drop(r->s, GW_ECLOSED);
        free(r);
    }
    ask_quota_fini(&v->quota);
    free(v);
}
