/* ctl_network.c - see ctl_network.h. */
#include "ctl/ctl_network.h"

#include "base/err.h"

#define ERR_MAX 512

static void answer_edit(const struct ctl_deps *d, struct ctl_session *s,
                        const struct ctl_network_edit *e)
{
    char why[ERR_MAX] = "";
    int err = d->edit_network(d->arg, e, why, sizeof why);

    if (err)
        ctl_session_fail(s, "%s", *why ? why : gw_strerror(err));
    else
        ctl_session_reply(s, json_object());
}

/* Reads req.relays into `out`, borrowed from req.  How many, or GW_EINVAL. */
static int read_relays(json_t *req, const char *out[NETWORK_RELAYS_MAX])
{
    json_t *list = json_object_get(req, "relays"), *v;
    size_t n = json_array_size(list), i;

    if (n > NETWORK_RELAYS_MAX)
        return GW_EINVAL;
    json_array_foreach(list, i, v)
    {
        if (!(out[i] = json_string_value(v)))
            return GW_EINVAL;
    }
    return (int)n;
}

void ctl_network_join(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    const char *relays[NETWORK_RELAYS_MAX];
    int n = read_relays(req, relays);
    const struct ctl_network_edit e = { .network = json_string_value(
                                            json_object_get(req, "network")),
                                        .relays = relays,
                                        .nrelays = n > 0 ? (size_t)n : 0,
                                        .host = json_string_value(json_object_get(req, "host")) };

    if (!e.network)
        ctl_session_fail(s, "the request names no network");
    else if (n <= 0)
        ctl_session_fail(s, "a network is joined by 1 to %d relays", NETWORK_RELAYS_MAX);
    else
        answer_edit(d, s, &e);
}

void ctl_network_leave(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    const struct ctl_network_edit e = {
        .network = json_string_value(json_object_get(req, "network")), .is_leave = true
    };

    if (e.network)
        answer_edit(d, s, &e);
    else
        ctl_session_fail(s, "the request names no network");
}

/* ---- the list ---- */

struct claim_of { /* what is known of our name at a relay */
    const struct network *network;
    const struct peerid *relay;
    json_t *out;
};

static void put_claim(void *arg, const struct names_claim_info *i)
{
    const struct claim_of *c = arg;

    if (strcmp(i->network, c->network->name) != 0 || !peerid_eq(&i->relay, c->relay))
        return;
    json_object_set_new(c->out, "claimed_s", json_integer((json_int_t)i->claimed_s));
    if (i->err)
        json_object_set_new(c->out, "error", json_string(gw_strerror(i->err)));
    if (i->status != NAMES_OK)
        json_object_set_new(c->out, "status", json_string(names_status_text(i->status)));
}

static json_t *relay_object(const struct ctl_deps *d, const struct network *n,
                            const struct peerid *relay)
{
    char id[PEERID_STR_MAX];
    const char *name = tier_static_name_of(d->names, relay);
    json_t *v = json_pack("{s:s, s:s, s:b, s:i, s:s, s:s}", "peer", peerid_print(relay, id), "name",
                          name ? name : "", "connected", host_conn(d->host, relay) != NULL,
                          "claimed_s", 0, "status", "", "error", "");
    struct claim_of c = { .network = n, .relay = relay, .out = v };

    if (v && *n->host)
        names_claims_each(d->claims, put_claim, &c);
    return v;
}

static json_t *network_object(const struct ctl_deps *d, const struct network *n)
{
    static const char *const trust[] = { [NETWORK_TRUST_NONE] = "none",
                                         [NETWORK_TRUST_ONE_WAY] = "one-way",
                                         [NETWORK_TRUST_FULL] = "full" };
    json_t *relays = json_array();

    for (size_t i = 0; i < n->nrelays; i++)
        json_array_append_new(relays, relay_object(d, n, &n->relays[i].peer));
    return json_pack("{s:s, s:s, s:s, s:o}", "name", n->name, "host", n->host, "trust",
                     trust[n->trust], "relays", relays);
}

void ctl_network_list(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    json_t *list = json_array();

    (void)req;
    for (size_t i = 0; i < d->networks->n; i++)
        json_array_append_new(list, network_object(d, &d->networks->v[i]));
    ctl_session_reply(s, json_pack("{s:s, s:I, s:b, s:o}", "own", d->networks->own, "names",
                                   (json_int_t)(d->book ? names_book_count(d->book) : 0), "transit",
                                   d->networks->transit, "networks", list));
}
