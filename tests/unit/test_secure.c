/* test_secure.c - handshakes of Noise and TLS between two ends, over sockets and over streams in
 * memory, and the streams that they end with. */
#include "transport/secure.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "fake_stream.h"
#include "hostkey.h"
#include "streamend.h"
#include "transport/noise.h"
#include "transport/noise_xx.h"
#include "transport/tls.h"
#include "wire/noise_msg.h"

#define TIMEOUT_MS 5000

enum security { NOISE, TLS, SECURITIES };
enum carrier { SOCKETS, MEMORY, CARRIERS };

struct side {
    struct key *key;
    struct tls_cred *cred;
    struct secure_config cfg;
    struct secure *secure;
    struct streamend end;
    struct peerid peer;
    const char *muxer;
    uint64_t send_when_done; /* octets, and FIN */
    int ndone, err;
};

static struct looprig rig;
static struct side dialler, listener;
static struct fake_pair *pair;

static const char *const mux_one[] = { "/one/1", NULL }, *const mux_two[] = { "/two/1", NULL },
                         *const mux_both[] = { "/one/1", "/two/1", NULL },
                         *const mux_swapped[] = { "/two/1", "/one/1", NULL },
                         *const mux_none[] = { NULL };

/* ---- two ends ---- */

static void on_done(void *arg, int err, const struct secure_result *r)
{
    struct side *x = arg;

    x->secure = NULL;
    x->ndone++;
    x->err = err;
    if (err)
        return;
    x->peer = r->peer;
    x->muxer = r->muxer;
    streamend_own(&x->end, r->s);
    if (x->send_when_done)
        streamend_send(&x->end, x->send_when_done, true);
}

static void start_early(struct side *x, enum security security, struct stream *raw,
                        struct bytes early)
{
    bool is_initiator = x == &dialler;
    void *cipher = security == NOISE ? noise_new(&x->cfg, is_initiator)
                                     : tls_new(&x->cfg, x->cred, is_initiator);

    assert_non_null(cipher);
    x->secure = secure_start(&x->cfg, security == NOISE ? &noise_ops : &tls_ops, cipher, raw, early,
                             on_done, x);
    assert_non_null(x->secure);
    assert_int_equal(x->ndone, 0); /* never from inside the call */
}

static void start(struct side *x, enum security security, struct stream *raw)
{
    start_early(x, security, raw, (struct bytes){ 0 });
}

static struct stream *fd_stream(int fd)
{
    struct stream *s = fdstream_new(rig.loop, rig.turn, fd, fd);
    assert_non_null(s);
    return s;
}

static void pair_gone(struct fake_pair *p)
{
    (void)p;
    pair = NULL;
}

static void make_pair(void)
{
    pair = fake_pair_new(rig.loop);
    pair->gone = pair_gone;
}

static void make_carrier(enum carrier carrier, struct stream *out[2])
{
    int fd[2];

    if (carrier == SOCKETS) {
        tcp_pair(fd);
        out[0] = fd_stream(fd[0]);
        out[1] = fd_stream(fd[1]);
    } else {
        make_pair();
        out[0] = &pair->end[0].s;
        out[1] = &pair->end[1].s;
    }
}

static void meet(enum security security, enum carrier carrier)
{
    struct stream *raw[2];

    make_carrier(carrier, raw);
    start(&dialler, security, raw[0]);
    start(&listener, security, raw[1]);
}

static void connect_both(enum security security, enum carrier carrier)
{
    meet(security, carrier);
    RUN_UNTIL(rig.loop, dialler.ndone && listener.ndone);
    assert_int_equal(dialler.err, 0);
    assert_int_equal(listener.err, 0);
}

static void end_side(struct side *x)
{
    if (x->secure)
        secure_cancel(x->secure, GW_ECANCELED);
    if (x->end.s)
        x->end.s->ops->reset(x->end.s, GW_ECANCELED);
}

static void reset_side(struct side *x)
{
    *x = (struct side){ .key = x->key, .cred = x->cred };
    x->cfg = (struct secure_config){ .loop = rig.loop,
                                     .turn = rig.turn,
                                     .key = x->key,
                                     .muxers = mux_one,
                                     .timeout_ms = TIMEOUT_MS };
}

static int setup(void **state)
{
    (void)state;
    looprig_init(&rig);
    reset_side(&dialler);
    reset_side(&listener);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    end_side(&dialler);
    end_side(&listener);
    looprig_run(&rig);
    looprig_run(&rig);
    assert_null(pair);
    looprig_fini(&rig);
    return 0;
}

/* Once for each security protocol and carrier. */
static void each(void (*test)(enum security, enum carrier))
{
    for (int s = 0; s < SECURITIES; s++) {
        for (int c = 0; c < CARRIERS; c++) {
            test((enum security)s, (enum carrier)c);
            teardown(NULL);
            setup(NULL);
        }
    }
}

/* ---- who is there ---- */

static void check_proof(enum security security, enum carrier carrier)
{
    dialler.cfg.expect = key_peerid(listener.key);
    connect_both(security, carrier);
    assert_true(peerid_eq(&dialler.peer, key_peerid(listener.key)));
    assert_true(peerid_eq(&listener.peer, key_peerid(dialler.key)));
    assert_ptr_equal(dialler.muxer, mux_one[0]);
    assert_ptr_equal(listener.muxer, mux_one[0]);
}

static void test_both_ends_are_proved_and_the_muxer_agreed(void **state)
{
    (void)state;
    each(check_proof);
}

static void check_muxers(const char *const *ours, const char *const *theirs, const char *want)
{
    for (int s = 0; s < SECURITIES; s++) {
        dialler.cfg.muxers = ours;
        listener.cfg.muxers = theirs;
        connect_both((enum security)s, SOCKETS);
        if (want) {
            assert_string_equal(dialler.muxer, want);
            assert_string_equal(listener.muxer, want);
        } else {
            assert_null(dialler.muxer);
            assert_null(listener.muxer);
        }
        teardown(NULL);
        setup(NULL);
    }
}

static void test_muxer_is_left_open_where_one_end_tells_none(void **state)
{
    (void)state;
    check_muxers(mux_none, mux_one, NULL);
    check_muxers(mux_one, mux_none, NULL);
    check_muxers(mux_none, mux_none, NULL);
}

static void test_muxer_is_the_first_of_the_dialler_that_both_speak(void **state)
{
    (void)state;
    check_muxers(mux_both, mux_two, mux_two[0]);
    check_muxers(mux_two, mux_both, mux_two[0]);
    check_muxers(mux_both, mux_swapped, mux_one[0]);
    check_muxers(mux_swapped, mux_both, mux_two[0]);
}

/* specs/connections, inlined muxer negotiation: over Noise the handshake must fail; over TLS there
 * is "libp2p" to agree on. */
static void test_muxers_without_a_common_one_fail_noise_and_are_left_open_by_tls(void **state)
{
    (void)state;
    dialler.cfg.muxers = mux_one;
    listener.cfg.muxers = mux_two;
    meet(NOISE, SOCKETS);
    RUN_UNTIL(rig.loop, dialler.ndone && listener.ndone);
    assert_int_equal(dialler.err, GW_EUNSUP);
    assert_true(listener.err < 0);
    teardown(NULL);
    setup(NULL);
    dialler.cfg.muxers = mux_one;
    listener.cfg.muxers = mux_two;
    connect_both(TLS, SOCKETS);
    assert_null(dialler.muxer);
    assert_null(listener.muxer);
}

static void check_wrong_peer(enum security security, enum carrier carrier)
{
    dialler.cfg.expect = key_peerid(dialler.key);
    meet(security, carrier);
    RUN_UNTIL(rig.loop, dialler.ndone && listener.ndone);
    assert_int_equal(dialler.err, GW_EIDENTITY);
    assert_true(listener.err < 0);
}

static void test_another_peer_than_expected_is_refused(void **state)
{
    (void)state;
    each(check_wrong_peer);
}

/* ---- a dialler made by hand, with any kind of host key (specs/noise, "The libp2p Handshake
 * Payload") ---- */

enum forgery {
    HONEST,
    OTHER_STATIC,
    BAD_SIGNATURE,
    NO_IDENTITY,
    OTHER_ENCODING,
    OTHER_KEY,
    NOT_A_MESSAGE
};

static void hand_send(int fd, struct bytes msg)
{
    uint8_t len[2] = { (uint8_t)(msg.n >> 8), (uint8_t)msg.n };
    put(fd, len, 2);
    put(fd, msg.p, msg.n);
}

static struct span hand_receive(int fd, uint8_t *buf, size_t cap)
{
    size_t n = 0;
    ssize_t got = 0;

    RUN_UNTIL(rig.loop, (got = recv(fd, buf + n, cap - n, MSG_DONTWAIT)) <= 0
                            ? n >= 2 && n == 2u + (size_t)(buf[0] << 8 | buf[1])
                            : (n += (size_t)got, false));
    return (struct span){ buf + 2, n - 2 };
}

static size_t hand_payload(const struct hostkey *h, enum forgery forgery, const uint8_t *public,
                           uint8_t *out, size_t cap)
{
    static const char prefix[] = "noise-libp2p-static-key:";
    uint8_t text[sizeof prefix - 1 + NOISE_KEY_LEN], sig[1024], longer[sizeof h->public_pb + 2];
    struct hostkey other;
    struct noise_msg m = { .identity_key = hostkey_public(h) };

    memcpy(text, prefix, sizeof prefix - 1);
    memcpy(text + sizeof prefix - 1, public, NOISE_KEY_LEN);
    text[sizeof text - 1] ^= forgery == OTHER_STATIC;
    m.identity_sig = (struct bytes){ sig, hostkey_sign(h, (struct bytes){ text, sizeof text }, sig,
                                                       sizeof sig) };
    sig[m.identity_sig.n / 2] ^= forgery == BAD_SIGNATURE;
    hostkey_generate(&other, KEYPB_ED25519, 0);
    if (forgery == OTHER_KEY)
        m.identity_key = hostkey_public(&other);
    if (forgery == NO_IDENTITY)
        m.identity_key = m.identity_sig = (struct bytes){ 0 };
    if (forgery == OTHER_ENCODING) { /* one more field behind the two */
        memcpy(longer, h->public_pb, h->npublic);
        memcpy(longer + h->npublic, "\x18\x01", 2);
        m.identity_key = (struct bytes){ longer, h->npublic + 2 };
    }
    int n = noise_msg_encode(out, cap, &m);
    assert_true(n > 0);
    if (forgery == NOT_A_MESSAGE)
        out[0] = 0xff;
    hostkey_fini(&other);
    return (size_t)n;
}

/* The listener's verdict on such a dialler. */
static int hand_dial(const struct hostkey *h, enum forgery forgery)
{
    uint8_t secret[2][NOISE_KEY_LEN], msg[4096], payload[3000];
    struct noise_xx xx;
    struct bytes got;
    int fd[2];

    tcp_pair(fd);
    start(&listener, NOISE, fd_stream(fd[0]));
    randombytes_buf(secret, sizeof secret);
    noise_xx_init(&xx, true, (struct bytes){ 0 }, secret[0], secret[1]);
    ssize_t n = noise_xx_write(&xx, (struct bytes){ 0 }, msg, sizeof msg);
    hand_send(fd[1], (struct bytes){ msg, (size_t)n });
    assert_int_equal(noise_xx_read(&xx, hand_receive(fd[1], msg, sizeof msg), &got), 0);
    size_t npayload = hand_payload(h, forgery, xx.s_public, payload, sizeof payload);
    n = noise_xx_write(&xx, (struct bytes){ payload, npayload }, msg, sizeof msg);
    assert_true(n > 0);
    hand_send(fd[1], (struct bytes){ msg, (size_t)n });
    RUN_UNTIL(rig.loop, listener.ndone);
    close(fd[1]);
    return listener.err;
}

static void test_noise_proves_host_keys_of_every_kind(void **state)
{
    (void)state;
    static const struct {
        enum keypb_type type;
        unsigned bits;
    } kinds[] = {
        { KEYPB_ED25519, 0 },
        { KEYPB_SECP256K1, 0 },
        { KEYPB_RSA, 2048 },
        { KEYPB_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1) },
    };
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct hostkey h;
        struct peerid id;

        hostkey_generate(&h, kinds[i].type, kinds[i].bits);
        peerid_from_pubkey(hostkey_public(&h), &id);
        assert_int_equal(hand_dial(&h, HONEST), 0);
        assert_true(peerid_eq(&listener.peer, &id));
        assert_null(listener.muxer);
        hostkey_fini(&h);
        teardown(NULL);
        setup(NULL);
    }
}

static void test_noise_refuses_an_identity_that_is_not_proved(void **state)
{
    (void)state;
    for (int forgery = OTHER_STATIC; forgery <= NOT_A_MESSAGE; forgery++) {
        struct hostkey h;

        hostkey_generate(&h, KEYPB_ED25519, 0);
        assert_int_equal(hand_dial(&h, (enum forgery)forgery), GW_EPROTO);
        hostkey_fini(&h);
        teardown(NULL);
        setup(NULL);
    }
}

/* ---- handshakes that come to nothing ---- */

static void test_garbage_is_refused(void **state)
{
    (void)state;
    static const struct bytes garbage[] = {
        B("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"),
        B("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
        B("\x16\x03\x01\x00\x05hello"),
    };
    for (int s = 0; s < SECURITIES; s++) {
        for (size_t i = 0; i < 2 * COUNT(garbage); i++) {
            struct side *x = i % 2 ? &listener : &dialler;
            int fd;

            struct stream *raw = looprig_stream(&rig, &fd);
            start(x, (enum security)s, raw);
            put(fd, garbage[i / 2].p, garbage[i / 2].n);
            shutdown(fd, SHUT_WR);
            RUN_UNTIL(rig.loop, x->ndone);
            assert_true(x->err == GW_EPROTO || x->err == GW_ECLOSED);
            close(fd);
            teardown(NULL);
            setup(NULL);
        }
    }
}

static void test_noise_refuses_messages_too_long_for_a_handshake_at_once(void **state)
{
    (void)state;
    int fd;

    start(&listener, NOISE, looprig_stream(&rig, &fd));
    put(fd, "\x10\x01", 2); /* 4097 octets are to come */
    RUN_UNTIL(rig.loop, listener.ndone);
    assert_int_equal(listener.err, GW_EPROTO);
    close(fd);
}

static void test_a_silent_peer_times_out(void **state)
{
    (void)state;
    for (int s = 0; s < SECURITIES; s++) {
        int fd[2];

        dialler.cfg.timeout_ms = listener.cfg.timeout_ms = 50;
        uint64_t start_ms = clock_mono_ms();
        start(&dialler, (enum security)s, looprig_stream(&rig, &fd[0]));
        start(&listener, (enum security)s, looprig_stream(&rig, &fd[1]));
        put(fd[1], "\0", 1); /* one octet is not enough */
        RUN_UNTIL(rig.loop, dialler.ndone && listener.ndone);
        assert_int_equal(dialler.err, GW_ETIMEOUT);
        assert_int_equal(listener.err, GW_ETIMEOUT);
        assert_int_equal(clock_mono_ms() - start_ms, 50);
        close(fd[0]);
        close(fd[1]);
        teardown(NULL);
        setup(NULL);
    }
}

static void test_a_peer_that_leaves_ends_the_handshake(void **state)
{
    (void)state;
    for (int s = 0; s < SECURITIES; s++) {
        for (int how = 0; how < 2; how++) {
            int fd[2];

            tcp_pair(fd);
            start(&listener, (enum security)s, fd_stream(fd[0]));
            looprig_run(&rig);
            if (how == 0)
                close(fd[1]);
            else
                send_rst(fd[1]);
            RUN_UNTIL(rig.loop, listener.ndone);
            assert_int_equal(listener.err, how == 0 ? GW_ECLOSED : GW_ERESET);
            teardown(NULL);
            setup(NULL);
        }
    }
}

static void check_cancel(enum security security, enum carrier carrier)
{
    meet(security, carrier);
    if (carrier == SOCKETS)
        ev_run(rig.loop, EVRUN_NOWAIT); /* in memory all would be over */
    secure_cancel(dialler.secure, GW_ECANCELED);
    dialler.secure = NULL;
    RUN_UNTIL(rig.loop, listener.ndone);
    assert_int_equal(dialler.ndone, 0);
    assert_true(listener.err < 0);
}

static void test_cancel_is_silent_here_and_heard_there(void **state)
{
    (void)state;
    each(check_cancel);
}

/* ---- pieces ---- */

static void test_handshake_in_single_octets_is_the_same(void **state)
{
    (void)state;
    for (int s = 0; s < SECURITIES; s++) {
        meet((enum security)s, MEMORY);
        pair->piece = 1;
        dialler.send_when_done = listener.send_when_done = 5000;
        RUN_UNTIL(rig.loop, dialler.end.nclosed && listener.end.nclosed);
        assert_int_equal(dialler.end.got, 5000);
        assert_int_equal(listener.end.got, 5000);
        assert_int_equal(dialler.end.err | listener.end.err, 0);
        teardown(NULL);
        setup(NULL);
    }
}

/* The last flight, octets and FIN behind it come at once. */
static void check_early(enum security security, enum carrier carrier)
{
    static const uint64_t many = 200000;

    dialler.send_when_done = many;
    listener.send_when_done = 1;
    meet(security, carrier);
    RUN_UNTIL(rig.loop, dialler.end.nclosed && listener.end.nclosed);
    assert_int_equal(listener.end.got, many);
    assert_int_equal(dialler.end.got, 1);
    assert_false(listener.end.is_wrong);
    assert_true(listener.end.has_eof && dialler.end.has_eof);
    assert_int_equal(dialler.end.err | listener.end.err, 0);
}

static void test_octets_right_behind_the_handshake_arrive(void **state)
{
    (void)state;
    each(check_early);
}

static int append(void *arg, struct bytes v)
{
    wr_bytes(arg, v);
    return 0;
}

/* One step of a cipher with what has come; what it says. */
static struct bytes step(void *cipher, struct bytes in, uint8_t *buf, size_t cap)
{
    struct wr w = wr_init((struct span){ buf, cap });
    const struct cipher_sink sink = { append, &w };
    struct cipher_proof proof;
    bool is_done = false;

    assert_int_equal(noise_ops.step(cipher, in, &sink, &is_done, &proof), in.n);
    assert_false(w.full || is_done);
    return (struct bytes){ buf, (size_t)(w.p - buf) };
}

/* The dialler has spoken already; the answer and FIN are there before its first turn. */
static void test_fin_right_behind_the_handshake_is_heard(void **state)
{
    (void)state;
    uint8_t first[256], second[4096];
    void *a = noise_new(&dialler.cfg, true), *b = noise_new(&listener.cfg, false);
    struct bytes v = step(b, step(a, (struct bytes){ 0 }, first, sizeof first), second,
                          sizeof second);
    struct stream *raw;

    noise_ops.free(b);
    make_pair();
    streamend_own(&listener.end, &pair->end[1].s);
    raw = &pair->end[0].s;
    pair->end[0].uncredited = v.n;
    dialler.secure = secure_start(&dialler.cfg, &noise_ops, a, raw, v, on_done, &dialler);
    assert_non_null(dialler.secure);
    raw->ev->on_eof(raw);
    assert_int_equal(dialler.ndone, 1);
    assert_int_equal(dialler.err, 0);
    assert_true(dialler.end.has_eof);
    looprig_run(&rig);
    assert_int_equal(dialler.end.nclosed, 0);
    assert_int_equal(pair->end[0].uncredited, 0);
}

/* ---- streams ---- */

static void check_bulk(enum security security, enum carrier carrier)
{
    const uint64_t mib = 1u << 20;

    dialler.end.writes = true;
    connect_both(security, carrier);
    streamend_send(&dialler.end, mib + 17, true);
    streamend_send(&listener.end, mib, true);
    RUN_UNTIL(rig.loop, dialler.end.has_eof && listener.end.has_eof && dialler.end.nclosed &&
                            listener.end.nclosed);
    assert_int_equal(listener.end.got, mib + 17);
    assert_int_equal(dialler.end.got, mib);
    assert_false(dialler.end.is_wrong || listener.end.is_wrong);
    assert_int_equal(dialler.end.drained, dialler.end.sent);
    assert_int_equal(listener.end.drained, listener.end.sent);
    assert_int_equal(dialler.end.err | listener.end.err, 0);
}

static void test_a_mebibyte_each_way_arrives_and_is_drained_exactly(void **state)
{
    (void)state;
    each(check_bulk);
}

static void check_every_octet_credited(enum security security, enum carrier carrier)
{
    (void)carrier;
    connect_both(security, MEMORY);
    for (int i = 0; i < 300; i++) {
        pair->piece = 1 + (size_t)i % 7;
        streamend_send(&dialler.end, 1 + (uint64_t)i % 13, false);
        RUN_UNTIL(rig.loop, listener.end.got == dialler.end.sent);
    }
    pair->piece = 1000;
    streamend_send(&dialler.end, 100000, false);
    RUN_UNTIL(rig.loop,
              listener.end.got == dialler.end.sent && dialler.end.drained == dialler.end.sent);
    assert_int_equal(pair->end[1].uncredited, 0);
    assert_int_equal(dialler.end.s->ops->acked(dialler.end.s), dialler.end.sent);
}

static void test_the_carrier_gets_its_credit_back_whole(void **state)
{
    (void)state;
    each(check_every_octet_credited);
}

static void check_slow_reader(enum security security, enum carrier carrier)
{
    const uint64_t all = 64u << 20, most = 32u << 20; /* a loopback socket takes some MiB */

    connect_both(security, carrier);
    listener.end.holds = true;
    streamend_send(&dialler.end, all, false);
    for (int i = 0; i < 50; i++)
        looprig_run(&rig);
    assert_in_range(listener.end.got, 1, 1u << 20);
    assert_in_range(dialler.end.sent, 1, most);
    uint64_t stopped = dialler.end.sent;
    for (int i = 0; i < 10; i++)
        looprig_run(&rig);
    assert_int_equal(dialler.end.sent, stopped);
    streamend_release(&listener.end);
    RUN_UNTIL(rig.loop, listener.end.got == all);
    assert_int_equal(dialler.end.drained, all);
    assert_false(listener.end.is_wrong);
}

static void test_a_reader_that_does_not_credit_stops_the_writer(void **state)
{
    (void)state;
    each(check_slow_reader);
}

static void check_half_close(enum security security, enum carrier carrier)
{
    for (int i = 0; i < 2; i++) {
        struct streamend *first = i ? &dialler.end : &listener.end;
        struct streamend *last = i ? &listener.end : &dialler.end;

        connect_both(security, carrier);
        streamend_send(first, 10, true);
        RUN_UNTIL(rig.loop, last->has_eof);
        assert_int_equal(last->got, 10);
        streamend_send(last, 300000, false);
        RUN_UNTIL(rig.loop, first->got == 300000);
        assert_int_equal(first->nclosed | last->nclosed, 0);
        streamend_send(last, 0, true);
        RUN_UNTIL(rig.loop, first->nclosed && last->nclosed);
        assert_int_equal(first->err | last->err, 0);
        teardown(NULL);
        setup(NULL);
    }
}

static void test_half_closed_streams_go_on_the_other_way(void **state)
{
    (void)state;
    each(check_half_close);
}

static void check_reset(enum security security, enum carrier carrier)
{
    connect_both(security, carrier);
    streamend_send(&dialler.end, 100000, false);
    dialler.end.s->ops->reset(dialler.end.s, GW_ECANCELED);
    assert_int_equal(dialler.end.nclosed, 0); /* never from inside the operation */
    RUN_UNTIL(rig.loop, dialler.end.nclosed && listener.end.nclosed);
    assert_int_equal(dialler.end.err, GW_ECANCELED);
    assert_int_equal(listener.end.err, GW_ERESET);
    assert_false(listener.end.has_eof);
}

static void test_reset_reaches_the_other_end(void **state)
{
    (void)state;
    each(check_reset);
}

static void check_reset_in_data(enum security security, enum carrier carrier)
{
    static struct stream_events shy;

    connect_both(security, carrier);
    shy = streamend_events;
    shy.on_data = stream_ignore_data;
    stream_own(listener.end.s, &shy, &listener.end);
    streamend_send(&dialler.end, 100000, true);
    looprig_run(&rig);
    listener.end.s->ops->reset(listener.end.s, GW_EDENIED);
    RUN_UNTIL(rig.loop, dialler.end.nclosed && listener.end.nclosed);
    assert_int_equal(listener.end.err, GW_EDENIED);
}

static void test_octets_that_nobody_wants_do_no_harm(void **state)
{
    (void)state;
    each(check_reset_in_data);
}

/* ---- what the network may do: a wire in the middle that cuts or changes ---- */

struct wire {
    int fd[2];      /* to the dialler, to the listener */
    size_t passed;  /* octets from the dialler to the listener */
    size_t cut_at;  /* then FIN */
    size_t flip_at; /* changes this octet */
    bool is_cut;
};

static bool wire_run(struct wire *w)
{
    uint8_t buf[1000];
    ssize_t n;

    while ((n = recv(w->fd[1], buf, sizeof buf, MSG_DONTWAIT)) > 0)
        put(w->fd[0], buf, (size_t)n);
    while (!w->is_cut && (n = recv(w->fd[0], buf, sizeof buf, MSG_DONTWAIT)) > 0) {
        size_t room = w->cut_at - w->passed;
        if ((size_t)n > room)
            n = (ssize_t)room;
        if (w->flip_at - w->passed < (size_t)n)
            buf[w->flip_at - w->passed] ^= 1;
        put(w->fd[1], buf, (size_t)n);
        w->passed += (size_t)n;
        w->is_cut = w->passed == w->cut_at;
    }
    if (w->is_cut || n == 0)
        shutdown(w->fd[1], SHUT_WR);
    return false;
}

static void connect_wire(struct wire *w, enum security security)
{
    *w = (struct wire){ .cut_at = SIZE_MAX, .flip_at = SIZE_MAX };
    start(&dialler, security, looprig_stream(&rig, &w->fd[0]));
    start(&listener, security, looprig_stream(&rig, &w->fd[1]));
    while (!dialler.ndone || !listener.ndone) {
        ev_run(rig.loop, EVRUN_NOWAIT);
        wire_run(w);
    }
    assert_int_equal(dialler.err | listener.err, 0);
}

/* Runs until the listener's stream has closed or seen the end. */
static void run_wire(struct wire *w)
{
    for (int i = 0; i < 100000 && !listener.end.nclosed && !listener.end.has_eof; i++) {
        ev_run(rig.loop, EVRUN_NOWAIT);
        wire_run(w);
    }
    close(w->fd[0]);
    close(w->fd[1]);
}

static void check_cut(enum security security, size_t more, bool is_order)
{
    struct wire w;

    connect_wire(&w, security);
    w.cut_at = w.passed + more;
    streamend_send(&dialler.end, 1000, false);
    run_wire(&w);
    assert_int_equal(listener.end.has_eof, is_order);
    assert_int_equal(listener.end.nclosed, !is_order);
    if (!is_order)
        assert_int_equal(listener.end.err, GW_ERESET);
    teardown(NULL);
    setup(NULL);
}

static void test_a_stream_cut_off_is_reset(void **state)
{
    (void)state;
    const size_t noise_unit = 2 + 1000 + 16, tls_unit = 5 + 1000 + 1 + 16;

    check_cut(NOISE, 1, false);
    check_cut(NOISE, noise_unit - 1, false);
    check_cut(NOISE, noise_unit, true); /* Noise cannot tell */
    check_cut(TLS, 1, false);
    check_cut(TLS, tls_unit - 1, false);
    check_cut(TLS, tls_unit, false); /* no close_notify */
}

static void test_octets_changed_on_the_way_are_refused(void **state)
{
    (void)state;
    for (int s = 0; s < SECURITIES; s++) {
        /* behind the header of TLS, of which GnuTLS overlooks a part; in the shorter unit of Noise
         */
        for (size_t at = 5; at < 2 + 30 + 16; at += 7) {
            struct wire w;

            connect_wire(&w, (enum security)s);
            w.flip_at = w.passed + at;
            streamend_send(&dialler.end, 30, true);
            run_wire(&w);
            assert_int_equal(listener.end.got, 0);
            assert_int_equal(listener.end.nclosed, 1);
            assert_int_equal(listener.end.err, GW_EPROTO);
            teardown(NULL);
            setup(NULL);
        }
    }
}

/* ---- one inside the other, as through a relay ---- */

static void test_a_secured_stream_carries_another(void **state)
{
    (void)state;
    for (int outer = 0; outer < SECURITIES; outer++) {
        for (int inner = 0; inner < SECURITIES; inner++) {
            connect_both((enum security)outer, SOCKETS);
            struct stream *raw[2] = { dialler.end.s, listener.end.s };
            reset_side(&dialler);
            reset_side(&listener);
            start(&dialler, (enum security)inner, raw[0]);
            start(&listener, (enum security)inner, raw[1]);
            dialler.send_when_done = listener.send_when_done = 2000000;
            RUN_UNTIL(rig.loop, dialler.end.nclosed && listener.end.nclosed);
            assert_int_equal(dialler.end.got, 2000000);
            assert_int_equal(listener.end.got, 2000000);
            assert_false(dialler.end.is_wrong || listener.end.is_wrong);
            assert_int_equal(dialler.end.drained, 2000000);
            assert_int_equal(dialler.end.err | listener.end.err, 0);
            teardown(NULL);
            setup(NULL);
        }
    }
}

static int make_keys(void **state)
{
    (void)state;
    struct side *sides[] = { &dialler, &listener };
    for (int i = 0; i < 2; i++) {
        if (key_generate(&sides[i]->key) != 0 || tls_cred_new(sides[i]->key, &sides[i]->cred) != 0)
            return -1;
    }
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    tls_cred_free(dialler.cred);
    tls_cred_free(listener.cred);
    key_free(dialler.key);
    key_free(listener.key);
    return 0;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_both_ends_are_proved_and_the_muxer_agreed),
        TEST(test_muxer_is_left_open_where_one_end_tells_none),
        TEST(test_muxer_is_the_first_of_the_dialler_that_both_speak),
        TEST(test_muxers_without_a_common_one_fail_noise_and_are_left_open_by_tls),
        TEST(test_another_peer_than_expected_is_refused),
        TEST(test_noise_proves_host_keys_of_every_kind),
        TEST(test_noise_refuses_an_identity_that_is_not_proved),
        TEST(test_garbage_is_refused),
        TEST(test_noise_refuses_messages_too_long_for_a_handshake_at_once),
        TEST(test_a_silent_peer_times_out),
        TEST(test_a_peer_that_leaves_ends_the_handshake),
        TEST(test_cancel_is_silent_here_and_heard_there),
        TEST(test_handshake_in_single_octets_is_the_same),
        TEST(test_octets_right_behind_the_handshake_arrive),
        TEST(test_fin_right_behind_the_handshake_is_heard),
        TEST(test_a_mebibyte_each_way_arrives_and_is_drained_exactly),
        TEST(test_the_carrier_gets_its_credit_back_whole),
        TEST(test_a_reader_that_does_not_credit_stops_the_writer),
        TEST(test_half_closed_streams_go_on_the_other_way),
        TEST(test_reset_reaches_the_other_end),
        TEST(test_octets_that_nobody_wants_do_no_harm),
        TEST(test_a_stream_cut_off_is_reset),
        TEST(test_octets_changed_on_the_way_are_refused),
        TEST(test_a_secured_stream_carries_another),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
