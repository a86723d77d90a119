/* test_log.c - base/log.h: what reaches stderr. */
#include "base/log.h"

#include <stdio.h>
#include <unistd.h>

#include "vec.h"

static char seen[8192];

/* Runs `fn` with stderr turned into `seen`. */
static void capture(void (*fn)(void))
{
    int pipe_fd[2], old = dup(STDERR_FILENO);
    assert_int_equal(pipe(pipe_fd), 0);
    assert_true(dup2(pipe_fd[1], STDERR_FILENO) >= 0);
    fn();
    assert_true(dup2(old, STDERR_FILENO) >= 0);
    close(old);
    close(pipe_fd[1]);
    ssize_t n = read(pipe_fd[0], seen, sizeof seen - 1);
    close(pipe_fd[0]);
    seen[n > 0 ? n : 0] = '\0';
}

static void say_all(void)
{
    log_error("a=%d", 1);
    log_warn("b");
    log_info("c");
    log_debug("d");
}

static void test_lines_above_the_level_are_dropped(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_INFO);
    capture(say_all);
    assert_string_equal(seen, "error a=1\nwarn  b\ninfo  c\n");
    log_set_level(LOG_LEVEL_ERROR);
    capture(say_all);
    assert_string_equal(seen, "error a=1\n");
    log_set_level(LOG_LEVEL_DEBUG);
    assert_true(log_enabled(LOG_LEVEL_DEBUG));
    capture(say_all);
    assert_string_equal(seen, "error a=1\nwarn  b\ninfo  c\ndebug d\n");
}

static void say_much(void)
{
    char text[4000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_error("%s", text);
}

static void test_a_long_line_stays_one_line(void **state)
{
    (void)state;
    capture(say_much);
    assert_true(strlen(seen) <= 1024);
    assert_ptr_equal(strchr(seen, '\n'), seen + strlen(seen) - 1);
}

static void test_esc_leaves_only_printable_ascii(void **state)
{
    (void)state;
    assert_string_equal(log_esc((struct bytes){ (const uint8_t *)"a\n\0\x7f\xc3\\ ~", 8 }),
                        "a\\x0a\\x00\\x7f\\xc3\\x5c ~");
    assert_string_equal(log_esc(bytes_of("")), "");
}

static void test_esc_is_bounded_and_serves_four_at_once(void **state)
{
    uint8_t big[LOG_ESC_MAX + 1] = { 0 };
    (void)state;
    assert_int_equal(strlen(log_esc((struct bytes){ big, LOG_ESC_MAX })), 4 * LOG_ESC_MAX);
    const char *cut = log_esc((struct bytes){ big, sizeof big });
    assert_int_equal(strlen(cut), 4 * LOG_ESC_MAX + 3);
    const char *a = log_esc(bytes_of("a")), *b = log_esc(bytes_of("b")),
               *c = log_esc(bytes_of("c"));
    assert_string_equal(a, "a");
    assert_string_equal(b, "b");
    assert_string_equal(c, "c");
    assert_string_equal(cut + 4 * LOG_ESC_MAX, "...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_above_the_level_are_dropped),
        cmocka_unit_test(test_a_long_line_stays_one_line),
        cmocka_unit_test(test_esc_leaves_only_printable_ascii),
        cmocka_unit_test(test_esc_is_bounded_and_serves_four_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
