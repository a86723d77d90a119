/* test_udp_port.c - one local port for all senders, on real sockets. */
#include "net/udp_port.h"

#include "base/err.h"
#include "udprig.h"

struct rig {
    struct looprig loop;
    struct udp_port *port;
    unsigned n;
    struct udp_port_path path; /* of the latest */
    size_t len;
    uint8_t data[65536];
};

static struct rig rig;

static void on_datagram(void *arg, const struct udp_port_path *path, struct bytes v)
{
    struct rig *r = arg;
    r->n++;
    r->path = *path;
    r->len = v.n;
    memcpy(r->data, v.p, v.n);
}

static void open_at(const char *text)
{
    struct sockaddr_any at = addr_of(text);
    assert_int_equal(udp_port_open(rig.loop.loop, &at, on_datagram, &rig, &rig.port), 0);
}

static int start(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof rig);
    looprig_init(&rig.loop);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    udp_port_close(rig.port);
    looprig_fini(&rig.loop);
    return 0;
}

static void answer(const char *head, const char *text)
{
    udp_port_send(rig.port, &rig.path, bytes_of(head), bytes_of(text));
}

static void test_answer_goes_to_the_sender_as_one_datagram(void **state)
{
    (void)state;
    open_at("127.0.0.1:0");
    assert_int_not_equal(sockaddr_port(udp_port_addr(rig.port)), 0);
    int a = udp_client("127.0.0.1:0", udp_port_addr(rig.port));
    int b = udp_client("127.0.0.1:0", udp_port_addr(rig.port));
    put(a, "hello", 5);
    looprig_run(&rig.loop);
    assert_int_equal(rig.n, 1);
    assert_int_equal(rig.len, 5);
    assert_memory_equal(rig.data, "hello", 5);
    assert_int_equal(rig.path.local.family, 0);
    answer("head+", "answer");
    assert_got(a, "head+answer", 11);
    assert_nothing(a);
    assert_nothing(b);
    close(a);
    close(b);
}

static void test_border_lengths_pass_both_ways(void **state)
{
    static uint8_t big[65507], got[65536];
    (void)state;
    open_at("127.0.0.1:0");
    int a = udp_client("127.0.0.1:0", udp_port_addr(rig.port));
    put(a, "", 0);
    looprig_run(&rig.loop);
    assert_int_equal(rig.n, 1);
    assert_int_equal(rig.len, 0);
    answer("", "");
    assert_int_equal(recv(a, got, sizeof got, 0), 0);

    memset(big, 'x', sizeof big);
    put(a, big, sizeof big);
    looprig_run(&rig.loop);
    assert_int_equal(rig.len, sizeof big);
    assert_memory_equal(rig.data, big, sizeof big);
    udp_port_send(rig.port, &rig.path, (struct bytes){ big, 10 },
                  (struct bytes){ big, sizeof big - 10 });
    assert_int_equal(recv(a, got, sizeof got, 0), sizeof big);
    udp_port_send(rig.port, &rig.path, (struct bytes){ big, 10 },
                  (struct bytes){ big, sizeof big }); /* too long: lost */
    assert_nothing(a);
    close(a);
}

static void test_wildcard_answers_from_the_address_that_was_asked(void **state)
{
    (void)state;
    open_at("0.0.0.0:0");
    struct sockaddr_any to = addr_of("127.0.0.5:1");
    to.in.sin_port = htons(sockaddr_port(udp_port_addr(rig.port)));
    int a = udp_client("127.0.0.1:0", &to);
    put(a, "?", 1);
    looprig_run(&rig.loop);
    assert_int_equal(rig.path.local.family, 4);
    assert_memory_equal(rig.path.local.b, "\x7f\0\0\5", 4);
    answer("", "!");
    assert_got(a, "!", 1);
    close(a);
}

static void test_ipv6_wildcard_answers_too(void **state)
{
    (void)state;
    struct sockaddr_any at = addr_of("[::]:0"), to = addr_of("[::1]:1");
    if (udp_port_open(rig.loop.loop, &at, on_datagram, &rig, &rig.port) == GW_EUNSUP)
        skip();
    to.in6.sin6_port = htons(sockaddr_port(udp_port_addr(rig.port)));
    int a = udp_client("[::1]:0", &to);
    put(a, "?", 1);
    looprig_run(&rig.loop);
    assert_int_equal(rig.path.local.family, 6);
    answer("", "!");
    assert_got(a, "!", 1);
    close(a);
}

static void test_nobody_there_does_not_disturb_the_port(void **state)
{
    (void)state;
    open_at("127.0.0.1:0");
    int a = udp_client("127.0.0.1:0", udp_port_addr(rig.port));
    int b = udp_client("127.0.0.1:0", udp_port_addr(rig.port));
    put(a, "x", 1);
    looprig_run(&rig.loop);
    close(a);
    for (int i = 0; i < 3; i++)
        answer("", "to nobody");
    looprig_run_ms(&rig.loop, 2);
    put(b, "yy", 2);
    looprig_run(&rig.loop);
    assert_int_equal(rig.n, 2);
    answer("", "here");
    assert_got(b, "here", 4);
    close(b);
}

static void test_one_wake_up_takes_64_at_most(void **state)
{
    (void)state;
    open_at("127.0.0.1:0");
    int a = udp_client("127.0.0.1:0", udp_port_addr(rig.port));
    for (int i = 0; i < 100; i++)
        put(a, "x", 1);
    ev_run(rig.loop.loop, EVRUN_NOWAIT);
    assert_int_equal(rig.n, 64);
    ev_run(rig.loop.loop, EVRUN_NOWAIT);
    assert_int_equal(rig.n, 100);
    close(a);
}

static void test_open_tells_what_is_wrong_with_the_address(void **state)
{
    struct sockaddr_any far = addr_of("192.0.2.1:0"), path = addr_of("unix:/nowhere/gw");
    struct udp_port *second = NULL;
    (void)state;
    open_at("127.0.0.1:0");
    assert_int_equal(
        udp_port_open(rig.loop.loop, udp_port_addr(rig.port), on_datagram, &rig, &second),
        GW_EINUSE);
    assert_int_equal(udp_port_open(rig.loop.loop, &far, on_datagram, &rig, &second), GW_ENOTLOCAL);
    assert_int_equal(udp_port_open(rig.loop.loop, &path, on_datagram, &rig, &second), GW_EUNSUP);
    assert_null(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_answer_goes_to_the_sender_as_one_datagram, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_border_lengths_pass_both_ways, start, stop),
        cmocka_unit_test_setup_teardown(test_wildcard_answers_from_the_address_that_was_asked,
                                        start, stop),
        cmocka_unit_test_setup_teardown(test_ipv6_wildcard_answers_too, start, stop),
        cmocka_unit_test_setup_teardown(test_nobody_there_does_not_disturb_the_port, start, stop),
        cmocka_unit_test_setup_teardown(test_one_wake_up_takes_64_at_most, start, stop),
        cmocka_unit_test_setup_teardown(test_open_tells_what_is_wrong_with_the_address, start,
                                        stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
