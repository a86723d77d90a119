/* page_metrics.c - see page_metrics.h. */
#include "web/page_metrics.h"

#include <string.h>

#define KEYS_MAX    3
#define SAMPLES_MAX 2

struct metric {
    const char *name, *type, *help;
    struct {
        const char *labels, *keys[KEYS_MAX]; /* where its value is */
    } samples[SAMPLES_MAX];
};

#define OUT "{direction=\"out\"}" /* to services of peers */
#define IN  "{direction=\"in\"}"  /* of peers to services here */

/* clang-format off */
static const struct metric metrics[] = {
    { "gw_uptime_seconds", "gauge", "Time since the start",
      { { "", { "uptime_s" } } } },
    { "gw_memory_resident_bytes", "gauge", "Resident memory of the process",
      { { "", { "memory", "rss_bytes" } } } },
    { "gw_memory_queued_bytes", "gauge", "Data waiting in queues",
      { { "", { "memory", "queued_bytes" } } } },
    { "gw_streams_active", "gauge", "Streams joined to a client (out) or to a target (in)",
      { { OUT, { "streams", "out", "active" } }, { IN, { "streams", "in", "active" } } } },
    { "gw_streams_opening", "gauge", "Streams asked for and not open yet",
      { { OUT, { "streams", "out", "opening" } } } },
    { "gw_streams_opened_total", "counter", "Streams opened",
      { { OUT, { "streams", "out", "opened" } }, { IN, { "streams", "in", "opened" } } } },
    { "gw_streams_failed_total", "counter", "Streams that could not be opened",
      { { OUT, { "streams", "out", "failed" } }, { IN, { "streams", "in", "failed" } } } },
    { "gw_streams_denied_total", "counter", "Streams refused to peers that are not allowed",
      { { IN, { "streams", "in", "denied" } } } },
};

/* Of a relay. */
static const struct metric relay_metrics[] = {
    { "gw_relay_reservations", "gauge", "Peers that hold a slot at this relay",
      { { "", { "relay", "reservations" } } } },
    { "gw_relay_circuits", "gauge", "Relayed connections",
      { { "", { "relay", "circuits" } } } },
    { "gw_relay_bytes_total", "counter", "Payload relayed, both ways",
      { { "", { "relay", "bytes" } } } },
    { "gw_relay_month_bytes", "gauge", "Of the monthly budget spent",
      { { "", { "relay", "month_bytes" } } } },
    { "gw_relay_refused_total", "counter", "Requests refused by this relay",
      { { "", { "relay", "refused" } } } },
};

/* Of each connected peer.  A round trip of 0 was not measured yet and has no sample. */
static const struct peer_metric {
    const char *name, *type, *help, *key;
    double scale; /* 0: as it is */
} peer_metrics[] = {
    { "gw_peer_rtt_seconds", "gauge", "Smoothed round-trip time to the peer", "rtt_ms", 1e-3 },
    { "gw_peer_streams", "gauge", "Streams open to the peer", "streams", 0 },
    { "gw_peer_received_bytes_total", "counter",
      "Payload from the peer since it connected", "rx_bytes", 0 },
    { "gw_peer_sent_bytes_total", "counter",
      "Payload to the peer since it connected", "tx_bytes", 0 },
};

static const struct {
    const char *name, *help, *key;
} counts[] = {
    { "gw_peers", "Connected peers", "peers" },
    { "gw_forwards", "Static forwards", "forwards" },
    { "gw_services", "Services offered", "services" },
    { "gw_reservations_wanted", "Relays at which this node wants a slot", "reservations" },
};
/* clang-format on */

static void put_head(struct strbuf *out, const char *name, const char *type, const char *help)
{
    strbuf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_number(struct strbuf *out, const json_t *v, double scale)
{
    if (scale != 0)
        strbuf_printf(out, " %.6f\n", json_number_value(v) * scale);
    else
        strbuf_printf(out, " %lld\n", (long long)json_integer_value(v));
}

/* NAME="VALUE", with what the format asks to escape. */
static void put_label(struct strbuf *out, const char *name, const json_t *v)
{
    const char *text = json_string_value(v);

    strbuf_printf(out, "%s=\"", name);
    for (const char *p = text ? text : ""; *p; p++) {
        if (*p == '\n')
            strbuf_puts(out, "\\n");
        else
            strbuf_printf(out, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
    }
    strbuf_puts(out, "\"");
}

static void put_labels(struct strbuf *out, const json_t *v, const char *const labels[][2], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        strbuf_puts(out, i ? "," : "{");
        put_label(out, labels[i][0], json_object_get(v, labels[i][1]));
    }
    strbuf_puts(out, "}");
}

static const json_t *find(const json_t *v, const char *const keys[KEYS_MAX])
{
    for (size_t i = 0; i < KEYS_MAX && keys[i]; i++)
        v = json_object_get(v, keys[i]);
    return v;
}

static void put_metric(struct strbuf *out, const struct metric *m, const json_t *status)
{
    put_head(out, m->name, m->type, m->help);
    for (size_t i = 0; i < SAMPLES_MAX && m->samples[i].labels; i++) {
        strbuf_printf(out, "%s%s", m->name, m->samples[i].labels);
        put_number(out, find(status, m->samples[i].keys), 0);
    }
}

/* The first so many: one series of a peer without the others would only mislead. */
static size_t count_shown(const json_t *peers)
{
    size_t n = json_array_size(peers);
    return n < PAGE_METRICS_PEERS_MAX ? n : PAGE_METRICS_PEERS_MAX;
}

static void put_peer_metric(struct strbuf *out, const struct peer_metric *m, const json_t *peers)
{
    static const char *const labels[][2] = { { "peer", "id" }, { "name", "name" } };

    put_head(out, m->name, m->type, m->help);
    for (size_t i = 0; i < count_shown(peers); i++) {
        const json_t *p = json_array_get(peers, i), *v = json_object_get(p, m->key);
        if (m->scale != 0 && json_number_value(v) <= 0)
            continue;
        strbuf_puts(out, m->name);
        put_labels(out, p, labels, 2);
        put_number(out, v, m->scale);
    }
}

static void put_peer_info(struct strbuf *out, const json_t *peers)
{
    static const char *const labels[][2] = {
        { "peer", "id" }, { "name", "name" }, { "path", "path" }, { "transport", "transport" }
    };

    put_head(out, "gw_peer_info", "gauge", "How the peer is connected");
    for (size_t i = 0; i < count_shown(peers); i++) {
        strbuf_puts(out, "gw_peer_info");
        put_labels(out, json_array_get(peers, i), labels, 4);
        strbuf_puts(out, " 1\n");
    }
}

static void put_held(struct strbuf *out, const json_t *reservations)
{
    size_t i, held = 0;
    json_t *r, *state;

    json_array_foreach(reservations, i, r)
    {
        state = json_object_get(r, "state");
        held += json_is_string(state) && !strcmp(json_string_value(state), "held");
    }
    put_head(out, "gw_reservations_held", "gauge", "Relays at which it has one");
    strbuf_printf(out, "gw_reservations_held %zu\n", held);
}

void page_metrics(const json_t *status, struct strbuf *out)
{
    static const char *const labels[][2] = { { "version", "version" }, { "peer", "peer_id" } };
    const json_t *peers = json_object_get(status, "peers");

    put_head(out, "gw_build_info", "gauge", "Version and peer id of this node");
    strbuf_puts(out, "gw_build_info");
    put_labels(out, status, labels, 2);
    strbuf_puts(out, " 1\n");
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++)
        put_metric(out, &metrics[i], status);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        put_head(out, counts[i].name, "gauge", counts[i].help);
        strbuf_printf(out, "%s %zu\n", counts[i].name,
                      json_array_size(json_object_get(status, counts[i].key)));
    }
    put_held(out, json_object_get(status, "reservations"));
    if (json_object_get(status, "relay"))
        for (size_t i = 0; i < sizeof relay_metrics / sizeof relay_metrics[0]; i++)
            put_metric(out, &relay_metrics[i], status);
    for (size_t i = 0; i < sizeof peer_metrics / sizeof peer_metrics[0]; i++)
        put_peer_metric(out, &peer_metrics[i], peers);
    put_peer_info(out, peers);
}
