/* identify_msg.c - the Identify message. */
#include "wire/identify_msg.h"

#include "wire/pb.h"
#include "wire/varint.h"

enum {
    PUBLIC_KEY = 1,
    LISTEN_ADDRS = 2,
    PROTOCOLS = 3,
    OBSERVED_ADDR = 4,
    PROTOCOL_VERSION = 5,
    AGENT_VERSION = 6,
    SIGNED_PEER_RECORD = 8,
};

static void add(struct bytes *list, size_t *n, size_t max, struct bytes v)
{
    if (v.n && *n < max)
        list[(*n)++] = v;
}

static void take_field(const struct pb_field *f, struct identify_msg *out)
{
    if (f->type != PB_LEN)
        return;
    switch (f->num) {
    case PUBLIC_KEY:
        out->public_key = f->v;
        break;
    case LISTEN_ADDRS:
        add(out->addrs, &out->naddrs, IDENTIFY_ADDRS_MAX, f->v);
        break;
    case PROTOCOLS:
        add(out->protocols, &out->nprotocols, IDENTIFY_PROTOCOLS_MAX, f->v);
        break;
    case OBSERVED_ADDR:
        out->observed_addr = f->v;
        break;
    case PROTOCOL_VERSION:
        out->protocol_version = f->v;
        break;
    case AGENT_VERSION:
        out->agent_version = f->v;
        break;
    case SIGNED_PEER_RECORD:
        out->signed_peer_record = f->v;
        break;
    default:
        break;
    }
}

int identify_decode(struct bytes in, struct identify_msg *out)
{
    struct pb_rd r;
    if (!pb_rd_prefixed(&r, in, IDENTIFY_MAX))
        return r.rc;
    while (pb_next(&r))
        take_field(&r.f, out);
    return r.rc;
}

int identify_encode(uint8_t *dst, size_t cap, const struct identify_msg *m)
{
    struct wr w = wr_init((struct span){ dst, cap });
    pb_opt_bytes(&w, PUBLIC_KEY, m->public_key);
    for (size_t i = 0; i < m->naddrs; i++)
        pb_opt_bytes(&w, LISTEN_ADDRS, m->addrs[i]);
    for (size_t i = 0; i < m->nprotocols; i++)
        pb_opt_bytes(&w, PROTOCOLS, m->protocols[i]);
    pb_opt_bytes(&w, OBSERVED_ADDR, m->observed_addr);
    pb_opt_bytes(&w, PROTOCOL_VERSION, m->protocol_version);
    pb_opt_bytes(&w, AGENT_VERSION, m->agent_version);
    pb_opt_bytes(&w, SIGNED_PEER_RECORD, m->signed_peer_record);
    return varint_add_prefix(dst, cap, IDENTIFY_MAX, &w);
}
