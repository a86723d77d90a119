/* cli_nc.c - two buffers, one poll().
 *
 * Each direction is a pump: it fills its buffer while there is room, drains it when the far end
 * is ready, and passes the end on once the buffer is empty.
 */
#include "cli/cli_nc.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

#define BUF_SIZE 65536 /* octets in flight per direction */

struct pump {
    int from, to; /* to < 0: this direction is over */
    bool is_eof;  /* `from` has ended */
    bool to_is_socket;
    size_t max_write; /* octets that a ready `to` takes without blocking */
    uint8_t *buf;
    size_t start, end, cap;
};

/* A pipe or a terminal that poll() calls writable takes PIPE_BUF octets; a larger blocking write
 * could stall the other direction.  A socket is told not to wait; a file never does. */
static int pump_init(struct pump *p, int from, int to, struct bytes early)
{
    struct stat st;
    size_t cap = early.n > BUF_SIZE ? early.n : BUF_SIZE;

    *p = (struct pump){ .from = from, .to = to, .end = early.n, .cap = cap, .max_write = cap };
    if (fstat(to, &st) != 0)
        return err_from_errno(errno);
    p->to_is_socket = S_ISSOCK(st.st_mode);
    if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode))
        p->max_write = PIPE_BUF;
    if (!(p->buf = malloc(cap)))
        return GW_ENOMEM;
    if (early.n)
        memcpy(p->buf, early.p, early.n);
    return 0;
}

static bool wants_fill(const struct pump *p)
{
    return p->to >= 0 && !p->is_eof && p->end < p->cap;
}

static bool wants_drain(const struct pump *p)
{
    return p->to >= 0 && p->start < p->end;
}

static int pump_fill(struct pump *p)
{
    ssize_t n = read(p->from, p->buf + p->end, p->cap - p->end);

    if (n < 0)
        return errno == EINTR || errno == EAGAIN ? 0 : err_from_errno(errno);
    p->is_eof = n == 0;
    p->end += (size_t)n;
    return 0;
}

static int pump_drain(struct pump *p)
{
    size_t n = p->end - p->start < p->max_write ? p->end - p->start : p->max_write;
    ssize_t w = p->to_is_socket ? send(p->to, p->buf + p->start, n, MSG_DONTWAIT | MSG_NOSIGNAL)
                                : write(p->to, p->buf + p->start, n);

    if (w < 0)
        return errno == EINTR || errno == EAGAIN ? 0 : err_from_errno(errno);
    p->start += (size_t)w;
    if (p->start == p->end)
        p->start = p->end = 0;
    return 0;
}

/* When `from` has ended and all of it was passed on, so does `to`. */
static void pump_pass_end(struct pump *p, bool closes)
{
    if (p->to < 0 || !p->is_eof || p->start < p->end)
        return;
    if (p->to_is_socket)
        shutdown(p->to, SHUT_WR);
    if (closes)
        close(p->to);
    p->to = -1;
}

/* Waits for the first thing that can be done.  The socket is left out while nothing is wanted of
 * it (its hang-up would come again and again), except that its hang-up ends `up` once `down` has
 * ended. */
static int wait_ready(const struct pump *up, const struct pump *down, int sock,
                      struct pollfd ready[3])
{
    short ev = (short)((wants_fill(down) ? POLLIN : 0) | (wants_drain(up) ? POLLOUT : 0));

    ready[0] = (struct pollfd){ .fd = wants_fill(up) ? up->from : -1, .events = POLLIN };
    ready[1] = (struct pollfd){ .fd = ev || down->is_eof ? sock : -1, .events = ev };
    ready[2] = (struct pollfd){ .fd = down->to, .events = wants_drain(down) ? POLLOUT : 0 };
    if (poll(ready, 3, -1) >= 0)
        return 0;
    ready[0].revents = ready[1].revents = ready[2].revents = 0;
    return errno == EINTR ? 0 : err_from_errno(errno);
}

/* What was delivered goes out.  A reader that has gone (ssh at its end, head) wanted no more: then
 * all is over, and that is no error. */
static int drain_out(struct pump *up, struct pump *down, short revents)
{
    bool is_unread = revents & (POLLERR | POLLHUP);
    int err = 0;

    if (!is_unread && wants_drain(down) && (revents & POLLOUT))
        err = pump_drain(down);
    if (is_unread || err == GW_ERESET)
        up->to = down->to = -1;
    return err == GW_ERESET ? 0 : err;
}

/* One round.  A socket that takes no more ends `up` with *up_err set, but what it has delivered
 * still goes out. */
static int round_trip(struct pump *up, struct pump *down, int sock, int *up_err)
{
    struct pollfd ready[3];
    int err = wait_ready(up, down, sock, ready);

    if (!err && ready[0].revents)
        err = pump_fill(up);
    if (!err && wants_fill(down) && (ready[1].revents & (POLLIN | POLLHUP | POLLERR)))
        err = pump_fill(down);
    if (!err)
        err = drain_out(up, down, ready[2].revents);
    if (!err && wants_drain(up) && (ready[1].revents & (POLLOUT | POLLHUP | POLLERR)))
        *up_err = pump_drain(up);
    if (*up_err || (down->is_eof && (ready[1].revents & POLLHUP)))
        up->to = -1;
    return err;
}

int cli_nc_run(int sock, int in, int out, struct bytes early)
{
    struct pump up = { .to = -1 }, down = { .to = -1 };
    int up_err = 0;
    int err = pump_init(&up, in, sock, (struct bytes){ 0 });

    if (!err)
        err = pump_init(&down, sock, out, early);
    while (!err && (up.to >= 0 || down.to >= 0)) {
        err = round_trip(&up, &down, sock, &up_err);
        pump_pass_end(&up, false);
        pump_pass_end(&down, true);
    }
    free(up.buf);
    free(down.buf);
    return err ? err : up_err;
}
