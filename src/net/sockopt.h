/* sockopt.h - socket options that are a number. */
#ifndef GW_NET_SOCKOPT_H
#define GW_NET_SOCKOPT_H

#include <errno.h>
#include <sys/socket.h>

#include "base/err.h"

/* setsockopt(2).  0 or GW_E*. */
static inline int sockopt_set(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value) == 0 ? 0 : err_from_errno(errno);
}

/* getsockopt(2) of SOL_SOCKET.  -1: it cannot be told. */
static inline int sockopt_get(int fd, int name)
{
    int v = 0;
    return getsockopt(fd, SOL_SOCKET, name, &v, &(socklen_t){ sizeof v }) == 0 ? v : -1;
}

#endif
