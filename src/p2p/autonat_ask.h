/* autonat_ask.h - one question to a peer: can you dial us back?  AutoNAT v1 or v2, from the request
 * to a vote.  Pure: no I/O, the time is an argument.
 *
 *   OPENING -> WAITING (-> PAYING -> WAITING) -> OVER
 *                 v1, OK: -> LISTENING, if the dial-back has not been seen yet -> OVER
 *
 * An answer that we are reached counts only if somebody has come by that transport.
 */
#ifndef GW_P2P_AUTONAT_ASK_H
#define GW_P2P_AUTONAT_ASK_H

#include "p2p/autonat_verdict.h"
#include "p2p/autonat_wire.h"

#define AUTONAT_ASK_MS    30000  /* for an answer */
#define AUTONAT_LISTEN_MS 2000   /* a dial-back that was told may yet arrive */
#define AUTONAT_ASK_ADDRS 16     /* addresses in one request */
#define AUTONAT_PAY_MAX   102400 /* octets of data that we send before an address is dialled */

enum autonat_ask_state {
    AUTONAT_ASK_OPENING,   /* the stream, the request in its first flight */
    AUTONAT_ASK_WAITING,   /* for the answer */
    AUTONAT_ASK_PAYING,    /* autonat_ask_pay, until it has nothing more */
    AUTONAT_ASK_LISTENING, /* the stream is not needed any more */
    AUTONAT_ASK_OVER,      /* err or vote is the outcome */
};

struct autonat_ask { /* to be read only */
    enum autonat_ask_state state;
    bool is_v2;
    uint64_t nonce; /* v2: whoever tells it was sent by the peer */
    uint64_t due_ms;
    struct { /* the dial-back */
        bool has_come, is_tcp, is_solicited;
    } arrival;
    size_t naddrs, reached; /* reached: v1, of which OK was told */
    struct multiaddr addrs[AUTONAT_ASK_ADDRS];
    bool has_paid; /* or does */
    size_t owed;   /* octets of data */
    int err;       /* 0: the vote counts.  Else it has not answered, or that tells nothing */
    struct autonat_vote vote;
};

/* `from`: where the peer is.  `addrs` (copied) beyond AUTONAT_ASK_ADDRS are left out. */
struct autonat_ask_of {
    bool is_v2;
    uint64_t nonce; /* random */
    struct ipaddr from;
    const struct multiaddr *addrs;
    size_t naddrs;
};
void autonat_ask_init(struct autonat_ask *a, const struct autonat_ask_of *of);
/* Puts the request of `self`.  Octets put, or GW_E*. */
#define AUTONAT_ASK_REQUEST_MAX (AUTONAT_ASK_ADDRS * (MULTIADDR_MAX + 4) + 64)
int autonat_ask_request(const struct autonat_ask *a, const struct peerid *self, uint8_t *out,
                        size_t cap);
void autonat_ask_opened(struct autonat_ask *a, uint64_t now_ms);

/* Takes a message, if there is a whole one.  Octets used, or 0: more is needed, or nothing more. */
size_t autonat_ask_input(struct autonat_ask *a, struct bytes in, uint64_t now_ms);
/* Puts the next piece of the data that was demanded.  Octets put; 0: there is no more. */
#define AUTONAT_ASK_PIECE_MAX (AUTONAT2_MSG_DATA_MAX + 16)
size_t autonat_ask_pay(struct autonat_ask *a, uint8_t out[AUTONAT_ASK_PIECE_MAX]);
/* Somebody has come who may be the dial-back (v2: with the nonce), the first one counts.
 * is_solicited: from where we had sent to ourselves. */
void autonat_ask_arrived(struct autonat_ask *a, bool is_tcp, bool is_solicited, uint64_t now_ms);
/* The stream could not be opened, or is gone. */
void autonat_ask_failed(struct autonat_ask *a, int err);

void autonat_ask_tick(struct autonat_ask *a, uint64_t now_ms);
uint64_t autonat_ask_due(const struct autonat_ask *a); /* UINT64_MAX: never */

#endif
