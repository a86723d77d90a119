/* kad.c - see kad.h.  Puts the parts together: what each does is said in its own header. */
#include "p2p/kad.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "net/timer.h"
#include "p2p/kad_boot.h"
#include "p2p/kad_file.h"
#include "p2p/kad_keep.h"
#include "p2p/kad_publish.h"
#include "p2p/kad_query.h"
#include "p2p/kad_refresh.h"
#include "p2p/kad_serve.h"

#define JUST_MS 30000 /* so long after a refresh none is wanted */

struct kad {
    struct kad_env env;
    char *protocol, *path; /* path NULL: the table is not kept */
    bool has_joined;       /* or tried to */
    struct timer join;     /* how long lookups wait for that */
    struct kad_serve *serve;
    struct kad_keep *keep;
    struct kad_boot *boot;
    struct kad_queries queries;
    struct kad_refresh *refresh;
    struct kad_publish *publish;
};

static void save(const struct kad *k)
{
    int err = k->path ? kad_file_save(k->path, k->env.table) : 0;
    if (err)
        log_warn("dht %s: %s", k->path, gw_strerror(err));
}

static void on_refreshed(void *arg)
{
    struct kad *k = arg;

    kad_store_expire(k->env.store, (uint64_t)clock_wall_s());
    save(k);
}

static void on_asked(void *arg, const struct peerid *peer, int err)
{
    kad_keep_asked(((struct kad *)arg)->keep, peer, err);
}

static void end_joining(struct kad *k)
{
    timer_stop(&k->join);
    k->env.is_joining = false;
    kad_runs_go_on(&k->queries.runs);
}

static void on_join_deadline(void *arg)
{
    end_joining(arg);
}

static void begin_joining(struct kad *k, const struct peerid *to)
{
    if (k->has_joined || peerid_eq(to, host_peerid(k->env.host)))
        return;
    k->has_joined = true;
    k->env.is_joining = true;
    ev_now_update(host_loop(k->env.host));
    timer_start(&k->join, KAD_JOIN_MS);
}

static void on_nobody_there(void *arg)
{
    end_joining(arg);
}

/* There is somebody to ask at last. */
static void on_grown(void *arg)
{
    struct kad *k = arg;

    k->has_joined = true;
    end_joining(k);
    kad_refresh_now(k->refresh);
    kad_publish_again(k->publish);
}

static void on_identity(void *arg, struct conn *c)
{
    kad_keep_identified(((struct kad *)arg)->keep, c);
}

static const struct host_events host_events = { .on_identity = on_identity };

static void take_from_file(void *arg, const struct peerid *peer, const struct multiaddr *addrs,
                           size_t naddrs)
{
    kad_bootstrap(arg, peer, addrs, naddrs);
}

static void load(struct kad *k)
{
    int n = kad_file_load(k->path, take_from_file, k);

    if (n < 0 && n != GW_ENOTFOUND)
        log_warn("dht %s: %s", k->path, gw_strerror(n));
}

static bool make_parts(struct kad *k, const char *path)
{
    struct kad_env *env = &k->env;
    const struct peerid *self = host_peerid(env->host);

    return (k->protocol = strdup(env->cfg.protocol)) != NULL &&
           (!path || (k->path = strdup(path)) != NULL) &&
           (env->table = kad_table_new(self)) != NULL &&
           (env->store = kad_store_new(self)) != NULL && (k->serve = kad_serve_new(env)) != NULL &&
           (k->keep = kad_keep_new(env, on_grown, k)) != NULL &&
           (k->boot = kad_boot_new(env, on_nobody_there, k)) != NULL &&
           (k->refresh = kad_refresh_new(env, &k->queries.runs, on_refreshed, k)) != NULL &&
           (k->publish = kad_publish_new(&k->queries)) != NULL &&
           host_observe(env->host, &host_events, k) == 0;
}

struct kad *kad_new(struct host *h, const struct kad_config *cfg, const char *path)
{
    struct kad *k = calloc(1, sizeof *k);
    if (!k)
        return NULL;
    k->env = (struct kad_env){ .host = h, .cfg = *cfg, .asked = on_asked, .arg = k };
    k->queries.env = &k->env;
    timer_init(&k->join, host_loop(k->env.host), on_join_deadline, k);
    if (!make_parts(k, path)) {
        kad_free(k);
        return NULL;
    }
    k->env.cfg.protocol = k->protocol;
    if (path)
        load(k);
    return k;
}

void kad_free(struct kad *k)
{
    if (!k)
        return;
    if (k->env.table)
        save(k);
    timer_stop(&k->join);
    kad_publish_free(k->publish);
    kad_queries_fini(&k->queries);
    kad_refresh_free(k->refresh);
    kad_boot_free(k->boot);
    kad_keep_free(k->keep);
    kad_serve_free(k->serve);
    kad_store_free(k->env.store);
    kad_table_free(k->env.table);
    free(k->path);
    free(k->protocol);
    free(k);
}

int kad_set_server(struct kad *k, bool is_server)
{
    int err = 0;

    if (is_server == k->env.is_server)
        return 0;
    if (is_server)
        err = kad_serve_start(k->serve);
    else
        kad_serve_stop(k->serve);
    if (!err)
        k->env.is_server = is_server;
    return err;
}

bool kad_is_server(const struct kad *k)
{
    return k->env.is_server;
}

void kad_bootstrap(struct kad *k, const struct peerid *peer, const struct multiaddr *addrs,
                   size_t naddrs)
{
    begin_joining(k, peer);
    kad_boot_add(k->boot, peer, addrs, naddrs);
}

void kad_network_changed(struct kad *k)
{
    uint64_t began_ms = kad_refresh_began_ms(k->refresh);

    kad_boot_again(k->boot);
    kad_publish_again(k->publish);
    if (!began_ms || clock_mono_ms() - began_ms >= JUST_MS)
        kad_refresh_now(k->refresh);
}

struct kad_request *kad_get(struct kad *k, struct bytes key, kad_done_fn *done, void *arg)
{
    return kad_query(&k->queries, KAD_QUERY_GET, key, (struct bytes){ 0 }, done, arg);
}

struct kad_request *kad_put(struct kad *k, struct bytes key, struct bytes value, kad_done_fn *done,
                            void *arg)
{
    return kad_query(&k->queries, KAD_QUERY_PUT, key, value, done, arg);
}

struct kad_request *kad_find(struct kad *k, const struct peerid *peer, kad_done_fn *done, void *arg)
{
    return kad_query(&k->queries, KAD_QUERY_FIND, (struct bytes){ peer->mh, peer->n },
                     (struct bytes){ 0 }, done, arg);
}

struct kad_request *kad_providers(struct kad *k, struct bytes key, kad_done_fn *done, void *arg)
{
    return kad_query(&k->queries, KAD_QUERY_PROVIDERS, key, (struct bytes){ 0 }, done, arg);
}

struct kad_request *kad_provide(struct kad *k, struct bytes key, kad_done_fn *done, void *arg)
{
    return kad_query(&k->queries, KAD_QUERY_PROVIDE, key, (struct bytes){ 0 }, done, arg);
}

int kad_publish(struct kad *k, const struct name_record *r)
{
    return kad_publish_add(k->publish, r);
}

void kad_unpublish(struct kad *k, const char *name)
{
    kad_publish_remove(k->publish, name);
}

void kad_stats(const struct kad *k, struct kad_stats *out)
{
    *out = (struct kad_stats){ .contacts = kad_table_count(k->env.table),
                               .records = kad_store_records(k->env.store),
                               .provided = kad_store_provided(k->env.store),
                               .published = kad_publish_count(k->publish),
                               .lookups = k->queries.runs.begun,
                               .found = k->queries.found,
                               .is_server = k->env.is_server,
                               .is_joining = k->env.is_joining };
}

void kad_each_contact(const struct kad *k,
                      void (*each)(void *arg, const struct kad_contact *c, uint64_t heard_ms),
                      void *arg)
{
    kad_table_each(k->env.table, each, arg);
}
