/* dns_tcp.c - see dns_tcp.h. */
#include "gate/dns_tcp.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

#include "base/err.h"
#include "net/fdstream.h"
#include "net/timer.h"

#define LENGTH     2     /* octets before a message, RFC 1035 s.4.2.2 */
#define QUEUED_MAX 16384 /* octets of answers; with more nothing is read */

struct client {
    struct client *prev, *next;
    struct dns_tcp *in;
    struct stream *s;
    struct question *questions; /* without an answer yet */
    size_t npending;
    size_t queued;     /* octets of answers that have not left */
    struct timer idle; /* since the last whole question, or the last octet that left */
    bool is_eof;
    bool is_asking; /* inside ask_all, which drops it in the end if it is bad */
    bool is_bad;
    size_t n;
    uint8_t buf[LENGTH + DNS_FORWARD_OCTETS];
};

struct question {
    struct question *prev, *next;
    struct client *client;
    struct dns_lookup *lookup;
};

struct dns_tcp {
    struct ev_loop *loop;
    struct turn *turn;
    const struct dns_lookup_env *env;
    struct listen *listen;
    struct client *clients; /* utlist DL: who asked least lately comes first */
    size_t n;
};

static void release(struct client *c)
{
    struct question *q, *tmp;

    DL_FOREACH_SAFE (c->questions, q, tmp) {
        dns_lookup_cancel(q->lookup);
        free(q);
    }
    timer_stop(&c->idle);
    DL_DELETE(c->in->clients, c);
    c->in->n--;
    free(c);
}

static void drop(struct client *c, int err)
{
    stream_drop(c->s, err);
    release(c);
}

static bool is_full(const struct client *c)
{
    return c->npending >= DNS_TCP_PENDING_MAX || c->queued > QUEUED_MAX;
}

/* False: out of memory. */
static bool put(struct client *c, struct bytes v)
{
    ssize_t left = c->s->ops->write(c->s, v);

    if (left < 0)
        return false;
    c->queued += v.n - (size_t)left;
    return true;
}

static bool put_answer(struct client *c, struct bytes answer)
{
    uint8_t length[LENGTH] = { (uint8_t)(answer.n >> 8), (uint8_t)answer.n };
    return answer.n && put(c, (struct bytes){ length, LENGTH }) && put(c, answer);
}

static void ask_all(struct client *c);

/* What gets no answer is no DNS: that client may go. */
static void on_answer(void *arg, struct bytes answer)
{
    struct question *q = arg;
    struct client *c = q->client;

    DL_DELETE(c->questions, q);
    c->npending--;
    free(q);
    c->is_bad = c->is_bad || !put_answer(c, answer);
    if (!c->is_asking)
        ask_all(c);
}

static bool ask(struct client *c, struct bytes query)
{
    struct question *q = malloc(sizeof *q);
    if (!q)
        return false;
    *q = (struct question){ .client = c };
    DL_APPEND(c->questions, q);
    c->npending++;
    struct dns_lookup *l = dns_lookup_start(c->in->env, query, true, on_answer, q);
    if (l) /* else q has its answer, and is gone */
        q->lookup = l;
    return true;
}

/* Asks the first question in the buffer, if it is there as a whole.  Returns the octets used. */
static size_t ask_one(struct client *c)
{
    size_t n = c->n < LENGTH ? 0 : LENGTH + ((size_t)c->buf[0] << 8 | c->buf[1]);

    if (n > sizeof c->buf)
        c->is_bad = true;
    if (n == 0 || n > c->n)
        return 0;
    timer_start(&c->idle, DNS_TCP_IDLE_MS);
    DL_DELETE(c->in->clients, c);
    DL_APPEND(c->in->clients, c);
    if (!ask(c, (struct bytes){ c->buf + LENGTH, n - LENGTH }))
        c->is_bad = true;
    return n;
}

/* c may be gone afterwards. */
static void ask_all(struct client *c)
{
    size_t used;

    c->is_asking = true;
    while (!c->is_bad && !is_full(c) && (used = ask_one(c)) > 0) {
        c->n -= used;
        memmove(c->buf, c->buf + used, c->n);
    }
    c->is_asking = false;
    if (c->is_bad) {
        drop(c, GW_EPROTO);
        return;
    }
    if (c->is_eof && !c->npending)
        c->s->ops->shutdown(c->s);
    if (!is_full(c))
        c->s->ops->credit(c->s, 0);
}

static struct span on_alloc(struct stream *s)
{
    struct client *c = s->owner;

    if (is_full(c))
        return (struct span){ 0 };
    return (struct span){ c->buf + c->n, sizeof c->buf - c->n };
}

static void on_data(struct stream *s, struct bytes v)
{
    struct client *c = s->owner;

    assert(v.p == c->buf + c->n && v.n <= sizeof c->buf - c->n); /* a socket asks on_alloc */
    c->n += v.n;
    s->ops->credit(s, v.n);
    ask_all(c);
}

static void on_drained(struct stream *s, size_t n)
{
    struct client *c = s->owner;

    c->queued -= n;
    timer_start(&c->idle, DNS_TCP_IDLE_MS);
    ask_all(c);
}

static void on_eof(struct stream *s)
{
    struct client *c = s->owner;

    c->is_eof = true;
    ask_all(c);
}

static void on_close(struct stream *s, int err)
{
    (void)err;
    release(s->owner);
}

static const struct stream_events client_events = { on_alloc, on_data, on_drained, on_eof,
                                                    on_close };

/* A question takes its own time, which is bounded. */
static void on_idle(void *arg)
{
    struct client *c = arg;

    if (c->npending)
        timer_start(&c->idle, DNS_TCP_IDLE_MS);
    else
        drop(c, GW_ETIMEOUT);
}

static void on_accept(void *arg, int fd, const struct sockaddr_any *from)
{
    struct dns_tcp *t = arg;
    struct client *c = calloc(1, sizeof *c);
    (void)from;

    struct stream *s = c ? fdstream_new(t->loop, t->turn, fd, fd) : NULL;
    if (!s) {
        close(fd);
        free(c);
        return;
    }
    if (t->n >= DNS_TCP_CLIENTS_MAX)
        drop(t->clients, GW_ELIMIT);
    c->in = t;
    c->s = s;
    stream_own(s, &client_events, c);
    DL_APPEND(t->clients, c);
    t->n++;
    timer_init(&c->idle, c->in->loop, on_idle, c);
    timer_start(&c->idle, DNS_TCP_IDLE_MS);
    s->ops->credit(s, 0);
}

int dns_tcp_open(struct ev_loop *loop, struct turn *turn, const struct dns_lookup_env *env,
                 const struct sockaddr_any *at, struct dns_tcp **out)
{
    struct dns_tcp *t = calloc(1, sizeof *t);
    if (!t)
        return GW_ENOMEM;
    t->loop = loop;
    t->turn = turn;
    t->env = env;
    int err = listen_open(loop, at, on_accept, t, &t->listen);
    if (err) {
        free(t);
        return err;
    }
    *out = t;
    return 0;
}

void dns_tcp_close(struct dns_tcp *t)
{
    if (!t)
        return;
    listen_close(t->listen);
    while (t->clients)
        drop(t->clients, GW_ECANCELED);
    free(t);
}

const struct sockaddr_any *dns_tcp_addr(const struct dns_tcp *t)
{
    return listen_addr(t->listen);
}
