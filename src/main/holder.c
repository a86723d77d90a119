/* holder.c - see holder.h.  The kernel names the inode of a socket that is bound to the address;
 * whoever has a descriptor of it is the holder. */
#include "main/holder.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

struct holder {
    unsigned long inode; /* of the socket; 0: none found */
    long uid;            /* whose it is; -1: not known */
};

/* The states of /proc/net that mean "bound": TCP_LISTEN, and TCP_CLOSE of an unconnected UDP
 * socket. */
static const struct {
    const char *file;
    unsigned state;
} ip_tables[2][2] = {
    { { "/proc/net/tcp", 0x0a }, { "/proc/net/tcp6", 0x0a } },
    { { "/proc/net/udp", 0x07 }, { "/proc/net/udp6", 0x07 } },
};

/* The address as /proc/net has it: words of 32 bits in the order of the machine. */
static bool read_ip(const char *hex, uint8_t out[16], size_t *n)
{
    for (*n = 0; hex[2 * *n]; *n += 4) {
        uint32_t word;
        if (*n == 16 || sscanf(hex + 2 * *n, "%8x", &word) != 1)
            return false;
        memcpy(out + *n, &word, sizeof word);
    }
    return *n == 4 || *n == 16;
}

/* Does an address of the table stand in the way of `at`?  The wildcards do. */
static bool collides(const char *hex, const struct sockaddr_any *at)
{
    static const uint8_t any[16];
    uint8_t ip[16];
    size_t n;
    bool is_v4 = at->sa.sa_family == AF_INET;
    const void *want = is_v4 ? (const void *)&at->in.sin_addr : (const void *)&at->in6.sin6_addr;
    size_t want_n = is_v4 ? 4 : 16;

    if (!read_ip(hex, ip, &n))
        return false;
    return memcmp(ip, any, n) == 0 || memcmp(want, any, want_n) == 0 ||
           (n == want_n && memcmp(ip, want, n) == 0);
}

static struct holder find_ip(const char *table, unsigned state, const struct sockaddr_any *at)
{
    struct holder h = { 0, -1 }, found;
    char line[256], ip[33];
    unsigned port, has_state;
    FILE *f = fopen(table, "re");

    while (f && !h.inode && fgets(line, sizeof line, f)) {
        if (sscanf(line, " %*d: %32[0-9A-Fa-f]:%x %*s %x %*s %*s %*s %ld %*s %lu", ip, &port,
                   &has_state, &found.uid, &found.inode) == 5 &&
            port == sockaddr_port(at) && has_state == state && collides(ip, at))
            h = found;
    }
    if (f)
        fclose(f);
    return h;
}

static struct holder find_unix(const char *path)
{
    struct holder h = { 0, -1 };
    unsigned long flags, inode;
    char line[256];
    int at;
    FILE *f = fopen("/proc/net/unix", "re");

    while (f && !h.inode && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%*s %*s %*s %lx %*s %*s %lu %n", &flags, &inode, &at) == 2 &&
            (flags & 0x10000) /* it listens */ && strcmp(line + at, path) == 0)
            h.inode = inode;
    }
    if (f)
        fclose(f);
    return h;
}

static struct holder find_socket(const struct sockaddr_any *at, bool is_udp)
{
    struct holder h = { 0, -1 };

    if (at->sa.sa_family == AF_UNIX)
        return find_unix(at->un.sun_path);
    for (size_t i = 0; i < 2 && !h.inode; i++)
        h = find_ip(ip_tables[is_udp][i].file, ip_tables[is_udp][i].state, at);
    return h;
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

/* Returns true when there is no need to look for another one. */
static bool print_process(const char *pid, char out[HOLDER_STR_MAX])
{
    char path[64], name[32] = "a program";

    if (strtol(pid, NULL, 10) == getpid()) {
        snprintf(out, HOLDER_STR_MAX, " by this gw itself");
        return true;
    }
    snprintf(path, sizeof path, "/proc/%.16s/comm", pid);
    FILE *f = fopen(path, "re");
    if (f && fgets(name, sizeof name, f))
        name[strcspn(name, "\n")] = '\0';
    if (f)
        fclose(f);
    snprintf(out, HOLDER_STR_MAX, " by %s (pid %.16s)", name, pid);
    return strncmp(name, "systemd", 7) != 0;
}

const char *holder_print(const struct sockaddr_any *at, bool is_udp, char out[HOLDER_STR_MAX])
{
    struct holder h = find_socket(at, is_udp);
    bool is_done = false;
    struct dirent *e;

    *out = '\0';
    DIR *d = h.inode ? opendir("/proc") : NULL;
    while (d && !is_done && (e = readdir(d)) != NULL) {
        if (isdigit((unsigned char)e->d_name[0]) && has_socket(e->d_name, h.inode))
            is_done = print_process(e->d_name, out);
    }
    if (d)
        closedir(d);
    if (!*out && h.uid >= 0 && h.uid != (long)geteuid())
        snprintf(out, HOLDER_STR_MAX, " by a program of another user (uid %ld)", h.uid);
    return out;
}

const char *holder_low_port(int rc, uint16_t port)
{
    return rc == GW_EPERM && port && port < IPPORT_RESERVED
               ? "; see net.ipv4.ip_unprivileged_port_start"
               : "";
}
