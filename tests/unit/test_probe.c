/* test_probe.c - one address is tried, told of, and leaves nothing behind. */
#include "host/probe.h"

#include "two_hosts.h"

#define REAL "/ip4/192.0.2.2/udp/4001/quic-v1" /* where b listens */
#define DEAD "/ip4/203.0.113.1/udp/1/quic-v1"

struct probed {
    unsigned calls;
    int err;
    uint64_t took_us;
};

static void on_probed(void *arg, int err, uint64_t took_us)
{
    struct probed *p = arg;
    p->calls++;
    p->err = err;
    p->took_us = took_us;
}

static bool is_probed(void *arg)
{
    return ((struct probed *)arg)->calls > 0;
}

static struct host_probe *begin(const char *addr, struct probed *p)
{
    const struct host_probe_req req = { .peer = *key_peerid(b.key),
                                        .addr = maddr(addr),
                                        .timeout_ms = 150 };
    struct host_probe *probe = NULL;

    *p = (struct probed){ 0 };
    assert_int_equal(host_probe(a.host, &req, on_probed, p, &probe), 0);
    assert_int_equal(p->calls, 0);
    return probe;
}

static struct probed probe(const char *addr)
{
    struct probed p;
    begin(addr, &p);
    run_until(is_probed, &p);
    run_ms(20);
    assert_int_equal(p.calls, 1);
    return p;
}

static void test_an_address_that_answers_tells_its_time(void **state)
{
    (void)state;
    fake_net_rule(REAL, 50, 0);
    struct probed p = probe(REAL);
    assert_int_equal(p.err, 0);
    assert_int_equal(p.took_us, 50000);
}

static void test_the_connection_is_no_connection_of_the_host(void **state)
{
    (void)state;
    struct conn *c = join(&a, &b);
    assert_int_equal(probe(REAL).err, 0);
    assert_ptr_equal(host_conn(a.host, key_peerid(b.key)), c);
    assert_int_equal(a.opened, 1);
    assert_int_equal(a.closed, 0);
    assert_int_equal(b.opened, 2); /* it came */
    assert_int_equal(b.closed, 1); /* and went */
    assert_int_equal(open_from(&b, &a, "/none").err, GW_ENOPROTO);
    assert_int_equal(fake_net.dials, 2);
}

static void test_a_circuit_and_an_address_with_the_peers_id_are_tried(void **state)
{
    (void)state;
    struct multiaddr named = maddr(REAL);
    char text[MULTIADDR_STR_MAX];
    assert_int_equal(multiaddr_append_peer(&named, key_peerid(b.key)), 0);
    assert_int_equal(probe(multiaddr_print(&named, text)).err, 0);
    named = maddr(REAL);
    assert_true(multiaddr_eq(&fake_net.dialled[0], &named)); /* as the dialers want it */
    named = maddr("/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N/p2p-circuit");
    assert_int_equal(multiaddr_append_peer(&named, key_peerid(b.key)), 0);
    assert_int_equal(probe(multiaddr_print(&named, text)).err, 0);
}

static void test_a_refusal_is_told(void **state)
{
    (void)state;
    fake_net_rule(DEAD, 10, GW_EREFUSED);
    assert_int_equal(probe(DEAD).err, GW_EREFUSED);
}

static void test_silence_is_a_timeout(void **state)
{
    (void)state;
    struct probed p = probe(DEAD);
    assert_int_equal(p.err, GW_ETIMEOUT);
    assert_int_equal(p.took_us, 150000);
}

static void test_cancel_is_silent(void **state)
{
    (void)state;
    struct probed p;
    fake_net_rule(REAL, 30, 0);
    host_probe_cancel(begin(REAL, &p));
    host_probe_cancel(NULL);
    run_ms(200);
    assert_int_equal(p.calls, 0);
    assert_int_equal(b.opened, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, hosts_setup, hosts_teardown)
    const struct CMUnitTest tests[] = {
        T(test_an_address_that_answers_tells_its_time),
        T(test_the_connection_is_no_connection_of_the_host),
        T(test_a_circuit_and_an_address_with_the_peers_id_are_tried),
        T(test_a_refusal_is_told),
        T(test_silence_is_a_timeout),
        T(test_cancel_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
