/* pcp_msg.c - see pcp_msg.h. */
#include "wire/pcp_msg.h"

#include "base/err.h"

#define ANSWER 0x80 /* in the octet of the opcode */

enum opcode {
    PCP_OP_MAP = 1,
    NATPMP_OP_ADDR = 0,
    NATPMP_OP_UDP = 1,
    NATPMP_OP_TCP = 2,
};

static const uint8_t v4_mapped[12] = { [10] = 0xff, [11] = 0xff };

static struct bytes zeros(size_t n)
{
    static const uint8_t zero[12];
    return (struct bytes){ zero, n };
}

static void take(struct rd *r, uint8_t *out, size_t n)
{
    struct bytes v = rd_bytes(r, n);
    if (v.n)
        memcpy(out, v.p, n);
}

/* --- answers */

static int decode_map(struct rd *r, struct pcp_answer *out)
{
    struct pcp_map *m = &out->map;

    out->kind = PCP_IS_MAP;
    take(r, m->nonce, sizeof m->nonce);
    m->proto = rd_u8(r);
    rd_bytes(r, 3); /* reserved */
    m->internal_port = rd_u16(r);
    m->external_port = rd_u16(r);
    take(r, m->external, sizeof m->external);
    return r->short_ ? GW_EPROTO : 0;
}

/* Behind version and opcode; options may follow, which nobody asked for. */
static int decode_pcp(struct rd *r, uint8_t op, struct pcp_answer *out)
{
    size_t whole = r->left + 2;

    rd_u8(r); /* reserved */
    out->result = rd_u8(r);
    uint32_t lifetime = rd_u32(r);
    out->epoch_s = rd_u32(r);
    rd_bytes(r, 12); /* reserved */
    if (r->short_ || whole > PCP_MAX || whole % 4)
        return GW_EPROTO;
    if (out->result)
        out->retry_s = lifetime;
    else
        out->map.lifetime_s = lifetime;
    if (out->result == PCP_UNSUPP_VERSION || out->version != PCP_V2)
        return out->result == PCP_UNSUPP_VERSION ? 0 : GW_EPROTO;
    return op == PCP_OP_MAP ? decode_map(r, out) : GW_EUNSUP;
}

/* RFC 6886 s.3.2, s.3.3, s.3.5 */
static int decode_natpmp(struct rd *r, uint8_t op, struct pcp_answer *out)
{
    struct pcp_map *m = &out->map;

    out->result = rd_u16(r);
    out->epoch_s = rd_u32(r);
    if (r->short_)
        return GW_EPROTO;
    if (out->result == PCP_UNSUPP_VERSION) /* of any length, in answer to PCP */
        return 0;
    if (op == NATPMP_OP_ADDR) {
        out->kind = PCP_IS_ADDR;
        if (out->result)
            return 0; /* the address may be missing */
        memcpy(m->external, v4_mapped, sizeof v4_mapped);
        take(r, m->external + sizeof v4_mapped, 4);
    } else if (op == NATPMP_OP_UDP || op == NATPMP_OP_TCP) {
        out->kind = PCP_IS_MAP;
        m->proto = op == NATPMP_OP_UDP ? PCP_UDP : PCP_TCP;
        m->internal_port = rd_u16(r);
        m->external_port = rd_u16(r);
        m->lifetime_s = rd_u32(r);
    } else {
        return GW_EUNSUP;
    }
    return r->short_ ? GW_EPROTO : 0;
}

int pcp_msg_decode(struct bytes in, struct pcp_answer *out)
{
    struct rd r = rd_init(in);

    *out = (struct pcp_answer){ .kind = PCP_IS_ERROR };
    out->version = rd_u8(&r);
    uint8_t op = rd_u8(&r);
    if (r.short_)
        return GW_EPROTO;
    if (!(op & ANSWER))
        return GW_EUNSUP;
    op &= (uint8_t)~ANSWER;
    return out->version == PCP_V0_NATPMP ? decode_natpmp(&r, op, out) : decode_pcp(&r, op, out);
}

/* --- requests */

int pcp_msg_encode_map(uint8_t *dst, size_t cap, const struct pcp_map *m, const uint8_t client[16])
{
    struct wr w = wr_init((struct span){ dst, cap });

    wr_u8(&w, PCP_V2);
    wr_u8(&w, PCP_OP_MAP);
    wr_bytes(&w, zeros(2));
    wr_u32(&w, m->lifetime_s);
    wr_bytes(&w, (struct bytes){ client, 16 });
    wr_bytes(&w, (struct bytes){ m->nonce, sizeof m->nonce });
    wr_u8(&w, m->proto);
    wr_bytes(&w, zeros(3));
    wr_u16(&w, m->internal_port);
    wr_u16(&w, m->external_port);
    wr_bytes(&w, (struct bytes){ m->external, sizeof m->external });
    return w.full ? GW_ENOMEM : (int)(cap - w.left);
}

int pcp_msg_encode_natpmp_map(uint8_t *dst, size_t cap, const struct pcp_map *m)
{
    struct wr w = wr_init((struct span){ dst, cap });

    wr_u8(&w, PCP_V0_NATPMP);
    wr_u8(&w, m->proto == PCP_UDP ? NATPMP_OP_UDP : NATPMP_OP_TCP);
    wr_bytes(&w, zeros(2));
    wr_u16(&w, m->internal_port);
    wr_u16(&w, m->external_port);
    wr_u32(&w, m->lifetime_s);
    return w.full ? GW_ENOMEM : (int)(cap - w.left);
}

int pcp_msg_encode_natpmp_addr(uint8_t *dst, size_t cap)
{
    struct wr w = wr_init((struct span){ dst, cap });

    wr_u8(&w, PCP_V0_NATPMP);
    wr_u8(&w, NATPMP_OP_ADDR);
    return w.full ? GW_ENOMEM : (int)(cap - w.left);
}
