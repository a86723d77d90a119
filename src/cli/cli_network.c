/* cli_network.c - see cli_network.h. */
#include "cli/cli_network.h"

#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/cli_ask.h"
#include "cli/cli_show.h"
#include "cli/cli_table.h"

#define SAID_MAX 300

static bool is(const json_t *v, const char *key)
{
    return json_is_true(json_object_get(v, key));
}

/* What was in the way at a relay: "taken", "deadline passed"; "" = nothing. */
static const char *hindrance(const json_t *relay)
{
    const char *status = cli_show_foreign(relay, "status");
    return *status ? status : cli_show_foreign(relay, "error");
}

/* What each relay said; `yes`: what it means when it said nothing else. */
static int show_said(FILE *f, const json_t *v, const char *yes)
{
    static const char *const head[] = { "RELAY", "ANSWER" };
    const json_t *relays = json_object_get(v, "relays"), *r;
    struct cli_table *t = cli_table_headed(head, 2);
    size_t i;

    json_array_foreach(relays, i, r)
    {
        cli_table_add(t, "%s", cli_show_foreign(r, "peer"));
        cli_table_add(t, "%s", *hindrance(r) ? hindrance(r) : yes);
    }
    return cli_table_print(t, f);
}

static int show_claimed(FILE *f, const json_t *v)
{
    const char *name = cli_show_str(v, "name");

    if (!json_array_size(json_object_get(v, "relays"))) {
        fprintf(f, "%s: no relay of the network is known yet; it is claimed once there is one\n",
                name);
        return 0;
    }
    return show_said(f, v, "it is ours");
}

/* ---- gw network ---- */

/* Our name at a relay: "ours since 5m", "taken", "-". */
static void add_claim(struct cli_table *t, const json_t *relay)
{
    long long claimed_s = cli_show_num(relay, "claimed_s");
    char age[UNITS_STR_MAX];
    uint64_t s = (uint64_t)time(NULL);

    if (*hindrance(relay))
        cli_table_add(t, "%s", hindrance(relay));
    else if (claimed_s > 0)
        cli_table_add(t, "ours, said %s ago",
                      units_show_age(s > (uint64_t)claimed_s ? s - (uint64_t)claimed_s : 0, age));
    else
        cli_table_add(t, "%s", "");
}

static void add_network(struct cli_table *t, const json_t *net)
{
    const json_t *relays = json_object_get(net, "relays"), *r;
    size_t i, n = json_array_size(relays);

    for (i = 0; i < n || i == 0; i++) {
        cli_table_add(t, "%s", i ? "" : cli_show_foreign(net, "name"));
        cli_table_add(t, "%s", i ? "" : cli_show_foreign(net, "host"));
        cli_table_add(t, "%s", i ? "" : cli_show_foreign(net, "trust"));
        r = json_array_get(relays, i);
        cli_table_add(t, "%s",
                      *cli_show_str(r, "name") ? cli_show_foreign(r, "name")
                                               : cli_show_foreign(r, "peer"));
        cli_table_add(t, "%s", !r ? "" : is(r, "connected") ? "connected" : "not connected");
        add_claim(t, r);
    }
}

static int show_networks(FILE *f, const json_t *v)
{
    static const char *const head[] = { "NETWORK", "HOST", "TRUST", "RELAY", "STATE", "OUR NAME" };
    struct cli_table *t = cli_table_headed(head, sizeof head / sizeof head[0]);
    json_t *net;
    size_t i;

    json_array_foreach(json_object_get(v, "networks"), i, net) add_network(t, net);
    int err = cli_table_print(t, f);
    if (*cli_show_str(v, "own"))
        fprintf(f, "\nThis node is a relay of %s, which has %lld name%s.\n",
                cli_show_foreign(v, "own"), cli_show_num(v, "names"),
                cli_show_num(v, "names") == 1 ? "" : "s");
    return err;
}

static int run_network_list(const struct cli_args *a)
{
    return cli_ask_and_show(a->dir, a->is_json, json_pack("{s:s}", "cmd", "network-list"),
                            CLI_ANSWER_MS, show_networks);
}

/* What a relay would have to be, when it is not. */
static const char *advice_for(const json_t *relay)
{
    if (strcmp(cli_show_str(relay, "error"), gw_strerror(GW_ENOPROTO)) == 0)
        return ": it keeps no names; network in [relay] of its gw.conf makes it, once it is "
               "started "
               "again";
    return "";
}

static int show_probed(FILE *f, const json_t *v)
{
    json_t *r;
    size_t i;

    json_array_foreach(json_object_get(v, "relays"), i, r)
        fprintf(f, "relay %s: %s%s\n", cli_show_foreign(r, "peer"), hindrance(r), advice_for(r));
    if (!is(v, "done"))
        cli_fail("%s yet", cli_show_str(v, "error"));
    return 0;
}

/* To be in a network takes more than to have it in gw.conf: its relays have to say so.  With a name
 * to claim they are asked for that. */
static int confirm(const struct cli_args *a)
{
    if (a->host) {
        json_t *name = json_sprintf("%s.%s", a->host, a->v[0]);
        return cli_ask_and_judge(a->dir, false,
                                 json_pack("{s:s, s:o}", "cmd", "name-claim", "name", name),
                                 CLI_NETWORK_MS, show_claimed, "done");
    }
    return cli_ask_and_judge(
        a->dir, false,
        json_pack("{s:s, s:s, s:b}", "cmd", "name-list", "network", a->v[0], "probe", true),
        CLI_NETWORK_MS, show_probed, "done");
}

/* Without a daemon the file is all there is to change. */
static int run_network_join(const struct cli_args *a)
{
    const struct cli_network_edit e = {
        .network = a->v[0], .relays = a->v + 1, .nrelays = (size_t)a->n - 1, .host = a->host
    };

    if (!cli_can_connect(a->dir))
        return a->local->edit_network(a->local->arg, &e);
    int rc = cli_ask_and_say(a->dir,
                             json_pack("{s:s, s:s, s:o}", "cmd", "network-join", "network",
                                       e.network, "relays", cli_ask_words(e.relays, e.nrelays)),
                             CLI_NETWORK_MS, "joined");
    fflush(stdout);
    return rc ? rc : confirm(a);
}

static int run_network_leave(const struct cli_args *a)
{
    const struct cli_network_edit e = { .network = a->v[0], .is_leave = true };

    if (!cli_can_connect(a->dir))
        return a->local->edit_network(a->local->arg, &e);
    return cli_ask_and_say(a->dir,
                           json_pack("{s:s, s:s}", "cmd", "network-leave", "network", e.network),
                           CLI_NETWORK_MS, "left");
}

const struct cli_sub cli_network_subs[] = {
    { "join", "NAME RELAY... [--host HOST]", "be in a network",
      "RELAY is the multiaddr of one of its relays with /p2p/ID, or a name of it.  With HOST this\n"
      "node is called HOST.NAME there.  Only [network NAME] of gw.conf is changed.\n"
      "Works without a daemon, too.",
      2, -1, CLI_OPT_HOST, run_network_join },
    { "leave", "NAME", "be in it no more",
      "A name that this node has there is given back.  Works without a daemon, too.", 1, 1, 0,
      run_network_leave },
    { "list", "", "the networks, their relays, and whether our name is ours there", NULL, 0, 0,
      CLI_OPT_JSON, run_network_list },
    { .name = NULL },
};

/* ---- gw name ---- */

static int show_released(FILE *f, const json_t *v)
{
    if (json_array_size(json_object_get(v, "relays")))
        return show_said(f, v, "released");
    fprintf(f, "%s\n", is(v, "done") ? "released" : "no relay of the network is known");
    return 0;
}

static int run_name_claim(const struct cli_args *a)
{
    return cli_ask_and_judge(a->dir, a->is_json,
                             json_pack("{s:s, s:s}", "cmd", "name-claim", "name", a->v[0]),
                             CLI_NETWORK_MS, show_claimed, "done");
}

static int run_name_release(const struct cli_args *a)
{
    return cli_ask_and_judge(a->dir, a->is_json,
                             json_pack("{s:s, s:s}", "cmd", "name-release", "name", a->v[0]),
                             CLI_NETWORK_MS, show_released, "done");
}

static int show_names(FILE *f, const json_t *v)
{
    static const char *const head[] = { "NAME", "PEER" };
    struct cli_table *t = cli_table_headed(head, 2);
    json_t *e;
    size_t i;

    json_array_foreach(json_object_get(v, "names"), i, e)
    {
        cli_table_add(t, "%s", cli_show_foreign(e, "name"));
        cli_table_add(t, "%s", cli_show_foreign(e, "peer"));
    }
    int err = cli_table_print(t, f);
    json_array_foreach(json_object_get(v, "relays"), i, e)
        fprintf(f, "%s, relay %s: %s\n", cli_show_foreign(e, "network"),
                cli_show_foreign(e, "peer"), hindrance(e));
    if (!is(v, "done"))
        cli_fail("%s", cli_show_str(v, "error"));
    return err;
}

static int run_name_list(const struct cli_args *a)
{
    json_t *req = a->n ? json_pack("{s:s, s:s}", "cmd", "name-list", "network", a->v[0])
                       : json_pack("{s:s}", "cmd", "name-list");

    return cli_ask_and_judge(a->dir, a->is_json, req, CLI_NETWORK_MS, show_names, "done");
}

const struct cli_sub cli_name_subs[] = {
    { "claim", "HOST.NETWORK", "be called so: the relays keep it while it is renewed",
      "First come, first kept.  The exit status is 0 when one of the relays says yes.", 1, 1,
      CLI_OPT_JSON, run_name_claim },
    { "release", "HOST.NETWORK", "give it back; on the relay itself: take it from anybody", NULL, 1,
      1, CLI_OPT_JSON, run_name_release },
    { "list", "[NETWORK]", "who is called what, as the relays tell", NULL, 0, 1, CLI_OPT_JSON,
      run_name_list },
    { .name = NULL },
};
