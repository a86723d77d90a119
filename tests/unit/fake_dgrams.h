/* fake_dgrams.h - a pipe of datagrams in memory, of which the test holds the other end. */
#ifndef GW_TESTS_FAKE_DGRAMS_H
#define GW_TESTS_FAKE_DGRAMS_H

#include <assert.h>

#include "net/dgrams.h"

struct fake_dgrams {
    struct dgrams d;
    char out[256]; /* what the owner sent: each datagram and a blank */
    size_t nout;
    bool is_closed; /* by the owner */
    int err;        /* of that */
};

static inline void fake_dgrams_op_send(struct dgrams *d, struct bytes v)
{
    struct fake_dgrams *f = (struct fake_dgrams *)d;
    assert(!f->is_closed && f->nout + v.n + 2 <= sizeof f->out);
    if (v.n)
        memcpy(f->out + f->nout, v.p, v.n);
    f->nout += v.n;
    f->out[f->nout++] = ' ';
    f->out[f->nout] = '\0';
}

static inline void fake_dgrams_op_close(struct dgrams *d, int err)
{
    struct fake_dgrams *f = (struct fake_dgrams *)d;
    assert(!f->is_closed);
    f->is_closed = true;
    f->err = err;
}

static inline void fake_dgrams_init(struct fake_dgrams *f)
{
    static const struct dgrams_ops ops = { fake_dgrams_op_send, fake_dgrams_op_close };
    *f = (struct fake_dgrams){ .d.ops = &ops };
}

static inline void fake_dgrams_deliver(struct fake_dgrams *f, struct bytes v)
{
    f->d.ev->on_datagram(&f->d, v);
}

/* The other end is done, or has failed. */
static inline void fake_dgrams_end(struct fake_dgrams *f, int err)
{
    f->d.ev->on_close(&f->d, err);
}

#endif
