/* sockaddr.c - see sockaddr.h. */
#include "net/sockaddr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

#define UNIX_PREFIX "unix:"

/* A decimal number without sign or blanks.  Returns 0, GW_ESYNTAX, or GW_EINVAL above `max`. */
static int parse_number(const char *text, uint32_t max, uint32_t *out)
{
    uint64_t v = 0;

    if (!*text)
        return GW_ESYNTAX;
    for (const char *p = text; *p; p++) {
        if (*p < '0' || *p > '9')
            return GW_ESYNTAX;
        if (v <= max)
            v = v * 10 + (uint64_t)(*p - '0');
    }
    *out = (uint32_t)v;
    return v <= max ? 0 : GW_EINVAL;
}

static int parse_unix(const char *path, struct sockaddr_any *out)
{
    size_t n = strlen(path);

    if (n == 0)
        return GW_ESYNTAX;
    if (n >= sizeof out->un.sun_path)
        return GW_EINVAL;
    out->un.sun_family = AF_UNIX;
    memcpy(out->un.sun_path, path, n + 1);
    out->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
    return 0;
}

/* `ADDR` or `ADDR%ZONE`, the zone an interface's name or index. */
static int parse_ip6(char *host, struct sockaddr_in6 *in6)
{
    char *zone = strchr(host, '%');

    if (zone) {
        *zone++ = '\0';
        in6->sin6_scope_id = if_nametoindex(zone);
        if (!in6->sin6_scope_id && parse_number(zone, UINT32_MAX, &in6->sin6_scope_id) != 0)
            return GW_EINVAL;
    }
    in6->sin6_family = AF_INET6;
    return inet_pton(AF_INET6, host, &in6->sin6_addr) == 1 ? 0 : GW_ESYNTAX;
}

/* `host` as it stands before the last colon, or NULL for none. */
static int parse_host(char *host, struct sockaddr_any *out)
{
    size_t n = host ? strlen(host) : 0;

    if (n >= 2 && host[0] == '[' && host[n - 1] == ']') {
        host[n - 1] = '\0';
        out->len = sizeof out->in6;
        return parse_ip6(host + 1, &out->in6);
    }
    out->len = sizeof out->in;
    out->in.sin_family = AF_INET;
    if (!host || strcmp(host, "localhost") == 0) {
        out->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return 0;
    }
    return inet_pton(AF_INET, host, &out->in.sin_addr) == 1 ? 0 : GW_ESYNTAX;
}

int sockaddr_parse(const char *text, struct sockaddr_any *out)
{
    *out = (struct sockaddr_any){ 0 };
    if (strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
        return parse_unix(text + strlen(UNIX_PREFIX), out);
    if (strchr(text, '/'))
        return parse_unix(text, out);

    char host[SOCKADDR_STR_MAX];
    size_t n = strlen(text);
    if (n >= sizeof host)
        return GW_ESYNTAX;
    memcpy(host, text, n + 1);

    char *colon = strrchr(host, ':');
    if (colon)
        *colon = '\0';
    int err = parse_host(colon ? host : NULL, out);
    uint32_t port = 0;
    if (!err)
        err = parse_number(colon ? colon + 1 : host, UINT16_MAX, &port);
    if (err)
        return err;
    if (out->sa.sa_family == AF_INET6)
        out->in6.sin6_port = htons((uint16_t)port);
    else
        out->in.sin_port = htons((uint16_t)port);
    return 0;
}

/* Octets of the path: the kernel may leave the NUL out, and an unnamed socket has none at all. */
static size_t path_len(const struct sockaddr_any *a)
{
    size_t head = offsetof(struct sockaddr_un, sun_path);
    return a->len > head ? strnlen(a->un.sun_path, a->len - head) : 0;
}

const char *sockaddr_print(const struct sockaddr_any *a, char out[SOCKADDR_STR_MAX])
{
    char ip[INET6_ADDRSTRLEN] = "?", zone[12] = "";

    switch (a->sa.sa_family) {
    case AF_INET:
        inet_ntop(AF_INET, &a->in.sin_addr, ip, sizeof ip);
        snprintf(out, SOCKADDR_STR_MAX, "%s:%u", ip, sockaddr_port(a));
        break;
    case AF_INET6:
        inet_ntop(AF_INET6, &a->in6.sin6_addr, ip, sizeof ip);
        if (a->in6.sin6_scope_id)
            snprintf(zone, sizeof zone, "%%%u", a->in6.sin6_scope_id);
        snprintf(out, SOCKADDR_STR_MAX, "[%s%s]:%u", ip, zone, sockaddr_port(a));
        break;
    case AF_UNIX:
        snprintf(out, SOCKADDR_STR_MAX, UNIX_PREFIX "%.*s", (int)path_len(a), a->un.sun_path);
        break;
    default:
        snprintf(out, SOCKADDR_STR_MAX, "?");
    }
    return out;
}

bool sockaddr_eq(const struct sockaddr_any *a, const struct sockaddr_any *b)
{
    if (a->sa.sa_family != b->sa.sa_family)
        return false;
    switch (a->sa.sa_family) {
    case AF_INET:
        return a->in.sin_port == b->in.sin_port && a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
    case AF_INET6:
        return a->in6.sin6_port == b->in6.sin6_port &&
               a->in6.sin6_scope_id == b->in6.sin6_scope_id &&
               IN6_ARE_ADDR_EQUAL(&a->in6.sin6_addr, &b->in6.sin6_addr);
    case AF_UNIX:
        return path_len(a) == path_len(b) &&
               memcmp(a->un.sun_path, b->un.sun_path, path_len(a)) == 0;
    default:
        return false;
    }
}

uint16_t sockaddr_port(const struct sockaddr_any *a)
{
    switch (a->sa.sa_family) {
    case AF_INET:
        return ntohs(a->in.sin_port);
    case AF_INET6:
        return ntohs(a->in6.sin6_port);
    default:
        return 0;
    }
}

bool sockaddr_is_wildcard(const struct sockaddr_any *a)
{
    switch (a->sa.sa_family) {
    case AF_INET:
        return a->in.sin_addr.s_addr == htonl(INADDR_ANY);
    case AF_INET6:
        return IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr);
    default:
        return false;
    }
}

bool sockaddr_is_loopback(const struct sockaddr_any *a)
{
    const uint8_t *b = a->in6.sin6_addr.s6_addr;

    switch (a->sa.sa_family) {
    case AF_INET:
        return ntohl(a->in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    case AF_INET6:
        return IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr) ||
               (IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr) && b[12] == IN_LOOPBACKNET);
    case AF_UNIX:
        return true;
    default:
        return false;
    }
}

int sockaddr_bind(int fd, const struct sockaddr_any *a)
{
    if (bind(fd, &a->sa, a->len) == 0)
        return 0;
    return errno == EADDRNOTAVAIL ? GW_ENOTLOCAL : err_from_errno(errno);
}

int sockaddr_parse_ip(const char *text, struct ipaddr *out)
{
    bool is_bare6 = *text != '[' && strchr(text, ':');
    char host[SOCKADDR_STR_MAX];
    struct sockaddr_any a = { 0 };
    uint16_t port;

    int n = snprintf(host, sizeof host, "%s%s%s", is_bare6 ? "[" : "", text, is_bare6 ? "]" : "");
    if ((size_t)n >= sizeof host || strcmp(host, "localhost") == 0 || parse_host(host, &a) != 0)
        return GW_ESYNTAX;
    return sockaddr_to_ip(&a, out, &port);
}

void sockaddr_from_ip(const struct ipaddr *ip, uint16_t port, struct sockaddr_any *out)
{
    *out = (struct sockaddr_any){ 0 };
    if (ip->family == 6) {
        out->in6.sin6_family = AF_INET6;
        out->in6.sin6_port = htons(port);
        out->in6.sin6_scope_id = ip->zone;
        memcpy(&out->in6.sin6_addr, ip->b, 16);
        out->len = sizeof out->in6;
    } else {
        out->in.sin_family = AF_INET;
        out->in.sin_port = htons(port);
        memcpy(&out->in.sin_addr, ip->b, 4);
        out->len = sizeof out->in;
    }
}

int sockaddr_to_ip(const struct sockaddr_any *a, struct ipaddr *ip, uint16_t *port)
{
    const struct in6_addr *in6 = &a->in6.sin6_addr;

    *ip = (struct ipaddr){ .family = 4 };
    *port = sockaddr_port(a);
    if (a->sa.sa_family == AF_INET) {
        memcpy(ip->b, &a->in.sin_addr, 4);
    } else if (a->sa.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(in6)) {
        memcpy(ip->b, in6->s6_addr + 12, 4);
    } else if (a->sa.sa_family == AF_INET6) {
        ip->family = 6;
        ip->zone = IN6_IS_ADDR_LINKLOCAL(in6) ? a->in6.sin6_scope_id : 0;
        memcpy(ip->b, in6, 16);
    } else {
        return GW_EUNSUP;
    }
    return 0;
}
