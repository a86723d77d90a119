/* quic_token.c - see quic_token.h. */
#include "transport/quic_token.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "transport/quic_cid.h"

#define SECRET_LEN    32
#define KEPT_MAX      64 /* tokens of others */
#define RETRY_VALID   (10 * NGTCP2_SECONDS)
#define REGULAR_VALID (24 * 3600 * NGTCP2_SECONDS)

struct kept {
    struct sockaddr_any remote;
    size_t n;
    uint8_t token[QUIC_TOKEN_MAX];
};

struct quic_tokens {
    uint8_t address_secret[SECRET_LEN], reset_secret[SECRET_LEN];
    struct kept *kept; /* KEPT_MAX of them, a ring; NULL until the first */
    size_t next;
};

struct quic_tokens *quic_tokens_new(const struct key *key)
{
    struct quic_tokens *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    key_derive(key, "quic address token", t->address_secret);
    key_derive(key, "quic stateless reset", t->reset_secret);
    return t;
}

void quic_tokens_free(struct quic_tokens *t)
{
    if (!t)
        return;
    free(t->kept);
    sodium_memzero(t, sizeof *t);
    free(t);
}

int quic_tokens_reset(const struct quic_tokens *t, const ngtcp2_cid *cid,
                      uint8_t out[NGTCP2_STATELESS_RESET_TOKENLEN])
{
    int rv = ngtcp2_crypto_generate_stateless_reset_token(out, t->reset_secret, SECRET_LEN, cid);
    return rv ? GW_EIO : 0;
}

ngtcp2_ssize quic_tokens_write_retry(const struct quic_tokens *t, const ngtcp2_pkt_hd *hd,
                                     const struct sockaddr_any *remote, uint64_t now_ns,
                                     uint8_t *dst, size_t cap)
{
    uint8_t token[NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN2];
    ngtcp2_cid scid = { .datalen = QUIC_CID_LEN };

    randombytes_buf(scid.data, scid.datalen);
    ngtcp2_ssize n = ngtcp2_crypto_generate_retry_token2(token, t->address_secret, SECRET_LEN,
                                                         hd->version, &remote->sa, remote->len,
                                                         &scid, &hd->dcid, now_ns);
    if (n < 0)
        return GW_EIO;
    n = ngtcp2_crypto_write_retry(dst, cap, hd->version, &hd->scid, &scid, &hd->dcid, token,
                                  (size_t)n);
    return n > 0 ? n : GW_EIO;
}

enum quic_token_kind quic_tokens_check(const struct quic_tokens *t, const ngtcp2_pkt_hd *hd,
                                       const struct sockaddr_any *remote, uint64_t now_ns,
                                       ngtcp2_cid *odcid)
{
    if (hd->tokenlen == 0)
        return QUIC_TOKEN_NONE;
    if (hd->token[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY2) {
        int rv = ngtcp2_crypto_verify_retry_token2(
            odcid, hd->token, hd->tokenlen, t->address_secret, SECRET_LEN, hd->version, &remote->sa,
            remote->len, &hd->dcid, RETRY_VALID, now_ns);
        return rv ? QUIC_TOKEN_BAD : QUIC_TOKEN_RETRY;
    }
    int rv = ngtcp2_crypto_verify_regular_token(hd->token, hd->tokenlen, t->address_secret,
                                                SECRET_LEN, &remote->sa, remote->len, REGULAR_VALID,
                                                now_ns);
    return rv ? QUIC_TOKEN_NONE
              : QUIC_TOKEN_REGULAR; /* a stranger's or an old token: as if there were none */
}

ngtcp2_ssize quic_tokens_make_regular(const struct quic_tokens *t,
                                      const struct sockaddr_any *remote, uint64_t now_ns,
                                      uint8_t dst[NGTCP2_CRYPTO_MAX_REGULAR_TOKENLEN])
{
    ngtcp2_ssize n = ngtcp2_crypto_generate_regular_token(dst, t->address_secret, SECRET_LEN,
                                                          &remote->sa, remote->len, now_ns);
    return n > 0 ? n : GW_EIO;
}

static struct kept *find_kept(const struct quic_tokens *t, const struct sockaddr_any *remote)
{
    for (size_t i = 0; t->kept && i < KEPT_MAX; i++) {
        if (t->kept[i].n && sockaddr_eq(&t->kept[i].remote, remote))
            return &t->kept[i];
    }
    return NULL;
}

void quic_tokens_keep(struct quic_tokens *t, const struct sockaddr_any *remote, struct bytes token)
{
    if (token.n == 0 || token.n > QUIC_TOKEN_MAX)
        return;
    if (!t->kept && !(t->kept = calloc(KEPT_MAX, sizeof *t->kept)))
        return;
    struct kept *k = find_kept(t, remote);
    if (!k) {
        k = &t->kept[t->next];
        t->next = (t->next + 1) % KEPT_MAX;
    }
    k->remote = *remote;
    k->n = token.n;
    memcpy(k->token, token.p, token.n);
}

size_t quic_tokens_take(struct quic_tokens *t, const struct sockaddr_any *remote,
                        uint8_t out[QUIC_TOKEN_MAX])
{
    struct kept *k = find_kept(t, remote);
    if (!k)
        return 0;
    size_t n = k->n;
    memcpy(out, k->token, n);
    k->n = 0;
    return n;
}
