/* test_cli_table.c - columns line up; octets read well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "cli/cli_table.h"

static void test_print_aligns_columns(void **state)
{
    struct cli_table *t = cli_table_new(3);
    char *text;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    (void)state;
    for (int i = 0; i < 3; i++)
        cli_table_add(t, "h%d", i);
    cli_table_add(t, "%s", "longer");
    cli_table_add(t, "%s", "");
    cli_table_add(t, "%s", "x");
    assert_int_equal(cli_table_print(t, f), 0);
    fclose(f);
    assert_string_equal(text, "h0      h1  h2\n"
                              "longer  -   x\n");
    free(text);
    cli_table_free(t);
}

static void test_print_takes_any_number_of_rows(void **state)
{
    struct cli_table *t = cli_table_new(2);
    FILE *f = fopen("/dev/null", "w");

    (void)state;
    for (int i = 0; i < 1000; i++)
        cli_table_add(t, "%d", i);
    assert_int_equal(cli_table_print(t, f), 0);
    assert_int_equal(cli_table_print(t, f), 0);
    fclose(f);
    cli_table_free(t);
}

static void test_octets_keep_two_or_three_digits(void **state)
{
    static const struct {
        unsigned long long n;
        const char *text;
    } table[] = {
        { 0, "0" },       { 999, "999" },          { 1000, "1.0K" },       { 1536, "1.5K" },
        { 10240, "10K" }, { 1023 * 1024, "1.0M" }, { 5ull << 30, "5.0G" }, { 1ull << 40, "1.0T" },
        { ~0ull, "16E" },
    };
    char out[16];

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_string_equal(cli_table_octets(table[i].n, out), table[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_print_aligns_columns),
        cmocka_unit_test(test_print_takes_any_number_of_rows),
        cmocka_unit_test(test_octets_keep_two_or_three_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
