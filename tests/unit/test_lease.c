/* test_lease.c - the life of a reservation, with a clock turned by hand. */
#include "p2p/lease.h"

#include "vec.h"

#define HOUR_MS 3600000u

static const uint32_t randoms[] = { 0, 12345, 0x80000000, UINT32_MAX };

static struct lease fresh(void)
{
    struct lease l;
    lease_init(&l);
    return l;
}

static void test_renewal_comes_at_about_two_thirds_of_its_life(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(randoms); i++) {
        struct lease l = fresh();
        lease_granted(&l, 1000, HOUR_MS, randoms[i]);
        assert_int_equal(l.state, RESERVATION_HELD);
        assert_true(l.next_ms - 1000 >= HOUR_MS * 60 / 100);
        assert_true(l.next_ms - 1000 <= HOUR_MS * 75 / 100);
    }
}

static void test_relay_that_does_not_answer_is_tried_again_soon_then_slower(void **state)
{
    (void)state;
    struct lease l = fresh();
    uint64_t now_ms = 0, pause_ms = 250;

    for (int i = 0; i < 12; i++) {
        lease_asking(&l);
        assert_int_equal(l.state, RESERVATION_CONNECTING);
        lease_failed(&l, now_ms, GW_EOFFLINE, false, 0);
        assert_int_equal(l.state, RESERVATION_DOWN);
        assert_int_equal(l.err, GW_EOFFLINE);
        assert_int_equal(l.next_ms - now_ms, pause_ms);
        now_ms = l.next_ms;
        pause_ms = 2 * pause_ms < 60000 ? 2 * pause_ms : 60000;
    }
}

static void test_relay_that_refuses_is_left_alone_for_longer(void **state)
{
    (void)state;
    struct lease l = fresh();
    static const uint64_t want[] = { 5000,   10000,  20000,  40000, 80000,
                                     160000, 320000, 600000, 600000 };

    for (size_t i = 0; i < COUNT(want); i++) {
        lease_asking(&l);
        lease_failed(&l, 0, GW_EREFUSED, true, 0);
        assert_int_equal(l.state, RESERVATION_REFUSED);
        assert_int_equal(l.next_ms, want[i]);
    }
    lease_granted(&l, 0, HOUR_MS, 0);
    assert_int_equal(l.err, 0);
    lease_lost(&l, 0, GW_ECLOSED, 0);
    lease_failed(&l, 0, GW_EREFUSED, true, 0);
    assert_int_equal(l.next_ms, 5000);
}

static void test_failed_renewal_keeps_what_is_held_until_it_ends(void **state)
{
    (void)state;
    struct lease l = fresh();

    lease_granted(&l, 0, 60000, 0);
    lease_asking(&l);
    assert_int_equal(l.state, RESERVATION_HELD);
    lease_failed(&l, 58000, GW_EREFUSED, true, 0);
    assert_int_equal(l.state, RESERVATION_HELD);
    assert_int_equal(l.err, GW_EREFUSED);
    assert_int_equal(l.next_ms, 60000); /* not later than the end */
    lease_failed(&l, 60000, GW_EREFUSED, true, 0);
    assert_int_equal(l.state, RESERVATION_REFUSED);
}

static void test_right_taken_away_ends_it_at_once(void **state)
{
    (void)state;
    struct lease l = fresh();
    lease_granted(&l, 0, HOUR_MS, 0);
    lease_failed(&l, 1, GW_EDENIED, true, 0);
    assert_int_equal(l.state, RESERVATION_REFUSED);
    assert_int_equal(l.err, GW_EDENIED);
}

static void test_lost_relay_is_tried_again_within_a_quarter_of_a_second(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(randoms); i++) {
        struct lease l = fresh();
        lease_granted(&l, 0, HOUR_MS, 0);
        lease_lost(&l, 1000, GW_ECLOSED, randoms[i]);
        assert_int_equal(l.state, RESERVATION_DOWN);
        assert_true(l.next_ms > 1000 && l.next_ms <= 1250);
    }
}

static void test_relay_that_flaps_is_tried_slower_and_slower(void **state)
{
    (void)state;
    struct lease l = fresh();
    uint64_t now_ms = 0, pause_ms = 0;

    for (int i = 0; i < 12; i++) {
        lease_granted(&l, now_ms, HOUR_MS, 0);
        now_ms += 100;
        lease_lost(&l, now_ms, GW_ECLOSED, 0);
        pause_ms = l.next_ms - now_ms;
        now_ms = l.next_ms;
    }
    assert_int_equal(pause_ms, 60000);
    lease_granted(&l, now_ms, HOUR_MS, 0); /* and now it stays for a while */
    now_ms += 10000;
    lease_lost(&l, now_ms, GW_ECLOSED, 0);
    assert_int_equal(l.next_ms - now_ms, 250);
}

static void test_renewals_do_not_make_a_held_relay_young_again(void **state)
{
    (void)state;
    struct lease l = fresh();
    lease_failed(&l, 0, GW_EOFFLINE, false, 0);
    lease_granted(&l, 0, 60000, 0);
    lease_granted(&l, 9999, 60000, 0);
    lease_lost(&l, 10000, GW_ECLOSED, 0);
    assert_int_equal(l.next_ms, 10250);
}

static void test_another_network_makes_pauses_small_again(void **state)
{
    (void)state;
    struct lease l = fresh();
    for (int i = 0; i < 9; i++)
        lease_failed(&l, 0, GW_EOFFLINE, i % 2, 0);
    lease_hurry(&l);
    lease_failed(&l, 0, GW_EOFFLINE, false, 0);
    assert_int_equal(l.next_ms, 250);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_renewal_comes_at_about_two_thirds_of_its_life),
        cmocka_unit_test(test_relay_that_does_not_answer_is_tried_again_soon_then_slower),
        cmocka_unit_test(test_relay_that_refuses_is_left_alone_for_longer),
        cmocka_unit_test(test_failed_renewal_keeps_what_is_held_until_it_ends),
        cmocka_unit_test(test_right_taken_away_ends_it_at_once),
        cmocka_unit_test(test_lost_relay_is_tried_again_within_a_quarter_of_a_second),
        cmocka_unit_test(test_relay_that_flaps_is_tried_slower_and_slower),
        cmocka_unit_test(test_renewals_do_not_make_a_held_relay_young_again),
        cmocka_unit_test(test_another_network_makes_pauses_small_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
