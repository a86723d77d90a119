/* fuzz_yamux.c - a connection that is fed with anything: it writes nothing but whole frames, keeps
 * its limits, and every owner hears of the end once.
 *
 * The first octet chooses the size of the pieces, and whether the other end reads. */
#include <stdlib.h>

#include "../unit/fake_stream.h"
#include "fuzz.h"
#include "net/chunkq.h"
#include "owners.h"
#include "transport/yamux.h"
#include "wire/yamux_frame.h"

#define STREAMS_MAX 4 /* of the peer */
#define OWN_STREAMS 2
#define WINDOW      (256u << 10)
#define QUEUED_MAX  (1u << 20) /* octets written that the peer does not read */
#define TURNS       20

static struct ev_loop *loop;
static struct turn *turn;
static struct parting *partings;
static struct fake_pair *pair; /* end[0] carries the connection; NULL once gone */
static int nclosed;            /* the connection */

/* What the connection writes. */
static struct {
    uint8_t header[YAMUX_HEADER_LEN];
    size_t n;
    uint32_t body;
    bool is_ended; /* GO_AWAY */
} out;

static void check_frame(void)
{
    struct yamux_frame f;

    assert(!out.is_ended);
    assert(yamux_frame_decode(out.header, &f) == 0);
    assert(f.flags < 16);
    if (f.type == YAMUX_DATA)
        assert(f.length <= WINDOW);
    out.body = f.type == YAMUX_DATA ? f.length : 0;
    out.is_ended = f.type == YAMUX_GO_AWAY;
    out.n = 0;
}

static void far_data(struct stream *s, struct bytes v)
{
    s->ops->credit(s, v.n);
    for (size_t i = 0; i < v.n; i++) {
        if (out.body) {
            out.body--;
            continue;
        }
        out.header[out.n++] = v.p[i];
        if (out.n == sizeof out.header)
            check_frame();
    }
}

static void far_eof(struct stream *s)
{
    assert(out.n == 0 && out.body == 0);
    (void)s;
}

static void far_close(struct stream *s, int err)
{
    (void)s;
    (void)err;
}

static const struct stream_events far_events = {
    .on_data = far_data,
    .on_drained = stream_ignore_drained,
    .on_eof = far_eof,
    .on_close = far_close,
};

static void muxed_ready(struct muxed *m)
{
    (void)m;
}

static void muxed_stream(struct muxed *m, struct stream *s)
{
    (void)m;
    owners_add(s);
}

static void muxed_close(struct muxed *m, int err)
{
    (void)err;
    assert(owners.alive == 0);
    nclosed++;
    *(struct muxed **)m->owner = NULL;
}

static const struct muxed_events muxed_events = {
    .on_ready = muxed_ready,
    .on_stream = muxed_stream,
    .on_close = muxed_close,
};

static void pair_gone(struct fake_pair *p)
{
    (void)p;
    pair = NULL;
}

static void start(struct muxed **slot, bool is_reading)
{
    static const struct multiaddr nowhere;
    static const struct peerid nobody;
    const struct yamux_config cfg = { .max_streams = STREAMS_MAX,
                                      .window = WINDOW,
                                      .partings = &partings };
    struct muxed *m = yamux_new(loop, turn, &cfg, true, "fuzz", &nowhere, &nowhere);

    assert(m);
    m->ev = &muxed_events;
    m->owner = slot;
    *slot = m;
    memset(&out, 0, sizeof out);
    owners = (struct owners){ 0 };
    nclosed = 0;
    pair = fake_pair_new(loop);
    pair->gone = pair_gone;
    stream_own(&pair->end[1].s, &far_events, NULL);
    if (is_reading)
        pair->end[1].s.ops->credit(&pair->end[1].s, 0);
    for (int i = 0; i < OWN_STREAMS; i++) {
        struct stream *s;
        assert(m->ops->open(m, &s) == 0);
        owners_add(s);
        assert(s->ops->write(s, bytes_of("hello")) >= 0);
    }
    yamux_attach(m, &nobody, &pair->end[0].s, (struct bytes){ 0 });
}

static void check(struct muxed *m, size_t size)
{
    struct muxed_info info;

    assert(owners.heard <= size);
    assert(!pair || pair->end[0].len <= QUEUED_MAX);
    if (!m)
        return;
    m->ops->info(m, &info);
    assert(info.streams == owners.alive && owners.alive <= STREAMS_MAX + OWN_STREAMS);
    assert(info.rx_bytes == owners.heard);
}

static void finish(struct muxed **m)
{
    if (*m)
        (*m)->ops->close(*m, 0);
    for (int i = 0; i < TURNS && *m; i++)
        ev_run(loop, EVRUN_NOWAIT);
    assert(!*m && nclosed == 1 && owners.alive == 0);
    for (int i = 0; i < TURNS && pair; i++)
        ev_run(loop, EVRUN_NOWAIT);
    parting_drop_all(&partings);
    for (int i = 0; i < TURNS && pair; i++)
        ev_run(loop, EVRUN_NOWAIT);
    assert(!pair && chunkq_total() == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct muxed *m;

    if (size == 0)
        return 0;
    if (!loop) {
        loop = ev_loop_new(EVFLAG_AUTO);
        assert(loop);
        turn = turn_new(loop);
        assert(turn);
    }
    start(&m, data[0] & 1);
    pair->piece = data[0] >> 1;
    struct bytes v = { data + 1, size - 1 };
    pair->end[1].s.ops->write(&pair->end[1].s, v);
    for (int i = 0; i < TURNS && pair; i++) {
        ev_run(loop, EVRUN_NOWAIT);
        check(m, size);
    }
    finish(&m);
    return 0;
}
