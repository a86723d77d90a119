/* checkup.c - see checkup.h: looking at ourselves, and telling peers. */
#include "p2p/checkup.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "net/ifaces.h"
#include "net/parting.h"

struct checkup {
    struct checkup_parts parts;
    checkup_may_fn *may;
    void *arg;
};

/* ---- the network ---- */

/* Behind a carrier's NAT (RFC 6598). */
static bool is_shared(const struct ipaddr *ip)
{
    return ip->family == 4 && ip->b[0] == 100 && (ip->b[1] & 0xc0) == 64;
}

static enum checkup_ip best_of(uint8_t family)
{
    struct ipaddr v[IFACES_MAX];
    size_t n = ifaces_addrs(family, v, IFACES_MAX);
    enum checkup_ip best = CHECKUP_IP_NONE;

    for (size_t i = 0; i < n; i++) {
        if (!ipaddr_is_private(&v[i]) && !is_shared(&v[i]))
            return CHECKUP_IP_PUBLIC;
        if (!ipaddr_is_loopback(&v[i]))
            best = CHECKUP_IP_PRIVATE;
    }
    return best;
}

/* That a peer sees us as we see ourselves means no more than that no NAT stands between these two:
 * only public addresses are the same for everybody. */
static enum checkup_mapping mapping_of(const struct checkup *k, const struct checkup_net *net)
{
    bool is_public = net->ip4 == CHECKUP_IP_PUBLIC || net->ip6 == CHECKUP_IP_PUBLIC;

    switch (announce_mapping(k->parts.announce)) {
    case OBSERVED_NOT_MAPPED:
        return is_public ? CHECKUP_MAPPING_NONE : CHECKUP_MAPPING_UNKNOWN;
    case OBSERVED_INDEPENDENT:
        return CHECKUP_MAPPING_INDEPENDENT;
    case OBSERVED_DEPENDENT:
        return CHECKUP_MAPPING_DEPENDENT;
    default:
        return CHECKUP_MAPPING_UNKNOWN;
    }
}

enum checkup_filtering checkup_filtering(const struct autonat_finding *f, size_t n)
{
    bool is_solicited = false, has_failed = false;

    for (size_t i = 0; i < n; i++) {
        if (f[i].tally.reached)
            return CHECKUP_FILTERING_INDEPENDENT;
        is_solicited |= f[i].tally.solicited > 0;
        has_failed |= f[i].tally.failed > 0;
    }
    if (is_solicited)
        return CHECKUP_FILTERING_ADDRESS;
    return has_failed ? CHECKUP_FILTERING_PORT : CHECKUP_FILTERING_UNKNOWN;
}

/* An address that the router leads to us says nothing about its filter, and without a NAT our own
 * addresses tell of the firewall. */
static enum checkup_filtering filtering_of(const struct checkup *k, enum checkup_mapping mapping)
{
    struct autonat_finding all[ANNOUNCE_MAX];
    size_t n = autonat_findings(k->parts.autonat, all, ANNOUNCE_MAX), count = 0;

    for (size_t i = 0; i < n; i++) {
        bool is_fixed = announce_is_fixed(k->parts.announce, &all[i].address);
        if (multiaddr_is_quic(&all[i].address) && (!is_fixed || mapping == CHECKUP_MAPPING_NONE))
            all[count++] = all[i];
    }
    return checkup_filtering(all, count);
}

static void find_quic(void *arg, struct conn *c)
{
    struct muxed_info info;

    conn_info(c, &info);
    if (multiaddr_is_quic(&info.remote) && !multiaddr_is_loopback(&info.remote))
        *(bool *)arg = true;
}

static enum checkup_udp udp_of(const struct checkup *k)
{
    struct host_udp seen;
    bool is_alive = false;

    host_udp(k->parts.host, &seen);
    if (seen.ready)
        return CHECKUP_UDP_WORKS;
    if (seen.beaten)
        return CHECKUP_UDP_BLOCKED;
    host_each_conn(k->parts.host, find_quic, &is_alive);
    return is_alive ? CHECKUP_UDP_WORKS : CHECKUP_UDP_UNKNOWN;
}

static enum checkup_reach reach_of(const struct checkup *k)
{
    switch (announce_reach(k->parts.announce)) {
    case ANNOUNCE_REACH_PUBLIC:
        return CHECKUP_REACH_PUBLIC;
    case ANNOUNCE_REACH_PRIVATE:
        return CHECKUP_REACH_PRIVATE;
    default:
        return CHECKUP_REACH_UNKNOWN;
    }
}

static void look_at_net(const struct checkup *k, struct checkup_state *out)
{
    struct checkup_net *net = &out->net;

    net->ip4 = best_of(4);
    net->ip6 = best_of(6);
    net->udp = udp_of(k);
    net->reach = reach_of(k);
    net->mapping = mapping_of(k, net);
    net->filtering = filtering_of(k, net->mapping);
    net->port_map = out->mapped.n           ? CHECKUP_PORTMAP_MAPPED
                    : k->parts.has_port_map ? CHECKUP_PORTMAP_NONE
                                            : CHECKUP_PORTMAP_OFF;
}

/* ---- the rest ---- */

static void add_relay(void *arg, const struct reservation_info *i)
{
    static const enum checkup_slot slots[] = {
        [RESERVATION_CONNECTING] = CHECKUP_SLOT_CONNECTING,
        [RESERVATION_HELD] = CHECKUP_SLOT_HELD,
        [RESERVATION_REFUSED] = CHECKUP_SLOT_REFUSED,
        [RESERVATION_DOWN] = CHECKUP_SLOT_DOWN,
    };
    struct checkup_state *out = arg;

    if (out->nrelays < CHECKUP_RELAYS_MAX)
        out->relays[out->nrelays++] =
            (struct checkup_relay){ .id = i->relay, .slot = slots[i->state], .rtt_us = i->rtt_us };
}

static void look_at_punch(const struct checkup *k, const struct peerid *towards,
                          struct checkup_state *out)
{
    static const enum checkup_punch_state states[] = {
        [DCUTR_IDLE] = CHECKUP_PUNCH_NONE,
        [DCUTR_UPGRADING] = CHECKUP_PUNCH_UPGRADING,
        [DCUTR_FAILED] = CHECKUP_PUNCH_FAILED,
    };
    struct dcutr_info info;

    if (!towards || !dcutr_info(k->parts.dcutr, towards, &info))
        return;
    out->punch.state = states[info.state];
    out->punch.tries = info.tries;
    if (info.err)
        snprintf(out->punch.error, sizeof out->punch.error, "%s", gw_strerror(info.err));
}

void checkup_look(const struct checkup *k, const struct peerid *towards, struct checkup_state *out)
{
    const struct announce *a = k->parts.announce;

    *out = (struct checkup_state){ 0 };
    snprintf(out->version, sizeof out->version, "%s", k->parts.version);
    out->announced.n = announce_addrs(a, out->announced.v, PB_LIST_MAX);
    out->candidates.n = announce_candidates(a, out->candidates.v, PB_LIST_MAX);
    out->mapped.n = announce_mapped_addrs(a, out->mapped.v, PB_LIST_MAX);
    reservations_each(k->parts.reservations, add_relay, out);
    look_at_net(k, out);
    look_at_punch(k, towards, out);
}

/* ---- telling peers ---- */

static void list_addrs(const struct checkup_addrs *from, bool with_loopback, struct pb_list *to)
{
    for (size_t i = 0; i < from->n; i++)
        if (with_loopback || !multiaddr_is_loopback(&from->v[i]))
            pb_list_add(to, (struct bytes){ from->v[i].b, from->v[i].n });
}

/* Views into `from`. */
static struct checkup_msg message_of(const struct checkup_state *from, bool with_loopback)
{
    struct checkup_msg m = {
        .version = bytes_of(from->version),
        .net = from->net,
        .nrelays = from->nrelays,
        .punch = { .state = from->punch.state,
                   .tries = from->punch.tries,
                   .error = bytes_of(from->punch.error) },
    };

    list_addrs(&from->announced, with_loopback, &m.announced);
    list_addrs(&from->candidates, with_loopback, &m.candidates);
    list_addrs(&from->mapped, with_loopback, &m.mapped);
    for (size_t i = 0; i < from->nrelays; i++)
        m.relays[i] = (struct checkup_msg_relay){ .id = { from->relays[i].id.mh,
                                                          from->relays[i].id.n },
                                                  .slot = from->relays[i].slot,
                                                  .rtt_us = from->relays[i].rtt_us };
    return m;
}

static void on_stream(void *arg, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    static struct checkup_state self;
    static uint8_t wire[CHECKUP_MSG_WIRE_MAX];
    const struct checkup *k = arg;
    struct muxed_info info;
    (void)protocol;
    (void)early;

    conn_info(c, &info);
    checkup_look(k, conn_peer(c), &self);
    const struct checkup_msg m = message_of(&self, multiaddr_is_loopback(&info.remote));
    int n = checkup_msg_encode(wire, sizeof wire, &m);
    if (n < 0)
        stream_drop(s, n);
    else
        parting_start(host_loop(k->parts.host), s, (struct bytes){ wire, (size_t)n }, PARTING_MS,
                      GW_ETIMEOUT, NULL);
}

static bool wants(void *arg, const struct peerid *peer, struct bytes protocol)
{
    const struct checkup *k = arg;
    (void)protocol;
    return host_dialled(k->parts.host, peer) || k->may(k->arg, peer);
}

struct checkup *checkup_new(const struct checkup_parts *parts, checkup_may_fn *may, void *arg)
{
    struct checkup *k = malloc(sizeof *k);

    if (!k)
        return NULL;
    *k = (struct checkup){ .parts = *parts, .may = may, .arg = arg };
    if (host_handle(parts->host, CHECKUP_PROTOCOL, wants, on_stream, k) == 0)
        return k;
    free(k);
    return NULL;
}

void checkup_free(struct checkup *k)
{
    free(k);
}
