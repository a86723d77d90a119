/* portmap.c - see portmap.h.
 *
 * Whatever happens - a datagram, a time that has come, an answer by UPnP - ends in run(), which
 * sends what is due, compares what is mapped with what was told, and sets the timer. */
#include "net/portmap.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "net/dns.h"
#include "net/pcp.h"
#include "net/route.h"
#include "net/sockaddr.h"
#include "net/timer.h"
#include "net/upnp.h"

#define PCP_PATIENCE_MS  6000 /* for PCP and NAT-PMP to get all, before UPnP is asked */
#define UPNP_MIN_MS      (PORTMAP_UPNP_MIN_S * UINT64_C(1000))
#define UPNP_BACKOFF_S   300 /* after a failure, doubled up to */
#define UPNP_BACKOFF_MAX 3600
#define BATCH            16 /* datagrams per wake-up */

enum { V4, V6, FAMILIES };

struct side { /* the router for one family */
    struct portmap *pm;
    bool is_on;
    struct route route;
    ev_io io;
    struct pcp pcp;
    uint64_t start_ms;
    uint64_t again_ms; /* when to ask a router again that was not there; 0: not set */
    struct mapping_port ports[MAPPING_MAX];
    size_t n;
    bool told[MAPPING_MAX];
    struct mapping what[MAPPING_MAX]; /* that was told */
};

struct portmap {
    struct ev_loop *loop;
    const struct portmap_events *events;
    void *arg;
    struct timer timer;
    struct side side[FAMILIES];
    struct upnp *upnp; /* under way, or NULL */
    struct upnp_report granted;
    uint64_t granted_until_ms; /* 0: nothing is */
    uint64_t upnp_at_ms;       /* not before */
    uint32_t backoff_s;
};

static void run_soon(struct portmap *pm)
{
    timer_start(&pm->timer, 0);
}

/* --- the router of a family */

static void on_readable(struct ev_loop *loop, ev_io *io, int revents)
{
    struct side *s = io->data;
    uint8_t buf[PCP_MAX + 1];
    (void)loop;
    (void)revents;

    for (int i = 0; i < BATCH; i++) {
        ssize_t n = recv(io->fd, buf, sizeof buf, 0);
        if (n < 0 && errno == ECONNREFUSED)
            pcp_refused(&s->pcp);
        else if (n < 0)
            break;
        else
            pcp_input(&s->pcp, (struct bytes){ buf, (size_t)n }, clock_mono_ms());
    }
    run_soon(s->pm);
}

/* A socket from the address that the router has to send to, so that it answers none else's. */
static int open_socket(const struct route *r)
{
    struct sockaddr_any from, to;

    sockaddr_from_ip(&r->source, 0, &from);
    sockaddr_from_ip(&r->gateway, PCP_PORT, &to);
    int fd = socket(to.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (bind(fd, &from.sa, from.len) == 0 && connect(fd, &to.sa, to.len) == 0)
        return fd;
    close(fd);
    return -1;
}

static void side_close(struct side *s)
{
    if (!s->is_on)
        return;
    s->is_on = false;
    ev_io_stop(s->pm->loop, &s->io);
    close(s->io.fd);
}

/* Is there a router whose mappings would be of use? */
static bool is_useful(const struct route *r)
{
    bool is_public = dns_is_public(&r->source);
    return r->is_running && r->gateway.family == r->source.family &&
           is_public == (r->source.family == 6);
}

static void side_open(struct side *s, const struct route *r, uint64_t now_ms)
{
    uint8_t nonce[PCP_NONCE_LEN];

    if (!is_useful(r) || getrandom(nonce, sizeof nonce, 0) != sizeof nonce)
        return;
    int fd = open_socket(r);
    if (fd < 0)
        return;
    s->is_on = true;
    s->route = *r;
    s->start_ms = now_ms;
    s->again_ms = 0;
    pcp_init(&s->pcp, &r->source, nonce);
    for (size_t i = 0; i < s->n; i++)
        pcp_want(&s->pcp, &s->ports[i], now_ms);
    ev_io_init(&s->io, on_readable, fd, EV_READ);
    s->io.data = s;
    ev_io_start(s->pm->loop, &s->io);
}

/* Returns whether it is another network. */
static bool side_look(struct side *s, uint8_t family, uint64_t now_ms)
{
    struct route r;

    if (route_to_internet(family, &r) != 0)
        r = (struct route){ 0 };
    if (s->is_on && route_eq(&r, &s->route)) {
        pcp_refresh(&s->pcp, now_ms);
        return false;
    }
    side_close(s);
    side_open(s, &r, now_ms);
    return true;
}

static void side_send(struct side *s, uint64_t now_ms)
{
    uint8_t buf[PCP_REQUEST_MAX];
    size_t n;

    if (s->again_ms && now_ms >= s->again_ms) {
        s->again_ms = 0;
        pcp_refresh(&s->pcp, now_ms);
    }
    while ((n = pcp_output(&s->pcp, now_ms, buf)) > 0)
        if (send(s->io.fd, buf, n, 0) < 0 && errno == ECONNREFUSED)
            pcp_refused(&s->pcp); /* of the one before */
    if (pcp_state(&s->pcp) == PCP_ABSENT && !s->again_ms)
        s->again_ms = now_ms + PORTMAP_AGAIN_S * UINT64_C(1000);
}

static uint64_t side_next(const struct side *s)
{
    uint64_t next = s->is_on ? pcp_next(&s->pcp) : UINT64_MAX;
    return s->is_on && s->again_ms && s->again_ms < next ? s->again_ms : next;
}

/* --- UPnP, where the IPv4 router leaves something to be wished for */

static bool has_all(const struct side *s)
{
    struct mapping m;

    for (size_t i = 0; i < s->n; i++)
        if (!pcp_get(&s->pcp, i, &m))
            return false;
    return true;
}

/* When UPnP is to be asked; UINT64_MAX: no reason to. */
static uint64_t upnp_next(const struct portmap *pm)
{
    const struct side *s = &pm->side[V4];

    if (!s->is_on || pm->upnp || !upnp_igd_is_built() || has_all(s))
        return UINT64_MAX;
    bool is_lost = pcp_state(&s->pcp) == PCP_ABSENT || pcp_is_refused(&s->pcp);
    uint64_t patience = is_lost ? 0 : s->start_ms + PCP_PATIENCE_MS;
    return pm->upnp_at_ms > patience ? pm->upnp_at_ms : patience;
}

static void on_upnp(void *arg, int err, const struct upnp_report *r)
{
    struct portmap *pm = arg;
    uint64_t now_ms = clock_mono_ms();

    pm->upnp = NULL;
    if (err) {
        log_debug("portmap how=upnp retry_s=%u failed: %s", pm->backoff_s, gw_strerror(err));
        pm->upnp_at_ms = now_ms + pm->backoff_s * UINT64_C(1000);
        pm->backoff_s = pm->backoff_s < UPNP_BACKOFF_MAX / 2 ? 2 * pm->backoff_s : UPNP_BACKOFF_MAX;
    } else {
        pm->granted = *r;
        pm->granted_until_ms = now_ms + UPNP_LEASE_S * UINT64_C(1000);
        pm->upnp_at_ms = now_ms + UPNP_LEASE_S * UINT64_C(1000) / 2;
        pm->backoff_s = UPNP_BACKOFF_S;
    }
    run_soon(pm);
}

static void upnp_run(struct portmap *pm, uint64_t now_ms)
{
    int err;

    if (pm->granted_until_ms && now_ms >= pm->granted_until_ms)
        pm->granted_until_ms = 0;
    if (now_ms < upnp_next(pm))
        return;
    pm->upnp_at_ms = now_ms + UPNP_MIN_MS;
    pm->upnp = upnp_start(pm->loop, pm->side[V4].ports, pm->side[V4].n, on_upnp, pm, &err);
    if (!pm->upnp)
        log_warn("portmap how=upnp could not start: %s", gw_strerror(err));
}

/* Another network: its router is another one. */
static void upnp_forget(struct portmap *pm)
{
    upnp_cancel(pm->upnp);
    pm->upnp = NULL;
    pm->granted_until_ms = 0;
    pm->upnp_at_ms = 0;
    pm->backoff_s = UPNP_BACKOFF_S;
}

static bool upnp_get(const struct portmap *pm, size_t i, struct mapping *out)
{
    if (!pm->granted_until_ms || i >= pm->granted.n || !pm->granted.v[i].external_port)
        return false;
    *out = (struct mapping){ .internal = pm->granted.v[i].internal,
                             .addr = pm->granted.addr,
                             .port = pm->granted.v[i].external_port,
                             .lifetime_s = UPNP_LEASE_S };
    out->is_public = dns_is_public(&out->addr);
    return true;
}

/* --- telling */

/* What the i-th port is mapped to now; NULL: nothing; else by what. */
static const char *mapped_by(const struct portmap *pm, int family, size_t i, struct mapping *out)
{
    const struct side *s = &pm->side[family];

    if (!s->is_on)
        return NULL;
    if (pcp_get(&s->pcp, i, out))
        return pcp_name(&s->pcp);
    return family == V4 && upnp_get(pm, i, out) ? "upnp" : NULL;
}

static void tell(struct portmap *pm, int family, size_t i)
{
    struct side *s = &pm->side[family];
    struct mapping now;
    const char *how = mapped_by(pm, family, i, &now);

    if (s->told[i] && how && mapping_eq(&now, &s->what[i]))
        return;
    if (s->told[i]) {
        s->told[i] = false;
        pm->events->on_lost(pm->arg, &s->what[i]);
    }
    if (how) {
        s->told[i] = true;
        s->what[i] = now;
        pm->events->on_mapped(pm->arg, &now, how);
    }
}

static void run(void *arg)
{
    struct portmap *pm = arg;
    uint64_t now_ms = clock_mono_ms(), next = UINT64_MAX;

    for (int f = 0; f < FAMILIES; f++)
        if (pm->side[f].is_on)
            side_send(&pm->side[f], now_ms);
    upnp_run(pm, now_ms);
    for (int f = 0; f < FAMILIES; f++)
        for (size_t i = 0; i < pm->side[f].n; i++)
            tell(pm, f, i);

    for (int f = 0; f < FAMILIES; f++)
        if (side_next(&pm->side[f]) < next)
            next = side_next(&pm->side[f]);
    if (upnp_next(pm) < next)
        next = upnp_next(pm);
    if (pm->granted_until_ms && pm->granted_until_ms < next)
        next = pm->granted_until_ms;
    if (next == UINT64_MAX)
        timer_stop(&pm->timer);
    else
        timer_start(&pm->timer, next > now_ms ? next - now_ms : 0);
}

/* --- public */

struct portmap *portmap_new(struct ev_loop *loop, const struct portmap_events *events, void *arg)
{
    struct portmap *pm = calloc(1, sizeof *pm);
    if (!pm)
        return NULL;
    pm->loop = loop;
    pm->events = events;
    pm->arg = arg;
    pm->backoff_s = UPNP_BACKOFF_S;
    timer_init(&pm->timer, loop, run, pm);
    for (int f = 0; f < FAMILIES; f++)
        pm->side[f].pm = pm;
    portmap_network_changed(pm);
    return pm;
}

void portmap_free(struct portmap *pm)
{
    uint8_t buf[PCP_REQUEST_MAX];
    size_t n;

    if (!pm)
        return;
    for (int f = 0; f < FAMILIES; f++) {
        struct side *s = &pm->side[f];
        while (s->is_on && (n = pcp_delete(&s->pcp, buf)) > 0)
            if (send(s->io.fd, buf, n, 0) < 0)
                break;
        side_close(s);
    }
    if (pm->granted_until_ms)
        upnp_release(&pm->granted);
    upnp_cancel(pm->upnp);
    timer_stop(&pm->timer);
    free(pm);
}

int portmap_want(struct portmap *pm, uint8_t family, uint8_t proto, uint16_t port)
{
    struct side *s = &pm->side[family == 4 ? V4 : V6];
    uint64_t now_ms = clock_mono_ms();

    for (size_t i = 0; i < s->n; i++)
        if (s->ports[i].proto == proto && s->ports[i].port == port)
            return 0;
    if (s->n == MAPPING_MAX)
        return GW_ELIMIT;
    s->ports[s->n] = (struct mapping_port){ .proto = proto, .port = port };
    if (s->is_on)
        pcp_want(&s->pcp, &s->ports[s->n], now_ms);
    s->n++;
    if (pm->upnp_at_ms > now_ms + UPNP_MIN_MS) /* it was for when the lease is half over */
        pm->upnp_at_ms = now_ms + UPNP_MIN_MS;
    run_soon(pm);
    return 0;
}

void portmap_network_changed(struct portmap *pm)
{
    uint64_t now_ms = clock_mono_ms();

    if (side_look(&pm->side[V4], 4, now_ms))
        upnp_forget(pm);
    side_look(&pm->side[V6], 6, now_ms);
    run_soon(pm);
}
