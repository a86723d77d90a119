/* test_autonat_quota.c - how often one may ask, with a hand-turned clock. */
#include "p2p/autonat_quota.h"

#include "vec.h"

static struct autonat_quota quota;

static int setup(void **state)
{
    (void)state;
    quota = (struct autonat_quota){ 0 };
    return 0;
}

static bool take(uint8_t family, uint8_t net, uint8_t host, uint64_t now_ms)
{
    struct ipaddr ip = { .family = family, .b = { 32, 1, net } };
    ip.b[family == 6 ? 15 : 3] = host;
    return autonat_quota_take(&quota, &ip, now_ms);
}

/* How many of `tries` at one moment get something. */
static unsigned take_many(uint8_t family, uint8_t net, uint8_t host, uint64_t now_ms,
                          unsigned tries)
{
    unsigned n = 0;
    while (tries--)
        n += take(family, net, host, now_ms);
    return n;
}

static void test_take_ends_at_the_quota_of_an_address_and_comes_back_with_time(void **state)
{
    (void)state;
    assert_int_equal(take_many(4, 1, 1, 5, 100), AUTONAT_QUOTA_PER_IP);
    assert_int_equal(take_many(4, 1, 1, 5 + 60000 / AUTONAT_QUOTA_PER_IP - 1, 9), 0);
    assert_int_equal(take_many(4, 1, 1, 5 + 60000 / AUTONAT_QUOTA_PER_IP, 9), 1);
    assert_int_equal(take_many(4, 1, 1, 200000, 100), AUTONAT_QUOTA_PER_IP);
}

static void test_take_of_one_address_leaves_others_theirs(void **state)
{
    (void)state;
    take_many(4, 1, 1, 5, 100);
    assert_int_equal(take_many(4, 1, 2, 5, 100), AUTONAT_QUOTA_PER_IP);
}

static void test_take_counts_a_64_of_ipv6_as_one(void **state)
{
    (void)state;
    take_many(6, 1, 1, 5, 100);
    assert_false(take(6, 1, 2, 5));
    assert_true(take(6, 2, 1, 5));
}

static void test_take_ends_at_the_quota_of_all(void **state)
{
    (void)state;
    unsigned n = 0;
    for (uint8_t i = 0; i < 200; i++)
        n += take(4, 1, i, 5);
    assert_int_equal(n, AUTONAT_QUOTA_ALL);
    assert_false(take(4, 2, 1, 5));
    assert_true(take(4, 2, 1, 5 + 60000 / AUTONAT_QUOTA_ALL));
}

/* Addresses that change all the time find room for ever, as far as the quota of all goes. */
static void test_take_has_a_place_for_every_new_address(void **state)
{
    (void)state;
    uint64_t now_ms = 5;
    for (unsigned i = 0; i < 1000; i++, now_ms += 60000 / AUTONAT_QUOTA_ALL)
        assert_true(take(4, (uint8_t)(i >> 8), (uint8_t)i, now_ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_take_ends_at_the_quota_of_an_address_and_comes_back_with_time,
                               setup),
        cmocka_unit_test_setup(test_take_of_one_address_leaves_others_theirs, setup),
        cmocka_unit_test_setup(test_take_counts_a_64_of_ipv6_as_one, setup),
        cmocka_unit_test_setup(test_take_ends_at_the_quota_of_all, setup),
        cmocka_unit_test_setup(test_take_has_a_place_for_every_new_address, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
