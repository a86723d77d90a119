/* page_status.c - see page_status.h. */
#include "web/page_status.h"

#include "base/units.h"
#include "gate/html.h"
#include "name/name.h"

#define SHORT_ID 8 /* the last characters of a peer id, as the log shows it */

enum kind { TEXT, WIDE, PEER, PATH, PORT, COUNT, OCTETS, MILLISECONDS, AGE, ENABLED };

struct column {
    const char *title, *key;
    enum kind kind;
};

struct table {
    const char *title, *key;      /* of the list in the status */
    const char *empty;            /* what to do when there is none; HTML */
    const struct column *columns; /* ends with a title of NULL */
};

static const struct column peer_columns[] = {
    { "Name", "name", TEXT },        { "Peer", "id", PEER },
    { "State", "state", TEXT },      { "Path", "path", PATH },
    { "Relay", "relay", PEER },      { "Round trip", "rtt_ms", MILLISECONDS },
    { "Streams", "streams", COUNT }, { "Received", "rx_bytes", OCTETS },
    { "Sent", "tx_bytes", OCTETS },  { NULL, NULL, TEXT },
};
static const struct column reservation_columns[] = {
    { "Relay", "relay", PEER },
    { "State", "state", TEXT },
    { "Round trip", "rtt_ms", MILLISECONDS },
    { "Load", "load", TEXT },
    { "Reachable by", "address", WIDE },
    { "Trouble", "error", TEXT },
    { NULL, NULL, TEXT },
};
static const struct column forward_columns[] = {
    { "Here", "listen", TEXT },
    { "Leads to", "target", TEXT },
    { "Protocol", "protocol", TEXT },
    { NULL, NULL, TEXT },
};
static const struct column service_columns[] = {
    { "Name", "name", TEXT },        { "Port", "port", PORT },
    { "Target", "target", TEXT },    { "UDP target", "udp_target", TEXT },
    { "State", "enabled", ENABLED }, { NULL, NULL, TEXT },
};
static const struct column failure_columns[] = {
    { "When", "age_s", AGE },    { "Asked for", "target", TEXT },
    { "Through", "kind", TEXT }, { "Why not", "why", WIDE },
    { NULL, NULL, TEXT },
};

static const struct table tables[] = {
    { "Peers", "peers",
      "No peer is connected. A name that you use connects by itself. No names yet? Add a line to "
      "the "
      "file <code>names</code>, such as <code>laptop 12D3KooW...</code>, and try "
      "<code>gw ping laptop</code>.",
      peer_columns },
    { "Relays", "reservations",
      "None. <code>gw -r RELAY</code>, or <code>relay</code> in <code>[node]</code> of "
      "<code>gw.conf</code>, makes this node reachable where nobody can connect to it.",
      reservation_columns },
    { "Recent failures", "failures", "None since the start.", failure_columns },
    { "Forwards", "forwards",
      "None. <code>gw -L 5432:NAME:5432</code>, or a section <code>[forward NAME]</code> in "
      "<code>gw.conf</code>, makes a local port of a service of a peer.",
      forward_columns },
    { "Services", "services",
      "None are offered. <code>gw -S ssh:22=127.0.0.1:22</code>, or a section "
      "<code>[service ssh]</code> in <code>gw.conf</code>, offers one, and "
      "<code>gw allow PEER ssh</code> says who may use it.",
      service_columns },
};

static struct bytes text_of(const json_t *v)
{
    return (struct bytes){ (const uint8_t *)json_string_value(v), json_string_length(v) };
}

static uint64_t number(const json_t *v, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(v, key));
    return n > 0 ? (uint64_t)n : 0;
}

/* ---- tables ---- */

static void put_text(struct strbuf *out, struct bytes text)
{
    if (text.n)
        strbuf_html(out, text);
    else
        strbuf_puts(out, "<span class=\"dim\">&ndash;</span>");
}

static void put_peer(struct strbuf *out, struct bytes id)
{
    size_t skip = id.n > SHORT_ID ? id.n - SHORT_ID : 0;

    if (!id.n) {
        put_text(out, id);
        return;
    }
    strbuf_puts(out, "<code title=\"");
    strbuf_html(out, id);
    strbuf_puts(out, skip ? "\">&hellip;" : "\">");
    strbuf_html(out, (struct bytes){ id.p + skip, id.n - skip });
    strbuf_puts(out, "</code>");
}

static void put_word(struct strbuf *out, bool is_good, struct bytes word)
{
    strbuf_printf(out, "<span class=\"%s\">", is_good ? "good" : "dim");
    put_text(out, word);
    strbuf_puts(out, "</span>");
}

static void put_value(struct strbuf *out, enum kind kind, const json_t *v)
{
    char text[UNITS_STR_MAX];
    double real = json_number_value(v);
    uint64_t n = real > 0 ? (uint64_t)real : 0;

    switch (kind) {
    case TEXT:
    case WIDE:
        put_text(out, text_of(v));
        break;
    case PEER:
        put_peer(out, text_of(v));
        break;
    case PATH:
        put_word(out, bytes_eq(text_of(v), bytes_of("direct")), text_of(v));
        break;
    case ENABLED:
        put_word(out, json_is_true(v), bytes_of(json_is_true(v) ? "enabled" : "disabled"));
        break;
    case PORT:
        strbuf_printf(out, n ? "%llu" : "by name", (unsigned long long)n);
        break;
    case COUNT:
        strbuf_printf(out, "%llu", (unsigned long long)n);
        break;
    case OCTETS:
        strbuf_puts(out, units_show_octets(n, text));
        break;
    case MILLISECONDS:
        strbuf_printf(out, real > 0 ? "%.1f ms" : "&ndash;", real);
        break;
    case AGE:
        strbuf_printf(out, "%s ago", units_show_age(n, text));
        break;
    }
}

static const char *class_of(enum kind kind)
{
    bool is_number = kind == COUNT || kind == OCTETS || kind == MILLISECONDS || kind == PORT;
    return kind == WIDE ? " class=\"w\"" : is_number ? " class=\"n\"" : "";
}

static void put_row(struct strbuf *out, const struct column *columns, const json_t *row)
{
    strbuf_puts(out, "<tr>");
    for (const struct column *c = columns; c->title; c++) {
        strbuf_printf(out, "<td data-label=\"%s\"%s>", c->title, class_of(c->kind));
        put_value(out, c->kind, json_object_get(row, c->key));
        strbuf_puts(out, "</td>");
    }
    strbuf_puts(out, "</tr>\n");
}

/* HTML in which `gw` is what the user has to type for it. */
static void put_advice(struct strbuf *out, const char *html, const char *command)
{
    static const char code[] = "<code>gw ";
    const char *at;

    for (; (at = strstr(html, code)) != NULL; html = at + sizeof code - 1) {
        strbuf_printf(out, "%.*s<code>", (int)(at - html), html);
        strbuf_html(out, bytes_of(command));
        strbuf_puts(out, " ");
    }
    strbuf_puts(out, html);
}

static void put_table(struct strbuf *out, const struct table *t, const json_t *list,
                      const char *command)
{
    size_t n = json_array_size(list), shown = n < PAGE_STATUS_ROWS_MAX ? n : PAGE_STATUS_ROWS_MAX;

    strbuf_printf(out, "<h2>%s</h2>\n", t->title);
    if (!n) {
        strbuf_puts(out, "<p class=\"dim\">");
        put_advice(out, t->empty, command);
        strbuf_puts(out, "</p>\n");
        return;
    }
    strbuf_puts(out, "<div class=\"scroll\"><table>\n<thead><tr>");
    for (const struct column *c = t->columns; c->title; c++)
        strbuf_printf(out, "<th%s>%s</th>", class_of(c->kind), c->title);
    strbuf_puts(out, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < shown; i++)
        put_row(out, t->columns, json_array_get(list, i));
    strbuf_puts(out, "</tbody>\n</table></div>\n");
    if (n > shown) {
        strbuf_printf(out, "<p class=\"dim\">and %zu more: ", n - shown);
        put_advice(out, "<code>gw status</code></p>\n", command);
    }
}

/* ---- the rest ---- */

static void put_summary(struct strbuf *out, const json_t *status)
{
    const json_t *memory = json_object_get(status, "memory");
    char up[UNITS_STR_MAX], rss[UNITS_STR_MAX], queued[UNITS_STR_MAX];

    strbuf_puts(out, "<p class=\"dim\">");
    strbuf_html(out, text_of(json_object_get(status, "version")));
    strbuf_printf(out, " &middot; up %s &middot; %s of memory, %s of it in queues</p>\n",
                  units_show_age(number(status, "uptime_s"), up),
                  units_show_octets(number(memory, "rss_bytes"), rss),
                  units_show_octets(number(memory, "queued_bytes"), queued));
}

/* Files that somebody has just spoilt, most likely. */
static void put_faults(struct strbuf *out, const json_t *list)
{
    size_t i;
    json_t *v;

    json_array_foreach(list, i, v)
    {
        strbuf_puts(out, "<p class=\"bad\">What was read before is in force: ");
        strbuf_html(out, text_of(v));
        strbuf_puts(out, "</p>\n");
    }
}

static void put_lines(struct strbuf *out, const char *term, const json_t *list)
{
    size_t i;
    json_t *v;

    strbuf_printf(out, "<dt>%s</dt><dd>", term);
    json_array_foreach(list, i, v)
    {
        strbuf_puts(out, i ? "<br><code>" : "<code>");
        strbuf_html(out, text_of(v));
        strbuf_puts(out, "</code>");
    }
    strbuf_puts(out, i ? "</dd>\n" : "nowhere</dd>\n");
}

static void put_term(struct strbuf *out, const char *term, const char *sense, const json_t *v)
{
    strbuf_printf(out, "<dt>%s</dt><dd>%s", term, sense);
    put_text(out, text_of(v));
    strbuf_puts(out, "</dd>\n");
}

/* When we are a relay for others. */
static void put_relay(struct strbuf *out, const json_t *relay)
{
    char carried[UNITS_STR_MAX], month[UNITS_STR_MAX];

    if (!relay)
        return;
    strbuf_printf(out,
                  "<dt>Relay for others</dt><dd>%llu reservations, %llu circuits, %s carried, %s "
                  "this month, %llu refused</dd>\n",
                  (unsigned long long)number(relay, "reservations"),
                  (unsigned long long)number(relay, "circuits"),
                  units_show_octets(number(relay, "bytes"), carried),
                  units_show_octets(number(relay, "month_bytes"), month),
                  (unsigned long long)number(relay, "refused"));
}

static void put_node(struct strbuf *out, const json_t *status)
{
    strbuf_puts(out, "<h2>This node</h2>\n<pre>");
    strbuf_html(out, text_of(json_object_get(status, "peer_id")));
    strbuf_puts(out, "</pre>\n<dl>\n");
    put_lines(out, "Listens on", json_object_get(status, "listen"));
    put_lines(out, "Proxy on", json_object_get(status, "proxy"));
    if (json_array_size(json_object_get(status, "dns")))
        put_lines(out, "DNS server on", json_object_get(status, "dns"));
    put_lines(out, "Announced as", json_object_get(status, "addresses"));
    put_term(out, "Reach", "", json_object_get(status, "reach"));
    put_term(out, "NAT", "mapping ", json_object_get(status, "nat"));
    put_relay(out, json_object_get(status, "relay"));
    strbuf_puts(out, "</dl>\n");
}

/* A peer to show the use with: a command is there to be copied, so only with a name that is one. */
static struct bytes example_name(const json_t *peers)
{
    struct name name;
    size_t i;
    json_t *p;

    json_array_foreach(peers, i, p)
    {
        struct bytes text = text_of(json_object_get(p, "name"));
        if (text.n && name_parse(text, &name) == 0)
            return text;
    }
    return bytes_of("NAME");
}

/* Within '...' of a shell; ssh hands what comes of it to another one. */
static void put_in_quotes(struct strbuf *out, const char *text)
{
    struct strbuf quoted = { .max = out->max };

    for (; *text; text++)
        strbuf_printf(&quoted, *text == '\'' ? "'\"'\"'" : "%c", *text);
    strbuf_html(out, strbuf_bytes(&quoted));
    strbuf_free(&quoted);
}

static void put_use(struct strbuf *out, const json_t *status, const char *at, const char *command)
{
    struct bytes name = example_name(json_object_get(status, "peers"));

    strbuf_puts(out, "<h2>Use it</h2>\n<p>Browser: as the automatic proxy configuration URL</p>\n"
                     "<pre>http://");
    strbuf_html(out, bytes_of(at));
    strbuf_puts(out, "/proxy.pac</pre>\n<p>curl, and whatever else knows SOCKS5</p>\n"
                     "<pre>curl -x socks5h://");
    strbuf_html(out, bytes_of(at));
    strbuf_puts(out, " http://");
    strbuf_html(out, name);
    strbuf_puts(out, "/</pre>\n<p>ssh</p>\n<pre>ssh -o ProxyCommand='");
    put_in_quotes(out, command);
    strbuf_puts(out, " nc %h %p' ");
    strbuf_html(out, name);
    strbuf_puts(out, "</pre>\n");
}

static void put_streams(struct strbuf *out, const char *term, const json_t *v)
{
    strbuf_printf(out, "<dt>%s</dt><dd>%llu open, %llu since the start, %llu failed", term,
                  (unsigned long long)number(v, "active"), (unsigned long long)number(v, "opened"),
                  (unsigned long long)number(v, "failed"));
    if (json_object_get(v, "denied"))
        strbuf_printf(out, ", %llu denied", (unsigned long long)number(v, "denied"));
    strbuf_puts(out, "</dd>\n");
}

void page_status(const json_t *status, const char *at, const char *command, struct strbuf *out)
{
    const json_t *streams = json_object_get(status, "streams");

    html_begin(out, "gw");
    put_summary(out, status);
    put_faults(out, json_object_get(status, "faults"));
    put_node(out, status);
    put_use(out, status, at, command);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        put_table(out, &tables[i], json_object_get(status, tables[i].key), command);
    strbuf_puts(out, "<h2>Streams</h2>\n<dl>\n");
    put_streams(out, "To services of peers", json_object_get(streams, "out"));
    put_streams(out, "To services here", json_object_get(streams, "in"));
    strbuf_puts(out, "</dl>\n<footer class=\"dim\"><a href=\"/proxy.pac\">proxy.pac</a>"
                     "<a href=\"/status.json\">status.json</a><a href=\"/metrics\">metrics</a>"
                     "</footer>\n");
    html_end(out);
}
