/* cli_show.c - answers of the control socket as tables and short summaries. */
#include "cli/cli_show.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "cli/cli_table.h"

#define SHORT_ID 8 /* the last characters of a peer id, as the log shows it */

const char *cli_show_str(const json_t *v, const char *key)
{
    const char *s = json_string_value(json_object_get(v, key));
    return s ? s : "";
}

/* What another peer has chosen. */
static const char *foreign(const json_t *v, const char *key)
{
    return log_esc(bytes_of(cli_show_str(v, key)));
}

static long long num(const json_t *v, const char *key)
{
    return json_integer_value(json_object_get(v, key));
}

static const char *short_id(const json_t *v)
{
    const char *id = cli_show_str(v, "id");
    size_t n = strlen(id);
    return n > SHORT_ID ? id + n - SHORT_ID : id;
}

/* "5s", "12m", "3h 5m", "2d 4h" */
static const char *age(long long s, char out[32])
{
    if (s < 60)
        snprintf(out, 32, "%llds", s);
    else if (s < 3600)
        snprintf(out, 32, "%lldm", s / 60);
    else if (s < 86400)
        snprintf(out, 32, "%lldh %lldm", s / 3600, s / 60 % 60);
    else
        snprintf(out, 32, "%lldd %lldh", s / 86400, s / 3600 % 24);
    return out;
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

static void add_gate(struct cli_table *t, const json_t *v)
{
    size_t i;
    json_t *e;

    add_strings(t, "proxy", json_object_get(v, "proxy"));
    json_array_foreach(json_object_get(v, "forwards"), i, e)
    {
        cli_table_add(t, "forward");
        cli_table_add(t, "%s -> %s", cli_show_str(e, "listen"), cli_show_str(e, "target"));
    }
    json_array_foreach(json_object_get(v, "services"), i, e)
    {
        cli_table_add(t, "service");
        cli_table_add(t, "%s:%lld -> %s", cli_show_str(e, "name"), num(e, "port"),
                      cli_show_str(e, "target"));
    }
}

static void add_counters(struct cli_table *t, const json_t *v)
{
    const json_t *out = json_object_get(json_object_get(v, "streams"), "out");
    const json_t *in = json_object_get(json_object_get(v, "streams"), "in");
    const json_t *memory = json_object_get(v, "memory");
    char rss[16], queued[16];

    cli_table_add(t, "peers");
    cli_table_add(t, "%zu connected", json_array_size(json_object_get(v, "peers")));
    cli_table_add(t, "streams out");
    cli_table_add(t, "%lld now, %lld opened, %lld failed", num(out, "active"), num(out, "opened"),
                  num(out, "failed"));
    cli_table_add(t, "streams in");
    cli_table_add(t, "%lld now, %lld opened, %lld failed, %lld denied", num(in, "active"),
                  num(in, "opened"), num(in, "failed"), num(in, "denied"));
    cli_table_add(t, "memory");
    cli_table_add(t, "%s, %s of it in queues",
                  cli_table_octets((unsigned long long)num(memory, "rss_bytes"), rss),
                  cli_table_octets((unsigned long long)num(memory, "queued_bytes"), queued));
}

int cli_show_status(FILE *f, const json_t *v)
{
    struct cli_table *t = cli_table_new(2);
    char up[32];

    if (!t)
        return GW_ENOMEM;
    cli_table_add(t, "gw");
    cli_table_add(t, "%s, pid %lld, up %s", cli_show_str(v, "version"), num(v, "pid"),
                  age(num(v, "uptime_s"), up));
    cli_table_add(t, "peer id");
    cli_table_add(t, "%s", cli_show_str(v, "peer_id"));
    add_strings(t, "listen", json_object_get(v, "listen"));
    add_gate(t, v);
    add_counters(t, v);
    int err = cli_table_print(t, f);
    cli_table_free(t);
    return err;
}

static void add_head(struct cli_table *t, const char *const *head, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cli_table_add(t, "%s", head[i]);
}

static void add_peer(struct cli_table *t, const json_t *p)
{
    char rx[16], tx[16];
    double rtt_ms = json_number_value(json_object_get(p, "rtt_ms"));

    cli_table_add(t, "%s", cli_show_str(p, "name"));
    cli_table_add(t, "%s", short_id(p));
    cli_table_add(t, "%s", cli_show_str(p, "state"));
    cli_table_add(t, "%s", cli_show_str(p, "path"));
    if (rtt_ms > 0)
        cli_table_add(t, "%.1f ms", rtt_ms);
    else
        cli_table_add(t, "%s", "");
    cli_table_add(t, "%lld", num(p, "streams"));
    cli_table_add(t, "%s", cli_table_octets((unsigned long long)num(p, "rx_bytes"), rx));
    cli_table_add(t, "%s", cli_table_octets((unsigned long long)num(p, "tx_bytes"), tx));
    cli_table_add(t, "%s", cli_show_str(p, "addr"));
}

int cli_show_peers(FILE *f, const json_t *v)
{
    static const char *const head[] = { "NAME",    "PEER", "STATE", "PATH",   "RTT",
                                        "STREAMS", "RX",   "TX",    "ADDRESS" };
    const json_t *peers = json_object_get(v, "peers");
    struct cli_table *t = cli_table_new(sizeof head / sizeof head[0]);
    size_t i;
    json_t *p;

    if (!t)
        return GW_ENOMEM;
    add_head(t, head, sizeof head / sizeof head[0]);
    json_array_foreach(peers, i, p) add_peer(t, p);
    int err = cli_table_print(t, f);
    cli_table_free(t);
    return err;
}

static void add_own_service(struct cli_table *t, const json_t *s)
{
    cli_table_add(t, "%s", cli_show_str(s, "name"));
    if (num(s, "port"))
        cli_table_add(t, "%lld", num(s, "port"));
    else
        cli_table_add(t, "%s", "");
    cli_table_add(t, "%s", cli_show_str(s, "target"));
    cli_table_add(t, "%s", json_is_true(json_object_get(s, "enabled")) ? "yes" : "no");
}

static void add_their_service(struct cli_table *t, const json_t *s)
{
    cli_table_add(t, "%s", foreign(s, "name"));
    cli_table_add(t, "%s", foreign(s, "protocol"));
}

int cli_show_services(FILE *f, const json_t *v)
{
    static const char *const own[] = { "NAME", "PORT", "TARGET", "ENABLED" };
    static const char *const theirs[] = { "NAME", "PROTOCOL" };
    bool is_own = !json_object_get(v, "peer");
    size_t columns = is_own ? sizeof own / sizeof own[0] : sizeof theirs / sizeof theirs[0];
    struct cli_table *t = cli_table_new(columns);
    size_t i;
    json_t *s;

    if (!t)
        return GW_ENOMEM;
    add_head(t, is_own ? own : theirs, columns);
    json_array_foreach(json_object_get(v, "services"), i,
                       s)(is_own ? add_own_service : add_their_service)(t, s);
    int err = cli_table_print(t, f);
    cli_table_free(t);
    return err;
}

int cli_show_resolve(FILE *f, const json_t *v)
{
    struct cli_table *t = cli_table_new(2);
    const char *port;
    json_t *protocol;

    if (!t)
        return GW_ENOMEM;
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
    int err = cli_table_print(t, f);
    cli_table_free(t);
    return err;
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

    if (!t)
        return GW_ENOMEM;
    add_direction(t, "up", num(v, "up_bytes"), json_object_get(v, "up_mbit"));
    add_direction(t, "down", num(v, "down_bytes"), json_object_get(v, "down_mbit"));
    int err = cli_table_print(t, f);
    cli_table_free(t);
    return err;
}
