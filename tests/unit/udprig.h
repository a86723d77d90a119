/* udprig.h - UDP clients on loopback. */
#ifndef GW_TESTS_UDPRIG_H
#define GW_TESTS_UDPRIG_H

#include "looprig.h"
#include "net/sockaddr.h"

static inline struct sockaddr_any addr_of(const char *text)
{
    struct sockaddr_any a;
    assert_int_equal(sockaddr_parse(text, &a), 0);
    return a;
}

/* A socket at `from`; with `to` it is connected and so sees answers from there only. */
static inline int udp_client(const char *from, const struct sockaddr_any *to)
{
    struct sockaddr_any at = addr_of(from);
    int fd = socket(at.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, &at.sa, at.len), 0);
    if (to)
        assert_int_equal(connect(fd, &to->sa, to->len), 0);
    return fd;
}

#endif
