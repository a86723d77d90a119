/* reload.c - see reload.h. */
#include "main/reload.h"

#include <stdio.h>

#include "base/confdiff.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "main/check.h"
#include "main/notify.h"

static void add_fixed(void *arg, const struct conf_key *k)
{
    struct strbuf *list = arg;

    if (k->is_fixed)
        strbuf_printf(list, "%s[%s] %s", list->n ? ", " : "", k->section, k->key);
}

/* What was fixed when its layer was built. */
static void tell_fixed(const struct daemon *d, const struct config *new,
                       char later[RELOAD_LATER_MAX])
{
    struct strbuf list = { .max = RELOAD_LATER_MAX };

    confdiff(&config_schema, d->is_reloaded ? &d->first : &d->config, new, add_fixed, &list);
    if (list.n)
        log_warn("reload takes effect with the next start: %s", list.p);
    snprintf(later, RELOAD_LATER_MAX, "%s", list.n ? list.p : "");
    strbuf_free(&list);
}

/* Takes the place of the one in force. */
static void replace_config(struct daemon *d, const struct config *new)
{
    if (d->is_reloaded)
        config_free(&d->config);
    else
        d->first = d->config;
    d->is_reloaded = true;
    d->config = *new;
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

static int swap(struct daemon *d, struct config *new, char err[CONF_ERR_MAX],
                char later[RELOAD_LATER_MAX])
{
    int rc = inlets_apply(d->inlets, new, err);
    if (rc)
        return rc;
    tell_fixed(d, new, later);
    log_set_level((enum log_level) new->log_level);
    inlets_report(d->inlets, new);
    if (node_set_config(&d->node, new) != 0)
        log_error("reload [proxy] other: %s: refuse is in force", gw_strerror(GW_ENOMEM));
    svc_in_set_udp_idle(d->svc_in, new->udp_idle_ms);
    discovery_set_config(&d->discovery, new);
    reachable_set_config(&d->reachable, new);
    registry_clear(d->services);
    rc = config_services(new, d->dir.dir, d->services, err);
    replace_config(d, new);
    reread_files(d);
    if (rc) /* out of memory: some services are not offered, which is the safe side */
        log_error("reload %s", err);
    return 0;
}

int reload_run(struct daemon *d, char err[CONF_ERR_MAX], char later[RELOAD_LATER_MAX])
{
    struct config new;

    notify_reloading();
    int rc = check_all(&d->dir, d->options, &new, err);
    if (!rc && (rc = swap(d, &new, err, later)) != 0)
        config_free(&new);
    if (rc)
        log_error("reload refused, the old configuration stays: %s", err);
    else
        log_info("reload done");
    notify_ready();
    return rc;
}
