/* sockaddr.h - socket addresses as text and as multiaddr parts. */
#ifndef GW_NET_SOCKADDR_H
#define GW_NET_SOCKADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "id/multiaddr.h"

struct sockaddr_any { /* room for every family that gw uses */
    union {
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
    };
    socklen_t len;
};

#define SOCKADDR_STR_MAX 128

/* Reads `ADDR:PORT`, `[ADDR6]:PORT`, `PORT` (on 127.0.0.1), `localhost:PORT`, `unix:PATH` or a path
 * (it holds a '/').  Names other than localhost are not looked up.  Returns 0, GW_ESYNTAX or
 * GW_EINVAL. */
int sockaddr_parse(const char *text, struct sockaddr_any *out);

/* Prints `ADDR:PORT`, `[ADDR6]:PORT` or `unix:PATH` into out; returns out. */
const char *sockaddr_print(const struct sockaddr_any *a, char out[SOCKADDR_STR_MAX]);

bool sockaddr_eq(const struct sockaddr_any *a, const struct sockaddr_any *b);
uint16_t sockaddr_port(const struct sockaddr_any *a);    /* 0 for Unix sockets */
bool sockaddr_is_wildcard(const struct sockaddr_any *a); /* 0.0.0.0 or :: */
bool sockaddr_is_loopback(const struct sockaddr_any *a); /* true for Unix sockets too */

/* bind(2).  Returns 0, or GW_ENOTLOCAL, GW_EINUSE, GW_EPERM, ... */
int sockaddr_bind(int fd, const struct sockaddr_any *a);

/* Reads an address alone: `192.0.2.1`, `2001:db8::1`, `fe80::1%eth0`, IPv6 between brackets too; a
 * v4-mapped one becomes v4.  0 or GW_ESYNTAX. */
int sockaddr_parse_ip(const char *text, struct ipaddr *out);
void sockaddr_from_ip(const struct ipaddr *ip, uint16_t port, struct sockaddr_any *out);
/* A v4-mapped address becomes v4.  Returns 0, or GW_EUNSUP for a Unix socket. */
int sockaddr_to_ip(const struct sockaddr_any *a, struct ipaddr *ip, uint16_t *port);

#endif
