/* checkup.h - how this node finds itself connected (NAT, UDP, relays, addresses), for its user and,
 * by /gw/checkup/1.0.0, for peers; and asking a peer the same.
 *
 * It tells what other parts have found out already and starts nothing of its own.  Who may use
 * something here, or was dialled by us, is answered; to others the protocol is not spoken.
 */
#ifndef GW_P2P_CHECKUP_H
#define GW_P2P_CHECKUP_H

#include "p2p/autonat.h"
#include "p2p/dcutr.h"
#include "p2p/reservations.h"
#include "wire/checkup_msg.h"

#define CHECKUP_TEXT_MAX 64 /* octets of a text with its NUL; longer ones are cut */

struct checkup_addrs {
    size_t n;
    struct multiaddr v[PB_LIST_MAX];
};

struct checkup_relay {
    struct peerid id;
    enum checkup_slot slot;
    uint64_t rtt_us; /* 0: not known */
};

/* What a peer tells is not believed further than that its addresses parse and its numbers are in
 * range; its texts may hold any octets. */
struct checkup_state {
    char version[CHECKUP_TEXT_MAX];
    struct checkup_net net;
    struct checkup_addrs announced;
    struct checkup_addrs candidates; /* for hole punching */
    struct checkup_addrs mapped;     /* by the router */
    size_t nrelays;
    struct checkup_relay relays[CHECKUP_RELAYS_MAX];
    struct { /* towards one peer */
        enum checkup_punch_state state;
        uint32_t tries;               /* of the last round */
        char error[CHECKUP_TEXT_MAX]; /* of the last one; "": none */
    } punch;
};

struct checkup;

struct checkup_parts { /* all borrowed */
    struct host *host;
    const struct announce *announce;
    const struct autonat *autonat;
    const struct dcutr *dcutr;
    const struct reservations *reservations;
    bool has_port_map; /* the router is asked for ports */
    const char *version;
};

/* May this peer use anything here? */
typedef bool checkup_may_fn(void *arg, const struct peerid *peer);

/* Serves the protocol.  Returns owned (free it between host_stop and host_free), or NULL. */
struct checkup *checkup_new(const struct checkup_parts *parts, checkup_may_fn *may, void *arg);
void checkup_free(struct checkup *k); /* NULL is fine */

/* This node as it is now; `towards` is whom `punch` is about (NULL: nobody). */
void checkup_look(const struct checkup *k, const struct peerid *towards, struct checkup_state *out);

/* How a NAT filters, from what dial-backs to addresses that it alone opens have found. */
enum checkup_filtering checkup_filtering(const struct autonat_finding *f, size_t n);

/* The peer's answer.  GW_ENOPROTO: it does not speak the protocol, or not to us. */
struct checkup_ask;
typedef void checkup_told_fn(void *arg, int err, const struct checkup_state *theirs); /* borrowed */
/* Asks on the connection in use; `done` is called once, from the loop, after timeout_ms at the
 * latest.  NULL: out of memory. */
struct checkup_ask *checkup_ask(struct host *h, const struct peerid *peer, uint64_t timeout_ms,
                                checkup_told_fn *done, void *arg);
void checkup_ask_cancel(struct checkup_ask *q); /* done will not be called; NULL is fine */

#endif
