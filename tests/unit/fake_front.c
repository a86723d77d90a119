/* fake_front.c - see fake_front.h. */
#include "fake_front.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"

int front_open(struct front *f, const char *kind, const struct front_target *t,
               front_opened_fn *done, void *arg, struct front_open **out)
{
    if (f->is_full)
        return GW_ELIMIT;
    assert_true(f->n < FAKE_FRONT_MAX);
    struct front_open *o = &f->open[f->n++];
    *o = (struct front_open){ .front = f, .target = *t, .kind = kind, .done = done, .arg = arg };
    *out = o;
    return 0;
}

void front_cancel(struct front_open *o, int err)
{
    assert_true(err < 0);
    assert_false(o->is_failed || o->is_canceled || o->client || o->dgrams);
    o->is_canceled = true;
}

int front_send(struct front_open *o, struct bytes v, bool is_last)
{
    assert_true(o->is_opened);
    assert_true(o->nsent + v.n <= sizeof o->sent);
    if (v.n)
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

static void on_datagram(struct dgrams *d, struct bytes v)
{
    struct front_open *o = d->owner;
    assert_true(v.n <= sizeof o->got);
    o->ndatagrams++;
    o->ngot = v.n;
    if (v.n)
        memcpy(o->got, v.p, v.n);
    if (o->front->on_datagram)
        o->front->on_datagram(o, v);
}

static void tell_dgrams_done(struct front_open *o, int err)
{
    o->dgrams = NULL;
    if (o->dgrams_done)
        o->dgrams_done(o->dgrams_arg, err, &(struct dgrams_stats){ 0 });
}

static void on_dgrams_close(struct dgrams *d, int err)
{
    tell_dgrams_done(d->owner, err);
}

static const struct dgrams_events dgrams_events = { on_datagram, on_dgrams_close };

void front_join_dgrams(struct front_open *o, struct dgrams *client, dgrams_done_fn *done, void *arg)
{
    assert_true(o->is_opened && !o->is_canceled && o->target.is_udp);
    o->dgrams = client;
    o->dgrams_done = done;
    o->dgrams_arg = arg;
    dgrams_own(client, &dgrams_events, o);
}

int front_address(struct front *f, const char *host, front_address_fn *done, void *arg,
                  struct front_lookup **out)
{
    if (f->is_full)
        return GW_ELIMIT;
    assert_true(f->nlookups < FAKE_FRONT_MAX);
    struct front_lookup *l = &f->lookup[f->nlookups++];
    *l = (struct front_lookup){ .done = done, .arg = arg };
    assert_true(strlen(host) < sizeof l->host);
    strcpy(l->host, host);
    *out = l;
    return 0;
}

void front_address_cancel(struct front_lookup *l)
{
    if (!l)
        return;
    assert_false(l->is_told || l->is_canceled);
    l->is_canceled = true;
}

bool front_name_of(const struct front *f, const struct ipaddr *ip, char out[NAME_MAX_OCTETS + 1])
{
    if (!f->name || ip->family != f->addr.family || memcmp(ip->b, f->addr.b, sizeof ip->b) != 0)
        return false;
    strcpy(out, f->name);
    return true;
}

size_t front_failures(const struct front *f, struct front_failure *out, size_t max)
{
    size_t n = f->nfailures < max ? f->nfailures : max;
    memcpy(out, f->failures, n * sizeof *out);
    return n;
}

void front_get_stats(const struct front *f, struct front_stats *out)
{
    *out = f->stats;
}

void fake_front_opened(struct front *f, size_t i, int err)
{
    struct front_open *o = &f->open[i];
    assert_true(i < f->n && !o->is_canceled);
    o->is_opened = !err;
    o->is_failed = err != 0;
    o->done(o->arg, err, err ? "why" : "");
}

void fake_front_end_dgrams(struct front *f, size_t i, int err)
{
    struct front_open *o = &f->open[i];
    assert_true(i < f->n && o->dgrams);
    o->dgrams->ops->close(o->dgrams, err);
    tell_dgrams_done(o, err);
}

void fake_front_address(struct front *f, size_t i, int err, const struct ipaddr *ip)
{
    struct front_lookup *l = &f->lookup[i];
    assert_true(i < f->nlookups && !l->is_canceled && !l->is_told);
    l->is_told = true;
    l->done(l->arg, err, err ? NULL : ip, err ? "why" : "");
}

void fake_front_drop(struct front *f)
{
    for (size_t i = 0; i < f->n; i++) {
        struct front_open *o = &f->open[i];
        if (o->client)
            stream_drop(o->client, GW_ECANCELED);
        if (o->dgrams)
            o->dgrams->ops->close(o->dgrams, GW_ECANCELED);
        o->dgrams = NULL;
    }
}
