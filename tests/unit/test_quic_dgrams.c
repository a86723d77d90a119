/* test_quic_dgrams.c - datagrams: the queue that is bounded, and two endpoints with real packets.
 */
#include "transport/quic_dgrams.h"

#include <dlfcn.h>
#include <sodium.h>
#include <string.h>

#include "quicrig.h"

#define BODY_MAX 9000 /* octets, of which few fit into the queue; more than a packet carries */

/* ---- stand-ins for functions of ngtcp2 ---- */

static uint64_t frame_max; /* what b announces */
static size_t path_max;    /* octets that the path is believed to carry; 0: as it is */

typedef int server_new_fn(ngtcp2_conn **, const ngtcp2_cid *, const ngtcp2_cid *,
                          const ngtcp2_path *, uint32_t, int, const ngtcp2_callbacks *, int,
                          const ngtcp2_settings *, int, const ngtcp2_transport_params *,
                          const ngtcp2_mem *, void *);
typedef size_t path_max_fn(ngtcp2_conn *);

/* The library's own function. */
#define REAL(type, name) ((type *)(uintptr_t)dlsym(RTLD_NEXT, name))

int ngtcp2_conn_server_new_versioned(ngtcp2_conn **nc, const ngtcp2_cid *dcid,
                                     const ngtcp2_cid *scid, const ngtcp2_path *path,
                                     uint32_t version, int vcallbacks,
                                     const ngtcp2_callbacks *callbacks, int vsettings,
                                     const ngtcp2_settings *settings, int vparams,
                                     const ngtcp2_transport_params *params, const ngtcp2_mem *mem,
                                     void *user)
{
    ngtcp2_transport_params tp = *params;
    tp.max_datagram_frame_size = frame_max;
    return REAL(server_new_fn, "ngtcp2_conn_server_new_versioned")(
        nc, dcid, scid, path, version, vcallbacks, callbacks, vsettings, settings, vparams, &tp,
        mem, user);
}

size_t ngtcp2_conn_get_path_max_tx_udp_payload_size(ngtcp2_conn *nc)
{
    return path_max ? path_max
                    : REAL(path_max_fn, "ngtcp2_conn_get_path_max_tx_udp_payload_size")(nc);
}

static int setup(void **state)
{
    frame_max = QUIC_DGRAMS_FRAME_MAX;
    path_max = 0;
    return quicrig_setup(state);
}

/* ---- the queue ---- */

static void put(struct quic_dgrams *d, uint8_t mark, size_t n)
{
    uint8_t body[BODY_MAX];
    memset(body, mark, n);
    quic_dgrams_put(d, (struct bytes){ body, 1 }, (struct bytes){ body, n - 1 });
}

/* The oldest is n octets `mark`; takes it. */
static void assert_oldest(struct quic_dgrams *d, uint8_t mark, size_t n)
{
    ngtcp2_vec v[QUIC_DGRAMS_VECTORS];
    size_t nv, sum = 0;

    assert_false(quic_dgrams_is_empty(d));
    assert_int_equal(quic_dgrams_len(d), n);
    nv = quic_dgrams_peek(d, v);
    for (size_t i = 0; i < nv; i++) {
        for (size_t k = 0; k < v[i].len; k++)
            assert_int_equal(v[i].base[k], mark);
        sum += v[i].len;
    }
    assert_int_equal(sum, n);
    quic_dgrams_drop(d);
}

static void test_put_keeps_order_and_borders(void **state)
{
    (void)state;
    struct quic_dgrams d = { 0 };
    for (int round = 0; round < 20; round++) { /* chunks of every size are crossed */
        for (uint8_t i = 0; i < 12; i++)
            put(&d, i, 1 + (size_t)i * 727);
        for (uint8_t i = 0; i < 12; i++)
            assert_oldest(&d, i, 1 + (size_t)i * 727);
        assert_true(quic_dgrams_is_empty(&d));
    }
    assert_int_equal(chunkq_total(), 0);
}

static void test_put_keeps_the_longest_that_an_entry_can_hold(void **state)
{
    (void)state;
    static uint8_t body[UINT16_MAX];
    struct quic_dgrams d = { 0 };
    put(&d, 1, 2000); /* so that the long one lies in three chunks */
    memset(body, 2, sizeof body);
    quic_dgrams_put(&d, bytes_of(""), (struct bytes){ body, sizeof body });
    assert_oldest(&d, 1, 2000);
    assert_oldest(&d, 2, sizeof body);
}

static void test_put_beyond_the_count_drops_the_oldest(void **state)
{
    (void)state;
    struct quic_dgrams d = { 0 };
    for (uint8_t i = 0; i < 200; i++)
        put(&d, i, 10);
    for (uint8_t i = 200 - QUIC_DGRAMS_MAX; i < 200; i++)
        assert_oldest(&d, i, 10);
    assert_true(quic_dgrams_is_empty(&d));
}

static void test_put_beyond_the_octets_drops_the_oldest(void **state)
{
    (void)state;
    struct quic_dgrams d = { 0 };
    const uint8_t fit = QUIC_DGRAMS_WAIT_MAX / BODY_MAX;
    for (uint8_t i = 0; i < 200; i++) {
        put(&d, i, BODY_MAX);
        assert_true(d.data.len <= QUIC_DGRAMS_WAIT_MAX);
    }
    for (uint8_t i = (uint8_t)(200 - fit); i < 200; i++)
        assert_oldest(&d, i, BODY_MAX);
    assert_true(quic_dgrams_is_empty(&d));
}

static void test_put_without_memory_leaves_an_empty_queue(void **state)
{
    (void)state;
    struct quic_dgrams d = { 0 };
    put(&d, 1, 100);
    chunkq_set_budget(2048); /* twice of it holds the first chunk and no second */
    put(&d, 2, BODY_MAX);
    chunkq_set_budget(256u << 20);
    assert_true(quic_dgrams_is_empty(&d));
    assert_int_equal(chunkq_total(), 0);
    put(&d, 3, 100);
    assert_oldest(&d, 3, 100);
}

/* ---- two endpoints ---- */

static int send_from(struct side *x, uint8_t mark, size_t n)
{
    uint8_t body[BODY_MAX];
    assert_true(n <= sizeof body);
    memset(body, mark, n);
    return x->conn->ops->send_datagram(x->conn, (struct bytes){ body, 1 },
                                       (struct bytes){ body + 1, n - 1 });
}

static struct muxed_info info_of(const struct side *x)
{
    struct muxed_info info;
    x->conn->ops->info(x->conn, &info);
    return info;
}

static size_t longest(const struct side *x)
{
    return info_of(x).datagram_max;
}

static void assert_nothing_can_be_sent_by_a(void)
{
    assert_int_equal(longest(&a), 0);
    assert_int_equal(send_from(&a, 1, 1), GW_EUNSUP);
}

static void test_datagrams_cross_both_ways(void **state)
{
    (void)state;
    connect_both();
    b.dgrams.echo = true; /* from inside its event */
    for (uint8_t i = 0; i < 10; i++)
        assert_int_equal(send_from(&a, i, 100u + i), 0);
    RUN_UNTIL(a.dgrams.n == 10);
    for (uint8_t i = 0; i < 10; i++) {
        assert_int_equal(a.dgrams.first[i], i);
        assert_int_equal(a.dgrams.len[i], 100 + i);
        assert_int_equal(b.dgrams.first[i], i);
        assert_int_equal(b.dgrams.len[i], 100 + i);
    }
    assert_int_equal(info_of(&a).tx_bytes, 1045);
    assert_int_equal(info_of(&a).rx_bytes, 1045);
    assert_int_equal(chunkq_total(), 0);
}

static void test_datagrams_wait_for_the_handshake(void **state)
{
    (void)state;
    dial(key_peerid(b.key));
    assert_nothing_can_be_sent_by_a();
    RUN_UNTIL(a.is_ready && b.is_ready);
    assert_true(longest(&a) > 0);
}

/* RFC 9000 s.14: 1200 octets go everywhere; at most 41 of them are header, packet number (4), and
 * tag (16), and 3 are the frame's. */
static void test_datagram_max_is_what_a_packet_carries(void **state)
{
    (void)state;
    path_max = 1200;
    connect_both();
    size_t max = longest(&a);
    assert_in_range(max, 1200 - 41 - 3, 1200 - 1 - 1 - 16 - 3);
    assert_int_equal(send_from(&a, 1, max + 1), GW_EUNSUP);
    assert_int_equal(send_from(&a, 2, max), 0);
    RUN_UNTIL(b.dgrams.n == 1);
    assert_int_equal(b.dgrams.len[0], max);
    assert_int_equal(b.dgrams.first[0], 2);
}

/* Path MTU discovery goes on meanwhile; what fits must pass at each step. */
static void test_datagram_of_the_longest_length_always_passes(void **state)
{
    (void)state;
    connect_both();
    for (unsigned i = 1; i <= 200; i++) {
        assert_int_equal(send_from(&a, 1, longest(&a)), 0);
        RUN_UNTIL(b.dgrams.n == i);
    }
    assert_true(longest(&a) > 8000); /* loopback is wide */
}

static void test_datagram_fits_the_frame_that_the_peer_takes(void **state)
{
    (void)state;
    frame_max = 50;
    connect_both();
    assert_int_equal(longest(&a), 50 - QUIC_DGRAMS_HEADER);
    assert_true(longest(&b) > 1000);
    assert_int_equal(send_from(&a, 1, 50 - QUIC_DGRAMS_HEADER + 1), GW_EUNSUP);
    assert_int_equal(send_from(&a, 1, 50 - QUIC_DGRAMS_HEADER), 0);
    RUN_UNTIL(b.dgrams.n == 1);
    assert_non_null(a.conn);
}

static void test_peer_without_support_is_sent_none(void **state)
{
    (void)state;
    struct end e = { .to_send = 1000, .fin_when_sent = true };
    frame_max = 0;
    connect_both();
    assert_nothing_can_be_sent_by_a();
    open_from_a(&e);
    pump(&e);
    RUN_UNTIL(b_end.eof);
    assert_int_equal(b.dgrams.n, 0);
}

static void test_owner_without_the_event_gets_none(void **state)
{
    (void)state;
    struct end e = { .to_send = 1000, .fin_when_sent = true };
    connect_both();
    struct muxed_events deaf = *b.conn->ev;
    deaf.on_datagram = NULL;
    b.conn->ev = &deaf;
    assert_int_equal(send_from(&a, 1, 10), 0);
    open_from_a(&e);
    pump(&e);
    RUN_UNTIL(b_end.eof && info_of(&b).rx_bytes == 1010);
    quic_stop(b.quic, 0);
    RUN_UNTIL(b.nclosed == 1);
}

static void test_full_queue_sends_the_freshest(void **state)
{
    (void)state;
    connect_both();
    for (uint8_t i = 0; i < 200; i++) {
        assert_int_equal(send_from(&a, i, 1000), 0);
        assert_true(chunkq_total() < 2 * QUIC_DGRAMS_WAIT_MAX);
    }
    RUN_UNTIL(b.dgrams.n == QUIC_DGRAMS_MAX);
    for (unsigned i = 0; i < QUIC_DGRAMS_MAX; i++)
        assert_int_equal(b.dgrams.first[i], 200 - QUIC_DGRAMS_MAX + i);
}

static void test_path_that_gets_narrower_drops_the_long_only(void **state)
{
    (void)state;
    struct end e = { .to_send = 1000, .fin_when_sent = true };
    connect_both();
    RUN_UNTIL(longest(&a) > 8000);
    assert_int_equal(send_from(&a, 1, 100), 0);
    assert_int_equal(send_from(&a, 2, 8000), 0);
    assert_int_equal(send_from(&a, 3, 100), 0);
    path_max = 1200;
    open_from_a(&e);
    pump(&e);
    RUN_UNTIL(b.dgrams.n == 2 && b_end.eof);
    assert_int_equal(b.dgrams.first[0], 1);
    assert_int_equal(b.dgrams.first[1], 3);
    RUN_UNTIL(chunkq_total() == 0);
}

/* It cannot be that quic_dgrams_fit is wrong; if it were, nobody else should suffer. */
static void test_datagram_that_no_packet_takes_holds_up_no_stream(void **state)
{
    (void)state;
    struct end e = { .to_send = 1u << 20, .fin_when_sent = true };
    connect_both();
    RUN_UNTIL(longest(&a) > 8000);
    path_max = 8980;
    assert_int_equal(send_from(&a, 1, longest(&a)), 0);
    open_from_a(&e);
    pump(&e);
    RUN_UNTIL(b_end.eof);
    assert_int_equal(b.dgrams.n, 0);
}

static void on_quiet(struct ev_loop *l, ev_timer *w, int revents)
{
    (void)l;
    (void)revents;
    *(bool *)w->data = true;
}

/* Handshake, path MTU discovery and their ACKs are over: nothing else asks for a turn. */
static void connect_and_wait_for_quiet(void)
{
    bool is_quiet = false;
    ev_timer quiet;
    connect_both();
    ev_timer_init(&quiet, on_quiet, 0.5, 0.);
    quiet.data = &is_quiet;
    ev_timer_start(loop, &quiet);
    RUN_UNTIL(is_quiet);
}

static void test_datagram_on_a_quiet_connection_leaves_at_once(void **state)
{
    (void)state;
    connect_and_wait_for_quiet();
    ev_tstamp t0 = ev_time();
    assert_int_equal(send_from(&a, 1, 10), 0);
    RUN_UNTIL(b.dgrams.n == 1);
    assert_true(ev_time() - t0 < 1e-3);
}

/* Packets of falling length end a batch each. */
static void test_datagrams_of_all_lengths_leave_in_one_turn(void **state)
{
    (void)state;
    connect_and_wait_for_quiet();
    path_max = 1200;
    for (size_t n = 1100; n >= 800; n -= 100)
        assert_int_equal(send_from(&a, 1, n), 0);
    ev_run(loop, EVRUN_NOWAIT);
    assert_int_equal(info_of(&a).tx_bytes, 1100 + 1000 + 900 + 800);
}

/* Keeps the queue of a full until done. */
static ev_prepare flood;

static void on_flood(struct ev_loop *l, ev_prepare *w, int revents)
{
    (void)l;
    (void)w;
    (void)revents;
    for (unsigned i = 0; a.conn && i < QUIC_DGRAMS_MAX; i++)
        assert_int_equal(send_from(&a, 1, longest(&a)), 0);
}

static void test_streams_go_on_beside_a_flood_of_datagrams(void **state)
{
    (void)state;
    struct end e = { .to_send = 2u << 20, .fin_when_sent = true };
    connect_both();
    ev_prepare_init(&flood, on_flood);
    ev_set_priority(&flood, EV_MAXPRI); /* before the turn */
    ev_prepare_start(loop, &flood);
    open_from_a(&e);
    pump(&e);
    RUN_UNTIL(b_end.got >= e.to_send);
    ev_prepare_stop(loop, &flood);
    assert_int_equal(b_end.sum, 0);
    /* neither has more than two thirds */
    assert_in_range(info_of(&a).tx_bytes - e.to_send, e.to_send / 2, 2 * e.to_send);
}

static void test_datagrams_go_on_beside_a_bulk_stream(void **state)
{
    (void)state;
    struct end e = { .to_send = 128u << 20 };
    connect_both();
    open_from_a(&e);
    pump(&e);
    RUN_UNTIL(b_end.got > 0);
    for (unsigned i = 1; i <= 20; i++) {
        uint64_t before = b_end.got;
        assert_int_equal(send_from(&a, 1, 100), 0);
        RUN_UNTIL(b.dgrams.n == i);
        assert_true(b_end.got - before <= base_config.window); /* what was out already */
    }
    assert_true(b_end.got < e.to_send);
}

static void test_end_of_the_connection_empties_the_queue(void **state)
{
    (void)state;
    connect_both();
    assert_int_equal(send_from(&a, 1, 1000), 0);
    quic_stop(a.quic, 0);
    assert_nothing_can_be_sent_by_a();
    assert_true(chunkq_total() > 0);
    RUN_UNTIL(a.nclosed == 1);
    assert_int_equal(chunkq_total(), 0);
}

static void late_close(struct stream *s, int err)
{
    assert_nothing_can_be_sent_by_a();
    end_close(s, err);
}

static void test_no_datagram_is_taken_when_the_peer_has_closed(void **state)
{
    (void)state;
    struct end e = { .to_send = 10 };
    connect_both();
    struct stream *s = open_from_a(&e);
    struct stream_events late = *s->ev;
    late.on_close = late_close;
    stream_own(s, &late, &e);
    pump(&e);
    RUN_UNTIL(b_end.got == 10);
    quic_stop(b.quic, 0);
    RUN_UNTIL(e.nclosed == 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, quicrig_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_keeps_order_and_borders),
        cmocka_unit_test(test_put_keeps_the_longest_that_an_entry_can_hold),
        cmocka_unit_test(test_put_beyond_the_count_drops_the_oldest),
        cmocka_unit_test(test_put_beyond_the_octets_drops_the_oldest),
        cmocka_unit_test(test_put_without_memory_leaves_an_empty_queue),
        T(test_datagrams_cross_both_ways),
        T(test_datagrams_wait_for_the_handshake),
        T(test_datagram_max_is_what_a_packet_carries),
        T(test_datagram_of_the_longest_length_always_passes),
        T(test_datagram_fits_the_frame_that_the_peer_takes),
        T(test_peer_without_support_is_sent_none),
        T(test_owner_without_the_event_gets_none),
        T(test_full_queue_sends_the_freshest),
        T(test_path_that_gets_narrower_drops_the_long_only),
        T(test_datagram_that_no_packet_takes_holds_up_no_stream),
        T(test_datagram_on_a_quiet_connection_leaves_at_once),
        T(test_datagrams_of_all_lengths_leave_in_one_turn),
        T(test_streams_go_on_beside_a_flood_of_datagrams),
        T(test_datagrams_go_on_beside_a_bulk_stream),
        T(test_end_of_the_connection_empties_the_queue),
        T(test_no_datagram_is_taken_when_the_peer_has_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
