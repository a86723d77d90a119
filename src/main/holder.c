/* holder.c - see holder.h.  The kernel names the inode of a listening socket; whoever has a
 * descriptor of it is the holder. */
#include "main/holder.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TCP_LISTENING 0x0a /* TCP_LISTEN of the kernel */

/* The inode of the socket that listens on `port` according to one of /proc/net/tcp*; 0: none. */
static unsigned long find_inode(const char *table, uint16_t port)
{
    char line[256];
    unsigned long inode = 0, found;
    unsigned bound, state;
    FILE *f = fopen(table, "re");

    while (f && !inode && fgets(line, sizeof line, f)) {
        if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*s %x %*s %*s %*s %*s %*s %lu", &bound, &state,
                   &found) == 3 &&
            bound == port && state == TCP_LISTENING)
            inode = found;
    }
    if (f)
        fclose(f);
    return inode;
}

static bool has_socket(const char *pid, unsigned long inode)
{
    char dir[64], want[40], link[sizeof dir + 264], got[sizeof want];
    struct dirent *e;
    bool is_found = false;

    snprintf(dir, sizeof dir, "/proc/%.16s/fd", pid);
    int n = snprintf(want, sizeof want, "socket:[%lu]", inode);
    DIR *d = opendir(dir);
    while (d && !is_found && (e = readdir(d)) != NULL) {
        snprintf(link, sizeof link, "%s/%s", dir, e->d_name);
        is_found = readlink(link, got, sizeof got) == n && memcmp(got, want, (size_t)n) == 0;
    }
    if (d)
        closedir(d);
    return is_found;
}

static void print_process(const char *pid, char out[HOLDER_STR_MAX])
{
    char path[64], name[32] = "a program";
    snprintf(path, sizeof path, "/proc/%.16s/comm", pid);
    FILE *f = fopen(path, "re");
    if (f && fgets(name, sizeof name, f))
        name[strcspn(name, "\n")] = '\0';
    if (f)
        fclose(f);
    snprintf(out, HOLDER_STR_MAX, " by %s (pid %.16s)", name, pid);
}

const char *holder_print(const struct sockaddr_any *at, char out[HOLDER_STR_MAX])
{
    uint16_t port = sockaddr_port(at);
    unsigned long inode = port ? find_inode("/proc/net/tcp", port) : 0;
    struct dirent *e;

    *out = '\0';
    if (port && !inode)
        inode = find_inode("/proc/net/tcp6", port);
    DIR *d = inode ? opendir("/proc") : NULL;
    while (d && !*out && (e = readdir(d)) != NULL) {
        if (isdigit((unsigned char)e->d_name[0]) && has_socket(e->d_name, inode))
            print_process(e->d_name, out);
    }
    if (d)
        closedir(d);
    return out;
}
