/* quic_callbacks.c - see quic_callbacks.h. */
#include "transport/quic_callbacks.h"

#include <sodium.h>

#include "base/clock.h"
#include "base/container_of.h"
#include "base/err.h"

/* What ngtcp2 hands back to callbacks: the streams, for most of them need no more. */
static struct quic_conn *conn_of_user(void *user)
{
    return container_of(user, struct quic_conn, streams);
}

static void fill_random(uint8_t *dst, size_t n, const ngtcp2_rand_ctx *ctx)
{
    (void)ctx;
    randombytes_buf(dst, n);
}

static int on_new_cid(ngtcp2_conn *nc, ngtcp2_cid *cid, uint8_t *token, size_t n, void *user)
{
    struct quic_conn *c = conn_of_user(user);
    (void)nc;

    randombytes_buf(cid->data, n);
    cid->datalen = n;
    if (quic_tokens_reset(c->env->tokens, cid, token) ||
        quic_cids_add(c->env->cids, &c->cids, cid->data, n, c))
        return NGTCP2_ERR_CALLBACK_FAILURE;
    return 0;
}

static int on_remove_cid(ngtcp2_conn *nc, const ngtcp2_cid *cid, void *user)
{
    struct quic_conn *c = conn_of_user(user);
    (void)nc;
    quic_cids_del(c->env->cids, &c->cids, cid->data, cid->datalen);
    return 0;
}

/* A stateless reset bears no connection id of ours: it is found by the token at its end (RFC 9000
 * s.10.3.1). */
static int on_dcid_status(ngtcp2_conn *nc, ngtcp2_connection_id_status_type type, uint64_t seq,
                          const ngtcp2_cid *cid, const uint8_t *token, void *user)
{
    struct quic_conn *c = conn_of_user(user);
    (void)nc;
    (void)seq;
    (void)cid;

    if (!token)
        return 0;
    if (type == NGTCP2_CONNECTION_ID_STATUS_TYPE_DEACTIVATE)
        quic_cids_del(c->env->reset_tokens, &c->reset_tokens, token,
                      NGTCP2_STATELESS_RESET_TOKENLEN);
    else if (quic_cids_add(c->env->reset_tokens, &c->reset_tokens, token,
                           NGTCP2_STATELESS_RESET_TOKENLEN, c) == GW_ENOMEM)
        return NGTCP2_ERR_CALLBACK_FAILURE;
    return 0;
}

static void offer_token(struct quic_conn *c)
{
    uint8_t token[NGTCP2_CRYPTO_MAX_REGULAR_TOKENLEN];
    ngtcp2_ssize n = quic_tokens_make_regular(c->env->tokens, &c->path.remote, clock_mono_ns(),
                                              token);
    if (n > 0)
        ngtcp2_conn_submit_new_token(c->nc, token, (size_t)n);
}

static int on_handshake_completed(ngtcp2_conn *nc, void *user)
{
    struct quic_conn *c = conn_of_user(user);
    (void)nc;

    c->state = QUIC_CONN_READY;
    if (c->muxed.is_inbound) {
        c->env->nhalf_open--;
        offer_token(c);
        c->env->accept(c->env->arg, &c->muxed);
    } else {
        c->muxed.ev->on_ready(&c->muxed);
    }
    quic_conn_touch(c);
    return 0;
}

static int on_new_token(ngtcp2_conn *nc, const uint8_t *token, size_t n, void *user)
{
    struct quic_conn *c = conn_of_user(user);
    (void)nc;
    quic_tokens_keep(c->env->tokens, &c->path.remote, (struct bytes){ token, n });
    return 0;
}

static int on_datagram(ngtcp2_conn *nc, uint32_t flags, const uint8_t *data, size_t n, void *user)
{
    struct quic_conn *c = conn_of_user(user);
    (void)nc;
    (void)flags;

    c->dgrams.rx_bytes += n;
    if (c->muxed.ev->on_datagram)
        c->muxed.ev->on_datagram(&c->muxed, (struct bytes){ data, n });
    return 0;
}

const ngtcp2_callbacks quic_callbacks = {
    .client_initial = quic_tls_on_start,
    .recv_retry = ngtcp2_crypto_recv_retry_cb,
    .recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
    .recv_crypto_data = quic_tls_on_data,
    .encrypt = ngtcp2_crypto_encrypt_cb,
    .decrypt = ngtcp2_crypto_decrypt_cb,
    .hp_mask = ngtcp2_crypto_hp_mask_cb,
    .update_key = ngtcp2_crypto_update_key_cb,
    .delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,
    .delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,
    .version_negotiation = ngtcp2_crypto_version_negotiation_cb,
    .get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb,
    .rand = fill_random,
    .get_new_connection_id = on_new_cid,
    .remove_connection_id = on_remove_cid,
    .dcid_status = on_dcid_status,
    .handshake_completed = on_handshake_completed,
    .recv_new_token = on_new_token,
    .stream_open = quic_streams_on_open,
    .recv_stream_data = quic_streams_on_data,
    .acked_stream_data_offset = quic_streams_on_acked,
    .stream_close = quic_streams_on_close,
    .stream_reset = quic_streams_on_reset,
    .extend_max_local_streams_bidi = quic_streams_on_more,
    .extend_max_stream_data = quic_streams_on_more_data,
    .recv_datagram = on_datagram,
};

/* --- what GnuTLS asks --- */

ngtcp2_conn *quic_callbacks_conn(ngtcp2_crypto_conn_ref *ref)
{
    struct quic_tls_session *s = ref->user_data;
    return ((struct quic_conn *)s->arg)->nc;
}

int quic_callbacks_verify(void *arg, const struct peerid *peer)
{
    struct quic_conn *c = arg;

    c->muxed.peer = *peer;
    if (c->muxed.is_inbound)
        return c->env->admit(c->env->arg, peer) ? 0 : GW_EDENIED;
    return peerid_eq(peer, &c->expect) ? 0 : GW_EIDENTITY;
}
