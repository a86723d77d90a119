/* test_cursor.c - base/cursor.h. */
#include "base/cursor.h"

#include "vec.h"

static void test_integers_are_big_endian_both_ways(void **state)
{
    uint8_t b[15];
    struct wr w = wr_init((struct span){ b, sizeof b });
    (void)state;
    wr_u8(&w, 0x01);
    wr_u16(&w, 0x0203);
    wr_u32(&w, 0x04050607);
    wr_u64(&w, 0x08090a0b0c0d0e0f);
    assert_false(w.full);
    assert_int_equal(w.left, 0);
    for (size_t i = 0; i < sizeof b; i++)
        assert_int_equal(b[i], i + 1);
    struct rd r = rd_init((struct bytes){ b, sizeof b });
    assert_int_equal(rd_u8(&r), 0x01);
    assert_int_equal(rd_u16(&r), 0x0203);
    assert_int_equal(rd_u32(&r), 0x04050607);
    assert_int_equal(rd_u64(&r), 0x08090a0b0c0d0e0f);
    assert_false(r.short_);
    assert_int_equal(r.left, 0);
}

static void test_a_read_past_the_end_sticks(void **state)
{
    struct rd r = rd_init(bytes_of("abc"));
    (void)state;
    assert_int_equal(rd_u8(&r), 'a');
    rd_u32(&r);
    assert_true(r.short_);
    assert_int_equal(rd_u8(&r), 0);
    assert_int_equal(rd_bytes(&r, 0).n, 0);
    assert_null(rd_bytes(&r, 1).p);
}

static void test_a_short_integer_is_zero_not_a_part_of_it(void **state)
{
    (void)state;
    for (size_t n = 0; n < 8; n++) {
        struct rd r = rd_init((struct bytes){ (const uint8_t *)"\x11\x22\x33\x44\x55\x66\x77", n });
        assert_int_equal(rd_u64(&r), 0);
        assert_true(r.short_);
    }
    for (size_t n = 0; n < 4; n++) {
        struct rd r = rd_init((struct bytes){ (const uint8_t *)"\x11\x22\x33", n });
        assert_int_equal(rd_u32(&r), 0);
        assert_true(r.short_);
    }
}

static void test_a_write_past_the_end_sticks(void **state)
{
    uint8_t b[4] = "....";
    struct wr w = wr_init((struct span){ b, 3 });
    (void)state;
    wr_u8(&w, 'a');
    wr_bytes(&w, bytes_of("bcd"));
    assert_true(w.full);
    wr_u8(&w, 'e');
    assert_memory_equal(b, "a...", 4);
}

static void test_empty_views_are_equal_wherever_they_point(void **state)
{
    (void)state;
    assert_true(bytes_eq((struct bytes){ 0 }, bytes_of("")));
    assert_true(bytes_eq(bytes_of("ab"), bytes_of("ab")));
    assert_false(bytes_eq(bytes_of("ab"), bytes_of("ac")));
    assert_false(bytes_eq(bytes_of("ab"), bytes_of("a")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers_are_big_endian_both_ways),
        cmocka_unit_test(test_a_read_past_the_end_sticks),
        cmocka_unit_test(test_a_short_integer_is_zero_not_a_part_of_it),
        cmocka_unit_test(test_a_write_past_the_end_sticks),
        cmocka_unit_test(test_empty_views_are_equal_wherever_they_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
