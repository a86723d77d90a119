/* test_udp_in.c - senders of a static UDP forward on a real port; the front is a fake. */
#include "gate/udp_in.h"

#include "base/log.h"
#include "fake_front.h"
#include "udprig.h"
#include "vec.h"

struct rig {
    struct looprig loop;
    struct front front;
    struct udp_in *udp;
};

static struct rig rig;
static const struct front_target target = {
    .host = "dns.alice", .port = 53, .path = HOST_PATH_RELAY, .has_path = true
};

static int start(void **state)
{
    struct sockaddr_any at = addr_of("127.0.0.1:0");
    (void)state;
    memset(&rig, 0, sizeof rig);
    looprig_init(&rig.loop);
    return udp_in_open(rig.loop.loop, &rig.front, &at, &target, &rig.udp);
}

static int stop(void **state)
{
    (void)state;
    udp_in_close(rig.udp);
    looprig_fini(&rig.loop);
    return 0;
}

static int add_client(void)
{
    return udp_client("127.0.0.1:0", udp_in_addr(rig.udp));
}

static void say(int fd, const char *text)
{
    put(fd, text, strlen(text));
    looprig_run(&rig.loop);
}

static void far_says(size_t i, const char *text)
{
    struct dgrams *d = rig.front.open[i].dgrams;
    assert_non_null(d);
    d->ops->send(d, bytes_of(text));
}

static void test_port_0_is_reported_as_a_real_one(void **state)
{
    (void)state;
    assert_int_not_equal(sockaddr_port(udp_in_addr(rig.udp)), 0);
    assert_string_equal(udp_in_target(rig.udp)->host, "dns.alice");
    assert_int_equal(udp_in_target(rig.udp)->port, 53);
}

/* A sender at 127.0.0.2 with the port of another. */
static int add_twin(int fd)
{
    struct sockaddr_any at = { .len = sizeof at.in };
    char text[SOCKADDR_STR_MAX];
    assert_int_equal(getsockname(fd, &at.sa, &at.len), 0);
    at.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    return udp_client(sockaddr_print(&at, text), udp_in_addr(rig.udp));
}

static void test_every_sender_has_a_pipe_of_its_own(void **state)
{
    int a = add_client(), b = add_client(), c = add_twin(a);
    (void)state;
    say(a, "a1");
    say(b, "b1");
    say(c, "c1");
    say(a, "a2");
    assert_int_equal(rig.front.n, 3);
    assert_string_equal(rig.front.open[0].kind, "forward-udp");
    assert_string_equal(rig.front.open[0].target.host, "dns.alice");
    assert_int_equal(rig.front.open[0].target.port, 53);
    assert_true(rig.front.open[0].target.is_udp);
    assert_int_equal(rig.front.open[0].target.path, HOST_PATH_RELAY);
    assert_true(rig.front.open[0].target.has_path);
    for (size_t i = 0; i < 3; i++)
        fake_front_opened(&rig.front, i, 0);
    assert_int_equal(rig.front.open[0].ndatagrams, 2);
    assert_int_equal(rig.front.open[1].ndatagrams, 1);
    assert_memory_equal(rig.front.open[1].got, "b1", 2);
    far_says(1, "to b");
    far_says(0, "to a");
    far_says(2, "to c");
    assert_got(a, "to a", 4);
    assert_got(b, "to b", 4);
    assert_got(c, "to c", 4);
    close(a);
    close(b);
    close(c);
}

static void test_wildcard_answers_from_the_address_that_was_asked(void **state)
{
    struct sockaddr_any at = addr_of("0.0.0.0:0"),
                        to[2] = { addr_of("127.0.0.5:1"), addr_of("127.0.0.6:1") };
    struct udp_in *any;
    (void)state;
    assert_int_equal(udp_in_open(rig.loop.loop, &rig.front, &at, &target, &any), 0);
    int fd = udp_client("127.0.0.1:0", NULL);
    for (size_t i = 0; i < 2; i++) { /* one socket asks at two addresses */
        to[i].in.sin_port = htons(sockaddr_port(udp_in_addr(any)));
        assert_int_equal(sendto(fd, "?", 1, 0, &to[i].sa, to[i].len), 1);
        looprig_run(&rig.loop);
        fake_front_opened(&rig.front, i, 0);
    }
    for (size_t i = 0; i < 2; i++) {
        struct sockaddr_any from = { .len = sizeof from.in };
        char octet;
        far_says(i, "!");
        assert_int_equal(recvfrom(fd, &octet, 1, MSG_DONTWAIT, &from.sa, &from.len), 1);
        assert_true(sockaddr_eq(&from, &to[i]));
    }
    udp_in_close(any);
    close(fd);
}

static void test_failure_is_silent_and_not_asked_again_at_once(void **state)
{
    int a = add_client();
    (void)state;
    say(a, "1");
    fake_front_opened(&rig.front, 0, GW_EOFFLINE);
    say(a, "2");
    assert_int_equal(rig.front.n, 1);
    assert_nothing(a);
    close(a);
}

static void test_set_target_counts_for_the_next_sender(void **state)
{
    struct front_target other = { .host = "dns.bob", .service = "dns" };
    int a = add_client(), b = add_client();
    (void)state;
    say(a, "1");
    udp_in_set_target(rig.udp, &other);
    say(a, "2");
    say(b, "1");
    assert_int_equal(rig.front.n, 2);
    assert_string_equal(rig.front.open[0].target.host, "dns.alice");
    assert_string_equal(rig.front.open[1].target.host, "dns.bob");
    assert_string_equal(rig.front.open[1].target.service, "dns");
    assert_true(rig.front.open[1].target.is_udp);
    close(a);
    close(b);
}

static void test_close_ends_every_pipe(void **state)
{
    int a = add_client(), b = add_client();
    (void)state;
    say(a, "1");
    say(b, "2");
    fake_front_opened(&rig.front, 0, 0);
    udp_in_close(rig.udp);
    rig.udp = NULL;
    assert_null(rig.front.open[0].dgrams);
    assert_true(rig.front.open[1].is_canceled);
    close(a);
    close(b);
}

static void test_open_tells_that_the_port_is_taken(void **state)
{
    struct udp_in *second = NULL;
    (void)state;
    assert_int_equal(udp_in_open(rig.loop.loop, &rig.front, udp_in_addr(rig.udp), &target, &second),
                     GW_EINUSE);
    assert_null(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_port_0_is_reported_as_a_real_one, start, stop),
        cmocka_unit_test_setup_teardown(test_every_sender_has_a_pipe_of_its_own, start, stop),
        cmocka_unit_test_setup_teardown(test_wildcard_answers_from_the_address_that_was_asked,
                                        start, stop),
        cmocka_unit_test_setup_teardown(test_failure_is_silent_and_not_asked_again_at_once, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_set_target_counts_for_the_next_sender, start, stop),
        cmocka_unit_test_setup_teardown(test_close_ends_every_pipe, start, stop),
        cmocka_unit_test_setup_teardown(test_open_tells_that_the_port_is_taken, start, stop),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
