/* dialtcp.c - see dialtcp.h. */
#include "net/dialtcp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "net/sockopt.h"
#include "net/timer.h"

struct dialtcp {
    struct ev_loop *loop;
    ev_io io;           /* writable: connected, or failed */
    struct timer timer; /* the deadline; at once when connect failed at once */
    int fd;
    int late_err; /* what the timer reports */
    dialtcp_done_fn *done;
    void *arg;
};

static void release(struct dialtcp *d)
{
    ev_io_stop(d->loop, &d->io);
    timer_stop(&d->timer);
    if (d->fd >= 0)
        close(d->fd);
    free(d);
}

static void finish(struct dialtcp *d, int err)
{
    dialtcp_done_fn *done = d->done;
    void *arg = d->arg;
    int fd = -1;

    if (!err) {
        fd = d->fd;
        d->fd = -1;
    }
    release(d);
    done(arg, err, fd);
}

static void on_writable(struct ev_loop *loop, ev_io *w, int revents)
{
    struct dialtcp *d = w->data;
    int e = sockopt_get(d->fd, SO_ERROR);
    (void)loop;
    (void)revents;
    finish(d, err_from_errno(e < 0 ? errno : e));
}

static void on_timer(void *arg)
{
    struct dialtcp *d = arg;
    finish(d, d->late_err);
}

/* A socket, bound to `from` if that can be (NULL: to nothing).  Returns it, or -1. */
static int open_socket(const struct sockaddr_any *to, const struct sockaddr_any *from)
{
    int fd = socket(to->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || to->sa.sa_family == AF_UNIX)
        return fd;
    sockopt_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (from) {
        sockopt_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
        sockopt_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
        bind(fd, &from->sa, from->len); /* another port is better than none */
    }
    return fd;
}

/* Returns 0 when the answer is to come. */
static int begin(struct dialtcp *d, const struct sockaddr_any *to)
{
    if (connect(d->fd, &to->sa, to->len) == 0 || errno == EINPROGRESS)
        return 0;
    if (errno == EAGAIN && to->sa.sa_family == AF_UNIX)
        return GW_EREFUSED; /* its queue is full, and nothing would tell when it no longer is */
    return err_from_errno(errno);
}

/* A target on this machine has answered before connect returns.  Told in this pass of the loop,
 * what follows goes out together with what waits now. */
static bool is_settled(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLOUT };
    return poll(&p, 1, 0) == 1;
}

/* Is there such a connection already, between these two ports? */
static bool is_taken(int e)
{
    return e == EADDRNOTAVAIL || e == EADDRINUSE || e == EEXIST;
}

struct dialtcp *dialtcp_start_from(struct ev_loop *loop, const struct sockaddr_any *from,
                                   const struct sockaddr_any *to, uint64_t timeout_ms,
                                   dialtcp_done_fn *done, void *arg, int *err)
{
    struct dialtcp *d = malloc(sizeof *d);
    if (!d) {
        *err = GW_ENOMEM;
        return NULL;
    }
    *d = (struct dialtcp){ .loop = loop, .done = done, .arg = arg };
    int failed = 0;
    do {
        if ((d->fd = open_socket(to, from)) < 0) {
            *err = err_from_errno(errno);
            free(d);
            return NULL;
        }
        failed = begin(d, to);
        if (!failed || !from || !is_taken(errno))
            break;
        close(d->fd);
        from = NULL;
    } while (true);
    ev_io_init(&d->io, on_writable, d->fd, EV_WRITE);
    d->io.data = d;
    if (!failed && is_settled(d->fd))
        ev_feed_event(loop, &d->io, EV_WRITE);
    else if (!failed)
        ev_io_start(loop, &d->io);
    d->late_err = failed ? failed : GW_ETIMEOUT;
    timer_init(&d->timer, loop, on_timer, d);
    timer_start(&d->timer, failed ? 0 : timeout_ms);
    return d;
}

struct dialtcp *dialtcp_start(struct ev_loop *loop, const struct sockaddr_any *to,
                              uint64_t timeout_ms, dialtcp_done_fn *done, void *arg, int *err)
{
    return dialtcp_start_from(loop, NULL, to, timeout_ms, done, arg, err);
}

void dialtcp_cancel(struct dialtcp *d)
{
    if (d)
        release(d);
}
