/* fake_front.c - see fake_front.h. */
#include "fake_front.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"

struct front_open *front_open(struct front *f, const char *kind, const struct front_target *t,
                              front_opened_fn *done, void *arg)
{
    if (f->is_full)
        return NULL;
    assert_true(f->n < FAKE_FRONT_MAX);
    struct front_open *o = &f->open[f->n++];
    *o = (struct front_open){ .target = *t, .kind = kind, .done = done, .arg = arg };
    return o;
}

void front_cancel(struct front_open *o, int err)
{
    assert_true(err < 0);
    assert_false(o->is_failed || o->is_canceled || o->client);
    o->is_canceled = true;
}

int front_send(struct front_open *o, struct bytes v, bool is_last)
{
    assert_true(o->is_opened);
    assert_true(o->nsent + v.n <= sizeof o->sent);
    memcpy(o->sent + o->nsent, v.p, v.n);
    o->nsent += v.n;
    o->is_last = is_last;
    return 0;
}

static struct span on_alloc(struct stream *s)
{
    struct front_open *o = s->owner;
    return (struct span){ o->got + o->ngot, sizeof o->got - o->ngot };
}

static void on_data(struct stream *s, struct bytes v)
{
    struct front_open *o = s->owner;
    o->ngot += v.n;
}

static void on_drained(struct stream *s, size_t n)
{
    (void)s;
    (void)n;
}

static void on_eof(struct stream *s)
{
    struct front_open *o = s->owner;
    o->has_eof = true;
}

static void on_close(struct stream *s, int err)
{
    struct front_open *o = s->owner;
    (void)err;
    o->client = NULL;
}

static const struct stream_events joined_events = { on_alloc, on_data, on_drained, on_eof,
                                                    on_close };

void front_join(struct front_open *o, struct stream *client, bridge_done_fn *done, void *arg)
{
    assert_true(o->is_opened && !o->is_canceled);
    assert_null(done);
    assert_null(arg);
    o->client = client;
    stream_own(client, &joined_events, o);
    client->ops->credit(client, 0);
}

void fake_front_opened(struct front *f, size_t i, int err)
{
    struct front_open *o = &f->open[i];
    assert_true(i < f->n && !o->is_canceled);
    o->is_opened = !err;
    o->is_failed = err != 0;
    o->done(o->arg, err, err ? "why" : "");
}

void fake_front_drop(struct front *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->open[i].client)
            stream_drop(f->open[i].client, GW_ECANCELED);
}
