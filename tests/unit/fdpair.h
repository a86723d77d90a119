/* fdpair.h - a TCP connection over loopback with both its ends, for tests. */
#ifndef GW_TESTS_FDPAIR_H
#define GW_TESTS_FDPAIR_H

#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static inline void tcp_pair(int fd[2])
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof a;
    int l = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(l, (struct sockaddr *)&a, len), 0);
    assert_int_equal(listen(l, 1), 0);
    assert_int_equal(getsockname(l, (struct sockaddr *)&a, &len), 0);
    fd[1] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd[1], (struct sockaddr *)&a, len), 0);
    fd[0] = accept4(l, NULL, NULL, SOCK_NONBLOCK);
    assert_true(fd[0] >= 0);
    fcntl(fd[1], F_SETFL, O_NONBLOCK);
    close(l);
}

/* What a crashed process leaves to its peer. */
static inline void send_rst(int fd)
{
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 }, sizeof(struct linger));
    close(fd);
}

#endif
