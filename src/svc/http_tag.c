/* http_tag.c - see http_tag.h.
 *
 *   HEAD -> BODY -> HEAD -> ...      requests
 *   HEAD -> UPGRADE -> RAW           101
 *           UPGRADE -> HEAD          any other answer
 *   any -> REFUSED                   the peer is told 400, then FIN; ends when it says FIN
 *   any -> ENDED                     on_close follows
 */
#include "svc/http_tag.h"

#include <stdlib.h>

#include "base/container_of.h"
#include "base/err.h"
#include "base/log.h"
#include "svc/peer_head.h"

#define ROOM     2048         /* octets of one reserve */
#define OWED_MAX (256u << 10) /* reserve gives no room beyond */

enum state { ST_HEAD, ST_BODY, ST_UPGRADE, ST_RAW, ST_REFUSED, ST_ENDED };

struct http_tag {
    struct stream s;
    struct stream *to; /* NULL once closed */
    struct turn *turn;
    struct turn_task task; /* says what an operation may not say */
    enum state state;
    struct peerid peer;
    char peer_text[PEERID_STR_MAX];
    struct http1_body body;
    struct http1_status status; /* of the answer to an upgrade */
    uint8_t *held;              /* half a head, or what came behind an upgrade */
    size_t nheld;
    uint8_t *room;    /* of reserve */
    size_t owed;      /* octets written that have not left, to the owner, */
    uint64_t left;    /* and those that have */
    size_t below;     /* octets given to `to`, */
    size_t gone;      /* and how many of them have left since the last settle() */
    bool is_first;    /* no request was passed on before this one */
    bool is_answered; /* something was delivered to the owner */
    bool fin_wanted;  /* shutdown() was called */
    int err;          /* of on_close, in ENDED */
};

static struct http_tag *of(const struct stream *s)
{
    return (struct http_tag *)s;
}

/* ---- what has left ---- */

/* Returns how many octets more have left.  The share, not the number, of what leaves below counts:
 * otherwise short requests, which come out several times as long, would pile up there. */
static size_t settle(struct http_tag *t)
{
    size_t due = t->owed - t->nheld;

    if (t->gone < t->below)
        due = (size_t)((uint64_t)due * t->gone / t->below);
    t->below -= t->gone;
    t->gone = 0;
    t->owed -= due;
    t->left += due;
    return due;
}

/* Passes v on, as it is. */
static int pass(struct http_tag *t, struct bytes v)
{
    ssize_t left = t->to->ops->write(t->to, v);
    if (left < 0)
        return (int)left;
    t->below += v.n;
    t->gone += (size_t)left;
    return 0;
}

/* ---- requests ---- */

static void drop_held(struct http_tag *t)
{
    free(t->held);
    t->held = NULL;
    t->nheld = 0;
}

/* Keeps v, up to `max` octets in all.  Returns how many of v, or GW_ENOMEM. */
static ssize_t hold(struct http_tag *t, struct bytes v, size_t max)
{
    size_t n = v.n < max - t->nheld ? v.n : max - t->nheld;
    uint8_t *more = realloc(t->held, t->nheld + n);
    if (!more)
        return GW_ENOMEM;
    t->held = more;
    memcpy(t->held + t->nheld, v.p, n);
    t->nheld += n;
    return (ssize_t)n;
}

static void expect_next(struct http_tag *t)
{
    t->is_first = false;
    t->state = ST_HEAD;
}

/* Passes a whole head on, tagged.  0 or GW_E*. */
static int pass_head(struct http_tag *t, const struct http1_head *h)
{
    uint8_t out[PEER_HEAD_MAX];
    bool upgrades = t->is_first && !t->is_answered && peer_head_asks_upgrade(h);

    if (http1_is(h->method, "CONNECT"))
        return GW_EPROTO;
    int err = http1_body_of(h, &t->body);
    if (err)
        return err;
    err = pass(t, (struct bytes){ out, peer_head_encode(out, h, t->peer_text, upgrades) });
    if (err)
        return err;
    t->body.stops_at_trailers = true;
    t->state = ST_BODY;
    if (upgrades)
        t->state = ST_UPGRADE;
    else if (http1_body_is_over(&t->body))
        expect_next(t);
    return 0;
}

/* Each step returns how many octets of v (there are some) it is done with, or GW_E*. */

/* Half a head is looked at again when another line has come. */
static ssize_t step_head(struct http_tag *t, struct bytes v)
{
    struct http1_head h;
    size_t before = t->nheld;
    int used = before ? 0 : http1_decode_head(v, &h);

    if (used == 0) {
        ssize_t n = hold(t, v, HTTP1_HEAD_MAX);
        if (n < 0 || !before)
            return n;
        if (memchr(v.p, '\n', (size_t)n) || t->nheld == HTTP1_HEAD_MAX)
            used = http1_decode_head((struct bytes){ t->held, t->nheld }, &h);
        if (used == 0)
            return n;
    }
    int err = used < 0 ? used : pass_head(t, &h);
    drop_held(t);
    return err ? err : used - (ssize_t)before;
}

static ssize_t step_body(struct http_tag *t, struct bytes v)
{
    bool in_trailers = http1_body_in_trailers(&t->body);
    ssize_t n = http1_body_take(&t->body, v);
    bool is_over = http1_body_is_over(&t->body);
    int err = 0;

    if (n < 0)
        return n;
    if (!in_trailers)
        err = pass(t, (struct bytes){ v.p, (size_t)n });
    else if (is_over)
        err = pass(t, bytes_of("\r\n")); /* no trailers */
    if (is_over)
        expect_next(t);
    return err ? err : n;
}

static ssize_t step_upgrade(struct http_tag *t, struct bytes v)
{
    if (v.n > HTTP_TAG_HELD_MAX - t->nheld)
        return GW_ELIMIT;
    return hold(t, v, HTTP_TAG_HELD_MAX);
}

static ssize_t step_raw(struct http_tag *t, struct bytes v)
{
    int err = pass(t, v);
    return err ? err : (ssize_t)v.n;
}

static int feed(struct http_tag *t, struct bytes v)
{
    static ssize_t (*const step[])(struct http_tag *, struct bytes) = {
        [ST_HEAD] = step_head,
        [ST_BODY] = step_body,
        [ST_UPGRADE] = step_upgrade,
        [ST_RAW] = step_raw,
    };
    while (v.n) {
        ssize_t n = step[t->state](t, v);
        if (n < 0)
            return (int)n;
        v = (struct bytes){ v.p + n, v.n - (size_t)n };
    }
    return 0;
}

/* ---- the end ---- */

static bool is_at_work(const struct http_tag *t)
{
    return t->state < ST_REFUSED;
}

static void refuse(struct http_tag *t, int err)
{
    bool can_say = t->is_first && !t->is_answered;

    log_info("http_tag peer=%s request refused: %s", peerid_short(&t->peer), gw_strerror(err));
    drop_held(t);
    t->err = err;
    t->state = can_say ? ST_REFUSED : ST_ENDED;
    t->to->ops->reset(t->to, err);
    if (can_say)
        turn_add(t->turn, &t->task);
}

static void say_refused(struct http_tag *t)
{
    static const char answer[] = "HTTP/1.1 400 Bad Request\r\n"
                                 "Content-Type: text/plain\r\n"
                                 "Content-Length: 45\r\n"
                                 "Connection: close\r\n"
                                 "\r\n"
                                 "This request is malformed or could mislead.\r\n";
    t->is_answered = true;
    t->s.ev->on_data(&t->s, bytes_of(answer));
    if (t->state == ST_REFUSED)
        t->s.ev->on_eof(&t->s);
}

/* t is gone. */
static void finish(struct http_tag *t)
{
    turn_del(t->turn, &t->task);
    t->s.ev->on_close(&t->s, t->state == ST_ENDED ? t->err : 0);
    free(t->held);
    free(t->room);
    free(t);
}

static void tell_drained(struct http_tag *t)
{
    size_t n = settle(t);
    if (n)
        t->s.ev->on_drained(&t->s, n);
}

static void on_turn(struct turn_task *task)
{
    struct http_tag *t = container_of(task, struct http_tag, task);

    if (t->state == ST_REFUSED && !t->is_answered)
        say_refused(t);
    if (is_at_work(t))
        tell_drained(t);
    else if (!t->to && (t->state == ST_ENDED || t->fin_wanted))
        finish(t);
}

/* No more comes from the owner: half a head is nothing, half a body the program's business. */
static void end_input(struct http_tag *t)
{
    drop_held(t);
    t->to->ops->shutdown(t->to);
}

/* The program has answered an upgrade, or will not. */
static void end_upgrade(struct http_tag *t, bool is_granted)
{
    uint8_t *held = t->held;
    size_t n = t->nheld;

    t->held = NULL;
    t->nheld = 0;
    expect_next(t);
    if (is_granted)
        t->state = ST_RAW;
    int err = feed(t, (struct bytes){ held, n });
    free(held);
    if (err) {
        refuse(t, err);
        return;
    }
    if (t->fin_wanted)
        end_input(t);
    tell_drained(t);
}

/* ---- events of the stream to the program ---- */

static struct span on_alloc(struct stream *to)
{
    struct http_tag *t = to->owner;
    return t->s.ev->on_alloc(&t->s);
}

static void on_data(struct stream *to, struct bytes v)
{
    struct http_tag *t = to->owner;
    int code = t->state == ST_UPGRADE ? http1_status_take(&t->status, v) : 0;

    t->is_answered = true;
    t->s.ev->on_data(&t->s, v);
    if (code && t->state == ST_UPGRADE)
        end_upgrade(t, code == 101);
}

static void on_drained(struct stream *to, size_t n)
{
    struct http_tag *t = to->owner;
    t->gone = n < t->below ? n : t->below; /* what was queued before t stood leaves here, too */
    t->s.ev->on_drained(&t->s, settle(t)); /* 0 as well: there may be room again */
}

static void on_eof(struct stream *to)
{
    struct http_tag *t = to->owner;
    t->s.ev->on_eof(&t->s);
    if (t->state == ST_UPGRADE)
        end_upgrade(t, false);
}

static void on_close(struct stream *to, int err)
{
    struct http_tag *t = to->owner;
    t->to = NULL;
    if (t->state == ST_REFUSED) { /* the peer is still to be told, or to answer with FIN */
        turn_add(t->turn, &t->task);
        return;
    }
    if (t->state != ST_ENDED)
        t->err = err;
    t->state = ST_ENDED;
    finish(t);
}

static const struct stream_events to_events = {
    .on_alloc = on_alloc,
    .on_data = on_data,
    .on_drained = on_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

/* ---- operations ---- */

static void op_reset(struct stream *s, int err)
{
    struct http_tag *t = of(s);
    enum state was = t->state;

    if (was == ST_ENDED)
        return;
    drop_held(t);
    t->state = ST_ENDED;
    t->err = err;
    if (was == ST_REFUSED)
        turn_add(t->turn, &t->task);
    else
        t->to->ops->reset(t->to, err);
}

/* Takes octets of the owner.  GW_ENOMEM is its to deal with. */
static int take(struct http_tag *t, struct bytes v)
{
    if (!is_at_work(t))
        return 0;
    t->owed += v.n;
    int err = feed(t, v);
    if (err == 0 || err == GW_ENOMEM)
        return err;
    refuse(t, err);
    return 0;
}

static struct span op_reserve(struct stream *s, size_t want)
{
    struct http_tag *t = of(s);
    if (!is_at_work(t) || t->owed >= OWED_MAX)
        return (struct span){ 0 };
    if (!t->room && !(t->room = malloc(ROOM))) {
        op_reset(s, GW_ENOMEM); /* nothing may be queued, so nobody would ask again */
        return (struct span){ 0 };
    }
    return (struct span){ t->room, want < ROOM ? want : ROOM };
}

static void op_commit(struct stream *s, size_t n)
{
    struct http_tag *t = of(s);
    int err = take(t, (struct bytes){ t->room, n });

    free(t->room);
    t->room = NULL;
    if (err)
        op_reset(s, err);
    else
        turn_add(t->turn, &t->task); /* some may have left already */
}

static ssize_t op_write(struct stream *s, struct bytes v)
{
    struct http_tag *t = of(s);
    int err = take(t, v);
    if (err)
        return err;
    return is_at_work(t) ? (ssize_t)settle(t) : 0;
}

static void op_credit(struct stream *s, size_t n)
{
    struct http_tag *t = of(s);
    if (is_at_work(t))
        t->to->ops->credit(t->to, n);
}

static void op_shutdown(struct stream *s)
{
    struct http_tag *t = of(s);

    t->fin_wanted = true;
    if (t->state == ST_REFUSED)
        turn_add(t->turn, &t->task);
    else if (is_at_work(t) && !(t->state == ST_UPGRADE && t->nheld))
        end_input(t);
}

static uint64_t op_acked(const struct stream *s)
{
    return of(s)->left;
}

static const struct stream_ops tag_ops = {
    .reserve = op_reserve,
    .commit = op_commit,
    .write = op_write,
    .credit = op_credit,
    .shutdown = op_shutdown,
    .reset = op_reset,
    .acked = op_acked,
};

struct stream *http_tag_new(struct stream *to, const struct peerid *peer, struct turn *turn)
{
    struct http_tag *t = malloc(sizeof *t);
    if (!t)
        return NULL;
    *t = (struct http_tag){ .s.ops = &tag_ops,
                            .to = to,
                            .turn = turn,
                            .task.run = on_turn,
                            .state = ST_HEAD,
                            .peer = *peer,
                            .is_first = true };
    peerid_print(peer, t->peer_text);
    stream_own(to, &to_events, t);
    return &t->s;
}
