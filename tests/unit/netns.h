/* netns.h - a network of the test's own, which needs no root where users may have namespaces. */
#ifndef GW_TESTS_NETNS_H
#define GW_TESTS_NETNS_H

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void netns_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (write(fd, text, strlen(text)) < 0)
        perror(path);
    close(fd);
}

/* Moves this process into an empty network.  Returns false where that is refused. */
static inline bool netns_enter(void)
{
    char map[32];
    snprintf(map, sizeof map, "0 %u 1", (unsigned)getuid());
    if (unshare(CLONE_NEWNET) == 0)
        return true;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return false;
    netns_write("/proc/self/setgroups", "deny");
    netns_write("/proc/self/uid_map", map);
    return true;
}

/* A command of the shell that has to succeed; PATH of a user may lack ip(8)'s. */
#define NETNS_RUN(command) assert_int_equal(system("PATH=$PATH:/usr/sbin:/sbin; " command), 0)

#endif
