/* mdns.c - see mdns.h. */
#include "p2p/mdns.h"

#include <stdlib.h>
#include <sys/random.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "id/multiaddr.h"
#include "net/timer.h"
#include "p2p/mdns_core.h"

#define LOOK_MS 30000 /* links without an address of ours come and go unannounced */

struct listener {
    lan_peers_fn *fn;
    void *arg;
    struct listener *next;
};

struct mdns {
    struct host *host;
    struct ev_loop *loop;
    struct lan_peers *peers;
    struct mdns_core *core;
    struct mdns_port *port; /* NULL: nothing to say, or not to be had */
    bool is_started, is_asker;
    bool is_failure_told;
    uint64_t looked_ms;
    struct timer timer;
    struct listener *listeners;
};

static void on_news(void *arg, const struct lan_peer *p)
{
    const struct mdns *m = arg;
    const struct listener *l;

    log_debug("mdns peer=%s name=%s addrs=%zu heard", peerid_short(&p->peer), p->name, p->naddrs);
    LL_FOREACH (m->listeners, l)
        l->fn(l->arg, p);
}

/* Sends what is due, and sets the clock for what comes next. */
static void pump(struct mdns *m)
{
    uint8_t msg[MDNS_MSG_MAX];
    uint64_t now_ms = clock_mono_ms();
    struct mdns_link to;
    size_t n;

    while (m->port && (n = mdns_core_output(m->core, now_ms, &to, msg)) > 0)
        mdns_port_send(m->port, &to, (struct bytes){ msg, n });
    timer_start_at(&m->timer, m->port ? mdns_core_next(m->core) : UINT64_MAX);
}

static void on_datagram(void *arg, const struct mdns_peer *from, struct bytes v)
{
    struct mdns *m = arg;
    uint8_t msg[MDNS_MSG_MAX];
    size_t n = mdns_core_input(m->core, from, v, clock_mono_ms(), msg);

    if (n)
        mdns_port_reply(m->port, from, (struct bytes){ msg, n });
    pump(m);
}

/* Those that others on the LAN can dial. */
static size_t lan_addrs(const struct mdns *m, struct multiaddr out[MDNS_ADDRS_MAX])
{
    struct multiaddr all[MDNS_ADDRS_MAX];
    size_t n = 0, nall = m->is_asker ? 0 : host_listen_addrs(m->host, all, MDNS_ADDRS_MAX);

    for (size_t i = 0; i < nall; i++)
        if (!multiaddr_is_loopback(&all[i]))
            out[n++] = all[i];
    return n;
}

static void open_port(struct mdns *m)
{
    int err = m->port ? 0 : mdns_port_open(m->loop, on_datagram, m, &m->port);

    if (err && !m->is_failure_told)
        log_warn("mdns port=%d %s: peers on the LAN are not found", MDNS_PORT, gw_strerror(err));
    m->is_failure_told = err != 0;
}

/* Looks at addresses and interfaces. */
static void look(struct mdns *m)
{
    struct multiaddr addrs[MDNS_ADDRS_MAX];
    struct mdns_link links[MDNS_LINKS_MAX];
    size_t n = lan_addrs(m, addrs);
    uint64_t now_ms = clock_mono_ms();

    m->looked_ms = now_ms;
    mdns_core_set_addrs(m->core, addrs, n, now_ms);
    if (n || m->is_asker) {
        open_port(m);
    } else {
        mdns_port_close(m->port);
        m->port = NULL;
    }
    n = m->port ? mdns_port_join(m->port, links) : 0;
    mdns_core_set_links(m->core, links, n, now_ms);
}

static void on_timer(void *arg)
{
    struct mdns *m = arg;

    if (clock_mono_ms() - m->looked_ms >= LOOK_MS)
        look(m);
    pump(m);
}

struct mdns *mdns_new(struct host *h, const char *name)
{
    uint8_t random[MDNS_RANDOM];
    struct mdns *m = calloc(1, sizeof *m);

    if (!m)
        return NULL;
    m->host = h;
    m->loop = host_loop(h);
    timer_init(&m->timer, m->loop, on_timer, m);
    if (getrandom(random, sizeof random, 0) != sizeof random ||
        !(m->peers = lan_peers_new(on_news, m)) ||
        !(m->core = mdns_core_new(host_peerid(h), name, random, m->peers))) {
        mdns_free(m);
        return NULL;
    }
    return m;
}

static void say_goodbye(struct mdns *m)
{
    uint8_t msg[MDNS_MSG_MAX];
    struct mdns_link links[MDNS_LINKS_MAX];
    size_t n = mdns_core_bye(m->core, msg);
    size_t nlinks = n ? mdns_port_join(m->port, links) : 0;

    for (size_t i = 0; i < nlinks; i++)
        mdns_port_send(m->port, &links[i], (struct bytes){ msg, n });
}

void mdns_free(struct mdns *m)
{
    struct listener *l, *next;

    if (!m)
        return;
    if (m->port)
        say_goodbye(m);
    mdns_port_close(m->port);
    timer_stop(&m->timer);
    LL_FOREACH_SAFE (m->listeners, l, next)
        free(l);
    mdns_core_free(m->core);
    lan_peers_free(m->peers);
    free(m);
}

void mdns_start(struct mdns *m)
{
    m->is_started = true;
    look(m);
    pump(m);
}

void mdns_start_asking(struct mdns *m)
{
    m->is_asker = true;
    mdns_core_set_asker(m->core);
}

void mdns_network_changed(struct mdns *m)
{
    if (!m->is_started)
        return;
    look(m);
    mdns_core_restart(m->core, clock_mono_ms());
    pump(m);
}

bool mdns_ask(struct mdns *m)
{
    if (m->is_asker && !m->is_started)
        mdns_start(m);
    if (!m->port)
        return false;
    mdns_core_ask(m->core, clock_mono_ms());
    pump(m);
    return true;
}

const struct lan_peers *mdns_peers(const struct mdns *m)
{
    return m->peers;
}

int mdns_on_news(struct mdns *m, lan_peers_fn *fn, void *arg)
{
    struct listener *l = calloc(1, sizeof *l);
    if (!l)
        return GW_ENOMEM;
    l->fn = fn;
    l->arg = arg;
    LL_APPEND(m->listeners, l);
    return 0;
}
