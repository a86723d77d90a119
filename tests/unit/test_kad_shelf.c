/* test_kad_shelf.c - things by their distance from a point. */
#include "p2p/kad_shelf.h"

#include "vec.h"

#define MAX 40 /* more than what is allocated at first */

static struct kad_shelf shelf;
static struct kad_shelf_item items[256];

/* From a point of 0x5a the item i, whose id begins with i ^ 0x5a, is at the distance i. */
static int setup(void **state)
{
    (void)state;
    shelf = (struct kad_shelf){ .at.b = { 0x5a }, .max = MAX };
    memset(items, 0, sizeof items);
    for (size_t i = 0; i < COUNT(items); i++)
        items[i].id.b[0] = (uint8_t)(i ^ 0x5a);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kad_shelf_fini(&shelf);
    return 0;
}

/* Adds; the number of the one that made room, or the error. */
static int add(size_t i)
{
    struct kad_shelf_item *out;
    int err = kad_shelf_add(&shelf, &items[i], &out);
    return err || !out ? err : (int)(out - items);
}

static bool has(size_t i)
{
    struct kad_shelf_item **slot = kad_shelf_find(&shelf, &items[i].id);
    assert_true(!slot || *slot == &items[i]);
    return slot;
}

static void test_add_keeps_the_order_of_distance(void **state)
{
    (void)state;
    for (size_t i = 0; i < MAX; i++)
        assert_int_equal(add((i * 7) % MAX), 0); /* 7 and MAX have no common divisor */
    assert_int_equal(shelf.n, MAX);
    for (size_t i = 0; i < MAX; i++)
        assert_ptr_equal(shelf.v[i], &items[i]);
}

static void test_find_finds_what_is_there_only(void **state)
{
    (void)state;
    assert_false(has(3));
    for (size_t i = 1; i < 2 * MAX; i += 2)
        assert_int_equal(add(i), 0);
    for (size_t i = 0; i < COUNT(items); i++)
        assert_int_equal(has(i), i % 2 && i < 2 * MAX);
}

static void test_the_furthest_makes_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < MAX; i++)
        add(100 + i);
    assert_int_equal(add(200), GW_ELIMIT);
    assert_int_equal(add(7), 100 + MAX - 1);
    assert_int_equal(add(100 + MAX - 1), GW_ELIMIT);
    assert_true(has(7) && !has(200) && !has(100 + MAX - 1));
    assert_int_equal(shelf.n, MAX);
}

static bool is_even(void *arg, struct kad_shelf_item *it)
{
    (*(size_t *)arg)++;
    return (it - items) % 2 == 0;
}

static void test_sift_asks_for_each_and_keeps_the_order(void **state)
{
    (void)state;
    size_t asked = 0;
    for (size_t i = 0; i < 20; i++)
        add(i);
    kad_shelf_sift(&shelf, is_even, &asked);
    assert_int_equal(asked, 20);
    assert_int_equal(shelf.n, 10);
    for (size_t i = 0; i < 10; i++)
        assert_ptr_equal(shelf.v[i], &items[2 * i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_add_keeps_the_order_of_distance, setup, teardown),
        cmocka_unit_test_setup_teardown(test_find_finds_what_is_there_only, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_furthest_makes_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sift_asks_for_each_and_keeps_the_order, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
