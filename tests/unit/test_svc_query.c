/* test_svc_query.c - /shurli/service-query/1.0.0, asked (svc_query) and answered (svc_list). */
#include "svc/svc_query.h"

#include "svc/svc_list.h"
#include "svcrig.h"
#include "wire/svcquery_msg.h"

struct fixture {
    struct svcrig r;
    struct svc_list *list;
    bool is_done;
    int err;
    char text[256];
    size_t n;
};

static void add(struct fixture *x, const char *name, bool is_enabled)
{
    struct service s = { .is_enabled = is_enabled };
    snprintf(s.name, sizeof s.name, "%s", name);
    assert_int_equal(sockaddr_parse("127.0.0.1:9", &s.target), 0);
    assert_int_equal(registry_add(x->r.services, &s), 0);
}

static int begin(void **state)
{
    struct fixture *x = calloc(1, sizeof *x);
    svcrig_init(&x->r, PEER_A " services=ssh,db,off\n", NULL, NULL);
    add(x, "ssh", true);
    add(x, "secret", true);
    add(x, "off", false);
    add(x, "db", true);
    x->list = svc_list_new(x->r.host, x->r.services, x->r.authz);
    *state = x;
    return 0;
}

static int end(void **state)
{
    struct fixture *x = *state;
    svcrig_break_stream(&x->r);
    svc_list_free(x->list);
    svcrig_fini(&x->r);
    free(x);
    return 0;
}

static void on_done(void *arg, int err, struct bytes text)
{
    struct fixture *x = arg;
    assert_false(x->is_done);
    x->is_done = true;
    x->err = err;
    x->n = text.n;
    if (text.n && text.n < sizeof x->text)
        memcpy(x->text, text.p, text.n);
}

static void ask(struct fixture *x, unsigned timeout_ms)
{
    assert_non_null(svc_query_start(x->r.host, &x->r.a.peer, NULL, 0, timeout_ms, on_done, x));
    assert_int_equal(fake_host_pending(x->r.host)->n, 1);
    assert_string_equal(fake_host_pending(x->r.host)->protocols[0], SVCQUERY_PROTOCOL);
    fake_host_opened(x->r.host, 0, &x->r.a, x->r.f, SVCQUERY_PROTOCOL, bytes_of(""));
}

static void assert_answer(struct fixture *x, const char *json)
{
    struct svcquery_answer a;
    assert_int_equal(svcquery_decode_answer((struct bytes){ x->r.f->out, x->r.f->nout }, &a),
                     x->r.f->nout);
    assert_false(a.is_error);
    assert_bytes(a.body, bytes_of(json));
    assert_true(x->r.f->has_fin);
}

static void test_caller_sees_what_it_may_use(void **state)
{
    struct fixture *x = *state;
    assert_true(
        fake_host_accept(x->r.host, &x->r.a, x->r.f, SVCQUERY_PROTOCOL, bytes_of("\x01\x01")));
    assert_answer(x, "[{\"name\":\"ssh\",\"protocol\":\"/shurli/ssh/1.0.0\",\"enabled\":true},"
                     "{\"name\":\"db\",\"protocol\":\"/shurli/db/1.0.0\",\"enabled\":true}]");
    fake_stream_eof(x->r.f);
    assert_true(fake_run_until(x->r.loop, &x->r.f->is_closed));
    assert_int_equal(x->r.f->err, 0);
}

static void test_what_takes_no_connections_is_listed_without_a_protocol(void **state)
{
    struct fixture *x = *state;
    struct service s;
    char *json;
    size_t n;
    registry_clear(x->r.services);
    assert_int_equal(service_parse("db/udp=127.0.0.1:9", &s), 0);
    assert_int_equal(registry_add(x->r.services, &s), 0);
    assert_int_equal(svc_list_print(x->r.services, x->r.authz, &x->r.a.peer, &json, &n), 0);
    assert_string_equal(json, "[{\"name\":\"db\",\"port\":9,\"udp\":true,\"enabled\":true}]");
    free(json);
}

static void test_stranger_sees_an_empty_list(void **state)
{
    struct fixture *x = *state;
    assert_true(
        fake_host_accept(x->r.host, &x->r.stranger, x->r.f, SVCQUERY_PROTOCOL, bytes_of("")));
    fake_stream_deliver(x->r.f, bytes_of("\x01"));
    assert_int_equal(x->r.f->nout, 0);
    fake_stream_deliver(x->r.f, bytes_of("\x01"));
    assert_answer(x, "[]");
}

static void test_anything_but_the_request_is_reset(void **state)
{
    struct fixture *x = *state;
    assert_true(
        fake_host_accept(x->r.host, &x->r.a, x->r.f, SVCQUERY_PROTOCOL, bytes_of("\x01\x02")));
    assert_true(fake_run_until(x->r.loop, &x->r.f->is_closed));
    assert_int_equal(x->r.f->err, GW_EPROTO);
    assert_int_equal(x->r.f->nout, 0);
}

static void test_a_list_that_is_too_long_is_cut_between_services(void **state)
{
    struct fixture *x = *state;
    char *json, name[SERVICE_NAME_MAX + 1];
    size_t n;
    assert_int_equal(authz_allow(x->r.authz, &x->r.a.peer, NULL, NULL, NULL, 0), 0);
    for (unsigned i = 0; i < 600; i++) {
        snprintf(name, sizeof name, "%060u", i);
        add(x, name, true);
    }
    assert_int_equal(svc_list_print(x->r.services, x->r.authz, &x->r.a.peer, &json, &n), 0);
    assert_in_range(n, SVCQUERY_BODY_MAX - 1000, SVCQUERY_BODY_MAX);
    assert_string_equal(json + n - 2, "}]");
    free(json);
}

static void test_query_returns_the_text(void **state)
{
    struct fixture *x = *state;
    ask(x, 1000);
    assert_int_equal(x->r.f->nout, SVCQUERY_REQUEST_LEN);
    assert_memory_equal(x->r.f->out, "\x01\x01", 2);
    fake_stream_deliver(x->r.f, (struct bytes)B("\x02\0\0"));
    assert_false(x->is_done);
    fake_stream_deliver(x->r.f, (struct bytes)B("\0\x02[]"));
    assert_true(x->is_done);
    assert_int_equal(x->err, 0);
    assert_int_equal(x->n, 2);
    assert_memory_equal(x->text, "[]", 2);
}

static void test_query_takes_the_largest_answer(void **state)
{
    struct fixture *x = *state;
    static uint8_t part[SVCQUERY_BODY_MAX / 4];
    ask(x, 1000);
    fake_stream_deliver(x->r.f, (struct bytes)B("\x02\0\x01\0\0"));
    for (int i = 0; i < 4; i++) {
        assert_false(x->is_done);
        assert_int_equal(x->r.f->credited, x->r.f->delivered); /* or a small window would stop it */
        fake_stream_deliver(x->r.f, (struct bytes){ part, sizeof part });
    }
    assert_true(x->is_done);
    assert_int_equal(x->err, 0);
    assert_int_equal(x->n, SVCQUERY_BODY_MAX);
}

static void test_query_passes_the_error_of_the_peer_on(void **state)
{
    struct fixture *x = *state;
    ask(x, 1000);
    fake_stream_deliver(x->r.f, (struct bytes)B("\x03\0\0\0\x02no"));
    assert_int_equal(x->err, GW_EDENIED);
    assert_memory_equal(x->text, "no", 2);
}

static void test_query_ends_at_its_deadline(void **state)
{
    struct fixture *x = *state;
    ask(x, 20);
    assert_true(fake_run_until(x->r.loop, &x->is_done));
    assert_int_equal(x->err, GW_ETIMEOUT);
}

static void test_query_of_a_broken_answer_is_a_protocol_error(void **state)
{
    struct fixture *x = *state;
    ask(x, 1000);
    fake_stream_deliver(x->r.f, (struct bytes)B("\x02\0\x01\0\x01"));
    assert_int_equal(x->err, GW_EPROTO);
}

static void test_query_of_a_peer_that_hangs_up_is_an_error(void **state)
{
    struct fixture *x = *state;
    ask(x, 1000);
    fake_stream_deliver(x->r.f, (struct bytes)B("\x02\0"));
    fake_stream_eof(x->r.f);
    assert_true(x->is_done);
    assert_int_equal(x->err, GW_EPROTO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_caller_sees_what_it_may_use),
        TEST(test_what_takes_no_connections_is_listed_without_a_protocol),
        TEST(test_stranger_sees_an_empty_list),
        TEST(test_anything_but_the_request_is_reset),
        TEST(test_a_list_that_is_too_long_is_cut_between_services),
        TEST(test_query_returns_the_text),
        TEST(test_query_takes_the_largest_answer),
        TEST(test_query_passes_the_error_of_the_peer_on),
        TEST(test_query_ends_at_its_deadline),
        TEST(test_query_of_a_broken_answer_is_a_protocol_error),
        TEST(test_query_of_a_peer_that_hangs_up_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
