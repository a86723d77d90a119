/* test_svc_early.c - octets that wait for somebody to take them. */
#include "svc/svc_early.h"

#include <stdio.h>

#include "vec.h"

static void test_add_keeps_the_order_and_skip_takes_from_the_front(void **state)
{
    (void)state;
    struct svc_early e = { 0 };
    assert_int_equal(svc_early_add(&e, (struct bytes){ 0 }), 0);
    assert_null(e.p);
    assert_int_equal(svc_early_add(&e, bytes_of("abc")), 0);
    assert_int_equal(svc_early_add(&e, bytes_of("def")), 0);
    svc_early_skip(&e, 2);
    assert_bytes(svc_early_bytes(&e), bytes_of("cdef"));
    svc_early_skip(&e, 4);
    assert_int_equal(e.n, 0);
    svc_early_clear(&e);
    assert_null(e.p);
}

static void test_add_beyond_the_limit_changes_nothing(void **state)
{
    (void)state;
    static uint8_t much[SVC_EARLY_MAX];
    struct svc_early e = { 0 };
    assert_int_equal(svc_early_add(&e, (struct bytes){ much, sizeof much - 1 }), 0);
    assert_int_equal(svc_early_add(&e, bytes_of("ab")), GW_ELIMIT);
    assert_int_equal(e.n, sizeof much - 1);
    assert_int_equal(svc_early_add(&e, bytes_of("a")), 0);
    svc_early_clear(&e);
}

/* The last one is not whole yet and stays, so that what follows it is read right. */
static void test_drop_datagrams_keeps_the_first_eight(void **state)
{
    (void)state;
    struct svc_early e = { 0 };
    for (int i = 0; i < 11; i++) {
        char one[3];
        snprintf(one, sizeof one, "\1%c", 'a' + i);
        assert_int_equal(svc_early_add(&e, bytes_of(one)), 0);
    }
    assert_int_equal(svc_early_add(&e, bytes_of("\4part")), 0);
    e.n--;
    assert_int_equal(svc_early_drop_datagrams(&e), 6);
    assert_bytes(svc_early_bytes(&e), bytes_of("\1a\1b\1c\1d\1e\1f\1g\1h\4par"));
    assert_int_equal(svc_early_drop_datagrams(&e), 0);
    svc_early_clear(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add_keeps_the_order_and_skip_takes_from_the_front),
        cmocka_unit_test(test_add_beyond_the_limit_changes_nothing),
        cmocka_unit_test(test_drop_datagrams_keeps_the_first_eight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
