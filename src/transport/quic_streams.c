/* quic_streams.c - see quic_streams.h. */
#include "transport/quic_streams.h"

#include <utlist.h>

#include "base/err.h"
#include "transport/muxed.h"
#include "transport/quic_stream.h"

void quic_streams_credit(struct quic_streams *set, int64_t id, size_t n)
{
    if (!set->nc)
        return;
    ngtcp2_conn_extend_max_offset(set->nc, n);
    ngtcp2_conn_extend_max_stream_offset(set->nc, id, n);
    muxstreams_touch(&set->mux);
}

void quic_streams_open_waiting(struct quic_streams *set)
{
    struct muxstream *m;

    if (set->mux.nwaiting == 0)
        return;
    DL_FOREACH (set->mux.all, m) {
        struct quic_stream *s = quic_stream_of(m);
        if (s->id >= 0 || m->is_closing)
            continue;
        if (ngtcp2_conn_open_bidi_stream(set->nc, &s->id, s) != 0) {
            s->id = -1;
            return;
        }
        s->is_detached = false;
        if (quic_stream_has_output(s))
            sched_add(&set->mux.sched, &m->sched);
        if (--set->mux.nwaiting == 0)
            return;
    }
}

void quic_streams_deliver_closing(struct quic_streams *set)
{
    ngtcp2_conn *nc = set->nc;
    struct muxstream *m;

    while ((m = muxstreams_next_closing(&set->mux)) != NULL) {
        struct quic_stream *s = quic_stream_of(m);
        if (nc) /* what nobody read must not take the others' window for good */
            ngtcp2_conn_extend_max_offset(nc, m->uncredited);
        if (!s->is_detached && nc) {
            ngtcp2_conn_set_stream_user_data(nc, s->id, NULL);
            ngtcp2_conn_shutdown_stream(nc, 0, s->id, QUIC_STREAM_CODE_RESET);
        }
        m->base.ev->on_close(&m->base, m->close_err);
        quic_stream_free(s);
    }
}

void quic_streams_end_all(struct quic_streams *set, int err)
{
    struct muxstream *m;

    set->nc = NULL;
    DL_FOREACH (set->mux.all, m)
        muxstream_end(m, err);
    quic_streams_deliver_closing(set);
}

void quic_streams_free_all(struct quic_streams *set)
{
    while (set->mux.all)
        quic_stream_free(quic_stream_of(set->mux.all));
}

/* ---- what ngtcp2 calls ---- */

int quic_streams_on_open(ngtcp2_conn *nc, int64_t id, void *user)
{
    struct quic_streams *set = user;

    if (!ngtcp2_is_bidi_stream(id))
        return 0; /* the peer may open none (initial_max_streams_uni 0) */
    struct quic_stream *s = quic_stream_new(set, id);
    if (!s)
        return ngtcp2_conn_shutdown_stream(nc, 0, id, QUIC_STREAM_CODE_RESET)
                   ? NGTCP2_ERR_CALLBACK_FAILURE
                   : 0;
    ngtcp2_conn_set_stream_user_data(nc, id, s);
    set->muxed->ev->on_stream(set->muxed, &s->m.base);
    return 0;
}

int quic_streams_on_data(ngtcp2_conn *nc, uint32_t flags, int64_t id, uint64_t offset,
                         const uint8_t *data, size_t n, void *user, void *stream_user)
{
    struct quic_streams *set = user;
    struct quic_stream *s = stream_user;
    (void)id;
    (void)offset;

    if (!s || s->m.is_closing) {
        ngtcp2_conn_extend_max_offset(nc, n); /* nobody else will credit it */
        return 0;
    }
    set->mux.rx_bytes += n;
    s->m.uncredited += n;
    if (n)
        s->m.base.ev->on_data(&s->m.base, (struct bytes){ data, n });
    if ((flags & NGTCP2_STREAM_DATA_FLAG_FIN) && !s->m.is_closing)
        s->m.base.ev->on_eof(&s->m.base);
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
        muxstream_end(&s->m, 0);
    }
    muxstreams_touch(&set->mux);
    return 0;
}

int quic_streams_on_reset(ngtcp2_conn *nc, int64_t id, uint64_t final_size, uint64_t code,
                          void *user, void *stream_user)
{
    struct quic_stream *s = stream_user;
    (void)nc;
    (void)id;
    (void)final_size;
    (void)code;
    (void)user;
    if (s)
        muxstream_end(&s->m, GW_ERESET);
    return 0;
}

int quic_streams_on_more(ngtcp2_conn *nc, uint64_t max, void *user)
{
    struct quic_streams *set = user;
    (void)nc;
    (void)max;
    muxstreams_touch(&set->mux);
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
        sched_add(&set->mux.sched, &s->m.sched);
        muxstreams_touch(&set->mux);
    }
    return 0;
}
