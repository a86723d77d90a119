/* test_tls.c - the TLS cipher alone, octets passed by hand: against another one, and against a
 * session of GnuTLS that does what libp2p's TLS does not. */
#include "transport/tls.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/log.h"
#include "no_headroom.h"

#define QUEUE_MAX 65536

struct queue { /* octets on their way */
    uint8_t p[QUEUE_MAX];
    size_t n;
};

static struct key *key;
static struct tls_cred *cred;
static struct secure_config cfg;
static struct queue to_ours, to_theirs;

static void *ours, *theirs;      /* ciphers */
static gnutls_session_t session; /* in the place of theirs */

static int setup(void **state)
{
    static const char *const muxers[] = { "/yamux/1.0.0", NULL };
    (void)state;
    cfg = (struct secure_config){ .key = key, .muxers = muxers };
    to_ours.n = to_theirs.n = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (ours)
        tls_ops.free(ours);
    if (theirs)
        tls_ops.free(theirs);
    if (session)
        gnutls_deinit(session);
    ours = theirs = NULL;
    session = NULL;
    return 0;
}

static int put(void *arg, struct bytes v)
{
    struct queue *q = arg;
    assert_true(v.n <= sizeof q->p - q->n);
    memcpy(q->p + q->n, v.p, v.n);
    q->n += v.n;
    return 0;
}

static void take(struct queue *q, size_t n)
{
    q->n -= n;
    memmove(q->p, q->p + n, q->n);
}

static const struct cipher_sink sink_to_ours = { put, &to_ours },
                                sink_to_theirs = { put, &to_theirs };

/* One step of ours with what has come.  0: it goes on, 1: done, < 0: its error. */
static int step(void *cipher, struct queue *in, const struct cipher_sink *out)
{
    struct cipher_proof proof;
    bool is_done = false;
    ssize_t n = tls_ops.step(cipher, (struct bytes){ in->p, in->n }, out, &is_done, &proof);

    if (n < 0)
        return (int)n;
    take(in, (size_t)n);
    return is_done;
}

/* ---- against itself ---- */

static void connect_both(void)
{
    int a = 0, b = 0;

    ours = tls_new(&cfg, cred, false);
    theirs = tls_new(&cfg, cred, true);
    for (int i = 0; i < 10 && (a == 0 || b == 0); i++) {
        if (b == 0)
            b = step(theirs, &to_theirs, &sink_to_ours);
        if (a == 0)
            a = step(ours, &to_ours, &sink_to_theirs);
    }
    assert_int_equal(a, 1);
    assert_int_equal(b, 1);
}

/* Opens all that has come for ours; the octets of plaintext, or its error. */
static ssize_t open_all(void)
{
    struct bytes plain;
    size_t total = 0;
    ssize_t n;

    while (to_ours.n) {
        plain = (struct bytes){ 0 };
        n = tls_ops.open(ours, (struct span){ to_ours.p, to_ours.n }, &sink_to_theirs, &plain);
        if (n < 0)
            return n;
        assert_true(n > 0);
        take(&to_ours, (size_t)n);
        total += plain.n;
    }
    return (ssize_t)total;
}

static void test_seal_takes_a_new_key_long_before_one_is_worn_out(void **state)
{
    (void)state;
    const size_t record = 5 + 1 + 1 + 16, key_update = 5 + 5 + 1 + 16;
    const uint32_t most = 1u << 24; /* RFC 8446 s.5.5, full-size records of AES-GCM */
    uint32_t n = 0;
    size_t sent = 0;

    connect_both();
    to_ours.n = 0;
    do {
        uint8_t octet = (uint8_t)n;
        assert_int_equal(tls_ops.seal(theirs, (struct span){ &octet, 1 }, &sink_to_ours), 0);
        sent = to_ours.n;
        n++;
        assert_int_equal(open_all(), 1);
    } while (sent == record && n < most / 16);
    assert_int_equal(sent, record + key_update);
    uint8_t octet = 1;
    assert_int_equal(tls_ops.seal(theirs, (struct span){ &octet, 1 }, &sink_to_ours), 0);
    assert_int_equal(open_all(), 1);
}

static void test_close_notify_is_told_from_other_ends(void **state)
{
    (void)state;
    uint8_t octets[3] = { 1, 2, 3 };

    connect_both();
    to_ours.n = 0;
    assert_int_equal(tls_ops.seal(theirs, (struct span){ octets, 3 }, &sink_to_ours), 0);
    assert_int_equal(open_all(), 3);
    assert_int_equal(tls_ops.say_end(theirs, &sink_to_ours), 0);
    assert_int_equal(open_all(), GW_ECLOSED);
    assert_int_equal(tls_ops.seal(ours, (struct span){ octets, 3 }, &sink_to_theirs), 0);
}

static int refuse(void *arg, struct bytes v)
{
    (void)arg;
    (void)v;
    return GW_ENOMEM;
}

static void test_a_sink_that_takes_nothing_is_told(void **state)
{
    (void)state;
    const struct cipher_sink full = { refuse, NULL };
    uint8_t octet = 1;

    ours = tls_new(&cfg, cred, true);
    assert_int_equal(step(ours, &to_ours, &full), GW_ENOMEM);
    tls_ops.free(ours);
    connect_both();
    assert_int_equal(tls_ops.seal(ours, (struct span){ &octet, 1 }, &full), GW_ENOMEM);
}

/* ---- against GnuTLS ---- */

static ssize_t session_pull(gnutls_transport_ptr_t ptr, void *dst, size_t max)
{
    size_t n = to_theirs.n < max ? to_theirs.n : max;
    (void)ptr;

    if (!n) {
        gnutls_transport_set_errno(session, EAGAIN);
        return -1;
    }
    memcpy(dst, to_theirs.p, n);
    take(&to_theirs, n);
    return (ssize_t)n;
}

static ssize_t session_push(gnutls_transport_ptr_t ptr, const void *p, size_t n)
{
    (void)ptr;
    put(&to_ours, (struct bytes){ p, n });
    return (ssize_t)n;
}

static int session_verify(gnutls_session_t s)
{
    (void)s;
    return 0;
}

static const char *const alpn_libp2p[] = { "/yamux/1.0.0", "libp2p", NULL };

/* Theirs is such a session, a client or a server. */
static void session_new(unsigned flags, const char *const *alpn)
{
    assert_int_equal(gnutls_init(&session, flags | GNUTLS_NONBLOCK), 0);
    assert_int_equal(tls_cred_use(cred, session, flags & GNUTLS_SERVER, alpn, session_verify), 0);
    gnutls_transport_set_pull_function(session, session_pull);
    gnutls_transport_set_push_function(session, session_push);
    gnutls_handshake_set_timeout(session, GNUTLS_INDEFINITE_TIMEOUT);
}

/* Ours: 1, or its error. */
static int session_connect(bool is_server)
{
    int a = 0, b = GNUTLS_E_AGAIN;

    ours = tls_new(&cfg, cred, !is_server);
    for (int i = 0; i < 10 && a == 0; i++) {
        if (b != 0)
            b = gnutls_handshake(session);
        a = step(ours, &to_ours, &sink_to_theirs);
    }
    return a;
}

static void session_says(const char *text)
{
    assert_int_equal(gnutls_record_send(session, text, strlen(text)), strlen(text));
}

static void test_a_peer_that_asks_for_new_keys_gets_them(void **state)
{
    (void)state;
    uint8_t octet = 7, got;

    session_new(GNUTLS_CLIENT, alpn_libp2p);
    assert_int_equal(session_connect(true), 1);
    assert_int_equal(gnutls_session_key_update(session, GNUTLS_KU_PEER), 0);
    session_says("new");
    assert_int_equal(open_all(), 3);
    to_theirs.n = 0;
    assert_int_equal(tls_ops.seal(ours, (struct span){ &octet, 1 }, &sink_to_theirs), 0);
    assert_true(to_theirs.n > 5 + 1 + 1 + 16); /* an update of its own before it */
    ssize_t n;
    do
        n = gnutls_record_recv(session, &got, 1);
    while (n == GNUTLS_E_AGAIN && to_theirs.n);
    assert_int_equal(n, 1);
    assert_int_equal(got, octet);
}

static void test_session_tickets_are_passed_over(void **state)
{
    (void)state;
    gnutls_datum_t ticket_key;

    session_new(GNUTLS_SERVER, alpn_libp2p);
    assert_int_equal(gnutls_session_ticket_key_generate(&ticket_key), 0);
    assert_int_equal(gnutls_session_ticket_enable_server(session, &ticket_key), 0);
    assert_int_equal(session_connect(false), 1);
    while (gnutls_handshake(session) == GNUTLS_E_AGAIN)
        continue;
    assert_int_equal(gnutls_session_ticket_send(session, 2, 0), 0);
    session_says("data");
    assert_int_equal(open_all(), 4);
    gnutls_free(ticket_key.data);
}

static void test_an_alert_ends_the_stream(void **state)
{
    (void)state;
    session_new(GNUTLS_CLIENT, alpn_libp2p);
    assert_int_equal(session_connect(true), 1);
    assert_int_equal(gnutls_alert_send(session, GNUTLS_AL_FATAL, GNUTLS_A_INTERNAL_ERROR), 0);
    assert_int_equal(open_all(), GW_EPROTO);
}

static void test_peers_that_are_not_libp2ps_tls_are_refused(void **state)
{
    static const char *const alpn_http[] = { "h2", NULL };
    gnutls_certificate_credentials_t nobody;

    assert_int_equal(gnutls_certificate_allocate_credentials(&nobody), 0);
    for (int i = 0; i < 3; i++) {
        session_new(GNUTLS_CLIENT, i == 0 ? alpn_http : alpn_libp2p);
        if (i == 1)
            gnutls_priority_set_direct(session, "NORMAL:-VERS-ALL:+VERS-TLS1.2", NULL);
        if (i == 2) /* no certificate */
            gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, nobody);
        assert_int_equal(session_connect(true), GW_EPROTO);
        teardown(state);
        setup(state);
    }
    gnutls_certificate_free_credentials(nobody);
}

static void test_step_without_headroom_is_out_of_memory(void **state)
{
    (void)state;
    ours = tls_new(&cfg, cred, false);
    headroom_left = 0;
    assert_int_equal(step(ours, &to_ours, &sink_to_theirs), GW_ENOMEM);
    headroom_left = UINT_MAX;
    assert_int_equal(to_theirs.n, 0);
}

static int make_key(void **state)
{
    (void)state;
    return key_generate(&key) || tls_cred_new(key, &cred) ? -1 : 0;
}

static int free_key(void **state)
{
    (void)state;
    tls_cred_free(cred);
    key_free(key);
    return 0;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_seal_takes_a_new_key_long_before_one_is_worn_out),
        TEST(test_close_notify_is_told_from_other_ends),
        TEST(test_a_sink_that_takes_nothing_is_told),
        TEST(test_a_peer_that_asks_for_new_keys_gets_them),
        TEST(test_session_tickets_are_passed_over),
        TEST(test_an_alert_ends_the_stream),
        TEST(test_peers_that_are_not_libp2ps_tls_are_refused),
        TEST(test_step_without_headroom_is_out_of_memory),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, make_key, free_key);
}
