/* tls.c - see tls.h.  GnuTLS pulls from the octets of the call at hand and pushes to its sink; it
 * never waits. */
#include "transport/tls.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/headroom.h"

#define RECORD_MAX 16384       /* octets of plaintext in a record (RFC 8446 s.5.1) */
#define UNIT_MAX   (64u << 10) /* several records, and a whole flight of the handshake */
#define ALPN_ALONE "libp2p"    /* the muxer is not told early */
#define MUXERS_MAX 2
/* Records sealed with one key: AES-GCM is good for 2^24 (RFC 8446 s.5.5). */
#define REKEY_RECORDS (1u << 18)

struct tls {
    gnutls_session_t session;
    const struct secure_config *cfg; /* until the handshake is over */
    bool is_initiator;
    int refused;
    struct peerid peer;
    struct rd in; /* of the call at hand */
    const struct cipher_sink *out;
    int out_err;
    gnutls_packet_t record; /* what was opened last; NULL: nothing */
    uint32_t nsealed;       /* records, since the handshake */
};

static ssize_t pull(gnutls_transport_ptr_t ptr, void *dst, size_t max)
{
    struct tls *t = ptr;
    size_t n = t->in.left < max ? t->in.left : max;

    if (!n) {
        gnutls_transport_set_errno(t->session, EAGAIN);
        return -1;
    }
    struct bytes v = rd_bytes(&t->in, n);
    memcpy(dst, v.p, n);
    return (ssize_t)n;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const void *p, size_t n)
{
    struct tls *t = ptr;
    int err = t->out->put(t->out->arg, (struct bytes){ p, n });

    if (!err)
        return (ssize_t)n;
    t->out_err = err;
    gnutls_transport_set_errno(t->session, EIO);
    return -1;
}

static int verify(gnutls_session_t session)
{
    struct tls *t = gnutls_session_get_ptr(session);

    t->refused = tls_cred_peer(session, &t->peer);
    if (!t->refused)
        t->refused = secure_judge(t->cfg, &t->peer);
    return t->refused ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

static void drop_record(struct tls *t)
{
    if (t->record)
        gnutls_packet_deinit(t->record);
    t->record = NULL;
}

static void op_free(void *cipher)
{
    struct tls *t = cipher;
    drop_record(t);
    if (t->session)
        gnutls_deinit(t->session);
    free(t);
}

void *tls_new(const struct secure_config *cfg, const struct tls_cred *cred, bool is_initiator)
{
    unsigned flags = GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS |
                     (is_initiator ? GNUTLS_CLIENT : GNUTLS_SERVER);
    const char *alpn[MUXERS_MAX + 2] = { 0 };
    struct tls *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->cfg = cfg;
    t->is_initiator = is_initiator;
    size_t n = 0;
    for (; n < MUXERS_MAX && cfg->muxers[n]; n++)
        alpn[n] = cfg->muxers[n];
    alpn[n] = ALPN_ALONE;
    if (gnutls_init(&t->session, flags) < 0 ||
        tls_cred_use(cred, t->session, !is_initiator, alpn, verify) != 0) {
        op_free(t);
        return NULL;
    }
    gnutls_session_set_ptr(t->session, t);
    gnutls_transport_set_ptr(t->session, t);
    gnutls_transport_set_pull_function(t->session, pull);
    gnutls_transport_set_push_function(t->session, push);
    gnutls_handshake_set_timeout(t->session, GNUTLS_INDEFINITE_TIMEOUT);
    return t;
}

static const char *early_muxer(const struct tls *t)
{
    gnutls_datum_t alpn = { 0 };

    if (gnutls_alpn_get_selected_protocol(t->session, &alpn) < 0)
        return NULL;
    for (size_t i = 0; t->cfg->muxers[i]; i++)
        if (bytes_eq((struct bytes){ alpn.data, alpn.size }, bytes_of(t->cfg->muxers[i])))
            return t->cfg->muxers[i];
    return NULL;
}

static int error_of(const struct tls *t, ssize_t rv)
{
    if (t->refused)
        return t->refused;
    if (t->out_err)
        return t->out_err;
    if (rv == GNUTLS_E_MEMORY_ERROR)
        return GW_ENOMEM;
    return GW_EPROTO;
}

static ssize_t op_step(void *cipher, struct bytes in, const struct cipher_sink *out, bool *is_done,
                       struct cipher_proof *proof)
{
    struct tls *t = cipher;

    if (!headroom_is_there())
        return GW_ENOMEM;
    t->in = rd_init(in);
    t->out = out;
    int rv = gnutls_handshake(t->session);
    if (rv < 0 && gnutls_error_is_fatal(rv))
        return error_of(t, rv); /* no alert: the stream is reset, which would outrun it */
    if (rv == GNUTLS_E_SUCCESS) {
        proof->peer = t->peer;
        proof->muxer = early_muxer(t);
        t->cfg = NULL;
        *is_done = true;
    }
    return (ssize_t)(in.n - t->in.left);
}

static ssize_t op_open(void *cipher, struct span in, const struct cipher_sink *out,
                       struct bytes *plain)
{
    struct tls *t = cipher;
    gnutls_datum_t v = { 0 };
    ssize_t n;

    drop_record(t);
    t->in = rd_init((struct bytes){ in.p, in.n });
    t->out = out;
    do
        n = gnutls_record_recv_packet(t->session, &t->record);
    while (n == GNUTLS_E_INTERRUPTED);
    size_t used = in.n - t->in.left;
    if (n == 0)
        return GW_ECLOSED;
    if (n < 0 && gnutls_error_is_fatal((int)n))
        return error_of(t, n);
    if (t->record)
        gnutls_packet_get(t->record, &v, NULL);
    *plain = (struct bytes){ v.data, v.size };
    return (ssize_t)used;
}

static int op_seal(void *cipher, struct span plain, const struct cipher_sink *out)
{
    struct tls *t = cipher;

    t->out = out;
    while (plain.n) { /* the peer may have asked for shorter records */
        ssize_t n = gnutls_record_send(t->session, plain.p, plain.n);
        if (n > 0 && ++t->nsealed % REKEY_RECORDS == 0 &&
            gnutls_session_key_update(t->session, 0) < 0)
            n = GNUTLS_E_INTERNAL_ERROR;
        if (n <= 0)
            return error_of(t, n);
        plain.p += n;
        plain.n -= (size_t)n;
    }
    return 0;
}

static int op_say_end(void *cipher, const struct cipher_sink *out)
{
    struct tls *t = cipher;
    t->out = out;
    return gnutls_bye(t->session, GNUTLS_SHUT_WR) == 0 ? 0 : error_of(t, 0);
}

const struct cipher_ops tls_ops = {
    .plain_max = RECORD_MAX,
    .unit_max = UNIT_MAX,
    .step = op_step,
    .open = op_open,
    .seal = op_seal,
    .say_end = op_say_end,
    .free = op_free,
};
