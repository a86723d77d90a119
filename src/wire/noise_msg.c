/* noise_msg.c - the payload of Noise handshake messages. */
#include "wire/noise_msg.h"

#include "base/err.h"
#include "wire/pb.h"

enum { IDENTITY_KEY = 1, IDENTITY_SIG = 2, EXTENSIONS = 4 };
enum { STREAM_MUXERS = 2 }; /* of the extensions */

#define EXTENSIONS_MAX 1024 /* octets that are put here */

static int decode_extensions(struct bytes in, struct noise_msg *out)
{
    struct rd r = rd_init(in);
    struct pb_field f;
    int more;

    while ((more = pb_next(&r, &f)) > 0)
        if (pb_is(&f, STREAM_MUXERS, PB_LEN) && out->nmuxers < NOISE_MSG_MUXERS_MAX)
            out->muxers[out->nmuxers++] = f.v;
    return more;
}

int noise_msg_decode(struct bytes in, struct noise_msg *out)
{
    struct rd r = rd_init(in);
    struct pb_field f;
    int more;

    *out = (struct noise_msg){ 0 };
    while ((more = pb_next(&r, &f)) > 0) {
        if (pb_is(&f, IDENTITY_KEY, PB_LEN))
            out->identity_key = f.v;
        else if (pb_is(&f, IDENTITY_SIG, PB_LEN))
            out->identity_sig = f.v;
        else if (pb_is(&f, EXTENSIONS, PB_LEN) && decode_extensions(f.v, out) < 0)
            return GW_EPROTO;
    }
    return more;
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
