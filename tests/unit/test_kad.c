/* test_kad.c - a DHT of hosts in memory: who finds whom and what, who is in whose table, and what
 * happens when some are gone. */
#include "p2p/kad_query.h"

#include "base/clock.h"
#include "kadrig.h"
#include "looprun.h"
#include "tmpfiles.h"

static void test_servers_meet_through_one_of_them(void **state)
{
    (void)state;
    servers_start(10); /* each is known by all, or this fails */
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(node_contacts(i), 9);
}

static void client_start(size_t i, size_t to)
{
    node_start(i, false, NULL);
    node_bootstrap(i, to);
    run_until(node_has_met, &i);
}

static bool has_looked_around(void *arg)
{
    struct kad_stats s;
    (void)arg;
    kad_stats(nodes[1].kad, &s);
    return s.lookups >= 3; /* for itself, and in two buckets at least */
}

static void test_who_got_its_first_contact_looks_around(void **state)
{
    (void)state;
    servers_start(2);
    run_until(has_looked_around, NULL);
}

static void test_one_to_begin_with_may_come_later(void **state)
{
    struct multiaddr at = maddr("/ip4/20.0.0.1/udp/4001/quic-v1");
    (void)state;
    assert_int_equal(key_generate(&nodes[0].side.key), 0);
    node_start(1, false, NULL);
    kad_bootstrap(nodes[1].kad, node_id(0), &at, 1);
    run_ms(300);
    node_start(0, true, NULL);
    run_until(node_has_met, &(size_t){ 1 });
}

static void test_a_client_asks_and_is_in_no_table(void **state)
{
    (void)state;
    servers_start(4);
    client_start(4, 0);
    struct record r = record_of(4, "", 1);
    struct got put = kad_did_put(4, record_key(&r), record_value(&r));
    assert_int_equal(put.err, 0);
    assert_int_equal(put.npeers, 4);
    run_ms(50);
    for (size_t i = 0; i < 4; i++) {
        assert_false(node_knows(i, 4));
        assert_true(node_knows(4, i));
    }
}

static void test_who_becomes_a_server_gets_into_tables_and_out_again(void **state)
{
    (void)state;
    servers_start(2);
    client_start(2, 0);
    assert_false(node_knows(0, 2));
    assert_int_equal(kad_set_server(nodes[2].kad, true), 0);
    assert_true(kad_is_server(nodes[2].kad));
    identify_push_all(nodes[2].identify);
    run_ms(50);
    assert_true(node_knows(0, 2));
    assert_int_equal(kad_set_server(nodes[2].kad, false), 0);
    identify_push_all(nodes[2].identify);
    run_ms(50);
    assert_false(node_knows(0, 2));
}

static void test_what_one_put_all_get(void **state)
{
    (void)state;
    servers_start(6);
    client_start(6, 3);
    struct record r = record_of(2, "laptop", 7);
    assert_int_equal(kad_did_put(2, record_key(&r), record_value(&r)).err, 0);
    for (size_t i = 0; i < 7; i++) {
        struct got g = kad_got(i, record_key(&r));
        assert_int_equal(g.err, 0);
        assert_int_equal(g.nvalue, r.n);
        assert_memory_equal(g.value, r.value, r.n);
    }
    r = record_of(2, "nobody", 1);
    assert_int_equal(kad_got(6, record_key(&r)).err, GW_ENONAME);
}

static size_t records_at(size_t i)
{
    struct kad_stats s;
    kad_stats(nodes[i].kad, &s);
    return s.records;
}

static void test_the_latest_is_got_and_brought_to_who_is_behind(void **state)
{
    (void)state;
    servers_start(2);
    client_start(4, 0);
    struct record old = record_of(4, "x", 1), new = record_of(4, "x", 2);
    assert_int_equal(kad_did_put(4, record_key(&old), record_value(&old)).npeers, 2);
    node_start(2, true, NULL); /* one that has nothing, and one that is asked for it */
    node_bootstrap(2, 0);
    run_ms(100);
    assert_int_equal(records_at(2), 0);
    assert_memory_equal(kad_got(4, record_key(&old)).value, old.value, old.n);
    run_ms(50);
    assert_int_equal(records_at(2), 1);
    assert_int_equal(kad_did_put(2, record_key(&new), record_value(&new)).err, 0);
    for (size_t i = 0; i < 3; i++)
        assert_memory_equal(kad_got(i, record_key(&new)).value, new.value, new.n);
    assert_int_equal(kad_did_put(4, record_key(&old), record_value(&old)).err, GW_EREFUSED);
}

/* Two that do not know each other hold an old record and a new one; the one at `late` answers last.
 */
static void heal(const char *late)
{
    node_start(0, true, NULL);
    node_start(1, true, NULL);
    struct record old = record_of(0, "x", 1), new = record_of(0, "x", 2);
    assert_int_equal(kad_did_put(0, record_key(&old), record_value(&old)).err, 0);
    assert_int_equal(kad_did_put(1, record_key(&new), record_value(&new)).err, 0);
    node_start(2, false, NULL);
    node_bootstrap(2, 0);
    run_until(node_has_met, &(size_t){ 2 });
    assert_memory_equal(kad_got(2, record_key(&new)).value, old.value, old.n);
    node_bootstrap(2, 1);
    run_ms(100);
    host_close_peer(nodes[2].side.host, node_id(0), 0);
    host_close_peer(nodes[2].side.host, node_id(1), 0);
    run_ms(5);
    fake_net_rule(late, 20, 0);
    assert_memory_equal(kad_got(2, record_key(&new)).value, new.value, new.n);
    run_ms(50);
    node_stop(1);
    node_stop(2);
    assert_memory_equal(kad_got(0, record_key(&new)).value, new.value, new.n);
}

static void test_who_has_an_older_one_is_given_the_best(void **state)
{
    (void)state;
    heal("/ip4/20.0.0.1/udp/4001/quic-v1");
}

static void test_who_had_the_best_until_then_is_given_a_better_one(void **state)
{
    (void)state;
    heal("/ip4/21.0.0.1/udp/4001/quic-v1");
}

static void test_what_is_not_valid_is_not_put(void **state)
{
    (void)state;
    servers_start(2);
    struct record r = record_of(0, "x", 1);
    r.value[r.n - 1] ^= 1;
    assert_int_equal(kad_did_put(1, record_key(&r), record_value(&r)).err, GW_EINVAL);
    uint8_t long_key[KAD_MSG_KEY_MAX + 1] = { 0 };
    struct got g = { 0 };
    assert_null(kad_get(nodes[1].kad, (struct bytes){ long_key, sizeof long_key }, note_got, &g));
}

static void test_a_peer_is_found_with_its_addresses(void **state)
{
    (void)state;
    servers_start(6);
    client_start(6, 1);
    client_start(7, 2);
    struct got g = kad_found(7, node_id(4));
    assert_int_equal(g.err, 0);
    assert_int_equal(g.npeers, 1);
    assert_true(peerid_eq(&g.peers[0], node_id(4)));
    assert_true(multiaddr_eq(&g.addrs[0], &nodes[4].side.addr));
    g = kad_found(7, node_id(6)); /* no server, but connected to some */
    assert_int_equal(g.err, 0);
    assert_true(multiaddr_eq(&g.addrs[0], &nodes[6].side.addr));
    assert_int_equal(kad_found(7, key_peerid(a.key)).err, GW_ENONAME);
    struct peerid gone = *node_id(6);
    node_stop(6);
    assert_int_equal(kad_found(7, &gone).err, GW_ENONAME);
}

static void test_a_peer_that_only_we_know_is_found_by_asking_it(void **state)
{
    (void)state;
    servers_start(2);
    run_ms(200); /* both have looked around */
    host_close_peer(nodes[0].side.host, node_id(1), 0);
    run_ms(20);
    assert_null(host_conn(nodes[0].side.host, node_id(1)));
    struct got g = kad_found(0, node_id(1));
    assert_int_equal(g.err, 0);
    assert_int_equal(g.asked, 1);
    assert_true(multiaddr_eq(&g.addrs[0], &nodes[1].side.addr));
}

static void test_providers_are_found(void **state)
{
    static const uint8_t key[] = "\x12\x20 thirty-two octets of a content id";
    const struct bytes k = { key, 34 };
    (void)state;
    servers_start(5);
    client_start(5, 0);
    assert_int_equal(kad_saw_providers(5, k).err, GW_ENONAME);
    assert_int_equal(kad_provided(1, k).err, 0);
    assert_int_equal(kad_provided(5, k).err, 0);
    run_ms(20);
    struct got g = kad_saw_providers(3, k);
    assert_int_equal(g.err, 0);
    assert_int_equal(g.npeers, 2);
    for (size_t i = 0; i < 2; i++) {
        size_t who = peerid_eq(&g.peers[i], node_id(1)) ? 1 : 5;
        assert_true(peerid_eq(&g.peers[i], node_id(who)));
        assert_true(multiaddr_eq(&g.addrs[i], &nodes[who].side.addr));
    }
}

static void test_without_anybody_it_is_said_at_once(void **state)
{
    (void)state;
    node_start(0, false, NULL);
    struct record r = record_of(0, "x", 1);
    assert_int_equal(kad_got(0, record_key(&r)).err, GW_ENETDOWN);
    assert_int_equal(kad_did_put(0, record_key(&r), record_value(&r)).err, GW_ENETDOWN);
    assert_int_equal(kad_found(0, key_peerid(a.key)).err, GW_ENETDOWN);
}

static void test_who_has_just_begun_waits_for_the_first_to_answer(void **state)
{
    (void)state;
    node_start(0, true, NULL);
    struct record r = record_of(0, "x", 1);
    assert_int_equal(kad_did_put(0, record_key(&r), record_value(&r)).err, 0);
    node_start(1, false, NULL);
    node_bootstrap(1, 0);
    assert_int_equal(kad_got(1, record_key(&r)).err, 0);
}

static void test_who_begins_with_nobody_that_answers_does_not_wait_for_long(void **state)
{
    struct multiaddr at = maddr("/ip4/20.0.0.9/udp/1/quic-v1");
    struct kad_stats s;
    (void)state;
    node_start(1, false, NULL);
    struct record r = record_of(1, "x", 1);
    kad_bootstrap(nodes[1].kad, key_peerid(a.key), &at, 1);
    uint64_t start_ms = clock_mono_ms();
    assert_int_equal(kad_got(1, record_key(&r)).err, GW_ENETDOWN);
    assert_int_equal(clock_mono_ms() - start_ms, kad_config.request_ms);
    kad_stats(nodes[1].kad, &s);
    assert_false(s.is_joining);
}

static void test_a_server_alone_keeps_for_itself(void **state)
{
    (void)state;
    node_start(0, true, NULL);
    struct record r = record_of(0, "x", 1);
    assert_int_equal(kad_did_put(0, record_key(&r), record_value(&r)).err, 0);
    assert_int_equal(kad_got(0, record_key(&r)).err, 0);
}

static void test_half_of_them_gone_and_all_is_found(void **state)
{
    (void)state;
    servers_start(10);
    struct record r = record_of(9, "x", 1);
    assert_int_equal(kad_did_put(9, record_key(&r), record_value(&r)).err, 0);
    for (size_t i = 0; i < 5; i++)
        node_stop(i);
    for (size_t i = 5; i < 10; i++) {
        assert_int_equal(kad_got(i, record_key(&r)).err, 0);
        assert_int_equal(kad_found(i, node_id(i == 9 ? 5 : i + 1)).err, 0);
    }
}

static bool has_dropped_4(void *arg)
{
    (void)arg;
    return node_contacts(0) == 3;
}

static void test_who_is_gone_leaves_the_table(void **state)
{
    (void)state;
    servers_start(5);
    node_stop(4);
    for (int i = 0; i < 3; i++)
        kad_found(0, key_peerid(a.key));
    run_until(has_dropped_4, NULL);
}

static void test_a_dht_that_went_silent_is_a_timeout(void **state)
{
    (void)state;
    servers_start(3);
    struct record r = record_of(0, "x", 1);
    fake_net.is_silent = true;
    uint64_t start_ms = clock_mono_ms();
    assert_int_equal(kad_got(1, record_key(&r)).err, GW_ETIMEOUT);
    assert_int_equal(clock_mono_ms() - start_ms, kad_config.request_ms); /* both at once */
}

static void test_cancel_is_silent(void **state)
{
    struct kad_request *q[40]; /* more than run at once */
    struct got g = { 0 };
    (void)state;
    servers_start(4);
    struct record r = record_of(0, "x", 1);
    fake_net.is_silent = true;
    kad_cancel(kad_get(nodes[1].kad, record_key(&r), note_got, &g));
    kad_cancel(NULL);
    for (size_t i = 0; i < COUNT(q); i++) {
        q[i] = i % 2 ? kad_get(nodes[2].kad, record_key(&r), note_got, &g)
                     : kad_put(nodes[2].kad, record_key(&r), record_value(&r), note_got, &g);
        assert_non_null(q[i]);
    }
    run_ms(5);
    for (size_t i = 0; i < COUNT(q); i++)
        kad_cancel(q[i]);
    run_ms(300);
    assert_int_equal(g.calls, 0);
}

static void count_got(void *arg, const struct kad_result *r)
{
    assert_int_equal(r->err, GW_ENONAME);
    ++*(unsigned *)arg;
}

static void ignore_got(void *arg, const struct kad_result *r)
{
    (void)arg;
    (void)r;
}

static bool is_forty(void *arg)
{
    return *(const unsigned *)arg == 40;
}

static void test_more_lookups_than_may_run_wait_for_their_turn(void **state)
{
    unsigned n = 0;
    (void)state;
    servers_start(3);
    run_ms(100);
    unsigned before = fake_net.streams;
    for (int i = 0; i < 40; i++)
        assert_non_null(kad_find(nodes[2].kad, key_peerid(a.key), count_got, &n));
    LOOPRUN_UNTIL(loop, fake_net.streams != before);
    assert_in_range(fake_net.streams - before, 1, KAD_RUNS_MAX * 2); /* two to ask */
    run_until(is_forty, &n);
    for (int i = 0; i < KAD_RUNS_MAX + KAD_RUNS_WAITING; i++)
        assert_non_null(kad_find(nodes[2].kad, key_peerid(a.key), ignore_got, NULL));
    assert_null(kad_find(nodes[2].kad, key_peerid(a.key), ignore_got, NULL));
}

static void test_a_turn_that_was_given_up_goes_to_another(void **state)
{
    struct kad_request *q[KAD_RUNS_MAX];
    (void)state;
    servers_start(3);
    run_ms(100);
    fake_net.is_silent = true;
    for (size_t i = 0; i < COUNT(q); i++)
        q[i] = kad_find(nodes[2].kad, key_peerid(a.key), ignore_got, NULL);
    run_ms(5);
    for (int i = 0; i < KAD_RUNS_MAX; i++)
        kad_find(nodes[2].kad, key_peerid(a.key), ignore_got, NULL);
    run_ms(5);
    unsigned before = fake_net.streams;
    for (size_t i = 0; i < COUNT(q); i++)
        kad_cancel(q[i]);
    run_ms(5);
    assert_true(fake_net.streams - before >= KAD_RUNS_MAX);
}

static void test_who_waits_for_a_turn_in_vain_is_told_so(void **state)
{
    struct multiaddr at = maddr("/ip4/20.0.0.9/udp/1/quic-v1");
    (void)state;
    kad_config.query_ms = kad_config.request_ms / 2; /* nobody has a turn while we join */
    node_start(1, false, NULL);
    kad_bootstrap(nodes[1].kad, key_peerid(a.key), &at, 1);
    assert_int_equal(kad_found(1, key_peerid(a.key)).err, GW_ETIMEOUT);
}

/* ---- publishing ---- */

static bool is_published(void *arg)
{
    const struct record *r = arg;
    return kad_got(0, record_key(r)).err == 0;
}

static uint64_t sequence_of(const struct record *r)
{
    struct got g = kad_got(0, record_key(r));
    struct name_record out;
    assert_int_equal(name_record_check(record_key(r), (struct bytes){ g.value, g.nvalue },
                                       (uint64_t)clock_wall_s(), &out),
                     0);
    assert_true(peerid_eq(&out.peer, node_id(1)));
    return out.sequence;
}

static void test_what_is_published_is_put_again_and_again(void **state)
{
    (void)state;
    kad_config.republish_ms = 100;
    servers_start(3);
    struct record r = record_of(1, "laptop", 0);
    struct name_record named = { .name = "laptop", .peer = *node_id(1) };
    assert_int_equal(kad_publish(nodes[1].kad, &named), 0);
    run_until(is_published, &r);
    uint64_t first = sequence_of(&r);
    run_ms(300);
    assert_true(sequence_of(&r) > first);
    kad_unpublish(nodes[1].kad, "laptop");
    run_ms(50);
    first = sequence_of(&r);
    run_ms(300);
    assert_int_equal(sequence_of(&r), first);
    kad_unpublish(nodes[1].kad, "laptop");
}

static void test_what_says_the_same_is_not_put_again(void **state)
{
    (void)state;
    servers_start(3);
    struct record r = record_of(1, "laptop", 0);
    struct name_record named = { .name = "laptop", .peer = *node_id(1) };
    assert_int_equal(kad_publish(nodes[1].kad, &named), 0);
    run_until(is_published, &r);
    uint64_t first = sequence_of(&r);
    assert_int_equal(kad_publish(nodes[1].kad, &named), 0);
    run_ms(50);
    assert_int_equal(sequence_of(&r), first);
    named.addrs[named.naddrs++] = nodes[1].side.addr;
    assert_int_equal(kad_publish(nodes[1].kad, &named), 0);
    run_ms(50);
    assert_true(sequence_of(&r) > first);
}

static size_t published(void)
{
    struct kad_stats s;
    kad_stats(nodes[1].kad, &s);
    return s.published;
}

static void test_names_are_published_up_to_the_limit(void **state)
{
    (void)state;
    servers_start(2);
    struct name_record named = { .peer = *node_id(1) };
    for (unsigned i = 0; i < KAD_PUBLISHED_MAX; i++) {
        snprintf(named.name, sizeof named.name, "n%u", i);
        assert_int_equal(kad_publish(nodes[1].kad, &named), 0);
    }
    strcpy(named.name, "more");
    assert_int_equal(kad_publish(nodes[1].kad, &named), GW_ELIMIT);
    assert_int_equal(published(), KAD_PUBLISHED_MAX);
    run_ms(30);
    for (unsigned i = 0; i < KAD_PUBLISHED_MAX; i++) {
        snprintf(named.name, sizeof named.name, "n%u", i);
        kad_unpublish(nodes[1].kad, named.name);
    }
    assert_int_equal(published(), 0);
    struct record r = record_of(1, "laptop", 0);
    strcpy(named.name, "laptop");
    assert_int_equal(kad_publish(nodes[1].kad, &named), 0);
    run_until(is_published, &r);
}

static void publish_before_others_come(bool is_server)
{
    node_start(1, is_server, NULL);
    struct name_record named = { .name = "laptop", .peer = *node_id(1) };
    struct record r = record_of(1, "laptop", 0);
    assert_int_equal(kad_publish(nodes[1].kad, &named), 0);
    run_ms(20);
    node_start(0, true, NULL);
    node_bootstrap(1, 0);
    run_until(node_has_met, &(size_t){ 1 });
    run_ms(200);
    assert_int_equal(records_at(0), 1);
    assert_true(is_published(&r));
}

static void test_publishing_waits_for_somebody_to_tell(void **state)
{
    (void)state;
    publish_before_others_come(false);
}

static void test_its_own_store_is_not_enough_for_a_publisher(void **state)
{
    (void)state;
    publish_before_others_come(true);
}

/* ---- the file ---- */

static void test_the_table_outlives_a_restart(void **state)
{
    struct tmpfiles t;
    (void)state;
    tmpfiles_init(&t);
    servers_start(3);
    node_start(3, false, t.path);
    node_bootstrap(3, 0);
    run_until(node_has_met, &(size_t){ 3 });
    run_ms(100);
    node_stop(3);
    node_start(3, false, t.path);
    run_until(node_has_met, &(size_t){ 3 });
    node_stop(3);
    tmpfiles_write(t.path, "nonsense\n12D3KooW /ip4/1.2.3.4/udp/1/quic-v1\n# and no peer\n");
    node_start(3, false, t.path);
    run_ms(20);
    assert_int_equal(node_contacts(3), 0);
    node_stop(3);
    tmpfiles_fini(&t);
}

/* ---- addresses ---- */

static size_t addrs_told(size_t from, size_t of)
{
    struct got g = kad_found(from, node_id(of));
    assert_int_equal(g.err, 0);
    return g.npeers && g.addrs[0].n;
}

static void test_private_addresses_stay_in_private_networks(void **state)
{
    (void)state;
    node_start_at(0, true, NULL, "/ip4/10.0.0.1/udp/4001/quic-v1");
    struct multiaddr outside = maddr("/ip4/20.0.0.1/udp/4001/quic-v1");
    assert_int_equal(host_listen(nodes[0].side.host, &outside, NULL), 0);
    node_start_at(1, true, NULL, "/ip4/10.0.0.2/udp/4001/quic-v1");
    node_bootstrap(1, 0);
    run_until(node_has_met, &(size_t){ 1 });
    run_ms(50);
    assert_true(node_knows(0, 1));
    node_start_at(2, false, NULL, "/ip4/10.0.0.3/udp/4001/quic-v1");
    kad_bootstrap(nodes[2].kad, node_id(0), &nodes[0].side.addr, 1);
    node_start(3, false, NULL);
    kad_bootstrap(nodes[3].kad, node_id(0), &outside, 1);
    run_until(node_has_met, &(size_t){ 2 });
    run_until(node_has_met, &(size_t){ 3 });
    assert_true(addrs_told(2, 1));
    assert_int_equal(kad_found(3, node_id(1)).err, GW_ENONAME);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, kadrig_setup, kadrig_teardown)
    const struct CMUnitTest tests[] = {
        T(test_servers_meet_through_one_of_them),
        T(test_who_got_its_first_contact_looks_around),
        T(test_one_to_begin_with_may_come_later),
        T(test_a_client_asks_and_is_in_no_table),
        T(test_who_becomes_a_server_gets_into_tables_and_out_again),
        T(test_what_one_put_all_get),
        T(test_the_latest_is_got_and_brought_to_who_is_behind),
        T(test_who_has_an_older_one_is_given_the_best),
        T(test_who_had_the_best_until_then_is_given_a_better_one),
        T(test_what_is_not_valid_is_not_put),
        T(test_a_peer_is_found_with_its_addresses),
        T(test_a_peer_that_only_we_know_is_found_by_asking_it),
        T(test_providers_are_found),
        T(test_without_anybody_it_is_said_at_once),
        T(test_who_has_just_begun_waits_for_the_first_to_answer),
        T(test_who_begins_with_nobody_that_answers_does_not_wait_for_long),
        T(test_a_server_alone_keeps_for_itself),
        T(test_half_of_them_gone_and_all_is_found),
        T(test_who_is_gone_leaves_the_table),
        T(test_a_dht_that_went_silent_is_a_timeout),
        T(test_cancel_is_silent),
        T(test_more_lookups_than_may_run_wait_for_their_turn),
        T(test_a_turn_that_was_given_up_goes_to_another),
        T(test_who_waits_for_a_turn_in_vain_is_told_so),
        T(test_what_is_published_is_put_again_and_again),
        T(test_what_says_the_same_is_not_put_again),
        T(test_names_are_published_up_to_the_limit),
        T(test_publishing_waits_for_somebody_to_tell),
        T(test_its_own_store_is_not_enough_for_a_publisher),
        T(test_the_table_outlives_a_restart),
        T(test_private_addresses_stay_in_private_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
