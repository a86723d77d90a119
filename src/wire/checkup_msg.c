/* checkup_msg.c - the answer of /gw/checkup/1.0.0. */
#include "wire/checkup_msg.h"

#include "wire/varint.h"

enum {
    VERSION = 1,
    MAPPING = 2,
    FILTERING = 3,
    REACH = 4,
    UDP = 5,
    IP4 = 6,
    IP6 = 7,
    PORT_MAP = 8,
    ANNOUNCED = 9,
    CANDIDATES = 10,
    MAPPED = 11,
    RELAYS = 12,
    PUNCH = 13,
};
enum { RELAY_ID = 1, RELAY_SLOT = 2, RELAY_RTT = 3 };
enum { PUNCH_STATE = 1, PUNCH_TRIES = 2, PUNCH_ERROR = 3 };

static unsigned known(uint64_t v, unsigned last)
{
    return v <= last ? (unsigned)v : 0;
}

static int decode_relay(struct bytes in, struct checkup_msg *out)
{
    struct checkup_msg_relay relay = { 0 };
    struct pb_rd r = pb_rd_init(in);

    while (pb_next(&r)) {
        if (pb_is(&r.f, RELAY_ID, PB_LEN))
            relay.id = r.f.v;
        else if (pb_is(&r.f, RELAY_SLOT, PB_VARINT))
            relay.slot = known(r.f.u, CHECKUP_SLOT_DOWN);
        else if (pb_is(&r.f, RELAY_RTT, PB_VARINT))
            relay.rtt_us = r.f.u;
    }
    if (!r.rc && out->nrelays < CHECKUP_RELAYS_MAX)
        out->relays[out->nrelays++] = relay;
    return r.rc;
}

static int decode_punch(struct bytes in, struct checkup_msg_punch *out)
{
    struct pb_rd r = pb_rd_init(in);

    *out = (struct checkup_msg_punch){ 0 };
    while (pb_next(&r)) {
        if (pb_is(&r.f, PUNCH_STATE, PB_VARINT))
            out->state = known(r.f.u, CHECKUP_PUNCH_FAILED);
        else if (pb_is(&r.f, PUNCH_TRIES, PB_VARINT))
            out->tries = r.f.u < CHECKUP_TRIES_MAX ? (uint32_t)r.f.u : CHECKUP_TRIES_MAX;
        else if (pb_is(&r.f, PUNCH_ERROR, PB_LEN))
            out->error = r.f.v;
    }
    return r.rc;
}

static void take_number(const struct pb_field *f, struct checkup_net *net)
{
    if (f->num == MAPPING)
        net->mapping = known(f->u, CHECKUP_MAPPING_DEPENDENT);
    else if (f->num == FILTERING)
        net->filtering = known(f->u, CHECKUP_FILTERING_PORT);
    else if (f->num == REACH)
        net->reach = known(f->u, CHECKUP_REACH_PRIVATE);
    else if (f->num == UDP)
        net->udp = known(f->u, CHECKUP_UDP_BLOCKED);
    else if (f->num == IP4)
        net->ip4 = known(f->u, CHECKUP_IP_PUBLIC);
    else if (f->num == IP6)
        net->ip6 = known(f->u, CHECKUP_IP_PUBLIC);
    else if (f->num == PORT_MAP)
        net->port_map = known(f->u, CHECKUP_PORTMAP_MAPPED);
}

static int take_octets(const struct pb_field *f, struct checkup_msg *out)
{
    switch (f->num) {
    case VERSION:
        out->version = f->v;
        return 0;
    case ANNOUNCED:
        pb_list_add(&out->announced, f->v);
        return 0;
    case CANDIDATES:
        pb_list_add(&out->candidates, f->v);
        return 0;
    case MAPPED:
        pb_list_add(&out->mapped, f->v);
        return 0;
    case RELAYS:
        return decode_relay(f->v, out);
    case PUNCH:
        return decode_punch(f->v, &out->punch);
    default:
        return 0;
    }
}

int checkup_msg_decode(struct bytes in, struct checkup_msg *out)
{
    struct pb_rd r;
    if (!pb_rd_prefixed(&r, in, CHECKUP_MSG_BODY_MAX))
        return r.rc;
    *out = (struct checkup_msg){ 0 };
    while (pb_next(&r)) {
        int err = r.f.type == PB_LEN ? take_octets(&r.f, out) : 0;
        if (err)
            return err;
        if (r.f.type == PB_VARINT)
            take_number(&r.f, &out->net);
    }
    return r.rc;
}

static void put_relay(struct wr *w, const struct checkup_msg_relay *r)
{
    uint8_t *opened = pb_open(w, RELAYS);
    pb_opt_bytes(w, RELAY_ID, r->id);
    pb_opt_uint(w, RELAY_SLOT, r->slot);
    pb_opt_uint(w, RELAY_RTT, r->rtt_us);
    pb_close(w, opened);
}

static void put_punch(struct wr *w, const struct checkup_msg_punch *p)
{
    if (!p->state && !p->tries && !p->error.n)
        return;
    uint8_t *opened = pb_open(w, PUNCH);
    pb_opt_uint(w, PUNCH_STATE, p->state);
    pb_opt_uint(w, PUNCH_TRIES, p->tries);
    pb_opt_bytes(w, PUNCH_ERROR, p->error);
    pb_close(w, opened);
}

int checkup_msg_encode(uint8_t *dst, size_t cap, const struct checkup_msg *m)
{
    struct wr w = wr_init((struct span){ dst, cap });
    pb_opt_bytes(&w, VERSION, m->version);
    pb_opt_uint(&w, MAPPING, m->net.mapping);
    pb_opt_uint(&w, FILTERING, m->net.filtering);
    pb_opt_uint(&w, REACH, m->net.reach);
    pb_opt_uint(&w, UDP, m->net.udp);
    pb_opt_uint(&w, IP4, m->net.ip4);
    pb_opt_uint(&w, IP6, m->net.ip6);
    pb_opt_uint(&w, PORT_MAP, m->net.port_map);
    pb_put_list(&w, ANNOUNCED, &m->announced);
    pb_put_list(&w, CANDIDATES, &m->candidates);
    pb_put_list(&w, MAPPED, &m->mapped);
    for (size_t i = 0; i < m->nrelays; i++)
        put_relay(&w, &m->relays[i]);
    put_punch(&w, &m->punch);
    return varint_add_prefix(dst, cap, CHECKUP_MSG_BODY_MAX, &w);
}
