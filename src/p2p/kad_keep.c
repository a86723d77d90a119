/* kad_keep.c - see kad_keep.h. */
#include "p2p/kad_keep.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "p2p/kad_rpc.h"

struct check { /* of a doubtful contact */
    struct kad_keep *of;
    struct kad_rpc *rpc; /* NULL: free */
    struct peerid peer;
};

struct kad_keep {
    const struct kad_env *env;
    void (*grown)(void *arg);
    void *arg;
    uint64_t heard_ms; /* of anybody; 0: never */
    struct check checks[KAD_KEEP_CHECKS_MAX];
};

static bool is_at(const struct multiaddr *a, const struct ipaddr *ip)
{
    struct ipaddr at;
    uint16_t port;
    return multiaddr_as_socket(a, &at, &port) && ipaddr_eq(&at, ip);
}

/* Those at the IP that it is met on, first; without one the address that it is met on. */
static size_t addrs_of(const struct conn *c, struct multiaddr out[KAD_ADDRS_MAX])
{
    struct muxed_info info;
    struct ipaddr ip = { 0 };
    uint16_t port;
    size_t nknown, n = 0;
    const struct multiaddr *known = host_known_addrs(conn_host(c), conn_peer(c), &nknown);

    conn_info(c, &info);
    multiaddr_as_socket(&info.remote, &ip, &port);
    for (size_t i = 0; i < nknown && n < KAD_ADDRS_MAX; i++)
        if (is_at(&known[i], &ip))
            out[n++] = known[i];
    if (!n)
        out[n++] = info.remote;
    for (size_t i = 0; i < nknown && n < KAD_ADDRS_MAX; i++)
        if (!is_at(&known[i], &ip))
            out[n++] = known[i];
    return n;
}

static void on_checked(void *arg, int err, const struct kad_msg *answer)
{
    struct check *c = arg;
    (void)err; /* kad_keep_asked knows */
    (void)answer;
    c->rpc = NULL;
}

/* There was no room for this one: is who is longest in its bucket still there? */
static void doubt(struct kad_keep *k, const struct peerid *newcomer, uint64_t now_ms)
{
    const struct kad_msg ping = { .type = KAD_PING };
    struct check *free_one = NULL;
    struct kad_contact old;

    if (now_ms < KAD_KEEP_DOUBT_MS ||
        !kad_table_doubtful(k->env->table, newcomer, now_ms - KAD_KEEP_DOUBT_MS, &old))
        return;
    for (size_t i = 0; i < KAD_KEEP_CHECKS_MAX; i++) {
        struct check *c = &k->checks[i];
        if (!c->rpc)
            free_one = c;
        else if (peerid_eq(&c->peer, &old.peer))
            return;
    }
    if (!free_one)
        return;
    free_one->of = k;
    free_one->peer = old.peer;
    free_one->rpc = kad_rpc_start(k->env, &old, &ping, on_checked, free_one);
}

static void take(struct kad_keep *k, const struct conn *c)
{
    struct kad_table *t = k->env->table;
    uint64_t now_ms = clock_mono_ms();
    struct multiaddr addrs[KAD_ADDRS_MAX];
    struct kad_contact contact = { .peer = *conn_peer(c), .addrs = addrs };

    kad_id_of_peer(&contact.peer, &contact.id);
    contact.naddrs = addrs_of(c, addrs);
    k->heard_ms = now_ms;
    enum kad_heard heard = kad_table_heard(t, &contact, now_ms);
    if (heard == KAD_HEARD_ADDED) {
        log_debug("kad peer=%s in the table: %zu", peerid_short(&contact.peer), kad_table_count(t));
        if (kad_table_count(t) == 1)
            k->grown(k->arg);
    } else if (heard == KAD_HEARD_FULL) {
        doubt(k, &contact.peer, now_ms);
    }
}

void kad_keep_identified(struct kad_keep *k, struct conn *c)
{
    if (conn_is_relayed(c))
        return;
    if (conn_speaks(c, k->env->cfg.protocol))
        take(k, c);
    else
        kad_table_remove(k->env->table, conn_peer(c));
}

/* Reasons of ours say nothing of the peer. */
static bool is_its_fault(const struct kad_keep *k, int err)
{
    return err != GW_ENOMEM && err != GW_ENOFD && err != GW_ELIMIT && k->heard_ms &&
           clock_mono_ms() - k->heard_ms < KAD_KEEP_LATELY_MS;
}

void kad_keep_asked(struct kad_keep *k, const struct peerid *peer, int err)
{
    struct conn *c = err ? NULL : host_conn_by(k->env->host, peer, HOST_PATH_DIRECT);

    if (err == GW_ENOPROTO)
        kad_table_remove(k->env->table, peer);
    else if (err && is_its_fault(k, err))
        kad_table_failed(k->env->table, peer);
    else if (c && conn_identity(c)->is_known && conn_speaks(c, k->env->cfg.protocol))
        take(k, c); /* else identify brings it */
}

struct kad_keep *kad_keep_new(const struct kad_env *env, void (*grown)(void *arg), void *arg)
{
    struct kad_keep *k = calloc(1, sizeof *k);
    if (k)
        *k = (struct kad_keep){ .env = env, .grown = grown, .arg = arg };
    return k;
}

void kad_keep_free(struct kad_keep *k)
{
    if (!k)
        return;
    for (size_t i = 0; i < KAD_KEEP_CHECKS_MAX; i++)
        kad_rpc_cancel(k->checks[i].rpc);
    free(k);
}
