/* fuzz_http_tag.c - whatever a peer sends, and however it is cut: every head that reaches the
 * program holds one X-Gw-Peer, which is ours; nothing is said to have left that is held or was not
 * written. */
#include <stdlib.h>

#include "base/log.h"
#include "fuzz.h"
#include "svc/http_tag.h"
#include "wire/http1.h"

#define PEER "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"

static struct to { /* the stream to the program */
    struct stream s;
    uint8_t *got;
    size_t n, queued;
    bool leaves, is_reset, has_fin;
} to;

static struct { /* what the owner was told */
    size_t written, drained;
    bool is_closed;
} told;

static ssize_t to_write(struct stream *s, struct bytes v)
{
    (void)s;
    assert(!to.is_reset && !to.has_fin);
    to.got = realloc(to.got, to.n + v.n + 1);
    assert(to.got);
    if (v.n)
        memcpy(to.got + to.n, v.p, v.n);
    to.n += v.n;
    if (to.leaves)
        return (ssize_t)v.n;
    to.queued += v.n;
    return 0;
}

static void to_shutdown(struct stream *s)
{
    (void)s;
    to.has_fin = true;
}

static void to_reset(struct stream *s, int err)
{
    (void)s;
    (void)err;
    to.is_reset = true;
}

static const struct stream_ops to_ops = { .write = to_write,
                                          .shutdown = to_shutdown,
                                          .reset = to_reset };

static void on_drained(struct stream *s, size_t n)
{
    (void)s;
    told.drained += n;
    assert(told.drained <= told.written);
}

static void on_close(struct stream *s, int err)
{
    (void)s;
    (void)err;
    told.is_closed = true;
}

static const struct stream_events owner_events = {
    .on_data = stream_ignore_data,
    .on_drained = on_drained,
    .on_eof = stream_ignore_eof,
    .on_close = on_close,
};

static void drain(void)
{
    size_t n = to.queued;
    to.queued = 0;
    if (n && !to.is_reset)
        to.s.ev->on_drained(&to.s, n);
}

static void send_pieces(struct stream *tag, struct bytes in, size_t piece)
{
    for (size_t at = 0; at < in.n; at += piece) {
        size_t n = in.n - at < piece ? in.n - at : piece;
        told.written += n;
        ssize_t left = tag->ops->write(tag, (struct bytes){ in.p + at, n });
        assert(left >= 0);
        told.drained += (size_t)left;
        assert(told.drained <= told.written);
        if (n & 1)
            drain();
    }
    drain();
}

/* Is v one head and no more, of a request that may become a WebSocket? */
static bool is_one_upgrade(struct bytes v)
{
    struct http1_head h;
    return v.n && http1_decode_head(v, &h) == (int)v.n && http1_field(&h, "Upgrade").p;
}

/* Sends all, lets the program answer, and sends all again.  Returns the offset in what the program
 * got from which on it is no HTTP any more. */
static size_t talk(struct ev_loop *loop, struct turn *turn, struct bytes in, size_t piece,
                   const char *answer)
{
    static struct peerid peer;
    size_t raw_from = SIZE_MAX;

    assert(peerid_parse(bytes_of(PEER), &peer) == 0);
    to = (struct to){ .s.ops = &to_ops, .leaves = piece & 1 };
    memset(&told, 0, sizeof told);
    struct stream *tag = http_tag_new(&to.s, &peer, turn);
    assert(tag);
    stream_own(tag, &owner_events, NULL);
    send_pieces(tag, in, piece);
    if (!to.is_reset && *answer) {
        size_t before = to.n, held = told.written - told.drained;
        bool is_waiting = is_one_upgrade((struct bytes){ to.got, before });
        to.s.ev->on_data(&to.s, bytes_of(answer));
        if (is_waiting && strstr(answer, " 101 ")) {
            raw_from = before;
            assert(to.n - before == held);
        }
    }
    if (!to.is_reset)
        send_pieces(tag, in, piece);
    assert(tag->ops->acked(tag) == told.drained);
    tag->ops->shutdown(tag);
    if (to.is_reset)
        to.s.ev->on_close(&to.s, GW_ERESET);
    else
        to.s.ev->on_close(&to.s, 0);
    ev_run(loop, EVRUN_NOWAIT);
    ev_run(loop, EVRUN_NOWAIT);
    assert(told.is_closed);
    return raw_from;
}

static void check_head(const struct http1_head *h, bool is_first)
{
    size_t count = 0;
    for (size_t i = 0; i < h->nfields; i++)
        count += http1_is_like(h->fields[i].name, "x-gw-peer");
    assert(count == 1 && bytes_eq(http1_field(h, "X-Gw-Peer"), bytes_of(PEER)));
    assert(!http1_has_token(h, "Connection", "X-Gw-Peer"));
    assert(!http1_field(h, "HTTP2-Settings").p);
    assert(is_first || !http1_field(h, "Upgrade").p);
    assert(!http1_field(h, "Upgrade").p || http1_is(http1_field(h, "Upgrade"), "websocket"));
}

/* What the program got is requests, all tagged, the last of them perhaps without the end of its
 * body. */
static void check_requests(struct bytes v)
{
    for (bool is_first = true; v.n; is_first = false) {
        struct http1_head h;
        struct http1_body b;
        int used = http1_decode_head(v, &h);
        assert(used > 0);
        check_head(&h, is_first);
        assert(http1_body_of(&h, &b) == 0);
        v = (struct bytes){ v.p + used, v.n - (size_t)used };
        ssize_t n = http1_body_take(&b, v);
        assert(n >= 0 && ((size_t)n == v.n || http1_body_is_over(&b)));
        v = (struct bytes){ v.p + n, v.n - (size_t)n };
    }
}

/* The first octet chooses the answer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const answers[] = { "", "HTTP/1.1 101 Go\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
                                           "HTTP/1.1 100 Wait\r\n\r\nHTTP/1.1 101 Go\r\n\r\n" };
    static struct ev_loop *loop;
    static struct turn *turn;

    if (!loop) {
        log_set_level(LOG_LEVEL_ERROR);
        loop = ev_loop_new(EVFLAG_AUTO);
        turn = turn_new(loop);
        assert(turn);
    }
    if (size < 1)
        return 0;
    const char *answer = answers[data[0] & 3];
    struct bytes in = { data + 1, size - 1 };
    size_t raw_from = talk(loop, turn, in, SIZE_MAX / 2, answer);
    uint8_t *whole = to.got;
    size_t n = to.n;
    bool is_reset = to.is_reset;
    check_requests((struct bytes){ whole, n < raw_from ? n : raw_from });
    size_t again = talk(loop, turn, in, 1, answer);
    assert(again == raw_from && to.is_reset == is_reset);
    /* what came before a fault in the same piece goes with it, so cut small it may be more */
    assert(is_reset ? to.n >= n : to.n == n);
    assert(n == 0 || memcmp(to.got, whole, n) == 0);
    check_requests((struct bytes){ to.got, to.n < raw_from ? to.n : raw_from });
    free(whole);
    free(to.got);
    to.got = NULL;
    return 0;
}
