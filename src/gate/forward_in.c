/* forward_in.c - see forward_in.h. */
#include "gate/forward_in.h"

#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

#include "base/err.h"
#include "base/log.h"
#include "net/fdstream.h"

struct forward_in {
    struct ev_loop *loop;
    struct turn *turn;
    struct front *front;
    struct listen *listen;
    struct front_target target;
    struct client *clients; /* utlist DL: those not joined yet */
    uint64_t count;
};

struct client {
    struct client *prev, *next;
    struct forward_in *forward;
    struct stream *stream;
    struct front_open *open;
};

static void release(struct client *c)
{
    DL_DELETE(c->forward->clients, c);
    free(c);
}

static void on_opened(void *arg, int err, const char *why)
{
    struct client *c = arg;
    (void)why; /* the front has logged it */

    if (err)
        stream_drop(c->stream, err);
    else
        front_join(c->open, c->stream, NULL, NULL);
    release(c);
}

static struct span on_alloc(struct stream *s)
{
    (void)s;
    return (struct span){ 0 };
}

static void on_close(struct stream *s, int err)
{
    struct client *c = s->owner;
    (void)err;
    front_cancel(c->open, GW_ECANCELED);
    release(c);
}

static const struct stream_events client_events = {
    /* it is not read from yet */
    .on_alloc = on_alloc,        .on_data = stream_ignore_data, .on_drained = stream_ignore_drained,
    .on_eof = stream_ignore_eof, .on_close = on_close,
};

static void refuse(int err, int fd, struct stream *s, struct client *c)
{
    log_warn("forward client refused: %s", gw_strerror(err));
    if (s)
        stream_drop(s, err);
    else
        close(fd);
    free(c);
}

static void on_accept(void *arg, int fd, const struct sockaddr_any *from)
{
    struct forward_in *f = arg;
    struct stream *s = fdstream_new(f->loop, f->turn, fd, fd);
    struct client *c = s ? calloc(1, sizeof *c) : NULL;
    int err = GW_ENOMEM;
    (void)from;

    f->count++;
    if (c)
        err = front_open(f->front, "forward", &f->target, on_opened, c, &c->open);
    if (err) {
        refuse(err, fd, s, c);
        return;
    }
    c->forward = f;
    c->stream = s;
    DL_APPEND(f->clients, c);
    stream_own(s, &client_events, c);
}

int forward_in_open(struct ev_loop *loop, struct turn *turn, struct front *front,
                    const struct sockaddr_any *at, const struct front_target *target,
                    struct forward_in **out)
{
    struct forward_in *f = malloc(sizeof *f);
    if (!f)
        return GW_ENOMEM;
    *f = (struct forward_in){ .loop = loop, .turn = turn, .front = front, .target = *target };
    int err = listen_open(loop, at, on_accept, f, &f->listen);
    if (err) {
        free(f);
        return err;
    }
    *out = f;
    return 0;
}

void forward_in_close(struct forward_in *f)
{
    struct client *c, *tmp;

    if (!f)
        return;
    listen_close(f->listen);
    DL_FOREACH_SAFE (f->clients, c, tmp) {
        front_cancel(c->open, GW_ECANCELED);
        stream_drop(c->stream, GW_ECANCELED);
        release(c);
    }
    free(f);
}

void forward_in_set_target(struct forward_in *f, const struct front_target *t)
{
    f->target = *t;
}

const struct sockaddr_any *forward_in_addr(const struct forward_in *f)
{
    return listen_addr(f->listen);
}

const struct front_target *forward_in_target(const struct forward_in *f)
{
    return &f->target;
}

uint64_t forward_in_count(const struct forward_in *f)
{
    return f->count;
}
