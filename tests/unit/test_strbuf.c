/* test_strbuf.c - text that grows up to a bound. */
#include "base/strbuf.h"

#include "vec.h"

static void test_put_appends_and_ends_in_nul(void **state)
{
    (void)state;
    struct strbuf b = { .max = 100 };
    assert_bytes(strbuf_bytes(&b), (struct bytes){ 0 });
    strbuf_puts(&b, "peer ");
    strbuf_put(&b, (struct bytes)B("al\0ce"));
    strbuf_printf(&b, " has %d of %s", 3, "ten");
    strbuf_puts(&b, "");
    assert_bytes(strbuf_bytes(&b), (struct bytes)B("peer al\0ce has 3 of ten"));
    assert_int_equal(b.p[b.n], '\0');
    assert_int_equal(b.err, 0);
    strbuf_free(&b);
}

static void test_put_of_nothing_is_a_string(void **state)
{
    (void)state;
    struct strbuf b = { .max = 0 };
    strbuf_put(&b, (struct bytes){ 0 });
    assert_int_equal(b.err, 0);
    assert_string_equal(b.p, "");
    strbuf_free(&b);
}

static void test_put_grows_over_any_block_size(void **state)
{
    (void)state;
    struct strbuf b = { .max = 5000 };
    for (int i = 0; i < 5000; i++)
        strbuf_puts(&b, i % 2 ? "b" : "a");
    assert_int_equal(b.err, 0);
    assert_int_equal(b.n, 5000);
    for (size_t i = 0; i < b.n; i++)
        assert_int_equal(b.p[i], i % 2 ? 'b' : 'a');
    assert_int_equal(b.p[5000], '\0');
    strbuf_free(&b);
}

static void test_a_passed_bound_sticks(void **state)
{
    (void)state;
    struct strbuf b = { .max = 4 };
    strbuf_puts(&b, "abcd");
    assert_int_equal(b.err, 0);
    strbuf_puts(&b, "e");
    assert_int_equal(b.err, GW_ELIMIT);
    assert_bytes(strbuf_bytes(&b), (struct bytes)B("abcd"));
    strbuf_free(&b);
    assert_int_equal(b.max, 4);
    strbuf_printf(&b, "%05d", 1);
    strbuf_puts(&b, "x");
    strbuf_html(&b, (struct bytes)B("y"));
    assert_int_equal(b.err, GW_ELIMIT);
    assert_int_equal(b.n, 0);
    strbuf_free(&b);
    assert_int_equal(b.err, 0);
    assert_null(b.p);
}

static void test_html_leaves_no_octet_with_a_meaning(void **state)
{
    (void)state;
    struct strbuf b = { .max = 1000 };
    strbuf_html(&b, (struct bytes)B("<a href=\"x\" id='y'>&amp;</a>"));
    assert_string_equal(b.p, "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;");
    strbuf_free(&b);
    strbuf_html(&b, (struct bytes)B("\0\r\n\x1b\x7f\xc3\xbc\\ ~"));
    assert_string_equal(b.p, "\\x00\\x0d\\x0a\\x1b\\x7f\\xc3\\xbc\\x5c ~");
    strbuf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_appends_and_ends_in_nul),
        cmocka_unit_test(test_put_of_nothing_is_a_string),
        cmocka_unit_test(test_put_grows_over_any_block_size),
        cmocka_unit_test(test_a_passed_bound_sticks),
        cmocka_unit_test(test_html_leaves_no_octet_with_a_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
