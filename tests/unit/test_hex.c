/* test_hex.c - octets as hexadecimal text behind 0x, both ways, within bounds. */
#include "base/hex.h"

#include "base/err.h"
#include "vec.h"

static void test_hex_goes_both_ways(void **state)
{
    (void)state;
    uint8_t octets[256], back[256];
    char text[2 + 512 + 1];
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)i;
    assert_int_equal(hex0x_write(text, sizeof text, (struct bytes){ octets, 256 }), 514);
    assert_int_equal(strlen(text), 514);
    assert_memory_equal(text, "0x000102", 8);
    assert_int_equal(hex0x_read(bytes_of(text), back, sizeof back), 256);
    assert_memory_equal(back, octets, 256);
    assert_int_equal(hex0x_read(bytes_of("0xABCDEF"), back, 3), 3);
    assert_memory_equal(back, "\xab\xcd\xef", 3);
    assert_int_equal(hex0x_read(bytes_of("0x"), back, 0), 0);
}

static void test_hex_has_bounds(void **state)
{
    (void)state;
    static const char *const bad[] = { "",     "0",    "x",    "12",   "0x1",
                                       "0xg0", "0x0g", "0X00", "0x 0", "00x0" };
    uint8_t dst[2];
    char text[7];
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(hex0x_read(bytes_of(bad[i]), dst, sizeof dst), GW_ESYNTAX);
    assert_int_equal(hex0x_read(bytes_of("0x001122"), dst, sizeof dst), GW_ENOMEM);
    assert_int_equal(hex0x_write(text, 6, (struct bytes)B("ab")), GW_ENOMEM);
    assert_int_equal(hex0x_write(text, 7, (struct bytes)B("ab")), 6);
    assert_string_equal(text, "0x6162");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hex_goes_both_ways),
        cmocka_unit_test(test_hex_has_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
