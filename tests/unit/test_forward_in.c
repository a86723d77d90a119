/* test_forward_in.c - clients of a static forward on a real port; the front is a fake. */
#include "gate/forward_in.h"

#include "base/log.h"
#include "fake_front.h"
#include "fdpair.h"
#include "looprig.h"
#include "vec.h"

struct rig {
    struct looprig loop;
    struct front front;
    struct forward_in *forward;
};

static struct rig rig;

static int start(void **state)
{
    struct sockaddr_any at;
    struct front_target t = { .host = "db.alice", .port = 5432 };

    looprig_init(&rig.loop);
    rig.front.n = 0;
    rig.front.is_full = false;
    assert_int_equal(sockaddr_parse("127.0.0.1:0", &at), 0);
    assert_int_equal(
        forward_in_open(rig.loop.loop, rig.loop.turn, &rig.front, &at, &t, &rig.forward), 0);
    *state = &rig;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    fake_front_drop(&rig.front);
    forward_in_close(rig.forward);
    looprig_fini(&rig.loop);
    return 0;
}

static int add_client(void)
{
    const struct sockaddr_any *at = forward_in_addr(rig.forward);
    int fd = socket(at->sa.sa_family, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, &at->sa, at->len), 0);
    looprig_run_ms(&rig.loop, 2);
    return fd;
}

static void assert_reset(int fd)
{
    uint8_t octet;
    looprig_run_ms(&rig.loop, 2);
    assert_int_equal(recv(fd, &octet, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, ECONNRESET);
}

static void test_port_0_is_reported_as_a_real_one(void **state)
{
    (void)state;
    assert_int_not_equal(sockaddr_port(forward_in_addr(rig.forward)), 0);
    assert_string_equal(forward_in_target(rig.forward)->host, "db.alice");
}

static void test_client_waits_unread_and_is_joined(void **state)
{
    int fd = add_client();
    (void)state;
    put(fd, "hello", 5);
    looprig_run_ms(&rig.loop, 2);
    assert_int_equal(rig.front.n, 1);
    assert_string_equal(rig.front.open[0].kind, "forward");
    assert_string_equal(rig.front.open[0].target.host, "db.alice");
    assert_int_equal(rig.front.open[0].target.port, 5432);
    fake_front_opened(&rig.front, 0, 0);
    looprig_run_ms(&rig.loop, 2);
    assert_int_equal(rig.front.open[0].nsent, 0);
    assert_int_equal(rig.front.open[0].ngot, 5);
    close(fd);
}

static void test_failure_resets_the_client(void **state)
{
    int fd = add_client();
    (void)state;
    fake_front_opened(&rig.front, 0, GW_EOFFLINE);
    assert_reset(fd);
    close(fd);
}

static void test_client_that_resets_gives_the_opening_up(void **state)
{
    int fd = add_client();
    (void)state;
    send_rst(fd);
    looprig_run_ms(&rig.loop, 2);
    assert_true(rig.front.open[0].is_canceled);
}

static void test_full_front_resets_the_client(void **state)
{
    (void)state;
    rig.front.is_full = true;
    int fd = add_client();
    assert_reset(fd);
    close(fd);
}

static void test_close_leaves_the_joined_alone(void **state)
{
    int joined = add_client(), waiting = add_client();
    (void)state;
    fake_front_opened(&rig.front, 0, 0);
    forward_in_close(rig.forward);
    rig.forward = NULL;
    assert_true(rig.front.open[1].is_canceled);
    assert_reset(waiting);
    assert_nothing(joined);
    put(joined, "x", 1);
    looprig_run_ms(&rig.loop, 2);
    assert_int_equal(rig.front.open[0].ngot, 1);
    close(joined);
    close(waiting);
}

static void test_set_target_counts_for_the_next_client(void **state)
{
    struct front_target other = { .host = "web.bob", .service = "web" };
    int fd = add_client();
    (void)state;
    forward_in_set_target(rig.forward, &other);
    int next = add_client();
    assert_string_equal(rig.front.open[0].target.host, "db.alice");
    assert_string_equal(rig.front.open[1].target.host, "web.bob");
    assert_string_equal(rig.front.open[1].target.service, "web");
    close(fd);
    close(next);
}

static void test_open_tells_that_the_port_is_taken(void **state)
{
    struct forward_in *second = NULL;
    (void)state;
    assert_int_equal(forward_in_open(rig.loop.loop, rig.loop.turn, &rig.front,
                                     forward_in_addr(rig.forward), forward_in_target(rig.forward),
                                     &second),
                     GW_EINUSE);
    assert_null(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_port_0_is_reported_as_a_real_one, start, stop),
        cmocka_unit_test_setup_teardown(test_client_waits_unread_and_is_joined, start, stop),
        cmocka_unit_test_setup_teardown(test_failure_resets_the_client, start, stop),
        cmocka_unit_test_setup_teardown(test_client_that_resets_gives_the_opening_up, start, stop),
        cmocka_unit_test_setup_teardown(test_full_front_resets_the_client, start, stop),
        cmocka_unit_test_setup_teardown(test_close_leaves_the_joined_alone, start, stop),
        cmocka_unit_test_setup_teardown(test_set_target_counts_for_the_next_client, start, stop),
        cmocka_unit_test_setup_teardown(test_open_tells_that_the_port_is_taken, start, stop),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
