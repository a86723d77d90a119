/* looprig.h - a loop with its turn, and sockets whose other end the test holds. */
#ifndef GW_TESTS_LOOPRIG_H
#define GW_TESTS_LOOPRIG_H

#include <errno.h>
#include <ev.h>
#include <string.h>

#include "fdpair.h"
#include "looprun.h"
#include "net/fdstream.h"

struct looprig {
    struct ev_loop *loop;
    struct turn *turn;
};

static inline void looprig_init(struct looprig *r)
{
    r->loop = ev_loop_new(EVFLAG_AUTO);
    assert_non_null(r->loop);
    r->turn = turn_new(r->loop);
    assert_non_null(r->turn);
}

/* What is ready now, and what follows from it. */
static inline void looprig_run(struct looprig *r)
{
    for (int i = 0; i < 8; i++)
        ev_run(r->loop, EVRUN_NOWAIT);
}

/* What comes in so many ms, those of the clock that the test turns. */
static inline void looprig_run_ms(struct looprig *r, unsigned ms)
{
    looprun_ms(r->loop, ms);
    looprig_run(r);
}

static inline void looprig_fini(struct looprig *r)
{
    looprig_run(r);
    turn_free(r->turn);
    ev_loop_destroy(r->loop);
}

/* A stream whose other end is *fd. */
static inline struct stream *looprig_stream(struct looprig *r, int *fd)
{
    int sv[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv), 0);
    *fd = sv[1];
    struct stream *s = fdstream_new(r->loop, r->turn, sv[0], sv[0]);
    assert_non_null(s);
    return s;
}

static inline void put(int fd, const void *p, size_t n)
{
    assert_int_equal(write(fd, p, n), (ssize_t)n);
}

/* Exactly these octets lie ready. */
static inline void assert_got(int fd, const void *want, size_t n)
{
    uint8_t got[8192];
    assert_int_equal(recv(fd, got, sizeof got, MSG_DONTWAIT), (ssize_t)n);
    assert_memory_equal(got, want, n);
}

static inline void assert_nothing(int fd)
{
    uint8_t octet;
    assert_int_equal(recv(fd, &octet, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
}

static inline void assert_eof(int fd)
{
    uint8_t octet;
    assert_int_equal(recv(fd, &octet, 1, MSG_DONTWAIT), 0);
}

/* The other end is gone, whether it said FIN or not. */
static inline void assert_gone(int fd)
{
    uint8_t octet;
    ssize_t n = recv(fd, &octet, 1, MSG_DONTWAIT);
    assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
}

#endif
