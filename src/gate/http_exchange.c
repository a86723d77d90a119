/* http_exchange.c - see http_exchange.h.
 *
 *   HEAD -> HEAD           an interim answer
 *   HEAD -> BODY -> OVER   the origin's answer
 *   HEAD -> OVER           our own
 *   HEAD -> RAW            101
 *
 * In OVER the client has been told FIN.  What still comes from it is read, and dropped: closed with
 * octets unread its kernel would be told RST, and might drop the answer. */
#include "gate/http_exchange.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "gate/html.h"
#include "gate/http_error.h"
#include "gate/http_rewrite.h"
#include "net/timer.h"

enum state { ST_HEAD, ST_BODY, ST_RAW, ST_OVER }; /* of the answer */

struct http_exchange {
    struct stream s;
    struct stream *client; /* NULL once closed */
    struct timer deadline; /* OVER, from when all of the answer has left */
    uint64_t end_ms;
    enum state state;
    struct http_request request;
    struct http1_body answer;
    struct strbuf held; /* half a head */
    size_t heads;       /* octets of all heads */
    struct span room;   /* of reserve */
    size_t queued;      /* octets written to the client that have not left */
    int err;            /* why the origin's stream is to be reset: the answer is ours */
    bool has_eof;       /* the owner has been told */
    bool is_origin_done;
    bool is_reset; /* the owner is told no more than on_close */
};

/* For octets that are looked at and not kept, of all exchanges: borrowed until the call that
 * follows at once. */
static uint8_t scratch[8192];

static const struct span scratch_room = { scratch, sizeof scratch };

static struct http_exchange *of(const struct stream *s)
{
    return (struct http_exchange *)s;
}

/* ---- the end ---- */

static void say_eof(struct http_exchange *x)
{
    if (x->has_eof || x->err || x->is_reset)
        return;
    x->has_eof = true;
    x->s.ev->on_eof(&x->s);
}

/* x is gone. */
static void finish(struct http_exchange *x, int err)
{
    if (!err)
        say_eof(x);
    timer_stop(&x->deadline);
    x->s.ev->on_close(&x->s, err);
    strbuf_free(&x->held);
    free(x);
}

static void on_deadline(void *arg)
{
    struct http_exchange *x = arg;

    if (x->client)
        x->client->ops->reset(x->client, 0); /* it has the answer */
    else
        finish(x, x->is_origin_done ? 0 : GW_ETIMEOUT);
}

/* The answer is whole, or the origin has ended: FIN behind what is queued. */
static void end_answer(struct http_exchange *x)
{
    x->state = ST_OVER;
    strbuf_free(&x->held);
    x->client->ops->shutdown(x->client);
    x->client->ops->credit(x->client, 0); /* nobody makes it wait any more */
    if (!x->queued)
        timer_start(&x->deadline, x->end_ms);
}

/* ---- the answer ---- */

/* 0 or GW_ENOMEM. */
static int put(struct http_exchange *x, struct bytes v)
{
    ssize_t left = x->client->ops->write(x->client, v);
    if (left < 0)
        return (int)left;
    x->queued += v.n - (size_t)left;
    return 0;
}

/* Answers in the origin's place, or if there is something of an answer already resets both. */
static void fail(struct http_exchange *x, int status, const char *extra, const char *text)
{
    struct strbuf out = { .max = HTTP_ERROR_MAX };

    log_info("http exchange failed: %s", text);
    x->err = GW_EPROTO;
    if (x->state == ST_HEAD)
        http_error_refuse(&out, status, extra, text, x->request.is_page);
    x->state = ST_OVER;
    struct bytes v = html_response(&out, x->request.is_head);
    if (v.n && put(x, v) == 0)
        end_answer(x);
    else
        x->client->ops->reset(x->client, x->err);
    strbuf_free(&out);
}

static void fail_answer(struct http_exchange *x)
{
    fail(x, 502, "Proxy-Status: gw; error=http_protocol_error\r\n",
         "the service's answer is not valid HTTP, or could mislead");
}

static bool is_request_over(const struct http_exchange *x)
{
    return http1_body_is_over(&x->request.body);
}

static int pass_head(struct http_exchange *x, const struct http1_head *h)
{
    struct strbuf out = { .max = 2 * HTTP1_HEAD_MAX };

    http_rewrite_answer(h, &out);
    int err = out.err ? out.err : put(x, strbuf_bytes(&out));
    strbuf_free(&out);
    return err;
}

/* A whole head, of `used` octets.  0 or GW_E*. */
static int take_head(struct http_exchange *x, const struct http1_head *h, int used)
{
    bool is_interim = h->status / 100 == 1 && h->status != 101;
    int err = http1_answer_body_of(h, x->request.is_head, &x->answer);

    x->heads += (size_t)used;
    if (x->heads > HTTP_EXCHANGE_HEADS_MAX)
        err = GW_ELIMIT;
    if (h->status == 101 && (!x->request.is_upgrade || !is_request_over(x)))
        err = GW_EPROTO;
    if (!err && (!is_interim || x->request.minor)) /* RFC 9110 s.15.2: HTTP/1.0 has none */
        err = pass_head(x, h);
    if (err || is_interim)
        return err;
    x->state = h->status == 101 ? ST_RAW : ST_BODY;
    x->client->ops->credit(x->client, 0); /* it may have been kept waiting */
    if (x->state == ST_BODY && http1_body_is_over(&x->answer))
        end_answer(x);
    return 0;
}

/* Each step returns how many octets of v (there are some) it is done with, or GW_E*. */

/* Half a head is looked at again when another line has come. */
static ssize_t step_head(struct http_exchange *x, struct bytes v)
{
    struct http1_head h;
    size_t before = x->held.n;

    if (before) {
        if (v.n > HTTP1_HEAD_MAX - before)
            v.n = HTTP1_HEAD_MAX - before;
        strbuf_put(&x->held, v);
    }
    struct bytes all = before ? strbuf_bytes(&x->held) : v;
    bool has_line = memchr(v.p, '\n', v.n) || all.n >= HTTP1_HEAD_MAX;
    int used = has_line ? http1_decode_answer(all, &h) : 0;
    if (used == 0 && !before)
        strbuf_put(&x->held, v);
    if (x->held.err)
        return x->held.err;
    if (used == 0)
        return (ssize_t)v.n;
    int err = used < 0 ? used : take_head(x, &h, used);
    strbuf_free(&x->held);
    return err ? err : used - (ssize_t)before;
}

static ssize_t step_body(struct http_exchange *x, struct bytes v)
{
    ssize_t n = http1_body_take(&x->answer, v);
    int err = n < 0 ? (int)n : put(x, (struct bytes){ v.p, (size_t)n });

    if (!err && http1_body_is_over(&x->answer))
        end_answer(x);
    return err ? err : n;
}

static ssize_t step_raw(struct http_exchange *x, struct bytes v)
{
    int err = put(x, v);
    return err ? err : (ssize_t)v.n;
}

/* Behind the answer there is nothing that the client asked for. */
static ssize_t step_over(struct http_exchange *x, struct bytes v)
{
    (void)x;
    return (ssize_t)v.n;
}

/* Takes octets of the origin.  0 or GW_ENOMEM. */
static int feed(struct http_exchange *x, struct bytes v)
{
    static ssize_t (*const step[])(struct http_exchange *, struct bytes) = {
        [ST_HEAD] = step_head,
        [ST_BODY] = step_body,
        [ST_RAW] = step_raw,
        [ST_OVER] = step_over,
    };
    while (v.n) {
        ssize_t n = step[x->state](x, v);
        if (n == GW_ENOMEM)
            return GW_ENOMEM;
        if (n < 0) {
            fail_answer(x);
            return 0;
        }
        v = (struct bytes){ v.p + n, v.n - (size_t)n };
    }
    return 0;
}

/* ---- events of the client ---- */

static bool passes_request(const struct http_exchange *x)
{
    return x->state == ST_RAW || (x->state != ST_OVER && !is_request_over(x));
}

static struct span on_alloc(struct stream *client)
{
    struct http_exchange *x = client->owner;

    if (passes_request(x))
        return x->s.ev->on_alloc(&x->s);
    return x->state == ST_HEAD && x->request.is_upgrade ? (struct span){ 0 } : scratch_room;
}

static void on_data(struct stream *client, struct bytes v)
{
    struct http_exchange *x = client->owner;
    ssize_t n = 0;

    if (x->state == ST_RAW)
        n = (ssize_t)v.n;
    else if (passes_request(x))
        n = http1_body_take(&x->request.body, v);
    if (n < 0) {
        fail(x, 400, "", "the body of the request is malformed");
        n = 0;
    }
    if ((size_t)n < v.n) {
        x->request.is_upgrade = false; /* what is dropped could be the other protocol's */
        client->ops->credit(client, v.n - (size_t)n);
    }
    if (n)
        x->s.ev->on_data(&x->s, (struct bytes){ v.p, (size_t)n });
}

static void on_drained(struct stream *client, size_t n)
{
    struct http_exchange *x = client->owner;

    x->queued -= n;
    if (x->state == ST_OVER && !x->queued)
        timer_start(&x->deadline, x->end_ms);
    if (!x->is_reset)
        x->s.ev->on_drained(&x->s, n);
}

static void on_eof(struct stream *client)
{
    say_eof(client->owner);
}

static void on_close(struct stream *client, int err)
{
    struct http_exchange *x = client->owner;

    x->client = NULL;
    if (err || x->err || x->state != ST_OVER || x->is_origin_done) {
        finish(x, err ? err : x->err);
        return;
    }
    say_eof(x); /* now the origin is to end */
    timer_start(&x->deadline, x->end_ms);
}

static const struct stream_events client_events = {
    .on_alloc = on_alloc,
    .on_data = on_data,
    .on_drained = on_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

/* ---- operations ---- */

/* The client has the answer and will have its end; but when all is to end now (GW_ECANCELED) it is
 * part of that. */
static void op_reset(struct stream *s, int err)
{
    struct http_exchange *x = of(s);

    x->is_reset = x->is_origin_done = true;
    if (!x->client)
        timer_start(&x->deadline, 0);
    else if (x->state != ST_OVER || err == GW_ECANCELED)
        x->client->ops->reset(x->client, err);
}

static ssize_t op_write(struct stream *s, struct bytes v)
{
    struct http_exchange *x = of(s);
    size_t before = x->queued;
    int err = feed(x, v);
    size_t more = x->queued - before;

    if (err)
        return err;
    return more < v.n ? (ssize_t)(v.n - more) : 0;
}

static struct span op_reserve(struct stream *s, size_t want)
{
    struct http_exchange *x = of(s);
    bool is_direct = x->client && (x->state == ST_BODY || x->state == ST_RAW);

    x->room = is_direct ? x->client->ops->reserve(x->client, want) : scratch_room;
    if (x->room.n > want)
        x->room.n = want;
    return x->room;
}

static void op_commit(struct stream *s, size_t n)
{
    struct http_exchange *x = of(s);
    struct bytes v = { x->room.p, n };
    ssize_t taken = (ssize_t)n;

    if (x->room.p == scratch) {
        if (feed(x, v) != 0)
            op_reset(s, GW_ENOMEM);
        return;
    }
    if (x->state == ST_BODY)
        taken = http1_body_take(&x->answer, v);
    if (taken < 0) {
        fail_answer(x);
        return;
    }
    x->client->ops->commit(x->client, (size_t)taken);
    x->queued += (size_t)taken;
    if (x->state == ST_BODY && http1_body_is_over(&x->answer))
        end_answer(x);
}

static void op_credit(struct stream *s, size_t n)
{
    struct http_exchange *x = of(s);
    if (x->client)
        x->client->ops->credit(x->client, n);
}

static void op_shutdown(struct stream *s)
{
    struct http_exchange *x = of(s);

    x->is_origin_done = true;
    if (x->state == ST_HEAD)
        fail(x, 502, "Proxy-Status: gw; error=http_response_incomplete\r\n",
             "the service ended without an answer");
    else if (x->state == ST_BODY)
        end_answer(x);
    else if (x->state == ST_RAW)
        x->client->ops->shutdown(x->client);
    else if (!x->client)
        timer_start(&x->deadline, 0);
}

static uint64_t op_acked(const struct stream *s)
{
    const struct http_exchange *x = of(s);
    return x->client ? x->client->ops->acked(x->client) : 0;
}

static const struct stream_ops exchange_ops = {
    .reserve = op_reserve,
    .commit = op_commit,
    .write = op_write,
    .credit = op_credit,
    .shutdown = op_shutdown,
    .reset = op_reset,
    .acked = op_acked,
};

struct stream *http_exchange_new(struct ev_loop *loop, struct stream *client,
                                 const struct http_request *q, uint64_t end_ms)
{
    struct http_exchange *x = malloc(sizeof *x);
    if (!x)
        return NULL;
    *x = (struct http_exchange){ .s.ops = &exchange_ops,
                                 .client = client,
                                 .end_ms = end_ms,
                                 .request = *q,
                                 .held.max = HTTP1_HEAD_MAX };
    timer_init(&x->deadline, loop, on_deadline, x);
    stream_own(client, &client_events, x);
    return &x->s;
}
