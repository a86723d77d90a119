/* loadserve.c - see loadserve.h.  One process, one epoll loop, connections indexed by descriptor.
 */
#include "loadserve.h"
#include "loadconn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNS_MAX = 1 << 17,
    CHUNK = 256 * 1024,
    CHUNKS_PER_TURN = 4,
    REPORT_EVERY = 64 * 1024,
    EVENTS_AT_ONCE = 256
};

struct served {
    char mode; /* 0 until the first octet has come */
    uint64_t count, reported;
};

static struct served served[CONNS_MAX];
static unsigned char chunk[CHUNK];
static uint64_t all_up;

static void end(int fd)
{
    served[fd] = (struct served){ 0 };
    close(fd);
}

static int put(int fd, const void *p, size_t n)
{
    return send(fd, p, n, MSG_NOSIGNAL) == (ssize_t)n;
}

/* Handles `n` octets for a connection that has its mode.  0 when it must be closed. */
static int take(struct served *s, int fd, const unsigned char *p, size_t n)
{
    switch (s->mode) {
    case 'E':
        return n == 0 || put(fd, p, n) || errno == EAGAIN;
    case 'Q':
        return put(fd, &all_up, sizeof all_up);
    case 'U':
        s->count += n;
        all_up += n;
        if (s->count - s->reported >= REPORT_EVERY && put(fd, &s->count, sizeof s->count))
            s->reported = s->count;
        return 1;
    default:
        return 0;
    }
}

static void on_readable(int ep, int fd)
{
    struct served *s = &served[fd];

    for (int k = 0; k < CHUNKS_PER_TURN; k++) {
        ssize_t n = recv(fd, chunk, CHUNK, 0);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            end(fd);
            return;
        }
        size_t skip = 0;
        if (!s->mode) {
            s->mode = (char)chunk[0];
            skip = 1;
        }
        if (s->mode == 'D') {
            struct epoll_event e = { .events = EPOLLOUT | EPOLLRDHUP, .data.fd = fd };
            epoll_ctl(ep, EPOLL_CTL_MOD, fd, &e);
            return;
        }
        if (!take(s, fd, chunk + skip, (size_t)n - skip)) {
            end(fd);
            return;
        }
        if (n < CHUNK)
            return;
    }
}

static void on_writable(int fd)
{
    for (int k = 0; k < CHUNKS_PER_TURN; k++) {
        ssize_t n = send(fd, chunk, CHUNK, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN) {
            end(fd);
            return;
        }
        if (n < CHUNK)
            return;
    }
}

static void on_event(int ep, int fd, uint32_t events)
{
    if (served[fd].mode != 'D')
        on_readable(ep, fd);
    else if (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP))
        end(fd);
    else
        on_writable(fd);
}

static void accept_all(int ep, int listener)
{
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        if (fd >= CONNS_MAX) {
            close(fd);
            continue;
        }
        load_nodelay(fd);
        struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };
        epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
    }
}

void loadserve_run(const char *bind_addr, int port)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    struct epoll_event events[EVENTS_AT_ONCE];

    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (inet_pton(AF_INET, bind_addr, &a.sin_addr) != 1)
        load_die("an IPv4 address is needed, not %s", bind_addr);
    if (bind(listener, (const struct sockaddr *)&a, sizeof a) || listen(listener, 4096))
        load_die("bind %s:%d: %s", bind_addr, port, strerror(errno));
    int ep = epoll_create1(0);
    struct epoll_event e = { .events = EPOLLIN, .data.fd = listener };
    epoll_ctl(ep, EPOLL_CTL_ADD, listener, &e);
    for (;;) {
        int n = epoll_wait(ep, events, EVENTS_AT_ONCE, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener)
                accept_all(ep, listener);
            else
                on_event(ep, events[i].data.fd, events[i].events);
        }
    }
}
