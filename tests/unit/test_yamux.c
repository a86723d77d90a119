/* test_yamux.c - two connections over a stream in memory, and one against a peer that is written
 * frame by frame: what streams carry, who has to wait, and what ends it all. */
#include "transport/yamux.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "fake_stream.h"
#include "streamend.h"
#include "testpeers.h"
#include "transport/yamux_stream.h"
#include "wire/yamux_frame.h"

#define WINDOW   (256u << 10) /* libp2p specs, yamux, "Flow Control" */
#define ENDS_MAX 600

struct side {
    struct muxed *m;
    struct streamend in[ENDS_MAX]; /* streams that the other side opened */
    size_t nin;
    bool holds, is_shy; /* of those: do not credit; reset them at once */
    int nready, nclosed, err;
};

static struct looprig rig;
static struct parting *partings;
static struct fake_pair *pair;
static struct side a, b;
static struct streamend one, two, many[ENDS_MAX]; /* streams that the test opens */

static void settle(void)
{
    for (int i = 0; i < 100; i++)
        ev_run(rig.loop, EVRUN_NOWAIT);
}

static void open_end(struct side *x, struct streamend *e)
{
    assert_int_equal(x->m->ops->open(x->m, &e->s), 0);
    streamend_own(e, e->s);
}

/* ---- connections ---- */

static void side_ready(struct muxed *m)
{
    struct side *x = m->owner;
    x->nready++;
}

static void side_stream(struct muxed *m, struct stream *s)
{
    struct side *x = m->owner;
    struct streamend *e = &x->in[x->nin++];

    assert_true(x->nin <= ENDS_MAX);
    e->s = s;
    e->holds = x->holds;
    stream_own(s, &streamend_events, e);
    if (x->is_shy)
        s->ops->reset(s, GW_EDENIED);
    else
        s->ops->credit(s, 0);
}

static void side_close(struct muxed *m, int err)
{
    struct side *x = m->owner;
    for (size_t i = 0; i < x->nin; i++)
        assert_int_equal(x->in[i].nclosed, 1);
    x->nclosed++;
    x->err = err;
    x->m = NULL;
}

static const struct muxed_events side_events = {
    .on_ready = side_ready,
    .on_stream = side_stream,
    .on_close = side_close,
};

static void make_side(struct side *x, bool is_inbound, struct yamux_config cfg)
{
    static const struct multiaddr nowhere;

    cfg.partings = &partings;
    if (!cfg.max_streams)
        cfg.max_streams = ENDS_MAX;
    if (!cfg.window)
        cfg.window = WINDOW;
    x->m = yamux_new(rig.loop, rig.turn, &cfg, is_inbound, "test", &nowhere, &nowhere);
    assert_non_null(x->m);
    x->m->ev = &side_events;
    x->m->owner = x;
}

static void attach(struct side *x, int end)
{
    struct peerid peer = peer_of(PEER_A);
    yamux_attach(x->m, &peer, &pair->end[end].s, (struct bytes){ 0 });
}

static void pair_gone(struct fake_pair *p)
{
    (void)p;
    pair = NULL;
}

static void make_pair(void)
{
    pair = fake_pair_new(rig.loop);
    pair->gone = pair_gone;
}

/* A dials B. */
static void connect_with(struct yamux_config ca, struct yamux_config cb)
{
    make_pair();
    make_side(&a, false, ca);
    make_side(&b, true, cb);
    attach(&a, 0);
    attach(&b, 1);
}

static void connect_plain(void)
{
    connect_with((struct yamux_config){ 0 }, (struct yamux_config){ 0 });
}

static uint32_t nstreams(const struct side *x)
{
    struct muxed_info info;
    x->m->ops->info(x->m, &info);
    return info.streams;
}

static int setup(void **state)
{
    (void)state;
    looprig_init(&rig);
    a = b = (struct side){ 0 };
    one = two = (struct streamend){ 0 };
    memset(many, 0, sizeof many);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (a.m)
        a.m->ops->close(a.m, 0);
    if (b.m)
        b.m->ops->close(b.m, 0);
    settle();
    parting_drop_all(&partings);
    if (pair && !pair->end[1].is_reset)
        stream_drop(&pair->end[1].s, GW_ECANCELED);
    settle();
    assert_null(pair);
    assert_int_equal(chunkq_total(), 0);
    looprig_fini(&rig);
    return 0;
}

/* ---- a peer made of frames: end[1] of the pair, the dialler ---- */

struct raw {
    uint8_t buf[1 << 20]; /* what came */
    size_t n, at;
    bool is_deaf, has_eof;
    bool answers; /* pings */
};

static struct raw raw;

static void raw_write(const void *p, size_t n)
{
    assert_int_equal(pair->end[1].s.ops->write(&pair->end[1].s, (struct bytes){ p, n }), 0);
}

static void raw_put(uint8_t type, uint16_t flags, uint32_t stream, uint32_t length)
{
    const struct yamux_frame f = { type, flags, stream, length };
    uint8_t b_[YAMUX_HEADER_LEN];

    yamux_frame_encode(b_, &f);
    raw_write(b_, sizeof b_);
}

/* A data frame with n octets of the pattern from `offset` on. */
static void raw_put_data(uint16_t flags, uint32_t stream, uint64_t offset, uint32_t n)
{
    uint8_t *p = malloc(n + 1);
    assert_non_null(p);
    for (uint32_t i = 0; i < n; i++)
        p[i] = streamend_octet(offset + i);
    raw_put(YAMUX_DATA, flags, stream, n);
    raw_write(p, n);
    free(p);
}

static void raw_data(struct stream *s, struct bytes v)
{
    assert_true(raw.n + v.n <= sizeof raw.buf);
    memcpy(raw.buf + raw.n, v.p, v.n);
    raw.n += v.n;
    s->ops->credit(s, v.n);
}

static void raw_eof(struct stream *s)
{
    raw.has_eof = true;
    s->ops->shutdown(s);
}

static void raw_close(struct stream *s, int err)
{
    (void)s;
    (void)err;
}

static const struct stream_events raw_events = {
    .on_data = raw_data,
    .on_drained = stream_ignore_drained,
    .on_eof = raw_eof,
    .on_close = raw_close,
};

/* The next frame that has come; pings are passed over, and answered when the peer is polite. */
static bool raw_peek(struct yamux_frame *f)
{
    while (raw.n - raw.at >= YAMUX_HEADER_LEN) {
        assert_int_equal(yamux_frame_decode(raw.buf + raw.at, f), 0);
        if (f->type != YAMUX_PING || !(f->flags & YAMUX_SYN))
            return true;
        raw.at += YAMUX_HEADER_LEN;
        if (raw.answers)
            raw_put(YAMUX_PING, YAMUX_ACK, 0, f->length);
    }
    return false;
}

static struct yamux_frame raw_next(void)
{
    struct yamux_frame f;

    RUN_UNTIL(rig.loop, raw_peek(&f));
    raw.at += YAMUX_HEADER_LEN;
    if (f.type == YAMUX_DATA) {
        RUN_UNTIL(rig.loop, raw.n - raw.at >= f.length);
        raw.at += f.length;
    }
    return f;
}

static void raw_expect(uint8_t type, uint16_t flags, uint32_t stream, uint32_t length)
{
    struct yamux_frame f = raw_next();
    assert_int_equal(f.type, type);
    assert_int_equal(f.flags, flags);
    assert_int_equal(f.stream, stream);
    assert_int_equal(f.length, length);
}

static void raw_expect_nothing(void)
{
    struct yamux_frame f;
    settle();
    assert_false(raw_peek(&f));
}

/* A is inbound, so that the peer uses odd ids. */
static void meet_raw(struct yamux_config cfg, bool is_deaf)
{
    memset(&raw, 0, sizeof raw);
    make_pair();
    make_side(&a, true, cfg);
    stream_own(&pair->end[1].s, &raw_events, NULL);
    if (!is_deaf)
        pair->end[1].s.ops->credit(&pair->end[1].s, 0);
    attach(&a, 0);
}

static void meet_plain_raw(void)
{
    meet_raw((struct yamux_config){ 0 }, false);
}

/* ---- streams ---- */

static void test_streams_open_both_ways(void **state)
{
    (void)state;
    connect_plain();
    assert_int_equal(a.nready, 1);
    assert_int_equal(b.nready, 1);
    open_end(&a, &one);
    open_end(&b, &two);
    streamend_send(&one, 100000, true);
    streamend_send(&two, 3000000, true);
    RUN_UNTIL(rig.loop, a.nin && b.nin && a.in[0].has_eof && b.in[0].has_eof);
    assert_int_equal(b.in[0].got, 100000);
    assert_int_equal(a.in[0].got, 3000000);
    assert_false(a.in[0].is_wrong || b.in[0].is_wrong);
    assert_int_equal(one.drained, 100000);
    assert_int_equal(two.drained, 3000000);
    assert_int_equal(nstreams(&a), 2);
    streamend_send(&a.in[0], 1, true);
    streamend_send(&b.in[0], 0, true);
    RUN_UNTIL(rig.loop, one.nclosed && two.nclosed && a.in[0].nclosed && b.in[0].nclosed);
    assert_int_equal(one.err | two.err | a.in[0].err | b.in[0].err, 0);
    assert_int_equal(two.got, 1);
    assert_int_equal(nstreams(&a), 0);
    assert_int_equal(nstreams(&b), 0);
}

static void test_info_counts_payload_and_names_the_connection(void **state)
{
    (void)state;
    struct muxed_info ia, ib;
    connect_plain();
    open_end(&a, &one);
    streamend_send(&one, 50000, false);
    RUN_UNTIL(rig.loop, b.nin && b.in[0].got == 50000);
    a.m->ops->info(a.m, &ia);
    b.m->ops->info(b.m, &ib);
    assert_int_equal(ia.tx_bytes, 50000);
    assert_int_equal(ib.rx_bytes, 50000);
    assert_string_equal(ia.transport, "test");
    assert_true(peerid_eq(&a.m->peer, &(struct peerid[]){ peer_of(PEER_A) }[0]));
}

static void test_fin_half_closes_in_either_order(void **state)
{
    (void)state;
    for (int first = 0; first < 2; first++) {
        connect_plain();
        open_end(&a, &one);
        streamend_send(&one, 10, first == 0);
        RUN_UNTIL(rig.loop, b.nin && b.in[0].got == 10);
        if (first == 1)
            streamend_send(&b.in[0], 20, true);
        struct streamend *early = first == 0 ? &one : &b.in[0],
                         *late = first == 0 ? &b.in[0] : &one;
        RUN_UNTIL(rig.loop, late->has_eof);
        assert_int_equal(early->nclosed | late->nclosed, 0);
        streamend_send(late, 70000, false);
        RUN_UNTIL(rig.loop, early->got >= 70000);
        streamend_send(late, 0, true);
        RUN_UNTIL(rig.loop, early->nclosed && late->nclosed);
        assert_true(early->has_eof);
        assert_int_equal(early->err | late->err, 0);
        teardown(NULL);
        setup(NULL);
    }
}

static void test_reset_reaches_the_other_end(void **state)
{
    (void)state;
    connect_plain();
    open_end(&a, &one);
    open_end(&a, &two);
    streamend_send(&one, 10, false);
    streamend_send(&two, 10, false);
    RUN_UNTIL(rig.loop, b.nin == 2 && b.in[1].got == 10);
    one.s->ops->reset(one.s, GW_ECANCELED);
    assert_int_equal(one.nclosed, 0); /* never from inside the operation */
    b.in[1].s->ops->reset(b.in[1].s, GW_EDENIED);
    RUN_UNTIL(rig.loop, one.nclosed && two.nclosed && b.in[0].nclosed && b.in[1].nclosed);
    assert_int_equal(one.err, GW_ECANCELED);
    assert_int_equal(b.in[0].err, GW_ERESET);
    assert_int_equal(b.in[1].err, GW_EDENIED);
    assert_int_equal(two.err, GW_ERESET);
    assert_int_equal(nstreams(&a), 0);
    assert_int_equal(a.nclosed | b.nclosed, 0);
}

static void test_a_stream_that_gets_no_memory_is_reset_at_both_ends(void **state)
{
    (void)state;
    connect_plain();
    open_end(&a, &one);
    streamend_send(&one, 10, false);
    RUN_UNTIL(rig.loop, b.nin == 1 && b.in[0].got == 10);
    chunkq_set_budget(0);
    assert_int_equal(one.s->ops->reserve(one.s, 1).n, 0);
    RUN_UNTIL(rig.loop, one.nclosed);
    chunkq_set_budget(256u << 20);
    assert_int_equal(one.err, GW_ENOMEM);
    RUN_UNTIL(rig.loop, b.in[0].nclosed);
    assert_int_equal(b.in[0].err, GW_ERESET);
}

static void test_reset_drops_what_was_queued(void **state)
{
    (void)state;
    b.holds = true;
    connect_plain();
    open_end(&a, &one);
    streamend_send(&one, 4 * WINDOW, false);
    RUN_UNTIL(rig.loop, b.nin && b.in[0].got == WINDOW);
    one.s->ops->reset(one.s, GW_ECANCELED);
    RUN_UNTIL(rig.loop, one.nclosed && b.in[0].nclosed);
    assert_int_equal(b.in[0].got, WINDOW);
    assert_int_equal(chunkq_total(), 0);
}

static void test_a_stream_that_was_never_seen_is_not_reset_on_the_wire(void **state)
{
    (void)state;
    meet_plain_raw();
    open_end(&a, &one);
    one.s->ops->reset(one.s, GW_ECANCELED);
    RUN_UNTIL(rig.loop, one.nclosed);
    raw_expect_nothing();
}

static void test_streams_opened_before_the_carrier_came_wait_for_it(void **state)
{
    (void)state;
    make_pair();
    make_side(&a, false, (struct yamux_config){ 0 });
    open_end(&a, &one);
    streamend_send(&one, 5000, true);
    open_end(&a, &two);
    settle();
    assert_int_equal(one.drained, 0);
    make_side(&b, true, (struct yamux_config){ 0 });
    attach(&a, 0);
    attach(&b, 1);
    RUN_UNTIL(rig.loop, b.nin == 2 && b.in[0].has_eof + b.in[1].has_eof == 1);
    assert_int_equal(b.in[0].got + b.in[1].got, 5000);
}

static void test_open_is_refused_when_too_many_wait(void **state)
{
    (void)state;
    struct stream *s;
    int n = 0, err;

    make_side(&a, false, (struct yamux_config){ 0 });
    while ((err = a.m->ops->open(a.m, &s)) == 0) {
        stream_own(s, &streamend_events, &one);
        n++;
    }
    assert_int_equal(err, GW_ELIMIT);
    assert_int_equal(n, 4096);
    a.m->ops->close(a.m, GW_ECANCELED);
    assert_int_equal(a.m->ops->open(a.m, &s), GW_ECLOSED);
    RUN_UNTIL(rig.loop, a.nclosed);
    assert_int_equal(one.nclosed, n);
    assert_int_equal(one.err, GW_ECANCELED);
}

/* ---- flow control ---- */

static void test_a_reader_that_does_not_credit_stops_its_writer_and_no_other(void **state)
{
    (void)state;
    b.holds = true;
    connect_plain();
    open_end(&a, &one);
    streamend_send(&one, 2 * WINDOW, true);
    RUN_UNTIL(rig.loop, b.nin == 1 && b.in[0].got == WINDOW);
    b.holds = false;
    open_end(&a, &two);
    streamend_send(&two, 8 * WINDOW, true);
    RUN_UNTIL(rig.loop, b.nin == 2 && b.in[1].has_eof);
    assert_int_equal(b.in[1].got, 8 * WINDOW);
    assert_int_equal(b.in[0].got, WINDOW);
    assert_int_equal(one.drained, WINDOW);
    assert_int_equal(one.s->ops->acked(one.s), 0);
    streamend_release(&b.in[0]);
    RUN_UNTIL(rig.loop, b.in[0].has_eof);
    assert_int_equal(b.in[0].got, 2 * WINDOW);
    assert_int_equal(one.drained, 2 * WINDOW);
    assert_false(b.in[0].is_wrong || b.in[1].is_wrong);
}

static void test_a_writer_queues_no_more_than_it_may(void **state)
{
    (void)state;
    b.holds = true;
    connect_plain();
    open_end(&a, &one);
    streamend_send(&one, 100 * WINDOW, true);
    RUN_UNTIL(rig.loop, b.nin == 1 && b.in[0].got == WINDOW);
    settle();
    assert_in_range(one.sent, WINDOW, 3 * WINDOW);
    assert_in_range(chunkq_total(), 1, 2 * WINDOW);
}

static void test_acked_follows_the_window_updates(void **state)
{
    (void)state;
    meet_plain_raw();
    open_end(&a, &one);
    streamend_send(&one, WINDOW, false);
    for (uint32_t got = 0; got < WINDOW;)
        got += raw_next().length;
    assert_int_equal(one.s->ops->acked(one.s), 0);
    raw_put(YAMUX_WINDOW_UPDATE, YAMUX_ACK, 2, 0);
    raw_put(YAMUX_WINDOW_UPDATE, 0, 2, 150000);
    settle();
    assert_int_equal(one.s->ops->acked(one.s), 150000);
}

/* One stream without a connection, so that time and round trip are the test's. */
static struct yamux_streams lone_set;

static void make_set(uint32_t window_max, uint64_t budget)
{
    static struct turn_task task;
    task = (struct turn_task){ 0 };
    lone_set = (struct yamux_streams){
        .mux = { .turn = rig.turn, .task = &task, .on_queued = yamux_stream_on_queued },
        .window_max = window_max,
        .window_budget = budget,
    };
}

static struct yamux_stream *make_stream(struct streamend *e, uint32_t id)
{
    struct yamux_stream *s = yamux_stream_accept(&lone_set, id);
    assert_non_null(s);
    stream_own(&s->m.base, &streamend_events, e);
    e->s = &s->m.base;
    return s;
}

/* The peer uses the window up, the owner takes all: the update that follows. */
static uint32_t use_up(struct yamux_stream *s, uint64_t rtt_us, uint64_t now_ms)
{
    static const uint8_t chunk[4096];
    struct streamend *e = s->m.base.owner;

    e->is_wrong = false;
    while (s->left) {
        uint32_t n = s->left < sizeof chunk ? s->left : (uint32_t)sizeof chunk;
        assert_int_equal(yamux_stream_on_length(s, n), 0);
        yamux_stream_on_data(s, (struct bytes){ chunk, n });
    }
    return yamux_stream_take_grant(s, rtt_us, now_ms);
}

static void end_set(void)
{
    struct turn_task *task = lone_set.mux.task;
    for (struct muxstream *s = lone_set.mux.all; s; s = s->next)
        muxstream_end(s, GW_ECANCELED);
    yamux_streams_deliver_closing(&lone_set, NULL, NULL);
    turn_del(rig.turn, task);
}

static void test_window_doubles_when_used_up_within_four_round_trips(void **state)
{
    (void)state;
    struct streamend e = { 0 };
    const uint64_t rtt_us = 100000;

    make_set(1u << 20, 1u << 30);
    struct yamux_stream *s = make_stream(&e, 1);
    assert_int_equal(use_up(s, rtt_us, 1000), WINDOW); /* the first tells nothing */
    assert_int_equal(use_up(s, rtt_us, 1401), WINDOW); /* slower than 400 ms */
    assert_int_equal(use_up(s, rtt_us, 1700), 2 * WINDOW);
    assert_int_equal(s->left, 2 * WINDOW);
    assert_int_equal(use_up(s, 0, 1701), 2 * WINDOW); /* round trip not known */
    assert_int_equal(use_up(s, rtt_us, 1702), 4 * WINDOW);
    assert_int_equal(use_up(s, rtt_us, 1703), 4 * WINDOW); /* the largest */
    assert_int_equal(s->left, 1u << 20);
    end_set();
}

static void test_windows_grow_within_one_budget(void **state)
{
    (void)state;
    struct streamend e[3] = { 0 };
    struct yamux_stream *s[3];

    make_set(1u << 20, WINDOW);
    for (uint32_t i = 0; i < 3; i++) {
        s[i] = make_stream(&e[i], 2 * i + 1);
        use_up(s[i], 100000, 1000);
    }
    assert_int_equal(use_up(s[0], 100000, 1001), 2 * WINDOW);
    assert_int_equal(use_up(s[1], 100000, 1001), WINDOW); /* the budget is used */
    assert_int_equal(lone_set.window_budget, 0);
    muxstream_end(&s[0]->m, GW_ERESET);
    yamux_streams_deliver_closing(&lone_set, NULL, NULL); /* gives it back */
    assert_int_equal(lone_set.window_budget, WINDOW);
    assert_int_equal(use_up(s[2], 100000, 1001), 2 * WINDOW);
    end_set();
}

static void test_window_is_granted_in_halves(void **state)
{
    (void)state;
    struct streamend e = { .holds = true };
    static const uint8_t chunk[WINDOW / 2];

    make_set(WINDOW, 0);
    struct yamux_stream *s = make_stream(&e, 1);
    assert_int_equal(yamux_stream_on_length(s, sizeof chunk), 0);
    yamux_stream_on_data(s, (struct bytes){ chunk, sizeof chunk });
    assert_int_equal(yamux_stream_take_grant(s, 0, 1), 0);
    s->m.base.ops->credit(&s->m.base, sizeof chunk - 1);
    assert_int_equal(yamux_stream_take_grant(s, 0, 1), 0);
    s->m.base.ops->credit(&s->m.base, 1);
    assert_int_equal(yamux_stream_take_grant(s, 0, 1), WINDOW / 2);
    assert_int_equal(yamux_stream_take_grant(s, 0, 1), 0);
    end_set();
}

/* ---- how many streams ---- */

static void test_streams_above_the_limit_are_reset(void **state)
{
    (void)state;
    struct streamend *x = many;

    connect_with((struct yamux_config){ 0 }, (struct yamux_config){ .max_streams = 2 });
    for (int i = 0; i < 3; i++) {
        open_end(&a, &x[i]);
        streamend_send(&x[i], 10, false);
    }
    RUN_UNTIL(rig.loop, x[2].nclosed);
    assert_int_equal(x[2].err, GW_ERESET);
    assert_int_equal(b.nin, 2);
    x[0].s->ops->reset(x[0].s, GW_ECANCELED);
    RUN_UNTIL(rig.loop, b.in[0].nclosed);
    open_end(&a, &x[3]);
    streamend_send(&x[3], 10, false);
    RUN_UNTIL(rig.loop, b.nin == 3 && b.in[2].got == 10);
    assert_int_equal(x[1].nclosed | x[3].nclosed, 0);
}

static void test_streams_beyond_the_backlog_wait_for_an_answer(void **state)
{
    (void)state;
    struct streamend *x = many;

    meet_plain_raw();
    for (int i = 0; i < 300; i++)
        open_end(&a, &x[i]);
    for (uint32_t i = 1; i <= 256; i++) {
        struct yamux_frame f = raw_next();
        assert_int_equal(f.type, YAMUX_WINDOW_UPDATE);
        assert_int_equal(f.flags, YAMUX_SYN);
        assert_int_equal(f.stream % 2, 0);
    }
    raw_expect_nothing();
    raw_put(YAMUX_WINDOW_UPDATE, YAMUX_ACK, 2, 0);
    raw_put(YAMUX_WINDOW_UPDATE, YAMUX_ACK, 2, 0); /* counts once */
    raw_put(YAMUX_WINDOW_UPDATE, YAMUX_RST, 4, 0);
    raw_expect(YAMUX_WINDOW_UPDATE, YAMUX_SYN, 514, 0);
    raw_expect(YAMUX_WINDOW_UPDATE, YAMUX_SYN, 516, 0);
    raw_expect_nothing();
    a.m->ops->close(a.m, GW_ECANCELED);
    RUN_UNTIL(rig.loop, a.nclosed);
    for (int i = 0; i < 300; i++)
        assert_int_equal(x[i].nclosed, 1);
}

/* js-libp2p loses the octets of a frame that has FIN, too. */
static void test_first_octets_go_with_the_opening_and_fin_behind_them(void **state)
{
    (void)state;
    meet_plain_raw();
    open_end(&a, &one);
    streamend_send(&one, 100, true);
    raw_expect(YAMUX_DATA, YAMUX_SYN, 2, 100);
    raw_expect(YAMUX_DATA, YAMUX_FIN, 2, 0);
    raw_put(YAMUX_DATA, YAMUX_SYN, 1, 0);
    raw_expect(YAMUX_WINDOW_UPDATE, YAMUX_ACK, 1, 0);
    streamend_send(&a.in[0], 10, false);
    raw_expect(YAMUX_DATA, 0, 1, 10);
    raw_expect_nothing();
}

static void test_ids_of_the_peer_come_in_any_order(void **state)
{
    (void)state;
    meet_plain_raw();
    raw_put(YAMUX_WINDOW_UPDATE, YAMUX_SYN, 5, 0);
    raw_put(YAMUX_WINDOW_UPDATE, YAMUX_SYN, 3, 0);
    RUN_UNTIL(rig.loop, a.nin == 2);
    assert_int_equal(a.nclosed, 0);
}

static void test_frames_of_a_stream_that_is_over_are_passed_over(void **state)
{
    (void)state;
    meet_plain_raw();
    raw_put_data(YAMUX_SYN | YAMUX_RST, 1, 0, 10);
    raw_put_data(0, 1, 10, 1000);
    raw_put(YAMUX_WINDOW_UPDATE, 0, 1, 1000);
    raw_put(YAMUX_WINDOW_UPDATE, YAMUX_RST, 99, 0);
    raw_put_data(YAMUX_SYN, 3, 0, 500);
    RUN_UNTIL(rig.loop, a.nin == 2 && a.in[1].got == 500 && a.in[0].nclosed);
    assert_int_equal(a.in[0].err, GW_ERESET);
    assert_false(a.in[1].is_wrong);
}

/* ---- keep-alive ---- */

static void test_pings_are_answered_with_their_value(void **state)
{
    (void)state;
    meet_plain_raw();
    raw_put(YAMUX_PING, YAMUX_SYN, 0, 0xc0ffee);
    raw_expect(YAMUX_PING, YAMUX_ACK, 0, 0xc0ffee);
    raw_put(YAMUX_PING, YAMUX_ACK, 0, 0xbad); /* nobody asked */
    raw_expect_nothing();
}

static void test_rtt_is_measured_at_once(void **state)
{
    (void)state;
    struct muxed_info info = { 0 };

    connect_plain();
    pair->round_ms = 30;
    RUN_UNTIL(rig.loop, (a.m->ops->info(a.m, &info), info.rtt_us > 0));
    assert_int_equal(info.rtt_us, 30000);
    pair->round_ms = 0;
    RUN_UNTIL(rig.loop, !ev_is_active(&pair->work));
}

static void test_a_silent_peer_is_dead_after_three_pings(void **state)
{
    (void)state;
    meet_raw((struct yamux_config){ .ping_ms = 50 }, false);
    uint64_t start_ms = clock_mono_ms();

    open_end(&a, &one);
    RUN_UNTIL(rig.loop, a.nclosed);
    assert_int_equal(a.err, GW_ETIMEOUT);
    assert_int_equal(one.err, GW_ETIMEOUT);
    assert_int_equal(clock_mono_ms() - start_ms, 100); /* the first went out at once */
}

static void test_a_peer_that_answers_pings_lives(void **state)
{
    (void)state;
    struct yamux_frame f;

    meet_raw((struct yamux_config){ .ping_ms = 20 }, false);
    raw.answers = true;
    uint64_t start_ms = clock_mono_ms();
    RUN_UNTIL(rig.loop, raw_peek(&f) || clock_mono_ms() - start_ms > 400);
    assert_int_equal(a.nclosed, 0);
}

/* ---- the end ---- */

static void test_close_says_go_away_and_tells_every_owner(void **state)
{
    (void)state;
    struct stream *s;

    meet_plain_raw();
    open_end(&a, &one);
    raw_expect(YAMUX_WINDOW_UPDATE, YAMUX_SYN, 2, 0);
    open_end(&a, &two);
    a.m->ops->close(a.m, GW_ECANCELED);
    assert_int_equal(a.nclosed, 0);
    assert_int_equal(a.m->ops->open(a.m, &s), GW_ECLOSED);
    RUN_UNTIL(rig.loop, a.nclosed && raw.has_eof);
    assert_int_equal(a.err, GW_ECANCELED);
    assert_int_equal(one.err, GW_ECANCELED);
    assert_int_equal(two.err, GW_ECANCELED);
    raw_expect(YAMUX_GO_AWAY, 0, 0, YAMUX_NORMAL);
}

static void test_close_of_one_side_closes_the_other_in_order(void **state)
{
    (void)state;
    connect_plain();
    open_end(&a, &one);
    RUN_UNTIL(rig.loop, b.nin);
    a.m->ops->close(a.m, 0);
    RUN_UNTIL(rig.loop, a.nclosed && b.nclosed && !pair);
    assert_int_equal(a.err, 0);
    assert_int_equal(b.err, 0);
    assert_int_equal(one.err, GW_ECLOSED);
    assert_int_equal(b.in[0].err, GW_ECLOSED);
}

static void test_after_go_away_streams_go_on_and_none_is_opened(void **state)
{
    (void)state;
    struct stream *s;

    meet_plain_raw();
    raw_put_data(YAMUX_SYN, 1, 0, 10);
    raw_put(YAMUX_GO_AWAY, 0, 0, YAMUX_NORMAL);
    raw_put_data(YAMUX_FIN, 1, 10, 10);
    RUN_UNTIL(rig.loop, a.nin && a.in[0].has_eof);
    assert_int_equal(a.in[0].got, 20);
    assert_int_equal(a.m->ops->open(a.m, &s), GW_ECLOSED);
    settle();
    assert_int_equal(a.nclosed, 0);
    streamend_send(&a.in[0], 300, true);
    RUN_UNTIL(rig.loop, a.nclosed);
    assert_int_equal(a.err, 0);
    assert_int_equal(a.in[0].err, 0);
}

static void test_go_away_with_an_error_ends_it_at_once(void **state)
{
    (void)state;
    meet_plain_raw();
    raw_put_data(YAMUX_SYN, 1, 0, 10);
    raw_put(YAMUX_GO_AWAY, 0, 0, YAMUX_INTERNAL_ERROR);
    RUN_UNTIL(rig.loop, a.nclosed);
    assert_int_equal(a.err, GW_EPROTO);
    assert_int_equal(a.in[0].err, GW_EPROTO);
}

static void test_a_carrier_that_ends_ends_the_connection(void **state)
{
    (void)state;
    for (int how = 0; how < 2; how++) {
        meet_plain_raw();
        open_end(&a, &one);
        settle();
        if (how == 0)
            pair->end[1].s.ops->shutdown(&pair->end[1].s);
        else
            pair->end[1].s.ops->reset(&pair->end[1].s, GW_ECANCELED);
        RUN_UNTIL(rig.loop, a.nclosed);
        assert_int_equal(a.err, how == 0 ? GW_ECLOSED : GW_ERESET);
        assert_int_equal(one.err, a.err);
        teardown(NULL);
        setup(NULL);
    }
}

/* Behind a header that is missing its octets would be read as a header. */
static void test_a_carrier_without_memory_gets_nothing_more(void **state)
{
    (void)state;
    meet_plain_raw();
    open_end(&a, &one);
    raw_expect(YAMUX_WINDOW_UPDATE, YAMUX_SYN, 2, 0);
    raw_expect_nothing();
    streamend_send(&one, 100, false);
    pair->end[0].is_poor = true;
    RUN_UNTIL(rig.loop, a.nclosed && !pair);
    assert_int_equal(raw.n, raw.at);
    assert_int_equal(a.err, GW_ENOMEM);
    assert_int_equal(one.err, GW_ENOMEM);
}

static void test_fail_while_waiting_tells_every_owner(void **state)
{
    (void)state;
    make_side(&a, false, (struct yamux_config){ 0 });
    open_end(&a, &one);
    streamend_send(&one, 1000, false);
    yamux_fail(a.m, GW_EREFUSED);
    RUN_UNTIL(rig.loop, a.nclosed);
    assert_int_equal(a.nready, 0);
    assert_int_equal(a.err, GW_EREFUSED);
    assert_int_equal(one.err, GW_EREFUSED);
}

static void count_settled(void *arg)
{
    ++*(int *)arg;
}

static void test_settled_is_called_once_with_a_carrier_or_a_close(void **state)
{
    (void)state;
    int n = 0;

    make_pair();
    make_side(&a, false, (struct yamux_config){ 0 });
    make_side(&b, true, (struct yamux_config){ 0 });
    yamux_on_settled(a.m, count_settled, &n);
    attach(&a, 0);
    assert_int_equal(n, 1);
    attach(&b, 1);
    a.m->ops->close(a.m, 0);
    RUN_UNTIL(rig.loop, a.nclosed && b.nclosed);
    assert_int_equal(n, 1);

    make_side(&a, false, (struct yamux_config){ 0 });
    yamux_on_settled(a.m, count_settled, &n);
    a.m->ops->close(a.m, GW_ECANCELED);
    assert_int_equal(n, 1);
    RUN_UNTIL(rig.loop, a.nclosed == 2);
    assert_int_equal(n, 2);
}

/* ---- a peer that breaks the protocol ---- */

static void break_type(void)
{
    raw_put(9, 0, 1, 0);
}

static void break_version(void)
{
    raw_write("\1\0\0\1\0\0\0\1\0\0\0\0", YAMUX_HEADER_LEN);
}

static void break_session_id(void)
{
    raw_put(YAMUX_DATA, YAMUX_SYN, 0, 0);
}

static void break_parity(void)
{
    raw_put(YAMUX_WINDOW_UPDATE, YAMUX_SYN, 2, 0);
}

static void break_syn_twice(void)
{
    raw_put(YAMUX_WINDOW_UPDATE, YAMUX_SYN, 1, 0);
    raw_put(YAMUX_WINDOW_UPDATE, YAMUX_SYN, 1, 0);
}

static void break_id_reused(void)
{
    raw_put_data(YAMUX_SYN, 1, 0, 10);
    raw_put(YAMUX_DATA, YAMUX_FIN, 1, 0); /* one way only: the stream lives */
    raw_put_data(YAMUX_SYN, 1, 0, 10);
}

static void break_window(void)
{
    raw_put_data(YAMUX_SYN, 1, 0, WINDOW);
    raw_put_data(0, 1, WINDOW, 1);
}

static void break_window_at_once(void)
{
    raw_put(YAMUX_DATA, YAMUX_SYN, 1, WINDOW + 1);
}

static void break_window_of_the_unknown(void)
{
    raw_put(YAMUX_DATA, 0, 77, WINDOW + 1);
}

static void break_credit(void)
{
    raw_put(YAMUX_WINDOW_UPDATE, YAMUX_SYN, 1, UINT32_MAX - WINDOW);
    raw_put(YAMUX_WINDOW_UPDATE, 0, 1, 1);
}

static void break_fin(void)
{
    raw_put_data(YAMUX_SYN | YAMUX_FIN, 1, 0, 10);
    raw_put_data(0, 1, 10, 1);
}

static void test_protocol_errors_end_it_with_go_away(void **state)
{
    (void)state;
    static void (*const breaks[])(void) = {
        break_type,
        break_version,
        break_session_id,
        break_parity,
        break_syn_twice,
        break_id_reused,
        break_window,
        break_window_at_once,
        break_window_of_the_unknown,
        break_credit,
        break_fin,
    };
    for (size_t i = 0; i < COUNT(breaks); i++) {
        struct yamux_frame f;

        a.holds = true;
        meet_plain_raw();
        open_end(&a, &one);
        breaks[i]();
        RUN_UNTIL(rig.loop, a.nclosed && raw.has_eof);
        assert_int_equal(a.err, GW_EPROTO);
        assert_int_equal(one.err, GW_EPROTO);
        do
            f = raw_next();
        while (f.type != YAMUX_GO_AWAY);
        assert_int_equal(f.length, YAMUX_PROTOCOL_ERROR);
        teardown(NULL);
        setup(NULL);
    }
}

/* What a peer makes us write is bounded when it does not read. */
static void assert_flood_is_bounded(uint8_t type, uint16_t flags, uint32_t first, uint32_t step)
{
    uint32_t n = 200000; /* 2.4 MB */

    meet_raw((struct yamux_config){ .max_streams = 8 }, true);
    for (uint32_t i = 0; i < n; i++)
        raw_put(type, flags, first + step * i, 0);
    settle();
    assert_int_equal(a.nclosed, 0);
    assert_in_range(pair->end[0].len, 1, 1u << 20);
    assert_in_range(pair->end[1].len, 1, 12 * n - 1); /* the rest has to wait */
    /* once it reads, all of it is answered */
    pair->end[1].s.ev = &(const struct stream_events){ .on_data = raw_data,
                                                       .on_drained = stream_ignore_drained,
                                                       .on_eof = stream_ignore_eof,
                                                       .on_close = raw_close };
    pair->end[1].s.ops->credit(&pair->end[1].s, 0);
    while (pair->end[1].len || pair->end[0].len) {
        raw.n = 0;
        ev_run(rig.loop, EVRUN_NOWAIT);
    }
    assert_int_equal(a.nclosed, 0);
    stream_own(&pair->end[1].s, &raw_events, NULL);
}

static void test_a_flood_of_pings_that_reads_no_answer_is_bounded(void **state)
{
    (void)state;
    assert_flood_is_bounded(YAMUX_PING, YAMUX_SYN, 0, 0);
}

static void test_a_flood_of_streams_that_reads_no_reset_is_bounded(void **state)
{
    (void)state;
    assert_flood_is_bounded(YAMUX_WINDOW_UPDATE, YAMUX_SYN, 1, 2);
    assert_int_equal(a.nin, 8);
}

static void test_streams_opened_and_reset_at_once_stay_within_the_limit(void **state)
{
    (void)state;
    meet_raw((struct yamux_config){ .max_streams = 8 }, false);
    for (uint32_t i = 0; i < 100; i++) {
        raw_put(YAMUX_WINDOW_UPDATE, YAMUX_SYN, 2 * i + 1, 0);
        raw_put(YAMUX_WINDOW_UPDATE, YAMUX_RST, 2 * i + 1, 0);
    }
    settle();
    assert_in_range(a.nin, 8, 100);
    assert_int_equal(a.nclosed, 0);
    assert_int_equal(nstreams(&a), 0);
}

static void test_an_owner_may_reset_a_stream_as_it_comes(void **state)
{
    (void)state;
    a.is_shy = true;
    meet_plain_raw();
    raw_put_data(YAMUX_SYN, 1, 0, 1000);
    raw_put_data(YAMUX_FIN, 1, 1000, 1000);
    raw_expect(YAMUX_WINDOW_UPDATE, YAMUX_RST, 1, 0);
    assert_int_equal(a.in[0].got, 0);
    assert_int_equal(a.in[0].err, GW_EDENIED);
}

/* ---- pieces ---- */

/* Every kind of frame; returns the octets. */
static size_t make_script(uint8_t *out)
{
    static const struct yamux_frame frames[] = {
        { YAMUX_DATA, YAMUX_SYN, 1, 5 },
        { YAMUX_PING, YAMUX_SYN, 0, 7 },
        { YAMUX_WINDOW_UPDATE, YAMUX_SYN, 3, 9 },
        { YAMUX_DATA, YAMUX_FIN, 1, 3 },
        { YAMUX_DATA, 0, 3, 4 },
        { YAMUX_DATA, 0, 55, 6 },
        { YAMUX_WINDOW_UPDATE, YAMUX_RST, 3, 0 },
        { YAMUX_GO_AWAY, 0, 0, 0 },
    };
    uint64_t offset[4] = { 0 };
    size_t n = 0;

    for (size_t i = 0; i < COUNT(frames); i++) {
        yamux_frame_encode(out + n, &frames[i]);
        n += YAMUX_HEADER_LEN;
        for (uint32_t k = 0; frames[i].type == YAMUX_DATA && k < frames[i].length; k++)
            out[n++] = streamend_octet(offset[frames[i].stream % 4]++);
    }
    return n;
}

static void test_frames_cut_anywhere_are_the_same(void **state)
{
    (void)state;
    uint8_t script[256];
    size_t n = make_script(script);

    for (size_t cut = 0; cut <= n + 1; cut++) {
        meet_plain_raw();
        pair->piece = cut > n ? 1 : 0; /* the last time octet by octet */
        raw_write(script, cut > n ? n : cut);
        settle();
        if (cut < n)
            raw_write(script + cut, n - cut);
        RUN_UNTIL(rig.loop, a.nin == 2 && a.in[1].nclosed);
        assert_int_equal(a.in[0].got, 8);
        assert_int_equal(a.in[1].got, 4);
        assert_false(a.in[0].is_wrong || a.in[1].is_wrong);
        assert_true(a.in[0].has_eof && !a.in[1].has_eof);
        assert_int_equal(a.in[1].err, GW_ERESET);
        streamend_send(&a.in[0], 1, true);
        RUN_UNTIL(rig.loop, a.nclosed);
        assert_int_equal(a.err, 0);
        teardown(NULL);
        setup(NULL);
    }
}

/* ---- the carrier ---- */

static void test_octets_written_before_it_was_attached_do_not_count(void **state)
{
    (void)state;
    memset(&raw, 0, sizeof raw);
    make_pair();
    make_side(&a, true, (struct yamux_config){ 0 });
    stream_own(&pair->end[1].s, &raw_events, NULL);
    pair->end[1].s.ops->credit(&pair->end[1].s, 0);
    pair->end[0].s.ops->write(&pair->end[0].s, bytes_of("negotiated\n"));
    attach(&a, 0);
    open_end(&a, &one);
    streamend_send(&one, WINDOW, false);
    RUN_UNTIL(rig.loop, one.drained == WINDOW);
    RUN_UNTIL(rig.loop, raw.n > WINDOW);
}

static void test_early_octets_are_used_and_credited(void **state)
{
    (void)state;
    struct peerid peer = peer_of(PEER_A);
    uint8_t script[256];
    size_t n = make_script(script);

    memset(&raw, 0, sizeof raw);
    make_pair();
    make_side(&a, true, (struct yamux_config){ 0 });
    stream_own(&pair->end[1].s, &raw_events, NULL);
    pair->end[1].s.ops->credit(&pair->end[1].s, 0);
    pair->end[0].uncredited = n; /* as if it had delivered them to the negotiation */
    yamux_attach(a.m, &peer, &pair->end[0].s, (struct bytes){ script, n });
    assert_int_equal(pair->end[0].uncredited, 0);
    assert_int_equal(a.nin, 2);
    assert_int_equal(a.in[0].got, 8);
    settle();
}

static void test_bulk_leaves_room_for_others(void **state)
{
    (void)state;
    connect_with((struct yamux_config){ 0 }, (struct yamux_config){ .window = 16u << 20 });
    open_end(&a, &one);
    streamend_send(&one, 64u << 20, false);
    RUN_UNTIL(rig.loop, b.nin == 1 && b.in[0].got > 1u << 20);
    open_end(&a, &two);
    streamend_send(&two, 1, false);
    uint64_t before = b.in[0].got;
    RUN_UNTIL(rig.loop, b.nin == 2 && b.in[1].got == 1);
    assert_in_range(b.in[0].got - before, 0, 8u << 20);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_streams_open_both_ways),
        TEST(test_info_counts_payload_and_names_the_connection),
        TEST(test_fin_half_closes_in_either_order),
        TEST(test_reset_reaches_the_other_end),
        TEST(test_a_stream_that_gets_no_memory_is_reset_at_both_ends),
        TEST(test_reset_drops_what_was_queued),
        TEST(test_a_stream_that_was_never_seen_is_not_reset_on_the_wire),
        TEST(test_streams_opened_before_the_carrier_came_wait_for_it),
        TEST(test_open_is_refused_when_too_many_wait),
        TEST(test_a_reader_that_does_not_credit_stops_its_writer_and_no_other),
        TEST(test_a_writer_queues_no_more_than_it_may),
        TEST(test_acked_follows_the_window_updates),
        TEST(test_window_doubles_when_used_up_within_four_round_trips),
        TEST(test_windows_grow_within_one_budget),
        TEST(test_window_is_granted_in_halves),
        TEST(test_streams_above_the_limit_are_reset),
        TEST(test_streams_beyond_the_backlog_wait_for_an_answer),
        TEST(test_first_octets_go_with_the_opening_and_fin_behind_them),
        TEST(test_ids_of_the_peer_come_in_any_order),
        TEST(test_frames_of_a_stream_that_is_over_are_passed_over),
        TEST(test_pings_are_answered_with_their_value),
        TEST(test_rtt_is_measured_at_once),
        TEST(test_a_silent_peer_is_dead_after_three_pings),
        TEST(test_a_peer_that_answers_pings_lives),
        TEST(test_close_says_go_away_and_tells_every_owner),
        TEST(test_close_of_one_side_closes_the_other_in_order),
        TEST(test_after_go_away_streams_go_on_and_none_is_opened),
        TEST(test_go_away_with_an_error_ends_it_at_once),
        TEST(test_a_carrier_that_ends_ends_the_connection),
        TEST(test_a_carrier_without_memory_gets_nothing_more),
        TEST(test_fail_while_waiting_tells_every_owner),
        TEST(test_settled_is_called_once_with_a_carrier_or_a_close),
        TEST(test_protocol_errors_end_it_with_go_away),
        TEST(test_a_flood_of_pings_that_reads_no_answer_is_bounded),
        TEST(test_a_flood_of_streams_that_reads_no_reset_is_bounded),
        TEST(test_streams_opened_and_reset_at_once_stay_within_the_limit),
        TEST(test_an_owner_may_reset_a_stream_as_it_comes),
        TEST(test_frames_cut_anywhere_are_the_same),
        TEST(test_octets_written_before_it_was_attached_do_not_count),
        TEST(test_early_octets_are_used_and_credited),
        TEST(test_bulk_leaves_room_for_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
