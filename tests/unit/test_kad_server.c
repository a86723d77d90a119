/* test_kad_server.c - what a DHT server answers to each type of request (libp2p specs, kad-dht,
 * "RPC messages"; where that leaves room, as go-libp2p and js-libp2p do). */
#include "p2p/kad_server.h"

#include "id/name_record.h"
#include "vec.h"
#include "wire/varint.h"

#define NOW_S 1796000000u

static struct peerid self, asker;
static struct key *owner;
static struct kad_server server;
static uint8_t record_key[NAME_RECORD_KEY], record[NAME_RECORD_MAX];
static struct bytes key, value; /* of a name record */

static uint8_t wire[KAD_MSG_MAX + 8];
static struct kad_msg answer; /* views wire */

static struct peerid peer(uint16_t i)
{
    struct peerid id = { .n = 38, .mh = { 0, 36, 8, 1, 18, 32 } };
    memcpy(id.mh + 6, &i, sizeof i);
    return id;
}

static struct multiaddr addr(uint16_t i)
{
    struct ipaddr ip = { .family = 4, .b = { 203, (uint8_t)i, (uint8_t)(i >> 8), 1 } };
    struct multiaddr a;
    multiaddr_make_quic(&ip, 4001, &a);
    return a;
}

static struct bytes mh(const struct peerid *id)
{
    return (struct bytes){ id->mh, id->n };
}

static void hear(uint16_t i, size_t naddrs)
{
    struct multiaddr a = addr(i);
    struct kad_contact c = { .peer = peer(i), .addrs = &a, .naddrs = naddrs };
    kad_id_of_peer(&c.peer, &c.id);
    kad_table_heard(server.table, &c, 1);
}

static int setup(void **state)
{
    struct name_record r = { .name = "laptop", .sequence = 1, .expires_s = NOW_S + 3600 };
    (void)state;
    self = peer(0);
    asker = peer(9999);
    server = (struct kad_server){ .table = kad_table_new(&self), .store = kad_store_new(&self) };
    assert_int_equal(key_generate(&owner), 0);
    int n = name_record_seal(owner, &r, record, sizeof record);
    assert_true(n > 0);
    name_record_key(key_peerid(owner), bytes_of("laptop"), record_key);
    key = (struct bytes){ record_key, sizeof record_key };
    value = (struct bytes){ record, (size_t)n };
    return server.table && server.store ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    kad_store_free(server.store);
    kad_table_free(server.table);
    key_free(owner);
    return 0;
}

/* Asks; what was answered is in `answer`.  Returns what kad_server_answer did. */
static int ask_at(const struct kad_msg *req, uint64_t now_s)
{
    struct bytes body;
    int n = kad_server_answer(&server, &asker, req, now_s, wire, sizeof wire);
    if (n <= 0)
        return n;
    assert_int_equal(varint_decode_prefixed((struct bytes){ wire, (size_t)n }, KAD_MSG_MAX, &body),
                     n);
    assert_int_equal(kad_msg_decode(body, &answer), 0);
    assert_int_equal(answer.type, req->type);
    return n;
}

static int ask(const struct kad_msg *req)
{
    return ask_at(req, NOW_S);
}

static int ask_for(enum kad_type type, struct bytes k)
{
    struct kad_msg req = { .type = type, .key = k };
    return ask(&req);
}

static int put(void)
{
    struct kad_msg req = { .type = KAD_PUT_VALUE, .key = key, .record = { key, value, B("then") } };
    return ask(&req);
}

/* The nearest to `target` of the peers 1 to n but one. */
static uint16_t nearest(const struct kad_id *target, uint16_t n, const bool taken[])
{
    struct kad_id id, best = { 0 };
    uint16_t found = 0;
    for (uint16_t i = 1; i <= n; i++) {
        struct peerid p = peer(i);
        kad_id_of_peer(&p, &id);
        if (!taken[i] && (!found || kad_id_cmp(target, &id, &best) < 0)) {
            best = id;
            found = i;
        }
    }
    return found;
}

/* The answer tells the k nearest of the peers 1 to n, but not those taken. */
static void assert_closer(struct bytes target, uint16_t n, bool taken[])
{
    struct kad_id id;
    kad_id_of_key(target, &id);
    assert_int_equal(answer.closer.n, KAD_K);
    for (size_t i = 0; i < KAD_K; i++) {
        uint16_t want = nearest(&id, n, taken);
        struct peerid p = peer(want);
        struct multiaddr a = addr(want);
        taken[want] = true;
        assert_bytes(answer.closer.v[i].id, mh(&p));
        assert_int_equal(answer.closer.v[i].addrs.n, 1);
        assert_bytes(answer.closer.v[i].addrs.v[0], (struct bytes){ a.b, a.n });
    }
}

#define CROWD 40 /* peers that the table of this test has room for, whatever their buckets */

static void fill_table(bool in_table[CROWD + 1])
{
    for (uint16_t i = 1; i <= CROWD; i++) {
        struct peerid p = peer(i);
        hear(i, 1);
        in_table[i] = kad_table_has(server.table, &p);
    }
}

static void test_find_node_tells_the_nearest_first(void **state)
{
    (void)state;
    bool in_table[CROWD + 1] = { 0 }, taken[CROWD + 1];
    struct peerid sought = peer(500);
    fill_table(in_table);
    for (size_t i = 0; i <= CROWD; i++)
        taken[i] = !in_table[i];
    assert_true(ask_for(KAD_FIND_NODE, mh(&sought)) > 0);
    assert_closer(mh(&sought), CROWD, taken);
    assert_int_equal(answer.key.n, 0);
    assert_int_equal(answer.providers.n, 0);
}

static void test_find_node_tells_a_peer_of_the_table_first(void **state)
{
    (void)state;
    bool in_table[CROWD + 1];
    struct peerid sought = peer(1);
    fill_table(in_table);
    assert_true(ask_for(KAD_FIND_NODE, mh(&sought)) > 0);
    assert_int_equal(answer.closer.n, KAD_K);
    assert_bytes(answer.closer.v[0].id, mh(&sought));
}

static void test_asker_takes_nobodys_place(void **state)
{
    (void)state;
    bool in_table[CROWD + 1] = { 0 }, taken[CROWD + 1];
    struct peerid sought = peer(500);
    struct kad_id id;
    fill_table(in_table);
    for (size_t i = 0; i <= CROWD; i++)
        taken[i] = !in_table[i];
    kad_id_of_peer(&sought, &id);
    uint16_t first = nearest(&id, CROWD, taken);
    asker = peer(first);
    taken[first] = true;
    assert_true(ask_for(KAD_FIND_NODE, mh(&sought)) > 0);
    assert_closer(mh(&sought), CROWD, taken);
}

static void test_nobody_is_told_of_itself_or_of_a_peer_without_address(void **state)
{
    (void)state;
    static const enum kad_type types[] = { KAD_FIND_NODE, KAD_GET_VALUE, KAD_GET_PROVIDERS };
    struct peerid one = peer(1);
    hear(1, 1);
    hear(2, 0);
    hear(3, 1);
    asker = peer(3);
    for (size_t i = 0; i < COUNT(types); i++) {
        assert_true(ask_for(types[i], mh(&asker)) > 0);
        assert_int_equal(answer.closer.n, 1);
        assert_bytes(answer.closer.v[0].id, mh(&one));
    }
}

static const struct peerid *connected;

static size_t addrs_of(void *arg, const struct peerid *p, struct multiaddr *out, size_t max)
{
    (void)arg;
    if (!peerid_eq(p, connected))
        return 0;
    for (uint16_t i = 0; i < max; i++)
        out[i] = addr(i);
    return max;
}

static void test_find_node_tells_a_connected_peer_that_is_no_server(void **state)
{
    (void)state;
    struct peerid sought = peer(500), another = peer(501);
    struct multiaddr first = addr(0);
    bool in_table[CROWD + 1];
    fill_table(in_table);
    server.addrs_of = addrs_of;
    connected = &sought;
    assert_true(ask_for(KAD_FIND_NODE, mh(&sought)) > 0);
    assert_int_equal(answer.closer.n, KAD_K);
    assert_bytes(answer.closer.v[0].id, mh(&sought));
    assert_int_equal(answer.closer.v[0].addrs.n, KAD_ADDRS_MAX);
    assert_bytes(answer.closer.v[0].addrs.v[0], (struct bytes){ first.b, first.n });
    assert_true(ask_for(KAD_FIND_NODE, mh(&another)) > 0);
    for (size_t i = 0; i < answer.closer.n; i++)
        assert_false(bytes_eq(answer.closer.v[i].id, mh(&sought)));
    sought = peer(1); /* a server, too */
    assert_true(ask_for(KAD_FIND_NODE, mh(&sought)) > 0);
    assert_bytes(answer.closer.v[0].id, mh(&sought));
    assert_false(bytes_eq(answer.closer.v[1].id, mh(&sought)));
    connected = &asker;
    assert_true(ask_for(KAD_FIND_NODE, mh(&asker)) > 0);
    for (size_t i = 0; i < answer.closer.n; i++)
        assert_false(bytes_eq(answer.closer.v[i].id, mh(&asker)));
}

static bool is_not_that_of_1(void *arg, const struct multiaddr *a)
{
    struct multiaddr hidden = addr(1);
    (void)arg;
    return !multiaddr_eq(a, &hidden);
}

static void test_addresses_that_may_not_be_told_are_left_out(void **state)
{
    (void)state;
    struct peerid one = peer(1), two = peer(2), four = peer(4);
    struct multiaddr addrs[2] = { addr(1), addr(2) }, four_at = addr(1);
    hear(1, 1);
    hear(3, 1);
    server.may_tell = is_not_that_of_1;
    assert_int_equal(
        kad_store_provide(server.store, (struct bytes)B("k"), &four, &four_at, 1, NOW_S), 0);
    assert_int_equal(kad_store_provide(server.store, (struct bytes)B("k"), &two, addrs, 2, NOW_S),
                     0);
    assert_true(ask_for(KAD_GET_PROVIDERS, (struct bytes)B("k")) > 0);
    assert_int_equal(answer.closer.n, 1);
    assert_false(bytes_eq(answer.closer.v[0].id, mh(&one)));
    assert_int_equal(answer.providers.n, 2);
    assert_bytes(answer.providers.v[0].id, mh(&two));
    assert_int_equal(answer.providers.v[0].addrs.n, 1);
    assert_bytes(answer.providers.v[1].id, mh(&four));
    assert_int_equal(answer.providers.v[1].addrs.n, 0);
    server.addrs_of = addrs_of;
    connected = &four;
    assert_true(ask_for(KAD_FIND_NODE, mh(&four)) > 0);
    assert_bytes(answer.closer.v[0].id, mh(&four));
    assert_int_equal(answer.closer.v[0].addrs.n, KAD_ADDRS_MAX - 1);
}

static void test_find_node_takes_any_octets_for_a_key(void **state)
{
    (void)state;
    server.addrs_of = addrs_of;
    connected = &asker;
    hear(1, 1);
    assert_true(ask_for(KAD_FIND_NODE, (struct bytes)B("no peer id")) > 0);
    assert_int_equal(answer.closer.n, 1);
}

static void test_put_value_is_echoed_and_kept(void **state)
{
    (void)state;
    hear(1, 1);
    assert_true(put() > 0);
    assert_bytes(answer.key, key);
    assert_bytes(answer.record.key, key);
    assert_bytes(answer.record.value, value);
    assert_int_equal(answer.closer.n, 0);
    assert_int_equal(kad_store_records(server.store), 1);
}

static void test_put_value_that_cannot_be_kept_is_not_answered(void **state)
{
    (void)state;
    struct bytes other_key = B("/gw/other");
    struct kad_msg bad[] = {
        { .type = KAD_PUT_VALUE, .record = { .key = key, .value = value } },
        { .type = KAD_PUT_VALUE, .key = key },
        { .type = KAD_PUT_VALUE, .key = other_key, .record = { .key = key, .value = value } },
        { .type = KAD_PUT_VALUE, .key = key, .record = { .key = other_key, .value = value } },
        { .type = KAD_PUT_VALUE, .key = other_key, .record = { .key = other_key, .value = value } },
        { .type = KAD_PUT_VALUE, .key = key, .record = { .key = key } },
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(ask(&bad[i]), GW_EINVAL);
    assert_int_equal(kad_store_records(server.store), 0);
}

static void test_get_value_tells_the_record_and_closer_peers(void **state)
{
    (void)state;
    bool in_table[CROWD + 1] = { 0 }, taken[CROWD + 1];
    fill_table(in_table);
    for (size_t i = 0; i <= CROWD; i++)
        taken[i] = !in_table[i];
    assert_true(put() > 0);
    assert_true(ask_for(KAD_GET_VALUE, key) > 0);
    assert_bytes(answer.key, key);
    assert_bytes(answer.record.key, key);
    assert_bytes(answer.record.value, value);
    /* date -u -d @1796000000 +%FT%TZ, with the fraction that js-libp2p wants */
    assert_bytes(answer.record.received, (struct bytes)B("2026-11-30T00:53:20.000000000Z"));
    assert_closer(key, CROWD, taken);
}

static void test_get_value_of_nothing_tells_closer_peers_only(void **state)
{
    (void)state;
    hear(1, 1);
    assert_true(put() > 0);
    assert_true(ask_for(KAD_GET_VALUE, (struct bytes)B("/gw/nothing")) > 0);
    assert_int_equal(answer.record.key.n, 0);
    assert_int_equal(answer.closer.n, 1);
    struct kad_msg req = { .type = KAD_GET_VALUE, .key = key };
    assert_true(ask_at(&req, NOW_S + 3600) > 0); /* expired */
    assert_int_equal(answer.record.key.n, 0);
}

static struct kad_msg provider_msg(const struct peerid *who, const struct multiaddr *a)
{
    struct kad_msg m = { .type = KAD_ADD_PROVIDER, .key = B("\x12\x20multihash") };
    m.providers.n = 1;
    m.providers.v[0].id = mh(who);
    pb_list_add(&m.providers.v[0].addrs, (struct bytes)B("\xff no address"));
    for (size_t i = 0; a && i < KAD_ADDRS_MAX + 1; i++)
        pb_list_add(&m.providers.v[0].addrs, (struct bytes){ a->b, a->n });
    return m;
}

static void test_add_provider_counts_for_the_sender_only(void **state)
{
    (void)state;
    struct peerid other = peer(5);
    struct multiaddr a = addr(5);
    struct kad_msg req = provider_msg(&other, &a);
    assert_int_equal(ask(&req), GW_EINVAL);
    assert_int_equal(kad_store_provided(server.store), 0);
    /* another one, no peer at all, and the sender */
    req.providers.v[2] = req.providers.v[0];
    req.providers.v[2].id = mh(&asker);
    req.providers.v[1].id = (struct bytes)B("?");
    req.providers.n = 3;
    assert_int_equal(ask(&req), 0);
    hear(1, 1);
    assert_true(ask_for(KAD_GET_PROVIDERS, req.key) > 0);
    assert_bytes(answer.key, req.key);
    assert_int_equal(answer.providers.n, 1);
    assert_bytes(answer.providers.v[0].id, mh(&asker));
    assert_int_equal(answer.providers.v[0].addrs.n, KAD_ADDRS_MAX);
    assert_bytes(answer.providers.v[0].addrs.v[0], (struct bytes){ a.b, a.n });
    assert_int_equal(answer.closer.n, 1);
}

static void test_provider_is_told_without_addresses_when_they_are_old(void **state)
{
    (void)state;
    struct multiaddr a = addr(5);
    struct kad_msg req = provider_msg(&asker, &a);
    assert_int_equal(ask(&req), 0);
    req = (struct kad_msg){ .type = KAD_GET_PROVIDERS, .key = req.key };
    assert_true(ask_at(&req, NOW_S + KAD_PROVIDER_ADDRS_S) > 0);
    assert_int_equal(answer.providers.n, 1);
    assert_int_equal(answer.providers.v[0].addrs.n, 0);
}

static void test_add_provider_over_the_limit_is_not_taken(void **state)
{
    (void)state;
    struct kad_msg req = provider_msg(&asker, NULL);
    for (uint16_t i = 0; i <= KAD_PER_PEER_MAX; i++) {
        req.key = (struct bytes){ (const uint8_t *)&i, sizeof i };
        assert_int_equal(ask(&req), i < KAD_PER_PEER_MAX ? 0 : GW_EINVAL);
    }
}

static void test_ping_is_echoed_without_peers(void **state)
{
    (void)state;
    hear(1, 1);
    struct kad_msg req = provider_msg(&asker, NULL);
    req.type = KAD_PING;
    assert_true(ask(&req) > 0);
    assert_int_equal(answer.providers.n + answer.closer.n, 0);
    assert_true(ask_for(KAD_PING, (struct bytes){ 0 }) > 0);
}

static void test_request_without_a_key_is_not_answered(void **state)
{
    (void)state;
    for (enum kad_type type = KAD_PUT_VALUE; type < KAD_PING; type++)
        assert_int_equal(ask_for(type, (struct bytes){ 0 }), GW_EINVAL);
}

/* The longest that an address can be, and as many as there can be. */
static void test_largest_answer_keeps_its_limit(void **state)
{
    (void)state;
    struct multiaddr addrs[KAD_ADDRS_MAX];
    for (size_t i = 0; i < COUNT(addrs); i++) {
        memset(addrs[i].b, 'x', sizeof addrs[i].b);
        memcpy(addrs[i].b, "\x90\x03\xfc\x01/", 5); /* /unix, 252 octets */
        addrs[i].n = MULTIADDR_MAX;
    }
    for (uint16_t i = 1; i <= CROWD; i++) {
        struct kad_contact c = { .peer = peer(i), .addrs = addrs, .naddrs = COUNT(addrs) };
        kad_id_of_peer(&c.peer, &c.id);
        kad_table_heard(server.table, &c, 1);
        assert_int_equal(kad_store_provide(server.store, (struct bytes)B("k"), &c.peer, addrs,
                                           COUNT(addrs), NOW_S),
                         0);
    }
    assert_true(ask_for(KAD_GET_PROVIDERS, (struct bytes)B("k")) > KAD_MSG_MAX - 1200);
    assert_int_equal(answer.providers.n, KAD_MSG_PEERS_MAX);
    assert_true(answer.closer.n > 0 && answer.closer.n < KAD_K);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(test_find_node_tells_the_nearest_first),
        WITH_SERVER(test_find_node_tells_a_peer_of_the_table_first),
        WITH_SERVER(test_asker_takes_nobodys_place),
        WITH_SERVER(test_nobody_is_told_of_itself_or_of_a_peer_without_address),
        WITH_SERVER(test_find_node_tells_a_connected_peer_that_is_no_server),
        WITH_SERVER(test_addresses_that_may_not_be_told_are_left_out),
        WITH_SERVER(test_find_node_takes_any_octets_for_a_key),
        WITH_SERVER(test_put_value_is_echoed_and_kept),
        WITH_SERVER(test_put_value_that_cannot_be_kept_is_not_answered),
        WITH_SERVER(test_get_value_tells_the_record_and_closer_peers),
        WITH_SERVER(test_get_value_of_nothing_tells_closer_peers_only),
        WITH_SERVER(test_add_provider_counts_for_the_sender_only),
        WITH_SERVER(test_provider_is_told_without_addresses_when_they_are_old),
        WITH_SERVER(test_add_provider_over_the_limit_is_not_taken),
        WITH_SERVER(test_ping_is_echoed_without_peers),
        WITH_SERVER(test_request_without_a_key_is_not_answered),
        WITH_SERVER(test_largest_answer_keeps_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
