/* cli_ping.c - see cli_ping.h. */
#include "cli/cli_ping.h"

#include "cli/cli_ask.h"
#include "cli/cli_show.h"

static void show_ping_line(const json_t *v, const char *name)
{
    const char *error = cli_show_str(v, "error");
    long long seq = cli_show_num(v, "seq");

    if (seq == 1)
        printf("PING %s (%s)\n", name, cli_show_str(v, "peer"));
    if (*error)
        printf("seq=%lld %s\n", seq, error);
    else
        printf("seq=%lld time=%.3f ms\n", seq, json_number_value(json_object_get(v, "rtt_ms")));
}

static void show_ping_end(const json_t *v, const char *name)
{
    printf("--- %s ---\n%lld sent, %lld received\nrtt min/avg/max = %.3f/%.3f/%.3f ms\n", name,
           cli_show_num(v, "sent"), cli_show_num(v, "received"),
           json_number_value(json_object_get(v, "min_ms")),
           json_number_value(json_object_get(v, "avg_ms")),
           json_number_value(json_object_get(v, "max_ms")));
}

static void show_ping(const struct cli_args *a, const json_t *v, bool is_last)
{
    if (a->is_json) {
        json_dumpf(v, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
        putchar('\n');
    } else if (is_last) {
        show_ping_end(v, a->v[0]);
    } else {
        show_ping_line(v, a->v[0]);
    }
    fflush(stdout);
}

/* Takes the last line of a round. */
static int end_ping(const struct cli_args *a, json_t *v)
{
    long long sent = cli_show_num(v, "sent"), lost = sent - cli_show_num(v, "received");

    show_ping(a, v, true);
    json_decref(v);
    return lost ? cli_fail("%s: %lld of %lld pings had no answer", a->v[0], lost, sent) : CLI_OK;
}

int cli_ping_run(const struct cli_args *a)
{
    struct ctl_client *c;
    json_t *v;
    int rc = cli_ask_open(a->dir, &c);

    if (rc)
        return rc;
    rc = cli_ask_first(
        c, json_pack("{s:s, s:s, s:i}", "cmd", "ping", "name", a->v[0], "count", a->count),
        CLI_NETWORK_MS, &v);
    while (!rc && json_is_true(json_object_get(v, "more"))) {
        show_ping(a, v, false);
        json_decref(v);
        rc = cli_ask_next(c, CLI_NETWORK_MS, &v);
    }
    ctl_client_close(c);
    return rc ? rc : end_ping(a, v);
}
