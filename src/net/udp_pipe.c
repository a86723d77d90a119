/* udp_pipe.c - see udp_pipe.h. */
#include "net/udp_pipe.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"

#define READS_MAX 32 /* datagrams per wake-up: others want their turn, too */

struct udp_pipe {
    struct dgrams d;
    struct ev_loop *loop;
    ev_io rd;
    int fd;          /* -1 once closed */
    int err;         /* what send has learnt, to be told from the loop */
    bool is_reading; /* closed meanwhile, it is freed behind the last datagram */
};

static struct udp_pipe *of(struct dgrams *d)
{
    return (struct udp_pipe *)d;
}

static void hang_up(struct udp_pipe *u)
{
    ev_io_stop(u->loop, &u->rd);
    close(u->fd);
    u->fd = -1;
}

static void fail(struct udp_pipe *u, int err)
{
    hang_up(u);
    u->d.ev->on_close(&u->d, err);
    free(u);
}

/* Delivers one datagram; one that is too long is lost.  Returns 1, 0 when there is none, or GW_E*.
 */
static int receive(struct udp_pipe *u)
{
    static uint8_t room[DGRAMS_MAX]; /* of all pipes: a datagram is borrowed for one call only */
    ssize_t n = recv(u->fd, room, sizeof room, MSG_DONTWAIT | MSG_TRUNC);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : err_from_errno(errno);
    if ((size_t)n <= sizeof room)
        u->d.ev->on_datagram(&u->d, (struct bytes){ room, (size_t)n });
    return 1;
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
    struct udp_pipe *u = w->data;
    int rc = u->err ? u->err : 1;
    (void)loop;
    (void)revents;

    u->is_reading = true;
    for (int i = 0; i < READS_MAX && rc > 0 && u->fd >= 0; i++)
        rc = receive(u);
    u->is_reading = false;
    if (u->fd < 0)
        free(u);
    else if (rc < 0)
        fail(u, rc);
}

/* What the kernel has no room for is lost.  A refusal that came for an earlier datagram is told
 * here, and only once. */
static void op_send(struct dgrams *d, struct bytes v)
{
    struct udp_pipe *u = of(d);
    if (send(u->fd, v.p, v.n, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || errno != ECONNREFUSED)
        return;
    u->err = GW_EREFUSED;
    ev_feed_event(u->loop, &u->rd, EV_READ);
}

static void op_close(struct dgrams *d, int err)
{
    struct udp_pipe *u = of(d);
    (void)err; /* a datagram socket has no way to tell the other end */
    hang_up(u);
    if (!u->is_reading)
        free(u);
}

static const struct dgrams_ops udp_pipe_ops = { .send = op_send, .close = op_close };

static int connect_to(int fd, const struct sockaddr_any *to)
{
    static const struct sockaddr_any unnamed = { .sa.sa_family = AF_UNIX };

    if (to->sa.sa_family == AF_UNIX && bind(fd, &unnamed.sa, sizeof unnamed.sa.sa_family) != 0)
        return err_from_errno(errno);
    return connect(fd, &to->sa, to->len) == 0 ? 0 : err_from_errno(errno);
}

int udp_pipe_open(struct ev_loop *loop, const struct sockaddr_any *to, struct dgrams **out)
{
    int fd = socket(to->sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno == EAFNOSUPPORT ? GW_EUNSUP : err_from_errno(errno);
    int err = connect_to(fd, to);
    struct udp_pipe *u = err ? NULL : malloc(sizeof *u);
    if (!u) {
        close(fd);
        return err ? err : GW_ENOMEM;
    }
    *u = (struct udp_pipe){ .d.ops = &udp_pipe_ops, .loop = loop, .fd = fd };
    ev_io_init(&u->rd, on_readable, fd, EV_READ);
    u->rd.data = u;
    ev_io_start(loop, &u->rd);
    *out = &u->d;
    return 0;
}
