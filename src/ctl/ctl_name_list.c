/* ctl_name_list.c - who is called what: from the book of the relay that we are, else page by page
 * from relays.  Networks and their relays may become others meanwhile: they are counted through,
 * never pointed at. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "ctl/ctl_name.h"
#include "id/name_record.h"
#include "p2p/lan_peers.h"
#include "p2p/names_ask.h"

#define NAMES_LISTED_MAX 65536 /* all in all */
#define UNTOLD_MAX       (NETWORKS_MAX * (NETWORK_LABEL_MAX + 3))

struct listing {
    const struct ctl_deps *deps;
    struct ctl_session *session;
    char wanted[LAN_LABEL_MAX + 1]; /* the one network; "": all */
    size_t network, relay;          /* whom we ask */
    bool is_probe;                  /* only whether each relay answers */
    bool has_told;                  /* in a probe: one of the network has */
    char last[NAMES_HOST_MAX + 1];  /* the host that came last from there */
    struct names_ask *ask;
    json_t *names, *failures;
    struct strbuf untold; /* networks that no relay has told of, or not to the end: "alice, bob" */
};

static void release(struct listing *l)
{
    names_ask_cancel(l->ask);
    json_decref(l->names);
    json_decref(l->failures);
    strbuf_free(&l->untold);
    free(l);
}

static void on_cancel(void *arg)
{
    release(arg);
}

static void finish(struct listing *l)
{
    json_t *v = json_pack("{s:O, s:O, s:b}", "names", l->names, "relays", l->failures, "done",
                          l->untold.n == 0);

    if (l->untold.n)
        json_object_set_new(v, "error",
                            json_sprintf("no relay tells the names of %s", l->untold.p));
    ctl_session_reply(l->session, v);
    release(l);
}

/* Takes up what a claim says, if it is one of that network and comes behind `last`.  Its host is
 * the last one then. */
static bool add_claim(struct listing *l, struct bytes claim, const char *network)
{
    struct name_record r;
    char id[PEERID_STR_MAX];
    const char *dot;

    if (json_array_size(l->names) >= NAMES_LISTED_MAX ||
        name_record_open(claim, (uint64_t)clock_wall_s(), &r) != 0 ||
        !(dot = strchr(r.name, '.')) || strcmp(dot + 1, network) != 0 ||
        (size_t)(dot - r.name) > NAMES_HOST_MAX)
        return false;
    char host[NAMES_HOST_MAX + 1];
    snprintf(host, sizeof host, "%.*s", (int)(dot - r.name), r.name);
    if (strcmp(host, l->last) <= 0)
        return false;
    memcpy(l->last, host, sizeof host);
    json_array_append_new(l->names, json_pack("{s:s, s:s, s:I}", "name", r.name, "peer",
                                              peerid_print(&r.owner, id), "expires_s",
                                              (json_int_t)r.expires_s));
    return true;
}

static void list_book(struct listing *l)
{
    const struct names_book *b = l->deps->book;
    const struct names_book_entry *e = NULL;
    char host[NAMES_HOST_MAX + 1] = "";

    while ((e = names_book_next(b, bytes_of(host), (uint64_t)clock_wall_s())) != NULL) {
        memcpy(host, e->host, sizeof host);
        add_claim(l, e->claim, l->deps->networks->own);
    }
    l->last[0] = '\0';
}

static void add_failure(struct listing *l, const struct peerid *relay, const char *network,
                        const char *status, const char *error)
{
    char id[PEERID_STR_MAX];

    json_array_append_new(l->failures,
                          json_pack("{s:s, s:s, s:s, s:s}", "peer", peerid_print(relay, id),
                                    "network", network, "status", status, "error", error));
}

static void go_on(struct listing *l);

static void next_network(struct listing *l)
{
    l->network++;
    l->relay = 0;
    l->has_told = false;
    l->last[0] = '\0';
}

static void on_page(void *arg, int err, const struct names_answer *a)
{
    struct listing *l = arg;
    const struct networks *all = l->deps->networks;
    const struct network *net = l->network < all->n ? &all->v[l->network] : NULL;
    bool is_new = false;

    l->ask = NULL;
    if (!net || l->relay >= net->nrelays) {
        next_network(l);
    } else if (err || a->status != NAMES_OK) {
        add_failure(l, &net->relays[l->relay].peer, net->name,
                    err ? "" : names_status_text(a->status), err ? gw_strerror(err) : "");
        l->relay++;
    } else if (l->is_probe) {
        l->has_told = true;
        l->relay++;
    } else {
        for (size_t i = 0; i < a->nentries; i++)
            is_new = add_claim(l, a->entries[i].claim, net->name) || is_new;
        if (!is_new)
            next_network(l);
    }
    go_on(l);
}

/* Of the network that we are a relay of the book has said all. */
static bool is_wanted(const struct listing *l, const struct network *net)
{
    if (l->deps->book && strcmp(net->name, l->deps->networks->own) == 0)
        return false;
    return !*l->wanted || strcmp(l->wanted, net->name) == 0;
}

static bool ask_relay(struct listing *l, const struct network *net, const struct network_relay *r)
{
    const struct names_question q = { .type = NAMES_LIST,
                                      .network = bytes_of(net->name),
                                      .host = bytes_of(l->last) };
    const struct names_ask_req req = { .relay = r->peer,
                                       .addrs = r->addrs,
                                       .naddrs = r->naddrs,
                                       .question = &q,
                                       .timeout_ms = CTL_NAME_ASK_MS };

    l->ask = names_ask_start(l->deps->host, &req, on_page, l);
    if (!l->ask)
        add_failure(l, &r->peer, net->name, "", gw_strerror(GW_ENOMEM));
    return l->ask != NULL;
}

/* Asks the relay whose turn it is; at the end answers. */
static void go_on(struct listing *l)
{
    const struct networks *all = l->deps->networks;

    for (; l->network < all->n; next_network(l)) {
        const struct network *net = &all->v[l->network];
        if (!is_wanted(l, net))
            continue;
        for (; l->relay < net->nrelays; l->relay++)
            if (ask_relay(l, net, &net->relays[l->relay]))
                return;
        if (!l->has_told)
            strbuf_printf(&l->untold, "%s%s", l->untold.n ? ", " : "", net->name);
    }
    finish(l);
}

void ctl_name_list(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    const char *typed = json_string_value(json_object_get(req, "network"));
    char wanted[LAN_LABEL_MAX + 1] = "";
    bool is_name = !typed || lan_name_read(typed, wanted);
    bool is_own = d->book && (!typed || strcmp(wanted, d->networks->own) == 0);

    if (!is_name || (typed && !is_own && !networks_find(d->networks, bytes_of(wanted)))) {
        ctl_session_fail(s, "this node is not in the network %s", typed);
        return;
    }
    struct listing *l = calloc(1, sizeof *l);
    if (!l) {
        ctl_session_fail(s, "%s", gw_strerror(GW_ENOMEM));
        return;
    }
    *l = (struct listing){ .deps = d,
                           .session = s,
                           .names = json_array(),
                           .failures = json_array(),
                           .is_probe = json_is_true(json_object_get(req, "probe")),
                           .untold = { .max = UNTOLD_MAX } };
    memcpy(l->wanted, wanted, sizeof l->wanted);
    ctl_session_on_cancel(s, on_cancel, l);
    if (is_own && !l->is_probe)
        list_book(l);
    if (is_own && typed)
        finish(l);
    else
        go_on(l);
}
