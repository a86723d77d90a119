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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_print_aligns_columns),
        cmocka_unit_test(test_print_takes_any_number_of_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
