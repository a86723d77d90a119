/* names_msg.c - questions and answers of /gw/names/1.0.0. */
#include "wire/names_msg.h"

#include "base/err.h"
#include "wire/varint.h"

enum { Q_TYPE = 1, Q_NETWORK = 2, Q_HOST = 3, Q_CLAIM = 4, Q_VIA = 5 };
enum { A_STATUS = 1, A_ENTRIES = 2, A_ROUTE = 3, A_WHY = 4 };
enum { E_CLAIM = 1, E_ADDRS = 2 };

const char *names_status_text(enum names_status s)
{
    static const char *const texts[NAMES_STATUSES] = {
        [NAMES_OK] = "ok",
        [NAMES_UNKNOWN] = "nobody has this name",
        [NAMES_TAKEN] = "somebody else has this name",
        [NAMES_DENIED] = "not for us to ask",
        [NAMES_NO_NETWORK] = "no such network",
        [NAMES_LOOP] = "asked in a circle, or through too many relays",
        [NAMES_UNREACHABLE] = "the network's relay does not answer",
        [NAMES_BUSY] = "busy",
        [NAMES_MALFORMED] = "not a valid question",
    };
    return s < NAMES_STATUSES ? texts[s] : "unknown status";
}

/* ---- decoding ---- */

static int take_question(const struct pb_field *f, struct names_question *out)
{
    if (pb_is(f, Q_TYPE, PB_VARINT)) {
        out->type = f->u <= NAMES_LIST ? (enum names_type)f->u : NAMES_FIND;
        return f->u <= NAMES_LIST ? 0 : GW_EPROTO;
    }
    if (pb_is(f, Q_NETWORK, PB_LEN))
        out->network = f->v;
    else if (pb_is(f, Q_HOST, PB_LEN))
        out->host = f->v;
    else if (pb_is(f, Q_CLAIM, PB_LEN))
        out->claim = f->v;
    else if (pb_is(f, Q_VIA, PB_LEN))
        pb_list_add(&out->via, f->v);
    return 0;
}

int names_question_decode(struct bytes in, struct names_question *out)
{
    struct pb_rd r;
    if (!pb_rd_prefixed(&r, in, NAMES_QUESTION_MAX))
        return r.rc;
    *out = (struct names_question){ .type = NAMES_FIND };
    while (pb_next(&r)) {
        int err = take_question(&r.f, out);
        if (err)
            return err;
    }
    return r.rc;
}

static int decode_entry(struct bytes in, struct names_answer *out)
{
    struct pb_rd r = pb_rd_init(in);

    if (out->nentries == NAMES_ENTRIES_MAX)
        return 0;
    struct names_entry_msg *e = &out->entries[out->nentries];
    *e = (struct names_entry_msg){ 0 };
    while (pb_next(&r)) {
        if (pb_is(&r.f, E_CLAIM, PB_LEN))
            e->claim = r.f.v;
        else if (pb_is(&r.f, E_ADDRS, PB_LEN))
            pb_list_add(&e->addrs, r.f.v);
    }
    if (r.rc < 0 || !e->claim.n)
        return GW_EPROTO;
    out->nentries++;
    return 0;
}

static int decode_relay(struct bytes in, struct names_answer *out)
{
    if (out->nroute == NAMES_VIA_MAX)
        return GW_EPROTO;
    struct peer_msg *p = &out->route[out->nroute++];
    *p = (struct peer_msg){ 0 };
    return peer_msg_decode(in, p);
}

static int take_answer(const struct pb_field *f, struct names_answer *out)
{
    if (pb_is(f, A_STATUS, PB_VARINT)) {
        if (f->u >= NAMES_STATUSES)
            return GW_EPROTO;
        out->status = (enum names_status)f->u;
    } else if (pb_is(f, A_ENTRIES, PB_LEN)) {
        return decode_entry(f->v, out);
    } else if (pb_is(f, A_ROUTE, PB_LEN)) {
        return decode_relay(f->v, out);
    } else if (pb_is(f, A_WHY, PB_LEN)) {
        out->why = (struct bytes){ f->v.p, f->v.n < NAMES_WHY_MAX ? f->v.n : NAMES_WHY_MAX };
    }
    return 0;
}

int names_answer_decode(struct bytes in, struct names_answer *out)
{
    struct pb_rd r;
    if (!pb_rd_prefixed(&r, in, NAMES_MSG_MAX))
        return r.rc;
    out->status = NAMES_OK;
    out->nentries = out->nroute = 0;
    out->why = (struct bytes){ 0 };
    while (pb_next(&r)) {
        int err = take_answer(&r.f, out);
        if (err)
            return err;
    }
    return r.rc;
}

/* ---- encoding ---- */

int names_question_encode(uint8_t *dst, size_t cap, const struct names_question *m)
{
    struct wr w = wr_init((struct span){ dst, cap });

    if ((unsigned)m->type > NAMES_LIST)
        return GW_EINVAL;
    pb_opt_uint(&w, Q_TYPE, m->type);
    pb_opt_bytes(&w, Q_NETWORK, m->network);
    pb_opt_bytes(&w, Q_HOST, m->host);
    pb_opt_bytes(&w, Q_CLAIM, m->claim);
    pb_put_list(&w, Q_VIA, &m->via);
    return varint_add_prefix(dst, cap, NAMES_QUESTION_MAX, &w);
}

static bool is_encodable(const struct names_answer *m)
{
    if ((unsigned)m->status >= NAMES_STATUSES || m->nentries > NAMES_ENTRIES_MAX ||
        m->nroute > NAMES_VIA_MAX || m->why.n > NAMES_WHY_MAX)
        return false;
    for (size_t i = 0; i < m->nentries; i++)
        if (!m->entries[i].claim.n)
            return false;
    for (size_t i = 0; i < m->nroute; i++)
        if (!m->route[i].id.n)
            return false;
    return true;
}

int names_answer_encode(uint8_t *dst, size_t cap, const struct names_answer *m)
{
    struct wr w = wr_init((struct span){ dst, cap });

    if (!is_encodable(m))
        return GW_EINVAL;
    pb_opt_uint(&w, A_STATUS, m->status);
    for (size_t i = 0; i < m->nentries; i++) {
        uint8_t *opened = pb_open(&w, A_ENTRIES);
        pb_put_bytes(&w, E_CLAIM, m->entries[i].claim);
        pb_put_list(&w, E_ADDRS, &m->entries[i].addrs);
        pb_close(&w, opened);
    }
    for (size_t i = 0; i < m->nroute; i++)
        peer_msg_put(&w, A_ROUTE, &m->route[i]);
    pb_opt_bytes(&w, A_WHY, m->why);
    return varint_add_prefix(dst, cap, NAMES_MSG_MAX, &w);
}
