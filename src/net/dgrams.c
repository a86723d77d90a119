/* dgrams.c - see dgrams.h. */
#include "net/dgrams.h"

#include <stdlib.h>

struct dgrams_join {
    struct ev_loop *loop;
    struct dgrams *side[2];
    struct limit *limit; /* NULL: none */
    ev_timer idle;       /* looks when the time may be over; a datagram only notes when it came */
    ev_tstamp idle_s, last_s;
    struct dgrams_stats stats;
    dgrams_done_fn *done;
    void *arg;
};

/* Both pipes are gone or somebody else's by now. */
static void finish(struct dgrams_join *j, int err)
{
    ev_timer_stop(j->loop, &j->idle);
    j->done(j->arg, err, &j->stats);
    free(j);
}

static void close_side(struct dgrams_join *j, int i, int err)
{
    j->side[i]->ops->close(j->side[i], err);
}

static void on_datagram(struct dgrams *d, struct bytes v)
{
    struct dgrams_join *j = d->owner;
    int i = j->side[1] == d;
    struct dgrams *to = j->side[!i];

    j->last_s = ev_now(j->loop);
    if (j->limit) {
        if (limit_room(j->limit) == 0)
            return;
        limit_take(j->limit, v.n);
    }
    j->stats.datagrams[i]++;
    j->stats.octets[i] += v.n;
    to->ops->send(to, v);
}

static void on_close(struct dgrams *d, int err)
{
    struct dgrams_join *j = d->owner;
    close_side(j, j->side[0] == d, err);
    finish(j, err);
}

static const struct dgrams_events join_events = { .on_datagram = on_datagram,
                                                  .on_close = on_close };

static void on_idle(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct dgrams_join *j = w->data;
    ev_tstamp left_s = j->last_s + j->idle_s - ev_now(loop);
    (void)revents;

    if (left_s > 0) {
        ev_timer_set(w, left_s, 0.);
        ev_timer_start(loop, w);
        return;
    }
    close_side(j, 0, 0);
    close_side(j, 1, 0);
    finish(j, 0);
}

struct dgrams_join *dgrams_join(struct ev_loop *loop, struct dgrams *a, struct dgrams *b,
                                uint64_t idle_ms, dgrams_done_fn *done, void *arg)
{
    struct dgrams_join *j = malloc(sizeof *j);
    if (!j)
        return NULL;
    *j = (struct dgrams_join){ .loop = loop,
                               .side = { a, b },
                               .idle_s = (ev_tstamp)idle_ms / 1e3,
                               .last_s = ev_now(loop),
                               .done = done,
                               .arg = arg };
    ev_timer_init(&j->idle, on_idle, j->idle_s, 0.);
    j->idle.data = j;
    ev_timer_start(loop, &j->idle);
    for (int i = 0; i < 2; i++)
        dgrams_own(j->side[i], &join_events, j);
    return j;
}

void dgrams_join_cancel(struct dgrams_join *j, int err)
{
    ev_timer_stop(j->loop, &j->idle);
    close_side(j, 0, err);
    close_side(j, 1, err);
    free(j);
}

void dgrams_join_limit(struct dgrams_join *j, struct limit *limit)
{
    j->limit = limit;
}

const struct dgrams_stats *dgrams_join_stats(const struct dgrams_join *j)
{
    return &j->stats;
}
