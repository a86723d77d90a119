/* test_autonat_dialer.c - dial-backs over real sockets on loopback, to a host that hears them. */
#include "p2p/autonat_dialer.h"

#include <ev.h>

#include "base/log.h"
#include "looprun.h"
#include "p2p/autonat_backs.h"
#include "p2p/autonat_wire.h"
#include "vec.h"

#define NONCE 0x8877665544332211

static struct ev_loop *loop;
static struct turn *turn;
static struct key *key;
static struct host *host;
static struct autonat_backs *backs;
static struct autonat_dialer *dialer;
static struct multiaddr over_quic, over_tcp;

static struct heard { /* at the host */
    unsigned calls, opened, closed;
    uint64_t nonce;
    bool refuses;
    struct peerid by;
    struct multiaddr from;
} heard;

static struct backed {
    unsigned calls;
    enum autonat_back back;
} backed;

static bool on_nonce(void *arg, struct conn *c, uint64_t nonce)
{
    struct muxed_info info;
    (void)arg;
    conn_info(c, &info);
    heard.calls++;
    heard.nonce = nonce;
    heard.by = *conn_peer(c);
    heard.from = info.remote;
    return !heard.refuses;
}

static void on_conn(void *arg, struct conn *c)
{
    (void)arg;
    (void)c;
    heard.opened++;
}

static void on_conn_close(void *arg, struct conn *c, int err)
{
    (void)arg;
    (void)c;
    (void)err;
    heard.closed++;
}

static const struct host_events events = { .on_conn = on_conn, .on_conn_close = on_conn_close };

static void on_back(void *arg, enum autonat_back back)
{
    (void)arg;
    backed.calls++;
    backed.back = back;
}

static void listen_at(const char *at, struct multiaddr *bound)
{
    struct multiaddr m;
    assert_int_equal(multiaddr_parse(bytes_of(at), &m), 0);
    assert_int_equal(host_listen(host, &m, bound), 0);
}

static void run_until(const unsigned *count, unsigned want)
{
    LOOPRUN_UNTIL(loop, *count >= want);
    assert_int_equal(*count, want);
}

/* A host that takes the stream and then answers with this; empty: with a reset. */
static struct bytes scripted;

static void scripted_on_data(struct stream *s, struct bytes v)
{
    (void)v;
    if (!scripted.n)
        s->ops->reset(s, GW_EPROTO);
    else
        assert_true(s->ops->write(s, scripted) >= 0);
}

static void scripted_on_close(struct stream *s, int err)
{
    (void)s;
    (void)err;
}

static const struct stream_events scripted_events = { .on_data = scripted_on_data,
                                                      .on_drained = stream_ignore_drained,
                                                      .on_eof = stream_ignore_eof,
                                                      .on_close = scripted_on_close };

static void later(int revents, void *arg)
{
    (void)revents;
    scripted_on_data(arg, (struct bytes){ 0 });
}

/* Not before the dialler has seen that the protocol is agreed on. */
static void on_scripted(void *arg, struct conn *c, struct stream *s, const char *protocol,
                        struct bytes early)
{
    (void)arg;
    (void)c;
    (void)protocol;
    s->ops->credit(s, early.n);
    stream_own(s, &scripted_events, NULL);
    ev_once(loop, -1, 0, 0.05, later, s);
}

static void start_host(void)
{
    static const struct host_config config = { .dial_timeout_ms = 2000,
                                               .negotiate_timeout_ms = 1000,
                                               .max_peers = 16,
                                               .max_streams = 16,
                                               .max_half_open = 16,
                                               .window = 65536 };
    log_set_level(LOG_LEVEL_ERROR);
    heard = (struct heard){ 0 };
    backed = (struct backed){ 0 };
    loop = ev_loop_new(EVFLAG_AUTO);
    turn = turn_new(loop);
    assert_int_equal(key_generate(&key), 0);
    assert_non_null(host = host_new(loop, turn, key, &config, NULL, NULL));
    assert_int_equal(host_observe(host, &events, NULL), 0);
    assert_non_null(dialer = autonat_dialer_new(loop, turn));
    listen_at("/ip4/127.0.0.1/udp/0/quic-v1", &over_quic);
    listen_at("/ip4/127.0.0.1/tcp/0", &over_tcp);
}

static int setup(void **state)
{
    (void)state;
    start_host();
    assert_non_null(backs = autonat_backs_new(host, on_nonce, NULL));
    return 0;
}

static int setup_scripted(void **state)
{
    (void)state;
    backs = NULL;
    start_host();
    return host_handle(host, AUTONAT2_DIALBACK_PROTOCOL, NULL, on_scripted, NULL);
}

static int teardown(void **state)
{
    (void)state;
    run_until(&heard.closed, heard.opened);
    host_stop(host, 0);
    ev_run(loop, EVRUN_NOWAIT);
    host_stop(host, 0);
    ev_run(loop, EVRUN_NOWAIT);
    autonat_backs_free(backs);
    autonat_dialer_free(dialer);
    ev_run(loop, EVRUN_NOWAIT);
    host_free(host);
    key_free(key);
    turn_free(turn);
    ev_loop_destroy(loop);
    return 0;
}

static int start(const struct multiaddr *to, const uint64_t *nonce)
{
    struct autonat_dialback *back;
    return autonat_dialback_start(dialer, to, key_peerid(key), nonce, on_back, NULL, &back);
}

static enum autonat_back dial(const struct multiaddr *to, const uint64_t *nonce)
{
    unsigned before = backed.calls;
    assert_int_equal(start(to, nonce), 0);
    run_until(&backed.calls, before + 1);
    return backed.back;
}

static void test_a_nonce_is_delivered_over_either_transport_from_a_fresh_port(void **state)
{
    (void)state;
    static const uint64_t nonce = NONCE;
    const struct multiaddr *const to[] = { &over_quic, &over_tcp };

    for (size_t i = 0; i < COUNT(to); i++) {
        assert_int_equal(dial(to[i], &nonce), AUTONAT_BACK_OK);
        assert_true(heard.nonce == NONCE);
        assert_false(peerid_eq(&heard.by, key_peerid(key)));
        struct multiaddr first = heard.from;
        assert_int_equal(dial(to[i], &nonce), AUTONAT_BACK_OK);
        assert_false(multiaddr_eq(&first, &heard.from));
    }
    assert_int_equal(heard.calls, 4);
}

static void test_without_a_nonce_the_connection_is_enough_and_is_seen(void **state)
{
    (void)state;
    assert_int_equal(dial(&over_quic, NULL), AUTONAT_BACK_OK);
    run_until(&heard.opened, 1);
    assert_int_equal(dial(&over_tcp, NULL), AUTONAT_BACK_OK);
    run_until(&heard.opened, 2);
    assert_int_equal(heard.calls, 0);
    run_until(&heard.closed, 2);
}

static void test_who_resets_the_stream_at_once_has_heard(void **state)
{
    (void)state;
    static const uint64_t nonce = NONCE;
    heard.refuses = true;
    assert_int_equal(dial(&over_quic, &nonce), AUTONAT_BACK_OK);
    assert_int_equal(dial(&over_tcp, &nonce), AUTONAT_BACK_OK);
    assert_int_equal(heard.calls, 2);
}

static void test_a_receipt_is_read_and_a_reset_is_one(void **state)
{
    (void)state;
    static const uint64_t nonce = NONCE;
    scripted = (struct bytes){ 0 };
    assert_int_equal(dial(&over_quic, &nonce), AUTONAT_BACK_OK);
    assert_int_equal(dial(&over_tcp, &nonce), AUTONAT_BACK_OK);
    scripted = (struct bytes)B("\x02\x08\x64"); /* DialBackResponse { status: 100 } */
    assert_int_equal(dial(&over_tcp, &nonce), AUTONAT_BACK_UNTOLD);
    scripted = (struct bytes)B("\x00");
    assert_int_equal(dial(&over_tcp, &nonce), AUTONAT_BACK_OK);
}

static void test_who_does_not_speak_the_protocol_is_untold(void **state)
{
    (void)state;
    static const uint64_t nonce = NONCE;
    host_unhandle(host, AUTONAT2_DIALBACK_PROTOCOL);
    assert_int_equal(dial(&over_quic, &nonce), AUTONAT_BACK_UNTOLD);
    assert_int_equal(dial(&over_tcp, &nonce), AUTONAT_BACK_UNTOLD);
}

static void test_nobody_or_somebody_else_is_failed(void **state)
{
    (void)state;
    struct multiaddr nobody;
    struct autonat_dialback *back;
    static const struct peerid other = { .n = 38, .mh = { 0, 36, 8, 1, 18, 32, 7 } };

    assert_int_equal(multiaddr_parse(bytes_of("/ip4/127.0.0.1/tcp/1"), &nobody), 0);
    assert_int_equal(dial(&nobody, NULL), AUTONAT_BACK_FAILED);
    assert_int_equal(autonat_dialback_start(dialer, &over_quic, &other, NULL, on_back, NULL, &back),
                     0);
    run_until(&backed.calls, 2);
    assert_int_equal(backed.back, AUTONAT_BACK_FAILED);
}

static void test_start_refuses_what_it_cannot_dial_and_too_many(void **state)
{
    (void)state;
    struct multiaddr m;
    assert_int_equal(multiaddr_parse(bytes_of("/dns4/a.example/tcp/1"), &m), 0);
    assert_int_equal(start(&m, NULL), GW_EUNSUP);
    for (unsigned i = 0; i < AUTONAT_DIALS_MAX; i++)
        assert_int_equal(start(&over_quic, NULL), 0);
    assert_int_equal(start(&over_quic, NULL), GW_ELIMIT);
    run_until(&backed.calls, AUTONAT_DIALS_MAX);
}

static void test_cancel_says_nothing_and_free_ends_what_is_under_way(void **state)
{
    (void)state;
    struct autonat_dialback *back;
    assert_int_equal(
        autonat_dialback_start(dialer, &over_tcp, key_peerid(key), NULL, on_back, NULL, &back), 0);
    autonat_dialback_cancel(back);
    assert_int_equal(dial(&over_quic, NULL), AUTONAT_BACK_OK);
    assert_int_equal(backed.calls, 1);
    assert_int_equal(start(&over_tcp, NULL), 0);
    assert_int_equal(start(&over_quic, NULL), 0);
    autonat_dialer_free(dialer);
    assert_non_null(dialer = autonat_dialer_new(loop, turn));
    assert_int_equal(dial(&over_quic, NULL), AUTONAT_BACK_OK);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_nonce_is_delivered_over_either_transport_from_a_fresh_port),
        T(test_without_a_nonce_the_connection_is_enough_and_is_seen),
        T(test_who_resets_the_stream_at_once_has_heard),
        cmocka_unit_test_setup_teardown(test_a_receipt_is_read_and_a_reset_is_one, setup_scripted,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_who_does_not_speak_the_protocol_is_untold,
                                        setup_scripted, teardown),
        T(test_nobody_or_somebody_else_is_failed),
        T(test_start_refuses_what_it_cannot_dial_and_too_many),
        T(test_cancel_says_nothing_and_free_ends_what_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
