/* owners.h - who has the streams of a fuzzed connection: of four, one takes what comes, one keeps
 * it, one echoes, one resets. */
#ifndef GW_FUZZ_OWNERS_H
#define GW_FUZZ_OWNERS_H

#include <assert.h>
#include <stdint.h>

#include "base/err.h"
#include "net/stream.h"

static struct owners {
    size_t alive, opened; /* streams: now, and all there were */
    uint64_t heard;       /* octets */
} owners;

static void owners_data(struct stream *s, struct bytes v)
{
    owners.heard += v.n;
    switch ((uintptr_t)s->owner % 4) {
    case 0:
        s->ops->credit(s, v.n);
        break;
    case 2:
        s->ops->credit(s, v.n);
        assert(s->ops->write(s, v) >= 0);
        break;
    case 3:
        s->ops->reset(s, GW_ECANCELED);
        break;
    }
}

static void owners_eof(struct stream *s)
{
    if ((uintptr_t)s->owner % 2 == 0)
        s->ops->shutdown(s);
}

static void owners_close(struct stream *s, int err)
{
    (void)s;
    (void)err;
    assert(owners.alive > 0);
    owners.alive--;
}

static void owners_add(struct stream *s)
{
    static const struct stream_events events = { .on_data = owners_data,
                                                 .on_drained = stream_ignore_drained,
                                                 .on_eof = owners_eof,
                                                 .on_close = owners_close };

    owners.alive++;
    stream_own(s, &events, (void *)(uintptr_t)owners.opened++);
    s->ops->credit(s, 0);
}

#endif
