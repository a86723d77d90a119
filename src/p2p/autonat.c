/* autonat.c - see autonat.h: joins autonat_core.h to the host. */
#include "p2p/autonat.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "net/timer.h"
#include "p2p/autonat_client.h"
#include "p2p/autonat_server.h"
#include "p2p/autonat_wire.h"

struct autonat {
    struct host *host;
    struct announce *announce;
    struct autonat_server *server; /* NULL: we dial nobody back */
    struct autonat_client *client;
    struct autonat_core core;
    struct timer timer; /* what the core has due */
};

static void wait(struct autonat *n)
{
    timer_start_at(&n->timer, autonat_core_due(&n->core));
}

static void look_at_addrs(struct autonat *n)
{
    struct autonat_address v[ANNOUNCE_MAX];
    struct multiaddr addrs[ANNOUNCE_MAX];
    size_t count = announce_public(n->announce, addrs, ANNOUNCE_MAX);

    for (size_t i = 0; i < count; i++) {
        v[i] = (struct autonat_address){ .at = addrs[i],
                                         .is_fixed = announce_is_fixed(n->announce, &addrs[i]) };
        announce_is_claim(n->announce, &addrs[i], &v[i].claimed_by);
    }
    autonat_core_set_addrs(&n->core, v, count, clock_mono_ms());
}

static void on_vote(void *arg, int err, const struct autonat_vote *vote);

static int ask(struct autonat *n, const struct autonat_question *q)
{
    struct conn *c = host_conn(n->host, &q->peer);

    if (!c || !autonat_client_can_ask(c))
        return GW_EOFFLINE;
    return autonat_client_ask(n->client, c, q->addrs, q->naddrs, on_vote, n);
}

static void tell(const struct autonat *n)
{
    struct multiaddr proven[ANNOUNCE_MAX];
    size_t count = 0;

    for (size_t i = 0; i < n->core.nfindings; i++)
        if (n->core.findings[i].reach == ANNOUNCE_REACH_PUBLIC)
            proven[count++] = n->core.findings[i].address;
    announce_set_proven(n->announce, proven, count);
    announce_set_reach(n->announce, n->core.reach);
}

/* Does what the core wants. */
static void run(struct autonat *n)
{
    struct autonat_question q;

    while (autonat_core_next(&n->core, clock_mono_ms(), &q) && ask(n, &q) != 0)
        autonat_core_unasked(&n->core);
    tell(n);
    wait(n);
}

static void on_vote(void *arg, int err, const struct autonat_vote *vote)
{
    static const char *const answers[] = { "failed", "solicited", "reached" };
    struct autonat *n = arg;
    const char *peer = peerid_short(&n->core.asked);
    char text[MULTIADDR_STR_MAX];

    if (err)
        log_debug("autonat peer=%s ask failed: %s", peer, gw_strerror(err));
    else
        log_debug("autonat peer=%s addr=%s answer=%s", peer, multiaddr_print(&vote->address, text),
                  answers[vote->answer]);
    look_at_addrs(n);
    autonat_core_answer(&n->core, err, vote, clock_mono_ms());
    run(n);
}

static void on_timer(void *arg)
{
    struct autonat *n = arg;

    look_at_addrs(n);
    autonat_core_tick(&n->core, clock_mono_ms());
    run(n);
}

/* ---- what changes ---- */

/* Sees by which connection the peer can be asked now, if it serves us. */
static void look_at_peer(struct autonat *n, const struct peerid *peer)
{
    struct conn *c = host_conn(n->host, peer);
    struct autonat_way way;
    struct muxed_info info;
    uint16_t port;
    bool has_way = false;

    if (c && autonat_client_can_ask(c)) {
        conn_info(c, &info);
        has_way = multiaddr_as_socket(&info.remote, &way.from, &port);
        way.is_v2 = conn_speaks(c, AUTONAT2_DIAL_PROTOCOL);
    }
    autonat_core_set_way(&n->core, peer, has_way ? &way : NULL, clock_mono_ms());
    wait(n);
}

static void on_conn(void *arg, struct conn *c)
{
    look_at_peer(arg, conn_peer(c));
}

static void on_conn_close(void *arg, struct conn *c, int err)
{
    (void)err;
    look_at_peer(arg, conn_peer(c));
}

static const struct host_events host_events = {
    .on_conn = on_conn,
    .on_identity = on_conn,
    .on_conn_close = on_conn_close,
};

static void on_announced(void *arg)
{
    look_at_addrs(arg);
    wait(arg);
}

struct autonat *autonat_new(struct host *h, struct announce *a, bool serves)
{
    struct autonat *n = calloc(1, sizeof *n);
    if (!n)
        return NULL;
    n->host = h;
    n->announce = a;
    autonat_core_init(&n->core, clock_mono_ms());
    timer_init(&n->timer, host_loop(h), on_timer, n);
    if ((n->client = autonat_client_new(h)) && (!serves || (n->server = autonat_server_new(h))) &&
        host_observe(h, &host_events, n) == 0 && announce_on_change(a, on_announced, n) == 0) {
        wait(n);
        return n;
    }
    autonat_free(n);
    return NULL;
}

void autonat_free(struct autonat *n)
{
    if (!n)
        return;
    timer_stop(&n->timer);
    autonat_client_free(n->client);
    autonat_server_free(n->server);
    free(n);
}

void autonat_set_pace(struct autonat *n, const struct autonat_pace *pace)
{
    autonat_core_set_pace(&n->core, pace, clock_mono_ms());
    wait(n);
}

void autonat_network_changed(struct autonat *n)
{
    autonat_client_cancel(n->client);
    autonat_core_network_changed(&n->core, clock_mono_ms());
    tell(n);
    wait(n);
}

bool autonat_expects(struct autonat *n, const struct peerid *peer)
{
    return autonat_client_expects(n->client, peer);
}

size_t autonat_findings(const struct autonat *n, struct autonat_finding *out, size_t max)
{
    size_t count = n->core.nfindings < max ? n->core.nfindings : max;

    memcpy(out, n->core.findings, count * sizeof *out);
    return count;
}
