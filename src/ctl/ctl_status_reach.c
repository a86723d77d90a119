/* ctl_status_reach.c - see ctl_status_reach.h. */
#include "ctl/ctl_status_reach.h"

#include "base/clock.h"
#include "base/err.h"
#include "id/circuit_addr.h"

static const char *const reach_names[] = { [ANNOUNCE_REACH_UNKNOWN] = "unknown",
                                           [ANNOUNCE_REACH_PUBLIC] = "public",
                                           [ANNOUNCE_REACH_PRIVATE] = "private" };
static const char *const nat_names[] = { [OBSERVED_UNKNOWN] = "unknown",
                                         [OBSERVED_NOT_MAPPED] = "none",
                                         [OBSERVED_INDEPENDENT] = "independent",
                                         [OBSERVED_DEPENDENT] = "dependent" };
static const char *const reservation_names[] = { [RESERVATION_CONNECTING] = "connecting",
                                                 [RESERVATION_HELD] = "held",
                                                 [RESERVATION_REFUSED] = "refused",
                                                 [RESERVATION_DOWN] = "down" };

/* "" for 0 */
static const char *error_text(int err)
{
    return err ? gw_strerror(err) : "";
}

/* ---- peers ---- */

/* The relay that the address leads through; "" when it is no such address. */
static const char *print_relay(const struct multiaddr *remote, char out[PEERID_STR_MAX])
{
    struct multiaddr via;
    struct peerid relay;

    return circuit_addr_split(remote, &via, &relay) ? peerid_print(&relay, out) : "";
}

int ctl_status_reach_peer(const struct ctl_deps *d, const struct conn *c, json_t *peer)
{
    struct muxed_info info;
    struct path_info path;
    char relay[PEERID_STR_MAX];
    bool is_relayed = conn_is_relayed(c);

    conn_info(c, &info);
    paths_info(d->paths, conn_peer(c), &path);
    int rc = json_object_set_new(peer, "state", json_string(path_state_name(path.state)));
    if (!rc)
        rc = json_object_set_new(peer, "path", json_string(is_relayed ? "relayed" : "direct"));
    if (!rc && is_relayed)
        rc = json_object_set_new(peer, "relay", json_string(print_relay(&info.remote, relay)));
    if (!rc && !info.rtt_us)
        rc = json_object_set_new(peer, "rtt_ms", json_real((double)path.rtt_us / 1000));
    return rc;
}

struct walk {
    const struct ctl_deps *d;
    json_t *list;
};

static json_int_t seconds_until(uint64_t at_ms)
{
    uint64_t now_ms = clock_mono_ms();
    return at_ms > now_ms ? (json_int_t)((at_ms - now_ms + 999) / 1000) : 0;
}

static void add_kept(void *arg, const struct peerid *peer)
{
    struct walk *w = arg;
    const char *name = tier_static_name_of(w->d->names, peer);
    char id[PEERID_STR_MAX];
    struct path_info path;

    paths_info(w->d->paths, peer, &path);
    json_array_append_new(
        w->list, json_pack("{s:s, s:s, s:s, s:I, s:s}", "id", peerid_print(peer, id), "name",
                           name ? name : "", "state", path_state_name(path.state), "next_try_s",
                           seconds_until(path.next_try_ms), "error", error_text(path.err)));
}

json_t *ctl_status_reach_kept(const struct ctl_deps *d)
{
    struct walk w = { d, json_array() };

    paths_each_kept(d->paths, add_kept, &w);
    return w.list;
}

/* ---- this node ---- */

static json_t *address_list(const struct ctl_deps *d)
{
    struct multiaddr addrs[ANNOUNCE_MAX];
    char text[MULTIADDR_STR_MAX];
    json_t *list = json_array();
    size_t n = host_announced(d->host, addrs, ANNOUNCE_MAX);

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(multiaddr_print(&addrs[i], text)));
    return list;
}

static void add_reservation(void *arg, const struct reservation_info *i)
{
    char id[PEERID_STR_MAX], address[MULTIADDR_STR_MAX] = "";

    if (i->address.n)
        multiaddr_print(&i->address, address);
    json_array_append_new(
        arg, json_pack("{s:s, s:s, s:s, s:I, s:f, s:s, s:s}", "relay", peerid_print(&i->relay, id),
                       "state", reservation_names[i->state], "address", address, "expires",
                       (json_int_t)i->expires_s, "rtt_ms", (double)i->rtt_us / 1000, "load",
                       relay_load_name(i->load), "error", error_text(i->err)));
}

static json_t *reservation_list(const struct ctl_deps *d)
{
    json_t *list = json_array();

    reservations_each(d->reservations, add_reservation, list);
    return list;
}

static json_t *relay_counters(const struct relay *r)
{
    struct relay_stats s;

    relay_stats(r, &s);
    return json_pack("{s:i, s:i, s:I, s:I, s:I}", "reservations", (int)s.reservations, "circuits",
                     (int)s.circuits, "bytes", (json_int_t)s.bytes, "month_bytes",
                     (json_int_t)s.month_bytes, "refused", (json_int_t)s.refused);
}

int ctl_status_reach_add(const struct ctl_deps *d, json_t *status)
{
    const struct announce *a = d->announce;
    int rc = json_object_set_new(status, "addresses", address_list(d));

    if (!rc)
        rc = json_object_set_new(status, "reach", json_string(reach_names[announce_reach(a)]));
    if (!rc)
        rc = json_object_set_new(status, "nat", json_string(nat_names[announce_mapping(a)]));
    if (!rc)
        rc = json_object_set_new(status, "reservations", reservation_list(d));
    if (!rc && d->relay)
        rc = json_object_set_new(status, "relay", relay_counters(d->relay));
    return rc;
}
