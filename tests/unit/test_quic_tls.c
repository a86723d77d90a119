/* test_quic_tls.c - peers whose certificate is not a libp2p one, over real packets: an ordinary
 * self-signed certificate, or none, on either side of a handshake; and peers without ALPN.
 *
 * The odd peer is our own endpoint with some functions of GnuTLS replaced here; what it is told
 * is seen in one of ngtcp2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <gnutls/x509.h>
#include <ngtcp2/ngtcp2.h>
#include <sodium.h>

#include "base/err.h"
#include "base/log.h"
#include "looprig.h"
#include "transport/quic.h"

#define DEADLINE_MS 10000

/* RFC 9001 s.4.8: 0x0100 and the alert of RFC 8446 s.6. */
#define BAD_CERTIFICATE         (0x0100 + 42)
#define CERTIFICATE_REQUIRED    (0x0100 + 116)
#define NO_APPLICATION_PROTOCOL (0x0100 + 120)

enum oddity { LIBP2P, NO_EXTENSION, NO_CERTIFICATE };

struct side {
    struct key *key;
    struct quic *quic;
    struct muxed *conn;
    bool is_ready;
    int nclosed, close_err, naccepted;
};

static struct looprig rig;
static struct side listener, dialler;
static struct multiaddr listener_addr;
static enum oddity making;              /* of the endpoint that is being made */
static uint64_t told;                   /* the code of the last CONNECTION_CLOSE that came */
static unsigned nsessions;              /* the dialler's is the first */
static unsigned without_alpn;           /* one of them, or 0 */
static gnutls_session_t session_of_odd; /* that one */

typedef int set_extension_fn(gnutls_x509_crt_t, const char *, const void *, size_t, unsigned);
typedef int set_key_fn(gnutls_certificate_credentials_t, gnutls_x509_crt_t *, int,
                       gnutls_x509_privkey_t);
typedef int set_alpn_fn(gnutls_session_t, const gnutls_datum_t *, unsigned, unsigned);
typedef int get_alpn_fn(gnutls_session_t, gnutls_datum_t *);
typedef const ngtcp2_ccerr *get_ccerr_fn(ngtcp2_conn *);

/* The library's own function. */
#define REAL(type, name) ((type *)(uintptr_t)dlsym(RTLD_NEXT, name))

int gnutls_x509_crt_set_extension_by_oid(gnutls_x509_crt_t crt, const char *oid, const void *p,
                                         size_t n, unsigned critical)
{
    if (making == NO_EXTENSION)
        return 0;
    return REAL(set_extension_fn, "gnutls_x509_crt_set_extension_by_oid")(crt, oid, p, n, critical);
}

int gnutls_certificate_set_x509_key(gnutls_certificate_credentials_t cred, gnutls_x509_crt_t *crt,
                                    int n, gnutls_x509_privkey_t key)
{
    if (making == NO_CERTIFICATE)
        return 0;
    return REAL(set_key_fn, "gnutls_certificate_set_x509_key")(cred, crt, n, key);
}

int gnutls_alpn_set_protocols(gnutls_session_t tls, const gnutls_datum_t *v, unsigned n,
                              unsigned flags)
{
    if (++nsessions == without_alpn) {
        session_of_odd = tls;
        return 0;
    }
    return REAL(set_alpn_fn, "gnutls_alpn_set_protocols")(tls, v, n, flags);
}

int gnutls_alpn_get_selected_protocol(gnutls_session_t tls, gnutls_datum_t *out)
{
    if (tls == session_of_odd)
        return 0;
    return REAL(get_alpn_fn, "gnutls_alpn_get_selected_protocol")(tls, out);
}

const ngtcp2_ccerr *ngtcp2_conn_get_ccerr(ngtcp2_conn *nc)
{
    const ngtcp2_ccerr *e = REAL(get_ccerr_fn, "ngtcp2_conn_get_ccerr")(nc);

    if (e->type == NGTCP2_CCERR_TYPE_TRANSPORT)
        told = e->error_code;
    return e;
}

static void side_ready(struct muxed *m)
{
    ((struct side *)m->owner)->is_ready = true;
}

static void side_stream(struct muxed *m, struct stream *s)
{
    (void)m;
    stream_drop(s, GW_ECANCELED);
}

static void side_moved(struct muxed *m)
{
    (void)m;
}

static void side_close(struct muxed *m, int err)
{
    struct side *x = m->owner;

    x->conn = NULL;
    x->nclosed++;
    x->close_err = err;
}

static const struct muxed_events side_events = {
    .on_ready = side_ready, .on_stream = side_stream, .on_moved = side_moved, .on_close = side_close
};

static bool admit(void *arg, const struct peerid *peer)
{
    (void)arg;
    (void)peer;
    return true;
}

static void accept_conn(void *arg, struct muxed *m)
{
    struct side *x = arg;

    x->naccepted++;
    m->ev = &side_events;
    m->owner = x;
}

static void side_init(struct side *x, enum oddity oddity)
{
    static const struct quic_config cfg = { .max_half_open = 64,
                                            .max_streams = 8,
                                            .max_peers = 8,
                                            .window = 1u << 20,
                                            .handshake_timeout_ms = 3000 };

    *x = (struct side){ 0 };
    assert_int_equal(key_generate(&x->key), 0);
    making = oddity;
    x->quic = quic_new(rig.loop, rig.turn, x->key, &cfg, admit, accept_conn, x);
    making = LIBP2P;
    assert_non_null(x->quic);
}

static void side_fini(struct side *x)
{
    quic_free(x->quic);
    key_free(x->key);
}

static void start(enum oddity of_listener, enum oddity of_dialler)
{
    struct multiaddr any;

    side_init(&listener, of_listener);
    side_init(&dialler, of_dialler);
    assert_int_equal(multiaddr_parse(bytes_of("/ip4/127.0.0.1/udp/0/quic-v1"), &any), 0);
    assert_int_equal(quic_listen(listener.quic, &any, &listener_addr), 0);
}

static void dial(struct side *x)
{
    assert_int_equal(quic_dial(x->quic, &listener_addr, key_peerid(listener.key), &x->conn), 0);
    x->conn->ev = &side_events;
    x->conn->owner = x;
}

static void wait_for(const int *count)
{
    for (int ms = 0; ms < DEADLINE_MS && !*count; ms++)
        looprig_run_ms(&rig, 1);
    assert_int_equal(*count, 1);
}

static int setup(void **state)
{
    (void)state;
    assert_true(sodium_init() >= 0);
    log_set_level(LOG_LEVEL_ERROR);
    looprig_init(&rig);
    told = 0;
    nsessions = without_alpn = 0;
    session_of_odd = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    side_fini(&dialler);
    side_fini(&listener);
    looprig_fini(&rig);
    return 0;
}

/* A libp2p peer gets in after the other one was refused. */
static void check_listener_goes_on(void)
{
    assert_int_equal(listener.naccepted, 0);
    side_fini(&dialler);
    side_init(&dialler, LIBP2P);
    dial(&dialler);
    wait_for(&listener.naccepted);
    assert_true(dialler.is_ready);
    assert_int_equal(dialler.nclosed, 0);
}

static void test_listener_refuses_a_certificate_without_the_extension(void **state)
{
    (void)state;
    start(LIBP2P, NO_EXTENSION);
    dial(&dialler);
    wait_for(&dialler.nclosed);
    assert_int_equal(dialler.close_err, GW_EPROTO);
    assert_int_equal(told, BAD_CERTIFICATE);
    check_listener_goes_on();
}

static void test_listener_demands_a_certificate(void **state)
{
    (void)state;
    start(LIBP2P, NO_CERTIFICATE);
    dial(&dialler);
    wait_for(&dialler.nclosed);
    assert_int_equal(dialler.close_err, GW_EPROTO);
    assert_int_equal(told, CERTIFICATE_REQUIRED);
    check_listener_goes_on();
}

static void test_dialler_refuses_a_certificate_without_the_extension(void **state)
{
    (void)state;
    start(NO_EXTENSION, LIBP2P);
    dial(&dialler);
    wait_for(&dialler.nclosed);
    assert_int_equal(dialler.close_err, GW_EPROTO);
    assert_false(dialler.is_ready);
    looprig_run_ms(&rig, 50); /* what it says arrives */
    assert_int_equal(told, BAD_CERTIFICATE);
    assert_int_equal(listener.naccepted, 0);
}

/* RFC 9001 s.8.1 */
static void test_listener_demands_alpn(void **state)
{
    (void)state;
    start(LIBP2P, LIBP2P);
    without_alpn = 1;
    dial(&dialler);
    wait_for(&dialler.nclosed);
    assert_int_equal(dialler.close_err, GW_EPROTO);
    assert_int_equal(told, NO_APPLICATION_PROTOCOL);
    check_listener_goes_on();
}

static void test_dialler_demands_alpn(void **state)
{
    (void)state;
    start(LIBP2P, LIBP2P);
    without_alpn = 2;
    dial(&dialler);
    wait_for(&dialler.nclosed);
    assert_int_equal(dialler.close_err, GW_ENOPROTO);
    assert_false(dialler.is_ready);
    looprig_run_ms(&rig, 50); /* what it says arrives */
    assert_int_equal(told, NO_APPLICATION_PROTOCOL);
    assert_int_equal(listener.naccepted, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_listener_refuses_a_certificate_without_the_extension),
        T(test_listener_demands_a_certificate),
        T(test_dialler_refuses_a_certificate_without_the_extension),
        T(test_listener_demands_alpn),
        T(test_dialler_demands_alpn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
