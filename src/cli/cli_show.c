/* cli_show.c - answers of the control socket as tables and short summaries. */
#include "cli/cli_show.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/cli_table.h"

#define SHORT_ID    8   /* the last characters of a peer id, as the log shows it */
#define TARGETS_MAX 300 /* octets of the targets of one service */
#define FAILURES    5   /* the latest ones, in `gw status` */

#define MISSING_BLANKS                                                         \
    5 /* columns between state and address that a missing peer has nothing for \
       */

const char *cli_show_str(const json_t *v, const char *key)
{
    const char *s = json_string_value(json_object_get(v, key));
    return s ? s : "";
}

const char *cli_show_foreign(const json_t *v, const char *key)
{
    return log_esc(bytes_of(cli_show_str(v, key)));
}

long long cli_show_num(const json_t *v, const char *key)
{
    return json_integer_value(json_object_get(v, key));
}

static void add_strings(struct cli_table *t, const char *label, const json_t *list)
{
    size_t i;
    json_t *v;

    json_array_foreach(list, i, v)
    {
        cli_table_add(t, "%s", label);
        cli_table_add(t, "%s", json_is_string(v) ? json_string_value(v) : "");
    }
}

/* What a service of this node leads to: "127.0.0.1:53, udp 127.0.0.1:53", "the internet". */
static const char *leads_to(const json_t *s, char *out, size_t cap)
{
    const char *target = cli_show_str(s, "target"), *udp = cli_show_str(s, "udp_target");

    if (json_is_true(json_object_get(s, "exit")))
        snprintf(out, cap, "the internet");
    else
        snprintf(out, cap, "%s%s%s%s", target, *target && *udp ? ", " : "", *udp ? "udp " : "",
                 udp);
    return out;
}

static void add_service_line(struct cli_table *t, const json_t *s)
{
    char target[TARGETS_MAX], port[16] = "";

    if (cli_show_num(s, "port"))
        snprintf(port, sizeof port, ":%lld", cli_show_num(s, "port"));
    cli_table_add(t, "%s%s -> %s%s", cli_show_str(s, "name"), port,
                  leads_to(s, target, sizeof target),
                  json_is_false(json_object_get(s, "enabled")) ? " (not enabled)" : "");
}

static void add_gate(struct cli_table *t, const json_t *v)
{
    size_t i;
    json_t *e;

    add_strings(t, "proxy", json_object_get(v, "proxy"));
    add_strings(t, "dns", json_object_get(v, "dns"));
    json_array_foreach(json_object_get(v, "forwards"), i, e)
    {
        cli_table_add(t, "forward");
        cli_table_add(t, "%s%s -> %s", cli_show_str(e, "listen"),
                      strcmp(cli_show_str(e, "protocol"), "udp") ? "" : "/udp",
                      cli_show_str(e, "target"));
    }
    json_array_foreach(json_object_get(v, "services"), i, e)
    {
        cli_table_add(t, "service");
        add_service_line(t, e);
    }
}

static const char *shorten(const char *id)
{
    size_t n = strlen(id);
    return n > SHORT_ID ? id + n - SHORT_ID : id;
}

/* A relay that does not let us in is told who `self` is. */
static void add_reservation(struct cli_table *t, const json_t *r, const char *self)
{
    const char *error = cli_show_str(r, "error");

    cli_table_add(t, "reservation");
    if (strcmp(cli_show_str(r, "state"), "held") == 0)
        cli_table_add(t, "at %s held, %.1f ms, load %s: %s", shorten(cli_show_str(r, "relay")),
                      json_number_value(json_object_get(r, "rtt_ms")), cli_show_str(r, "load"),
                      cli_show_str(r, "address"));
    else if (strcmp(error, gw_strerror(GW_EDENIED)) == 0)
        cli_table_add(t, "at %s %s: %s; over there: gw allow %s relay",
                      shorten(cli_show_str(r, "relay")), cli_show_str(r, "state"), error, self);
    else
        cli_table_add(t, "at %s %s%s%s", shorten(cli_show_str(r, "relay")),
                      cli_show_str(r, "state"), *error ? ": " : "", error);
}

static void add_relay(struct cli_table *t, const json_t *relay)
{
    char carried[UNITS_STR_MAX], month[UNITS_STR_MAX];

    if (!relay)
        return;
    cli_table_add(t, "relay");
    cli_table_add(t, "%lld reservations, %lld circuits, %s carried (%s this month), %lld refused",
                  cli_show_num(relay, "reservations"), cli_show_num(relay, "circuits"),
                  units_show_octets((uint64_t)cli_show_num(relay, "bytes"), carried),
                  units_show_octets((uint64_t)cli_show_num(relay, "month_bytes"), month),
                  cli_show_num(relay, "refused"));
}

/* How others reach this node. */
static void add_reach(struct cli_table *t, const json_t *v)
{
    size_t i;
    json_t *e;

    add_strings(t, "announced", json_object_get(v, "addresses"));
    cli_table_add(t, "reach");
    cli_table_add(t, "%s, NAT mapping %s", cli_show_str(v, "reach"), cli_show_str(v, "nat"));
    json_array_foreach(json_object_get(v, "reservations"), i, e)
        add_reservation(t, e, cli_show_str(v, "peer_id"));
    add_relay(t, json_object_get(v, "relay"));
}

static void add_counters(struct cli_table *t, const json_t *v)
{
    const json_t *out = json_object_get(json_object_get(v, "streams"), "out");
    const json_t *in = json_object_get(json_object_get(v, "streams"), "in");
    const json_t *memory = json_object_get(v, "memory");
    char rss[UNITS_STR_MAX], queued[UNITS_STR_MAX];

    cli_table_add(t, "peers");
    cli_table_add(t, "%zu connected", json_array_size(json_object_get(v, "peers")));
    cli_table_add(t, "streams out");
    cli_table_add(t, "%lld now, %lld opened, %lld failed", cli_show_num(out, "active"),
                  cli_show_num(out, "opened"), cli_show_num(out, "failed"));
    cli_table_add(t, "streams in");
    cli_table_add(t, "%lld now, %lld opened, %lld failed, %lld denied", cli_show_num(in, "active"),
                  cli_show_num(in, "opened"), cli_show_num(in, "failed"),
                  cli_show_num(in, "denied"));
    cli_table_add(t, "memory");
    cli_table_add(t, "%s, %s of it in queues",
                  units_show_octets((uint64_t)cli_show_num(memory, "rss_bytes"), rss),
                  units_show_octets((uint64_t)cli_show_num(memory, "queued_bytes"), queued));
}

/* The latest failures, in short: the age, what was asked for, and why not. */
static void add_failures(struct cli_table *t, const json_t *v)
{
    char ago[UNITS_STR_MAX];
    size_t i;
    json_t *e;

    json_array_foreach(json_object_get(v, "failures"), i, e)
    {
        if (i == FAILURES)
            break;
        cli_table_add(t, "failed");
        cli_table_add(t, "%s ago, %s %s: %s",
                      units_show_age((uint64_t)cli_show_num(e, "age_s"), ago),
                      cli_show_str(e, "kind"), cli_show_str(e, "target"), cli_show_str(e, "why"));
    }
}

int cli_show_status(FILE *f, const json_t *v)
{
    struct cli_table *t = cli_table_new(2);
    char up[UNITS_STR_MAX];

    cli_table_add(t, "gw");
    cli_table_add(t, "%s, pid %lld, up %s", cli_show_str(v, "version"), cli_show_num(v, "pid"),
                  units_show_age((uint64_t)cli_show_num(v, "uptime_s"), up));
    cli_table_add(t, "peer id");
    cli_table_add(t, "%s", cli_show_str(v, "peer_id"));
    add_strings(t, "fault", json_object_get(v, "faults"));
    add_strings(t, "listen", json_object_get(v, "listen"));
    add_reach(t, v);
    add_gate(t, v);
    add_counters(t, v);
    add_failures(t, v);
    return cli_table_print(t, f);
}

static void add_peer(struct cli_table *t, const json_t *p)
{
    char rx[UNITS_STR_MAX], tx[UNITS_STR_MAX];
    double rtt_ms = json_number_value(json_object_get(p, "rtt_ms"));
    const char *relay = cli_show_str(p, "relay");

    cli_table_add(t, "%s", cli_show_str(p, "name"));
    cli_table_add(t, "%s", shorten(cli_show_str(p, "id")));
    cli_table_add(t, "%s", cli_show_str(p, "state"));
    cli_table_add(t, "%s%s%s", cli_show_str(p, "path"), *relay ? " by " : "", shorten(relay));
    if (rtt_ms > 0)
        cli_table_add(t, "%.1f ms", rtt_ms);
    else
        cli_table_add(t, "%s", "");
    cli_table_add(t, "%lld", cli_show_num(p, "streams"));
    cli_table_add(t, "%s", units_show_octets((uint64_t)cli_show_num(p, "rx_bytes"), rx));
    cli_table_add(t, "%s", units_show_octets((uint64_t)cli_show_num(p, "tx_bytes"), tx));
    cli_table_add(t, "%s", cli_show_str(p, "addr"));
}

/* A peer that is kept and not there; the others are among the peers. */
static void add_missing(struct cli_table *t, const json_t *k)
{
    const char *state = cli_show_str(k, "state"), *error = cli_show_str(k, "error");

    if (strcmp(state, "down") != 0 && strcmp(state, "connecting") != 0)
        return;
    cli_table_add(t, "%s", cli_show_str(k, "name"));
    cli_table_add(t, "%s", shorten(cli_show_str(k, "id")));
    cli_table_add(t, "%s", state);
    for (int i = 0; i < MISSING_BLANKS; i++)
        cli_table_add(t, "%s", "");
    if (cli_show_num(k, "next_try_s"))
        cli_table_add(t, "next try in %lld s%s%s", cli_show_num(k, "next_try_s"),
                      *error ? ": " : "", error);
    else
        cli_table_add(t, "%s", error);
}

int cli_show_peers(FILE *f, const json_t *v)
{
    static const char *const head[] = { "NAME",    "PEER", "STATE", "PATH",   "RTT",
                                        "STREAMS", "RX",   "TX",    "ADDRESS" };
    const json_t *peers = json_object_get(v, "peers");
    struct cli_table *t = cli_table_headed(head, sizeof head / sizeof head[0]);
    size_t i;
    json_t *p;

    json_array_foreach(peers, i, p) add_peer(t, p);
    json_array_foreach(json_object_get(v, "kept"), i, p) add_missing(t, p);
    return cli_table_print(t, f);
}

static void add_port(struct cli_table *t, const json_t *s)
{
    if (cli_show_num(s, "port"))
        cli_table_add(t, "%lld", cli_show_num(s, "port"));
    else
        cli_table_add(t, "%s", "");
}

static void add_own_service(struct cli_table *t, const json_t *s)
{
    char target[TARGETS_MAX];

    cli_table_add(t, "%s", cli_show_str(s, "name"));
    add_port(t, s);
    cli_table_add(t, "%s", leads_to(s, target, sizeof target));
    cli_table_add(t, "%s", json_is_true(json_object_get(s, "enabled")) ? "yes" : "no");
}

static void add_their_service(struct cli_table *t, const json_t *s)
{
    bool tcp = json_is_true(json_object_get(s, "tcp")),
         udp = json_is_true(json_object_get(s, "udp"));

    cli_table_add(t, "%s", cli_show_foreign(s, "name"));
    add_port(t, s);
    cli_table_add(t, "%s%s%s", tcp ? "tcp" : "", tcp && udp ? ", " : "", udp ? "udp" : "");
}

int cli_show_services(FILE *f, const json_t *v)
{
    static const char *const own[] = { "NAME", "PORT", "TARGET", "ENABLED" };
    static const char *const theirs[] = { "NAME", "PORT", "PROTOCOL" };
    bool is_own = !json_object_get(v, "peer");
    size_t columns = is_own ? sizeof own / sizeof own[0] : sizeof theirs / sizeof theirs[0];
    struct cli_table *t = cli_table_headed(is_own ? own : theirs, columns);
    size_t i;
    json_t *s;

    json_array_foreach(json_object_get(v, "services"), i,
                       s)(is_own ? add_own_service : add_their_service)(t, s);
    return cli_table_print(t, f);
}

int cli_show_resolve(FILE *f, const json_t *v)
{
    struct cli_table *t = cli_table_new(2);
    const char *port;
    json_t *protocol;

    cli_table_add(t, "peer");
    cli_table_add(t, "%s", cli_show_str(v, "peer"));
    if (*cli_show_str(v, "service")) {
        cli_table_add(t, "service");
        cli_table_add(t, "%s", cli_show_str(v, "service"));
    }
    add_strings(t, "address", json_object_get(v, "addrs"));
    json_object_foreach(json_object_get(v, "protocols"), port, protocol)
    {
        cli_table_add(t, "port %s", port);
        cli_table_add(t, "%s", json_is_string(protocol) ? json_string_value(protocol) : "");
    }
    cli_table_add(t, "found by");
    cli_table_add(t, "%s", cli_show_str(v, "tier"));
    return cli_table_print(t, f);
}

static void add_direction(struct cli_table *t, const char *label, long long octets,
                          const json_t *mbit)
{
    cli_table_add(t, "%s", label);
    cli_table_add(t, "%lld octets", octets);
    cli_table_add(t, "%.1f Mbit/s", json_number_value(mbit));
}

int cli_show_perf(FILE *f, const json_t *v)
{
    struct cli_table *t = cli_table_new(3);

    add_direction(t, "up", cli_show_num(v, "up_bytes"), json_object_get(v, "up_mbit"));
    add_direction(t, "down", cli_show_num(v, "down_bytes"), json_object_get(v, "down_mbit"));
    return cli_table_print(t, f);
}
