/* loadconn.h - one TCP connection of the load generator, opened straight or through a SOCKS5 proxy.
 *
 * A connection is driven by epoll events until it is LOAD_OPEN; what it then carries is the
 * caller's.  Times are seconds of the monotonic clock as double: this is a measuring tool.  */
#ifndef BENCH_LOADCONN_H
#define BENCH_LOADCONN_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

enum load_state {
    LOAD_CLOSED,
    LOAD_CONNECTING,
    LOAD_GREETING, /* waits for the method answer */
    LOAD_REQUEST,  /* waits for the SOCKS reply */
    LOAD_OPEN,
};

enum { LOAD_IN_MAX = 272, LOAD_HOST_MAX = 256 };

struct load_conn {
    int fd;
    enum load_state state;
    double began_s;
    uint64_t octets; /* caller's: what this connection has carried */
    size_t got, want;
    unsigned char in[LOAD_IN_MAX];
};

/* Where connections go, and what went wrong on the way. */
struct load {
    int ep;
    struct sockaddr_in first; /* the proxy, or the target itself */
    int is_socks;
    char host[LOAD_HOST_MAX]; /* the target as the proxy is told it */
    int port;
    long failures;
    char error[96]; /* of the last failure */
};

double load_now(void);

/* Ends the program with a line on stderr. */
_Noreturn void load_die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "HOST:PORT" taken apart; `.sin_addr` is INADDR_NONE when HOST is a name. */
struct sockaddr_in load_parse(const char *spec, char host[LOAD_HOST_MAX], int *port);

void load_nodelay(int fd);
void load_watch(struct load *ld, struct load_conn *c, uint32_t events);

/* Starts connecting; on failure the connection is LOAD_CLOSED and counted. */
void load_start(struct load *ld, struct load_conn *c);

/* Feeds one event.  1: the connection has just become LOAD_OPEN.  0: not yet, or failed. */
int load_step(struct load *ld, struct load_conn *c, uint32_t events);

/* Closes and counts a failure. */
void load_fail(struct load *ld, struct load_conn *c, const char *why);

/* Opens `n` connections, `at_once` at a time, for at most `limit_s`.  Returns them all, owned by
 * the caller; those that are not LOAD_OPEN have failed or are late. */
struct load_conn *load_open_all(struct load *ld, int n, int at_once, double limit_s);

#endif
