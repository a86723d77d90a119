/* udp_flow.c - see udp_flow.h. */
#include "svc/udp_flow.h"

#include <stdlib.h>

#include "base/container_of.h"
#include "base/err.h"
#include "base/log.h"
#include "net/parting.h"
#include "wire/udp_msg.h"

#define UNSENT_MAX (64u << 10) /* octets that may wait in the stream */

struct udp_flow {
    struct dgrams d;
    struct conn *c;
    struct stream *s;
    uint64_t id;
    bool is_opener;
    struct turn_task first; /* delivers what came early */
    uint8_t *in;            /* octets of the stream; less than a datagram but for the early ones */
    size_t nin, uncredited;
    size_t unsent;
    bool is_delivering; /* closed meanwhile, it is freed behind the datagram */
    bool is_closed;
};

static struct udp_flow *of(struct dgrams *d)
{
    return (struct udp_flow *)d;
}

static void release(struct udp_flow *f)
{
    free(f->in);
    free(f);
}

static void forget(struct udp_flow *f)
{
    turn_del(host_turn(conn_host(f->c)), &f->first);
    conn_unbind_flow(f->c, f->id, f->is_opener);
}

/* In order the other end is given time to say its FIN. */
static void let_go(struct udp_flow *f, int err)
{
    forget(f);
    if (err)
        stream_drop(f->s, err);
    else
        parting_start(host_loop(conn_host(f->c)), f->s, (struct bytes){ 0 }, PARTING_MS,
                      GW_ETIMEOUT, NULL);
}

/* f is gone. */
static void finish(struct udp_flow *f, int err)
{
    let_go(f, err);
    f->d.ev->on_close(&f->d, err);
    release(f);
}

static int hold(struct udp_flow *f, struct bytes v)
{
    if (v.n == 0)
        return 0;
    uint8_t *more = realloc(f->in, f->nin + v.n);
    if (!more)
        return GW_ENOMEM;
    memcpy(more + f->nin, v.p, v.n);
    f->in = more;
    f->nin += v.n;
    f->uncredited += v.n;
    return 0;
}

/* Keeps what no whole datagram was made of. */
static void keep(struct udp_flow *f, struct bytes rest)
{
    if (rest.n) {
        memmove(f->in, rest.p, rest.n);
    } else {
        free(f->in);
        f->in = NULL;
    }
    f->nin = rest.n;
}

/* Delivers every whole datagram held.  False: f is gone. */
static bool deliver(struct udp_flow *f)
{
    struct bytes rest = { f->in, f->nin }, v;
    int used = 0;

    f->s->ops->credit(f->s, f->uncredited); /* nothing here waits for room */
    f->uncredited = 0;
    f->is_delivering = true;
    while (!f->is_closed && (used = udp_msg_decode(rest, &v)) > 0) {
        rest.p += used;
        rest.n -= (size_t)used;
        f->d.ev->on_datagram(&f->d, v);
    }
    f->is_delivering = false;
    if (f->is_closed) {
        release(f);
        return false;
    }
    if (used < 0) {
        finish(f, used);
        return false;
    }
    keep(f, rest);
    return true;
}

static void on_data(struct stream *s, struct bytes v)
{
    struct udp_flow *f = s->owner;
    int err = hold(f, v);
    if (err)
        finish(f, err);
    else
        deliver(f);
}

static void on_drained(struct stream *s, size_t n)
{
    struct udp_flow *f = s->owner;
    f->unsent -= n < f->unsent ? n : f->unsent; /* request and answer leave here, too */
}

static void on_eof(struct stream *s)
{
    struct udp_flow *f = s->owner;
    if (deliver(f))
        finish(f, 0);
}

static void on_close(struct stream *s, int err)
{
    struct udp_flow *f = s->owner;
    forget(f);
    f->d.ev->on_close(&f->d, err);
    release(f);
}

static const struct stream_events flow_events = {
    /* streams of a connection never ask for room */
    .on_data = on_data,
    .on_drained = on_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

static void on_first(struct turn_task *t)
{
    deliver(container_of(t, struct udp_flow, first));
}

static void on_flow_datagram(void *arg, struct bytes v)
{
    struct udp_flow *f = arg;
    f->d.ev->on_datagram(&f->d, v);
}

static int put(struct udp_flow *f, struct bytes v)
{
    ssize_t left = f->s->ops->write(f->s, v);
    if (left < 0)
        return (int)left;
    f->unsent += v.n - (size_t)left;
    return 0;
}

static void op_send(struct dgrams *d, struct bytes v)
{
    struct udp_flow *f = of(d);
    uint8_t head[UDP_MSG_HEADER_MAX];

    if (conn_send_datagram(f->c, f->id, f->is_opener, v) == 0)
        return;
    int n = udp_msg_header(head, v.n);
    if (n < 0 || f->unsent + (size_t)n + v.n > UNSENT_MAX)
        return;
    int err = put(f, (struct bytes){ head, (size_t)n });
    if (!err)
        err = put(f, v);
    if (err)
        f->s->ops->reset(f->s, err);
}

static void op_close(struct dgrams *d, int err)
{
    struct udp_flow *f = of(d);
    let_go(f, err);
    f->is_closed = true;
    if (!f->is_delivering)
        release(f);
}

static const struct dgrams_ops flow_ops = { .send = op_send, .close = op_close };

struct dgrams *udp_flow_new(struct conn *c, struct stream *s, uint64_t id, bool is_opener,
                            struct bytes early)
{
    struct udp_flow *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    *f = (struct udp_flow){
        .d.ops = &flow_ops, .c = c, .s = s, .id = id, .is_opener = is_opener, .first.run = on_first
    };
    int err = hold(f, early);
    if (!err)
        err = conn_bind_flow(c, id, is_opener, on_flow_datagram, f);
    if (err) {
        log_warn("udp_flow peer=%s not made: %s", peerid_short(conn_peer(c)), gw_strerror(err));
        release(f);
        return NULL;
    }
    stream_own(s, &flow_events, f);
    s->ops->credit(s, 0);
    if (f->nin)
        turn_add(host_turn(conn_host(c)), &f->first);
    return &f->d;
}
