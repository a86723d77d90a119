/* daemon.c - see daemon.h. */
#include "main/daemon.h"

#include <gw/version.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/headroom.h"
#include "main/activation.h"
#include "main/check.h"
#include "main/confchange.h"
#include "main/notify.h"
#include "main/reload.h"
#include "p2p/federation.h"
#include "p2p/perf.h"
#include "p2p/ping.h"
#include "web/pages.h"

/* ---- what the layers ask ---- */

/* A relay has a public role: it tells strangers what they may not do (specs, relay/circuit-v2).  So
 * has a DHT server. */
static bool is_welcome(const struct daemon *d, const struct peerid *peer)
{
    if (d->reachable.relay || discovery_is_public(&d->discovery))
        return true;
    return d->authz && authz_admits(d->authz, peer); /* a start that failed may have none */
}

static bool on_admit(void *arg, const struct peerid *peer)
{
    struct daemon *d = arg;
    char id[PEERID_STR_MAX];

    if (is_welcome(d, peer) ||
        (d->reachable.autonat && autonat_expects(d->reachable.autonat, peer)))
        return true;
    log_info("conn peer=%s dir=in refused: %s", peerid_print(peer, id),
             d->authz && authz_knows(d->authz, peer) ? "its line of authorized_keys has expired"
                                                     : "no line of authorized_keys names it");
    return false;
}

static void close_if_denied(void *arg, struct conn *c)
{
    const struct daemon *d = arg;
    if (conn_is_inbound(c) && !is_welcome(d, conn_peer(c)) &&
        !host_dialled(d->node.host, conn_peer(c)))
        conn_close(c, GW_EDENIED);
}

/* May the peer use the relay that we are? */
static bool is_member(void *arg, const struct peerid *peer)
{
    static const struct service relay = { .name = SERVICE_RELAY, .is_enabled = true };
    const struct daemon *d = arg;
    return authz_allows(d->authz, peer, &relay, NULL) == 0;
}

static bool on_relay_use(void *arg, const struct relay_wish *w)
{
    const struct daemon *d = arg;

    if (w->use == RELAY_RESERVE && d->config.relay_public)
        return true;
    return federation_may(d->discovery.networks, w, is_member(arg, &w->peer));
}

/* Whoever may use something here may also know why it does not reach it well. */
static bool on_checkup(void *arg, const struct peerid *peer)
{
    const struct daemon *d = arg;
    return authz_admits(d->authz, peer);
}

static void on_names(void *arg)
{
    struct daemon *d = arg;
    discovery_names_changed(&d->discovery);
    reachable_names_changed(&d->reachable);
}

static void on_network(void *arg)
{
    struct daemon *d = arg;
    discovery_network_changed(&d->discovery);
}

/* What a network's relay may do here is the right of the peer that it is. */
static void on_network_relays(void *arg)
{
    struct daemon *d = arg;
    reachable_rights_changed(&d->reachable);
}

static void on_rights_changed(void *arg)
{
    struct daemon *d = arg;
    if (d->svc_in)
        svc_in_recheck(d->svc_in);
    reachable_rights_changed(&d->reachable);
    host_each_conn(d->node.host, close_if_denied, d);
}

static void ctl_proxies(void *arg, ctl_each_listener_fn *each, void *each_arg)
{
    const struct daemon *d = arg;
    inlets_each_proxy(d->inlets, each, each_arg);
}

static void ctl_dns(void *arg, ctl_each_listener_fn *each, void *each_arg)
{
    const struct daemon *d = arg;
    inlets_each_dns(d->inlets, each, each_arg);
}

static void ctl_forwards(void *arg, ctl_each_forward_fn *each, void *each_arg)
{
    const struct daemon *d = arg;
    inlets_each_forward(d->inlets, each, each_arg);
}

static int ctl_reload(void *arg, char *said, size_t cap)
{
    char why[CONF_ERR_MAX] = "", later[RELOAD_LATER_MAX];
    int rc = reload_run(arg, why, later);
    snprintf(said, cap, "%s", rc ? why : later);
    return rc;
}

static int ctl_check(void *arg, char *err, size_t cap)
{
    const struct daemon *d = arg;
    char why[CONF_ERR_MAX] = "";
    struct config c;
    int rc = check_all(&d->dir, d->options, &c, why);

    if (!rc)
        config_free(&c);
    snprintf(err, cap, "%s", why);
    return rc;
}

static int ctl_edit_network(void *arg, const struct ctl_network_edit *e, char *err, size_t cap)
{
    struct daemon *d = arg;
    char why[CONF_ERR_MAX] = "", later[RELOAD_LATER_MAX];
    int rc = ctl_check(d, err, cap); /* what could not be re-read is not changed either */

    if (rc)
        return rc;
    rc = confchange_network(d->dir.conf, d->options, e, why);
    if (!rc)
        rc = reload_run(d, why, later);
    snprintf(err, cap, "%s", why);
    return rc;
}

static void ctl_stop(void *arg)
{
    struct daemon *d = arg;
    ev_break(d->loop, EVBREAK_ALL);
}

static void on_stop_signal(struct ev_loop *loop, ev_signal *w, int revents)
{
    (void)w;
    (void)revents;
    ev_break(loop, EVBREAK_ALL);
}

static void on_hup_signal(struct ev_loop *loop, ev_signal *w, int revents)
{
    struct daemon *d = w->data;
    char why[CONF_ERR_MAX], later[RELOAD_LATER_MAX];
    (void)loop;
    (void)revents;
    if (d->inlets)                 /* else we are stopping, which takes a few turns of the loop */
        reload_run(d, why, later); /* logs how it went */
}

/* ---- start ---- */

static void raise_descriptor_limit(void)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) != 0)
        return;
    r.rlim_cur = r.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &r) != 0)
        log_warn("descriptors limit cannot be raised");
}

static void watch_signals(struct daemon *d)
{
    signal(SIGPIPE, SIG_IGN);
    ev_signal_init(&d->on_int, on_stop_signal, SIGINT);
    ev_signal_init(&d->on_term, on_stop_signal, SIGTERM);
    ev_signal_init(&d->on_hup, on_hup_signal, SIGHUP);
    d->on_int.data = d->on_term.data = d->on_hup.data = d;
    ev_signal_start(d->loop, &d->on_int);
    ev_signal_start(d->loop, &d->on_term);
    ev_signal_start(d->loop, &d->on_hup);
}

/* Directory, lock, configuration: all that can be refused before anything runs. */
static int prepare(struct daemon *d, char err[CONF_ERR_MAX])
{
    int rc = nodedir_open(&d->dir, d->options->dir, d->options->conf, err);
    if (!rc && !(d->command = options_command(d->options)))
        rc = conf_fail_plain(err, GW_ENOMEM);
    if (!rc)
        rc = nodedir_lock(&d->dir, err);
    if (rc == GW_EINUSE && d->options->nover) { /* such as -L 5432:home:db */
        size_t n = strlen(err);
        snprintf(err + n, CONF_ERR_MAX - n,
                 ": write what the options say into its gw.conf, and gw reload");
    }
    if (!rc)
        rc = check_all(&d->dir, d->options, &d->config, err);
    if (!rc)
        log_set_level((enum log_level)d->config.log_level);
    return rc;
}

/* The far side: services and what every libp2p node answers. */
static int start_services(struct daemon *d)
{
    struct host *h = d->node.host;
    int rc = ping_serve(h);

    if (!rc && d->config.perf)
        rc = perf_serve(h);
    if (rc)
        return rc;
    d->svc_in = svc_in_new(h, d->services, d->authz, d->config.target_timeout_ms);
    if (!d->svc_in)
        return GW_ENOMEM;
    svc_in_set_dns(d->svc_in, d->node.dns);
    svc_in_set_udp_idle(d->svc_in, d->config.udp_idle_ms);
    return 0;
}

/* All ports, of the near side and of the node. */
static int open_ports(struct daemon *d, char err[CONF_ERR_MAX])
{
    struct node *n = &d->node;
    int passed[ACTIVATION_MAX];
    int rc = node_open(n, d->loop, &d->config, &d->dir, on_admit, d, err);

    if (rc)
        return rc;
    d->inlets = inlets_new(n, &d->config, pages_get, &d->deps, d->command);
    if (!d->inlets)
        return conf_fail_plain(err, GW_ENOMEM);
    inlets_adopt(d->inlets, passed, activation_take(passed));
    rc = inlets_apply(d->inlets, &d->config, err);
    return rc ? rc : node_listen(n, &d->config.listen, d->config.port_range, &d->dir, err);
}

static int open_checkup(struct daemon *d)
{
    const struct checkup_parts parts = { .host = d->node.host,
                                         .announce = d->node.announce,
                                         .autonat = d->reachable.autonat,
                                         .dcutr = d->reachable.dcutr,
                                         .reservations = d->reachable.reservations,
                                         .has_port_map = d->reachable.portmap != NULL,
                                         .version = GW_VERSION };

    d->checkup = checkup_new(&parts, on_checkup, d);
    d->loss = loss_serve(d->node.host, on_checkup, d);
    return d->checkup && d->loss ? 0 : GW_ENOMEM;
}

/* What is likely to fail comes before what has something to log: then the error is all there is to
 * read. */
static int start_layers(struct daemon *d, char err[CONF_ERR_MAX])
{
    int rc;

    if (!(d->services = registry_new()))
        return conf_fail_plain(err, GW_ENOMEM);
    if ((rc = config_services(&d->config, d->dir.dir, d->services, err)) != 0 ||
        (rc = open_ports(d, err)) != 0)
        return rc;
    d->authz = authz_new(d->loop, d->dir.authorized_keys, d->services, on_rights_changed, d);
    rc = d->authz ? start_services(d) : GW_ENOMEM;
    if (!rc)
        rc = discovery_open(&d->discovery, &d->node, &d->config, &d->dir, is_member, d);
    if (!rc)
        rc = reachable_open(&d->reachable, &d->node, &d->config, &d->dir, on_relay_use, d);
    if (!rc)
        rc = open_checkup(d);
    /* Last, because they lead to all of the above; whoever calls them finds none until now. */
    d->discovery.on_relays = on_network_relays;
    d->node.on_names = on_names;
    d->node.on_network = on_network;
    d->node.on_arg = d;
    return rc ? conf_fail_plain(err, rc) : 0;
}

static void log_start(const struct daemon *d)
{
    char id[PEERID_STR_MAX], at[MULTIADDR_STR_MAX];
    struct multiaddr addrs[32];
    size_t n = host_listen_addrs(d->node.host, addrs, sizeof addrs / sizeof addrs[0]);

    log_info("gw version=%s peer=%s dir=%s", GW_VERSION,
             peerid_print(host_peerid(d->node.host), id), d->dir.dir);
    for (size_t i = 0; i < n; i++)
        log_info("node listen=%s", multiaddr_print(&addrs[i], at));
    inlets_report(d->inlets, &d->config);
    if (!registry_count(d->services) && !d->reachable.relay && access(d->dir.names, F_OK) != 0)
        log_info("gw offers no services and knows no names yet: see EXAMPLES in `man gw`, and "
                 "README.md");
}

/* Last of all the control socket: once it answers, everything stands. */
static int open_control(struct daemon *d, char err[CONF_ERR_MAX])
{
    struct node *n = &d->node;
    d->deps = (struct ctl_deps){
        .loop = d->loop,
        .turn = n->turn,
        .host = n->host,
        .resolver = n->resolver,
        .registry = d->services,
        .authz = d->authz,
        .front = n->front,
        .svc_in = d->svc_in,
        .names = n->names,
        .checkup = d->checkup,
        .announce = n->announce,
        .paths = d->reachable.paths,
        .reservations = d->reachable.reservations,
        .relay = d->reachable.relay,
        .networks = d->discovery.networks,
        .claims = d->discovery.claims,
        .book = d->discovery.book,
        .kad = d->discovery.kad,
        .version = GW_VERSION,
        .command = d->command,
        .start_ms = d->start_ms,
        .arg = d,
        .proxies = ctl_proxies,
        .dns = ctl_dns,
        .forwards = ctl_forwards,
        .reload = ctl_reload,
        .check = ctl_check,
        .edit_network = ctl_edit_network,
        .stop = ctl_stop,
    };
    int rc = ctl_open(&d->deps, d->dir.ctl, &d->ctl);
    return rc ? conf_fail(err, rc, "%s: %s", d->dir.ctl, gw_strerror(rc)) : 0;
}

/* ---- end ---- */

/* Clients first, then the peers are told, then what answered them goes. */
static void stop(struct daemon *d)
{
    ctl_close(d->ctl);
    inlets_free(d->inlets);
    d->inlets = NULL;
    node_stop(&d->node);
    loss_server_free(d->loss);
    checkup_free(d->checkup);
    reachable_close(&d->reachable);
    discovery_close(&d->discovery);
    svc_in_free(d->svc_in);
    node_close(&d->node);
    authz_free(d->authz);
    registry_free(d->services);
    config_free(&d->config);
    config_free(&d->first);
    nodedir_close(&d->dir);
    free(d->command);
    ev_signal_stop(d->loop, &d->on_int);
    ev_signal_stop(d->loop, &d->on_term);
    ev_signal_stop(d->loop, &d->on_hup);
    signal(SIGHUP, SIG_IGN); /* too late for a reload, which is no reason to die */
    ev_loop_destroy(d->loop);
}

int daemon_run(const struct options *o)
{
    ev_set_allocator(headroom_realloc); /* its own gives up the process */
    struct daemon d = {
        .options = o, .dir.lock = -1, .loop = ev_loop_new(EVFLAG_AUTO), .start_ms = clock_mono_ms()
    };
    char err[CONF_ERR_MAX];

    if (!d.loop) {
        fprintf(stderr, "gw: %s\n", gw_strerror(GW_ENOMEM));
        return EXIT_FAILURE;
    }
    raise_descriptor_limit();
    watch_signals(&d);
    int rc = prepare(&d, err);
    if (!rc)
        rc = start_layers(&d, err);
    if (!rc)
        rc = open_control(&d, err);
    if (rc) {
        fprintf(stderr, "gw: %s\n", err);
    } else {
        log_start(&d);
        notify_ready();
        ev_run(d.loop, 0);
        notify_stopping();
        log_info("gw stopping");
    }
    stop(&d);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}
