/* test_dns_forward.c - questions to other servers, which the test plays on real sockets. */
#include "gate/dns_forward.h"

#include <unistd.h>

#include "dnstalk.h"

#define REPLY 0x8180 /* an answer, RD, RA */

struct rig {
    struct looprig loop;
    struct dns_forward *forward;
    struct sockaddr_any at[2];
    int server[2];
    int calls;
    uint8_t answer[2048];
    size_t n;
};

static struct rig rig;

static void on_done(void *arg, struct bytes answer)
{
    (void)arg;
    rig.calls++;
    rig.n = answer.n;
    assert_true(answer.n <= sizeof rig.answer);
    if (answer.n)
        memcpy(rig.answer, answer.p, answer.n);
}

static int setup(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof rig);
    looprig_init(&rig.loop);
    rig.forward = dns_forward_new(rig.loop.loop, rig.loop.turn);
    assert_non_null(rig.forward);
    for (size_t i = 0; i < 2; i++) {
        rig.server[i] = udp_client("127.0.0.1:0", NULL);
        rig.at[i] = (struct sockaddr_any){ .len = sizeof rig.at[i].un };
        assert_int_equal(getsockname(rig.server[i], &rig.at[i].sa, &rig.at[i].len), 0);
    }
    dns_forward_set_servers(rig.forward, rig.at, 2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    dns_forward_free(rig.forward);
    close(rig.server[0]);
    close(rig.server[1]);
    looprig_fini(&rig.loop);
    return 0;
}

static struct dns_relay *ask(struct bytes query)
{
    struct dns_relay *q = dns_forward_ask(rig.forward, query, false, on_done, NULL);
    assert_non_null(q);
    assert_int_equal(rig.calls, 0);
    return q;
}

static void wait_done(unsigned ms)
{
    LOOPRUN_UNTIL_MS(rig.loop.loop, ms, rig.calls);
    assert_int_equal(rig.calls, 1);
}

static void test_the_answer_comes_back_to_the_id_of_the_client(void **state)
{
    struct sockaddr_any from;
    (void)state;
    ask(dns_question_of(0x1234, "WWW.example.COM", DNS_A));
    struct bytes got = dns_receive(&rig.loop, rig.server[0], &from);
    struct bytes sent = dns_question_of(dns_id_of(got), "WWW.example.COM", DNS_A);
    assert_bytes(got, sent); /* but for the id as it was, the case too */
    dns_send(rig.server[0], &from, dns_answer_to(got, REPLY));
    wait_done(1000);
    assert_bytes((struct bytes){ rig.answer, rig.n },
                 dns_answer_to(dns_question_of(0x1234, "WWW.example.COM", DNS_A), REPLY));
}

/* RFC 5452 s.9: what is not the answer to this question is none. */
static void test_ids_and_ports_are_no_pattern_and_others_answers_no_answers(void **state)
{
    struct sockaddr_any from[8];
    uint16_t id[8];
    size_t same_id = 0, same_port = 0;
    (void)state;
    for (size_t i = 0; i < COUNT(id); i++) {
        struct dns_relay *q = ask(dns_question_of(7, "example.com", DNS_A));
        id[i] = dns_id_of(dns_receive(&rig.loop, rig.server[0], &from[i]));
        dns_forward_cancel(q);
        same_id += i && id[i] == id[0];
        same_port += i && sockaddr_port(&from[i]) == sockaddr_port(&from[0]);
    }
    assert_true(same_id < 2 && same_port < 4);

    ask(dns_question_of(7, "example.com", DNS_A));
    struct bytes got = dns_receive(&rig.loop, rig.server[0], &from[0]);
    uint8_t good[64];
    size_t n = got.n;
    memcpy(good, got.p, n);
    const struct bytes question = { good, n };
    const uint16_t sent = dns_id_of(question);
    dns_send(rig.server[1], &from[0], dns_answer_to(question, REPLY)); /* another server */
    dns_send(rig.server[0], &from[0], question);                       /* no answer */
    dns_send(rig.server[0], &from[0],
             dns_answer_to(dns_question_of((uint16_t)(sent + 1), "example.com", DNS_A), REPLY));
    dns_send(rig.server[0], &from[0],
             dns_answer_to(dns_question_of(sent, "example.net", DNS_A), REPLY));
    dns_send(rig.server[0], &from[0],
             dns_answer_to(dns_question_of(sent, "Example.com", DNS_A), REPLY));
    dns_send(rig.server[0], &from[0],
             dns_answer_to(dns_question_of(sent, "example.com", DNS_AAAA), REPLY));
    dns_send(rig.server[0], &from[0], (struct bytes)B("x"));
    looprig_run_ms(&rig.loop, 20);
    assert_int_equal(rig.calls, 0);
    dns_send(rig.server[0], &from[0], dns_answer_to(question, REPLY));
    wait_done(1000);
    assert_int_equal(rig.n, n);
}

static void test_a_server_that_fails_is_followed_by_the_next(void **state)
{
    struct sockaddr_any from;
    (void)state;
    ask(dns_question_of(7, "example.com", DNS_A));
    struct bytes got = dns_receive(&rig.loop, rig.server[0], &from);
    uint16_t first_id = dns_id_of(got);
    dns_send(rig.server[0], &from, dns_answer_to(got, REPLY | DNS_SERVFAIL));
    got = dns_receive(&rig.loop, rig.server[1], &from);
    assert_true(got.n > 0);
    assert_int_not_equal(dns_id_of(got), first_id); /* but for one time in 65536 */
    dns_send(rig.server[1], &from, dns_answer_to(got, REPLY | DNS_NXDOMAIN));
    wait_done(1000);
    assert_int_equal(dns_rcode_of((struct bytes){ rig.answer, rig.n }), DNS_NXDOMAIN);

    rig.calls = 0; /* and that one is asked first from now on */
    ask(dns_question_of(8, "example.com", DNS_A));
    assert_true(dns_receive(&rig.loop, rig.server[1], &from).n > 0);
}

static void test_a_failure_of_the_last_one_is_passed_on(void **state)
{
    struct sockaddr_any from;
    (void)state;
    ask(dns_question_of(7, "example.com", DNS_A));
    for (size_t i = 0; i < 2; i++) {
        struct bytes got = dns_receive(&rig.loop, rig.server[i], &from);
        dns_send(rig.server[i], &from, dns_answer_to(got, REPLY | DNS_REFUSED));
    }
    wait_done(1000);
    assert_int_equal(dns_rcode_of((struct bytes){ rig.answer, rig.n }), DNS_REFUSED);
}

static void test_where_nobody_listens_the_next_is_asked_at_once(void **state)
{
    struct sockaddr_any from;
    (void)state;
    close(rig.server[0]);
    ask(dns_question_of(7, "example.com", DNS_A));
    struct bytes got = dns_receive(&rig.loop, rig.server[1], &from);
    assert_true(got.n > 0);
    dns_send(rig.server[1], &from, dns_answer_to(got, REPLY));
    wait_done(1000);
    rig.server[0] = dup(rig.server[1]);
}

static void test_silence_is_followed_by_the_next_and_ends(void **state)
{
    struct sockaddr_any from;
    (void)state;
    dns_forward_set_servers(rig.forward, rig.at, 1);
    ask(dns_question_of(7, "example.com", DNS_A));
    assert_true(dns_receive(&rig.loop, rig.server[0], &from).n > 0);
    wait_done(4000);
    assert_int_equal(rig.n, 0);
    assert_true(dns_receive(&rig.loop, rig.server[0], &from).n > 0); /* it was asked twice */
}

static void test_tcp_goes_by_tcp(void **state)
{
    struct bytes query = dns_question_of(7, "example.com", DNS_TXT);
    (void)state;
    int listener = tcp_server(&rig.at[0]);
    dns_forward_set_servers(rig.forward, rig.at, 1);
    assert_non_null(dns_forward_ask(rig.forward, query, true, on_done, NULL));
    int fd = -1;
    LOOPRUN_UNTIL_MS(rig.loop.loop, 1000, (fd = accept(listener, NULL, NULL)) >= 0);
    struct bytes got = tcp_get(&rig.loop, fd);
    assert_int_equal(got.n, query.n);
    struct bytes answer = dns_answer_to(got, REPLY);
    put(fd, &(uint8_t){ 0 }, 1); /* octet by octet, as it may come */
    looprig_run_ms(&rig.loop, 5);
    put(fd, &(uint8_t){ (uint8_t)answer.n }, 1);
    for (size_t i = 0; i < answer.n; i++) {
        looprig_run_ms(&rig.loop, 1);
        put(fd, answer.p + i, 1);
    }
    wait_done(1000);
    assert_int_equal(rig.n, answer.n);
    assert_int_equal(dns_id_of((struct bytes){ rig.answer, rig.n }), 7);
    close(fd);
    close(listener);
}

static void test_tcp_that_ends_or_lies_is_followed_by_the_next_try(void **state)
{
    static const struct bytes words[] = { B(""), B("\0\x05hello"), B("\xff"), B("\0\0") };
    (void)state;
    for (size_t i = 0; i < COUNT(words); i++) {
        int listener = tcp_server(&rig.at[0]);
        rig.calls = 0;
        dns_forward_set_servers(rig.forward, rig.at, 1);
        assert_non_null(dns_forward_ask(rig.forward, dns_question_of(7, "example.com", DNS_A), true,
                                        on_done, NULL));
        for (int k = 0; k < 1000 && !rig.calls; k++) {
            looprig_run_ms(&rig.loop, 1);
            int fd = accept(listener, NULL, NULL);
            if (fd < 0)
                continue;
            put(fd, words[i].p, words[i].n);
            shutdown(fd, SHUT_WR);
            looprig_run_ms(&rig.loop, 2);
            close(fd);
        }
        assert_int_equal(rig.calls, 1);
        assert_int_equal(rig.n, 0);
        close(listener);
    }
}

static void test_limits(void **state)
{
    static const uint8_t large[DNS_FORWARD_OCTETS + 1];
    struct bytes query = dns_question_of(7, "example.com", DNS_A);
    (void)state;
    assert_null(
        dns_forward_ask(rig.forward, (struct bytes){ large, sizeof large }, false, on_done, NULL));
    for (size_t i = 0; i < DNS_FORWARD_MAX; i++)
        assert_non_null(dns_forward_ask(rig.forward, query, false, on_done, NULL));
    assert_null(dns_forward_ask(rig.forward, query, false, on_done, NULL));
    dns_forward_set_servers(rig.forward, NULL, 0);
    assert_false(dns_forward_has_servers(rig.forward));
    looprig_run_ms(&rig.loop, 20); /* and those under way end, for there is no server */
    assert_int_equal(rig.calls, DNS_FORWARD_MAX);
    assert_null(dns_forward_ask(rig.forward, query, false, on_done, NULL));
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_the_answer_comes_back_to_the_id_of_the_client),
        T(test_ids_and_ports_are_no_pattern_and_others_answers_no_answers),
        T(test_a_server_that_fails_is_followed_by_the_next),
        T(test_a_failure_of_the_last_one_is_passed_on),
        T(test_where_nobody_listens_the_next_is_asked_at_once),
        T(test_silence_is_followed_by_the_next_and_ends),
        T(test_tcp_goes_by_tcp),
        T(test_tcp_that_ends_or_lies_is_followed_by_the_next_try),
        T(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
