/* relayrig.c - see relayrig.h. */
#include "relayrig.h"

#include <stdlib.h>

#include "base/clock.h"
#include "id/circuit_addr.h"
#include "id/envelope.h"
#include "net/parting.h"
#include "p2p/msgread.h"
#include "wire/voucher_msg.h"

#define HEADER "\x13/multistream/1.0.0\n" /* specs/connections, "multistream-select" */
#define NA     "\x03na\n"

static const struct msgread_limits limits = { CIRCUIT_MSG_BODY_MAX, 1000 };

struct pipe { /* a circuit; end 0 is the caller's */
    struct relayrig *r;
    struct stream *end[2];
    size_t skip[2]; /* octets from that end that the rig has said already */
    int last;       /* whose octets came last */
};

struct question { /* a HOP stream */
    struct relayrig *r;
    struct conn *from;
    struct stream *s; /* waits for the STOP answer; NULL: it has closed */
    struct msgread *reader;
};

/* ---- joining ---- */

static int end_of(const struct stream *s)
{
    const struct pipe *p = s->owner;
    return s == p->end[1];
}

static void note(struct pipe *p, int from, struct bytes v)
{
    struct relayrig *r = p->r;
    size_t room = sizeof r->carried - r->ncarried, n = v.n < room ? v.n : room;

    if (p->last != from)
        r->turns++;
    p->last = from;
    memcpy(r->carried + r->ncarried, v.p, n);
    r->ncarried += n;
}

static void pipe_data(struct stream *s, struct bytes v)
{
    struct pipe *p = s->owner;
    int from = end_of(s);
    size_t skip = v.n < p->skip[from] ? v.n : p->skip[from];

    s->ops->credit(s, v.n);
    p->skip[from] -= skip;
    v.p += skip;
    v.n -= skip;
    if (!v.n)
        return;
    note(p, from, v);
    if (p->end[!from])
        assert_true(p->end[!from]->ops->write(p->end[!from], v) >= 0);
}

static void pipe_eof(struct stream *s)
{
    struct pipe *p = s->owner;
    struct stream *other = p->end[!end_of(s)];
    if (other)
        other->ops->shutdown(other);
}

static void pipe_close(struct stream *s, int err)
{
    struct pipe *p = s->owner;
    int i = end_of(s);

    p->end[i] = NULL;
    if (p->end[!i]) {
        if (err)
            p->end[!i]->ops->reset(p->end[!i], err);
        return;
    }
    p->r->pipes--;
    free(p);
}

static const struct stream_events pipe_events = { .on_data = pipe_data,
                                                  .on_drained = stream_ignore_drained,
                                                  .on_eof = pipe_eof,
                                                  .on_close = pipe_close };

static void join_ends(struct relayrig *r, struct stream *caller, struct stream *called,
                      struct bytes rest)
{
    struct pipe *p = calloc(1, sizeof *p);

    assert_non_null(p);
    *p = (struct pipe){ .r = r, .end = { caller, called }, .last = -1 };
    if (r->is_eager)
        p->skip[0] = p->skip[1] = sizeof HEADER - 1;
    r->pipes++;
    r->turns = 0;
    stream_own(caller, &pipe_events, p);
    stream_own(called, &pipe_events, p);
    caller->ops->credit(caller, 0);
    if (rest.n)
        pipe_data(called, rest);
}

/* ---- answers ---- */

static struct bytes answer(const struct relayrig *r, enum circuit_status status, bool is_eager,
                           uint8_t *dst, size_t cap)
{
    const struct circuit_msg m = { .type = CIRCUIT_STATUS, .status = status, .limit = r->limit };
    int n = circuit_msg_encode_hop(dst, cap - sizeof HEADER, &m);

    assert_true(n > 0);
    if (is_eager) {
        memcpy(dst + n, HEADER, sizeof HEADER - 1);
        n += (int)sizeof HEADER - 1;
    }
    return (struct bytes){ dst, (size_t)n };
}

static void refuse(struct relayrig *r, struct stream *s, enum circuit_status status)
{
    uint8_t wire[128];
    parting_start(loop, s, answer(r, status, false, wire, sizeof wire), 500, GW_ETIMEOUT, NULL);
}

static size_t make_voucher(const struct relayrig *r, const struct peerid *peer, uint64_t expires_s,
                           uint8_t *dst, size_t cap)
{
    const struct peerid *relay = key_peerid(r->side.key);
    const struct peerid *who = r->voucher == VOUCHER_OF_ANOTHER ? relay : peer;
    const struct voucher_msg v = { .relay = { relay->mh, relay->n },
                                   .peer = { who->mh, who->n },
                                   .expires_s = expires_s };
    uint8_t payload[VOUCHER_MSG_MAX];

    if (r->voucher == VOUCHER_NONE)
        return 0;
    int n = voucher_msg_encode(payload, sizeof payload, &v);
    assert_true(n > 0);
    n = envelope_seal(r->side.key, &envelope_voucher, (struct bytes){ payload, (size_t)n }, dst,
                      cap);
    assert_true(n > 0);
    return (size_t)n;
}

static void reserve(struct relayrig *r, struct question *q, struct stream *s)
{
    uint8_t wire[CIRCUIT_MSG_WIRE_MAX], voucher[512];
    struct circuit_msg m = { .type = CIRCUIT_STATUS, .status = CIRCUIT_OK, .limit = r->limit };

    r->reserves++;
    if (r->status != CIRCUIT_OK) {
        refuse(r, s, r->status);
        return;
    }
    m.reservation.expires_s = (uint64_t)clock_wall_s() + r->life_s;
    m.reservation.addrs = r->addrs;
    m.reservation.voucher = (struct bytes){ voucher, make_voucher(r, conn_peer(q->from),
                                                                  m.reservation.expires_s, voucher,
                                                                  sizeof voucher) };
    int n = circuit_msg_encode_hop(wire, sizeof wire, &m);
    assert_true(n > 0);
    parting_start(loop, s, (struct bytes){ wire, (size_t)n }, 500, GW_ETIMEOUT, NULL);
}

static void reset_on_data(struct stream *s, struct bytes v)
{
    (void)v;
    stream_drop(s, GW_ERESET);
}

static void ignore_close(struct stream *s, int err)
{
    (void)s;
    (void)err;
}

static const struct stream_events lost_na_events = { .on_data = reset_on_data,
                                                     .on_drained = stream_ignore_drained,
                                                     .on_eof = stream_ignore_eof,
                                                     .on_close = ignore_close };

/* Stands in for a peer that speaks nothing proposed. */
static void say_na(struct relayrig *r, struct stream *s)
{
    uint8_t wire[128];
    struct bytes ok = answer(r, CIRCUIT_OK, true, wire, sizeof wire - sizeof NA);

    r->refusals--;
    if (r->loses_na) {
        stream_own(s, &lost_na_events, NULL);
        assert_true(s->ops->write(s, ok) >= 0);
        s->ops->credit(s, 0);
        return;
    }
    memcpy(wire + ok.n, NA, sizeof NA - 1);
    parting_start(loop, s, (struct bytes){ wire, ok.n + sizeof NA - 1 }, 500, GW_ETIMEOUT, NULL);
}

static void waiting_close(struct stream *s, int err)
{
    struct question *q = s->owner;
    (void)err;
    q->s = NULL;
}

static const struct stream_events waiting_events = { .on_data = stream_ignore_data,
                                                     .on_drained = stream_ignore_drained,
                                                     .on_eof = stream_ignore_eof,
                                                     .on_close = waiting_close };

/* The STOP stream did not come about. */
static void give_up(struct question *q, enum circuit_status status)
{
    if (q->s)
        refuse(q->r, q->s, status);
    free(q);
}

static void on_stop_answer(void *arg, int err, struct stream *called, struct bytes msg,
                           struct bytes rest)
{
    struct question *q = arg;
    struct relayrig *r = q->r;
    uint8_t wire[128];
    struct circuit_msg m;

    if (!err) {
        assert_true(circuit_msg_decode_stop(msg, &m) > 0);
        r->stop_status = m.status;
    }
    if (!err && m.status == CIRCUIT_OK && q->s) {
        struct bytes ok = answer(r, CIRCUIT_OK, r->is_eager, wire, sizeof wire);
        assert_true(q->s->ops->write(q->s, ok) >= 0);
        join_ends(r, q->s, called, rest);
        free(q);
        return;
    }
    if (called)
        stream_drop(called, GW_ECANCELED);
    give_up(q, CIRCUIT_CONNECTION_FAILED);
}

static void on_stop_opened(void *arg, int err, struct conn *c, struct stream *s,
                           const char *protocol, struct bytes early)
{
    struct question *q = arg;
    (void)c;
    (void)protocol;

    if (err)
        give_up(q, CIRCUIT_NO_RESERVATION);
    else
        msgread_start(loop, s, early, &limits, &q->reader, on_stop_answer, q);
}

static void connect_to(struct relayrig *r, struct question *q, struct stream *s,
                       const struct peer_msg *target)
{
    const struct peerid *from = r->names.n ? &r->names : conn_peer(q->from);
    const struct circuit_msg m = { .type = CIRCUIT_CONNECT,
                                   .peer.id = { from->mh, from->n },
                                   .limit = r->limit };
    struct peerid to;
    uint8_t wire[256];
    int n = circuit_msg_encode_stop(wire, sizeof wire, &m);

    assert_true(n > 0 && peerid_from_bytes(target->id, &to) == 0);
    struct conn *c = host_conn(r->side.host, &to);
    if (r->is_eager) {
        memcpy(wire + n, HEADER, sizeof HEADER - 1);
        n += (int)sizeof HEADER - 1;
    }
    q->s = s;
    stream_own(s, &waiting_events, q);
    if (c && conn_open(c, CIRCUIT_STOP_PROTOCOL, (struct bytes){ wire, (size_t)n }, on_stop_opened,
                       q) == 0)
        return;
    give_up(q, CIRCUIT_NO_RESERVATION);
}

static void on_question(void *arg, int err, struct stream *s, struct bytes msg, struct bytes rest)
{
    struct question *q = arg;
    struct relayrig *r = q->r;
    struct circuit_msg m;

    if (err) {
        free(q);
        return;
    }
    assert_int_equal(rest.n, 0);
    assert_true(circuit_msg_decode_hop(msg, &m) > 0);
    if (m.type == CIRCUIT_RESERVE) {
        if (r->is_silent)
            stream_own(s, &quiet_events, NULL);
        else
            reserve(r, q, s);
        r->reserves += r->is_silent;
        free(q);
        return;
    }
    r->connects++;
    if (!r->is_silent && r->status == CIRCUIT_OK && !r->refusals) {
        connect_to(r, q, s, &m.peer);
        return;
    }
    if (r->is_silent)
        stream_own(s, &quiet_events, NULL);
    else if (r->status != CIRCUIT_OK)
        refuse(r, s, r->status);
    else
        say_na(r, s);
    free(q);
}

static void on_hop(void *arg, struct conn *c, struct stream *s, const char *protocol,
                   struct bytes early)
{
    struct relayrig *r = arg;
    struct question *q = calloc(1, sizeof *q);
    (void)protocol;

    assert_non_null(q);
    q->r = r;
    q->from = c;
    r->early += early.n > 0;
    msgread_start(loop, s, early, &limits, &q->reader, on_question, q);
}

void relayrig_start(struct relayrig *r, const char *at)
{
    *r = (struct relayrig){ .status = CIRCUIT_OK, .life_s = 3600 };
    assert_int_equal(key_generate(&r->side.key), 0);
    side_start(&r->side, at);
    r->addr = r->side.addr;
    assert_int_equal(multiaddr_append_peer(&r->addr, key_peerid(r->side.key)), 0);
    assert_int_equal(host_handle(r->side.host, CIRCUIT_HOP_PROTOCOL, NULL, on_hop, r), 0);
}

struct multiaddr relayrig_circuit(const struct relayrig *r)
{
    struct multiaddr out;
    assert_int_equal(circuit_addr_make(&r->side.addr, key_peerid(r->side.key), &out), 0);
    return out;
}
