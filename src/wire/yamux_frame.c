/* yamux_frame.c - frame headers of Yamux. */
#include "wire/yamux_frame.h"

#include "base/err.h"

int yamux_frame_decode(const uint8_t in[YAMUX_HEADER_LEN], struct yamux_frame *out)
{
    struct rd r = rd_init((struct bytes){ in, YAMUX_HEADER_LEN });
    uint8_t version = rd_u8(&r);

    out->type = rd_u8(&r);
    out->flags = rd_u16(&r);
    out->stream = rd_u32(&r);
    out->length = rd_u32(&r);
    bool is_session = out->type == YAMUX_PING || out->type == YAMUX_GO_AWAY;
    if (version != 0 || out->type > YAMUX_GO_AWAY || is_session != (out->stream == 0))
        return GW_EPROTO;
    return 0;
}

void yamux_frame_encode(uint8_t dst[YAMUX_HEADER_LEN], const struct yamux_frame *f)
{
    struct wr w = wr_init((struct span){ dst, YAMUX_HEADER_LEN });

    wr_u8(&w, 0);
    wr_u8(&w, f->type);
    wr_u16(&w, f->flags);
    wr_u32(&w, f->stream);
    wr_u32(&w, f->length);
}
