/* test_announce.c - which addresses are told, and as what. */
#include "p2p/announce.h"

#include "two_hosts.h"

static struct announce *announce;
static unsigned told;

static void on_change(void *arg)
{
    (void)arg;
    told++;
}

static int setup(void **state)
{
    hosts_setup(state);
    assert_non_null(announce = announce_new(a.host));
    assert_int_equal(announce_on_change(announce, on_change, NULL), 0);
    run_ms(5);
    told = 0;
    return 0;
}

static int teardown(void **state)
{
    hosts_teardown(state);
    announce_free(announce);
    return 0;
}

typedef size_t list_fn(const struct announce *a, struct multiaddr *out, size_t max);

static bool has(list_fn *list, const char *text)
{
    struct multiaddr v[ANNOUNCE_MAX], want = maddr(text);
    size_t n = list(announce, v, ANNOUNCE_MAX);
    for (size_t i = 0; i < n; i++)
        if (multiaddr_eq(&v[i], &want))
            return true;
    return false;
}

#define OUTER "/ip4/198.51.100.7/udp/40001/quic-v1"

static void test_an_address_that_a_dial_back_proved_is_told_until_it_is_proved_no_more(void **state)
{
    struct multiaddr outer = maddr(OUTER);
    (void)state;
    assert_false(has(announce_addrs, OUTER));
    announce_set_proven(announce, &outer, 1);
    run_ms(5);
    assert_int_equal(told, 1);
    assert_true(has(announce_addrs, OUTER));
    assert_true(has(announce_afar, OUTER));
    assert_false(announce_is_fixed(announce, &outer)); /* a NAT stands before it */
    announce_set_proven(announce, &outer, 1);
    run_ms(5);
    assert_int_equal(told, 1); /* nothing has changed */
    announce_set_proven(announce, NULL, 0);
    run_ms(5);
    assert_int_equal(told, 2);
    assert_false(has(announce_addrs, OUTER));
}

static void test_what_was_proved_is_forgotten_in_another_network(void **state)
{
    struct multiaddr outer = maddr(OUTER);
    (void)state;
    announce_set_proven(announce, &outer, 1);
    announce_network_changed(announce);
    assert_false(has(announce_addrs, OUTER));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_an_address_that_a_dial_back_proved_is_told_until_it_is_proved_no_more),
        T(test_what_was_proved_is_forgotten_in_another_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
