/* test_flows.c - to whom a datagram goes: ids of both ends, strangers, ends; on its own and between
 * two hosts in memory. */
#include "host/flows.h"

#include "two_hosts.h"

struct taker { /* what a flow was handed */
    unsigned calls;
    uint8_t got[64];
    size_t n;
    /* unbound by its own call */
    struct conn *conn;
    uint64_t id;
};

static void take(void *arg, struct bytes v)
{
    struct taker *t = arg;
    assert_true(v.n <= sizeof t->got);
    t->calls++;
    t->n = v.n;
    if (v.n)
        memcpy(t->got, v.p, v.n);
}

static void take_once(void *arg, struct bytes v)
{
    struct taker *t = arg;
    take(t, v);
    conn_unbind_flow(t->conn, t->id, false);
}

static void assert_took(const struct taker *t, unsigned calls, const char *text)
{
    assert_int_equal(t->calls, calls);
    assert_int_equal(t->n, strlen(text));
    assert_memory_equal(t->got, text, t->n);
}

static bool deliver(const struct flows *fs, const char *octets, size_t n)
{
    return flows_deliver(fs, (struct bytes){ (const uint8_t *)octets, n });
}

/* ---- the table ---- */

/* host.h: varint 2 * id, plus 1 when it goes to the opener. */
static void test_head_says_id_and_direction(void **state)
{
    (void)state;
    uint8_t head[FLOWS_HEAD_MAX];

    assert_int_equal(flows_head(5, false, head), 1);
    assert_int_equal(head[0], 11);
    assert_int_equal(flows_head(5, true, head), 1);
    assert_int_equal(head[0], 10);
    assert_int_equal(flows_head(64, true, head), 2); /* unsigned LEB128 of 128 */
    assert_memory_equal(head, "\x80\x01", 2);
    assert_int_equal(flows_head(FLOWS_ID_MAX, false, head), 9);
}

/* What flows_head of one end writes is what the other end has bound. */
static void test_head_finds_the_other_end(void **state)
{
    (void)state;
    static const uint64_t ids[] = { 0, 1, 63, 64, UINT32_MAX, FLOWS_ID_MAX };

    for (size_t i = 0; i < COUNT(ids); i++) {
        for (int opener = 0; opener < 2; opener++) {
            struct flows fs = { 0 };
            struct taker t = { 0 }, same_id = { 0 };
            uint8_t d[FLOWS_HEAD_MAX + 2];
            assert_int_equal(flows_bind(&fs, ids[i], opener, take, &t), 0);
            assert_int_equal(flows_bind(&fs, ids[i], !opener, take, &same_id), 0);
            size_t n = flows_head(ids[i], !opener, d);
            memcpy(d + n, "hi", 2);
            assert_true(flows_deliver(&fs, (struct bytes){ d, n + 2 }));
            assert_took(&t, 1, "hi");
            assert_int_equal(same_id.calls, 0);
            flows_fini(&fs);
        }
    }
}

static void test_bind_refuses_doubles_and_ids_too_large(void **state)
{
    (void)state;
    struct flows fs = { 0 };
    struct taker t = { 0 };

    assert_int_equal(flows_bind(&fs, 7, true, take, &t), 0);
    assert_int_equal(flows_bind(&fs, 7, true, take, &t), GW_EEXISTS);
    assert_int_equal(flows_bind(&fs, FLOWS_ID_MAX + 1, true, take, &t), GW_EINVAL);
    /* twice of it is 14, the wire id of flow 7 */
    assert_int_equal(flows_bind(&fs, (UINT64_C(1) << 63) + 7, true, take, &t), GW_EINVAL);
    flows_unbind(&fs, (UINT64_C(1) << 63) + 7, true);
    assert_true(deliver(&fs, "\x0f", 1));
    assert_took(&t, 1, "");
    flows_fini(&fs);
}

static void test_deliver_knows_what_is_bound_only(void **state)
{
    (void)state;
    struct flows fs = { 0 };
    struct taker t = { 0 };

    assert_false(deliver(&fs, "\x0e!", 2));
    assert_int_equal(flows_bind(&fs, 7, false, take, &t), 0);
    assert_false(deliver(&fs, "", 0));
    assert_false(deliver(&fs, "\x0f!", 2));     /* the other direction */
    assert_false(deliver(&fs, "\x8e", 1));      /* cut off */
    assert_false(deliver(&fs, "\x8e\x00!", 3)); /* not the shortest form */
    assert_true(deliver(&fs, "\x0e!", 2));
    assert_took(&t, 1, "!");
    flows_unbind(&fs, 7, false);
    flows_unbind(&fs, 7, false);
    assert_false(deliver(&fs, "\x0e!", 2));
    assert_int_equal(t.calls, 1);
}

/* ---- two hosts ---- */

static int setup(void **state)
{
    hosts_setup(state);
    fake_net.datagram_max = 100;
    return 0;
}

static struct conn *other_end(struct side *s, const struct side *peer)
{
    return host_conn(s->host, key_peerid(peer->key));
}

static int say(struct conn *c, uint64_t id, bool is_opener, const char *text)
{
    return conn_send_datagram(c, id, is_opener, bytes_of(text));
}

static void test_datagrams_reach_the_flow_of_either_opener(void **state)
{
    (void)state;
    struct conn *ca = join(&a, &b), *cb = other_end(&b, &a);
    struct taker a_opened = { 0 }, a_serves = { 0 }, b_opened = { 0 }, b_serves = { 0 };

    /* the same id on purpose: each end draws its own */
    assert_int_equal(conn_bind_flow(ca, 9, true, take, &a_opened), 0);
    assert_int_equal(conn_bind_flow(cb, 9, false, take, &b_serves), 0);
    assert_int_equal(conn_bind_flow(cb, 9, true, take, &b_opened), 0);
    assert_int_equal(conn_bind_flow(ca, 9, false, take, &a_serves), 0);
    assert_int_equal(say(ca, 9, true, "ask b"), 0);
    assert_int_equal(b_serves.calls, 0); /* not from inside the call */
    assert_int_equal(say(cb, 9, false, "b says"), 0);
    assert_int_equal(say(cb, 9, true, "ask a"), 0);
    assert_int_equal(say(ca, 9, false, "a says"), 0);
    run_ms(2);
    assert_took(&b_serves, 1, "ask b");
    assert_took(&a_opened, 1, "b says");
    assert_took(&a_serves, 1, "ask a");
    assert_took(&b_opened, 1, "a says");
}

static void test_datagram_of_no_flow_is_dropped(void **state)
{
    (void)state;
    struct conn *ca = join(&a, &b), *cb = other_end(&b, &a);
    struct taker t = { 0 };

    assert_int_equal(say(ca, 1, true, "for nobody"), 0);
    assert_int_equal(say(ca, 2, true, "for nobody"), 0);
    assert_int_equal(conn_bind_flow(cb, 3, false, take, &t), 0);
    assert_int_equal(say(ca, 3, true, "for t"), 0);
    run_ms(2);
    assert_took(&t, 1, "for t");
    assert_int_equal(a.closed + b.closed, 0);
}

static void test_flow_may_unbind_itself(void **state)
{
    (void)state;
    struct conn *ca = join(&a, &b), *cb = other_end(&b, &a);
    struct taker t = { .conn = cb, .id = 3 };

    assert_int_equal(conn_bind_flow(cb, 3, false, take_once, &t), 0);
    assert_int_equal(say(ca, 3, true, "one"), 0);
    assert_int_equal(say(ca, 3, true, "two"), 0);
    run_ms(2);
    assert_took(&t, 1, "one");
    assert_int_equal(conn_bind_flow(cb, 3, false, take_once, &t), 0);
}

static void test_datagram_too_long_is_for_a_stream(void **state)
{
    (void)state;
    struct conn *ca = join(&a, &b);
    struct muxed_info info;
    uint8_t body[100] = { 0 };

    conn_info(ca, &info);
    assert_int_equal(info.datagram_max, 100);
    assert_int_equal(conn_send_datagram(ca, 3, true, (struct bytes){ body, 99 }), 0);
    assert_int_equal(conn_send_datagram(ca, 3, true, (struct bytes){ body, 100 }), GW_EUNSUP);
    fake_net.datagram_max = 0;
    assert_int_equal(say(ca, 3, true, ""), GW_EUNSUP);
}

static void test_new_flow_never_comes_twice(void **state)
{
    (void)state;
    uint64_t first = host_new_flow(a.host), other = host_new_flow(b.host);

    assert_int_equal(host_new_flow(a.host), first + 1);
    assert_int_equal(host_new_flow(a.host), first + 2);
    assert_true(first <= UINT32_MAX && other <= UINT32_MAX);
    assert_true(first != other); /* random: once in 2^32 it fails */
}

static void test_flows_are_forgotten_with_their_connection(void **state)
{
    (void)state;
    struct conn *ca = join(&a, &b), *cb = other_end(&b, &a);
    struct taker t = { 0 };

    assert_int_equal(conn_bind_flow(cb, 3, false, take, &t), 0);
    assert_int_equal(say(ca, 3, true, "too late"), 0);
    host_close_peer(a.host, key_peerid(b.key), 0);
    run_ms(2);
    assert_int_equal(b.closed, 1); /* the leak checker sees to the rest */
}

static void test_last_seen_is_the_end_of_the_last_connection(void **state)
{
    (void)state;
    const struct peerid *peer = key_peerid(b.key);

    assert_int_equal(host_last_seen_ms(a.host, peer), 0);
    join(&a, &b);
    uint64_t up = host_last_seen_ms(a.host, peer);
    run_ms(20);
    assert_true(host_last_seen_ms(a.host, peer) >= up + 10); /* it is seen right now */
    host_close_peer(a.host, peer, 0);
    run_ms(2);
    uint64_t gone = host_last_seen_ms(a.host, peer);
    assert_true(gone >= up + 10);
    run_ms(20);
    assert_int_equal(host_last_seen_ms(a.host, peer), gone);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, hosts_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head_says_id_and_direction),
        cmocka_unit_test(test_head_finds_the_other_end),
        cmocka_unit_test(test_bind_refuses_doubles_and_ids_too_large),
        cmocka_unit_test(test_deliver_knows_what_is_bound_only),
        T(test_datagrams_reach_the_flow_of_either_opener),
        T(test_datagram_of_no_flow_is_dropped),
        T(test_flow_may_unbind_itself),
        T(test_datagram_too_long_is_for_a_stream),
        T(test_new_flow_never_comes_twice),
        T(test_flows_are_forgotten_with_their_connection),
        T(test_last_seen_is_the_end_of_the_last_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
