/* names_claims.c - see names_claims.h. */
#include "p2p/names_claims.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/draw.h"
#include "base/err.h"
#include "base/log.h"
#include "id/circuit_addr.h"
#include "id/name_record.h"
#include "net/addr_scope.h"
#include "net/timer.h"
#include "p2p/backoff.h"
#include "p2p/names_ask.h"

#define ASK_MS           10000
#define SETTLE_MS        2000  /* addresses come and go together */
#define RENEW_GAP_MS     60000 /* between renewals that something has set off */
#define RENEW_SPREAD_MS  10000
#define RENEW_JITTER     10   /* percent */
#define DOWN_FIRST_MS    2000 /* pauses after no answer, */
#define DOWN_MAX_MS      300000
#define REFUSED_FIRST_MS 5000 /* and after a refusal: the admin may be about to let us in */
#define REFUSED_MAX_MS   3600000

struct claim { /* of one name at one relay */
    struct names_claims *all;
    char network[NETWORK_LABEL_MAX + 1], host[NETWORK_LABEL_MAX + 1];
    struct network_relay relay;
    struct names_ask *ask; /* under way */
    struct timer timer;    /* when to ask next */
    struct backoff down, refused;
    int err;
    enum names_status status;
    uint64_t claimed_s;
    uint64_t claimed_ms; /* the same by the monotonic clock */
    bool is_wanted;      /* of names_claims_refresh */
    struct claim *prev, *next;
};

struct release { /* of a name that is not to be ours any more */
    struct names_claims *all;
    struct names_ask *ask;
    struct release *prev, *next;
};

struct names_claims {
    struct host *host;
    struct announce *announce;
    const struct networks *networks;
    struct names_book *book; /* may be NULL */
    struct claim *claims;
    struct release *releases;
    struct multiaddr addrs[NAME_MSG_ADDRS_MAX]; /* that the claims tell */
    size_t naddrs;
};

/* ---- what a claim says ---- */

/* Where anybody may look for us; circuits are for the asker to make, of the relays on the way. */
static size_t list_addrs(const struct announce *a, struct multiaddr out[NAME_MSG_ADDRS_MAX])
{
    struct multiaddr all[ANNOUNCE_MAX];
    size_t n = announce_addrs(a, all, ANNOUNCE_MAX), count = 0;

    for (size_t i = 0; i < n && count < NAME_MSG_ADDRS_MAX; i++)
        if (!circuit_addr_is(&all[i]) && addr_scope_of(&all[i]) == ADDR_SCOPE_WORLD)
            out[count++] = all[i];
    return count;
}

int names_claim_seal(const struct host *h, const struct announce *a, const char *name, uint8_t *dst,
                     size_t cap)
{
    struct name_record r = { .peer = *host_peerid(h),
                             .sequence = clock_wall_ms(),
                             .expires_s = (uint64_t)clock_wall_s() + NAME_RECORD_LIFE_S };

    if ((size_t)snprintf(r.name, sizeof r.name, "%s", name) >= sizeof r.name)
        return GW_EINVAL;
    r.naddrs = list_addrs(a, r.addrs);
    return name_record_seal(host_key(h), &r, dst, cap);
}

/* ---- one claim ---- */

static void log_outcome(const struct claim *c, int err, enum names_status status, struct bytes why)
{
    const char *relay = peerid_short(&c->relay.peer);

    if (!err && status == NAMES_OK && !c->claimed_s)
        log_info("names %s.%s relay=%s claimed", c->host, c->network, relay);
    if (err == c->err && status == c->status)
        return; /* once per reason, not at every try */
    if (err)
        log_warn("names %s.%s relay=%s not claimed: %s", c->host, c->network, relay,
                 gw_strerror(err));
    else if (status != NAMES_OK)
        log_warn("names %s.%s relay=%s refused: %s%s%s%s", c->host, c->network, relay,
                 names_status_text(status), why.n ? " (" : "", why.n ? log_esc(why) : "",
                 why.n ? ")" : "");
}

static void on_answer(void *arg, int err, const struct names_answer *a)
{
    struct claim *c = arg;
    enum names_status status = a ? a->status : c->status;

    c->ask = NULL;
    log_outcome(c, err, status, a ? a->why : (struct bytes){ 0 });
    c->err = err;
    c->status = status;
    if (err && err != GW_ENOPROTO) {
        timer_start(&c->timer, backoff_next_ms(&c->down, draw_bits()));
        return;
    }
    c->down.failures = 0;
    if (err || status != NAMES_OK) {
        c->claimed_s = 0;
        timer_start(&c->timer, backoff_next_ms(&c->refused, draw_bits()));
        return;
    }
    c->refused.failures = 0;
    c->claimed_s = (uint64_t)clock_wall_s();
    c->claimed_ms = clock_mono_ms();
    timer_start(&c->timer,
                backoff_jitter_ms(NAMES_RENEW_S * UINT64_C(1000), RENEW_JITTER, draw_bits()));
}

static struct names_ask *put_question(struct names_claims *all, const struct network_relay *relay,
                                      const struct names_question *q, names_asked_fn *done,
                                      void *arg)
{
    const struct names_ask_req req = { .relay = relay->peer,
                                       .addrs = relay->addrs,
                                       .naddrs = relay->naddrs,
                                       .question = q,
                                       .timeout_ms = ASK_MS };
    return names_ask_start(all->host, &req, done, arg);
}

/* Are we that relay ourselves? */
static bool is_here(const struct claim *c)
{
    return peerid_eq(&c->relay.peer, host_peerid(c->all->host));
}

static void claim_here(struct claim *c, struct bytes claim)
{
    int err = names_book_claim(c->all->book, &c->relay.peer, claim, (uint64_t)clock_wall_s());
    const struct names_answer a = { .status = err ? NAMES_TAKEN : NAMES_OK };

    on_answer(c, err == GW_EEXISTS ? 0 : err, err && err != GW_EEXISTS ? NULL : &a);
}

static void ask(struct claim *c)
{
    char name[2 * NETWORK_LABEL_MAX + 2];
    uint8_t sealed[NAME_RECORD_MAX];

    timer_stop(&c->timer);
    snprintf(name, sizeof name, "%s.%s", c->host, c->network);
    int n = names_claim_seal(c->all->host, c->all->announce, name, sealed, sizeof sealed);
    const struct names_question q = { .type = NAMES_CLAIM,
                                      .network = bytes_of(c->network),
                                      .claim = { sealed, n > 0 ? (size_t)n : 0 } };
    if (n > 0 && is_here(c)) {
        claim_here(c, q.claim);
        return;
    }
    if (n > 0)
        c->ask = put_question(c->all, &c->relay, &q, on_answer, c);
    if (!c->ask)
        on_answer(c, n > 0 ? GW_ENOMEM : n, NULL);
}

static void on_timer(void *arg)
{
    ask(arg);
}

/* The same claim again, but not too often, and not at the moment when all others do. */
static void renew_soon(struct claim *c)
{
    uint64_t age_ms = clock_mono_ms() - c->claimed_ms;
    uint64_t rest_ms = age_ms < RENEW_GAP_MS ? RENEW_GAP_MS - age_ms : 0;

    timer_start(&c->timer, SETTLE_MS + rest_ms + draw_bits() % RENEW_SPREAD_MS);
}

static void drop(struct claim *c)
{
    names_ask_cancel(c->ask);
    timer_stop(&c->timer);
    DL_DELETE(c->all->claims, c);
    free(c);
}

/* ---- giving back ---- */

static void on_released(void *arg, int err, const struct names_answer *a)
{
    struct release *r = arg;

    if (err || a->status != NAMES_OK)
        log_info("names not released: %s", err ? gw_strerror(err) : names_status_text(a->status));
    DL_DELETE(r->all->releases, r);
    free(r);
}

static void release_here(const struct claim *c)
{
    int err = names_book_release(c->all->book, &c->relay.peer, bytes_of(c->host),
                                 (uint64_t)clock_wall_s());
    if (err)
        log_info("names %s.%s not released: %s", c->host, c->network, gw_strerror(err));
}

static void release(const struct claim *c)
{
    const struct names_question q = { .type = NAMES_RELEASE,
                                      .network = bytes_of(c->network),
                                      .host = bytes_of(c->host) };
    struct release *r = calloc(1, sizeof *r);

    if (!r)
        return;
    r->all = c->all;
    DL_APPEND(c->all->releases, r);
    r->ask = put_question(c->all, &c->relay, &q, on_released, r);
    if (!r->ask)
        on_released(r, GW_ENOMEM, NULL);
}

/* ---- all ---- */

static struct claim *find(const struct names_claims *all, const struct network *net,
                          const struct network_relay *relay)
{
    struct claim *c;

    DL_FOREACH (all->claims, c)
        if (strcmp(c->network, net->name) == 0 && strcmp(c->host, net->host) == 0 &&
            peerid_eq(&c->relay.peer, &relay->peer))
            return c;
    return NULL;
}

static struct claim *add(struct names_claims *all, const struct network *net)
{
    struct claim *c = calloc(1, sizeof *c);
    if (!c) {
        log_warn("names %s.%s not claimed: %s", net->host, net->name, gw_strerror(GW_ENOMEM));
        return NULL;
    }
    c->all = all;
    memcpy(c->network, net->name, sizeof c->network);
    memcpy(c->host, net->host, sizeof c->host);
    c->down = (struct backoff){ .first_ms = DOWN_FIRST_MS, .max_ms = DOWN_MAX_MS };
    c->refused = (struct backoff){ .first_ms = REFUSED_FIRST_MS, .max_ms = REFUSED_MAX_MS };
    timer_init(&c->timer, host_loop(c->all->host), on_timer, c);
    DL_APPEND(all->claims, c);
    return c;
}

static void want(struct names_claims *all, const struct network *net,
                 const struct network_relay *relay)
{
    struct claim *c = find(all, net, relay);

    if (!c && !(c = add(all, net)))
        return;
    c->relay = *relay;
    c->is_wanted = true;
    if (!c->ask && !c->claimed_s) {
        c->down.failures = c->refused.failures = 0;
        ask(c);
    }
}

/* Are we still called so, although this relay is none of the network any more, or not yet? */
static bool is_our_name(const struct names_claims *all, const struct claim *c)
{
    const struct network *net = networks_find(all->networks, bytes_of(c->network));
    return net && strcmp(net->host, c->host) == 0;
}

void names_claims_refresh(struct names_claims *all)
{
    const struct networks *n = all->networks;
    const struct network_relay self = { .peer = *host_peerid(all->host) };
    struct claim *c, *next;

    DL_FOREACH (all->claims, c)
        c->is_wanted = false;
    for (size_t i = 0; i < n->n; i++) {
        const struct network *net = &n->v[i];
        for (size_t k = 0; *net->host && k < net->nrelays; k++)
            want(all, net, &net->relays[k]);
        if (all->book && *net->host && strcmp(net->name, n->own) == 0)
            want(all, net, &self);
    }
    DL_FOREACH_SAFE (all->claims, c, next) {
        if (c->is_wanted)
            continue;
        if (c->claimed_s && !is_our_name(all, c))
            (is_here(c) ? release_here : release)(c);
        drop(c);
    }
}

static bool is_new_list(struct names_claims *all)
{
    struct multiaddr now[NAME_MSG_ADDRS_MAX];
    size_t n = list_addrs(all->announce, now);
    bool is_new = !multiaddrs_eq(now, n, all->addrs, all->naddrs);

    memcpy(all->addrs, now, n * sizeof *now);
    all->naddrs = n;
    return is_new;
}

static void on_announced(void *arg)
{
    struct names_claims *all = arg;
    struct claim *c;

    if (!is_new_list(all))
        return;
    DL_FOREACH (all->claims, c)
        if (!c->ask && c->claimed_s)
            renew_soon(c);
}

/* The relay is back: it may have lost what it had, and it can be asked. */
static void on_conn(void *arg, struct conn *conn)
{
    struct names_claims *all = arg;
    struct claim *c;

    DL_FOREACH (all->claims, c) {
        if (c->ask || !peerid_eq(&c->relay.peer, conn_peer(conn)))
            continue;
        if (c->claimed_s)
            renew_soon(c);
        else if (c->err)
            timer_start(&c->timer, 0);
    }
}

static const struct host_events events = { .on_conn = on_conn };

struct names_claims *names_claims_new(struct host *h, struct announce *a, const struct networks *n,
                                      struct names_book *book)
{
    struct names_claims *all = calloc(1, sizeof *all);

    if (!all)
        return NULL;
    *all = (struct names_claims){ .host = h, .announce = a, .networks = n, .book = book };
    if (host_observe(h, &events, all) == 0 && announce_on_change(a, on_announced, all) == 0)
        return all;
    free(all);
    return NULL;
}

void names_claims_free(struct names_claims *all)
{
    struct release *r, *next;

    if (!all)
        return;
    while (all->claims)
        drop(all->claims);
    DL_FOREACH_SAFE (all->releases, r, next) {
        names_ask_cancel(r->ask);
        free(r);
    }
    free(all);
}

void names_claims_each(const struct names_claims *all,
                       void (*each)(void *arg, const struct names_claim_info *i), void *arg)
{
    const struct claim *c;

    DL_FOREACH (all->claims, c) {
        const struct names_claim_info info = { .network = c->network,
                                               .host = c->host,
                                               .relay = c->relay.peer,
                                               .err = c->err,
                                               .status = c->status,
                                               .claimed_s = c->claimed_s };
        each(arg, &info);
    }
}
