/* test_http_tag.c - the stream that tells a program who called. */
#include "svc/http_tag.h"

#include "fake_stream.h"
#include "testpeers.h"
#include "vec.h"
#include "wire/http1.h"

#define TAG     "X-Gw-Peer: " PEER_A "\r\n"
#define GET     "GET / HTTP/1.1\r\n"
#define TAGGED  GET TAG
#define UPGRADE "Connection: Upgrade\r\nUpgrade: websocket\r\n"

/* One end of what is under test: the owner of the tag (the peer's side), or the program. */
struct side {
    uint8_t got[1u << 20];
    size_t n, drained;
    const uint8_t *last; /* where the last octets lay */
    struct span room;
    bool has_eof, is_closed;
    int err;
};

static struct ev_loop *loop;
static struct turn *turn;
static struct fake_pair *pair;   /* NULL once closed */
static struct stream *tag;       /* NULL once closed */
static struct fake_stream *prog; /* the program's end of the pair */
static struct side peer, program;
static size_t written;

static struct span on_alloc(struct stream *s)
{
    return ((struct side *)s->owner)->room;
}

static void on_data(struct stream *s, struct bytes v)
{
    struct side *x = s->owner;
    assert_false(x->has_eof || x->is_closed);
    assert_true(x->n + v.n <= sizeof x->got);
    memcpy(x->got + x->n, v.p, v.n);
    x->n += v.n;
    x->last = v.p;
    s->ops->credit(s, v.n);
}

static void on_drained(struct stream *s, size_t n)
{
    struct side *x = s->owner;
    x->drained += n;
    if (x == &peer)
        assert_true(x->drained <= written);
}

static void on_eof(struct stream *s)
{
    ((struct side *)s->owner)->has_eof = true;
}

static void on_close(struct stream *s, int err)
{
    struct side *x = s->owner;
    assert_false(x->is_closed);
    x->is_closed = true;
    x->err = err;
    if (x == &peer)
        tag = NULL;
}

static const struct stream_events side_events = { on_alloc, on_data, on_drained, on_eof, on_close };

static void pair_gone(struct fake_pair *p)
{
    assert_ptr_equal(p, pair);
    pair = NULL;
}

static void run(void)
{
    for (int i = 0; i < 8; i++)
        ev_run(loop, EVRUN_NOWAIT);
}

static void start(void)
{
    struct peerid id = peer_of(PEER_A);
    peer = program = (struct side){ 0 };
    written = 0;
    pair = fake_pair_new(loop);
    pair->gone = pair_gone;
    prog = &pair->end[1];
    stream_own(&prog->s, &side_events, &program);
    tag = http_tag_new(&pair->end[0].s, &id, turn);
    assert_non_null(tag);
    stream_own(tag, &side_events, &peer);
    tag->ops->credit(tag, 0);
    prog->s.ops->credit(&prog->s, 0);
}

static void stop(void)
{
    if (tag)
        tag->ops->reset(tag, GW_ECANCELED);
    run();
    assert_true(peer.is_closed && program.is_closed);
    assert_null(pair);
}

static void send_some(const void *p, size_t n)
{
    written += n;
    ssize_t left = tag->ops->write(tag, (struct bytes){ p, n });
    assert_true(left >= 0);
    peer.drained += (size_t)left;
    assert_true(peer.drained <= written);
}

/* The peer sends v, `piece` octets at a time (0: at once). */
static void deliver(struct bytes v, size_t piece)
{
    for (size_t at = 0; at < v.n; at += piece ? piece : v.n) {
        uint8_t *block = malloc(v.n); /* of its own: AddressSanitizer sees who looks later */
        size_t n = piece && piece < v.n - at ? piece : v.n - at;
        assert_non_null(block);
        memcpy(block, v.p + at, n);
        send_some(block, n);
        free(block);
    }
    run();
}

static void send_text(const char *text)
{
    deliver(bytes_of(text), 0);
}

static void answer(const char *text)
{
    prog->s.ops->write(&prog->s, bytes_of(text));
    run();
}

static void assert_program_got(const char *want)
{
    assert_bytes((struct bytes){ program.got, program.n }, bytes_of(want));
}

static void assert_peer_got(const char *want)
{
    assert_bytes((struct bytes){ peer.got, peer.n }, bytes_of(want));
}

static int setup(void **state)
{
    (void)state;
    loop = ev_loop_new(EVFLAG_AUTO);
    turn = turn_new(loop);
    assert_non_null(turn);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    turn_free(turn);
    ev_loop_destroy(loop);
    return 0;
}

/* ---- requests ---- */

static const struct {
    const char *what, *in, *out;
} requests[] = {
    { "a request", GET "Host: a\r\n\r\n", TAGGED "Host: a\r\n\r\n" },
    { "spelling is made one", "\r\n" GET "A:b\r\nC:\t d \r\nE:\r\n\r\n",
      TAGGED "A: b\r\nC: d\r\nE: \r\n\r\n" },
    { "pipelined requests, each tagged", GET "\r\nHEAD /b HTTP/1.0\r\n\r\n" GET "\r\n",
      TAGGED "\r\nHEAD /b HTTP/1.0\r\n" TAG "\r\n" TAGGED "\r\n" },
    { "behind a body of a length", "POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello" GET "\r\n",
      "POST /a HTTP/1.1\r\n" TAG "Content-Length: 5\r\n\r\nhello" TAGGED "\r\n" },
    { "a request inside a body is a body",
      "POST /a HTTP/1.1\r\nContent-Length: 18\r\n\r\n" GET "\r\n",
      "POST /a HTTP/1.1\r\n" TAG "Content-Length: 18\r\n\r\n" GET "\r\n" },
    { "behind chunks",
      "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\n\r\n" GET "\r\n",
      "PUT /a HTTP/1.1\r\n" TAG "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\n\r\n" TAGGED
      "\r\n" },
    { "trailers, which some programs take for fields, are left out",
      "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Gw-Peer: eve\r\nB: "
      "c\r\n\r\n" GET "\r\n",
      "PUT /a HTTP/1.1\r\n" TAG "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n" TAGGED
      "\r\n" },
    { "forged fields are left out",
      GET "X-Gw-Peer: eve\r\nA: b\r\nx-gw-peer: eve\r\nX_GW_PEER: eve\r\nX-Gw_Peer:eve\r\n"
          "X.Gw.Peer: eve\r\nX-Gw-Peer:\r\n\r\n",
      TAGGED "A: b\r\n\r\n" },
    { "a field of another name stays", GET "X-Gw-Peers: a\r\nXX-Gw-Peer: b\r\n\r\n",
      TAGGED "X-Gw-Peers: a\r\nXX-Gw-Peer: b\r\n\r\n" },
    { "Connection names no field to be dropped",
      GET "Connection: X-Gw-Peer\r\nConnection: close, content-length, x-gw-peer, TE\r\n\r\n",
      TAGGED "Connection: close, te\r\n\r\n" },
    { "Connection of which nothing stays", GET "Connection: X-Gw-Peer\r\n\r\n", TAGGED "\r\n" },
    { "h2c, RFC 7540 s.3.2",
      GET "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\n\r\n",
      TAGGED "\r\n" },
    { "TLS, RFC 2817 s.3.1",
      "OPTIONS * HTTP/1.1\r\nUpgrade: TLS/1.0\r\nConnection: Upgrade\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\n" TAG "\r\n" },
    { "an upgrade in a second request", GET "\r\n" GET UPGRADE "\r\n",
      TAGGED "\r\n" TAGGED "\r\n" },
    { "an upgrade that Connection does not name", GET "Upgrade: websocket\r\n\r\n" GET "\r\n",
      TAGGED "\r\n" TAGGED "\r\n" },
    { "an upgrade with HTTP/1.0", "GET / HTTP/1.0\r\n" UPGRADE "\r\n",
      "GET / HTTP/1.0\r\n" TAG "\r\n" },
    { "an upgrade with a body", GET UPGRADE "Content-Length: 1\r\n\r\nx" GET "\r\n",
      TAGGED "Content-Length: 1\r\n\r\nx" TAGGED "\r\n" },
    { "an upgrade of a POST", "POST / HTTP/1.1\r\n" UPGRADE "\r\n" GET "\r\n",
      "POST / HTTP/1.1\r\n" TAG "\r\n" TAGGED "\r\n" },
};

static void test_every_request_is_tagged_however_it_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(requests); i++) {
        for (size_t piece = 0; piece < 6; piece++) {
            start();
            deliver(bytes_of(requests[i].in), piece);
            if (program.n != strlen(requests[i].out) ||
                memcmp(program.got, requests[i].out, program.n) != 0)
                fail_msg("%s: %.*s", requests[i].what, (int)program.n, program.got);
            assert_int_equal(peer.drained, written);
            assert_int_equal(tag->ops->acked(tag), written);
            assert_int_equal(peer.n, 0);
            stop();
        }
    }
}

static void test_commit_is_as_good_as_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(requests); i++) {
        start();
        const char *in = requests[i].in;
        for (size_t n = strlen(in); n;) {
            struct span to = tag->ops->reserve(tag, 7);
            assert_int_equal(to.n, 7);
            size_t k = n < to.n ? n : to.n;
            memcpy(to.p, in, k);
            written += k;
            tag->ops->commit(tag, k);
            in += k;
            n -= k;
        }
        tag->ops->commit(tag, 0);
        run();
        assert_program_got(requests[i].out);
        assert_int_equal(peer.drained, written);
        stop();
    }
}

#define ANSWER_400                                                                   \
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 45\r\n" \
    "Connection: close\r\n\r\nThis request is malformed or could mislead.\r\n"

static const struct {
    const char *what, *in;
} refused[] = {
    { "CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n" },
    { "CONNECT to some", "connect a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n" },
    { "HTTP/2 with prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
    { "CL.TE",
      "POST / HTTP/1.1\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
    { "two lengths", "POST / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 9\r\n\r\n" },
    { "a fold that hides a field", GET "A: b\r\n X-Gw-Peer: eve\r\n\r\n" },
    { "a blank before the colon", GET "X-Gw-Peer : eve\r\n\r\n" },
    { "LF alone", GET "A: b\nX-Gw-Peer: eve\r\n\r\n" },
    { "CR alone", GET "A: b\rX-Gw-Peer: eve\r\n\r\n" },
};

static void test_refused_first_request_gets_400_and_never_arrives(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        for (size_t piece = 0; piece < 2; piece++) {
            start();
            deliver(bytes_of(refused[i].in), piece);
            assert_int_equal(program.n, 0);
            assert_true(program.is_closed && program.err);
            assert_peer_got(ANSWER_400);
            assert_true(peer.has_eof);
            assert_false(peer.is_closed);
            send_text(GET "\r\n"); /* still comes, and goes nowhere */
            tag->ops->shutdown(tag);
            assert_false(peer.is_closed);
            run();
            assert_true(peer.is_closed);
            assert_int_equal(peer.err, 0);
            stop();
        }
    }
}

static void test_refused_and_reset_by_the_peer_ends_with_its_error(void **state)
{
    (void)state;
    start();
    send_text(refused[0].in);
    tag->ops->reset(tag, GW_ERESET);
    assert_false(peer.is_closed);
    run();
    assert_int_equal(peer.err, GW_ERESET);
    stop();

    start();
    send_some(refused[0].in, strlen(refused[0].in));
    tag->ops->reset(tag, GW_ERESET); /* before the peer is told */
    tag->ops->reset(tag, GW_ECANCELED);
    run();
    assert_int_equal(peer.err, GW_ERESET);
    assert_int_equal(peer.n, 0);
    stop();
}

static void test_refused_body_of_the_first_request_gets_400(void **state)
{
    (void)state;
    start();
    send_text("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x\r\n");
    assert_peer_got(ANSWER_400);
    assert_true(program.is_closed && program.err);
    tag->ops->shutdown(tag);
    stop();
}

static void test_refused_later_request_resets(void **state)
{
    (void)state;
    start();
    send_text(GET "\r\nPRI * HTTP/2.0\r\n\r\n");
    assert_int_equal(peer.n, 0);
    assert_int_equal(peer.err, GW_EUNSUP);
    assert_true(program.err);
    stop();

    start();
    send_text(GET "\r\n");
    answer("HTTP/1.1 200 OK\r\n\r\n");
    send_text("GET /\r\n\r\n");
    assert_peer_got("HTTP/1.1 200 OK\r\n\r\n");
    assert_int_equal(peer.err, GW_EPROTO);
    stop();
}

static void test_refused_body_behind_an_answer_resets(void **state)
{
    (void)state;
    start();
    send_text("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
    answer("HTTP/1.1 100 Continue\r\n\r\n");
    send_text("0x\r\n");
    assert_peer_got("HTTP/1.1 100 Continue\r\n\r\n");
    assert_int_equal(peer.err, GW_EPROTO);
    stop();
}

static void test_head_without_an_end_is_refused(void **state)
{
    (void)state;
    start();
    send_text(GET "A: ");
    for (size_t n = strlen(GET "A: "); n < HTTP1_HEAD_MAX - 1; n++)
        send_some("x", 1);
    run();
    assert_int_equal(peer.n, 0);
    assert_int_equal(peer.drained, 0);
    send_some("x", 1);
    run();
    assert_peer_got(ANSWER_400);
    assert_int_equal(program.n, 0);
    stop();
}

/* ---- upgrades ---- */

#define WS     GET "Host: a\r\n" UPGRADE "Sec-WebSocket-Key: x\r\n\r\n"
#define WS_OUT TAGGED "Host: a\r\nSec-WebSocket-Key: x\r\n" UPGRADE "\r\n"
#define FRAMES "\x81\x02hi" GET "X-Gw-Peer: not a field\r\n\r\n"

static void test_upgrade_holds_what_follows_until_101(void **state)
{
    (void)state;
    for (size_t piece = 0; piece < 4; piece++) {
        start();
        deliver(bytes_of(WS FRAMES), piece);
        assert_program_got(WS_OUT);
        assert_int_equal(peer.drained, strlen(WS));
        answer("HTTP/1.1 10");
        assert_program_got(WS_OUT);
        answer("1 Switching Protocols\r\n\r\n");
        assert_program_got(WS_OUT FRAMES);
        assert_int_equal(peer.drained, written);
        send_text(GET "\r\n");
        assert_program_got(WS_OUT FRAMES GET "\r\n");
        assert_int_equal(peer.drained, written);
        assert_peer_got("HTTP/1.1 101 Switching Protocols\r\n\r\n");
        stop();
    }
}

static void test_upgrade_not_granted_goes_on_with_requests(void **state)
{
    (void)state;
    static const char *const answers[] = { "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 426 No\r\n\r\n",
                                           "HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 401 No\r\n\r\n",
                                           "garbage" };
    for (size_t i = 0; i < COUNT(answers); i++) {
        start();
        send_text(WS GET "X-Gw-Peer: eve\r\n\r\n" GET);
        answer(answers[i]);
        assert_program_got(WS_OUT TAGGED "\r\n");
        send_text("X-Gw-Peer: eve\r\n\r\n" WS); /* the second to ask is not granted */
        assert_program_got(WS_OUT TAGGED "\r\n" TAGGED "\r\n" TAGGED
                                         "Host: a\r\nSec-WebSocket-Key: x\r\n\r\n");
        assert_int_equal(peer.drained, written);
        stop();
    }
}

static void test_upgrade_behind_an_interim_answer_is_granted(void **state)
{
    (void)state;
    start();
    send_text(WS FRAMES);
    answer("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 101 Go\r\n\r\n");
    assert_program_got(WS_OUT FRAMES);
    stop();
}

static void test_upgrade_holds_bad_requests_as_well(void **state)
{
    (void)state;
    start();
    send_text(WS "PRI * HTTP/2.0\r\n\r\n");
    answer("HTTP/1.1 404 No\r\n\r\n");
    assert_program_got(WS_OUT);
    assert_peer_got("HTTP/1.1 404 No\r\n\r\n");
    assert_int_equal(peer.err, GW_EUNSUP);
    stop();
}

static void test_upgrade_is_not_granted_when_the_program_spoke_first(void **state)
{
    (void)state;
    start();
    answer("HTTP/1.1 408 Too slow\r\n\r\n");
    send_text(WS);
    answer("HTTP/1.1 101 Go\r\n\r\n");
    send_text(GET "\r\n");
    assert_program_got(TAGGED "Host: a\r\nSec-WebSocket-Key: x\r\n\r\n" TAGGED "\r\n");
    stop();
}

static void test_upgrade_keeps_only_websocket(void **state)
{
    (void)state;
    start();
    send_text(GET "Upgrade: h2c, WebSocket\r\nConnection: keep-alive, upgrade, HTTP2-Settings\r\n"
                  "HTTP2-Settings: AAM\r\n\r\n");
    assert_program_got(TAGGED "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n");
    stop();
}

static void test_upgrade_bounds_what_it_holds(void **state)
{
    (void)state;
    static uint8_t much[HTTP_TAG_HELD_MAX];
    start();
    send_text(WS);
    deliver((struct bytes){ much, sizeof much }, 0);
    assert_false(program.is_closed);
    assert_int_equal(peer.drained, strlen(WS));
    send_text("x");
    assert_true(program.is_closed && program.err);
    assert_program_got(WS_OUT);
    stop();
}

static void test_upgrade_passes_fin_behind_what_it_holds(void **state)
{
    (void)state;
    start();
    send_text(WS FRAMES);
    tag->ops->shutdown(tag);
    run();
    assert_false(program.has_eof);
    answer("HTTP/1.1 101 Go\r\n\r\n");
    assert_program_got(WS_OUT FRAMES);
    assert_true(program.has_eof);
    stop();
}

static void test_upgrade_that_the_program_leaves_unanswered_ends(void **state)
{
    (void)state;
    start();
    send_text(WS GET "\r\nhalf");
    tag->ops->shutdown(tag);
    prog->s.ops->shutdown(&prog->s);
    run();
    assert_program_got(WS_OUT TAGGED "\r\n");
    assert_true(program.has_eof && peer.has_eof);
    assert_int_equal(peer.err, 0);
    stop();
}

/* ---- the contract of a stream ---- */

static void test_shutdown_drops_half_a_head(void **state)
{
    (void)state;
    start();
    send_text(GET "\r\n" GET "X-Gw-Peer: eve");
    tag->ops->shutdown(tag);
    tag->ops->shutdown(tag);
    run();
    assert_program_got(TAGGED "\r\n");
    assert_true(program.has_eof);
    answer("HTTP/1.1 200 OK\r\n\r\n");
    prog->s.ops->shutdown(&prog->s);
    run();
    assert_true(peer.is_closed);
    assert_int_equal(peer.err, 0);
    stop();
}

static void test_shutdown_in_a_body_passes(void **state)
{
    (void)state;
    start();
    send_text("PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf");
    tag->ops->shutdown(tag);
    run();
    assert_program_got("PUT / HTTP/1.1\r\n" TAG "Content-Length: 9\r\n\r\nhalf");
    assert_true(program.has_eof);
    stop();
}

static void test_reset_crosses_and_closes_once(void **state)
{
    (void)state;
    start();
    send_text(GET "half");
    tag->ops->reset(tag, GW_ERESET);
    assert_false(peer.is_closed);
    send_some("x", 1);
    assert_int_equal(tag->ops->reserve(tag, 1).n, 0);
    run();
    assert_int_equal(peer.err, GW_ERESET);
    assert_int_equal(program.err, GW_ERESET);
    stop();

    start();
    prog->s.ops->reset(&prog->s, GW_EIO);
    run();
    assert_int_equal(peer.err, GW_ERESET);
    stop();
}

static void test_answers_pass_without_a_copy(void **state)
{
    (void)state;
    uint8_t room[64] = "HTTP/1.1 200 OK\r\nX-Gw-Peer: as the program likes\r\n\r\n";
    struct fake_stream *to;

    start();
    to = &pair->end[0];
    peer.room = (struct span){ room, sizeof room };
    assert_ptr_equal(to->s.ev->on_alloc(&to->s).p, room);
    to->uncredited = 10;
    to->s.ev->on_data(&to->s, (struct bytes){ room, 10 });
    assert_ptr_equal(peer.last, room);
    assert_int_equal(to->uncredited, 0);
    stop();
}

/* The program takes nothing for a while, then some. */
static void test_drained_is_the_share_that_left(void **state)
{
    (void)state;
    static const char in[] = GET "\r\n", out[] = TAGGED "\r\n";
    const size_t nin = sizeof in - 1, nout = sizeof out - 1;
    struct fake_stream *to;
    size_t n = 0;

    start();
    to = &pair->end[0];
    prog->uncredited = FAKE_WINDOW;
    for (int i = 0; i < 100; i++)
        send_text(in);
    assert_int_equal(to->len, 100 * nout);
    assert_int_equal(peer.drained, 0);
    for (int i = 0; i < 99; i++) { /* one request leaves, and by what it gives back another comes */
        to->len -= nout;
        to->s.ev->on_drained(&to->s, nout);
        assert_in_range(peer.drained, n, n + nin + 1);
        while (written - peer.drained + nin <= 100 * nin)
            send_text(in);
        n = peer.drained;
        assert_in_range(to->len, 98 * nout, 101 * nout);
    }
    prog->uncredited = 0;
    prog->s.ops->credit(&prog->s, 0);
    run();
    assert_int_equal(peer.drained, written);
    stop();
}

static void test_drained_leaves_out_what_was_queued_before(void **state)
{
    (void)state;
    start();
    struct fake_stream *to = &pair->end[0];
    to->s.ops->write(&to->s, (struct bytes)B("PROXY, before anything else"));
    send_text("PUT / HTTP/1.1\r\nContent-Length: 5\r\n\r\n"); /* leaves together with it */
    assert_int_equal(peer.drained, written);
    send_text("hello");
    assert_int_equal(peer.drained, written);
    send_text("half-a-head");
    assert_int_equal(peer.drained, written - 11);
    stop();
}

static void test_reserve_gives_no_room_while_much_is_owed(void **state)
{
    (void)state;
    static uint8_t body[256u << 10];
    start();
    prog->uncredited = FAKE_WINDOW;
    send_text("PUT / HTTP/1.1\r\nContent-Length: 999999\r\n\r\n");
    assert_int_not_equal(tag->ops->reserve(tag, 1).n, 0);
    deliver((struct bytes){ body, sizeof body }, 0);
    assert_int_equal(tag->ops->reserve(tag, 1).n, 0);
    prog->uncredited = 0;
    prog->s.ops->credit(&prog->s, 0);
    run();
    assert_int_equal(peer.drained, written);
    assert_int_not_equal(tag->ops->reserve(tag, 1).n, 0);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_request_is_tagged_however_it_is_cut),
        cmocka_unit_test(test_commit_is_as_good_as_write),
        cmocka_unit_test(test_refused_first_request_gets_400_and_never_arrives),
        cmocka_unit_test(test_refused_and_reset_by_the_peer_ends_with_its_error),
        cmocka_unit_test(test_refused_body_of_the_first_request_gets_400),
        cmocka_unit_test(test_refused_later_request_resets),
        cmocka_unit_test(test_refused_body_behind_an_answer_resets),
        cmocka_unit_test(test_head_without_an_end_is_refused),
        cmocka_unit_test(test_upgrade_holds_what_follows_until_101),
        cmocka_unit_test(test_upgrade_not_granted_goes_on_with_requests),
        cmocka_unit_test(test_upgrade_behind_an_interim_answer_is_granted),
        cmocka_unit_test(test_upgrade_holds_bad_requests_as_well),
        cmocka_unit_test(test_upgrade_is_not_granted_when_the_program_spoke_first),
        cmocka_unit_test(test_upgrade_keeps_only_websocket),
        cmocka_unit_test(test_upgrade_bounds_what_it_holds),
        cmocka_unit_test(test_upgrade_passes_fin_behind_what_it_holds),
        cmocka_unit_test(test_upgrade_that_the_program_leaves_unanswered_ends),
        cmocka_unit_test(test_shutdown_drops_half_a_head),
        cmocka_unit_test(test_shutdown_in_a_body_passes),
        cmocka_unit_test(test_reset_crosses_and_closes_once),
        cmocka_unit_test(test_answers_pass_without_a_copy),
        cmocka_unit_test(test_drained_is_the_share_that_left),
        cmocka_unit_test(test_drained_leaves_out_what_was_queued_before),
        cmocka_unit_test(test_reserve_gives_no_room_while_much_is_owed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
