/* stream.c - see stream.h. */
#include "net/stream.h"

void stream_ignore_data(struct stream *s, struct bytes v)
{
    (void)s;
    (void)v;
}

void stream_ignore_drained(struct stream *s, size_t n)
{
    (void)s;
    (void)n;
}

void stream_ignore_eof(struct stream *s)
{
    (void)s;
}

static struct span no_room(struct stream *s)
{
    (void)s;
    return (struct span){ 0 };
}

static void ignore_close(struct stream *s, int err)
{
    (void)s;
    (void)err;
}

static const struct stream_events nobody = {
    .on_alloc = no_room,
    .on_data = stream_ignore_data,
    .on_drained = stream_ignore_drained,
    .on_eof = stream_ignore_eof,
    .on_close = ignore_close,
};

void stream_drop(struct stream *s, int err)
{
    stream_own(s, &nobody, NULL);
    s->ops->reset(s, err);
}
