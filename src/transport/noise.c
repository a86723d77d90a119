/* noise.c - see noise.h.  Every message has its length in front of it, two octets. */
#include "transport/noise.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "id/pubkey.h"
#include "transport/noise_xx.h"
#include "wire/noise_msg.h"

#define LENGTH_LEN    2
#define PLAIN_MAX     (NOISE_MSG_MAX - NOISE_TAG_LEN)
#define UNIT_MAX      (LENGTH_LEN + NOISE_MSG_MAX)
#define HANDSHAKE_MAX 4096 /* octets of a handshake message: an RSA key and its signature fit */
#define SIGNED_PREFIX "noise-libp2p-static-key:"
#define SIGNED_LEN    (sizeof SIGNED_PREFIX - 1 + NOISE_KEY_LEN)

struct noise {
    const struct secure_config *cfg; /* until the handshake is over */
    bool is_initiator;
    struct noise_xx xx;
    struct noise_cipher tx, rx;
};

void *noise_new(const struct secure_config *cfg, bool is_initiator)
{
    uint8_t secret[2][NOISE_KEY_LEN];
    struct noise *n = calloc(1, sizeof *n);

    if (!n)
        return NULL;
    n->cfg = cfg;
    n->is_initiator = is_initiator;
    randombytes_buf(secret, sizeof secret);
    noise_xx_init(&n->xx, is_initiator, (struct bytes){ 0 }, secret[0], secret[1]);
    sodium_memzero(secret, sizeof secret);
    return n;
}

static void op_free(void *cipher)
{
    struct noise *n = cipher;
    sodium_memzero(n, sizeof *n);
    free(n);
}

/* ---- the handshake ---- */

static void make_signed(uint8_t out[SIGNED_LEN], const uint8_t key[NOISE_KEY_LEN])
{
    memcpy(out, SIGNED_PREFIX, sizeof SIGNED_PREFIX - 1);
    memcpy(out + sizeof SIGNED_PREFIX - 1, key, NOISE_KEY_LEN);
}

/* Our identity and muxers, in the messages that are encrypted: the second and the third. */
static int make_payload(struct noise *n, uint8_t *dst, size_t cap)
{
    uint8_t text[SIGNED_LEN], sig[KEY_SIG_LEN];
    struct noise_msg m = { .identity_key = key_public_pb(n->cfg->key),
                           .identity_sig = { sig, sizeof sig } };

    make_signed(text, n->xx.s_public);
    key_sign(n->cfg->key, (struct bytes){ text, sizeof text }, sig);
    for (size_t i = 0; n->cfg->muxers[i] && i < NOISE_MSG_MUXERS_MAX; i++)
        m.muxers[m.nmuxers++] = bytes_of(n->cfg->muxers[i]);
    return noise_msg_encode(dst, cap, &m);
}

static int speak(struct noise *n, const struct cipher_sink *out)
{
    uint8_t payload[HANDSHAKE_MAX - NOISE_XX_OVERHEAD_MAX], msg[LENGTH_LEN + HANDSHAKE_MAX];
    int npayload = n->xx.step == 0 ? 0 : make_payload(n, payload, sizeof payload);

    if (npayload < 0)
        return npayload;
    ssize_t len = noise_xx_write(&n->xx, (struct bytes){ payload, (size_t)npayload },
                                 msg + LENGTH_LEN, HANDSHAKE_MAX);
    if (len < 0)
        return (int)len;
    struct wr w = wr_init((struct span){ msg, LENGTH_LEN });
    wr_u16(&w, (uint16_t)len);
    return out->put(out->arg, (struct bytes){ msg, LENGTH_LEN + (size_t)len });
}

/* The first on the initiator's list that both speak (specs/connections, inlined muxer negotiation).
 * 0; GW_EUNSUP: both have told theirs, and none is common. */
static int choose_muxer(const struct noise *n, const struct noise_msg *m, const char **out)
{
    size_t best = SIZE_MAX;

    *out = NULL;
    for (size_t i = 0; n->cfg->muxers[i]; i++) {
        for (size_t k = 0; k < m->nmuxers; k++) {
            size_t rank = n->is_initiator ? i : k;
            if (rank >= best || !bytes_eq(m->muxers[k], bytes_of(n->cfg->muxers[i])))
                continue;
            best = rank;
            *out = n->cfg->muxers[i];
        }
    }
    return *out || !m->nmuxers || !n->cfg->muxers[0] ? 0 : GW_EUNSUP;
}

/* Who has signed this static key? */
static int prove(struct noise *n, struct bytes payload, struct cipher_proof *proof)
{
    uint8_t text[SIGNED_LEN];
    struct noise_msg m;
    int err = noise_msg_decode(payload, &m);

    make_signed(text, n->xx.rs);
    if (!err)
        err = pubkey_prove(m.identity_key, (struct bytes){ text, sizeof text }, m.identity_sig,
                           &proof->peer);
    if (err) {
        log_info("noise handshake refused: the identity is not proved (%s)", gw_strerror(err));
        return GW_EPROTO;
    }
    err = secure_judge(n->cfg, &proof->peer);
    return err ? err : choose_muxer(n, &m, &proof->muxer);
}

static int hear(struct noise *n, struct bytes msg, struct cipher_proof *proof)
{
    uint8_t copy[HANDSHAKE_MAX]; /* it is decrypted in place */
    struct bytes payload;
    bool has_identity = n->xx.step > 0;

    memcpy(copy, msg.p, msg.n);
    int err = noise_xx_read(&n->xx, (struct span){ copy, msg.n }, &payload);
    return err || !has_identity ? err : prove(n, payload, proof);
}

static ssize_t op_step(void *cipher, struct bytes in, const struct cipher_sink *out, bool *is_done,
                       struct cipher_proof *proof)
{
    struct noise *n = cipher;
    struct rd r = rd_init(in);
    int err = 0;

    if (noise_xx_is_writing(&n->xx) && (err = speak(n, out)) != 0)
        return err; /* the initiator's first one */
    uint16_t len = rd_u16(&r);
    struct bytes msg = rd_bytes(&r, len);
    if (len > HANDSHAKE_MAX)
        return GW_EPROTO;
    if (r.short_)
        return 0;
    err = hear(n, msg, proof);
    if (!err && noise_xx_is_writing(&n->xx))
        err = speak(n, out);
    if (!err && noise_xx_is_done(&n->xx)) {
        noise_xx_split(&n->xx, &n->tx, &n->rx);
        n->cfg = NULL;
        *is_done = true;
    }
    return err ? err : (ssize_t)(LENGTH_LEN + msg.n);
}

/* ---- transport messages ---- */

static ssize_t op_open(void *cipher, struct span in, const struct cipher_sink *out,
                       struct bytes *plain)
{
    struct noise *n = cipher;
    struct rd r = rd_init((struct bytes){ in.p, in.n });
    size_t len = rd_u16(&r);
    (void)out;

    if (r.short_ || r.left < len)
        return 0;
    int err = noise_open(&n->rx, (struct span){ in.p + LENGTH_LEN, len }, plain);
    return err ? err : (ssize_t)(LENGTH_LEN + len);
}

static int op_seal(void *cipher, struct span plain, const struct cipher_sink *out)
{
    struct noise *n = cipher;
    struct bytes unit = { plain.p - LENGTH_LEN, LENGTH_LEN + plain.n + NOISE_TAG_LEN };
    struct wr w = wr_init((struct span){ plain.p - LENGTH_LEN, LENGTH_LEN });

    wr_u16(&w, (uint16_t)(plain.n + NOISE_TAG_LEN));
    int err = noise_seal(&n->tx, (struct bytes){ plain.p, plain.n }, plain.p);
    return err ? err : out->put(out->arg, unit);
}

const struct cipher_ops noise_ops = {
    .plain_max = PLAIN_MAX,
    .unit_max = UNIT_MAX,
    .head = LENGTH_LEN,
    .tail = NOISE_TAG_LEN,
    .step = op_step,
    .open = op_open,
    .seal = op_seal,
    .free = op_free,
};
