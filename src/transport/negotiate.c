/* negotiate.c - see negotiate.h.
 *
 *   dialler    header, protocol, first octets ->       <- header, protocol | na
 *   listener   reads lines; answers what one delivery brought with one write
 *
 * The object lives from the call to the hand-over.  The stream changes hands inside on_data, so
 * whatever the carrier reports next (more octets, FIN, reset) goes to the new owner and nothing has
 * to be replayed. */
#include "transport/negotiate.h"

#include <assert.h>
#include <stdlib.h>

#include "base/err.h"
#include "net/timer.h"
#include "wire/mss.h"

/* The header, every `na` and one protocol, each with length and newline. */
#define ANSWERS_MAX (20 + 4 * NEGOTIATE_PROPOSALS_MAX + NEGOTIATE_PROTOCOL_MAX + 3)

enum verdict { MORE = 0, AGREED = 1 }; /* of a line; < 0: GW_E* */

struct negotiate {
    struct stream *s;
    struct timer deadline;
    int (*on_line)(struct negotiate *n, struct bytes line);
    negotiate_done_fn *done;         /* dialler */
    negotiate_accepted_fn *accepted; /* listener */
    negotiate_serves_fn *serves;
    void *arg;
    bool has_header;
    bool is_refused; /* listener: our FIN is sent, the rest of the stream is waited out */
    uint8_t refusals;
    char protocol[NEGOTIATE_PROTOCOL_MAX + 1];
    size_t nin;
    uint8_t in[MSS_WIRE_MAX]; /* the beginning of a line */
    uint8_t room[512];        /* for carriers that ask on_alloc */
    size_t nout;
    uint8_t out[ANSWERS_MAX]; /* lines to send */
};

static void put_line(struct negotiate *n, struct bytes line)
{
    int put = mss_encode(n->out + n->nout, sizeof n->out - n->nout, line);
    assert(put > 0);
    n->nout += (size_t)put;
}

static int flush(struct negotiate *n)
{
    struct bytes v = { n->out, n->nout };
    n->nout = 0;
    return v.n && n->s->ops->write(n->s, v) < 0 ? GW_ENOMEM : 0;
}

static void hand_over(struct negotiate *n, int err, struct bytes early)
{
    struct stream *s = err ? NULL : n->s;

    timer_stop(&n->deadline);
    if (n->done)
        n->done(n->arg, err, s, early);
    else
        n->accepted(n->arg, err, s, n->protocol, early);
    free(n);
}

static void fail(struct negotiate *n, int err)
{
    stream_drop(n->s, err);
    hand_over(n, n->refusals ? GW_ENOPROTO : err, (struct bytes){ 0 });
}

/* Nothing that the peer proposed is served: let the answers arrive and end. */
static void refuse(struct negotiate *n)
{
    if (flush(n) != 0) {
        fail(n, GW_ENOMEM);
        return;
    }
    n->is_refused = true;
    n->s->ops->shutdown(n->s);
}

static void stop(struct negotiate *n, int err)
{
    if (n->refusals)
        refuse(n);
    else
        fail(n, err);
}

static int expect_header(struct negotiate *n, struct bytes line)
{
    if (!bytes_eq(line, bytes_of(MSS_HEADER)))
        return GW_EPROTO;
    n->has_header = true;
    return MORE;
}

static int on_answer(struct negotiate *n, struct bytes line)
{
    if (!n->has_header)
        return expect_header(n, line);
    if (bytes_eq(line, bytes_of(n->protocol)))
        return AGREED;
    return bytes_eq(line, bytes_of(MSS_NA)) ? GW_ENOPROTO : GW_EPROTO;
}

static bool is_served(const struct negotiate *n, struct bytes protocol)
{
    return protocol.n && protocol.n <= NEGOTIATE_PROTOCOL_MAX &&
           !memchr(protocol.p, '\0', protocol.n) && n->serves(n->arg, protocol);
}

static int on_proposal(struct negotiate *n, struct bytes line)
{
    if (!n->has_header) {
        put_line(n, bytes_of(MSS_HEADER));
        return expect_header(n, line);
    }
    if (is_served(n, line)) {
        memcpy(n->protocol, line.p, line.n);
        n->protocol[line.n] = '\0';
        put_line(n, line);
        return AGREED;
    }
    put_line(n, bytes_of(MSS_NA));
    if (++n->refusals < NEGOTIATE_PROPOSALS_MAX)
        return MORE;
    return GW_EPROTO;
}

/* Takes the next line off the front of *v, joined with what came before.  > 0: there is one, a view
 * valid until the next call; 0: wait, everything is kept in n->in; < 0: GW_EPROTO. */
static int next_line(struct negotiate *n, struct bytes *v, struct bytes *line)
{
    size_t had = n->nin;
    size_t take = v->n < sizeof n->in - had ? v->n : sizeof n->in - had;
    int used;

    if (take)
        memcpy(n->in + had, v->p, take);
    n->nin = had + take;
    used = mss_decode((struct bytes){ n->in, n->nin }, line);
    if (used > 0) {
        take = (size_t)used - had; /* the line was not whole before, so it ends in *v */
        n->nin = 0;
    }
    v->p += take;
    v->n -= take;
    return used;
}

static void on_data(struct stream *s, struct bytes v)
{
    struct negotiate *n = s->owner;
    size_t total = v.n;
    struct bytes line;
    int used = 0, verdict = MORE;

    if (n->is_refused) {
        s->ops->credit(s, total);
        return;
    }
    while (verdict == MORE && (used = next_line(n, &v, &line)) > 0)
        verdict = n->on_line(n, line);
    if (used < 0)
        verdict = used;
    if (verdict < 0) {
        s->ops->credit(s, total);
        stop(n, verdict);
        return;
    }
    s->ops->credit(s, total - v.n);
    if (flush(n) != 0)
        fail(n, GW_ENOMEM);
    else if (verdict == AGREED)
        hand_over(n, 0, v);
}

static struct span on_alloc(struct stream *s)
{
    struct negotiate *n = s->owner;
    return (struct span){ n->room, sizeof n->room };
}

static void on_eof(struct stream *s)
{
    struct negotiate *n = s->owner;
    if (!n->is_refused)
        stop(n, GW_EPROTO);
}

static void on_close(struct stream *s, int err)
{
    struct negotiate *n = s->owner;
    if (n->refusals)
        err = GW_ENOPROTO;
    hand_over(n, err ? err : GW_ECLOSED, (struct bytes){ 0 });
}

static const struct stream_events negotiate_events = {
    .on_alloc = on_alloc,
    .on_data = on_data,
    .on_drained = stream_ignore_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

static void on_deadline(void *arg)
{
    fail(arg, GW_ETIMEOUT);
}

static struct negotiate *start(struct ev_loop *loop, struct stream *s, uint64_t timeout_ms,
                               void *arg)
{
    struct negotiate *n = calloc(1, sizeof *n);
    if (!n)
        return NULL;
    n->s = s;
    n->arg = arg;
    timer_init(&n->deadline, loop, on_deadline, n);
    timer_start(&n->deadline, timeout_ms);
    stream_own(s, &negotiate_events, n);
    s->ops->credit(s, 0);
    return n;
}

struct negotiate *negotiate_dial(struct ev_loop *loop, struct stream *s, const char *protocol,
                                 struct bytes first, uint64_t timeout_ms, negotiate_done_fn *done,
                                 void *arg)
{
    size_t len = strlen(protocol);
    assert(len > 0 && len <= NEGOTIATE_PROTOCOL_MAX);
    struct negotiate *n = start(loop, s, timeout_ms, arg);
    if (!n) {
        stream_drop(s, GW_ENOMEM);
        return NULL;
    }
    n->on_line = on_answer;
    n->done = done;
    memcpy(n->protocol, protocol, len + 1);
    put_line(n, bytes_of(MSS_HEADER));
    put_line(n, bytes_of(protocol));
    if (flush(n) == 0 && (!first.n || s->ops->write(s, first) >= 0))
        return n;
    negotiate_cancel(n, GW_ENOMEM);
    return NULL;
}

struct negotiate *negotiate_accept(struct ev_loop *loop, struct stream *s, uint64_t timeout_ms,
                                   negotiate_serves_fn *serves, negotiate_accepted_fn *accepted,
                                   void *arg)
{
    struct negotiate *n = start(loop, s, timeout_ms, arg);
    if (!n) {
        stream_drop(s, GW_ENOMEM);
        return NULL;
    }
    n->on_line = on_proposal;
    n->serves = serves;
    n->accepted = accepted;
    return n;
}

void negotiate_cancel(struct negotiate *n, int err)
{
    if (!n)
        return;
    stream_drop(n->s, err);
    timer_stop(&n->deadline);
    free(n);
}
