/* muxed.c - see muxed.h. */
#include "transport/muxed.h"

#include "base/err.h"

void muxed_ignore(struct muxed *m)
{
    (void)m;
}

void muxed_drop_stream(struct muxed *m, struct stream *s)
{
    (void)m;
    stream_drop(s, GW_ECANCELED);
}

static void ignore_close(struct muxed *m, int err)
{
    (void)m;
    (void)err;
}

static const struct muxed_events dropped = {
    .on_ready = muxed_ignore,
    .on_stream = muxed_drop_stream,
    .on_moved = muxed_ignore,
    .on_close = ignore_close,
};

void muxed_drop(struct muxed *m, int err)
{
    m->ev = &dropped;
    m->ops->close(m, err);
}
