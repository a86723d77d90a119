/* kadrig.c - see kadrig.h. */
#include "kadrig.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

struct node nodes[KADRIG_MAX];
struct kad_config kad_config;

int kadrig_setup(void **state)
{
    hosts_setup(state);
    config.max_peers = 100;
    config.max_streams = 100;
    fake_net.has_places = true;
    memset(nodes, 0, sizeof nodes);
    kad_config = (struct kad_config){ .protocol = KAD_PROTOCOL,
                                      .query_ms = 3000,
                                      .request_ms = 200,
                                      .refresh_ms = 60000,
                                      .republish_ms = 60000,
                                      .paths = 3 };
    return 0;
}

void node_start_at(size_t i, bool is_server, const char *path, const char *at)
{
    struct node *n = &nodes[i];

    if (!n->side.key)
        assert_int_equal(key_generate(&n->side.key), 0);
    side_start(&n->side, at);
    n->identify = identify_new(n->side.host);
    n->kad = kad_new(n->side.host, &kad_config, path);
    assert_non_null(n->identify);
    assert_non_null(n->kad);
    assert_int_equal(kad_set_server(n->kad, is_server), 0);
}

void node_start(size_t i, bool is_server, const char *path)
{
    char at[64];

    snprintf(at, sizeof at, "/ip4/%zu.0.0.1/udp/4001/quic-v1", 20 + i);
    node_start_at(i, is_server, path, at);
}

void node_stop(size_t i)
{
    struct node *n = &nodes[i];

    host_stop(n->side.host, 0);
    run_ms(5);
    kad_free(n->kad);
    side_free(&n->side);
    identify_free(n->identify);
    *n = (struct node){ 0 };
}

int kadrig_teardown(void **state)
{
    for (size_t i = 0; i < KADRIG_MAX; i++)
        if (nodes[i].kad)
            node_stop(i);
    return hosts_teardown(state);
}

const struct peerid *node_id(size_t i)
{
    return key_peerid(nodes[i].side.key);
}

void node_bootstrap(size_t i, size_t to)
{
    kad_bootstrap(nodes[i].kad, node_id(to), &nodes[to].side.addr, 1);
}

size_t node_contacts(size_t i)
{
    struct kad_stats s;
    kad_stats(nodes[i].kad, &s);
    return s.contacts;
}

bool node_has_met(void *i)
{
    return node_contacts(*(const size_t *)i) > 0;
}

struct search {
    const struct peerid *peer;
    bool is_found;
};

static void look(void *arg, const struct kad_contact *c, uint64_t heard_ms)
{
    struct search *s = arg;
    (void)heard_ms;
    s->is_found |= peerid_eq(&c->peer, s->peer);
}

bool node_knows(size_t i, size_t other)
{
    struct search s = { .peer = node_id(other) };
    kad_each_contact(nodes[i].kad, look, &s);
    return s.is_found;
}

static bool know_each_other(void *arg)
{
    size_t n = *(const size_t *)arg;

    for (size_t i = 0; i < n; i++)
        if (node_contacts(i) < n - 1)
            return false;
    return true;
}

void servers_start(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        node_start(i, true, NULL);
        if (i)
            node_bootstrap(i, 0);
    }
    run_until(know_each_other, &n);
}

void note_got(void *arg, const struct kad_result *r)
{
    struct got *g = arg;

    g->calls++;
    g->err = r->err;
    g->nvalue = r->value.n;
    if (r->value.n)
        memcpy(g->value, r->value.p, r->value.n);
    g->npeers = r->npeers;
    for (size_t i = 0; i < r->npeers && i < KAD_K; i++) {
        g->peers[i] = r->peers[i].peer;
        if (r->peers[i].naddrs)
            g->addrs[i] = r->peers[i].addrs[0];
    }
    g->asked = r->asked;
    g->answered = r->answered;
    g->hops = r->hops;
}

bool is_got(void *arg)
{
    return ((const struct got *)arg)->calls > 0;
}

static struct got await(struct got *g, const struct kad_request *q)
{
    assert_non_null(q);
    assert_int_equal(g->calls, 0);
    run_until(is_got, g);
    assert_int_equal(g->calls, 1);
    return *g;
}

struct got kad_got(size_t i, struct bytes key)
{
    struct got g = { 0 };
    return await(&g, kad_get(nodes[i].kad, key, note_got, &g));
}

struct got kad_did_put(size_t i, struct bytes key, struct bytes value)
{
    struct got g = { 0 };
    return await(&g, kad_put(nodes[i].kad, key, value, note_got, &g));
}

struct got kad_found(size_t i, const struct peerid *peer)
{
    struct got g = { 0 };
    return await(&g, kad_find(nodes[i].kad, peer, note_got, &g));
}

struct got kad_provided(size_t i, struct bytes key)
{
    struct got g = { 0 };
    return await(&g, kad_provide(nodes[i].kad, key, note_got, &g));
}

struct got kad_saw_providers(size_t i, struct bytes key)
{
    struct got g = { 0 };
    return await(&g, kad_providers(nodes[i].kad, key, note_got, &g));
}

struct record record_of(size_t i, const char *name, uint64_t sequence)
{
    struct name_record r = { .peer = *node_id(i),
                             .sequence = sequence,
                             .expires_s = (uint64_t)clock_wall_s() + 3600,
                             .addrs = { nodes[i].side.addr },
                             .naddrs = 1 };
    struct record out = { 0 };

    snprintf(r.name, sizeof r.name, "%s", name);
    int n = name_record_seal(nodes[i].side.key, &r, out.value, sizeof out.value);
    assert_true(n > 0);
    out.n = (size_t)n;
    name_record_key(node_id(i), bytes_of(name), out.key);
    return out;
}

struct bytes record_key(const struct record *r)
{
    return (struct bytes){ r->key, sizeof r->key };
}

struct bytes record_value(const struct record *r)
{
    return (struct bytes){ r->value, r->n };
}
