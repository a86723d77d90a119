/* checkup_words.c - see checkup_words.h.  Each table is in the order of its enum. */
#include "ctl/checkup_words.h"

#define UNTOLD "no peer or relay has told yet"

struct word {
    const char *value, *meaning;
};

static const struct word ip4[] = {
    { "unknown", "the system does not tell" },
    { "none", "this machine has no IPv4 address" },
    { "private", "a router's NAT stands between this machine and the internet" },
    { "public", "this machine has an IPv4 address of its own on the internet" },
};

static const struct word ip6[] = {
    { "unknown", "the system does not tell" },
    { "none", "this machine has no IPv6 address, which would need no hole in a NAT" },
    { "private", "the IPv6 address is good in the own network only" },
    { "public", "no NAT is in the way of IPv6, at most a firewall" },
};

static const struct word udp[] = {
    { "unknown", "no connection has shown yet whether UDP passes" },
    { "works", "connections over QUIC have been made" },
    { "blocked", "TCP got through where QUIC did not: a firewall seems to drop UDP" },
};

static const struct word mapping[] = {
    { "unknown", UNTOLD " from where they see us" },
    { "none", "no NAT: others see the address that this machine has" },
    { "endpoint-independent", "the NAT gives one port for all: holes can be punched" },
    { "address- or port-dependent", "\"symmetric\": another port for each destination, so holes "
                                    "need luck or a kinder NAT there" },
};

static const struct word filtering[] = {
    { "unknown", UNTOLD " what is let in" },
    { "endpoint-independent", "whoever knows the port is let in" },
    { "address-dependent", "only machines that were sent to before are let in" },
    { "address-and-port-dependent", "only the very ports that were sent to before are let in" },
};

static const struct word reach[] = {
    { "unknown", UNTOLD " whether strangers can dial this machine" },
    { "public", "strangers can dial this machine" },
    { "private", "strangers cannot dial this machine: peers come by a relay or a punched hole" },
};

static const struct word port_map[] = {
    { "unknown", "" },
    { "off", "the router is not asked to open a port (port-map = no in gw.conf)" },
    { "none", "the router was asked, and has opened no port" },
    { "mapped", "the router leads ports to this machine" },
};

static const struct {
    const char *key;
    const struct word *words;
} findings[] = {
    { "ip4", ip4 },
    { "ip6", ip6 },
    { "udp", udp },
    { "mapping", mapping },
    { "filtering", filtering },
    { "reach", reach },
    { "port_map", port_map },
};

bool checkup_words(const struct checkup_net *net, size_t i, struct checkup_words *out)
{
    const unsigned values[] = { net->ip4,       net->ip6,   net->udp,     net->mapping,
                                net->filtering, net->reach, net->port_map };

    _Static_assert(sizeof values / sizeof *values == sizeof findings / sizeof *findings,
                   "the same in both");
    if (i >= sizeof findings / sizeof *findings)
        return false;
    const struct word *w = &findings[i].words[values[i]];
    *out = (struct checkup_words){ findings[i].key, w->value, w->meaning };
    return true;
}

const char *checkup_slot_name(enum checkup_slot s)
{
    static const char *const names[] = { "unknown", "connecting", "held", "refused", "down" };
    return names[s];
}

const char *checkup_punch_name(enum checkup_punch_state s)
{
    static const char *const names[] = { "none", "upgrading", "failed" };
    return names[s];
}

size_t checkup_held(const struct checkup_state *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->nrelays; i++)
        n += s->relays[i].slot == CHECKUP_SLOT_HELD;
    return n;
}

const char *checkup_say_relays(const struct checkup_state *s)
{
    if (!s->nrelays)
        return "no relay is configured: who cannot dial this machine does not reach it";
    if (!checkup_held(s))
        return "no relay has given a slot: who cannot dial this machine does not reach it";
    return "peers that cannot dial this machine reach it through these";
}
