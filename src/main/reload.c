/* reload.c - see reload.h. */
#include "main/reload.h"

#include "base/err.h"
#include "main/check.h"
#include "main/notify.h"

static bool is_same_list(const struct conf_list *a, const struct conf_list *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(a->v[i], b->v[i]) != 0)
            return false;
    return true;
}

static bool is_same_text(const char *a, const char *b) /* either may be NULL: none */
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* What was fixed when its layer was built. */
static void warn_of_fixed(const struct config *old, const struct config *new)
{
    const struct {
        const char *section, *key;
        bool is_same;
    } fixed[] = {
        { "node", "listen", is_same_list(&old->listen, &new->listen) },
        { "node", "port-range", is_same_text(old->port_range, new->port_range) },
        { "node", "resolve-timeout", old->resolve_timeout_ms == new->resolve_timeout_ms },
        { "node", "target-timeout", old->target_timeout_ms == new->target_timeout_ms },
        { "node", "perf", old->perf == new->perf },
        { "node", "port-map", old->port_map == new->port_map },
        { "node", "mdns", old->mdns == new->mdns },
        { "node", "name", is_same_text(old->name, new->name) },
        { "node", "resolver", is_same_list(&old->resolvers, &new->resolvers) },
        { "relay", "enabled", old->relay_enabled == new->relay_enabled },
        { "relay", "network", is_same_text(old->relay_network, new->relay_network) },
        { "dht", "mode", old->dht_mode == new->dht_mode },
        { "dht", "protocol", is_same_text(old->dht_protocol, new->dht_protocol) },
        { "dht", "query-timeout", old->dht_query_ms == new->dht_query_ms },
        { "dht", "request-timeout", old->dht_request_ms == new->dht_request_ms },
        { "dht", "refresh", old->dht_refresh_ms == new->dht_refresh_ms },
        { "dht", "republish", old->dht_republish_ms == new->dht_republish_ms },
        { "dht", "paths", old->dht_paths == new->dht_paths },
        { "dns", "lookup", old->dnsaddr == new->dnsaddr },
        { "ethereum", "rpc", is_same_text(old->eth_rpc, new->eth_rpc) },
        { "ethereum", "contract", is_same_text(old->eth_contract, new->eth_contract) },
    };
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (!fixed[i].is_same)
            log_warn("reload [%s] %s takes effect with the next start", fixed[i].section,
                     fixed[i].key);
}

/* The files were checked a moment ago; one that has changed for the worse since keeps its last good
 * content and says so in the log. */
static void reread_files(struct daemon *d)
{
    char why[CONF_ERR_MAX];

    if (authz_reload(d->authz, why, sizeof why) != 0)
        log_warn("reload %s", why);
    if (tier_static_reload(d->node.names, why, sizeof why) != 0)
        log_warn("reload %s", why);
    resolver_flush(d->node.resolver);
    svc_in_recheck(d->svc_in);
    reachable_rights_changed(&d->reachable);
}

static int swap(struct daemon *d, struct config *new, char err[CONF_ERR_MAX])
{
    int rc = inlets_apply(d->inlets, new, err);
    if (rc)
        return rc;
    warn_of_fixed(&d->config, new);
    log_set_level((enum log_level) new->log_level);
    inlets_report(d->inlets, new);
    if (node_set_config(&d->node, new) != 0)
        log_error("reload [proxy] other: %s: refuse is in force", gw_strerror(GW_ENOMEM));
    svc_in_set_udp_idle(d->svc_in, new->udp_idle_ms);
    discovery_set_config(&d->discovery, new);
    reachable_set_config(&d->reachable, new);
    registry_clear(d->services);
    rc = config_services(new, d->dir.dir, d->services, err);
    config_free(&d->config);
    d->config = *new;
    reread_files(d);
    if (rc) /* out of memory: some services are not offered, which is the safe side */
        log_error("reload %s", err);
    return 0;
}

int reload_run(struct daemon *d, char err[CONF_ERR_MAX])
{
    struct config new;

    notify_reloading();
    int rc = check_all(&d->dir, d->options, &new, err);
    if (!rc && (rc = swap(d, &new, err)) != 0)
        config_free(&new);
    if (rc)
        log_error("reload refused, the old configuration stays: %s", err);
    else
        log_info("reload done");
    notify_ready();
    return rc;
}
