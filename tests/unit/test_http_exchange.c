/* test_http_exchange.c - one request and its answer, between a client and an origin. */
#include "gate/http_exchange.h"

#include <stdio.h>

#include "base/err.h"
#include "base/log.h"
#include "fake_stream.h"
#include "looprig.h"
#include "vec.h"

#define END_MS 30
#define OK     "HTTP/1.1 200 OK\r\n"
#define SAID   OK "Content-Length: 2\r\n\r\nhi"
#define TOLD   OK "Content-Length: 2\r\nConnection: close\r\nVia: 1.1 gw\r\n\r\nhi"

struct side { /* what came out there */
    char got[1u << 17];
    size_t n, drained;
    bool has_eof, is_closed;
    int err;
};

static struct looprig rig;
static struct ev_loop *loop;   /* its */
static struct fake_pair *pair; /* NULL once closed */
static struct fake_stream *client;
static struct stream *x; /* NULL once closed */
static struct side browser, origin;
static uint8_t memory[4096];
static struct span room; /* what the owner has */

static struct span on_alloc(struct stream *s)
{
    (void)s;
    return room;
}

static void on_data(struct stream *s, struct bytes v)
{
    struct side *side = s->owner;
    assert_false(side->has_eof || side->is_closed);
    assert_true(side->n + v.n < sizeof side->got);
    memcpy(side->got + side->n, v.p, v.n);
    side->n += v.n;
    s->ops->credit(s, v.n);
}

static void on_drained(struct stream *s, size_t n)
{
    ((struct side *)s->owner)->drained += n;
}

static void on_eof(struct stream *s)
{
    struct side *side = s->owner;
    assert_false(side->has_eof || side->is_closed);
    side->has_eof = true;
}

static void on_close(struct stream *s, int err)
{
    struct side *side = s->owner;
    assert_false(side->is_closed);
    side->is_closed = true;
    side->err = err;
    if (side == &origin)
        x = NULL;
}

static const struct stream_events side_events = { on_alloc, on_data, on_drained, on_eof, on_close };

static void pair_gone(struct fake_pair *p)
{
    assert_ptr_equal(p, pair);
    assert_int_equal(p->end[0].uncredited, 0); /* a client is never kept from sending */
    pair = NULL;
}

static void run(void)
{
    looprig_run(&rig);
}

static void start_exchange(struct stream *s, const struct http_request *q)
{
    browser = origin = (struct side){ 0 };
    room = (struct span){ memory, sizeof memory };
    x = http_exchange_new(loop, s, q, END_MS);
    assert_non_null(x);
    stream_own(x, &side_events, &origin);
    x->ops->credit(x, 0);
}

static void start_request(const struct http_request *q)
{
    pair = fake_pair_new(loop);
    pair->gone = pair_gone;
    client = &pair->end[1];
    stream_own(&client->s, &side_events, &browser);
    start_exchange(&pair->end[0].s, q);
    client->s.ops->credit(&client->s, 0);
}

static void start(void)
{
    start_request(&(struct http_request){ .minor = 1 });
}

static void stop(void)
{
    if (x)
        x->ops->reset(x, GW_ECANCELED);
    run();
    assert_true(browser.is_closed && origin.is_closed);
    assert_null(pair);
}

static void client_says(const char *text)
{
    struct bytes v = bytes_of(text);
    assert_int_equal(client->s.ops->write(&client->s, v), 0);
    run();
}

static void client_ends(void)
{
    client->s.ops->shutdown(&client->s);
    run();
}

static void write_some(struct bytes v)
{
    ssize_t left = x->ops->write(x, v);
    assert_in_range(left, 0, v.n);
}

/* As from a socket. */
static void commit_some(struct bytes v)
{
    while (v.n) {
        struct span to = x->ops->reserve(x, v.n);
        assert_in_range(to.n, 1, v.n);
        memcpy(to.p, v.p, to.n);
        x->ops->commit(x, to.n);
        v = (struct bytes){ v.p + to.n, v.n - to.n };
    }
}

static void origin_says_n(struct bytes v, size_t piece, void (*say)(struct bytes))
{
    while (v.n) {
        size_t n = piece && piece < v.n ? piece : v.n;
        uint8_t *copy = malloc(n); /* AddressSanitizer sees who looks beyond or later */
        assert_non_null(copy);
        memcpy(copy, v.p, n);
        say((struct bytes){ copy, n });
        free(copy);
        v = (struct bytes){ v.p + n, v.n - n };
    }
    run();
}

static void origin_says(const char *text)
{
    origin_says_n(bytes_of(text), 0, write_some);
}

static void origin_ends(void)
{
    x->ops->shutdown(x);
    run();
}

static void assert_side(const struct side *side, const char *want)
{
    struct bytes v = bytes_of(want);
    if (side->n != v.n || memcmp(side->got, v.p, v.n) != 0)
        fail_msg("want: %s\ngot: %.*s", want, (int)side->n, side->got);
}

/* The answer is one of ours. */
static void assert_told(int status)
{
    int got = 0;
    browser.got[browser.n] = '\0';
    assert_int_equal(sscanf(browser.got, "HTTP/1.1 %d ", &got), 1);
    assert_int_equal(got, status);
    assert_non_null(strstr(browser.got, "\r\nConnection: close\r\n"));
    assert_true(browser.has_eof);
}

/* Both ends close in order. */
static void finish(void)
{
    client_ends();
    if (x)
        origin_ends();
    assert_true(browser.is_closed && origin.is_closed);
    assert_int_equal(browser.err, 0);
    assert_int_equal(origin.err, 0);
    assert_true(origin.has_eof);
    stop();
}

/* ---- requests ---- */

/* The next one may be for another host. */
static void test_nothing_behind_a_request_is_passed_on(void **state)
{
#define NEXT "GET http://other/ HTTP/1.1\r\nHost: other\r\nCookie: secret\r\n\r\n"
    static const struct {
        struct http1_body body;
        const char *rest, *want;
    } table[] = {
        { { .kind = HTTP1_NO_BODY }, NEXT, "" },
        { { .kind = HTTP1_LENGTH, .left = 0 }, NEXT, "" },
        { { .kind = HTTP1_LENGTH, .left = 5 }, "hello" NEXT, "hello" },
        { { .kind = HTTP1_CHUNKED }, "2\r\nhi\r\n0\r\n\r\n" NEXT, "2\r\nhi\r\n0\r\n\r\n" },
        { { .kind = HTTP1_CHUNKED }, "0\r\nA: b\r\n\r\n" NEXT, "0\r\nA: b\r\n\r\n" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        for (size_t piece = 0; piece <= 3; piece++) {
            start_request(&(struct http_request){ .body = table[i].body, .minor = 1 });
            pair->piece = piece;
            client_says(table[i].rest);
            assert_side(&origin, table[i].want);
            origin_says(SAID);
            client_says(NEXT);
            assert_side(&origin, table[i].want);
            assert_side(&browser, TOLD);
            finish();
        }
    }
#undef NEXT
}

static void test_a_body_passes_after_the_answer_began(void **state)
{
    (void)state;
    start_request(
        &(struct http_request){ .body = { .kind = HTTP1_LENGTH, .left = 4 }, .minor = 1 });
    client_says("ab");
    origin_says(OK "Content-Length: 2\r\n\r\nh");
    client_says("cd");
    origin_says("i");
    assert_side(&origin, "abcd");
    assert_side(&browser, TOLD);
    finish();
}

static void test_an_end_of_the_client_reaches_the_origin(void **state)
{
    (void)state;
    start();
    client_ends();
    assert_true(origin.has_eof);
    origin_says(SAID);
    assert_side(&browser, TOLD);
    run();
    origin_ends();
    stop();
    assert_int_equal(origin.err, 0);
}

static void test_a_malformed_body_is_told_while_it_can_be(void **state)
{
    struct http_request q = { .body = { .kind = HTTP1_CHUNKED }, .minor = 1 };
    (void)state;
    start_request(&q);
    client_says("2\r\nhi\r\n");
    client_says("2\nhi\r\n");
    assert_side(&origin, "2\r\nhi\r\n");
    assert_told(400);
    client_ends();
    assert_int_equal(origin.err, GW_EPROTO);
    assert_false(origin.has_eof); /* it must not take the request for whole */
    stop();

    start_request(&q);
    origin_says(OK "\r\nsome");
    client_says("x");
    assert_int_equal(origin.err, GW_EPROTO);
    assert_int_equal(browser.err, GW_ERESET);
    stop();
}

/* The origin has had its say. */
static void test_no_body_passes_behind_the_answer(void **state)
{
    (void)state;
    start_request(
        &(struct http_request){ .body = { .kind = HTTP1_LENGTH, .left = 4 }, .minor = 1 });
    client_says("ab");
    origin_says(SAID);
    client_says("cd");
    assert_side(&origin, "ab");
    finish();
}

/* ---- answers ---- */

struct exchange {
    struct http_request q;
    const char *answer, *want;
};

/* RFC 9112 s.6.3 in its order; what follows the answer is not the client's. */
static void test_an_answer_ends_where_its_framing_says(void **state)
{
#define END "Connection: close\r\nVia: 1.1 gw\r\n\r\n"
    static const struct exchange table[] = {
        { { .minor = 1 }, SAID, TOLD },
        { { .minor = 0 }, SAID, TOLD },
        { { .minor = 1 },
          OK "Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nhi\r\n0\r\nT: v\r\n\r\n",
          OK "Transfer-Encoding: chunked\r\n" END "2;x=y\r\nhi\r\n0\r\nT: v\r\n\r\n" },
        { { .minor = 1, .is_head = true },
          OK "Content-Length: 5\r\n\r\n",
          OK "Content-Length: 5\r\n" END },
        { { .minor = 1, .is_head = true }, OK "\r\n", OK END },
        { { .minor = 1 }, "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 No Content\r\n" END },
        { { .minor = 1 },
          "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
          "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n" END },
        { { .minor = 1 }, OK "Content-Length: 0\r\n\r\n", OK "Content-Length: 0\r\n" END },
    };
    static const char surplus[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
    char answer[512];
    void (*const say[])(struct bytes) = { write_some, commit_some };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        for (size_t piece = 0; piece < 16; piece++) {
            snprintf(answer, sizeof answer, "%s%s", table[i].answer, piece < 8 ? "" : surplus);
            start_request(&table[i].q);
            origin_says_n(bytes_of(answer), piece % 8 / 2, say[piece % 2]);
            assert_side(&browser, table[i].want);
            assert_true(browser.has_eof); /* and the origin has not ended */
            finish();
        }
    }
#undef END
}

static void test_an_answer_without_a_length_ends_with_the_origin(void **state)
{
    static const char *const head[] = { "HTTP/1.0 200 OK\r\n\r\n",
                                        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n" };
    (void)state;
    for (size_t i = 0; i < COUNT(head); i++) {
        start();
        origin_says(head[i]);
        origin_says("a\r\n");
        origin_says("0\r\n\r\n");
        assert_false(browser.has_eof);
        origin_ends();
        assert_side(&browser, OK "Connection: close\r\nVia: 1.0 gw\r\n\r\na\r\n0\r\n\r\n");
        assert_true(browser.has_eof);
        finish();
    }
}

/* By its framing the client sees that it is. */
static void test_an_answer_cut_short_stays_so(void **state)
{
    (void)state;
    start();
    origin_says(OK "Content-Length: 5\r\n\r\nhe");
    origin_ends();
    assert_side(&browser, OK "Content-Length: 5\r\nConnection: close\r\nVia: 1.1 gw\r\n\r\nhe");
    finish();
}

static void test_interim_answers_come_first(void **state)
{
    static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n"
                                  "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    (void)state;
    start_request(
        &(struct http_request){ .body = { .kind = HTTP1_LENGTH, .left = 2 }, .minor = 1 });
    origin_says(interim);
    assert_side(&browser, "HTTP/1.1 100 Continue\r\nVia: 1.1 gw\r\n\r\n"
                          "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nVia: 1.1 gw\r\n\r\n");
    browser.n = 0;
    client_says("ab");
    assert_side(&origin, "ab");
    origin_says(SAID);
    assert_side(&browser, TOLD);
    finish();

    start_request(&(struct http_request){ .minor = 0 }); /* RFC 9110 s.15.2 */
    origin_says(interim);
    origin_says(SAID);
    assert_side(&browser, TOLD);
    finish();
}

static void test_interim_answers_are_bounded(void **state)
{
    size_t n = 0;
    (void)state;
    start_request(&(struct http_request){ .minor = 0 });
    for (; !browser.n && n <= HTTP_EXCHANGE_HEADS_MAX; n += 25)
        origin_says("HTTP/1.1 100 Continue\r\n\r\n");
    assert_in_range(n, HTTP_EXCHANGE_HEADS_MAX, HTTP_EXCHANGE_HEADS_MAX + 25);
    assert_told(502);
    client_ends();
    assert_int_equal(origin.err, GW_EPROTO);
    stop();
}

/* What the client could take for another answer, or for another end of it. */
static void test_an_answer_that_could_mislead_becomes_502(void **state)
{
    static const char *const bad[] = {
        "SSH-2.0-OpenSSH_9.6\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "<html>\r\n\r\n",
        OK "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        OK "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!",
        OK "Content-Length: 2, 3\r\n\r\nhi!",
        OK "Content-Length: -1\r\n\r\n",
        OK "Content_Length: 2\r\n\r\nhi",
        OK "Transfer-Encoding: gzip\r\n\r\nhi",
        OK "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        OK "X: a\r\n folded\r\n\r\n",
        OK " X: a\r\n\r\n",
        OK "X: a\rContent-Length: 2\r\n\r\n",
        OK "X\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        for (int to_head = 0; to_head < 2; to_head++) {
            start_request(&(struct http_request){ .minor = 1, .is_head = to_head });
            origin_says(bad[i]);
            assert_told(502);
            assert_non_null(strstr(browser.got, "\r\nProxy-Status: gw; error=http_protocol_error"));
            assert_true(to_head == !strstr(browser.got, "\r\n\r\ngw: "));
            client_ends();
            assert_int_equal(origin.err, GW_EPROTO);
            stop();
        }
    }
}

static void test_no_answer_becomes_502(void **state)
{
    static const char *const some[] = { "", "HTTP/1.1 200", OK "Content-Length: 2\r\n",
                                        "HTTP/1.1 100 Continue\r\n\r\n" };
    (void)state;
    for (size_t i = 0; i < COUNT(some); i++) {
        start_request(&(struct http_request){ .minor = 0 });
        origin_says(some[i]);
        assert_int_equal(browser.n, 0);
        origin_ends();
        assert_told(502);
        assert_non_null(strstr(browser.got, "error=http_response_incomplete\r\n"));
        client_ends();
        stop();
    }
}

static void test_a_head_without_end_becomes_502(void **state)
{
    static char head[HTTP1_HEAD_MAX + 1] = OK "X: ";
    void (*const say[])(struct bytes) = { write_some, commit_some };
    (void)state;
    memset(head + strlen(head), 'x', sizeof head - 1 - strlen(head));
    for (size_t i = 0; i < 4; i++) {
        start();
        origin_says_n((struct bytes){ (uint8_t *)head, HTTP1_HEAD_MAX - 1 }, i / 2 * 1000,
                      say[i % 2]);
        assert_int_equal(browser.n, 0);
        origin_says("x");
        assert_told(502);
        client_ends();
        stop();
    }
}

static void test_a_bad_chunk_of_an_answer_resets_both(void **state)
{
    void (*const say[])(struct bytes) = { write_some, commit_some };
    (void)state;
    for (size_t i = 0; i < COUNT(say); i++) {
        start();
        origin_says(OK "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n");
        origin_says_n(bytes_of("2\nhi\r\n0\r\n\r\n"), 0, say[i]);
        assert_int_equal(browser.err, GW_ERESET);
        assert_int_equal(origin.err, GW_EPROTO);
        stop();
    }
}

/* Straight into the client's queue. */
static void test_a_body_is_copied_once(void **state)
{
    (void)state;
    start();
    origin_says(OK "Content-Length: 100000\r\n\r\n");
    unsigned writes = pair->end[0].writes;
    struct span to = x->ops->reserve(x, 65536);
    assert_int_equal(to.n, 65536);
    assert_ptr_equal(to.p, pair->end[0].queue + pair->end[0].len);
    memset(to.p, 'x', to.n);
    x->ops->commit(x, to.n);
    run();
    assert_int_equal(pair->end[0].writes, writes);
    assert_true(browser.n > 65536);
    stop();
}

/* ---- upgrades ---- */

#define SWITCH   "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
#define SWITCHED SWITCH "Connection: upgrade\r\nVia: 1.1 gw\r\n\r\n"

static void test_an_upgrade_passes_all_both_ways(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        start_request(&(struct http_request){ .minor = 1, .is_upgrade = true });
        origin_says("HTTP/1.1 103 Early Hints\r\n\r\n");
        browser.n = 0;
        origin_says_n(bytes_of(SWITCH "Connection: Upgrade\r\n\r\nHTTP/1.1 0"), i ? 1 : 0,
                      i ? commit_some : write_some);
        client_says("GET http://other/");
        assert_side(&origin, "GET http://other/");
        assert_side(&browser, SWITCHED "HTTP/1.1 0");
        assert_false(browser.has_eof);
        origin_ends();
        assert_true(browser.has_eof);
        client_says("more");
        assert_int_equal(origin.n, 21);
        finish();
    }
}

static void test_an_upgrade_may_be_declined(void **state)
{
    (void)state;
    start_request(&(struct http_request){ .minor = 1, .is_upgrade = true });
    origin_says(SAID);
    client_says("GET http://other/");
    assert_int_equal(origin.n, 0);
    assert_side(&browser, TOLD);
    finish();
}

static void test_an_upgrade_waits_for_the_request(void **state)
{
    (void)state;
    start_request(&(struct http_request){
        .body = { .kind = HTTP1_LENGTH, .left = 2 }, .minor = 1, .is_upgrade = true });
    client_says("a");
    origin_says(SWITCH "Connection: Upgrade\r\n\r\n");
    assert_told(502);
    client_ends();
    stop();
}

/* What came too early is lost, so there is no going on with it. */
static void test_who_does_not_wait_has_no_upgrade(void **state)
{
    (void)state;
    start_request(&(struct http_request){
        .body = { .kind = HTTP1_LENGTH, .left = 2 }, .minor = 1, .is_upgrade = true });
    client_says("ab\x81");
    assert_side(&origin, "ab");
    origin_says(SWITCHED);
    assert_told(502);
    client_ends();
    stop();
}

/* Nothing is held, and nothing is lost. */
static void test_who_asks_for_an_upgrade_waits(void **state)
{
    static const char early[] = "\x81\x05hello";
    int fd;
    (void)state;
    start_exchange(looprig_stream(&rig, &fd),
                   &(struct http_request){ .minor = 1, .is_upgrade = true });
    put(fd, early, sizeof early - 1);
    run();
    assert_int_equal(origin.n, 0);
    origin_says(SWITCH "Connection: Upgrade\r\n\r\n");
    assert_side(&origin, early);
    assert_got(fd, SWITCHED, sizeof SWITCHED - 1);
    close(fd);
    run();
    assert_true(origin.has_eof);
    origin_ends();
    assert_true(origin.is_closed);
}

/* ---- the end ---- */

/* The origin does not take the body, but has answered. */
static void test_who_has_its_answer_waits_no_more(void **state)
{
    int fd;
    (void)state;
    start_exchange(
        looprig_stream(&rig, &fd),
        &(struct http_request){ .body = { .kind = HTTP1_LENGTH, .left = 4 }, .minor = 1 });
    room = (struct span){ 0 };
    put(fd, "abcd", 4);
    run();
    origin_says(OK "Content-Length: 2\r\n\r\n");
    origin_says("hi");
    assert_got(fd, TOLD, sizeof TOLD - 1);
    close(fd);
    run();
    assert_int_equal(origin.n, 0);
    assert_true(origin.has_eof);
    origin_ends();
    assert_true(origin.is_closed);
    assert_int_equal(origin.err, 0);
}

static void test_who_does_not_end_is_ended(void **state)
{
    (void)state;
    start();
    origin_says(SAID);
    assert_true(browser.has_eof);
    looprig_run_ms(&rig, END_MS / 3);
    assert_false(browser.is_closed || origin.has_eof);
    looprig_run_ms(&rig, END_MS);
    assert_true(browser.is_closed && origin.has_eof);
    assert_false(origin.is_closed);
    looprig_run_ms(&rig, END_MS + 5);
    assert_int_equal(origin.err, GW_ETIMEOUT);
    stop();
}

static void test_a_slow_client_gets_all(void **state)
{
    (void)state;
    start();
    client->is_started = false; /* does not read */
    origin_says(SAID);
    origin_ends();
    looprig_run_ms(&rig, 2 * END_MS);
    assert_false(browser.is_closed);
    client->s.ops->credit(&client->s, 0);
    run();
    assert_side(&browser, TOLD);
    finish();
}

/* Its program was closed with octets unread. */
static void test_a_reset_behind_the_answer_is_not_told(void **state)
{
    (void)state;
    start();
    origin_says(SAID);
    x->ops->reset(x, GW_ERESET);
    run();
    assert_false(browser.is_closed);
    client_ends();
    assert_int_equal(browser.err, 0);
    assert_true(origin.is_closed);
    assert_false(origin.has_eof);
    stop();
}

static void test_a_reset_in_the_answer_crosses(void **state)
{
    (void)state;
    start();
    origin_says(OK "Content-Length: 5\r\n\r\nhe");
    x->ops->reset(x, GW_ERESET);
    run();
    assert_int_equal(browser.err, GW_ERESET);
    assert_int_equal(origin.err, GW_ERESET);
    stop();
}

static void test_a_client_that_vanishes_ends_the_origin(void **state)
{
    (void)state;
    start();
    origin_says(OK "Content-Length: 5\r\n\r\nhe");
    client->s.ops->reset(&client->s, GW_ERESET);
    run();
    assert_int_equal(origin.err, GW_ERESET);
    stop();
}

/* Of what is written no more than that has left at once, and the rest when the client took it. */
static void test_what_has_left_is_told(void **state)
{
    struct bytes v = bytes_of(OK "Content-Length: 100\r\n\r\n0123456789");
    (void)state;
    start();
    ssize_t left = x->ops->write(x, v);
    assert_int_equal(left, 0); /* the head has grown */
    run();
    assert_true(origin.drained >= v.n);
    size_t before = origin.drained;
    assert_int_equal(x->ops->write(x, bytes_of("0123456789")), 0);
    run();
    assert_int_equal(origin.drained, before + 10);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_behind_a_request_is_passed_on),
        cmocka_unit_test(test_a_body_passes_after_the_answer_began),
        cmocka_unit_test(test_an_end_of_the_client_reaches_the_origin),
        cmocka_unit_test(test_a_malformed_body_is_told_while_it_can_be),
        cmocka_unit_test(test_no_body_passes_behind_the_answer),
        cmocka_unit_test(test_an_answer_ends_where_its_framing_says),
        cmocka_unit_test(test_an_answer_without_a_length_ends_with_the_origin),
        cmocka_unit_test(test_an_answer_cut_short_stays_so),
        cmocka_unit_test(test_interim_answers_come_first),
        cmocka_unit_test(test_interim_answers_are_bounded),
        cmocka_unit_test(test_an_answer_that_could_mislead_becomes_502),
        cmocka_unit_test(test_no_answer_becomes_502),
        cmocka_unit_test(test_a_head_without_end_becomes_502),
        cmocka_unit_test(test_a_bad_chunk_of_an_answer_resets_both),
        cmocka_unit_test(test_a_body_is_copied_once),
        cmocka_unit_test(test_an_upgrade_passes_all_both_ways),
        cmocka_unit_test(test_an_upgrade_may_be_declined),
        cmocka_unit_test(test_an_upgrade_waits_for_the_request),
        cmocka_unit_test(test_who_does_not_wait_has_no_upgrade),
        cmocka_unit_test(test_who_asks_for_an_upgrade_waits),
        cmocka_unit_test(test_who_has_its_answer_waits_no_more),
        cmocka_unit_test(test_who_does_not_end_is_ended),
        cmocka_unit_test(test_a_slow_client_gets_all),
        cmocka_unit_test(test_a_reset_behind_the_answer_is_not_told),
        cmocka_unit_test(test_a_reset_in_the_answer_crosses),
        cmocka_unit_test(test_a_client_that_vanishes_ends_the_origin),
        cmocka_unit_test(test_what_has_left_is_told),
    };
    log_set_level(LOG_LEVEL_ERROR);
    looprig_init(&rig);
    loop = rig.loop;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    looprig_fini(&rig);
    return failed;
}
