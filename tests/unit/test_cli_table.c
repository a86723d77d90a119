/* test_cli_table.c - columns line up; octets read well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/err.h"
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
}

static void test_print_takes_any_number_of_rows(void **state)
{
    struct cli_table *t = cli_table_new(2);
    FILE *f = fopen("/dev/null", "w");

    (void)state;
    for (int i = 0; i < 1000; i++)
        cli_table_add(t, "%d", i);
    assert_int_equal(cli_table_print(t, f), 0);
    fclose(f);
}

static void test_headed_has_its_head_first(void **state)
{
    static const char *const head[] = { "NAME", "PEER" };
    struct cli_table *t = cli_table_headed(head, 2);
    char *text;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    (void)state;
    cli_table_add(t, "bob");
    cli_table_add(t, "12D3");
    assert_int_equal(cli_table_print(t, f), 0);
    fclose(f);
    assert_string_equal(text, "NAME  PEER\n"
                              "bob   12D3\n");
    free(text);
}

static void test_no_table_is_out_of_memory(void **state)
{
    (void)state;
    cli_table_add(NULL, "bob");
    assert_int_equal(cli_table_print(NULL, stdout), GW_ENOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_print_aligns_columns),
        cmocka_unit_test(test_print_takes_any_number_of_rows),
        cmocka_unit_test(test_headed_has_its_head_first),
        cmocka_unit_test(test_no_table_is_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
