/* test_ctl_perf.c - the command perf: its arguments, its answer, a client that goes away.  What
 * stands around it is faked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/err.h"
#include "ctl/ctl_connect.h"
#include "ctl/ctl_lookup.h"
#include "ctl/ctl_perf.h"
#include "p2p/perf.h"

static struct world {
    json_t *reply;    /* owned */
    char failed[128]; /* the reason */
    void (*cancel)(void *arg);
    void *cancel_arg;
    bool takes_no_stream;
    int started, canceled;
    uint64_t up, down;
    perf_done_fn *done;
    void *done_arg;
} w;

void ctl_session_reply(struct ctl_session *s, json_t *v)
{
    (void)s;
    assert_non_null(v);
    w.reply = v;
    w.cancel = NULL;
}

void ctl_session_fail(struct ctl_session *s, const char *fmt, ...)
{
    va_list ap;

    (void)s;
    va_start(ap, fmt);
    vsnprintf(w.failed, sizeof w.failed, fmt, ap);
    va_end(ap);
    w.cancel = NULL;
}

void ctl_session_on_cancel(struct ctl_session *s, void (*fn)(void *arg), void *arg)
{
    (void)s;
    w.cancel = fn;
    w.cancel_arg = arg;
}

void ctl_lookup(const struct ctl_deps *d, struct ctl_session *s, json_t *req, const char *key,
                ctl_found_fn *found)
{
    assert_string_equal(key, "name");
    found(d, s, req, NULL);
}

void ctl_connect(const struct ctl_deps *d, struct ctl_session *s, json_t *req,
                 const struct name_answer *a, ctl_connected_fn *connected)
{
    (void)d;
    (void)a;
    connected(s, req, NULL);
}

void ctl_connect_fail(struct ctl_session *s, const json_t *req, int err)
{
    ctl_session_fail(s, "%s: %s", json_string_value(json_object_get(req, "name")),
                     gw_strerror(err));
}

struct perf *perf_start(struct conn *c, uint64_t up, uint64_t down, perf_done_fn *done, void *arg)
{
    (void)c;
    w.started++;
    w.up = up;
    w.down = down;
    w.done = done;
    w.done_arg = arg;
    return w.takes_no_stream ? NULL : (struct perf *)&w;
}

void perf_cancel(struct perf *p)
{
    assert_ptr_equal(p, &w);
    w.canceled++;
}

static void ask(const char *text)
{
    json_t *req = json_loads(text, 0, NULL);

    assert_non_null(req);
    ctl_perf_run(NULL, NULL, req);
    json_decref(req); /* the command keeps what it needs */
}

static int setup(void **state)
{
    (void)state;
    w = (struct world){ 0 };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    json_decref(w.reply);
    return 0;
}

static void test_sizes_outside_0_to_64G_start_nothing(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{\"name\":\"a\"}",
        "{\"name\":\"a\",\"up\":1}",
        "{\"name\":\"a\",\"up\":-1,\"down\":1}",
        "{\"name\":\"a\",\"up\":1,\"down\":68719476737}",
        "{\"name\":\"a\",\"up\":\"1\",\"down\":1}",
        "{\"name\":\"a\",\"up\":1.0,\"down\":1}",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        *w.failed = '\0';
        ask(wrong[i]);
        assert_string_equal(w.failed, "up and down are numbers of octets from 0 to 64G");
    }
    assert_int_equal(w.started, 0);
}

static void test_answer_has_what_crossed_and_how_fast(void **state)
{
    (void)state;
    const struct perf_result r = { .up = 1000000, .down = 68719476736, .us_up = 1000000 };
    json_int_t up, down;
    double up_mbit, down_mbit;

    ask("{\"name\":\"a\",\"up\":1000000,\"down\":68719476736}");
    assert_int_equal(w.up, 1000000);
    assert_int_equal(w.down, 68719476736);
    w.done(w.done_arg, 0, &r);
    assert_int_equal(json_unpack(w.reply, "{s:I, s:I, s:f, s:f !}", "up_bytes", &up, "down_bytes",
                                 &down, "up_mbit", &up_mbit, "down_mbit", &down_mbit),
                     0);
    assert_int_equal(up, 1000000);
    assert_int_equal(down, 68719476736);
    assert_true(up_mbit == 8.0);
    assert_true(down_mbit == 0.0); /* no time was taken: no rate, rather than an infinite one */
}

static void test_failure_names_the_peer_and_the_reason(void **state)
{
    (void)state;
    const struct perf_result r = { 0 };

    ask("{\"name\":\"a\",\"up\":1,\"down\":1}");
    w.done(w.done_arg, GW_ENOPROTO, &r);
    assert_string_equal(w.failed,
                        "a: peer does not speak the protocol; a gw does when its gw.conf has "
                        "perf = yes in [node]");
    w.takes_no_stream = true;
    ask("{\"name\":\"b\",\"up\":1,\"down\":1}");
    assert_string_equal(w.failed, "b: a configured limit is reached");
}

static void test_client_that_goes_away_ends_the_measurement(void **state)
{
    (void)state;
    ask("{\"name\":\"a\",\"up\":1,\"down\":1}");
    assert_non_null(w.cancel);
    w.cancel(w.cancel_arg);
    assert_int_equal(w.canceled, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_sizes_outside_0_to_64G_start_nothing),
        T(test_answer_has_what_crossed_and_how_fast),
        T(test_failure_names_the_peer_and_the_reason),
        T(test_client_that_goes_away_ends_the_measurement),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
