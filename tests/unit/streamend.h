/* streamend.h - one end of a stream for tests: sends a pattern, counts and checks what comes, and
 * holds the carrier to its contract. */
#ifndef GW_TESTS_STREAMEND_H
#define GW_TESTS_STREAMEND_H

#include "looprig.h"

#define RUN_UNTIL(loop, cond) LOOPRUN_UNTIL(loop, cond)

struct streamend {
    struct stream *s;                  /* NULL once closed */
    uint64_t to_send, sent, drained;   /* octets */
    uint64_t got, held;                /* held: got, not credited */
    bool holds;                        /* a reader that does not credit */
    bool writes;                       /* by write() in odd pieces, not in reserved room */
    bool has_eof, wants_fin, is_wrong; /* is_wrong: other octets came than were sent */
    int nclosed, err;
};

static inline uint8_t streamend_octet(uint64_t offset)
{
    return (uint8_t)(offset * 131 >> 3);
}

static inline size_t streamend_fill(const struct streamend *e, uint8_t *p, size_t n)
{
    if (n > e->to_send - e->sent)
        n = (size_t)(e->to_send - e->sent);
    for (size_t i = 0; i < n; i++)
        p[i] = streamend_octet(e->sent + i);
    return n;
}

/* Sends what there is room for. */
static inline void streamend_pump(struct streamend *e)
{
    uint8_t piece[1777];

    while (e->sent < e->to_send && !e->writes) {
        struct span room = e->s->ops->reserve(e->s, 65536);
        if (!room.n)
            return;
        size_t n = streamend_fill(e, room.p, room.n);
        e->s->ops->commit(e->s, n);
        e->sent += n;
    }
    while (e->sent < e->to_send) {
        size_t n = streamend_fill(e, piece, sizeof piece);
        ssize_t left = e->s->ops->write(e->s, (struct bytes){ piece, n });
        assert_true(left >= 0);
        e->drained += (size_t)left;
        e->sent += n;
    }
    if (e->wants_fin)
        e->s->ops->shutdown(e->s);
}

static inline void streamend_send(struct streamend *e, uint64_t n, bool fin)
{
    e->to_send += n;
    e->wants_fin = fin;
    streamend_pump(e);
}

/* The reader takes what it held, and goes on reading. */
static inline void streamend_release(struct streamend *e)
{
    size_t n = (size_t)e->held;
    e->held = 0;
    e->holds = false;
    e->s->ops->credit(e->s, n);
}

static inline void streamend_on_data(struct stream *s, struct bytes v)
{
    struct streamend *e = s->owner;

    assert_int_equal(e->nclosed, 0);
    assert_false(e->has_eof);
    for (size_t i = 0; i < v.n; i++)
        e->is_wrong |= v.p[i] != streamend_octet(e->got + i);
    e->got += v.n;
    if (e->holds)
        e->held += v.n;
    else
        s->ops->credit(s, v.n);
}

static inline void streamend_on_drained(struct stream *s, size_t n)
{
    struct streamend *e = s->owner;
    e->drained += n;
    assert_true(n > 0 && e->drained <= e->sent);
    if (e->sent < e->to_send)
        streamend_pump(e);
}

static inline void streamend_on_eof(struct stream *s)
{
    struct streamend *e = s->owner;
    assert_false(e->has_eof);
    e->has_eof = true;
}

static inline void streamend_on_close(struct stream *s, int err)
{
    struct streamend *e = s->owner;
    e->nclosed++;
    e->err = err;
    e->s = NULL;
}

static const struct stream_events streamend_events = {
    .on_data = streamend_on_data,
    .on_drained = streamend_on_drained,
    .on_eof = streamend_on_eof,
    .on_close = streamend_on_close,
};

static inline void streamend_own(struct streamend *e, struct stream *s)
{
    e->s = s;
    stream_own(s, &streamend_events, e);
    s->ops->credit(s, 0);
}

#endif
