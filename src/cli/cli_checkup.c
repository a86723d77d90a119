/* cli_checkup.c - see cli_checkup.h. */
#include "cli/cli_checkup.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "cli/cli_show.h"
#include "cli/cli_table.h"

#define SHORT_ID 8
#define ADDR_MAX 256

static const struct {
    const char *key, *label;
} findings[] = {
    { "ip4", "IPv4" },
    { "ip6", "IPv6" },
    { "udp", "UDP" },
    { "mapping", "NAT mapping" },
    { "filtering", "NAT filtering" },
    { "reach", "reach" },
    { "port_map", "port mapping" },
};
#define NFINDINGS (sizeof findings / sizeof findings[0])

static void add_ms(struct cli_table *t, const json_t *v, const char *key)
{
    const json_t *ms = json_object_get(v, key);

    if (ms)
        cli_table_add(t, "%.1f ms", json_number_value(ms));
    else
        cli_table_add(t, "%s", "");
}

/* ---- one end ---- */

/* "1 of 2 held" */
static void add_held(struct cli_table *t, const json_t *side)
{
    const json_t *relays = json_object_get(side, "relays"), *r;
    size_t i, held = 0;

    json_array_foreach(relays, i, r)
    {
        held += strcmp(cli_show_str(r, "state"), "held") == 0;
    }
    cli_table_add(t, "%zu of %zu held", held, json_array_size(relays));
}

static int show_addrs(FILE *f, const json_t *v)
{
    struct cli_table *t = cli_table_new(2);
    size_t i;
    json_t *a;

    cli_table_add(t, "peer id");
    cli_table_add(t, "%s", cli_show_str(v, "peer_id"));
    json_array_foreach(json_object_get(v, "announced"), i, a)
    {
        cli_table_add(t, "address");
        cli_table_add(t, "%s", json_is_string(a) ? json_string_value(a) : "");
    }
    return cli_table_print(t, f);
}

static int show_findings(FILE *f, const json_t *v)
{
    const json_t *meaning = json_object_get(v, "meaning");
    struct cli_table *t = cli_table_new(3);

    for (size_t i = 0; i < NFINDINGS; i++) {
        cli_table_add(t, "%s", findings[i].label);
        cli_table_add(t, "%s", cli_show_str(v, findings[i].key));
        cli_table_add(t, "%s", cli_show_str(meaning, findings[i].key));
    }
    cli_table_add(t, "relays");
    add_held(t, v);
    cli_table_add(t, "%s", cli_show_str(meaning, "relays"));
    return cli_table_print(t, f);
}

static int show_relays(FILE *f, const json_t *v)
{
    const json_t *relays = json_object_get(v, "relays");
    struct cli_table *t = cli_table_new(3);
    size_t i;
    json_t *r;

    cli_table_add(t, "RELAY");
    cli_table_add(t, "STATE");
    cli_table_add(t, "RTT");
    json_array_foreach(relays, i, r)
    {
        cli_table_add(t, "%s", cli_show_str(r, *cli_show_str(r, "name") ? "name" : "id"));
        cli_table_add(t, "%s", cli_show_str(r, "state"));
        add_ms(t, r, "rtt_ms");
    }
    fputc('\n', f);
    return cli_table_print(t, f);
}

int cli_show_netcheck(FILE *f, const json_t *v)
{
    int err = show_addrs(f, v);

    fputc('\n', f);
    if (!err)
        err = show_findings(f, v);
    if (!err && json_array_size(json_object_get(v, "relays")))
        err = show_relays(f, v);
    return err;
}

/* ---- both ends ---- */

static bool is_path(const json_t *v, const char *path)
{
    return strcmp(cli_show_str(v, "path"), path) == 0;
}

/* The name of a relay that this node uses, else its id. */
static const char *relay_name(const json_t *v)
{
    const char *id = cli_show_str(v, "relay");
    json_t *r;
    size_t i;

    json_array_foreach(json_object_get(json_object_get(v, "here"), "relays"), i, r)
    {
        if (strcmp(cli_show_str(r, "id"), id) == 0 && *cli_show_str(r, "name"))
            return cli_show_str(r, "name");
    }
    return *id ? id : "that is not known";
}

/* "lost: 1.2 % there, 0.4 % back, of 500 packets; jitter 0.3 ms" */
static void show_loss(FILE *f, const json_t *v)
{
    const json_t *loss = json_object_get(v, "loss");

    if (json_is_object(loss))
        fprintf(f, "lost: %.1f %% there, %.1f %% back, of %lld packets; jitter %.1f ms\n",
                json_number_value(json_object_get(loss, "out_percent")),
                json_number_value(json_object_get(loss, "in_percent")),
                (long long)json_integer_value(json_object_get(loss, "packets")),
                json_number_value(json_object_get(loss, "jitter_ms")));
    else if (loss)
        fprintf(f, "lost: not measured: %s\n", cli_show_str(v, "loss_error"));
}

/* "alice: relayed by relay1, 41.2 ms" */
static void show_path(FILE *f, const json_t *v)
{
    const json_t *rtt = json_object_get(v, "rtt_ms");

    fprintf(f, "%s: ", cli_show_foreign(v, "name"));
    if (is_path(v, "relayed"))
        fprintf(f, "connected over a relay, %s", relay_name(v));
    else if (is_path(v, "direct"))
        fprintf(f, "connected directly, %s %s", cli_show_str(v, "transport"),
                cli_show_str(v, "addr"));
    else
        fprintf(f, "not connected: %s", cli_show_str(v, "error"));
    if (rtt)
        fprintf(f, ", round trip %.1f ms", json_number_value(rtt));
    fputc('\n', f);
    show_loss(f, v);
    if (*cli_show_str(v, "peer"))
        fprintf(f, "peer %s, known from: %s\n", cli_show_str(v, "peer"), cli_show_str(v, "tier"));
    if (*cli_show_str(v, "trail"))
        fprintf(f, "asked: %s\n", cli_show_foreign(v, "trail"));
    if (*cli_show_str(v, "there_error"))
        fprintf(f, "the other end does not tell how it is connected: %s\n",
                cli_show_str(v, "there_error"));
}

static int show_ends(FILE *f, const json_t *v)
{
    const json_t *here = json_object_get(v, "here"), *there = json_object_get(v, "there");
    bool has_there = json_is_object(there);
    struct cli_table *t = cli_table_new(has_there ? 3 : 2);

    cli_table_add(t, " ");
    cli_table_add(t, "HERE");
    if (has_there)
        cli_table_add(t, "THERE");
    for (size_t i = 0; i < NFINDINGS; i++) {
        cli_table_add(t, "%s", findings[i].label);
        cli_table_add(t, "%s", cli_show_str(here, findings[i].key));
        if (has_there)
            cli_table_add(t, "%s", cli_show_str(there, findings[i].key));
    }
    cli_table_add(t, "relays");
    add_held(t, here);
    if (has_there)
        add_held(t, there);
    return cli_table_print(t, f);
}

/* An address with its peer ids cut to their last characters, as `gw peers` shows them. */
static const char *short_addr(const char *addr, char out[ADDR_MAX])
{
    size_t n = 0;

    while (*addr && n < ADDR_MAX - 1) {
        size_t part = strcspn(addr + 1, "/") + 1;
        bool is_id = n >= 4 && memcmp(out + n - 4, "/p2p", 4) == 0;
        if (is_id && part > SHORT_ID + 1) {
            out[n++] = '/';
            addr += part - SHORT_ID;
            part = SHORT_ID;
        }
        for (; part && n < ADDR_MAX - 1; part--)
            out[n++] = *addr++;
    }
    out[n] = '\0';
    return out;
}

static int show_candidates(FILE *f, const json_t *v)
{
    struct cli_table *t = cli_table_new(3);
    char addr[ADDR_MAX];
    size_t i;
    json_t *c;

    cli_table_add(t, "ADDRESS TRIED");
    cli_table_add(t, "PATH");
    cli_table_add(t, "RESULT");
    json_array_foreach(json_object_get(v, "candidates"), i, c)
    {
        cli_table_add(t, "%s", short_addr(cli_show_str(c, "addr"), addr));
        cli_table_add(t, "%s", cli_show_str(c, "path"));
        if (*cli_show_str(c, "error"))
            cli_table_add(t, "%s", cli_show_str(c, "error"));
        else
            add_ms(t, c, "ms");
    }
    fputc('\n', f);
    return cli_table_print(t, f);
}

static void show_diagnosis(FILE *f, const json_t *v)
{
    const json_t *why = json_object_get(v, "why"), *cures = json_object_get(v, "cure");
    size_t i;
    json_t *e;

    if (json_array_size(why))
        fprintf(f, "\n%s\n",
                is_path(v, "none")      ? "why not connected"
                : is_path(v, "relayed") ? "why not direct"
                                        : "why not better");
    json_array_foreach(why, i, e)
    {
        fprintf(f, "  %s\n", cli_show_foreign(e, "text"));
    }
    if (json_array_size(cures))
        fprintf(f, "\nwhat would help, one of\n");
    json_array_foreach(cures, i, e)
    {
        fprintf(f, "  %s\n", log_esc(bytes_of(json_is_string(e) ? json_string_value(e) : "")));
    }
}

int cli_show_doctor(FILE *f, const json_t *v)
{
    int err;

    show_path(f, v);
    fputc('\n', f);
    err = show_ends(f, v);
    if (!err && json_array_size(json_object_get(v, "candidates")))
        err = show_candidates(f, v);
    if (!err)
        show_diagnosis(f, v);
    return err;
}
