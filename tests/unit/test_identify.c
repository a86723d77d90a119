/* test_identify.c - two hosts in memory that tell each other who they are, and messages made by
 * hand. */
#include "p2p/identify.h"

#include <gw/version.h>
#include <string.h>

#include "failing_alloc.h"
#include "two_hosts.h"
#include "wire/identify_msg.h"

static struct identify *at_a, *at_b;

static int setup(void **state)
{
    hosts_setup(state);
    at_a = identify_new(a.host);
    at_b = identify_new(b.host);
    assert_non_null(at_a);
    assert_non_null(at_b);
    return 0;
}

static int teardown(void **state)
{
    hosts_teardown(state);
    identify_free(at_a);
    identify_free(at_b);
    return 0;
}

static struct conn_identity *b_as_a_sees_it(void)
{
    struct conn *c = host_conn(a.host, key_peerid(b.key));
    return c ? conn_identity(c) : NULL;
}

static bool is_known(void *arg)
{
    (void)arg;
    struct conn *c = host_conn(b.host, key_peerid(a.key));
    return b_as_a_sees_it() && b_as_a_sees_it()->is_known && c && conn_identity(c)->is_known;
}

static struct conn *join_and_identify(void)
{
    struct conn *c = join(&a, &b);
    run_until(is_known, NULL);
    return c;
}

static bool has_protocol(const struct conn_identity *id, const char *protocol)
{
    for (size_t i = 0; i < id->nprotocols; i++)
        if (strcmp(id->protocols[i], protocol) == 0)
            return true;
    return false;
}

/* The addresses that `a` has for b: where it dials when it is told none. */
static void assert_a_would_dial(const char *const *addrs, size_t n)
{
    struct opened o = { 0 };
    struct host_proposal p = { .protocol = "/none" };
    struct host_open_req req = { .peer = *key_peerid(b.key), .proposals = &p, .nproposals = 1 };

    host_close_peer(a.host, key_peerid(b.key), 0);
    run_ms(3);
    fake_net.dials = 0;
    for (size_t i = 0; i < n; i++)
        fake_net_rule(addrs[i], 0, GW_EREFUSED);
    assert_non_null(host_open(a.host, &req, note_opened, &o));
    run_until(is_opened, &o);
    assert_int_equal(fake_net.dials, n);
    for (size_t i = 0; i < n; i++) {
        struct multiaddr want = maddr(addrs[i]);
        assert_true(multiaddr_eq(&fake_net.dialled[i], &want));
    }
}

static void test_both_ends_learn_who_the_other_is(void **state)
{
    (void)state;
    unsigned served = 0;
    assert_int_equal(host_handle(b.host, "/x/1", NULL, quiet_handler, &served), 0);
    struct conn *c = join_and_identify();
    const struct conn_identity *id = conn_identity(c);
    assert_string_equal(id->agent, "gw/" GW_VERSION);
    assert_int_equal(id->nprotocols, 3);
    assert_true(has_protocol(id, "/x/1"));
    assert_true(has_protocol(id, IDENTIFY_PROTOCOL));
    assert_true(has_protocol(id, IDENTIFY_PUSH_PROTOCOL));
    assert_true(conn_speaks(c, "/x/1"));
    assert_false(conn_speaks(c, "/x/2"));
    struct multiaddr seen = maddr(
        "/ip4/198.51.100.7/udp/7/quic-v1"); /* fake_muxed: a as b sees it */
    assert_true(multiaddr_eq(&id->observed, &seen));
}

static void test_listen_addresses_are_learnt_but_no_loopback(void **state)
{
    (void)state;
    struct multiaddr more = maddr("/ip6/2001:db8::2/udp/9/quic-v1"),
                     local = maddr("/ip4/127.0.0.1/udp/9/quic-v1");
    assert_int_equal(host_listen(b.host, &local, NULL), 0);
    assert_int_equal(host_listen(b.host, &more, NULL), 0);
    join_and_identify();
    assert_a_would_dial((const char *const[]){ "/ip6/2001:db8::2/udp/9/quic-v1",
                                               "/ip4/192.0.2.2/udp/4001/quic-v1" },
                        2);
}

/* Reads b's answer as it is on the wire. */
struct answer {
    size_t n;
    uint8_t wire[IDENTIFY_WIRE_MAX];
    bool has_ended;
};

static void answer_on_data(struct stream *s, struct bytes v)
{
    struct answer *an = s->owner;
    assert_true(v.n <= sizeof an->wire - an->n);
    if (v.n)
        memcpy(an->wire + an->n, v.p, v.n);
    an->n += v.n;
    s->ops->credit(s, v.n);
}

static void answer_on_close(struct stream *s, int err)
{
    struct answer *an = s->owner;
    assert_int_equal(err, 0);
    an->has_ended = true;
}

static void on_answering(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                         struct bytes early)
{
    static struct stream_events ev;
    (void)c;
    (void)protocol;
    assert_int_equal(err, 0);
    ev = quiet_events;
    ev.on_data = answer_on_data;
    ev.on_close = answer_on_close;
    stream_own(s, &ev, arg);
    answer_on_data(s, early);
    s->ops->shutdown(s);
}

static bool has_ended(void *arg)
{
    return ((struct answer *)arg)->has_ended;
}

static void test_the_answer_is_one_message_without_loopback_addresses(void **state)
{
    (void)state;
    struct answer an = { 0 };
    struct identify_msg m = { 0 };
    struct multiaddr local = maddr("/ip4/127.0.0.1/udp/9/quic-v1");
    assert_int_equal(host_listen(b.host, &local, NULL), 0);
    struct conn *c = join_and_identify();
    assert_int_equal(conn_open(c, IDENTIFY_PROTOCOL, (struct bytes){ 0 }, on_answering, &an), 0);
    run_until(has_ended, &an);
    assert_int_equal(identify_decode((struct bytes){ an.wire, an.n }, &m), an.n);
    assert_true(bytes_eq(m.public_key, key_public_pb(b.key)));
    assert_true(bytes_eq(m.protocol_version, bytes_of("ipfs/0.1.0")));
    assert_int_equal(m.naddrs, 1);
    assert_true(bytes_eq(m.addrs[0], (struct bytes){ b.addr.b, b.addr.n }));
    assert_int_equal(m.signed_peer_record.n, 0);
}

static bool has_heard_of_new(void *arg)
{
    (void)arg;
    return has_protocol(b_as_a_sees_it(), "/new");
}

static void test_push_all_tells_what_has_changed(void **state)
{
    (void)state;
    unsigned served = 0;
    join_and_identify();
    assert_false(has_heard_of_new(NULL));
    assert_int_equal(host_handle(b.host, "/new", NULL, quiet_handler, &served), 0);
    identify_push_all(at_b);
    run_until(has_heard_of_new, NULL);
}

static void test_answer_cut_into_octets_is_understood(void **state)
{
    (void)state;
    fake_net.piece = 1;
    join_and_identify();
    assert_string_equal(b_as_a_sees_it()->agent, "gw/" GW_VERSION);
}

static bool is_seen_there(void *where)
{
    return multiaddr_eq(&b_as_a_sees_it()->observed, where);
}

/* Asked with the first packet from the new address b still tells the old one. */
static void test_a_peer_that_has_moved_is_told_where_it_is_seen_now(void **state)
{
    (void)state;
    struct multiaddr there = maddr("/ip4/203.0.113.44/udp/4001/quic-v1");
    join_and_identify();
    assert_false(is_seen_there(&there));
    fake_net_move("/ip4/203.0.113.44/udp/4001/quic-v1");
    run_until(is_seen_there, &there);
}

/* Messages made by hand. */

static size_t put(uint8_t *dst, size_t cap, const struct identify_msg *m)
{
    int n = identify_encode(dst, cap, m);
    assert_true(n > 0);
    return (size_t)n;
}

static void test_apply_merges_several_messages(void **state)
{
    (void)state;
    uint8_t wire[1024];
    struct conn *c = join_and_identify();
    struct identify_msg first = { .agent_version = bytes_of("one"),
                                  .nprotocols = 1,
                                  .protocols = { bytes_of("/p/1") } };
    struct identify_msg second = { .agent_version = bytes_of("two"),
                                   .nprotocols = 1,
                                   .protocols = { bytes_of("/p/2") } };
    size_t n = put(wire, sizeof wire, &first);
    n += put(wire + n, sizeof wire - n, &second);
    assert_int_equal(identify_apply(c, (struct bytes){ wire, n }), 0);
    const struct conn_identity *id = conn_identity(c);
    assert_string_equal(id->agent, "two");
    assert_int_equal(id->nprotocols, 2);
    assert_true(has_protocol(id, "/p/1"));
    assert_true(has_protocol(id, "/p/2"));
}

static void test_apply_takes_ten_messages_at_most(void **state)
{
    (void)state;
    uint8_t wire[1024];
    size_t n = 0;
    struct conn *c = join_and_identify();
    for (int i = 0; i < IDENTIFY_MESSAGES_MAX + 1; i++) {
        char name[] = { '/', (char)('a' + i), '\0' };
        struct identify_msg m = { .nprotocols = 1, .protocols = { bytes_of(name) } };
        n += put(wire + n, sizeof wire - n, &m);
    }
    assert_int_equal(identify_apply(c, (struct bytes){ wire, n }), 0);
    assert_int_equal(conn_identity(c)->nprotocols, IDENTIFY_MESSAGES_MAX);
}

static void test_apply_leaves_what_a_push_does_not_name(void **state)
{
    (void)state;
    uint8_t wire[64];
    struct conn *c = join_and_identify();
    struct identify_msg m = { .agent_version = bytes_of("js-libp2p/3") };
    assert_int_equal(identify_apply(c, (struct bytes){ wire, put(wire, sizeof wire, &m) }), 0);
    const struct conn_identity *id = conn_identity(c);
    assert_string_equal(id->agent, "js-libp2p/3");
    assert_int_equal(id->nprotocols, 2);
    assert_true(id->observed.n > 0);
}

/* A peer of which nothing is known may speak anything. */
static void test_apply_without_memory_changes_nothing(void **state)
{
    (void)state;
    uint8_t wire[64];
    struct conn *c = join(&a, &b);
    struct identify_msg m = { .nprotocols = 2,
                              .protocols = { bytes_of("/p/1"), bytes_of("/p/2") } };
    size_t n = put(wire, sizeof wire, &m);

    for (unsigned left = 0; left < 3; left++) {
        alloc_left = left;
        int err = identify_apply(c, (struct bytes){ wire, n });
        alloc_left = UINT_MAX;
        assert_int_equal(err, GW_ENOMEM);
        assert_false(conn_identity(c)->is_known);
        assert_true(conn_speaks(c, "/p/1"));
    }
    assert_int_equal(identify_apply(c, (struct bytes){ wire, n }), 0);
    assert_true(conn_speaks(c, "/p/1"));
    assert_false(conn_speaks(c, "/p/3"));
}

static void test_apply_of_a_broken_message_changes_nothing(void **state)
{
    static const struct {
        const char *wire;
        size_t n;
    } bad[] = {
        { "", 0 },                     /* nothing at all */
        { "\x05\x32\x03x", 4 },        /* cut off */
        { "\x04\x32\x7fxy", 5 },       /* a field that runs out of its message */
        { "\xff\xff\xff\xff\x0f", 5 }, /* a length above the limit */
    };
    (void)state;
    struct conn *c = join_and_identify();
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(
            identify_apply(c, (struct bytes){ (const uint8_t *)bad[i].wire, bad[i].n }), GW_EPROTO);
        assert_string_equal(conn_identity(c)->agent, "gw/" GW_VERSION);
        assert_int_equal(conn_identity(c)->nprotocols, 2);
    }
}

static void test_apply_cuts_a_long_agent_and_drops_strange_protocols(void **state)
{
    (void)state;
    uint8_t wire[1024];
    char agent[200], protocol[300];
    struct conn *c = join_and_identify();
    memset(agent, 'g', sizeof agent);
    memset(protocol, 'p', sizeof protocol);
    struct identify_msg m = { .agent_version = { (uint8_t *)agent, sizeof agent },
                              .nprotocols = 3,
                              .protocols = { { (uint8_t *)protocol, sizeof protocol },
                                             { (const uint8_t *)"/a\0b", 4 },
                                             bytes_of("/good") } };
    assert_int_equal(identify_apply(c, (struct bytes){ wire, put(wire, sizeof wire, &m) }), 0);
    const struct conn_identity *id = conn_identity(c);
    assert_int_equal(strlen(id->agent), sizeof id->agent - 1);
    assert_int_equal(id->nprotocols, 1);
    assert_string_equal(id->protocols[0], "/good");
}

static void test_apply_learns_only_addresses_that_can_be_dialled(void **state)
{
    static const char *const addrs[] = {
        "/dns4/example.com/tcp/4001",         "/ip4/0.0.0.0/udp/4001/quic-v1",
        "/ip4/127.0.0.1/udp/4001/quic-v1",    "/ip4/203.0.113.9/udp/4001/quic-v1",
        "/dns4/example.com/udp/4001/quic-v1",
    };
    struct multiaddr v[COUNT(addrs)];
    struct identify_msg m = { .naddrs = COUNT(addrs) + 1 };
    uint8_t wire[1024];
    (void)state;
    for (size_t i = 0; i < COUNT(addrs); i++) {
        v[i] = maddr(addrs[i]);
        m.addrs[i] = (struct bytes){ v[i].b, v[i].n };
    }
    m.addrs[COUNT(addrs)] = bytes_of("no multiaddr");
    struct conn *c = join_and_identify();
    assert_int_equal(identify_apply(c, (struct bytes){ wire, put(wire, sizeof wire, &m) }), 0);
    assert_a_would_dial((const char *const[]){ "/ip4/203.0.113.9/udp/4001/quic-v1",
                                               "/ip4/192.0.2.2/udp/4001/quic-v1" },
                        2);
}

/* Answers without end: cut off, and nothing is taken. */
static void flood(void *arg, struct conn *c, struct stream *s, const char *protocol,
                  struct bytes early)
{
    static const uint8_t zeros[4 * IDENTIFY_MESSAGES_MAX * IDENTIFY_MAX];
    quiet_handler(arg, c, s, protocol, early);
    assert_true(s->ops->write(s, (struct bytes){ zeros, sizeof zeros }) >= 0);
}

static void test_an_endless_answer_is_cut_off(void **state)
{
    (void)state;
    unsigned served = 0;
    hosts_setup(state);
    struct identify *id = identify_new(a.host);
    assert_int_equal(host_handle(b.host, IDENTIFY_PROTOCOL, NULL, flood, &served), 0);
    struct conn *c = join(&a, &b);
    struct muxed_info info;
    run_ms(20);
    assert_int_equal(served, 1);
    assert_false(conn_identity(c)->is_known);
    conn_info(c, &info);
    assert_int_equal(info.streams, 0);
    hosts_teardown(state);
    identify_free(id);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_both_ends_learn_who_the_other_is),
        T(test_listen_addresses_are_learnt_but_no_loopback),
        T(test_the_answer_is_one_message_without_loopback_addresses),
        T(test_push_all_tells_what_has_changed),
        T(test_answer_cut_into_octets_is_understood),
        T(test_a_peer_that_has_moved_is_told_where_it_is_seen_now),
        T(test_apply_merges_several_messages),
        T(test_apply_takes_ten_messages_at_most),
        T(test_apply_leaves_what_a_push_does_not_name),
        cmocka_unit_test_setup_teardown(test_apply_without_memory_changes_nothing, hosts_setup,
                                        hosts_teardown),
        T(test_apply_of_a_broken_message_changes_nothing),
        T(test_apply_cuts_a_long_agent_and_drops_strange_protocols),
        T(test_apply_learns_only_addresses_that_can_be_dialled),
        cmocka_unit_test(test_an_endless_answer_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
