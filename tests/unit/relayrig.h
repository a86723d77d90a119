/* relayrig.h - a host in memory that serves HOP as the test says, and joins circuits octet by
 * octet, so that what crosses it can be counted and read. */
#ifndef GW_TESTS_RELAYRIG_H
#define GW_TESTS_RELAYRIG_H

#include "two_hosts.h"
#include "wire/circuit_msg.h"

enum relayrig_voucher {
    VOUCHER_GOOD,
    VOUCHER_NONE,
    VOUCHER_OF_ANOTHER, /* signed by the relay, for another peer */
};

struct relayrig {
    struct side side;
    struct multiaddr addr; /* with its id */

    /* What it does. */
    bool is_silent;             /* HOP is heard and never answered */
    enum circuit_status status; /* of its answers */
    uint64_t life_s;            /* of a reservation */
    struct circuit_limit limit;
    enum relayrig_voucher voucher;
    struct pb_list addrs; /* told with a reservation */
    /* The multistream header of the end that is called comes behind the STATUS, and that of the
     * caller behind the CONNECT of STOP. */
    bool is_eager;
    struct peerid names; /* n > 0: whom it names as the caller, instead of the caller */
    unsigned refusals;   /* so many circuits end at a peer that speaks no protocol proposed */
    bool loses_na;       /* which says so, and resets the stream, and the reset overtakes it */

    /* What it saw. */
    unsigned reserves, connects;
    unsigned early; /* questions that came in one flight with the protocol id */
    unsigned pipes; /* circuits now */
    unsigned turns; /* of the last circuit: how often the direction changed; 1: the first flight */
    enum circuit_status stop_status; /* of the last STOP answer */
    size_t ncarried;
    uint8_t carried[1 << 16]; /* octets of circuits, the first ones */
};

void relayrig_start(struct relayrig *r, const char *at);
/* VIA/p2p/ID/p2p-circuit through it. */
struct multiaddr relayrig_circuit(const struct relayrig *r);

#endif
