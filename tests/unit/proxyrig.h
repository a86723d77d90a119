/* proxyrig.h - a proxy port with one client, whose end the test holds; the front is a fake. */
#ifndef GW_TESTS_PROXYRIG_H
#define GW_TESTS_PROXYRIG_H

#include "fake_front.h"
#include "gate/proxy_in.h"
#include "looprig.h"
#include "vec.h"

struct proxyrig {
    struct looprig loop;
    struct front front;
    struct proxy_in *in;
    int fd; /* the client's end */
};

static const struct proxy_in_config proxyrig_open = { .handshake_timeout_ms = 60000,
                                                      .max_half_open = 16,
                                                      .max_udp = 2 };
static const struct proxy_in_config proxyrig_closed = { .user = "alice",
                                                        .password = "secret",
                                                        .handshake_timeout_ms = 60000,
                                                        .max_half_open = 16,
                                                        .max_udp = 2 };

static inline int proxyrig_add(struct proxyrig *r)
{
    int sv[2];
    struct sockaddr_any from = { .sa.sa_family = AF_UNIX, .len = sizeof(sa_family_t) };
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv), 0);
    proxy_in_accept(r->in, sv[0], &from);
    return sv[1];
}

/* One that comes by TCP over loopback. */
static inline int proxyrig_add_tcp(struct proxyrig *r)
{
    int fd[2];
    struct sockaddr_any from = { .len = sizeof from.in };
    tcp_pair(fd);
    assert_int_equal(getsockname(fd[1], &from.sa, &from.len), 0);
    proxy_in_accept(r->in, fd[0], &from);
    return fd[1];
}

static inline void proxyrig_start(struct proxyrig *r, const struct proxy_in_config *cfg)
{
    looprig_init(&r->loop);
    memset(&r->front, 0, sizeof r->front);
    r->in = proxy_in_new(r->loop.loop, r->loop.turn, &r->front, cfg);
    assert_non_null(r->in);
    r->fd = proxyrig_add(r);
}

static inline void proxyrig_stop(struct proxyrig *r)
{
    fake_front_drop(&r->front);
    proxy_in_free(r->in);
    looprig_fini(&r->loop);
    close(r->fd);
}

/* Another client takes the place of the first one. */
static inline void proxyrig_swap(struct proxyrig *r, int fd)
{
    close(r->fd);
    r->fd = fd;
}

/* Sends, and lets the proxy work. */
static inline void proxyrig_say(struct proxyrig *r, const void *p, size_t n)
{
    put(r->fd, p, n);
    looprig_run(&r->loop);
}
#define SAY(r, literal) proxyrig_say(r, literal, sizeof(literal) - 1)

static inline void proxyrig_fin(struct proxyrig *r)
{
    shutdown(r->fd, SHUT_WR);
    looprig_run(&r->loop);
}

static inline void proxyrig_opened(struct proxyrig *r, size_t i, int err)
{
    fake_front_opened(&r->front, i, err);
    looprig_run(&r->loop);
}

static inline void assert_target(const struct proxyrig *r, size_t i, const char *kind,
                                 const char *host, uint16_t port)
{
    assert_int_equal(r->front.n, i + 1);
    assert_string_equal(r->front.open[i].kind, kind);
    assert_string_equal(r->front.open[i].target.host, host);
    assert_string_equal(r->front.open[i].target.service, "");
    assert_int_equal(r->front.open[i].target.port, port);
    assert_int_equal(r->front.open[i].target.path, HOST_PATH_ANY);
}

#endif
