/* fake_muxed.h - connections in memory behind the functions of transport/quic.h, so that several
 * hosts live in one test program.  Linked instead of the real endpoint.
 *
 * Besides those of QUIC, addresses of circuits are dialled: these lead to the peer that is
 * expected; and those of TCP: these lead to who listens on QUIC at the same port. An address of
 * QUIC leads to the endpoint that listens there and answers after `delay_ms`; a rule changes that.
 * As in TLS 1.3 the dialler is ready before the other side has decided whether to admit it.
 */
#ifndef GW_TESTS_FAKE_MUXED_H
#define GW_TESTS_FAKE_MUXED_H

#include "fake_stream.h"
#include "transport/quic.h"

struct fake_rule {
    struct multiaddr addr;
    unsigned delay_ms; /* until the answer; the round trip that muxed_info tells */
    int err; /* the dial fails with it; 0: it leads to who listens there, to nobody for ever
                otherwise */
};

struct fake_net {
    struct fake_rule rules[8];
    size_t nrules;
    unsigned dials;               /* attempts made, */
    struct multiaddr dialled[32]; /* and the addresses of the first */
    unsigned streams;             /* opened */
    bool dies_on_stream;          /* the next stream opened takes its connection with it, once */
    bool is_silent;               /* new streams are not heard by the other end */
    size_t piece;                 /* of new streams */
    unsigned round_ms;            /* of new streams */
    struct multiaddr moved_to;    /* as fake_net_move says; n 0: nowhere */
    bool has_places;              /* who dials is seen where it listens, and not all at one place */
    bool no_circuits;             /* circuit addresses are for another dialer */
    size_t datagram_max;          /* 0: none are taken */
    uint64_t unanswered_ms;       /* of all direct connections */
};

extern struct fake_net fake_net; /* zeroed between tests by fake_net_reset */

void fake_net_reset(void);
void fake_net_rule(const char *addr, unsigned delay_ms, int err);
/* All who have dialled are seen at `addr` from now on, and the other ends are told. */
void fake_net_move(const char *addr);

#endif
