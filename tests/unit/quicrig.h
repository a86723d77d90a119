/* quicrig.h - two endpoints on loopback with real packets, and ends of streams that count and check
 * what comes. */
#ifndef GW_TESTS_QUICRIG_H
#define GW_TESTS_QUICRIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "looprun.h"
#include "transport/quic.h"

struct dgrams_got {
    unsigned n;
    size_t octets;
    uint8_t first[256]; /* the first octet of each, */
    size_t len[256];    /* and its length */
    bool echo;          /* each is sent back */
};

struct side {
    struct key *key;
    struct quic *quic;
    struct muxed *conn;
    bool admits, is_ready;
    int nclosed, close_err;
    int nin; /* streams that the other side opened */
    struct dgrams_got dgrams;
};

struct end { /* one end of a stream: counts and checks what comes */
    struct stream *s;
    uint64_t got, sum, to_send, sent;
    bool eof, fin_when_sent, echo;
    int nclosed, err;
};

extern struct ev_loop *loop;
extern struct turn *turn;
extern struct side a, b; /* a dials */
extern struct multiaddr b_addr;
extern struct end b_end;     /* takes every stream that `a` opens, as set up by the test */
extern struct end b_ends[5]; /* or, when b_uses_many, one each */
extern bool b_uses_many;
extern const struct quic_config base_config;

int quicrig_setup(void **state); /* two endpoints, b listens */
int quicrig_teardown(void **state);
void listen_b(const struct quic_config *cfg, const char *at); /* b's endpoint anew */
void dial(const struct peerid *expect);
void connect_both(void);

#define RUN_UNTIL(cond) LOOPRUN_UNTIL(loop, cond)

struct stream *open_from_a(struct end *e);
void pump(struct end *e); /* writes what is left of e->to_send, as far as there is room */

/* Events of an end, to be mixed with others. */
void end_drained(struct stream *s, size_t n);
void end_eof(struct stream *s);
void end_close(struct stream *s, int err);

#endif
