/* test_fdstream.c - streams over real sockets and descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "net/chunkq.h"
#include "net/fdstream.h"

#include "fdpair.h"
#include "looprun.h"

#define ROOM 4096

static struct ev_loop *loop;
static struct turn *turn;

struct owner {        /* what a stream told */
    struct stream *s; /* NULL after on_close */
    uint8_t room[ROOM];
    size_t room_n; /* what on_alloc gives */
    uint8_t got[1u << 16];
    size_t ngot, drained;
    int allocs, eofs, closes, err;
    bool in_op; /* no event may come now */
    bool reset_on_data, reset_on_drained, reply_to_data, pause_after_data;
};

static struct owner o;

/* Every operation goes through this, so that each test checks that none calls an event. */
#define OP(call) (o.in_op = true, (void)o.s->ops->call, o.in_op = false)

static void check_event(const struct stream *s)
{
    assert_ptr_equal(s, o.s);
    assert_false(o.in_op);
    assert_int_equal(o.closes, 0);
}

static struct span on_alloc(struct stream *s)
{
    check_event(s);
    o.allocs++;
    return (struct span){ o.room, o.room_n };
}

static void on_data(struct stream *s, struct bytes v)
{
    check_event(s);
    assert_true(v.n > 0 && v.n <= sizeof o.got - o.ngot);
    memcpy(o.got + o.ngot, v.p, v.n);
    o.ngot += v.n;
    if (o.pause_after_data)
        o.room_n = 0;
    if (o.reply_to_data)
        OP(write(o.s, v));
    if (o.reset_on_data)
        OP(reset(o.s, GW_ECANCELED));
}

static void on_drained(struct stream *s, size_t n)
{
    check_event(s);
    o.drained += n;
    if (o.reset_on_drained)
        OP(reset(o.s, GW_ECANCELED));
}

static void on_eof(struct stream *s)
{
    check_event(s);
    o.eofs++;
}

static void on_close(struct stream *s, int err)
{
    check_event(s);
    o.closes++;
    o.err = err;
    o.s = NULL;
}

static const struct stream_events owner_events = { on_alloc, on_data, on_drained, on_eof,
                                                   on_close };

static int setup(void **state)
{
    (void)state;
    loop = ev_loop_new(EVFLAG_AUTO);
    turn = turn_new(loop);
    memset(&o, 0, sizeof o);
    o.room_n = ROOM;
    return loop && turn ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    turn_free(turn);
    ev_loop_destroy(loop);
    assert_int_equal(chunkq_total(), 0);
    return 0;
}

static void own(int rfd, int wfd)
{
    o.s = fdstream_new(loop, turn, rfd, wfd);
    assert_non_null(o.s);
    stream_own(o.s, &owner_events, &o);
    assert_int_equal(fdstream_fd(o.s), rfd);
}

/* Makes a Unix socket pair, owns one end and returns the other. */
static int own_pair(void)
{
    int fd[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
    own(fd[0], fd[0]);
    return fd[1];
}

static int own_tcp(void)
{
    int fd[2];
    tcp_pair(fd);
    own(fd[0], fd[0]);
    return fd[1];
}

static void put(int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void expect(int fd, const char *text)
{
    char got[64];
    ssize_t n = read(fd, got, sizeof got);
    assert_int_equal(n, (ssize_t)strlen(text));
    assert_memory_equal(got, text, strlen(text));
}

static void expect_eof(int fd)
{
    char octet;
    assert_int_equal(read(fd, &octet, 1), 0);
}

static void turn_loop(void)
{
    for (int i = 0; i < 3; i++)
        ev_run(loop, EVRUN_NOWAIT);
}

static void run_until_closed(int err)
{
    LOOPRUN_UNTIL(loop, o.closes);
    turn_loop();
    assert_int_equal(o.closes, 1);
    assert_int_equal(o.err, err);
}

static void drop(int peer)
{
    OP(reset(o.s, GW_ECANCELED));
    run_until_closed(GW_ECANCELED);
    close(peer);
}

static void test_stream_starts_paused(void **state)
{
    (void)state;
    int peer = own_pair();
    put(peer, "hello");
    turn_loop();
    assert_int_equal(o.allocs, 0);
    OP(credit(o.s, 0));
    turn_loop();
    assert_int_equal(o.ngot, 5);
    assert_memory_equal(o.got, "hello", 5);
    drop(peer);
}

static void test_no_room_pauses_until_credit(void **state)
{
    (void)state;
    int peer = own_pair();
    o.room_n = 0;
    OP(credit(o.s, 0));
    put(peer, "hello");
    turn_loop();
    assert_int_equal(o.allocs, 1); /* asked once, not at every wake-up */
    o.room_n = 2;
    OP(credit(o.s, 0));
    turn_loop();
    assert_memory_equal(o.got, "hello", 5);
    drop(peer);
}

static void test_writes_of_a_turn_leave_together(void **state)
{
    (void)state;
    int peer = own_pair();
    char octet;
    OP(write(o.s, bytes_of("one ")));
    struct span to = o.s->ops->reserve(o.s, 100);
    assert_true(to.n >= 4);
    memcpy(to.p, "two ", 4);
    OP(commit(o.s, 4));
    assert_int_equal(o.s->ops->write(o.s, bytes_of("three")), 0);
    assert_int_equal(read(peer, &octet, 1), -1); /* not yet */
    assert_int_equal(o.s->ops->acked(o.s), 0);
    turn_loop();
    expect(peer, "one two three");
    assert_int_equal(o.drained, 13);
    assert_int_equal(o.s->ops->acked(o.s), 13);
    drop(peer);
}

static void test_write_inside_an_event_leaves_in_the_same_turn(void **state)
{
    (void)state;
    int peer = own_pair();
    o.reply_to_data = true;
    OP(credit(o.s, 0));
    put(peer, "echo");
    turn_loop();
    expect(peer, "echo");
    drop(peer);
}

static size_t swallow(int fd)
{
    static char sink[1u << 16];
    size_t sum = 0;
    ssize_t n;
    while ((n = read(fd, sink, sizeof sink)) > 0)
        sum += (size_t)n;
    return sum;
}

static void test_full_socket_waits_and_loses_nothing(void **state)
{
    (void)state;
    int peer = own_pair();
    static uint8_t big[3u << 20];
    size_t got = 0;

    OP(write(o.s, (struct bytes){ big, sizeof big }));
    turn_loop();
    assert_true(o.drained < sizeof big);
    assert_int_equal(o.s->ops->reserve(o.s, 1).n, 0); /* queued more than the bound */
    OP(shutdown(o.s));
    while (got < sizeof big) {
        got += swallow(peer);
        ev_run(loop, EVRUN_NOWAIT);
    }
    assert_int_equal(got, sizeof big);
    assert_int_equal(o.drained, sizeof big);
    assert_int_equal(o.s->ops->acked(o.s), sizeof big);
    expect_eof(peer);
    drop(peer);
}

static void test_reserve_has_room_whenever_the_queue_is_empty(void **state)
{
    (void)state;
    int peer = own_pair();
    size_t queued = 0, n;
    while ((n = o.s->ops->reserve(o.s, SIZE_MAX).n) > 0) {
        OP(commit(o.s, n));
        queued += n;
    }
    assert_in_range(queued, 256 * 1024, 512 * 1024);
    drop(peer);
}

static void test_reserve_out_of_memory_closes(void **state)
{
    (void)state;
    int peer = own_pair();
    chunkq_set_budget(0);
    OP(reserve(o.s, 1));
    run_until_closed(GW_ENOMEM);
    chunkq_set_budget(256u << 20);
    close(peer);
}

static void test_write_out_of_memory_is_told(void **state)
{
    (void)state;
    int peer = own_pair();
    chunkq_set_budget(0);
    assert_int_equal(o.s->ops->write(o.s, bytes_of("x")), GW_ENOMEM);
    chunkq_set_budget(256u << 20);
    drop(peer);
}

static void test_eof_then_shutdown_closes_in_order(void **state)
{
    (void)state;
    int peer = own_tcp();
    OP(credit(o.s, 0));
    put(peer, "bye");
    shutdown(peer, SHUT_WR);
    LOOPRUN_UNTIL(loop, o.eofs);
    assert_int_equal(o.ngot, 3);
    turn_loop();
    assert_int_equal(o.closes, 0);
    OP(write(o.s, bytes_of("and you")));
    OP(shutdown(o.s));
    OP(shutdown(o.s));
    run_until_closed(0);
    assert_int_equal(o.eofs, 1);
    expect(peer, "and you");
    expect_eof(peer);
    close(peer);
}

static void test_shutdown_then_eof_closes_in_order(void **state)
{
    (void)state;
    int peer = own_tcp();
    OP(write(o.s, bytes_of("bye")));
    OP(shutdown(o.s));
    OP(credit(o.s, 0));
    turn_loop();
    expect(peer, "bye");
    expect_eof(peer);
    put(peer, "and you");
    close(peer);
    run_until_closed(0);
    assert_int_equal(o.ngot, 7);
    assert_int_equal(o.eofs, 1);
}

static void test_shutdown_gives_unused_room_back(void **state)
{
    (void)state;
    int peer = own_pair();
    assert_true(o.s->ops->reserve(o.s, 100).n > 0);
    assert_true(chunkq_total() > 0);
    OP(shutdown(o.s));
    assert_int_equal(chunkq_total(), 0);
    drop(peer);
}

static void test_reset_sends_rst(void **state)
{
    (void)state;
    int peer = own_tcp();
    char octet;
    OP(write(o.s, bytes_of("never sent")));
    OP(reset(o.s, GW_EDENIED));
    OP(reset(o.s, GW_ETIMEOUT));
    OP(credit(o.s, 5)); /* all of these do nothing now */
    OP(write(o.s, bytes_of("x")));
    OP(commit(o.s, 0));
    OP(shutdown(o.s));
    assert_int_equal(o.closes, 0);
    assert_int_equal(fdstream_fd(o.s), -1);
    run_until_closed(GW_EDENIED);
    assert_int_equal(o.drained, 0);
    assert_int_equal(read(peer, &octet, 1), -1);
    assert_int_equal(errno, ECONNRESET);
    close(peer);
}

static void test_rst_while_reading_closes(void **state)
{
    (void)state;
    int peer = own_tcp();
    OP(credit(o.s, 0));
    turn_loop();
    send_rst(peer);
    run_until_closed(GW_ERESET);
    assert_int_equal(o.eofs, 0);
}

static void test_rst_after_eof_is_seen_without_a_write(void **state)
{
    (void)state;
    int peer = own_tcp();
    OP(credit(o.s, 0));
    shutdown(peer, SHUT_WR);
    LOOPRUN_UNTIL(loop, o.eofs);
    turn_loop();
    send_rst(peer);
    run_until_closed(GW_ERESET);
}

static void test_rst_of_a_paused_stream_is_seen(void **state)
{
    (void)state;
    int peer = own_tcp();
    o.room_n = 0;
    OP(credit(o.s, 0));
    put(peer, "hello");
    LOOPRUN_UNTIL(loop, o.allocs);
    send_rst(peer);
    run_until_closed(GW_ERESET);
    assert_int_equal(o.ngot, 0);
}

static void test_rst_before_the_first_credit_is_seen(void **state)
{
    (void)state;
    int peer = own_tcp();
    turn_loop();
    send_rst(peer);
    run_until_closed(GW_ERESET);
}

/* The set tells once; the reset may come while the stream reads, and be met only when it pauses. */
static void test_rst_seen_while_reading_counts_at_the_next_pause(void **state)
{
    (void)state;
    int peer = own_tcp();
    turn_loop(); /* paused: watched from now on */
    OP(credit(o.s, 0));
    put(peer, "hello");
    send_rst(peer);
    o.room_n = 1;
    o.pause_after_data = true;
    run_until_closed(GW_ERESET);
    assert_true(o.ngot <= 1);
}

static void test_rst_after_eof_is_seen_by_shutdown(void **state)
{
    (void)state;
    int peer = own_tcp();
    OP(credit(o.s, 0));
    shutdown(peer, SHUT_WR);
    LOOPRUN_UNTIL(loop, o.eofs);
    send_rst(peer);
    OP(shutdown(o.s));
    run_until_closed(GW_ERESET);
}

/* A child that was forked a moment ago holds every socket until it has closed its own. */
static void test_nothing_is_seen_of_a_closed_stream_whose_socket_a_child_holds(void **state)
{
    (void)state;
    int peer = own_tcp();
    int childs = dup(fdstream_fd(o.s));
    OP(credit(o.s, 0));
    shutdown(peer, SHUT_WR);
    LOOPRUN_UNTIL(loop, o.eofs);
    turn_loop(); /* half-closed: watched from now on */
    OP(shutdown(o.s));
    run_until_closed(0);
    close(childs);
    close(peer);
}

static void test_reset_inside_on_data_ends_reading(void **state)
{
    (void)state;
    int peer = own_pair();
    o.room_n = 1;
    o.reset_on_data = true;
    put(peer, "hello");
    OP(credit(o.s, 0));
    run_until_closed(GW_ECANCELED);
    assert_int_equal(o.ngot, 1);
    close(peer);
}

static void test_reset_inside_on_drained_ends_writing(void **state)
{
    (void)state;
    int peer = own_pair();
    o.reset_on_drained = true;
    OP(write(o.s, bytes_of("x")));
    OP(shutdown(o.s));
    run_until_closed(GW_ECANCELED);
    close(peer);
}

static void test_drop_is_silent_and_frees(void **state)
{
    (void)state;
    int peer = own_pair();
    char octet;
    put(peer, "unread");
    OP(credit(o.s, 0));
    OP(write(o.s, bytes_of("unsent")));
    stream_drop(o.s, GW_ECANCELED);
    turn_loop();
    assert_int_equal(o.closes + o.allocs + (int)o.drained, 0);
    assert_true(read(peer, &octet, 1) <= 0);
    close(peer);
}

static void test_pipes_carry_both_ways_and_fin_closes(void **state)
{
    (void)state;
    int in[2], out[2];
    assert_int_equal(pipe2(in, O_NONBLOCK), 0);
    assert_int_equal(pipe2(out, O_NONBLOCK), 0);
    own(in[0], out[1]);
    OP(credit(o.s, 0));
    put(in[1], "in");
    OP(write(o.s, bytes_of("out")));
    turn_loop();
    assert_memory_equal(o.got, "in", 2);
    expect(out[0], "out");
    OP(shutdown(o.s));
    turn_loop();
    expect_eof(out[0]);
    assert_int_equal(o.closes, 0);
    close(in[1]);
    run_until_closed(0);
    assert_int_equal(o.eofs, 1);
    close(out[0]);
}

static void test_broken_pipe_closes(void **state)
{
    (void)state;
    int in[2], out[2];
    assert_int_equal(pipe2(in, O_NONBLOCK), 0);
    assert_int_equal(pipe2(out, O_NONBLOCK), 0);
    own(in[0], out[1]);
    close(out[0]);
    OP(write(o.s, bytes_of("x")));
    run_until_closed(GW_ERESET);
    close(in[1]);
}

/* epoll does not take these; libev then calls them always ready. */
static void test_regular_file_is_read_to_its_end(void **state)
{
    (void)state;
    FILE *f = tmpfile();
    int null = open("/dev/null", O_WRONLY);
    static uint8_t content[20000];
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)(i * 31 >> 3);
    assert_int_equal(write(fileno(f), content, sizeof content), sizeof content);
    int rfd = dup(fileno(f));
    lseek(rfd, 0, SEEK_SET);
    fclose(f);
    own(rfd, null);
    OP(credit(o.s, 0));
    LOOPRUN_UNTIL(loop, o.eofs);
    assert_int_equal(o.ngot, sizeof content);
    assert_memory_equal(o.got, content, sizeof content);
    OP(write(o.s, bytes_of("into /dev/null")));
    OP(shutdown(o.s));
    run_until_closed(0);
    assert_int_equal(o.drained, 14);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_stream_starts_paused),
        T(test_no_room_pauses_until_credit),
        T(test_writes_of_a_turn_leave_together),
        T(test_write_inside_an_event_leaves_in_the_same_turn),
        T(test_full_socket_waits_and_loses_nothing),
        T(test_reserve_has_room_whenever_the_queue_is_empty),
        T(test_reserve_out_of_memory_closes),
        T(test_write_out_of_memory_is_told),
        T(test_eof_then_shutdown_closes_in_order),
        T(test_shutdown_then_eof_closes_in_order),
        T(test_shutdown_gives_unused_room_back),
        T(test_reset_sends_rst),
        T(test_rst_while_reading_closes),
        T(test_rst_after_eof_is_seen_without_a_write),
        T(test_rst_of_a_paused_stream_is_seen),
        T(test_rst_before_the_first_credit_is_seen),
        T(test_rst_seen_while_reading_counts_at_the_next_pause),
        T(test_rst_after_eof_is_seen_by_shutdown),
        T(test_nothing_is_seen_of_a_closed_stream_whose_socket_a_child_holds),
        T(test_reset_inside_on_data_ends_reading),
        T(test_reset_inside_on_drained_ends_writing),
        T(test_drop_is_silent_and_frees),
        T(test_pipes_carry_both_ways_and_fin_closes),
        T(test_broken_pipe_closes),
        T(test_regular_file_is_read_to_its_end),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
