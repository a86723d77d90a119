/* noise_msg.c - the payload of Noise handshake messages. */
#include "wire/noise_msg.h"

#include "base/err.h"
#include "wire/pb.h"

enum { IDENTITY_KEY = 1, IDENTITY_SIG = 2, EXTENSIONS = 4 };
enum { STREAM_MUXERS = 2 }; /* of the extensions */

#define EXTENSIONS_MAX 1024 /* octets that are put here */

static int decode_extensions(struct bytes in, struct noise_msg *out)
{
    struct pb_rd r = pb_rd_init(in);

    while (pb_next(&r))
        if (pb_is(&r.f, STREAM_MUXERS, PB_LEN) && out->nmuxers < NOISE_MSG_MUXERS_MAX)
            out->muxers[out->nmuxers++] = r.f.v;
    return r.rc;
}

int noise_msg_decode(struct bytes in, struct noise_msg *out)
{
    struct pb_rd r = pb_rd_init(in);

    *out = (struct noise_msg){ 0 };
    while (pb_next(&r)) {
        if (pb_is(&r.f, IDENTITY_KEY, PB_LEN))
            out->identity_key = r.f.v;
        else if (pb_is(&r.f, IDENTITY_SIG, PB_LEN))
            out->identity_sig = r.f.v;
        else if (pb_is(&r.f, EXTENSIONS, PB_LEN) && decode_extensions(r.f.v, out) < 0)
            return GW_EPROTO;
    }
    return r.rc;
}

int noise_msg_encode(uint8_t *dst, size_t cap, const struct noise_msg *m)
{
    uint8_t ext[EXTENSIONS_MAX];
    struct wr w = wr_init((struct span){ dst, cap }), e = wr_init((struct span){ ext, sizeof ext });

    for (size_t i = 0; i < m->nmuxers; i++)
        pb_put_bytes(&e, STREAM_MUXERS, m->muxers[i]);
    pb_put_bytes(&w, IDENTITY_KEY, m->identity_key);
    pb_put_bytes(&w, IDENTITY_SIG, m->identity_sig);
    pb_opt_bytes(&w, EXTENSIONS, (struct bytes){ ext, (size_t)(e.p - ext) });
    return w.full || e.full ? GW_ENOMEM : (int)(w.p - dst);
}
