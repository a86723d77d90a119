/* test_introduce.c - what a service's program is told, and that a bridge behind it counts right. */
#include "svc/introduce.h"

#include "fake_host.h"
#include "net/bridge.h"
#include "testpeers.h"
#include "vec.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n\x21"
#define TLV       "\xe0\x00\x34" PEER_A
#define HEADER    83 /* octets, with IPv4: 16 + 12 + 55 */

/* The stream to the program: queues what is written until the test lets it go. */
static struct target {
    struct stream s;
    uint8_t queue[1024];
    size_t n, credited;
    bool has_fin, is_reset, has_no_memory;
} target;

static ssize_t t_write(struct stream *s, struct bytes v)
{
    (void)s;
    assert_false(target.has_fin || target.is_reset);
    assert_true(v.n <= sizeof target.queue - target.n);
    if (target.has_no_memory)
        return GW_ENOMEM;
    memcpy(target.queue + target.n, v.p, v.n);
    target.n += v.n;
    return 0;
}

static void t_credit(struct stream *s, size_t n)
{
    (void)s;
    target.credited += n;
}

static void t_shutdown(struct stream *s)
{
    (void)s;
    target.has_fin = true;
}

static void t_reset(struct stream *s, int err)
{
    (void)s;
    (void)err;
    target.is_reset = true;
}

static const struct stream_ops target_ops = {
    .write = t_write,
    .credit = t_credit,
    .shutdown = t_shutdown,
    .reset = t_reset,
};

static struct ev_loop *loop;
static struct turn *turn;
static struct host *host;
static struct conn conn;

static int setup(void **state)
{
    (void)state;
    loop = ev_loop_new(EVFLAG_AUTO);
    turn = turn_new(loop);
    host = fake_host_new(loop, turn);
    target = (struct target){ .s.ops = &target_ops };
    conn = (struct conn){ .host = host, .peer = peer_of(PEER_A) };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fake_host_free(host);
    turn_free(turn);
    ev_loop_destroy(loop);
    return 0;
}

static void set_addresses(const char *remote, const char *local)
{
    assert_int_equal(multiaddr_parse(bytes_of(remote), &conn.info.remote), 0);
    assert_int_equal(multiaddr_parse(bytes_of(local), &conn.info.local), 0);
}

static void assert_target_got(struct bytes want)
{
    assert_bytes((struct bytes){ target.queue, target.n }, want);
}

static void test_introduce_tells_nobody_who_does_not_ask(void **state)
{
    (void)state;
    assert_ptr_equal(introduce(&target.s, &(struct service){ 0 }, &conn), &target.s);
    assert_int_equal(target.n, 0);
}

static void test_introduce_writes_a_proxy_header(void **state)
{
    (void)state;
    static const struct {
        const char *remote, *local;
        struct bytes wire; /* proxy-protocol.txt s.2.2 */
    } vectors[] = {
        { "/ip4/192.0.2.1/udp/4001/quic-v1", "/ip4/198.51.100.7/udp/443/quic-v1",
          B(SIGNATURE "\x11\x00\x43\xc0\x00\x02\x01\xc6\x33\x64\x07\x0f\xa1\x01\xbb" TLV) },
        { "/ip6/2001:db8::1/udp/4001/quic-v1", "/ip6/fd00::2/udp/443/quic-v1",
          B(SIGNATURE "\x21\x00\x5b\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
                      "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\x0f\xa1\x01\xbb" TLV) },
        { "/ip4/192.0.2.1/udp/4001/quic-v1/p2p/" PEER_B "/p2p-circuit",
          "/ip4/198.51.100.7/udp/443/quic-v1", B(SIGNATURE "\x00\x00\x37" TLV) },
    };
    for (size_t i = 0; i < COUNT(vectors); i++) {
        target.n = 0;
        set_addresses(vectors[i].remote, vectors[i].local);
        assert_ptr_equal(introduce(&target.s, &(struct service){ .proxy_v2 = true }, &conn),
                         &target.s);
        assert_target_got(vectors[i].wire);
    }
}

static void test_introduce_without_memory_leaves_the_target(void **state)
{
    (void)state;
    target.has_no_memory = true;
    struct service s = { .proxy_v2 = true, .is_http = true };
    assert_null(introduce(&target.s, &s, &conn));
    assert_null(target.s.ev);
    assert_false(target.is_reset);
}

/* ---- with a bridge, as svc_in joins them ---- */

static bool is_done;
static int done_err;

static void on_done(void *arg, int err, const struct bridge_stats *st)
{
    (void)arg;
    (void)st;
    is_done = true;
    done_err = err;
}

static struct fake_stream *start_bridge(const struct service *s)
{
    struct fake_stream *peer = fake_stream_new(turn);
    struct stream *to = introduce(&target.s, s, &conn);
    assert_non_null(to);
    is_done = false;
    assert_non_null(bridge_start(to, &peer->s, (struct bytes){ 0 }, NULL, on_done, NULL));
    return peer;
}

static void drain(size_t n)
{
    memmove(target.queue, target.queue + n, target.n - n);
    target.n -= n;
    target.s.ev->on_drained(&target.s, n);
}

static void finish(struct fake_stream *peer)
{
    if (!peer->is_closed)
        fake_stream_break(peer, GW_ERESET);
    fake_run_ms(loop, 20);
    if (!is_done)
        target.s.ev->on_close(&target.s, GW_ERESET);
    fake_run_ms(loop, 20);
    assert_true(is_done);
    fake_stream_free(peer);
}

/* The header leaves first; nobody delivered it, so nobody is to be credited for it.  (fake_stream
 * asserts that no more is credited than was delivered.) */
static void test_header_is_credited_to_nobody(void **state)
{
    (void)state;
    set_addresses("/ip4/192.0.2.1/udp/4001/quic-v1", "/ip4/198.51.100.7/udp/443/quic-v1");
    struct fake_stream *peer = start_bridge(&(struct service){ .proxy_v2 = true });
    assert_int_equal(target.n, HEADER);
    drain(40);
    assert_int_equal(peer->credited, 0);
    fake_stream_deliver(peer, (struct bytes)B("0123456789"));
    drain(HEADER - 40);
    assert_in_range(peer->credited, 0, 10);
    drain(10);
    assert_int_equal(peer->credited, 10);
    finish(peer);
}

static void test_header_and_tag_are_credited_to_nobody(void **state)
{
    (void)state;
    struct service s = { .proxy_v2 = true, .is_http = true };
    set_addresses("/ip4/192.0.2.1/udp/4001/quic-v1", "/ip4/198.51.100.7/udp/443/quic-v1");
    struct fake_stream *peer = start_bridge(&s);
    drain(40);
    assert_int_equal(peer->credited, 0);
    fake_stream_deliver(peer, (struct bytes)B("GET / HTTP/1.0\r\nX-GW-PEER: eve\r\n\r\nhalf"));
    drain(HEADER - 40);
    assert_target_got((struct bytes)B("GET / HTTP/1.0\r\nX-Gw-Peer: " PEER_A "\r\n\r\n"));
    assert_in_range(peer->credited, 0, 34);
    drain(target.n);
    assert_int_equal(peer->credited, 34);
    finish(peer);
}

static void test_refused_peer_is_told_and_all_ends_in_order(void **state)
{
    (void)state;
    struct fake_stream *peer = start_bridge(&(struct service){ .is_http = true });
    fake_stream_deliver(peer, (struct bytes)B("CONNECT a:1 HTTP/1.1\r\n\r\n"));
    assert_true(target.is_reset);
    assert_int_equal(peer->nout, 0); /* nothing from inside an operation */
    target.s.ev->on_close(&target.s, GW_EPROTO);
    fake_run_ms(loop, 20);
    assert_memory_equal(peer->out, "HTTP/1.1 400 ", 13);
    assert_true(peer->has_fin);
    assert_false(is_done);
    fake_stream_deliver(peer, (struct bytes)B("GET / HTTP/1.1\r\n\r\n"));
    fake_stream_eof(peer);
    fake_run_ms(loop, 20);
    assert_true(is_done);
    assert_int_equal(done_err, 0);
    assert_int_equal(target.n, 0);
    finish(peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_introduce_tells_nobody_who_does_not_ask, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_introduce_writes_a_proxy_header, setup, teardown),
        cmocka_unit_test_setup_teardown(test_introduce_without_memory_leaves_the_target, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_header_is_credited_to_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(test_header_and_tag_are_credited_to_nobody, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_refused_peer_is_told_and_all_ends_in_order, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
