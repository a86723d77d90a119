/* held.c - see held.h. */
#include "gate/held.h"

#include <stdlib.h>

#include "base/err.h"

static void keep_octets(struct held *h, struct bytes v)
{
    if (!v.n)
        return;
    uint8_t *p = realloc(h->p, h->n + v.n);
    if (!p) {
        h->stream->ops->reset(h->stream, GW_ENOMEM);
        return;
    }
    memcpy(p + h->n, v.p, v.n);
    h->p = p;
    h->n += v.n;
}

static struct span on_alloc(struct stream *s)
{
    (void)s;
    return (struct span){ 0 };
}

static void on_data(struct stream *s, struct bytes v)
{
    keep_octets(s->owner, v);
}

static void on_eof(struct stream *s)
{
    struct held *h = s->owner;
    h->has_eof = true;
}

static void on_close(struct stream *s, int err)
{
    struct held *h = s->owner;
    h->stream = NULL;
    h->err = err ? err : GW_ECLOSED;
}

static const struct stream_events stream_events = {
    .on_alloc = on_alloc,
    .on_data = on_data,
    .on_drained = stream_ignore_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

static void on_datagram(struct dgrams *d, struct bytes v)
{
    struct held *h = d->owner;
    uint8_t *p = h->nkept < HELD_DATAGRAMS_MAX ? malloc(v.n + 1) : NULL;
    if (!p)
        return; /* lost, as datagrams are */
    if (v.n)
        memcpy(p, v.p, v.n);
    h->kept[h->nkept++] = (struct span){ p, v.n };
}

static void on_dgrams_close(struct dgrams *d, int err)
{
    struct held *h = d->owner;
    h->dgrams = NULL;
    h->err = err ? err : GW_ECLOSED;
}

static const struct dgrams_events dgrams_events = { .on_datagram = on_datagram,
                                                    .on_close = on_dgrams_close };

static void forget(struct held *h)
{
    free(h->p);
    for (size_t i = 0; i < h->nkept; i++)
        free(h->kept[i].p);
    h->p = NULL;
    h->n = h->nkept = 0;
    h->stream = NULL;
    h->dgrams = NULL;
}

void held_take_stream(struct held *h, struct stream *s, struct bytes early)
{
    *h = (struct held){ .stream = s };
    stream_own(s, &stream_events, h);
    keep_octets(h, early);
}

void held_take_dgrams(struct held *h, struct dgrams *d)
{
    *h = (struct held){ .dgrams = d };
    dgrams_own(d, &dgrams_events, h);
}

void held_drop(struct held *h, int err)
{
    if (h->stream)
        stream_drop(h->stream, err);
    if (h->dgrams)
        h->dgrams->ops->close(h->dgrams, err);
    forget(h);
}

struct bridge *held_bridge(struct held *h, struct stream *client, bridge_done_fn *done, void *arg)
{
    struct bridge *br = NULL;

    if (h->stream) {
        br = bridge_start(client, h->stream, (struct bytes){ h->p, h->n }, NULL, done, arg);
        h->err = GW_ENOMEM; /* if it is one at all */
    }
    if (br) {
        if (h->has_eof)
            client->ops->shutdown(client);
        forget(h);
    } else {
        stream_drop(client, h->err);
        held_drop(h, h->err);
    }
    return br;
}

struct dgrams_join *held_join(struct held *h, struct ev_loop *loop, struct dgrams *client,
                              uint64_t idle_ms, struct dgrams_stats *early, dgrams_done_fn *done,
                              void *arg)
{
    struct dgrams_join *j = NULL;

    *early = (struct dgrams_stats){ 0 };
    if (h->dgrams) {
        j = dgrams_join(loop, client, h->dgrams, idle_ms, done, arg);
        h->err = GW_ENOMEM;
    }
    if (!j) {
        client->ops->close(client, h->err);
        held_drop(h, h->err);
        return NULL;
    }
    early->datagrams[1] = h->nkept;
    for (size_t i = 0; i < h->nkept; i++) {
        early->octets[1] += h->kept[i].n;
        client->ops->send(client, (struct bytes){ h->kept[i].p, h->kept[i].n });
    }
    forget(h);
    return j;
}
