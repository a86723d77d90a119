/* cli_dht.c - see cli_dht.h. */
#include "cli/cli_dht.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base64.h"
#include "base/err.h"
#include "base/fileio.h"
#include "base/log.h"
#include "cli/cli_ask.h"
#include "cli/cli_show.h"
#include "cli/cli_table.h"

#define VALUE_MAX 4096 /* octets of what is put; the daemon takes no more */

static void add_number(struct cli_table *t, const char *label, const json_t *v, const char *key)
{
    cli_table_add(t, "%s", label);
    cli_table_add(t, "%lld", cli_show_num(v, key));
}

static void add_text(struct cli_table *t, const char *label, const char *text)
{
    cli_table_add(t, "%s", label);
    cli_table_add(t, "%s", text);
}

static void add_time(struct cli_table *t, const char *label, long long s)
{
    time_t at = (time_t)s;
    struct tm tm;
    char text[64] = "";

    if (gmtime_r(&at, &tm))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    add_text(t, label, text);
}

static void add_addrs(struct cli_table *t, const json_t *v)
{
    const json_t *list = json_object_get(v, "addrs");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *addr = json_string_value(json_array_get(list, i));
        add_text(t, "address", addr ? log_esc(bytes_of(addr)) : "");
    }
}

static int show_status(FILE *f, const json_t *v)
{
    struct cli_table *t = cli_table_new(2);

    add_text(t, "mode", cli_show_str(v, "mode"));
    add_number(t, "peers known", v, "contacts");
    add_number(t, "records kept", v, "records");
    add_number(t, "keys with providers kept", v, "provided");
    add_number(t, "published by this node", v, "published");
    add_number(t, "lookups", v, "lookups");
    add_number(t, "of these found", v, "met");
    return cli_table_print(t, f);
}

/* "3 hops, 12 of 14 peers answered, 45.0 ms", or why it was not found. */
static void show_way(FILE *f, const json_t *v)
{
    const char *error = cli_show_str(v, "error");

    fprintf(f, "%s%s%lld hops, %lld of %lld peers answered, %.1f ms\n", error, *error ? "; " : "",
            cli_show_num(v, "hops"), cli_show_num(v, "answered"), cli_show_num(v, "asked"),
            (double)cli_show_num(v, "took_us") / 1e3);
}

static void add_peer(struct cli_table *t, const json_t *v)
{
    add_text(t, "peer", cli_show_foreign(v, "peer"));
    add_addrs(t, v);
}

/* Takes the table. */
static int print_with_way(struct cli_table *t, FILE *f, const json_t *v)
{
    int err = cli_table_print(t, f);

    show_way(f, v);
    return err;
}

/* Peers with their addresses. */
static int show_peers(FILE *f, const json_t *v)
{
    struct cli_table *t = cli_table_new(2);
    json_t *p;
    size_t i;

    json_array_foreach(json_object_get(v, "peers"), i, p) add_peer(t, p);
    return print_with_way(t, f, v);
}

static int show_value(FILE *f, const json_t *v)
{
    const json_t *r = json_object_get(v, "record");
    struct cli_table *t = cli_table_new(2);

    if (r) {
        add_text(t, "name", cli_show_foreign(r, "name"));
        add_text(t, "signed by", cli_show_foreign(r, "owner"));
        add_peer(t, r);
        add_number(t, "sequence", r, "sequence");
        add_time(t, "expires", cli_show_num(r, "expires_s"));
    } else if (*cli_show_str(v, "value")) {
        add_text(t, "value", cli_show_foreign(v, "value"));
    }
    return print_with_way(t, f, v);
}

/* Takes the request. */
static int ask(const struct cli_args *a, json_t *req, int (*show)(FILE *, const json_t *))
{
    return cli_ask_and_judge(a->dir, a->is_json, req, CLI_NETWORK_MS, show, "found");
}

static int ask_key(const struct cli_args *a, const char *cmd, int (*show)(FILE *, const json_t *))
{
    return ask(a, json_pack("{s:s, s:s}", "cmd", cmd, "key", a->v[0]), show);
}

static int run_status(const struct cli_args *a)
{
    return cli_ask_and_show(a->dir, a->is_json, json_pack("{s:s}", "cmd", "dht-status"),
                            CLI_ANSWER_MS, show_status);
}

static int run_find(const struct cli_args *a)
{
    return ask(a, json_pack("{s:s, s:s}", "cmd", "dht-find", "peer", a->v[0]), show_peers);
}

static int run_get(const struct cli_args *a)
{
    return ask_key(a, "dht-get", show_value);
}

/* The octets of a file as base64.  Exit status; *out owned. */
static int read_value(const char *path, char **out)
{
    char *text;
    size_t n;
    int err = fileio_read(path, &text, &n);

    if (err)
        return cli_fail("%s: %s", path, gw_strerror(err));
    *out = n && n <= VALUE_MAX ? malloc(BASE64_LEN(n) + 1) : NULL;
    if (*out) {
        base64_encode((struct bytes){ (const uint8_t *)text, n }, *out);
        (*out)[BASE64_LEN(n)] = '\0';
    }
    free(text);
    return *out ? CLI_OK : cli_fail("%s: a value has 1 to %d octets", path, VALUE_MAX);
}

static int run_put(const struct cli_args *a)
{
    char *from_file = NULL;
    int rc = *a->v[1] == '@' ? read_value(a->v[1] + 1, &from_file) : CLI_OK;

    if (rc)
        return rc;
    rc = ask(a,
             json_pack("{s:s, s:s, s:s}", "cmd", "dht-put", "key", a->v[0], "value",
                       from_file ? from_file : a->v[1]),
             show_peers);
    free(from_file);
    return rc;
}

static int run_provide(const struct cli_args *a)
{
    return ask_key(a, "dht-provide", show_peers);
}

static int run_providers(const struct cli_args *a)
{
    return ask_key(a, "dht-providers", show_peers);
}

static int show_code(FILE *f, const json_t *v)
{
    struct cli_table *t = cli_table_new(2);

    if (*cli_show_str(v, "code")) {
        add_text(t, "code", cli_show_str(v, "code"));
        add_time(t, "until", cli_show_num(v, "expires_s"));
    }
    return print_with_way(t, f, v);
}

static int run_share(const struct cli_args *a)
{
    return ask(a, json_pack("{s:s}", "cmd", "dht-share"), show_code);
}

static int show_met(FILE *f, const json_t *v)
{
    struct cli_table *t = cli_table_new(2);

    if (*cli_show_str(v, "peer"))
        add_peer(t, v);
    return print_with_way(t, f, v);
}

static int run_meet(const struct cli_args *a)
{
    return ask(a, json_pack("{s:s, s:s}", "cmd", "dht-meet", "code", a->v[0]), show_met);
}

static int run_sign_list(const struct cli_args *a)
{
    return a->local->sign_list(a->local->arg, a->v[0]);
}

#define KEY_IS                                                                                    \
    "KEY is text, or 0x and hexadecimal digits; of get also HOST.NETWORK or a peer id, for the\n" \
    "record that this name or peer has published."

const struct cli_sub cli_dht_subs[] = {
    { "status", "", "what this node is in it, and how many peers it knows", NULL, 0, 0,
      CLI_OPT_JSON, run_status },
    { "find", "PEER", "the addresses of a peer", "PEER is a peer id.", 1, 1, CLI_OPT_JSON,
      run_find },
    { "get", "KEY", "the value of a key", KEY_IS, 1, 1, CLI_OPT_JSON, run_get },
    { "put", "KEY VALUE", "give a key this value",
      KEY_IS "\nVALUE is base64, or @FILE.  The servers of gw take signed records only.", 2, 2,
      CLI_OPT_JSON, run_put },
    { "provide", "KEY", "say that this node has it", KEY_IS, 1, 1, CLI_OPT_JSON, run_provide },
    { "providers", "KEY", "who has it", KEY_IS, 1, 1, CLI_OPT_JSON, run_providers },
    { "share", "", "print a code that leads to this node for an hour",
      "Who is told it finds this node by gw dht meet.  It gives no right to anything.", 0, 0,
      CLI_OPT_JSON, run_share },
    { "meet", "CODE", "whom that code leads to, at the other end",
      "Capitals, blanks and hyphens of the code do not matter.", 1, 1, CLI_OPT_JSON, run_meet },
    { "sign-list", "FILE", "put this node's signature under a list of peers to begin with",
      "See list and list-key in [dht], gw.conf(5).  Works without a daemon.", 1, 1, 0,
      run_sign_list },
    { .name = NULL },
};
