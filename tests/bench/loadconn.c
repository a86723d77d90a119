/* loadconn.c - see loadconn.h.  The SOCKS5 client is RFC 1928 s.3-6, method 0, CONNECT only.  */
#include "loadconn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REPLY_HEAD = 5, EVENTS_AT_ONCE = 256 };

double load_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void load_die(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fputs("sockload: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(2);
}

struct sockaddr_in load_parse(const char *spec, char host[LOAD_HOST_MAX], int *port)
{
    const char *colon = strrchr(spec, ':');
    size_t n = colon ? (size_t)(colon - spec) : 0;

    if (n == 0 || n >= LOAD_HOST_MAX)
        load_die("bad address %s", spec);
    memcpy(host, spec, n);
    host[n] = '\0';
    *port = atoi(colon + 1);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)*port) };
    if (inet_pton(AF_INET, host, &a.sin_addr) != 1)
        a.sin_addr.s_addr = INADDR_NONE;
    return a;
}

void load_nodelay(int fd)
{
    int one = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

void load_watch(struct load *ld, struct load_conn *c, uint32_t events)
{
    struct epoll_event e = { .events = events, .data.ptr = c };

    if (epoll_ctl(ld->ep, EPOLL_CTL_MOD, c->fd, &e) && errno == ENOENT)
        epoll_ctl(ld->ep, EPOLL_CTL_ADD, c->fd, &e);
}

void load_fail(struct load *ld, struct load_conn *c, const char *why)
{
    ld->failures++;
    snprintf(ld->error, sizeof ld->error, "%s", why);
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    c->state = LOAD_CLOSED;
}

void load_start(struct load *ld, struct load_conn *c)
{
    c->got = c->want = 0;
    c->octets = 0;
    c->began_s = load_now();
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) {
        load_fail(ld, c, strerror(errno));
        return;
    }
    load_nodelay(c->fd);
    if (connect(c->fd, (const struct sockaddr *)&ld->first, sizeof ld->first) &&
        errno != EINPROGRESS) {
        load_fail(ld, c, strerror(errno));
        return;
    }
    c->state = LOAD_CONNECTING;
    load_watch(ld, c, EPOLLOUT);
}

/* Sends a whole handshake message, then waits for `want` octets of answer. */
static void send_step(struct load *ld, struct load_conn *c, enum load_state next, const void *p,
                      size_t n, size_t want)
{
    if (send(c->fd, p, n, MSG_NOSIGNAL) != (ssize_t)n) {
        load_fail(ld, c, "could not send the handshake");
        return;
    }
    c->state = next;
    c->got = 0;
    c->want = want;
}

static int step_connecting(struct load *ld, struct load_conn *c, uint32_t events)
{
    int err = 0;
    socklen_t len = sizeof err;

    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len);
    if (err) {
        load_fail(ld, c, strerror(err));
        return 0;
    }
    if (!(events & EPOLLOUT))
        return 0;
    if (!ld->is_socks) {
        c->state = LOAD_OPEN;
        return 1;
    }
    load_watch(ld, c, EPOLLIN);
    send_step(ld, c, LOAD_GREETING, "\5\1\0", 3, 2);
    return 0;
}

static void send_request(struct load *ld, struct load_conn *c)
{
    unsigned char msg[LOAD_HOST_MAX + 8] = { 5, 1, 0 };
    struct in_addr ip;
    size_t n = 3;

    if (inet_pton(AF_INET, ld->host, &ip) == 1) {
        msg[n++] = 1;
        memcpy(msg + n, &ip, sizeof ip);
        n += sizeof ip;
    } else {
        size_t len = strlen(ld->host);
        msg[n++] = 3;
        msg[n++] = (unsigned char)len;
        memcpy(msg + n, ld->host, len);
        n += len;
    }
    msg[n++] = (unsigned char)(ld->port >> 8);
    msg[n++] = (unsigned char)ld->port;
    send_step(ld, c, LOAD_REQUEST, msg, n, REPLY_HEAD);
}

/* The whole length of a SOCKS reply, from its first five octets. */
static size_t reply_length(const unsigned char *in)
{
    if (in[3] == 1)
        return 10;
    return in[3] == 4 ? 22 : (size_t)7 + in[4];
}

/* 1: c->want octets are there; 0: not yet, or failed. */
static int fill(struct load *ld, struct load_conn *c)
{
    ssize_t n = recv(c->fd, c->in + c->got, c->want - c->got, 0);

    if (n < 0 && errno == EAGAIN)
        return 0;
    if (n <= 0) {
        load_fail(ld, c, n ? strerror(errno) : "closed in the handshake");
        return 0;
    }
    c->got += (size_t)n;
    return c->got == c->want;
}

int load_step(struct load *ld, struct load_conn *c, uint32_t events)
{
    char why[40];

    if (c->state == LOAD_CONNECTING)
        return step_connecting(ld, c, events);
    if (!fill(ld, c))
        return 0;
    if (c->state == LOAD_GREETING) {
        if (c->in[0] == 5 && c->in[1] == 0)
            send_request(ld, c);
        else
            load_fail(ld, c, "the proxy wants another method");
        return 0;
    }
    if (c->in[1] != 0) {
        snprintf(why, sizeof why, "SOCKS reply %d", c->in[1]);
        load_fail(ld, c, why);
        return 0;
    }
    if (c->got == REPLY_HEAD) {
        c->want = reply_length(c->in);
        if (!fill(ld, c))
            return 0;
    }
    c->state = LOAD_OPEN;
    return 1;
}

struct load_conn *load_open_all(struct load *ld, int n, int at_once, double limit_s)
{
    struct load_conn *conns = calloc((size_t)n, sizeof *conns);
    struct epoll_event events[EVENTS_AT_ONCE];
    double end_s = load_now() + limit_s;
    int started = 0, settled = 0;

    if (!conns)
        load_die("out of memory");
    while (settled < n && load_now() < end_s) {
        while (started < n && started - settled < at_once) {
            load_start(ld, &conns[started]);
            settled += conns[started++].state == LOAD_CLOSED;
        }
        int k = epoll_wait(ld->ep, events, EVENTS_AT_ONCE, 200);
        for (int i = 0; i < k; i++) {
            struct load_conn *c = events[i].data.ptr;
            if (c->state == LOAD_CLOSED || c->state == LOAD_OPEN)
                continue;
            if (load_step(ld, c, events[i].events))
                load_watch(ld, c, 0);
            settled += c->state == LOAD_CLOSED || c->state == LOAD_OPEN;
        }
    }
    return conns;
}
