/* diagnosis.c - see diagnosis.h: a table of causes, each asked whether it applies. */
#include "ctl/diagnosis.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/err.h"
#include "id/ipaddr.h"

#define HERE "this machine"

/* ---- writing ---- */

__attribute__((format(printf, 3, 4))) static void cause(struct diagnosis *d, const char *key,
                                                        const char *fmt, ...)
{
    va_list ap;

    if (d->ncauses == DIAGNOSIS_CAUSES_MAX)
        return;
    d->causes[d->ncauses].key = key;
    va_start(ap, fmt);
    vsnprintf(d->causes[d->ncauses++].text, DIAGNOSIS_TEXT_MAX, fmt, ap);
    va_end(ap);
}

/* What has been said is not said again. */
__attribute__((format(printf, 2, 3))) static void cure(struct diagnosis *d, const char *fmt, ...)
{
    va_list ap;

    if (d->ncures == DIAGNOSIS_CURES_MAX)
        return;
    va_start(ap, fmt);
    vsnprintf(d->cures[d->ncures], DIAGNOSIS_TEXT_MAX, fmt, ap);
    va_end(ap);
    for (size_t i = 0; i < d->ncures; i++)
        if (strcmp(d->cures[i], d->cures[d->ncures]) == 0)
            return;
    d->ncures++;
}

/* ---- one end ---- */

/* "UDP port 4001", or "the UDP port of gw" when it is not known.  What a machine listens on is
 * among its private addresses; without any, its public ones are its own. */
static const char *port_name(const struct checkup_state *s, char out[32])
{
    uint16_t found = 0, port;
    bool is_found_private = false;
    struct ipaddr ip;

    for (size_t i = 0; s && i < s->candidates.n; i++) {
        if (!multiaddr_as_quic(&s->candidates.v[i], &ip, &port))
            continue;
        if (!found || (ipaddr_is_private(&ip) && !is_found_private))
            found = port;
        is_found_private |= ipaddr_is_private(&ip);
    }
    if (found)
        snprintf(out, 32, "UDP port %u", found);
    else
        snprintf(out, 32, "the UDP port of gw");
    return out;
}

/* A way in past the NAT or firewall of one end. */
static void cure_way_in(struct diagnosis *d, const struct checkup_state *s, const char *who)
{
    char port[32];

    port_name(s, port);
    if (s && s->net.mapping == CHECKUP_MAPPING_NONE) {
        cure(d, "let %s in through the firewall of %s", port, who);
        return;
    }
    if (s && s->net.port_map == CHECKUP_PORTMAP_OFF)
        cure(d,
             "set port-map = yes under [node] in gw.conf on %s, if its router takes such requests",
             who);
    cure(d, "on the router in front of %s, forward %s to it", who, port);
}

static void cure_ways_in(struct diagnosis *d, const struct diagnosis_facts *f)
{
    cure_way_in(d, f->here, HERE);
    cure_way_in(d, f->there, f->name);
}

static bool has_ip6(const struct checkup_state *s)
{
    return s->net.ip6 == CHECKUP_IP_PUBLIC;
}

/* Over IPv6 there is a firewall at most. */
static void cure_by_ip6(struct diagnosis *d, const struct diagnosis_facts *f)
{
    char port[32];

    if (!f->there)
        return;
    if (has_ip6(f->here) && has_ip6(f->there))
        cure(d, "both ends have IPv6: let %s in through the IPv6 firewall of %s",
             port_name(f->there, port), f->name);
    else if (has_ip6(f->here) || has_ip6(f->there))
        cure(d, "get IPv6 for %s: the other end has it, and it needs no NAT",
             has_ip6(f->here) ? f->name : HERE);
}

static bool is_symmetric(const struct checkup_state *s)
{
    return s && s->net.mapping == CHECKUP_MAPPING_DEPENDENT;
}

/* ---- the peer is not connected ---- */

/* Somebody answered, and said no: nothing else matters then. */
static bool has_answered(const struct diagnosis_facts *f)
{
    return f->err == GW_EDENIED || f->err == GW_EIDENTITY || f->is_refused;
}

static void say_unknown_name(const struct diagnosis_facts *f, struct diagnosis *d)
{
    if (f->is_resolved)
        return;
    cause(d, "unknown-name", "nobody who was asked knows the name %s", f->name);
    cure(d, "put a line with %s and its peer id into the names file, or check the spelling",
         f->name);
}

static void say_no_address(const struct diagnosis_facts *f, struct diagnosis *d)
{
    if (!f->is_resolved || f->ndirect || f->ncircuits)
        return;
    cause(d, "no-address", "no address of %s is known", f->name);
    cure(d, "put an address of %s, or of a relay that it uses, behind its id in the names file",
         f->name);
}

static void say_denied(const struct diagnosis_facts *f, struct diagnosis *d)
{
    if (f->err != GW_EDENIED)
        return;
    cause(d, "denied", "%s refuses this machine: no line of its authorized_keys names it", f->name);
    cure(d, "on %s: gw allow %s", f->name, f->self);
}

static void say_identity(const struct diagnosis_facts *f, struct diagnosis *d)
{
    if (f->err != GW_EIDENTITY)
        return;
    cause(d, "identity", "another machine, or one with a new key, answers where %s should",
          f->name);
    cure(d, "compare the id of %s in the names file with what gw id prints there", f->name);
}

static void say_refused(const struct diagnosis_facts *f, struct diagnosis *d)
{
    if (!f->is_refused)
        return;
    cause(d, "refused", "the machine of %s answers, but gw does not listen at that port", f->name);
    cure(d, "start gw on %s, or correct the port of its address in the names file", f->name);
}

static void say_relay_down(const struct diagnosis_facts *f, struct diagnosis *d)
{
    if (!f->ncircuits || f->circuit_ok || f->is_absent || has_answered(f))
        return;
    cause(d, "relay-down", "no relay that leads to %s could be used", f->name);
    cure(d, "name a relay that runs under [node] in gw.conf on %s: relay = ADDRESS", f->name);
}

static void say_no_relay(const struct diagnosis_facts *f, struct diagnosis *d)
{
    if (f->ncircuits || !f->ndirect || f->direct_ok || has_answered(f))
        return;
    cause(d, "no-relay", "no relay is known that leads to %s", f->name);
    cure(d, "if %s is behind a NAT: name a relay under [node] in its gw.conf: relay = ADDRESS",
         f->name);
    cure_way_in(d, NULL, f->name);
}

static void say_unstable(const struct diagnosis_facts *f, struct diagnosis *d)
{
    if ((!f->direct_ok && !f->circuit_ok) || has_answered(f))
        return;
    cause(d, "unstable", "%s answers, but the connection did not last: %s", f->name,
          gw_strerror(f->err));
    cure(d, "see what the log of gw says on %s", f->name);
}

static void say_offline(const struct diagnosis_facts *f, struct diagnosis *d)
{
    size_t n = f->ndirect + f->ncircuits;

    if (!n || f->direct_ok || f->circuit_ok || has_answered(f))
        return;
    if (f->is_absent)
        cause(d, "offline", "%s is offline: its relay has not heard of it", f->name);
    else
        cause(d, "offline",
              "%s is offline or cannot be dialled: none of its %zu addresses answered", f->name, n);
    cure(d, "see that gw runs on %s and that its network is up", f->name);
}

static void say_own_relays(const struct diagnosis_facts *f, struct diagnosis *d)
{
    if (has_answered(f))
        return;
    for (size_t i = 0; i < f->here->nrelays; i++)
        if (f->here->relays[i].slot == CHECKUP_SLOT_HELD)
            return;
    if (f->here->nrelays)
        cause(d, "own-relays-down", "none of the %zu relays of this machine can be reached either",
              f->here->nrelays);
}

/* ---- it is, but not as it should be ---- */

static void say_kept_to_relay(const struct diagnosis_facts *f, struct diagnosis *d)
{
    cause(d, "path-is-relay", "gw.conf on " HERE " has path = relay for %s: all goes over a relay",
          f->name);
    cure(d, "set path = any in that [peer] section");
}

static void say_punching(const struct diagnosis_facts *f, struct diagnosis *d)
{
    if (f->here->punch.state != CHECKUP_PUNCH_UPGRADING &&
        (!f->there || f->there->punch.state != CHECKUP_PUNCH_UPGRADING))
        return;
    cause(d, "punching", "a direct path is being tried right now");
    cure(d, "ask again in a few seconds");
}

static void say_answers(const struct diagnosis_facts *f, struct diagnosis *d)
{
    if (f->direct_ok)
        cause(d, "direct-answers", "%s answers directly just now: what is in use was opened before",
              f->name);
}

static void say_no_dcutr(const struct diagnosis_facts *f, struct diagnosis *d)
{
    if (f->speaks_dcutr)
        return;
    cause(d, "no-dcutr", "the program on %s does not punch holes (/libp2p/dcutr)", f->name);
    cure_ways_in(d, f);
}

static void say_udp_of(struct diagnosis *d, const char *key, const struct checkup_state *s,
                       const char *who)
{
    if (!s || s->net.udp != CHECKUP_UDP_BLOCKED)
        return;
    cause(d, key, "UDP does not pass on the side of %s", who);
    cure(d, "let UDP out, and its answers in, through the firewall of %s", who);
}

static void say_udp_blocked(const struct diagnosis_facts *f, struct diagnosis *d)
{
    say_udp_of(d, "udp-blocked-here", f->here, HERE);
    say_udp_of(d, "udp-blocked-there", f->there, f->name);
}

static void say_both_symmetric(const struct diagnosis_facts *f, struct diagnosis *d)
{
    if (!is_symmetric(f->here) || !is_symmetric(f->there))
        return;
    cause(
        d, "both-symmetric",
        "both NATs give each destination another port (\"symmetric\"), so neither end knows where "
        "to dial the other");
    cure_ways_in(d, f);
    cure_by_ip6(d, f);
}

/* One NAT changes ports, and the other lets in only the port that it was sent to. */
static void say_symmetric_and_filtered(const struct diagnosis_facts *f, struct diagnosis *d)
{
    if (!f->there || is_symmetric(f->here) == is_symmetric(f->there))
        return;
    bool is_here = is_symmetric(f->here);
    const struct checkup_state *other = is_here ? f->there : f->here;
    if (other->net.filtering != CHECKUP_FILTERING_PORT)
        return;
    cause(
        d, "symmetric-and-filtered",
        "the NAT of %s gives each destination another port, and that of %s lets in no port but the "
        "one it sent to",
        is_here ? HERE : f->name, is_here ? f->name : HERE);
    cure_ways_in(d, f);
    cure_by_ip6(d, f);
}

static void say_firewall_of(struct diagnosis *d, const char *key, const struct checkup_state *s,
                            const char *who)
{
    if (!s || s->net.mapping != CHECKUP_MAPPING_NONE || s->net.reach != CHECKUP_REACH_PRIVATE)
        return;
    cause(d, key, "%s has no NAT, but a firewall keeps others out", who);
    cure_way_in(d, s, who);
}

static void say_firewall(const struct diagnosis_facts *f, struct diagnosis *d)
{
    say_firewall_of(d, "firewall-here", f->here, HERE);
    say_firewall_of(d, "firewall-there", f->there, f->name);
}

static void say_punch_failed(const struct diagnosis_facts *f, struct diagnosis *d)
{
    const struct checkup_state *by = f->here->punch.tries || !f->there ? f->here : f->there;

    if (by->punch.state != CHECKUP_PUNCH_FAILED)
        return;
    cause(d, "punch-failed", "hole punching was tried %u time%s and failed%s%s", by->punch.tries,
          by->punch.tries == 1 ? "" : "s", *by->punch.error ? ": " : "", by->punch.error);
    cure_ways_in(d, f);
    cure_by_ip6(d, f);
}

static void say_unclear(const struct diagnosis_facts *f, struct diagnosis *d)
{
    if (d->ncauses)
        return;
    cause(d, "unclear", "%s",
          f->there ? "no hole has been punched yet, and nothing known is in the way"
                   : "too little is known of the other end");
    cure(d, "ask again in a minute");
}

static void say_over_tcp(const struct diagnosis_facts *f, struct diagnosis *d)
{
    if (!f->is_tcp)
        return;
    cause(d, "over-tcp", "the direct path is TCP: slower than QUIC where packets get lost");
    say_udp_blocked(f, d);
}

static void say_lossy(const struct diagnosis_facts *f, struct diagnosis *d)
{
    double out = f->loss ? loss_percent_out(f->loss) : 0,
           in = f->loss ? loss_percent_in(f->loss) : 0;

    if (out < DIAGNOSIS_LOSS_MIN && in < DIAGNOSIS_LOSS_MIN)
        return;
    cause(d, "lossy", "%.1f %% of the packets to %s get lost, and %.1f %% of those from it", out,
          f->name, in);
    cure(
        d,
        "ping the router at each end: where that loses packets too, it is the Wi-Fi; a cable, or a "
        "place nearer to it, helps");
    cure(d, "see whether something else fills the line of " HERE " or of %s", f->name);
}

/* ---- the table ---- */

typedef void say_fn(const struct diagnosis_facts *f, struct diagnosis *d);

static say_fn *const of_unconnected[] = {
    say_unknown_name, say_no_address, say_denied,   say_identity,    say_refused,    say_relay_down,
    say_unstable,     say_offline,    say_no_relay, say_udp_blocked, say_own_relays, NULL,
};

static say_fn *const of_relayed[] = {
    say_punching,       say_answers,
    say_no_dcutr,       say_udp_blocked,
    say_both_symmetric, say_symmetric_and_filtered,
    say_firewall,       say_punch_failed,
    say_unclear,        NULL,
};

static say_fn *const of_direct[] = { say_over_tcp, say_lossy, NULL };

static say_fn *const of_kept_to_relay[] = { say_kept_to_relay, NULL };

void diagnosis_make(const struct diagnosis_facts *f, struct diagnosis *out)
{
    say_fn *const *say = !f->is_connected    ? of_unconnected
                         : f->keeps_to_relay ? of_kept_to_relay
                         : f->is_relayed     ? of_relayed
                                             : of_direct;

    out->ncauses = out->ncures = 0;
    for (; *say; say++)
        (*say)(f, out);
}
