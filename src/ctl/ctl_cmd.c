/* ctl_cmd.c - the table, and the commands that answer at once. */
#include "ctl/ctl_cmd.h"

#include "base/err.h"
#include "ctl/ctl_dht.h"
#include "ctl/ctl_doctor.h"
#include "ctl/ctl_name.h"
#include "ctl/ctl_nc.h"
#include "ctl/ctl_netcheck.h"
#include "ctl/ctl_network.h"
#include "ctl/ctl_peer.h"
#include "ctl/ctl_perf.h"
#include "ctl/ctl_ping.h"
#include "ctl/ctl_resolve.h"
#include "ctl/ctl_status.h"

#define SAID_MAX 1024

struct ctl_cmd {
    const char *name;
    const char *args; /* members of the request; [optional] */
    const char *help;
    void (*run)(const struct ctl_deps *d, struct ctl_session *s, json_t *req);
};

static void run_status(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    (void)req;
    ctl_session_reply(s, ctl_status_make(d));
}

static void run_peers(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    (void)req;
    ctl_session_reply(s, ctl_status_peers(d));
}

static void run_services(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    if (json_object_get(req, "peer"))
        ctl_peer_services(d, s, req);
    else
        ctl_session_reply(s, ctl_status_services(d));
}

/* Answers with what a callback of main returned: `v` (taken), or why not. */
static void answer_config(struct ctl_session *s, int err, const char *why, json_t *v)
{
    if (!err) {
        ctl_session_reply(s, v);
        return;
    }
    json_decref(v);
    ctl_session_fail(s, "%s", *why ? why : gw_strerror(err));
}

static void run_reload(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    char said[SAID_MAX] = "";
    int err = d->reload(d->arg, said, sizeof said);

    (void)req;
    answer_config(s, err, said, json_pack("{s:s}", "later", said));
}

static void run_config(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    char why[SAID_MAX] = "";
    int err = d->check(d->arg, why, sizeof why);

    (void)req;
    answer_config(s, err, why, json_object());
}

static void stop_answered(void *arg, struct stream *stream, struct bytes early)
{
    const struct ctl_deps *d = arg;

    (void)early;
    stream_drop(stream, GW_ECANCELED);
    d->stop(d->arg);
}

/* The answer has left before anything is torn down. */
static void run_stop(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    (void)req;
    ctl_session_hand_over(s, stop_answered, (void *)d);
}

static void run_help(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

static const struct ctl_cmd commands[] = {
    { "status", "", "what the daemon does", run_status },
    { "resolve", "name [verbose]", "which peer a name leads to, and who says so", ctl_resolve_run },
    { "ping", "name [count]", "round-trip times, one line each", ctl_ping_run },
    { "perf", "name up down", "throughput: so many octets to the peer, then from it",
      ctl_perf_run },
    { "doctor", "name", "how a peer is reached, and why not better", ctl_doctor_run },
    { "netcheck", "", "how this node finds itself connected", ctl_netcheck_run },
    { "nc", "name port [ticket]", "open a service; the connection then carries its octets",
      ctl_nc_run },
    { "nc-end", "ticket", "whether these octets were all", ctl_nc_end },
    { "peers", "", "the connected peers", run_peers },
    { "services", "[peer]", "the services of this node, or those a peer lets us use",
      run_services },
    { "allow", "peer [services]", "let a peer use these services, or all", ctl_peer_allow },
    { "deny", "peer", "take back all that a peer was allowed", ctl_peer_deny },
    { "network-join", "network relays [host]", "be in a network: edits gw.conf", ctl_network_join },
    { "network-leave", "network", "be in it no more: edits gw.conf", ctl_network_leave },
    { "network-list", "", "the networks, their relays, our names there", ctl_network_list },
    { "name-claim", "name", "be called HOST.NETWORK: edits gw.conf, tells the relays",
      ctl_name_claim },
    { "name-release", "name", "give it back, or as the relay take it away", ctl_name_release },
    { "name-list", "[network]", "who is called what, as the relays tell", ctl_name_list },
    { "dht-status", "", "what we are in the DHT, and whom we know there", ctl_dht_status },
    { "dht-find", "peer", "the addresses of a peer", ctl_dht_find },
    { "dht-get", "key", "the value under a key", ctl_dht_get },
    { "dht-put", "key value", "put a value (base64) under a key", ctl_dht_put },
    { "dht-provide", "key", "say that we have it", ctl_dht_provide },
    { "dht-providers", "key", "who has it", ctl_dht_providers },
    { "dht-share", "[life_s]", "a code that leads to us for a while", ctl_dht_share },
    { "dht-meet", "code", "whom a code leads to", ctl_dht_meet },
    { "reload", "", "read the files again", run_reload },
    { "config", "", "check the configuration file without taking it", run_config },
    { "stop", "", "stop the daemon", run_stop },
    { "help", "", "this table", run_help },
};
#define NCOMMANDS (sizeof commands / sizeof commands[0])

static void run_help(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    json_t *list = json_array();

    (void)d;
    (void)req;
    for (size_t i = 0; i < NCOMMANDS; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "cmd", commands[i].name, "args",
                                              commands[i].args, "help", commands[i].help));
    ctl_session_reply(s, json_pack("{s:o}", "commands", list));
}

void ctl_cmd_run(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    const char *name = json_string_value(json_object_get(req, "cmd"));

    for (size_t i = 0; name && i < NCOMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            commands[i].run(d, s, req);
            return;
        }
    }
    ctl_session_fail(s, name ? "unknown command %.64s" : "the request has no cmd", name);
}
