/* fdstream.c - see fdstream.h.
 *
 * Writes are gathered: they go to the queue, and a turn task hands the queue to the kernel just
 * before the loop sleeps.  One system call for a hundred small frames is cheaper than a hundred
 * that find the socket ready.  Reads go straight into the room that the owner gives.
 *
 * Whatever ends a stream (both directions done, an error, reset) goes through end(): the
 * descriptors are closed at once, on_close and the release follow from the turn task, never from an
 * operation. */
#include "net/fdstream.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/container_of.h"
#include "base/err.h"
#include "net/chunkq.h"
#include "net/sockopt.h"

#define QUEUE_MAX (256u << 10) /* reserve gives no room beyond */
#define READ_MAX  (256u << 10) /* octets per wake-up: others want their turn, too */
#define VECTORS   32

struct fdstream {
    struct stream s;
    struct ev_loop *loop;
    struct turn *turn;
    struct turn_task task; /* flush, or once `ended` the farewell */
    ev_io rd, wr;
    struct hangup_watch hangup;
    int rfd, wfd; /* -1 once closed */
    struct chunkq queue;
    uint64_t taken;  /* octets that the kernel took */
    int err;         /* for on_close */
    bool is_socket;  /* one descriptor for both */
    bool is_at_eof;  /* on_eof has been called */
    bool is_watched; /* for a hang-up */
    bool is_hung_up;
    bool fin_wanted; /* shutdown() was called */
    bool fin_sent;
    bool ended;
};

static struct fdstream *of(struct stream *s)
{
    return (struct fdstream *)s;
}

static void close_both(struct fdstream *f)
{
    if (f->is_socket && f->is_watched)
        hangup_del(turn_hangup(f->turn), f->rfd);
    if (f->is_socket && f->err && f->rfd >= 0) /* an RST instead of a FIN */
        setsockopt(f->rfd, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 },
                   sizeof(struct linger));
    if (f->wfd >= 0 && f->wfd != f->rfd)
        close(f->wfd);
    if (f->rfd >= 0)
        close(f->rfd);
    f->rfd = f->wfd = -1;
}

static void end(struct fdstream *f, int err)
{
    if (f->ended)
        return;
    f->ended = true;
    f->err = err;
    ev_io_stop(f->loop, &f->rd);
    ev_io_stop(f->loop, &f->wr);
    close_both(f);
    chunkq_clear(&f->queue);
    turn_add(f->turn, &f->task);
}

static void end_if_done(struct fdstream *f)
{
    if (f->is_at_eof && f->fin_sent)
        end(f, 0);
}

static void send_fin(struct fdstream *f)
{
    if (f->is_socket) {
        if (shutdown(f->wfd, SHUT_WR) != 0) { /* ENOTCONN: the other end has reset it */
            end(f, errno == ENOTCONN ? GW_ERESET : err_from_errno(errno));
            return;
        }
    } else {
        ev_io_stop(f->loop, &f->wr);
        close(f->wfd);
        f->wfd = -1;
    }
    f->fin_sent = true;
    end_if_done(f);
}

static ssize_t send_some(struct fdstream *f, size_t *offered)
{
    struct iovec v[VECTORS];
    struct msghdr m = { .msg_iov = v, .msg_iovlen = chunkq_peek(&f->queue, 0, v, VECTORS) };
    ssize_t n;

    *offered = 0;
    for (size_t i = 0; i < m.msg_iovlen; i++)
        *offered += v[i].iov_len;
    do
        n = f->is_socket ? sendmsg(f->wfd, &m, MSG_NOSIGNAL) : writev(f->wfd, v, (int)m.msg_iovlen);
    while (n < 0 && errno == EINTR);
    return n;
}

/* Gives the kernel what it takes.  A short write means that it is full: no second call to learn
 * that. */
static void flush(struct fdstream *f)
{
    size_t sent = 0, offered = 0;
    ssize_t n = 0;

    while (f->queue.len && (n = send_some(f, &offered)) >= 0) {
        chunkq_drop(&f->queue, (size_t)n);
        sent += (size_t)n;
        if ((size_t)n < offered)
            break;
    }
    if (n < 0 && errno != EAGAIN) {
        end(f, err_from_errno(errno));
        return;
    }
    if (f->queue.len)
        ev_io_start(f->loop, &f->wr);
    else
        ev_io_stop(f->loop, &f->wr);
    f->taken += sent;
    if (sent)
        f->s.ev->on_drained(&f->s, sent);
    if (!f->ended && f->fin_wanted && !f->fin_sent && !f->queue.len)
        send_fin(f);
}

/* Nobody reads for now, so nobody else would notice. */
static void end_if_reset(struct fdstream *f)
{
    if (sockopt_get(f->rfd, SO_ERROR) > 0)
        end(f, GW_ERESET);
}

static void on_hangup(struct hangup_watch *w)
{
    struct fdstream *f = container_of(w, struct fdstream, hangup);

    f->is_hung_up = true;
    if (!f->ended && !ev_is_active(&f->rd))
        end_if_reset(f);
}

static void stop_reading(struct fdstream *f)
{
    ev_io_stop(f->loop, &f->rd);
    if (f->is_hung_up)
        end_if_reset(f);
    else if (f->is_socket && !f->is_watched)
        hangup_add(turn_hangup(f->turn), f->rfd, &f->hangup);
    f->is_watched = true;
}

static void on_turn(struct turn_task *task)
{
    struct fdstream *f = container_of(task, struct fdstream, task);

    if (!f->ended) {
        flush(f);
        if (!f->ended && !ev_is_active(&f->rd) && !f->is_watched)
            stop_reading(f); /* paused from the start */
        return;
    }
    f->s.ev->on_close(&f->s, f->err);
    free(f);
}

static void on_writable(struct ev_loop *loop, ev_io *w, int revents)
{
    (void)loop;
    (void)revents;
    flush(w->data);
}

/* There is something to flush: at the end of the turn, unless the kernel is full and will tell. */
static void flush_later(struct fdstream *f)
{
    if (!ev_is_active(&f->wr))
        turn_add(f->turn, &f->task);
}

static void on_zero_read(struct fdstream *f)
{
    ev_io_stop(f->loop, &f->rd);
    f->is_at_eof = true;
    f->s.ev->on_eof(&f->s);
    end_if_done(f);
    if (!f->ended)
        stop_reading(f);
}

/* One read into the room the owner gives.  Returns its octets when more may be there, else 0. */
static size_t read_some(struct fdstream *f)
{
    struct span to = f->s.ev->on_alloc(&f->s);
    ssize_t n;

    if (f->ended)
        return 0;
    if (!to.n) {
        stop_reading(f);
        return 0;
    }
    do
        n = read(f->rfd, to.p, to.n);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        if (errno != EAGAIN)
            end(f, err_from_errno(errno));
        return 0;
    }
    if (n == 0) {
        on_zero_read(f);
        return 0;
    }
    f->s.ev->on_data(&f->s, (struct bytes){ to.p, (size_t)n });
    return (size_t)n == to.n ? to.n : 0;
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
    struct fdstream *f = w->data;
    (void)loop;
    (void)revents;

    for (size_t total = 0; total < READ_MAX && !f->ended;) {
        size_t n = read_some(f);
        if (!n)
            return;
        total += n;
    }
}

static struct span op_reserve(struct stream *s, size_t want)
{
    struct fdstream *f = of(s);
    assert(!f->fin_wanted);
    if (f->ended || f->queue.len >= QUEUE_MAX)
        return (struct span){ 0 };
    struct span to = chunkq_reserve(&f->queue, want);
    if (!to.n && !f->queue.len)
        end(f, GW_ENOMEM); /* nothing will drain, so nobody would ask again */
    return to;
}

static void op_commit(struct stream *s, size_t n)
{
    struct fdstream *f = of(s);
    if (f->ended)
        return;
    chunkq_commit(&f->queue, n);
    if (n)
        flush_later(f);
}

static ssize_t op_write(struct stream *s, struct bytes v)
{
    struct fdstream *f = of(s);
    assert(!f->fin_wanted);
    if (f->ended)
        return 0;
    int err = chunkq_append(&f->queue, v);
    if (!err && v.n)
        flush_later(f);
    return err;
}

static void op_credit(struct stream *s, size_t n)
{
    struct fdstream *f = of(s);
    (void)n; /* how much the other end may send is the kernel's business */
    if (!f->ended && !f->is_at_eof)
        ev_io_start(f->loop, &f->rd);
}

static void op_shutdown(struct stream *s)
{
    struct fdstream *f = of(s);
    if (f->ended || f->fin_wanted)
        return;
    chunkq_commit(&f->queue, 0); /* room that was reserved and not used */
    f->fin_wanted = true;
    flush_later(f);
}

static void op_reset(struct stream *s, int err)
{
    end(of(s), err);
}

static uint64_t op_acked(const struct stream *s)
{
    return ((const struct fdstream *)s)->taken;
}

static const struct stream_ops fdstream_ops = {
    .reserve = op_reserve,
    .commit = op_commit,
    .write = op_write,
    .credit = op_credit,
    .shutdown = op_shutdown,
    .reset = op_reset,
    .acked = op_acked,
};

struct stream *fdstream_new(struct ev_loop *loop, struct turn *turn, int rfd, int wfd)
{
    struct fdstream *f = malloc(sizeof *f);
    if (!f)
        return NULL;
    *f = (struct fdstream){ .s.ops = &fdstream_ops,
                            .loop = loop,
                            .turn = turn,
                            .task.run = on_turn,
                            .hangup.on_hangup = on_hangup,
                            .rfd = rfd,
                            .wfd = wfd,
                            .is_socket = rfd == wfd };
    ev_io_init(&f->rd, on_readable, rfd, EV_READ);
    ev_io_init(&f->wr, on_writable, wfd, EV_WRITE);
    f->rd.data = f->wr.data = f;
    turn_add(turn, &f->task);
    return &f->s;
}

int fdstream_fd(const struct stream *s)
{
    return ((const struct fdstream *)s)->rfd;
}
