/* ctl_session.c - see ctl_session.h.
 *
 * Everything that follows from an event (the next line, the hand-over) is done in one turn task,
 * run(), so no handler is called from inside a stream's event or from inside an answer. */
#include "ctl/ctl_session.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/container_of.h"
#include "base/err.h"
#include "base/headroom.h"
#include "net/timer.h"

#define BUF_FIRST 1024
#define ERROR_MAX 1024

enum state { ST_READING, ST_BUSY, ST_HANDING, ST_CLOSING, ST_DEAD };

struct ctl_session {
    struct turn *turn;
    struct stream *stream;
    const struct ctl_session_events *ev;
    void *arg;
    enum state state;
    struct turn_task task;
    struct timer idle; /* runs unless busy */
    uint8_t *buf;      /* NULL when empty */
    size_t n, cap;
    size_t queued; /* octets of answers that have not left yet */
    bool is_eof;
    void (*cancel)(void *arg);
    void *cancel_arg;
    ctl_handed_fn *handed;
    void *handed_arg;
};

static void enter(struct ctl_session *s, enum state state)
{
    s->state = state;
    if (state == ST_READING || state == ST_CLOSING)
        timer_start(&s->idle, CTL_IDLE_S * UINT64_C(1000));
    else
        timer_stop(&s->idle);
}

/* on_close follows from the loop. */
static void kill_client(struct ctl_session *s, int err)
{
    enter(s, ST_DEAD);
    s->stream->ops->reset(s->stream, err);
}

static void release(struct ctl_session *s)
{
    timer_stop(&s->idle);
    turn_del(s->turn, &s->task);
    free(s->buf);
    free(s);
}

static void cancel_request(struct ctl_session *s)
{
    if (s->cancel)
        s->cancel(s->cancel_arg);
    s->cancel = NULL;
}

/* Takes `v`.  Writes it as one line. */
static void put_line(struct ctl_session *s, json_t *v)
{
    char *text = v ? json_dumps(v, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    size_t n = text ? strlen(text) + 1 : 0;
    ssize_t left = GW_ENOMEM;

    assert(s->state != ST_HANDING);
    if (text && s->state != ST_DEAD) {
        text[n - 1] = '\n';
        left = s->stream->ops->write(s->stream, (struct bytes){ (uint8_t *)text, n });
    }
    free(text);
    json_decref(v);
    if (s->state == ST_DEAD)
        return;
    if (left < 0)
        kill_client(s, (int)left);
    else
        s->queued += n - (size_t)left;
}

static void put_error(struct ctl_session *s, const char *text)
{
    put_line(s, json_pack("{s:b, s:s}", "ok", 0, "error", text));
}

static void end_request(struct ctl_session *s)
{
    s->cancel = NULL;
    if (s->state == ST_DEAD)
        return;
    enter(s, ST_READING);
    turn_add(s->turn, &s->task);
}

static void drop_front(struct ctl_session *s, size_t n)
{
    s->n -= n;
    memmove(s->buf, s->buf + n, s->n);
    if (!s->n) {
        free(s->buf);
        s->buf = NULL;
        s->cap = 0;
    }
}

/* Takes the first line, if there is a whole one, and has it carried out. */
static void next_request(struct ctl_session *s)
{
    uint8_t *nl = s->n ? memchr(s->buf, '\n', s->n) : NULL;

    if (!nl) {
        if (s->n == CTL_LINE_MAX) {
            enter(s, ST_CLOSING);
            put_error(s, "request longer than 64 KiB");
        }
        if (s->is_eof || s->state == ST_CLOSING)
            s->stream->ops->shutdown(s->stream);
        s->stream->ops->credit(s->stream, 0); /* it paused while we were busy */
        return;
    }
    size_t line = (size_t)(nl - s->buf) + 1;
    bool is_read = headroom_is_there();
    json_t *req = is_read ? json_loadb((const char *)s->buf, line, 0, NULL) : NULL;
    drop_front(s, line);
    enter(s, ST_BUSY);
    if (!is_read)
        ctl_session_fail(s, "%s", gw_strerror(GW_ENOMEM));
    else if (json_is_object(req))
        s->ev->on_request(s->arg, s, req);
    else
        ctl_session_fail(s, "not a JSON object");
    json_decref(req);
}

static void hand_over(struct ctl_session *s)
{
    s->handed(s->handed_arg, s->stream, (struct bytes){ s->buf, s->n });
    s->ev->on_end(s->arg);
    release(s);
}

static void run(struct turn_task *task)
{
    struct ctl_session *s = container_of(task, struct ctl_session, task);

    if (s->queued)
        return; /* who does not read its answers is not read either; on_drained comes */
    if (s->state == ST_READING)
        next_request(s);
    else if (s->state == ST_HANDING)
        hand_over(s);
}

/* Room for what comes, up to one line; none while a request is under way.  What comes behind an
 * error is read and dropped. */
static struct span on_alloc(struct stream *stream)
{
    struct ctl_session *s = stream->owner;

    if (s->state == ST_CLOSING)
        s->n = 0;
    else if (s->state != ST_READING)
        return (struct span){ 0 };
    if (s->n == s->cap && s->cap < CTL_LINE_MAX) {
        size_t cap = s->cap ? s->cap * 2 : BUF_FIRST;
        uint8_t *p = realloc(s->buf, cap);
        if (!p) {
            kill_client(s, GW_ENOMEM);
            return (struct span){ 0 };
        }
        s->buf = p;
        s->cap = cap;
    }
    return (struct span){ s->buf + s->n, s->cap - s->n };
}

static void on_data(struct stream *stream, struct bytes v)
{
    struct ctl_session *s = stream->owner;

    s->n += v.n;
    stream->ops->credit(stream, v.n);
    turn_add(s->turn, &s->task);
}

static void on_drained(struct stream *stream, size_t n)
{
    struct ctl_session *s = stream->owner;

    s->queued -= n;
    turn_add(s->turn, &s->task);
}

static void on_eof(struct stream *stream)
{
    struct ctl_session *s = stream->owner;

    s->is_eof = true;
    turn_add(s->turn, &s->task);
}

static void on_close(struct stream *stream, int err)
{
    struct ctl_session *s = stream->owner;

    (void)err;
    cancel_request(s);
    s->ev->on_end(s->arg);
    release(s);
}

static const struct stream_events session_events = {
    .on_alloc = on_alloc,
    .on_data = on_data,
    .on_drained = on_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

static void on_idle(void *arg)
{
    struct ctl_session *s = arg;

    kill_client(s, GW_ETIMEOUT);
}

struct ctl_session *ctl_session_new(struct ev_loop *loop, struct turn *turn, struct stream *stream,
                                    const struct ctl_session_events *ev, void *arg)
{
    struct ctl_session *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->turn = turn;
    s->stream = stream;
    s->ev = ev;
    s->arg = arg;
    s->task.run = run;
    timer_init(&s->idle, loop, on_idle, s);
    enter(s, ST_READING);
    stream_own(stream, &session_events, s);
    stream->ops->credit(stream, 0);
    return s;
}

void ctl_session_free(struct ctl_session *s)
{
    cancel_request(s);
    stream_drop(s->stream, GW_ECANCELED);
    release(s);
}

void ctl_session_more(struct ctl_session *s, json_t *v)
{
    if (v)
        json_object_set_new(v, "more", json_true());
    put_line(s, v);
}

void ctl_session_reply(struct ctl_session *s, json_t *v)
{
    if (v)
        json_object_set_new(v, "ok", json_true());
    put_line(s, v);
    end_request(s);
}

void ctl_session_fail(struct ctl_session *s, const char *fmt, ...)
{
    char text[ERROR_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    for (char *p = text; *p; p++)
        if (*p < 0x20 || *p > 0x7e)
            *p = '?';
    put_error(s, text);
    end_request(s);
}

void ctl_session_on_cancel(struct ctl_session *s, void (*fn)(void *arg), void *arg)
{
    s->cancel = fn;
    s->cancel_arg = arg;
}

void ctl_session_hand_over(struct ctl_session *s, ctl_handed_fn *fn, void *arg)
{
    s->handed = fn;
    s->handed_arg = arg;
    put_line(s, json_pack("{s:b}", "ok", 1));
    if (s->state == ST_DEAD)
        return;
    enter(s, ST_HANDING);
    turn_add(s->turn, &s->task);
}
