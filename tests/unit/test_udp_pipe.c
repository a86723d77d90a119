/* test_udp_pipe.c - datagrams over sockets of this machine. */
#include "net/udp_pipe.h"

#include "base/err.h"
#include "looprig.h"
#include "tmpfiles.h"

struct fixture {
    struct looprig r;
    struct sockaddr_any at; /* of fd */
    int fd;                 /* the other end */
    struct dgrams *pipe;
    char got[512]; /* each datagram and a blank */
    size_t ngot;
    unsigned n, closes;
    int err;
    bool closes_at_first; /* the pipe, from inside its event */
};

static void on_datagram(struct dgrams *d, struct bytes v)
{
    struct fixture *x = d->owner;
    x->n++;
    if (x->ngot + v.n + 2 < sizeof x->got) {
        if (v.n)
            memcpy(x->got + x->ngot, v.p, v.n);
        x->ngot += v.n;
        x->got[x->ngot++] = ' ';
    }
    if (x->closes_at_first)
        d->ops->close(d, 0);
}

static void on_close(struct dgrams *d, int err)
{
    struct fixture *x = d->owner;
    x->closes++;
    x->err = err;
}

static const struct dgrams_events events = { on_datagram, on_close };

static void begin(struct fixture *x, const char *at)
{
    *x = (struct fixture){ 0 };
    looprig_init(&x->r);
    assert_int_equal(sockaddr_parse(at, &x->at), 0);
    x->fd = socket(x->at.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(x->fd, &x->at.sa, x->at.len), 0);
    x->at.len = offsetof(struct sockaddr_any, len);
    assert_int_equal(getsockname(x->fd, &x->at.sa, &x->at.len), 0);
    assert_int_equal(udp_pipe_open(x->r.loop, &x->at, &x->pipe), 0);
    dgrams_own(x->pipe, &events, x);
}

static void end(struct fixture *x)
{
    if (x->fd >= 0)
        close(x->fd);
    looprig_fini(&x->r);
}

/* Takes one datagram at the other end and connects that to where it came from. */
static void meet(struct fixture *x, const char *want)
{
    struct sockaddr_any from = { .len = offsetof(struct sockaddr_any, len) };
    char got[64];
    ssize_t n = recvfrom(x->fd, got, sizeof got, 0, &from.sa, &from.len);
    assert_int_equal(n, strlen(want));
    assert_memory_equal(got, want, strlen(want));
    assert_int_equal(connect(x->fd, &from.sa, from.len), 0);
}

static void test_pipe_carries_both_ways_and_keeps_borders(void **state)
{
    struct fixture x;
    (void)state;
    begin(&x, "127.0.0.1:0");
    x.pipe->ops->send(x.pipe, bytes_of("hello"));
    x.pipe->ops->send(x.pipe, (struct bytes){ 0 });
    meet(&x, "hello");
    assert_int_equal(recv(x.fd, x.got, 1, 0), 0);
    put(x.fd, "one", 3);
    assert_int_equal(send(x.fd, "", 0, 0), 0);
    put(x.fd, "two", 3);
    looprig_run(&x.r);
    assert_int_equal(x.n, 3);
    assert_string_equal(x.got, "one  two ");
    x.pipe->ops->close(x.pipe, 0);
    assert_int_equal(x.closes, 0);
    end(&x);
}

static void test_unix_socket_can_answer(void **state)
{
    struct fixture x;
    struct tmpfiles t;
    (void)state;
    tmpfiles_init(&t);
    begin(&x, t.path);
    x.pipe->ops->send(x.pipe, bytes_of("hello"));
    meet(&x, "hello");
    put(x.fd, "back", 4);
    looprig_run(&x.r);
    assert_string_equal(x.got, "back ");
    x.pipe->ops->close(x.pipe, 0);
    end(&x);
    tmpfiles_fini(&t);
}

static void test_others_than_the_target_are_not_heard(void **state)
{
    struct fixture x;
    struct sockaddr_any from = { .len = offsetof(struct sockaddr_any, len) };
    char c;
    (void)state;
    begin(&x, "127.0.0.1:0");
    x.pipe->ops->send(x.pipe, bytes_of("x"));
    assert_int_equal(recvfrom(x.fd, &c, 1, 0, &from.sa, &from.len), 1);
    int stranger = socket(AF_INET, SOCK_DGRAM, 0);
    sendto(stranger, "hi", 2, 0, &from.sa, from.len);
    looprig_run_ms(&x.r, 10);
    assert_int_equal(x.n, 0);
    close(stranger);
    x.pipe->ops->close(x.pipe, 0);
    end(&x);
}

static void test_port_that_nobody_listens_on_is_refused(void **state)
{
    (void)state;
    for (int sends = 1; sends <= 2; sends++) { /* the second one is told, not the loop */
        struct fixture x;
        begin(&x, "127.0.0.1:0");
        close(x.fd);
        x.fd = -1;
        for (int i = 0; i < sends; i++)
            x.pipe->ops->send(x.pipe, bytes_of("x"));
        assert_int_equal(x.closes, 0); /* not from inside send */
        looprig_run_ms(&x.r, 10);
        assert_int_equal(x.closes, 1);
        assert_int_equal(x.err, GW_EREFUSED);
        end(&x);
    }
}

static void test_missing_unix_socket_is_not_opened(void **state)
{
    struct looprig r;
    struct sockaddr_any at;
    struct dgrams *pipe;
    (void)state;
    looprig_init(&r);
    assert_int_equal(sockaddr_parse("unix:/nonexistent/socket", &at), 0);
    assert_int_equal(udp_pipe_open(r.loop, &at, &pipe), GW_ENOTFOUND);
    looprig_fini(&r);
}

static void test_close_from_inside_an_event_is_the_last(void **state)
{
    struct fixture x;
    (void)state;
    begin(&x, "127.0.0.1:0");
    x.closes_at_first = true;
    x.pipe->ops->send(x.pipe, bytes_of("x"));
    meet(&x, "x");
    put(x.fd, "one", 3);
    put(x.fd, "two", 3);
    looprig_run(&x.r);
    assert_int_equal(x.n, 1);
    assert_int_equal(x.closes, 0);
    end(&x);
}

static void test_one_wake_up_takes_a_bounded_number(void **state)
{
    struct fixture x;
    (void)state;
    begin(&x, "127.0.0.1:0");
    x.pipe->ops->send(x.pipe, bytes_of("x"));
    meet(&x, "x");
    for (int i = 0; i < 100; i++)
        put(x.fd, "y", 1);
    ev_run(x.r.loop, EVRUN_NOWAIT);
    assert_int_equal(x.n, 32);
    looprig_run(&x.r);
    assert_int_equal(x.n, 100);
    x.pipe->ops->close(x.pipe, 0);
    end(&x);
}

static void test_longest_datagram_crosses(void **state)
{
    static uint8_t much[DGRAMS_MAX + 1];
    struct fixture x;
    (void)state;
    begin(&x, "127.0.0.1:0");
    x.pipe->ops->send(x.pipe, (struct bytes){ much, DGRAMS_MAX });
    assert_int_equal(recv(x.fd, much, sizeof much, 0), DGRAMS_MAX);
    x.pipe->ops->close(x.pipe, 0);
    end(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pipe_carries_both_ways_and_keeps_borders),
        cmocka_unit_test(test_unix_socket_can_answer),
        cmocka_unit_test(test_others_than_the_target_are_not_heard),
        cmocka_unit_test(test_port_that_nobody_listens_on_is_refused),
        cmocka_unit_test(test_missing_unix_socket_is_not_opened),
        cmocka_unit_test(test_close_from_inside_an_event_is_the_last),
        cmocka_unit_test(test_one_wake_up_takes_a_bounded_number),
        cmocka_unit_test(test_longest_datagram_crosses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
