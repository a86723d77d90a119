/* quic_streams.c - see quic_streams.h. */
#include "transport/quic_streams.h"

#include <utlist.h>

#include "base/err.h"
#include "transport/muxed.h"
#include "transport/quic_stream.h"

static void remove_stream(struct quic_streams *set, struct quic_stream *s)
{
    DL_DELETE(set->all, s);
    set->nopen--;
    quic_stream_free(s);
}

struct quic_stream *quic_streams_add(struct quic_streams *set, int64_t id)
{
    struct quic_stream *s = quic_stream_new(set, id);
    if (!s)
        return NULL;
    DL_APPEND(set->all, s);
    set->nopen++;
    set->nwaiting += id < 0;
    return s;
}

void quic_streams_touch(struct quic_streams *set)
{
    turn_add(set->turn, set->task);
}

void quic_streams_credit(struct quic_streams *set, int64_t id, size_t n)
{
    if (!set->nc)
        return;
    ngtcp2_conn_extend_max_offset(set->nc, n);
    ngtcp2_conn_extend_max_stream_offset(set->nc, id, n);
    quic_streams_touch(set);
}

void quic_streams_note_drained(struct quic_streams *set, struct quic_stream *s)
{
    if (s->is_on_drained_list)
        return;
    s->is_on_drained_list = true;
    LL_PREPEND2(set->drained, s, drained_next);
}

void quic_streams_note_closing(struct quic_streams *set, struct quic_stream *s)
{
    LL_PREPEND2(set->closing, s, closing_next);
    quic_streams_touch(set);
}

void quic_streams_open_waiting(struct quic_streams *set)
{
    struct quic_stream *s;

    if (set->nwaiting == 0)
        return;
    DL_FOREACH (set->all, s) {
        if (s->id >= 0 || s->is_closing)
            continue;
        if (ngtcp2_conn_open_bidi_stream(set->nc, &s->id, s) != 0) {
            s->id = -1;
            return;
        }
        s->is_detached = false;
        if (quic_stream_has_output(s))
            sched_add(&set->sched, &s->sched);
        if (--set->nwaiting == 0)
            return;
    }
}

/* An owner may end other streams when it hears of one; they join the list. */
void quic_streams_deliver_closing(struct quic_streams *set)
{
    ngtcp2_conn *nc = set->nc;

    while (set->closing) {
        struct quic_stream *s = set->closing;
        set->closing = s->closing_next;
        if (s->is_on_drained_list)
            LL_DELETE2(set->drained, s, drained_next);
        if (s->id < 0)
            set->nwaiting--;
        if (nc) /* what nobody read must not take the others' window for good */
            ngtcp2_conn_extend_max_offset(nc, s->uncredited);
        if (!s->is_detached && nc) {
            ngtcp2_conn_set_stream_user_data(nc, s->id, NULL);
            ngtcp2_conn_shutdown_stream(nc, 0, s->id, QUIC_STREAM_CODE_RESET);
        }
        s->base.ev->on_close(&s->base, s->close_err);
        remove_stream(set, s);
    }
}

void quic_streams_deliver_drained(struct quic_streams *set)
{
    while (set->drained) {
        struct quic_stream *s = set->drained;
        size_t n = s->drained;
        set->drained = s->drained_next;
        s->is_on_drained_list = false;
        s->drained = 0;
        set->tx_bytes += n;
        if (!s->is_closing)
            s->base.ev->on_drained(&s->base, n);
    }
}

void quic_streams_end_all(struct quic_streams *set, int err)
{
    struct quic_stream *s;

    set->nc = NULL;
    DL_FOREACH (set->all, s)
        quic_stream_end(s, err);
    quic_streams_deliver_closing(set);
}

void quic_streams_free_all(struct quic_streams *set)
{
    while (set->all)
        remove_stream(set, set->all);
}

/* ---- what ngtcp2 calls ---- */

int quic_streams_on_open(ngtcp2_conn *nc, int64_t id, void *user)
{
    struct quic_streams *set = user;

    if (!ngtcp2_is_bidi_stream(id))
        return 0; /* the peer may open none (initial_max_streams_uni 0) */
    struct quic_stream *s = quic_streams_add(set, id);
    if (!s)
        return ngtcp2_conn_shutdown_stream(nc, 0, id, QUIC_STREAM_CODE_RESET)
                   ? NGTCP2_ERR_CALLBACK_FAILURE
                   : 0;
    ngtcp2_conn_set_stream_user_data(nc, id, s);
    set->muxed->ev->on_stream(set->muxed, &s->base);
    return 0;
}

int quic_streams_on_data(ngtcp2_conn *nc, uint32_t flags, int64_t id, uint64_t offset,
                         const uint8_t *data, size_t n, void *user, void *stream_user)
{
    struct quic_streams *set = user;
    struct quic_stream *s = stream_user;
    (void)id;
    (void)offset;

    if (!s || s->is_closing) {
        ngtcp2_conn_extend_max_offset(nc, n); /* nobody else will credit it */
        return 0;
    }
    set->rx_bytes += n;
    s->uncredited += n;
    if (n)
        s->base.ev->on_data(&s->base, (struct bytes){ data, n });
    if ((flags & NGTCP2_STREAM_DATA_FLAG_FIN) && !s->is_closing)
        s->base.ev->on_eof(&s->base);
    return 0;
}

int quic_streams_on_acked(ngtcp2_conn *nc, int64_t id, uint64_t offset, uint64_t n, void *user,
                          void *stream_user)
{
    struct quic_stream *s = stream_user;
    (void)nc;
    (void)id;
    (void)offset;
    (void)user;
    if (s)
        quic_stream_on_acked(s, n);
    return 0;
}

/* The peer may open as many as it closed; told in steps, for each telling costs a packet and its
 * ACK. */
static void grant_streams(struct quic_streams *set, ngtcp2_conn *nc)
{
    if (++set->nungranted < set->grant_step)
        return;
    ngtcp2_conn_extend_max_streams_bidi(nc, set->nungranted);
    set->nungranted = 0;
}

int quic_streams_on_close(ngtcp2_conn *nc, uint32_t flags, int64_t id, uint64_t code, void *user,
                          void *stream_user)
{
    struct quic_streams *set = user;
    struct quic_stream *s = stream_user;
    (void)flags;
    (void)code; /* only of STOP_SENDING: a stream that was reset is closing already */

    if (!ngtcp2_conn_is_local_stream(nc, id))
        grant_streams(set, nc);
    if (s) {
        s->is_detached = true;
        quic_stream_end(s, 0);
    }
    quic_streams_touch(set);
    return 0;
}

int quic_streams_on_reset(ngtcp2_conn *nc, int64_t id, uint64_t final_size, uint64_t code,
                          void *user, void *stream_user)
{
    (void)nc;
    (void)id;
    (void)final_size;
    (void)code;
    (void)user;
    if (stream_user)
        quic_stream_end(stream_user, GW_ERESET);
    return 0;
}

int quic_streams_on_more_data(ngtcp2_conn *nc, int64_t id, uint64_t max, void *user,
                              void *stream_user)
{
    struct quic_streams *set = user;
    struct quic_stream *s = stream_user;
    (void)nc;
    (void)id;
    (void)max;
    if (s && quic_stream_has_output(s)) {
        sched_add(&set->sched, &s->sched);
        quic_streams_touch(set);
    }
    return 0;
}
