/* test_names_server.c - the name service of relays and asking it, across networks that trust each
 * other; hosts in memory. */
#include "p2p/names_server.h"

#include <stdlib.h>

#include "base/clock.h"
#include "net/parting.h"
#include "tmpfiles.h"
#include "two_hosts.h"

/* Three relays, each of a network with one member: bob's is known to grewal and carol. */
enum { GREWAL, BOB, CAROL, RELAYS };

static const char *const names[RELAYS] = { "grewal", "bob", "carol" };

static struct relay {
    struct side *side;
    struct networks networks;
    struct names_book *book;
    struct names_server *server;
    struct tmpfiles files;
    struct key *member; /* of it; grewal's is a side of its own */
    unsigned changes;   /* of its book */
    char changed[64];   /* the last */
} relays[RELAYS];

static struct side carol, laptop;
static unsigned claims_made;

static bool is_member(void *arg, const struct peerid *peer)
{
    return peerid_eq(key_peerid(((struct relay *)arg)->member), peer);
}

static void on_changed(void *arg, const char *host)
{
    struct relay *r = arg;
    r->changes++;
    strcpy(r->changed, host);
}

static void start_relay(int i, struct side *side, struct key *member)
{
    struct relay *r = &relays[i];
    const struct names_book_config cfg = {
        .network = names[i],
        .life_s = 86400 * 90,
        .max_names = 200,
        .max_per_peer = 100,
        .changed = on_changed,
        .arg = r,
    };

    struct tmpfiles files;

    tmpfiles_init(&files);
    *r = (struct relay){ .side = side, .member = member, .files = files };
    strcpy(r->networks.own, names[i]);
    r->book = names_book_new(&cfg, r->files.path);
    const struct names_server_parts parts = { side->host, r->book, &r->networks, is_member, r };
    assert_non_null(r->book);
    r->server = names_server_new(&parts);
    assert_non_null(r->server);
}

/* Tells relay `i` of the network of relay `of`. */
static struct network *knows(int i, int of, enum network_trust trust)
{
    struct networks *all = &relays[i].networks;
    struct network *n = &all->v[all->n++];

    *n = (struct network){ .trust = trust, .nrelays = 1 };
    strcpy(n->name, names[of]);
    n->relays[0] = (struct network_relay){ .peer = *key_peerid(relays[of].side->key),
                                           .addrs = { relays[of].side->addr },
                                           .naddrs = 1 };
    return n;
}

static int setup(void **state)
{
    struct key *members[RELAYS];

    hosts_setup(state);
    carol = laptop = (struct side){ 0 };
    for (int i = 0; i < RELAYS; i++)
        assert_int_equal(key_generate(&members[i]), 0);
    assert_int_equal(key_generate(&carol.key), 0);
    laptop.key = members[GREWAL];
    side_start(&carol, "/ip4/192.0.2.3/udp/4001/quic-v1");
    side_start(&laptop, "/ip4/192.0.2.4/udp/4001/quic-v1");
    start_relay(GREWAL, &a, members[GREWAL]);
    start_relay(BOB, &b, members[BOB]);
    start_relay(CAROL, &carol, members[CAROL]);
    return 0;
}

static int teardown(void **state)
{
    struct side *all[] = { &a, &b, &carol, &laptop };

    for (size_t i = 0; i < COUNT(all); i++)
        host_stop(all[i]->host, 0);
    run_ms(20);
    for (int i = 0; i < RELAYS; i++) {
        names_server_free(relays[i].server);
        names_book_free(relays[i].book);
        unlink(relays[i].files.path);
        assert_int_equal(rmdir(relays[i].files.dir), 0);
    }
    key_free(relays[BOB].member);
    key_free(relays[CAROL].member);
    side_free(&carol);
    side_free(&laptop);
    return hosts_teardown(state);
}

/* ---- asking ---- */

struct told {
    unsigned calls;
    int err;
    enum names_status status;
    char why[NAMES_WHY_MAX + 1];
    size_t nentries, nroute, naddrs;
    struct peerid route[NAMES_VIA_MAX];
    struct name_record record; /* of the first entry */
    char hosts[8][64];
    struct multiaddr addrs[8]; /* of the first entry */
    struct multiaddr relay_addr;
    struct multiaddr last_relay_addr; /* the first of nlast */
    size_t nlast;
};

static void copy_entry(struct told *t, const struct names_answer *said)
{
    struct name_record r;

    for (size_t i = 0; i < said->nentries; i++) {
        assert_int_equal(name_record_open(said->entries[i].claim, (uint64_t)clock_wall_s(), &r), 0);
        if (i < COUNT(t->hosts))
            strcpy(t->hosts[i], r.name);
        if (i == 0)
            t->record = r;
    }
    for (size_t i = 0; said->nentries && i < said->entries[0].addrs.n; i++)
        assert_int_equal(multiaddr_from_bytes(said->entries[0].addrs.v[i], &t->addrs[t->naddrs++]),
                         0);
}

static void on_told(void *arg, int err, const struct names_answer *said)
{
    struct told *t = arg;

    t->calls++;
    t->err = err;
    if (err)
        return;
    t->status = said->status;
    t->nentries = said->nentries;
    t->nroute = said->nroute;
    memcpy(t->why, said->why.p ? said->why.p : (const uint8_t *)"", said->why.n);
    copy_entry(t, said);
    for (size_t i = 0; i < said->nroute; i++)
        assert_int_equal(peerid_from_bytes(said->route[i].id, &t->route[i]), 0);
    if (said->nroute && said->route[0].addrs.n)
        assert_int_equal(multiaddr_from_bytes(said->route[0].addrs.v[0], &t->relay_addr), 0);
    const struct pb_list *last = said->nroute ? &said->route[said->nroute - 1].addrs : NULL;
    t->nlast = last ? last->n : 0;
    if (t->nlast)
        assert_int_equal(multiaddr_from_bytes(last->v[0], &t->last_relay_addr), 0);
}

static bool is_told(void *arg)
{
    return ((struct told *)arg)->calls > 0;
}

static const struct told *ask(struct side *from, const struct side *to,
                              const struct names_question *q)
{
    static struct told t;
    const struct names_ask_req req = { .relay = *key_peerid(to->key),
                                       .addrs = &to->addr,
                                       .naddrs = 1,
                                       .question = q,
                                       .timeout_ms = 4000 };

    t = (struct told){ 0 };
    assert_non_null(names_ask_start(from->host, &req, on_told, &t));
    run_until(is_told, &t);
    run_ms(5);
    assert_int_equal(t.calls, 1);
    return &t;
}

static const struct told *find(const char *host, const char *network)
{
    const struct names_question q = { .network = bytes_of(network), .host = bytes_of(host) };
    return ask(&laptop, &a, &q);
}

static struct bytes seal_until(const char *name, const struct key *by, uint64_t expires_s)
{
    static uint8_t sealed[NAME_RECORD_MAX];
    struct name_record r = { .peer = *key_peerid(by),
                             .sequence = ++claims_made,
                             .expires_s = expires_s };

    strcpy(r.name, name);
    int n = name_record_seal(by, &r, sealed, sizeof sealed);
    assert_true(n > 0);
    return (struct bytes){ sealed, (size_t)n };
}

static struct bytes seal(const char *name, const struct key *by)
{
    return seal_until(name, by, (uint64_t)clock_wall_s() + 3600);
}

static enum names_status claim(struct side *from, const char *name)
{
    const struct names_question q = { .type = NAMES_CLAIM,
                                      .network = B("grewal"),
                                      .claim = seal(name, from->key) };
    return ask(from, &a, &q)->status;
}

/* A member has this name there. */
static void enter(int i, const char *host)
{
    char name[64];
    snprintf(name, sizeof name, "%s.%s", host, names[i]);
    assert_int_equal(names_book_claim(relays[i].book, key_peerid(relays[i].member),
                                      seal(name, relays[i].member), (uint64_t)clock_wall_s()),
                     0);
}

static void assert_found(const struct told *t, int i)
{
    assert_int_equal(t->err, 0);
    assert_int_equal(t->status, NAMES_OK);
    assert_int_equal(t->nentries, 1);
    assert_true(peerid_eq(&t->record.owner, key_peerid(relays[i].member)));
}

static void assert_refused(const struct told *t, enum names_status status)
{
    assert_int_equal(t->err, 0);
    assert_int_equal(t->status, status);
    assert_int_equal(t->nentries, 0);
}

/* ---- within a network ---- */

static void test_a_member_claims_and_is_found(void **state)
{
    (void)state;
    assert_int_equal(claim(&laptop, "laptop.grewal"), NAMES_OK);
    assert_int_equal(relays[GREWAL].changes, 1);
    assert_string_equal(relays[GREWAL].changed, "laptop");
    assert_int_equal(claim(&laptop, "laptop.grewal"), NAMES_OK);
    assert_int_equal(relays[GREWAL].changes, 1); /* a renewal is no change */
    const struct told *t = find("laptop", "grewal");
    assert_found(t, GREWAL);
    assert_string_equal(t->record.name, "laptop.grewal");
    assert_int_equal(t->nroute, 0);
    assert_refused(find("other", "grewal"), NAMES_UNKNOWN);
}

static void test_claims_are_refused_with_a_reason(void **state)
{
    struct key *other;
    (void)state;
    assert_int_equal(key_generate(&other), 0);
    assert_int_equal(names_book_claim(relays[GREWAL].book, key_peerid(other),
                                      seal("server.grewal", other), (uint64_t)clock_wall_s()),
                     0);
    assert_int_equal(claim(&laptop, "server.grewal"), NAMES_TAKEN);
    assert_int_equal(claim(&laptop, "laptop.bob"), NAMES_MALFORMED);
    const struct names_question others = { .type = NAMES_CLAIM,
                                           .network = B("grewal"),
                                           .claim = seal("x.grewal", other) };
    const struct told *t = ask(&laptop, &a, &others);
    assert_refused(t, NAMES_MALFORMED);
    assert_non_null(strstr(t->why, "another one's"));
    assert_int_equal(relays[GREWAL].changes, 1); /* the other one's */
    key_free(other);
}

static void test_release_is_for_the_holder(void **state)
{
    const struct names_question q = { .type = NAMES_RELEASE,
                                      .network = B("grewal"),
                                      .host = B("laptop") };
    (void)state;
    assert_refused(ask(&laptop, &a, &q), NAMES_UNKNOWN);
    assert_int_equal(claim(&laptop, "laptop.grewal"), NAMES_OK);
    assert_int_equal(ask(&laptop, &a, &q)->status, NAMES_OK);
    assert_int_equal(relays[GREWAL].changes, 2);
    assert_refused(find("laptop", "grewal"), NAMES_UNKNOWN);
}

static void test_what_has_run_out_is_told_by_itself(void **state)
{
    struct relay *r = &relays[GREWAL];
    const uint64_t now_s = (uint64_t)clock_wall_s();
    (void)state;
    assert_int_equal(names_book_claim(r->book, key_peerid(r->member),
                                      seal_until("laptop.grewal", r->member, now_s), now_s - 10),
                     0);
    run_ms(5);
    assert_int_equal(r->changes, 2);
    assert_string_equal(r->changed, "laptop");
}

static void test_list_goes_on_behind_the_last_one(void **state)
{
    char host[16];
    struct names_question q = { .type = NAMES_LIST, .network = B("grewal") };
    size_t total = 0;
    (void)state;
    for (int i = 0; i < 70; i++) {
        snprintf(host, sizeof host, "h%02d", i);
        enter(GREWAL, host);
    }
    const struct told *t = ask(&laptop, &a, &q);
    assert_int_equal(t->nentries, NAMES_ENTRIES_MAX);
    assert_string_equal(t->hosts[0], "h00.grewal");
    assert_string_equal(t->hosts[7], "h07.grewal");
    total = t->nentries;
    q.host = (struct bytes)B("h63");
    t = ask(&laptop, &a, &q);
    total += t->nentries;
    assert_string_equal(t->hosts[0], "h64.grewal");
    assert_string_equal(t->hosts[5], "h69.grewal");
    assert_int_equal(total, 70);
}

static void test_strangers_are_denied(void **state)
{
    const struct names_question q[] = {
        { .type = NAMES_FIND, .network = B("grewal"), .host = B("laptop") },
        { .type = NAMES_LIST, .network = B("grewal") },
        { .type = NAMES_RELEASE, .network = B("grewal"), .host = B("laptop") },
        { .type = NAMES_CLAIM, .network = B("grewal"), .claim = seal("x.grewal", carol.key) },
    };
    (void)state;
    enter(GREWAL, "laptop");
    for (size_t i = 0; i < COUNT(q); i++)
        assert_refused(ask(&carol, &a, &q[i]), NAMES_DENIED);
    assert_int_equal(names_book_count(relays[GREWAL].book), 1);
}

static void test_bad_questions_are_malformed(void **state)
{
    const struct names_question q[] = {
        { .type = NAMES_FIND, .network = B("grewal") },
        { .type = NAMES_FIND, .host = B("laptop") },
        { .type = NAMES_FIND, .network = B("grewal"), .host = B("a.b") },
        { .type = NAMES_RELEASE, .network = B("grewal"), .host = B("UPPER") },
        { .type = NAMES_LIST, .network = B("grew al") },
        { .type = NAMES_CLAIM, .network = B("grewal") },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(q); i++)
        assert_refused(ask(&laptop, &a, &q[i]), NAMES_MALFORMED);
}

static void test_what_is_told_of_a_holder_is_of_use_to_the_asker(void **state)
{
    static const char *const known[] = { "/ip4/198.51.100.7/udp/4001/quic-v1",
                                         "/ip4/192.168.1.7/udp/4001/quic-v1",
                                         "/ip4/127.0.0.1/udp/4001/quic-v1",
                                         "/ip4/10.0.0.7/tcp/4001/ws",
                                         "/ip4/198.51.100.8/udp/1/quic-v1/p2p/"
                                         "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA/"
                                         "p2p-circuit" };
    (void)state;
    assert_int_equal(claim(&laptop, "laptop.grewal"), NAMES_OK);
    for (size_t i = 0; i < COUNT(known); i++) {
        struct multiaddr m = maddr(known[i]);
        host_learn_addr(a.host, key_peerid(laptop.key), &m);
    }
    const struct told *t = find("laptop", "grewal"); /* it sees us from 192.0.2.4 */
    struct multiaddr outer = maddr(known[0]);
    assert_true(t->naddrs > 0 && multiaddr_eq(&t->addrs[0], &outer));
    for (size_t k = 1; k < COUNT(known); k++) {
        struct multiaddr other = maddr(known[k]);
        for (size_t i = 0; i < t->naddrs; i++)
            assert_false(multiaddr_eq(&t->addrs[i], &other));
    }
}

static void test_too_many_questions_are_turned_away(void **state)
{
    (void)state;
    enter(GREWAL, "laptop");
    for (int i = 0; i < NAMES_PER_MINUTE; i++)
        assert_found(find("laptop", "grewal"), GREWAL);
    assert_refused(find("laptop", "grewal"), NAMES_BUSY);
}

/* ---- across networks ---- */

static void test_a_question_goes_to_the_relay_of_its_network(void **state)
{
    (void)state;
    knows(GREWAL, BOB, NETWORK_TRUST_ONE_WAY);
    knows(BOB, GREWAL, NETWORK_TRUST_FULL);
    enter(BOB, "server");
    const struct told *t = find("server", "bob");
    assert_found(t, BOB);
    assert_int_equal(t->nroute, 1);
    assert_true(peerid_eq(&t->route[0], key_peerid(b.key)));
    assert_true(multiaddr_eq(&t->relay_addr, &b.addr));
    t = find("nobody", "bob");
    assert_refused(t, NAMES_UNKNOWN);
    assert_non_null(strstr(t->why, peerid_short(key_peerid(b.key))));
}

static void test_one_way_is_one_way(void **state)
{
    const struct names_question q = { .network = B("grewal"), .host = B("laptop") };
    (void)state;
    knows(GREWAL, BOB, NETWORK_TRUST_ONE_WAY);
    knows(BOB, GREWAL, NETWORK_TRUST_FULL);
    enter(GREWAL, "laptop");
    assert_refused(ask(&b, &a, &q), NAMES_DENIED);
    relays[GREWAL].networks.v[0].trust = NETWORK_TRUST_FULL;
    assert_found(ask(&b, &a, &q), GREWAL);
}

static void test_transit_is_off_until_it_is_on(void **state)
{
    (void)state;
    knows(GREWAL, BOB, NETWORK_TRUST_FULL);
    knows(BOB, GREWAL, NETWORK_TRUST_FULL);
    knows(BOB, CAROL, NETWORK_TRUST_FULL);
    knows(CAROL, BOB, NETWORK_TRUST_FULL);
    enter(CAROL, "c");
    assert_refused(find("c", "carol"), NAMES_DENIED);
    relays[BOB].networks.transit = true;
    const struct told *t = find("c", "carol");
    assert_found(t, CAROL);
    assert_int_equal(t->nroute, 2);
    assert_true(peerid_eq(&t->route[0], key_peerid(b.key)));
    assert_true(peerid_eq(&t->route[1], key_peerid(carol.key)));
}

/* All know all, all pass on, and nobody knows the network. */
static void test_a_question_does_not_go_in_circles(void **state)
{
    (void)state;
    for (int i = 0; i < RELAYS; i++) {
        relays[i].networks.transit = true;
        for (int k = 0; k < RELAYS; k++)
            if (i != k)
                knows(i, k, NETWORK_TRUST_FULL);
    }
    const struct told *t = find("x", "nowhere");
    assert_int_equal(t->err, 0);
    assert_int_not_equal(t->status, NAMES_OK);
    assert_true(fake_net.streams < 20);
}

static void test_a_relay_that_is_gone_is_unreachable(void **state)
{
    (void)state;
    knows(GREWAL, BOB, NETWORK_TRUST_FULL);
    fake_net_rule("/ip4/192.0.2.2/udp/4001/quic-v1", 0, GW_EREFUSED);
    const struct told *t = find("server", "bob");
    assert_refused(t, NAMES_UNREACHABLE);
    assert_non_null(strstr(t->why, "no answer"));
}

static const struct names_answer *lie;

static void tell_lie(void *arg, struct conn *c, struct stream *s, const char *protocol,
                     struct bytes early)
{
    uint8_t wire[4096];
    (void)arg;
    (void)protocol;
    s->ops->credit(s, early.n);
    int n = names_answer_encode(wire, sizeof wire, lie);
    assert_true(n > 0);
    parting_start(host_loop(conn_host(c)), s, (struct bytes){ wire, (size_t)n }, 100, 0, NULL);
}

static void test_a_relay_that_lies_is_passed_over(void **state)
{
    struct names_answer answers[] = {
        { .nentries = 1, .entries = { { .claim = B("no claim") } } },
        { .nentries = 1 },
        { .nentries = 0 }, /* and says that it is there */
    };
    (void)state;
    answers[1].entries[0].claim = seal("other.bob", relays[BOB].member);
    knows(GREWAL, BOB, NETWORK_TRUST_FULL);
    knows(BOB, GREWAL, NETWORK_TRUST_FULL);
    host_unhandle(laptop.host, NAMES_PROTOCOL);
    assert_int_equal(host_handle(laptop.host, NAMES_PROTOCOL, NULL, tell_lie, NULL), 0);
    /* The laptop passes for a relay of bob. */
    struct network *bob = &relays[GREWAL].networks.v[0];
    bob->relays[1] = bob->relays[0];
    bob->relays[0].peer = *key_peerid(laptop.key);
    bob->relays[0].addrs[0] = laptop.addr;
    for (size_t i = 0; i < COUNT(answers); i++) {
        lie = &answers[i];
        bob->nrelays = 1;
        const struct names_question q = { .network = B("bob"), .host = B("server") };
        relays[GREWAL].member = carol.key; /* who asks */
        const struct told *t = ask(&carol, &a, &q);
        assert_refused(t, NAMES_UNREACHABLE);
        assert_non_null(strstr(t->why, "not a claim that holds"));
    }
    bob->nrelays = 2; /* and an honest one beside it */
    uint8_t kept[NAME_RECORD_MAX];
    memcpy(kept, answers[1].entries[0].claim.p, answers[1].entries[0].claim.n);
    enter(BOB, "server");
    answers[1].entries[0].claim.p = kept;
    lie = &answers[1];
    const struct names_question q = { .network = B("bob"), .host = B("server") };
    assert_found(ask(&carol, &a, &q), BOB);
}

/* Another network's relay may be near to ours, and say what is of no use to who is not. */
static void test_what_is_handed_on_is_of_use_to_the_asker(void **state)
{
    const struct multiaddr outer = maddr("/ip4/198.51.100.7/udp/4001/quic-v1"),
                           inner = maddr("/ip4/192.168.1.7/udp/4001/quic-v1");
    const struct names_question q = { .network = B("bob"), .host = B("server") };
    struct names_answer said = { .nentries = 1, .nroute = 1 };
    struct pb_list both = { .n = 0 };
    (void)state;
    knows(GREWAL, BOB, NETWORK_TRUST_FULL)->relays[0] = (struct network_relay){
        .peer = *key_peerid(laptop.key), .addrs = { laptop.addr }, .naddrs = 1
    };
    host_unhandle(laptop.host, NAMES_PROTOCOL);
    assert_int_equal(host_handle(laptop.host, NAMES_PROTOCOL, NULL, tell_lie, NULL), 0);
    pb_list_add(&both, (struct bytes){ inner.b, inner.n });
    pb_list_add(&both, (struct bytes){ outer.b, outer.n });
    said.entries[0] = (struct names_entry_msg){ seal("server.bob", relays[BOB].member), both };
    said.route[0] = (struct peer_msg){ { key_peerid(b.key)->mh, key_peerid(b.key)->n }, both };
    lie = &said;
    relays[GREWAL].member = carol.key; /* who asks, from 192.0.2.3 */
    const struct told *t = ask(&carol, &a, &q);
    assert_found(t, BOB);
    assert_int_equal(t->naddrs, 1);
    assert_true(multiaddr_eq(&t->addrs[0], &outer));
    assert_int_equal(t->nroute, 2);
    assert_int_equal(t->nlast, 1);
    assert_true(multiaddr_eq(&t->last_relay_addr, &outer));
}

static void test_who_hangs_up_is_forgotten(void **state)
{
    const struct names_question q = { .network = B("bob"), .host = B("server") };
    const struct names_ask_req req = { .relay = *key_peerid(a.key),
                                       .addrs = &a.addr,
                                       .naddrs = 1,
                                       .question = &q,
                                       .timeout_ms = 4000 };
    static struct told t;
    (void)state;
    knows(GREWAL, BOB, NETWORK_TRUST_FULL);
    fake_net_rule("/ip4/192.0.2.2/udp/4001/quic-v1", 500, 0);
    struct names_ask *asked = names_ask_start(laptop.host, &req, on_told, &t);
    run_ms(50);
    names_ask_cancel(asked);
    run_ms(50);
    assert_int_equal(t.calls, 0);
}

static void test_a_relay_that_says_nothing_is_given_up(void **state)
{
    static unsigned heard;
    const struct names_question q = { .network = B("grewal"), .host = B("x") };
    const struct names_ask_req req = { .relay = *key_peerid(laptop.key),
                                       .addrs = &laptop.addr,
                                       .naddrs = 1,
                                       .question = &q,
                                       .timeout_ms = 100 };
    static struct told t;
    (void)state;
    assert_int_equal(host_handle(laptop.host, NAMES_PROTOCOL, NULL, quiet_handler, &heard), 0);
    assert_non_null(names_ask_start(b.host, &req, on_told, &t));
    run_until(is_told, &t);
    assert_int_equal(t.err, GW_ETIMEOUT);
    assert_int_equal(heard, 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_member_claims_and_is_found),
        TEST(test_claims_are_refused_with_a_reason),
        TEST(test_release_is_for_the_holder),
        TEST(test_what_has_run_out_is_told_by_itself),
        TEST(test_list_goes_on_behind_the_last_one),
        TEST(test_strangers_are_denied),
        TEST(test_bad_questions_are_malformed),
        TEST(test_what_is_told_of_a_holder_is_of_use_to_the_asker),
        TEST(test_too_many_questions_are_turned_away),
        TEST(test_a_question_goes_to_the_relay_of_its_network),
        TEST(test_one_way_is_one_way),
        TEST(test_transit_is_off_until_it_is_on),
        TEST(test_a_question_does_not_go_in_circles),
        TEST(test_a_relay_that_is_gone_is_unreachable),
        TEST(test_a_relay_that_lies_is_passed_over),
        TEST(test_what_is_handed_on_is_of_use_to_the_asker),
        TEST(test_who_hangs_up_is_forgotten),
        TEST(test_a_relay_that_says_nothing_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
