/* bridge.c - see bridge.h. */
#include "net/bridge.h"

#include <stdlib.h>

#include "base/container_of.h"
#include "base/err.h"

#define ROOM_WANT (64u << 10)

struct way { /* one direction: from side[i] to side[!i] */
    struct bridge *br;
    struct limit_waiter waiter;
    struct span room; /* of the last on_alloc, in the send queue of side[!i] */
    size_t in_flight; /* octets delivered by side[i] that have not left side[!i] */
    size_t owed;      /* octets that have left, their credit held back by the limit */
    bool asks_room;   /* side[i] calls on_alloc */
    bool is_reset;    /* side[i] was reset by us */
};

struct bridge {
    struct stream *side[2]; /* NULL once closed */
    struct way way[2];
    struct limit *limit;
    uint64_t each_way; /* octets at most */
    struct bridge_stats stats;
    int err; /* first failure seen */
    bridge_done_fn *done;
    void *arg;
};

static int side_of(const struct bridge *br, const struct stream *s)
{
    return br->side[1] == s;
}

static void reset_side(struct bridge *br, int i, int err)
{
    if (!br->side[i] || br->way[i].is_reset)
        return;
    br->way[i].is_reset = true;
    limit_unwait(&br->way[i].waiter);
    br->side[i]->ops->reset(br->side[i], err);
}

/* Gives back what is owed, as far as the limit has room, and lifts the pause. */
static void pay(struct bridge *br, int i)
{
    struct way *w = &br->way[i];
    size_t n = limit_room(br->limit);

    if (n > w->owed)
        n = w->owed;
    w->owed -= n;
    limit_take(br->limit, n);
    if (w->owed)
        limit_wait(br->limit, &w->waiter);
    if (n || w->asks_room)
        br->side[i]->ops->credit(br->side[i], n);
}

static void on_wake(struct limit_waiter *waiter)
{
    struct way *w = container_of(waiter, struct way, waiter);
    pay(w->br, (int)(w - w->br->way));
}

/* n octets have left side[!i]: its queue has room again, and side[i] may deliver as many.  What was
 * queued before the bridge stood leaves here, too, but nobody delivered it to us. */
static void give_back(struct bridge *br, int i, size_t n)
{
    struct way *w = &br->way[i];

    if (!br->side[i])
        return;
    if (n > w->in_flight)
        n = w->in_flight;
    w->in_flight -= n;
    if (!br->limit || w->asks_room) {
        br->side[i]->ops->credit(br->side[i], n);
        return;
    }
    w->owed += n;
    pay(br, i);
}

static void move(struct bridge *br, int i, struct bytes v)
{
    struct way *w = &br->way[i];
    struct stream *to = br->side[!i];

    if (br->stats.moved[i] + v.n > br->each_way) {
        bridge_cancel(br, GW_ELIMIT);
        return;
    }
    br->stats.moved[i] += v.n;
    w->in_flight += v.n;
    if (w->room.n && v.p == w->room.p) {
        to->ops->commit(to, v.n);
        return;
    }
    ssize_t left = to->ops->write(to, v);
    if (left < 0)
        bridge_cancel(br, (int)left);
    else if (left > 0)
        give_back(br, i, (size_t)left);
}

/* When the other side has closed in order, this one may be at its end as well; if it is not, its
 * writer is told by a reset, as a kernel does it. */
static struct span refuse_room(void)
{
    static uint8_t one_too_many;
    return (struct span){ &one_too_many, 1 };
}

static struct span on_alloc(struct stream *s)
{
    struct bridge *br = s->owner;
    int i = side_of(br, s);
    struct stream *to = br->side[!i];
    struct way *w = &br->way[i];
    size_t want = ROOM_WANT;

    w->asks_room = true;
    w->room = (struct span){ 0 };
    if (!to)
        return refuse_room();
    if (br->limit) {
        size_t room = limit_room(br->limit);
        if (!room)
            limit_wait(br->limit, &w->waiter);
        if (want > room)
            want = room;
    }
    if (want)
        w->room = to->ops->reserve(to, want);
    return w->room;
}

static void on_data(struct stream *s, struct bytes v)
{
    struct bridge *br = s->owner;
    int i = side_of(br, s);

    if (!br->side[!i]) {
        reset_side(br, i, GW_ERESET);
        return;
    }
    if (br->limit && br->way[i].asks_room)
        limit_take(br->limit, v.n);
    move(br, i, v);
    br->way[i].room = (struct span){ 0 };
}

static void on_drained(struct stream *s, size_t n)
{
    struct bridge *br = s->owner;
    give_back(br, !side_of(br, s), n);
}

static void on_eof(struct stream *s)
{
    struct bridge *br = s->owner;
    struct stream *to = br->side[!side_of(br, s)];
    if (to)
        to->ops->shutdown(to);
}

static void on_close(struct stream *s, int err)
{
    struct bridge *br = s->owner;
    int i = side_of(br, s);
    struct way *w = &br->way[i];

    br->side[i] = NULL;
    limit_unwait(&w->waiter);
    if (br->limit && !w->asks_room)
        limit_take(br->limit, w->owed + w->in_flight); /* passed, and never to be credited */
    if (!br->err) {
        br->err = err;
        br->stats.a_failed = err && i == 0;
    }
    if (br->side[!i]) {
        if (err)
            reset_side(br, !i, err);
        else
            br->side[!i]->ops->credit(br->side[!i], 0); /* it may wait for room that is gone */
        return;
    }
    br->done(br->arg, br->err, &br->stats);
    free(br);
}

static const struct stream_events bridge_events = {
    .on_alloc = on_alloc,
    .on_data = on_data,
    .on_drained = on_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

struct bridge *bridge_start(struct stream *a, struct stream *b, struct bytes early,
                            struct limit *limit, bridge_done_fn *done, void *arg)
{
    struct bridge *br = malloc(sizeof *br);
    if (!br)
        return NULL;
    *br = (struct bridge){
        .side = { a, b }, .limit = limit, .each_way = UINT64_MAX, .done = done, .arg = arg
    };
    for (int i = 0; i < 2; i++) {
        br->way[i] = (struct way){ .br = br, .waiter.wake = on_wake };
        stream_own(br->side[i], &bridge_events, br);
    }
    if (early.n)
        move(br, 1, early);
    for (int i = 0; i < 2 && !br->err; i++)
        br->side[i]->ops->credit(br->side[i], 0);
    return br;
}

void bridge_set_max(struct bridge *br, uint64_t each_way)
{
    br->each_way = each_way ? each_way : UINT64_MAX;
    if (br->stats.moved[0] > br->each_way || br->stats.moved[1] > br->each_way)
        bridge_cancel(br, GW_ELIMIT);
}

void bridge_cancel(struct bridge *br, int err)
{
    if (!br->err)
        br->err = err;
    for (int i = 0; i < 2; i++)
        reset_side(br, i, err);
}

const struct bridge_stats *bridge_stats(const struct bridge *br)
{
    return &br->stats;
}
