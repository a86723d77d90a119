/* test_socks4_in.c - SOCKS4 and SOCKS4a on the proxy port; the front is a fake. */
#include "base/log.h"
#include "proxyrig.h"

#define GRANTED  "\0\x5a\0\0\0\0\0\0"
#define REJECTED "\0\x5b\0\0\0\0\0\0"

static struct proxyrig rig;

static void assert_rejected(void)
{
    assert_got(rig.fd, REJECTED, 8);
    assert_eof(rig.fd);
}

static void test_name_is_asked_for_one_octet_at_a_time(void **state)
{
    static const char request[] = "\4\1\x15\x38\0\0\0\1anonymous\0db.alice"; /* socat's */
    (void)state;
    proxyrig_start(&rig, &proxyrig_open);
    for (size_t i = 0; i < sizeof request; i++) {
        assert_int_equal(rig.front.n, 0);
        proxyrig_say(&rig, &request[i], 1);
    }
    assert_target(&rig, 0, "socks4", "db.alice", 5432);
    assert_nothing(rig.fd);
    proxyrig_opened(&rig, 0, 0);
    assert_got(rig.fd, GRANTED, 8);
    SAY(&rig, "hello");
    assert_memory_equal(rig.front.open[0].got, "hello", 5);
    proxyrig_stop(&rig);
}

static void test_address_goes_to_the_front_as_text(void **state)
{
    static const struct {
        const char *what;
        struct bytes request;
        const char *host;
    } cases[] = {
        { "an address", B("\4\1\0\x50\x7f\x40\1\2\0"), "127.64.1.2" },
        { "an address as a name",
          B("\4\1\0\x50\0\0\0\1\0"
            "127.64.1.2\0"),
          "127.64.1.2" },
        { "IPv6 as a name", B("\4\1\0\x50\0\0\0\x7\0[FD00::1]\0"), "fd00::1" },
        { "0.0.0.0 says no name", B("\4\1\0\x50\0\0\0\0\0"), "0.0.0.0" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        proxyrig_start(&rig, &proxyrig_open);
        proxyrig_say(&rig, cases[i].request.p, cases[i].request.n);
        assert_target(&rig, 0, "socks4", cases[i].host, 80);
        proxyrig_stop(&rig);
    }
}

static void test_early_data_goes_to_the_service(void **state)
{
    (void)state;
    proxyrig_start(&rig, &proxyrig_open);
    SAY(&rig, "\4\1\0\x50\0\0\0\1\0a\0early");
    proxyrig_opened(&rig, 0, 0);
    assert_got(rig.fd, GRANTED, 8);
    assert_int_equal(rig.front.open[0].nsent, 5);
    assert_memory_equal(rig.front.open[0].sent, "early", 5);
    proxyrig_stop(&rig);
}

static void test_refused_request_is_answered(void **state)
{
    static const struct {
        const char *what;
        struct bytes request;
    } cases[] = {
        { "BIND", B("\4\2\0\x50\x7f\0\0\1\0") },
        { "unknown command", B("\4\3\0\x50\x7f\0\0\1\0") },
        { "RESOLVE_PTR, which is SOCKS5's alone", B("\4\xf1\0\x50\x7f\x40\1\2\0") },
        { "port 0", B("\4\1\0\0\x7f\0\0\1\0") },
        { "empty name", B("\4\1\0\x50\0\0\0\1\0\0") },
        { "control character in a name", B("\4\1\0\x50\0\0\0\1\0a\nb\0") },
        { "not ASCII", B("\4\1\0\x50\0\0\0\1\0b\xc3\xbc"
                         "cher\0") },
        { "unknown option", B("\4\1\0\x50\x7f\0\0\1path=left\0") },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        proxyrig_start(&rig, &proxyrig_open);
        proxyrig_say(&rig, cases[i].request.p, cases[i].request.n);
        assert_rejected();
        assert_int_equal(rig.front.n, 0);
        proxyrig_stop(&rig);
    }
}

/* Tor's socks-extensions: the address stands where the reply has room for one. */
static void test_resolve_answers_with_the_address(void **state)
{
    struct ipaddr ip = { .family = 4, .b = { 127, 64, 1, 2 } };
    (void)state;
    proxyrig_start(&rig, &proxyrig_open);
    SAY(&rig, "\4\xf0\0\0\0\0\0\1\0db.alice\0");
    assert_string_equal(rig.front.lookup[0].host, "db.alice");
    fake_front_address(&rig.front, 0, 0, &ip);
    looprig_run(&rig.loop);
    assert_got(rig.fd, "\0\x5a\0\0\x7f\x40\1\2", 8);
    assert_eof(rig.fd);
    assert_int_equal(rig.front.n, 0);
    proxyrig_stop(&rig);
}

static void test_resolve_of_an_address_answers_itself(void **state)
{
    (void)state;
    proxyrig_start(&rig, &proxyrig_open);
    SAY(&rig, "\4\xf0\0\0\xc0\0\2\1\0");
    assert_got(rig.fd, "\0\x5a\0\0\xc0\0\2\1", 8);
    assert_eof(rig.fd);
    assert_int_equal(rig.front.nlookups, 0);
    proxyrig_stop(&rig);
}

static void test_resolve_to_what_a_reply_cannot_hold_is_rejected(void **state)
{
    struct ipaddr v6 = { .family = 6, .b = { 0xfd, [15] = 1 } };
    (void)state;
    proxyrig_start(&rig, &proxyrig_open);
    SAY(&rig, "\4\xf0\0\0\0\0\0\1\0a\0");
    fake_front_address(&rig.front, 0, 0, &v6);
    looprig_run(&rig.loop);
    assert_rejected();
    proxyrig_swap(&rig, proxyrig_add(&rig));
    SAY(&rig, "\4\xf0\0\0\0\0\0\1\0fd00::1\0");
    assert_rejected();
    proxyrig_stop(&rig);
}

static void test_resolve_that_fails_is_rejected(void **state)
{
    (void)state;
    proxyrig_start(&rig, &proxyrig_open);
    SAY(&rig, "\4\xf0\0\0\0\0\0\1\0a\0");
    fake_front_address(&rig.front, 0, GW_ENONAME, NULL);
    looprig_run(&rig.loop);
    assert_rejected();
    proxyrig_swap(&rig, proxyrig_add(&rig));
    rig.front.is_full = true;
    SAY(&rig, "\4\xf0\0\0\0\0\0\1\0a\0");
    assert_rejected();
    proxyrig_stop(&rig);
}

static void test_endless_user_or_name_is_refused(void **state)
{
    uint8_t request[8 + 300] = { 4, 1, 0, 80, 0, 0, 0, 1 };
    (void)state;
    memset(request + 8, 'x', 300);
    for (size_t user = 0; user < 2; user++) {
        request[8] = user ? 'x' : '\0'; /* else the name is it */
        proxyrig_start(&rig, &proxyrig_open);
        proxyrig_say(&rig, request, sizeof request);
        assert_rejected();
        proxyrig_stop(&rig);
    }
}

static void test_any_failure_is_a_rejection(void **state)
{
    static const int errs[] = { GW_ENONAME, GW_EDENIED, GW_EREFUSED, GW_ETIMEOUT, GW_EIO };
    (void)state;
    for (size_t i = 0; i < COUNT(errs); i++) {
        proxyrig_start(&rig, &proxyrig_open);
        SAY(&rig, "\4\1\0\x50\0\0\0\1\0a\0");
        proxyrig_opened(&rig, 0, errs[i]);
        assert_rejected();
        proxyrig_stop(&rig);
    }
}

static void test_configured_password_shuts_socks4_out(void **state)
{
    (void)state;
    proxyrig_start(&rig, &proxyrig_closed);
    SAY(&rig, "\4\1\0\x50\0\0\0\1alice\0a\0");
    assert_rejected();
    proxyrig_swap(&rig, proxyrig_add(&rig));
    SAY(&rig, "\4\xf0\0\0\0\0\0\1alice\0a\0");
    assert_rejected();
    assert_int_equal(rig.front.nlookups, 0);
    assert_int_equal(rig.front.n, 0);
    proxyrig_stop(&rig);
}

static void test_user_id_may_be_an_option_tag(void **state)
{
    (void)state;
    proxyrig_start(&rig, &proxyrig_open);
    SAY(&rig, "\4\1\0\x50\0\0\0\1path=relay\0a\0");
    assert_int_equal(rig.front.open[0].target.path, HOST_PATH_RELAY);
    assert_true(rig.front.open[0].target.has_path);
    proxyrig_stop(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_name_is_asked_for_one_octet_at_a_time),
        cmocka_unit_test(test_address_goes_to_the_front_as_text),
        cmocka_unit_test(test_early_data_goes_to_the_service),
        cmocka_unit_test(test_refused_request_is_answered),
        cmocka_unit_test(test_resolve_answers_with_the_address),
        cmocka_unit_test(test_resolve_of_an_address_answers_itself),
        cmocka_unit_test(test_resolve_to_what_a_reply_cannot_hold_is_rejected),
        cmocka_unit_test(test_resolve_that_fails_is_rejected),
        cmocka_unit_test(test_endless_user_or_name_is_refused),
        cmocka_unit_test(test_any_failure_is_a_rejection),
        cmocka_unit_test(test_configured_password_shuts_socks4_out),
        cmocka_unit_test(test_user_id_may_be_an_option_tag),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
