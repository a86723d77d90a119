/* peerid.c - see peerid.h. */
#include "id/peerid.h"

#include <sodium.h>
#include <stdio.h>

#include "base/basex.h"
#include "base/err.h"

enum {
    MH_IDENTITY = 0x00, /* multihash codes */
    MH_SHA256 = 0x12,
    CID_V1 = 0x01,
    CODEC_LIBP2P_KEY = 0x72,
};

#define IDENTITY_MAX 42 /* octets; longer keys are hashed */
#define SHORT_CHARS  8

void peerid_from_pubkey(struct bytes pubkey_pb, struct peerid *out)
{
    *out = (struct peerid){ 0 };
    if (pubkey_pb.n <= IDENTITY_MAX) {
        out->mh[0] = MH_IDENTITY;
        out->mh[1] = (uint8_t)pubkey_pb.n;
        if (pubkey_pb.n)
            memcpy(out->mh + 2, pubkey_pb.p, pubkey_pb.n);
    } else {
        out->mh[0] = MH_SHA256;
        out->mh[1] = crypto_hash_sha256_BYTES;
        crypto_hash_sha256(out->mh + 2, pubkey_pb.p, pubkey_pb.n);
    }
    out->n = (uint8_t)(out->mh[1] + 2);
}

int peerid_from_bytes(struct bytes mh, struct peerid *out)
{
    if (mh.n < 3 || mh.n > PEERID_MH_MAX || mh.p[1] != mh.n - 2)
        return GW_EINVAL;
    if (mh.p[0] != MH_IDENTITY && (mh.p[0] != MH_SHA256 || mh.p[1] != crypto_hash_sha256_BYTES))
        return GW_EINVAL;
    *out = (struct peerid){ .n = (uint8_t)mh.n };
    memcpy(out->mh, mh.p, mh.n);
    return 0;
}

/* Decodes by the multibase prefix. */
static int decode_multibase(struct bytes text, uint8_t *out, size_t cap)
{
    struct bytes rest = { text.p + 1, text.n - 1 };
    switch (text.p[0]) {
    case 'b':
    case 'B':
        return basex_decode32(rest, out, cap);
    case 'k':
    case 'K':
        return basex_decode36(rest, out, cap);
    case 'z':
        return basex_decode58(rest, out, cap);
    default:
        return GW_ESYNTAX;
    }
}

int peerid_parse(struct bytes text, struct peerid *out)
{
    uint8_t bin[PEERID_MH_MAX + 2];
    size_t skip = 0;
    int n;

    if (text.n < 2)
        return GW_ESYNTAX;
    if (text.p[0] == '1' || (text.p[0] == 'Q' && text.p[1] == 'm')) {
        n = basex_decode58(text, bin, sizeof bin);
    } else {
        n = decode_multibase(text, bin, sizeof bin);
        if (n < 2 || bin[0] != CID_V1 || bin[1] != CODEC_LIBP2P_KEY)
            return GW_ESYNTAX;
        skip = 2;
    }
    if (n < 0 || peerid_from_bytes((struct bytes){ bin + skip, (size_t)n - skip }, out) != 0)
        return GW_ESYNTAX;
    return 0;
}

const char *peerid_print(const struct peerid *id, char out[PEERID_STR_MAX])
{
    basex_encode58((struct bytes){ id->mh, id->n }, out, PEERID_STR_MAX);
    return out;
}

typedef int encode_fn(struct bytes in, char *out, size_t cap);

static const char *print_cid(const struct peerid *id, char prefix, encode_fn *encode,
                             char out[PEERID_STR_MAX])
{
    uint8_t cid[PEERID_MH_MAX + 2] = { CID_V1, CODEC_LIBP2P_KEY };
    memcpy(cid + 2, id->mh, id->n);
    out[0] = prefix;
    encode((struct bytes){ cid, id->n + 2u }, out + 1, PEERID_STR_MAX - 1);
    return out;
}

const char *peerid_print_base36(const struct peerid *id, char out[PEERID_STR_MAX])
{
    return print_cid(id, 'k', basex_encode36, out);
}

const char *peerid_print_base32(const struct peerid *id, char out[PEERID_STR_MAX])
{
    return print_cid(id, 'b', basex_encode32, out);
}

const char *peerid_short(const struct peerid *id)
{
    static char ring[4][SHORT_CHARS + 1];
    static unsigned turn;
    char text[PEERID_STR_MAX];
    char *out = ring[turn++ % 4];

    size_t n = strlen(peerid_print(id, text));
    memcpy(out, text + (n > SHORT_CHARS ? n - SHORT_CHARS : 0), SHORT_CHARS);
    out[SHORT_CHARS] = '\0';
    return out;
}

bool peerid_eq(const struct peerid *a, const struct peerid *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}
