/* test_fdbridge.c - a bridge over real sockets, checked octet by octet. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "net/bridge.h"
#include "net/chunkq.h"
#include "net/fdstream.h"

#include "fdpair.h"
#include "looprun.h"

static struct ev_loop *loop;
static struct turn *turn;

static int setup(void **state)
{
    (void)state;
    loop = ev_loop_new(EVFLAG_AUTO);
    turn = turn_new(loop);
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

struct flow { /* a known sequence of octets, written to one descriptor and checked at another */
    int in, out;
    ev_io wr, rd;
    size_t total, sent, received;
    uint64_t wr_rng, rd_rng;
    bool fin_seen;
};

static int open_flows, bridge_done_calls, bridge_done_err;
static struct bridge_stats bridge_moved;

static uint8_t next_octet(uint64_t *rng)
{
    *rng = *rng * 6364136223846793005u + 1442695040888963407u;
    return (uint8_t)(*rng >> 56);
}

static void flow_write(struct ev_loop *l, ev_io *w, int revents)
{
    struct flow *f = w->data;
    static uint8_t b[1u << 16];
    (void)revents;
    size_t want = f->total - f->sent < sizeof b ? f->total - f->sent : sizeof b;
    uint64_t rng = f->wr_rng;

    for (size_t i = 0; i < want; i++)
        b[i] = next_octet(&rng);
    ssize_t n = write(f->in, b, want);
    assert_true(n > 0 || errno == EAGAIN);
    for (ssize_t i = 0; i < n; i++)
        next_octet(&f->wr_rng);
    f->sent += n > 0 ? (size_t)n : 0;
    if (f->sent == f->total) {
        ev_io_stop(l, w);
        shutdown(f->in, SHUT_WR);
    }
}

static void flow_read(struct ev_loop *l, ev_io *w, int revents)
{
    struct flow *f = w->data;
    static uint8_t b[1u << 16], want[1u << 16];
    (void)revents;
    ssize_t n = read(f->out, b, sizeof b);

    if (n == 0) {
        ev_io_stop(l, w);
        f->fin_seen = true;
        open_flows--;
        return;
    }
    assert_true(n > 0 || errno == EAGAIN);
    for (ssize_t i = 0; i < n; i++)
        want[i] = next_octet(&f->rd_rng);
    if (n > 0)
        assert_memory_equal(b, want, (size_t)n);
    f->received += n > 0 ? (size_t)n : 0;
}

static void flow_start(struct flow *f, int in, int out, size_t total)
{
    *f = (struct flow){ .in = in, .out = out, .total = total, .wr_rng = total, .rd_rng = total };
    ev_io_init(&f->wr, flow_write, in, EV_WRITE);
    ev_io_init(&f->rd, flow_read, out, EV_READ);
    f->wr.data = f->rd.data = f;
    ev_io_start(loop, &f->wr);
    ev_io_start(loop, &f->rd);
    open_flows++;
}

static void bridge_done(void *arg, int err, const struct bridge_stats *st)
{
    (void)arg;
    bridge_done_calls++;
    bridge_done_err = err;
    bridge_moved = *st;
}

static void carry_both_ways(int near[2], int far[2], size_t there, size_t back)
{
    struct stream *a = fdstream_new(loop, turn, near[1], near[1]);
    struct stream *b = fdstream_new(loop, turn, far[0], far[0]);
    struct flow f[2];

    bridge_done_calls = 0;
    assert_non_null(bridge_start(a, b, (struct bytes){ 0 }, NULL, bridge_done, NULL));
    flow_start(&f[0], near[0], far[1], there);
    flow_start(&f[1], far[1], near[0], back);
    LOOPRUN_UNTIL(loop, bridge_done_calls && !open_flows);
    assert_int_equal(bridge_done_err, 0);
    assert_int_equal(f[0].received, there);
    assert_int_equal(f[1].received, back);
    assert_int_equal(bridge_moved.moved[0], there);
    assert_int_equal(bridge_moved.moved[1], back);
    close(near[0]);
    close(far[1]);
}

static void test_bridge_carries_50_mb_through_small_buffers(void **state)
{
    (void)state;
    int near[2], far[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, near), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, far), 0);
    for (int i = 0; i < 2; i++) {
        setsockopt(near[i], SOL_SOCKET, SO_SNDBUF, &(int){ 16384 }, sizeof(int));
        setsockopt(far[i], SOL_SOCKET, SO_SNDBUF, &(int){ 8192 }, sizeof(int));
    }
    carry_both_ways(near, far, 50u << 20, 1234567);
}

static void test_bridge_carries_tcp_both_ways(void **state)
{
    (void)state;
    int near[2], far[2];
    tcp_pair(near);
    tcp_pair(far);
    carry_both_ways(near, far, 8u << 20, 8000001);
}

static void test_bridge_passes_rst_on(void **state)
{
    (void)state;
    int near[2], far[2];
    char octet;
    tcp_pair(near);
    tcp_pair(far);
    bridge_done_calls = 0;
    struct stream *a = fdstream_new(loop, turn, near[1], near[1]);
    struct stream *b = fdstream_new(loop, turn, far[0], far[0]);
    assert_non_null(bridge_start(a, b, (struct bytes){ 0 }, NULL, bridge_done, NULL));
    ev_run(loop, EVRUN_NOWAIT);
    send_rst(near[0]);
    LOOPRUN_UNTIL(loop, bridge_done_calls);
    ev_run(loop, EVRUN_NOWAIT);
    assert_int_equal(bridge_done_calls, 1);
    assert_int_equal(bridge_done_err, GW_ERESET);
    assert_int_equal(read(far[1], &octet, 1), -1);
    assert_int_equal(errno, ECONNRESET);
    close(far[1]);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_bridge_carries_50_mb_through_small_buffers),
        T(test_bridge_carries_tcp_both_ways),
        T(test_bridge_passes_rst_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
