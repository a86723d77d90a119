/* fuzz_ctl_session.c - what a client of the control socket sends, in pieces of any size: each line
 * gets one answer of JSON, in turn, and the session never asks for more room than a line. */
#include <stdlib.h>

#include "ctl/ctl_session.h"
#include "fuzz.h"

struct rig {         /* the stream, of which the fuzzer is the other end */
    struct stream s; /* must be first */
    struct ev_loop *loop;
    struct ctl_session *session; /* NULL once it has ended */
    struct ctl_session *pending; /* has a request that is answered later */
    char *out;
    size_t nout;
    bool has_fin, is_reset, is_handed;
};

static struct rig *of(const struct stream *s)
{
    return (struct rig *)(uintptr_t)s;
}

static ssize_t op_write(struct stream *s, struct bytes v)
{
    struct rig *r = of(s);
    assert(!r->has_fin && v.n);
    r->out = realloc(r->out, r->nout + v.n);
    assert(r->out);
    memcpy(r->out + r->nout, v.p, v.n);
    r->nout += v.n;
    return (ssize_t)v.n;
}

static void op_credit(struct stream *s, size_t n)
{
    (void)s;
    (void)n;
}

static void op_shutdown(struct stream *s)
{
    of(s)->has_fin = true;
}

static void op_reset(struct stream *s, int err)
{
    (void)err;
    of(s)->is_reset = true;
}

static const struct stream_ops ops = {
    .write = op_write, .credit = op_credit, .shutdown = op_shutdown, .reset = op_reset
};

static void on_handed(void *arg, struct stream *s, struct bytes early)
{
    struct rig *r = arg;
    assert(s == &r->s && early.n < CTL_LINE_MAX);
    r->is_handed = true;
}

static bool says(json_t *req, const char *word)
{
    const char *cmd = json_string_value(json_object_get(req, "cmd"));
    return cmd && strcmp(cmd, word) == 0;
}

static void on_request(void *arg, struct ctl_session *s, json_t *req)
{
    struct rig *r = arg;
    assert(json_is_object(req) && !r->pending && !r->is_handed);
    if (says(req, "nc")) {
        ctl_session_hand_over(s, on_handed, r);
    } else if (says(req, "later")) {
        r->pending = s;
    } else if (says(req, "fail")) {
        const char *name = json_string_value(json_object_get(req, "name"));
        ctl_session_fail(s, "no %s", name ? name : "name");
    } else {
        ctl_session_more(s, json_object());
        ctl_session_reply(s, json_deep_copy(req));
    }
}

static void on_end(void *arg)
{
    ((struct rig *)arg)->session = NULL;
}

static const struct ctl_session_events events = { on_request, on_end };

static void work(struct rig *r)
{
    ev_run(r->loop, EVRUN_NOWAIT);
    while (r->pending) {
        struct ctl_session *s = r->pending;
        r->pending = NULL;
        ctl_session_reply(s, json_object());
        ev_run(r->loop, EVRUN_NOWAIT);
    }
}

/* Hands over the next octets as a socket does.  Returns how many. */
static size_t deliver(struct rig *r, const uint8_t *p, size_t n)
{
    struct span room = r->s.ev->on_alloc(&r->s);
    assert(room.n && room.n <= CTL_LINE_MAX);
    n = n < room.n ? n : room.n;
    memcpy(room.p, p, n);
    r->s.ev->on_data(&r->s, (struct bytes){ room.p, n });
    return n;
}

/* Returns how many requests were answered. */
static size_t check_answers(const struct rig *r)
{
    size_t answers = 0;
    for (size_t at = 0; at < r->nout;) {
        const char *nl = memchr(r->out + at, '\n', r->nout - at);
        assert(nl);
        size_t n = (size_t)(nl - r->out) - at;
        json_t *v = json_loadb(r->out + at, n, 0, NULL);
        assert(json_is_object(v));
        if (json_is_true(json_object_get(v, "more")) && !json_object_get(v, "ok")) {
            assert(n == strlen("{\"more\":true}"));
        } else {
            assert(json_is_boolean(json_object_get(v, "ok")));
            answers++;
        }
        json_decref(v);
        at += n + 1;
    }
    return answers;
}

static size_t count_lines(struct bytes in, size_t *longest)
{
    size_t lines = 0, start = 0;
    for (size_t i = 0; i < in.n; i++) {
        size_t n = i + 1 - start;
        *longest = n > *longest ? n : *longest;
        if (in.p[i] == '\n') {
            lines++;
            start = i + 1;
        }
    }
    return lines;
}

/* The first octet is the size of the pieces; 0: as large as there is room. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rig r = { .s.ops = &ops };
    if (size == 0)
        return 0;
    size_t piece = *data ? *data : size, longest = 0;
    struct bytes in = { data + 1, size - 1 };
    r.loop = ev_loop_new(EVBACKEND_SELECT);
    struct turn *turn = turn_new(r.loop);
    r.session = ctl_session_new(r.loop, turn, &r.s, &events, &r);
    assert(r.session);
    for (size_t at = 0; at < in.n && r.session && !r.is_reset;) {
        size_t left = in.n - at;
        at += deliver(&r, in.p + at, left < piece ? left : piece);
        work(&r);
    }
    if (r.session && !r.is_reset) {
        r.s.ev->on_eof(&r.s);
        work(&r);
    }
    size_t answers = check_answers(&r), lines = count_lines(in, &longest);
    assert(answers <= lines + 1);
    if (longest < CTL_LINE_MAX && !r.is_handed && !r.is_reset)
        assert(answers == lines && r.has_fin);
    if (r.session)
        r.s.ev->on_close(&r.s, 0);
    assert(!r.session);
    turn_free(turn);
    ev_loop_destroy(r.loop);
    free(r.out);
    return 0;
}
