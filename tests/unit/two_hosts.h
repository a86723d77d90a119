/* two_hosts.h - two hosts joined in memory, and a loop with a watch on it, for tests. */
#ifndef GW_TESTS_TWO_HOSTS_H
#define GW_TESTS_TWO_HOSTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "fake_muxed.h"
#include "host/host.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct side {
    struct key *key;
    struct host *host;
    struct multiaddr addr;   /* where it listens */
    bool admits;             /* whoever comes */
    unsigned opened, closed; /* connections */
    int close_err;           /* of the last */
};

struct opened { /* what a host_opened_fn was told */
    unsigned calls;
    int err;
    struct conn *conn;
    struct stream *s; /* left without an owner: it is dropped */
    char protocol[64];
};

extern struct ev_loop *loop;
extern struct turn *turn;
extern struct side a, b;          /* a has the smaller peer id */
extern struct host_config config; /* of both, changed before hosts_start */

int hosts_setup(void **state); /* fresh hosts, nothing else */
/* One more host, with its key given (key_generate), listening there. */
void side_start(struct side *s, const char *at);
void side_free(struct side *s); /* and its key; it has been stopped */
int hosts_teardown(void **state);

void run_until(bool (*is_done)(void *arg), void *arg); /* fails after LOOPRUN_DEADLINE_MS */
void run_ms(unsigned ms);

bool is_opened(void *arg); /* struct opened: called */
void note_opened(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                 struct bytes early);

/* Opens `protocol` at `to` from `from` over `addrs`, waits, and tells. */
struct opened open_from(struct side *from, const struct side *to, const char *protocol);

/* A connection from `from` to `to`, both ends ready. */
struct conn *join(struct side *from, struct side *to);

struct multiaddr maddr(const char *text);

/* Stream events that take everything and do nothing. */
extern const struct stream_events quiet_events;

/* Serves a protocol: counts its streams in *(unsigned *)arg and is quiet. */
void quiet_handler(void *arg, struct conn *c, struct stream *s, const char *protocol,
                   struct bytes early);

#endif
