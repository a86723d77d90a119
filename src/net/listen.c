/* listen.c - see listen.h. */
#include "net/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "net/sockopt.h"
#include "net/timer.h"

#define BACKLOG    4096
#define ACCEPT_MAX 64  /* per wake-up: others want their turn, too */
#define RETRY_MS   100 /* pause when not even the spare descriptor helps */

struct listen {
    struct ev_loop *loop;
    ev_io io;
    struct timer retry; /* runs while accepting pauses */
    int fd, spare;      /* -1: none */
    bool warned;        /* of running out of descriptors */
    struct sockaddr_any addr;
    struct stat file; /* of a Unix socket: what to remove at the end; st_ino 0: nothing */
    listen_accept_fn *on_accept;
    void *arg;
};

static int open_spare(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int accept_one(const struct listen *l, struct sockaddr_any *from)
{
    *from = (struct sockaddr_any){ .len = sizeof from->un };
    return accept4(l->fd, &from->sa, &from->len, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* Closes the client in front with the help of the spare descriptor.  Returns false when that
 * failed. */
static bool shed(struct listen *l)
{
    struct sockaddr_any from;
    char text[SOCKADDR_STR_MAX];

    if (!l->warned)
        log_error("listen addr=%s out of file descriptors, clients are closed",
                  sockaddr_print(&l->addr, text));
    l->warned = true;
    if (l->spare >= 0)
        close(l->spare);
    int fd = accept_one(l, &from);
    if (fd >= 0)
        close(fd);
    l->spare = open_spare();
    return fd >= 0 && l->spare >= 0;
}

static void pause_accepting(struct listen *l)
{
    ev_io_stop(l->loop, &l->io);
    timer_start(&l->retry, RETRY_MS);
}

static void on_retry(void *arg)
{
    struct listen *l = arg;
    ev_io_start(l->loop, &l->io);
}

/* What accept failed with: nothing more to take, a client that has gone again, or no resources. */
static bool is_worth_another(struct listen *l)
{
    switch (errno) {
    case EAGAIN:
        return false;
    case EMFILE:
    case ENFILE:
        if (shed(l))
            return true;
        pause_accepting(l);
        return false;
    case ENOBUFS:
    case ENOMEM:
        pause_accepting(l);
        return false;
    default:
        return true;
    }
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
    struct listen *l = w->data;
    (void)loop;
    (void)revents;

    for (int i = 0; i < ACCEPT_MAX; i++) {
        struct sockaddr_any from;
        int fd = accept_one(l, &from);
        if (fd < 0) {
            if (!is_worth_another(l))
                return;
            continue;
        }
        if (l->addr.sa.sa_family != AF_UNIX)
            sockopt_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
        l->on_accept(l->arg, fd, &from);
    }
}

/* Removes a Unix socket file that nobody listens on.  Returns false when it is in use or something
 * else. */
static bool remove_stale(const struct sockaddr_any *addr)
{
    struct stat st;
    if (lstat(addr->un.sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool is_stale = connect(fd, &addr->sa, addr->len) != 0 && errno == ECONNREFUSED;
    close(fd);
    return is_stale && unlink(addr->un.sun_path) == 0;
}

static int bind_unix(struct listen *l, const struct sockaddr_any *addr)
{
    int err = sockaddr_bind(l->fd, addr);
    if (err == GW_EINUSE && remove_stale(addr))
        err = sockaddr_bind(l->fd, addr);
    if (err)
        return err;
    return lstat(addr->un.sun_path, &l->file) == 0 ? 0 : err_from_errno(errno);
}

static int bind_tcp(const struct listen *l, const struct sockaddr_any *addr)
{
    sockopt_set(l->fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (addr->sa.sa_family == AF_INET6)
        sockopt_set(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    return sockaddr_bind(l->fd, addr);
}

static int open_socket(struct listen *l, const struct sockaddr_any *addr)
{
    l->fd = socket(addr->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (l->fd < 0)
        return err_from_errno(errno);
    int err = addr->sa.sa_family == AF_UNIX ? bind_unix(l, addr) : bind_tcp(l, addr);
    return !err && listen(l->fd, BACKLOG) != 0 ? err_from_errno(errno) : err;
}

static struct listen *make(struct ev_loop *loop, listen_accept_fn *on_accept, void *arg)
{
    struct listen *l = malloc(sizeof *l);
    if (!l)
        return NULL;
    *l = (struct listen){ .loop = loop, .fd = -1, .spare = -1, .on_accept = on_accept, .arg = arg };
    ev_io_init(&l->io, on_readable, -1, EV_READ);
    l->io.data = l;
    timer_init(&l->retry, loop, on_retry, l);
    return l;
}

/* Begins to accept on l->fd, which listens. */
static int start(struct listen *l)
{
    l->addr.len = sizeof l->addr.un;
    if ((l->spare = open_spare()) < 0 || getsockname(l->fd, &l->addr.sa, &l->addr.len) != 0)
        return err_from_errno(errno);
    ev_io_set(&l->io, l->fd, EV_READ);
    ev_io_start(l->loop, &l->io);
    return 0;
}

int listen_open(struct ev_loop *loop, const struct sockaddr_any *addr, listen_accept_fn *on_accept,
                void *arg, struct listen **out)
{
    struct listen *l = make(loop, on_accept, arg);
    if (!l)
        return GW_ENOMEM;
    int err = open_socket(l, addr);
    if (!err)
        err = start(l);
    if (err) {
        listen_close(l);
        return err;
    }
    *out = l;
    return 0;
}

static bool is_listening(int fd)
{
    int family = sockopt_get(fd, SO_DOMAIN);

    return (family == AF_INET || family == AF_INET6 || family == AF_UNIX) &&
           sockopt_get(fd, SO_TYPE) == SOCK_STREAM && sockopt_get(fd, SO_ACCEPTCONN) == 1;
}

int listen_adopt(struct ev_loop *loop, int fd, listen_accept_fn *on_accept, void *arg,
                 struct listen **out)
{
    int flags = fcntl(fd, F_GETFL);

    if (!is_listening(fd))
        return GW_EINVAL;
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return err_from_errno(errno);
    struct listen *l = make(loop, on_accept, arg);
    if (!l)
        return GW_ENOMEM;
    l->fd = fd;
    int err = start(l);
    if (err) {
        l->fd = -1;
        listen_close(l);
        return err;
    }
    *out = l;
    return 0;
}

/* The socket file may be somebody else's by now. */
static void remove_file(const struct listen *l)
{
    struct stat now;
    if (l->file.st_ino && lstat(l->addr.un.sun_path, &now) == 0 && now.st_ino == l->file.st_ino &&
        now.st_dev == l->file.st_dev)
        unlink(l->addr.un.sun_path);
}

/* Set after binding: who binds to listen does not set it, and is told that the port is in use. */
void listen_share_port(struct listen *l)
{
    sockopt_set(l->fd, SOL_SOCKET, SO_REUSEPORT, 1);
}

void listen_close(struct listen *l)
{
    if (!l)
        return;
    ev_io_stop(l->loop, &l->io);
    timer_stop(&l->retry);
    remove_file(l);
    if (l->fd >= 0)
        close(l->fd);
    if (l->spare >= 0)
        close(l->spare);
    free(l);
}

const struct sockaddr_any *listen_addr(const struct listen *l)
{
    return &l->addr;
}
