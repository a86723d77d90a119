/* dns_forward.c - see dns_forward.h. */
#include "gate/dns_forward.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>
#include <utlist.h>

#include "base/err.h"
#include "gate/dns_answer.h"
#include "net/dialtcp.h"
#include "net/fdstream.h"
#include "net/timer.h"
#include "net/udp_pipe.h"

#define ROUNDS     2
#define LENGTH     2 /* octets before a message on TCP, RFC 1035 s.4.2.2 */
#define ANSWER_MAX 65535

struct dns_forward {
    struct ev_loop *loop;
    struct turn *turn;
    struct sockaddr_any servers[DNS_FORWARDS_MAX];
    size_t nservers;
    size_t good; /* the server that answered last */
    struct dns_relay *all;
    size_t n;
};

struct dns_relay { /* a question on its way */
    struct dns_relay *prev, *next;
    struct dns_forward *in;
    dns_forward_fn *done;
    void *arg;
    struct dns_query asked;
    uint8_t *out; /* what is sent to TCP: its length, the query */
    size_t nout;
    bool by_tcp;
    size_t first, tries;   /* servers are asked from the first on */
    uint16_t id;           /* of this try */
    struct timer deadline; /* of this try; at the start it is over at once */
    struct dgrams *udp;    /* one of the three, while a try is on */
    struct dialtcp *dial;
    struct stream *tcp;
    uint8_t length[LENGTH]; /* of the answer by TCP */
    uint8_t *answer;        /* of that length; NULL: not known yet */
    size_t nanswer;         /* octets got, the length included */
};

static void end_try(struct dns_relay *q)
{
    if (q->udp)
        q->udp->ops->close(q->udp, 0);
    dialtcp_cancel(q->dial);
    if (q->tcp)
        stream_drop(q->tcp, GW_ECANCELED);
    free(q->answer);
    q->udp = NULL;
    q->dial = NULL;
    q->tcp = NULL;
    q->answer = NULL;
    q->nanswer = 0;
}

static void release(struct dns_relay *q)
{
    end_try(q);
    timer_stop(&q->deadline);
    DL_DELETE(q->in->all, q);
    q->in->n--;
    free(q->out);
    free(q);
}

/* The answer is to the id that the client knows. */
static void finish(struct dns_relay *q, struct bytes answer)
{
    static uint8_t room[ANSWER_MAX];
    dns_forward_fn *done = q->done;
    void *arg = q->arg;

    if (answer.n) {
        struct wr w = wr_init((struct span){ room, sizeof room });
        wr_u16(&w, q->asked.id);
        wr_bytes(&w, (struct bytes){ answer.p + 2, answer.n - 2 });
        answer.p = room;
    }
    release(q);
    done(arg, answer);
}

static void next_try(struct dns_relay *q);

/* Is it the answer to what this try has asked?  Who found a fault in the question may leave it out.
 */
static bool is_answer(const struct dns_relay *q, struct bytes v)
{
    struct dns_question got;
    struct dns_msg m;

    if (v.n > ANSWER_MAX || dns_msg_read(v, &m) != 0 || !(m.flags & DNS_IS_ANSWER) || m.id != q->id)
        return false;
    int n = dns_msg_question(&m, &got);
    if (n == 0)
        return (m.flags & DNS_RCODE) != DNS_NOERROR;
    const struct dns_question *asked = &q->asked.question;
    return n == 1 && got.type == asked->type && got.class_ == asked->class_ &&
           got.name.n == asked->name.n && memcmp(got.name.b, asked->name.b, got.name.n) == 0;
}

/* A server that could not do it says nothing of the name. */
static bool is_failure(struct bytes v)
{
    unsigned rcode = v.p[3] & DNS_RCODE;
    return rcode == DNS_SERVFAIL || rcode == DNS_REFUSED || rcode == DNS_NOTIMP;
}

static void take_answer(struct dns_relay *q, struct bytes v)
{
    struct dns_forward *f = q->in;

    if (is_failure(v) && q->tries < f->nservers) {
        next_try(q);
        return;
    }
    if (f->nservers)
        f->good = (q->first + q->tries - 1) % f->nservers;
    finish(q, v);
}

/* --- by UDP */

static void on_datagram(struct dgrams *d, struct bytes v)
{
    struct dns_relay *q = d->owner;
    if (is_answer(q, v))
        take_answer(q, v);
}

static void on_pipe_close(struct dgrams *d, int err)
{
    struct dns_relay *q = d->owner;
    (void)err;
    q->udp = NULL;
    next_try(q);
}

static const struct dgrams_events udp_events = { on_datagram, on_pipe_close };

static bool start_udp(struct dns_relay *q, const struct sockaddr_any *server)
{
    if (udp_pipe_open(q->in->loop, server, &q->udp) != 0)
        return false;
    dgrams_own(q->udp, &udp_events, q);
    q->udp->ops->send(q->udp, (struct bytes){ q->out + LENGTH, q->nout - LENGTH });
    return true;
}

/* --- by TCP */

static size_t answer_length(const struct dns_relay *q)
{
    return (size_t)q->length[0] << 8 | q->length[1];
}

static struct span on_alloc(struct stream *s)
{
    struct dns_relay *q = s->owner;

    if (q->nanswer < LENGTH)
        return (struct span){ q->length + q->nanswer, LENGTH - q->nanswer };
    size_t got = q->nanswer - LENGTH;
    return (struct span){ q->answer + got, answer_length(q) - got };
}

/* False: there is no such message, or no room for it. */
static bool make_room(struct dns_relay *q)
{
    size_t n = answer_length(q);

    q->answer = n >= DNS_HEADER ? malloc(n) : NULL;
    return q->answer != NULL;
}

static void on_data(struct stream *s, struct bytes v)
{
    struct dns_relay *q = s->owner;

    q->nanswer += v.n; /* a socket asks on_alloc: it lies there already */
    if (q->nanswer == LENGTH && !make_room(q)) {
        next_try(q);
        return;
    }
    if (q->nanswer < LENGTH || q->nanswer < LENGTH + answer_length(q)) {
        s->ops->credit(s, v.n);
        return;
    }
    struct bytes answer = { q->answer, answer_length(q) };
    if (is_answer(q, answer))
        take_answer(q, answer);
    else
        next_try(q);
}

static void on_eof(struct stream *s)
{
    next_try(s->owner);
}

static void on_close(struct stream *s, int err)
{
    struct dns_relay *q = s->owner;
    (void)err;
    q->tcp = NULL;
    next_try(q);
}

static const struct stream_events tcp_events = { on_alloc, on_data, stream_ignore_drained, on_eof,
                                                 on_close };

static void on_dialled(void *arg, int err, int fd)
{
    struct dns_relay *q = arg;

    q->dial = NULL;
    q->tcp = err ? NULL : fdstream_new(q->in->loop, q->in->turn, fd, fd);
    if (!q->tcp) {
        if (!err)
            close(fd);
        next_try(q);
        return;
    }
    stream_own(q->tcp, &tcp_events, q);
    if (q->tcp->ops->write(q->tcp, (struct bytes){ q->out, q->nout }) < 0)
        next_try(q);
    else
        q->tcp->ops->credit(q->tcp, 0);
}

static bool start_tcp(struct dns_relay *q, const struct sockaddr_any *server)
{
    int err;

    q->dial = dialtcp_start(q->in->loop, server, DNS_FORWARD_TRY_MS, on_dialled, q, &err);
    return q->dial != NULL;
}

/* --- tries */

static bool start_try(struct dns_relay *q)
{
    struct dns_forward *f = q->in;
    const struct sockaddr_any *server = &f->servers[(q->first + q->tries) % f->nservers];

    if (getrandom(&q->id, sizeof q->id, 0) != sizeof q->id)
        return false;
    struct wr id = wr_init((struct span){ q->out + LENGTH, 2 });
    wr_u16(&id, q->id);
    return q->by_tcp ? start_tcp(q, server) : start_udp(q, server);
}

/* q may be gone afterwards. */
static void next_try(struct dns_relay *q)
{
    end_try(q);
    while (q->tries < ROUNDS * q->in->nservers) {
        bool is_on = start_try(q);
        q->tries++;
        if (is_on) {
            timer_start(&q->deadline, DNS_FORWARD_TRY_MS);
            return;
        }
    }
    finish(q, (struct bytes){ 0 });
}

static void on_deadline(void *arg)
{
    next_try(arg);
}

struct dns_forward *dns_forward_new(struct ev_loop *loop, struct turn *turn)
{
    struct dns_forward *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->loop = loop;
    f->turn = turn;
    return f;
}

void dns_forward_free(struct dns_forward *f)
{
    if (!f)
        return;
    while (f->all)
        release(f->all);
    free(f);
}

void dns_forward_set_servers(struct dns_forward *f, const struct sockaddr_any *servers, size_t n)
{
    assert(n <= DNS_FORWARDS_MAX);
    for (size_t i = 0; i < n; i++)
        f->servers[i] = servers[i];
    f->nservers = n;
    f->good = 0;
}

bool dns_forward_has_servers(const struct dns_forward *f)
{
    return f->nservers > 0;
}

static struct dns_relay *make_relay(struct bytes query)
{
    struct dns_relay *q = calloc(1, sizeof *q);
    uint8_t *out = malloc(LENGTH + query.n);

    if (!q || !out) {
        free(q);
        free(out);
        return NULL;
    }
    struct wr w = wr_init((struct span){ out, LENGTH + query.n });
    wr_u16(&w, (uint16_t)query.n);
    wr_bytes(&w, query);
    q->out = out;
    q->nout = LENGTH + query.n;
    return q;
}

struct dns_relay *dns_forward_ask(struct dns_forward *f, struct bytes query, bool by_tcp,
                                  dns_forward_fn *done, void *arg)
{
    struct dns_query asked;

    if (!f->nservers || f->n >= DNS_FORWARD_MAX || query.n > DNS_FORWARD_OCTETS ||
        dns_query_read(query, &asked) != 0 || !asked.has_question)
        return NULL;
    struct dns_relay *q = make_relay(query);
    if (!q)
        return NULL;
    q->in = f;
    q->asked = asked;
    q->by_tcp = by_tcp;
    q->done = done;
    q->arg = arg;
    q->first = f->good;
    DL_APPEND(f->all, q);
    f->n++;
    timer_init(&q->deadline, f->loop, on_deadline, q);
    timer_start(&q->deadline, 0);
    return q;
}

void dns_forward_cancel(struct dns_relay *q)
{
    if (q)
        release(q);
}
