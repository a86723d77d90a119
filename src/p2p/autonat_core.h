/* autonat_core.h - whom AutoNAT's client asks, when, about which of our addresses, and what follows
 * from the answers (autonat.h).  Pure: no I/O, the time is an argument.
 *
 * A round asks up to three peers, one after the other, those first that were asked longest ago.
 * The next one begins after retry_ms, twice that, and so on up to refresh_ms while nothing is
 * known, after refresh_ms when something is, and soon when something has changed.
 *
 * After every call the caller asks whom autonat_core_next names until it names nobody, and comes
 * back at autonat_core_due.
 */
#ifndef GW_P2P_AUTONAT_CORE_H
#define GW_P2P_AUTONAT_CORE_H

#include "p2p/autonat_verdict.h"

#define AUTONAT_PEER_MS       60000    /* from one ask of a peer to the next, at least */
#define AUTONAT_SHUN_MS       86400000 /* the same after it broke off a v1 ask */
#define AUTONAT_OBSERVERS_MAX 64       /* the one asked longest ago makes room, if it is gone */

struct autonat_pace {
    uint64_t delay_ms; /* after a peer is connected, or the addresses have changed */
    uint64_t retry_ms; /* from one round of asking to the next while nothing is known, growing to */
    uint64_t refresh_ms; /* the same when something is */
};
extern const struct autonat_pace autonat_usual_pace; /* 3 s, 2 min, 15 min */

struct autonat_address { /* of ours */
    struct multiaddr at;
    bool is_fixed; /* there by itself: no NAT opens it for whom we sent to (announce_is_fixed) */
    struct ipaddr claimed_by; /* who alone says that it is ours (announce_is_claim); family 0: no */
};

/* What is known of one of them.  From `tally` follows how a NAT filters (RFC 4787 section 5):
 * reached means independently of who sends; only solicited, by address at most; only failed, by
 * address and port (or not at all). */
struct autonat_finding {
    struct multiaddr address;
    enum announce_reach reach; /* by strangers */
    struct autonat_tally tally;
    uint64_t at_ms; /* clock_mono_ms() of the last answer */
};

struct autonat_way {    /* to a peer that dials back for others */
    struct ipaddr from; /* where it is; its ipaddr_net is kept */
    bool is_v2;
};

struct autonat_observer {
    struct peerid peer;
    bool has_way; /* it can be asked */
    struct autonat_way way;
    uint64_t ask_at_ms; /* not before */
    bool is_mute;       /* the last ask told nothing: it does not count as one that can be asked */
    unsigned round;     /* in which it was asked */
};

struct autonat_core { /* to be read only */
    struct autonat_pace pace;
    enum announce_reach reach; /* the verdict */
    bool is_asking;
    struct peerid asked;  /* the last one */
    unsigned round, left; /* asks of this round */
    uint64_t round_at_ms; /* the next one */
    uint64_t pause_ms;    /* between rounds while nothing is known */
    size_t naddrs, nfindings, nobservers;
    struct autonat_address addrs[ANNOUNCE_MAX]; /* public ones */
    struct autonat_finding findings[ANNOUNCE_MAX];
    struct autonat_observer observers[AUTONAT_OBSERVERS_MAX];
    struct autonat_votes votes;
};

void autonat_core_init(struct autonat_core *c, uint64_t now_ms);
void autonat_core_set_pace(struct autonat_core *c, const struct autonat_pace *pace,
                           uint64_t now_ms); /* from the next round on */
/* Our public addresses; at most ANNOUNCE_MAX. */
void autonat_core_set_addrs(struct autonat_core *c, const struct autonat_address *v, size_t n,
                            uint64_t now_ms);
/* A peer can be asked, or (NULL) no more. */
void autonat_core_set_way(struct autonat_core *c, const struct peerid *peer,
                          const struct autonat_way *way, uint64_t now_ms);
/* All that was found counts no more, nor does the ask under way. */
void autonat_core_network_changed(struct autonat_core *c, uint64_t now_ms);

/* Whom to ask now.  `addrs`: in this order, those first on which that peer has answered longest
 * ago, and of these UDP.  The answer, or why there is none, is to follow. */
struct autonat_question {
    struct peerid peer;
    size_t naddrs;
    struct multiaddr addrs[ANNOUNCE_MAX];
};
bool autonat_core_next(struct autonat_core *c, uint64_t now_ms, struct autonat_question *out);
void autonat_core_unasked(struct autonat_core *c); /* it could not be asked after all */
void autonat_core_answer(struct autonat_core *c, int err, const struct autonat_vote *vote,
                         uint64_t now_ms); /* vote: if err is 0 */

void autonat_core_tick(struct autonat_core *c, uint64_t now_ms); /* old answers count no more */
uint64_t autonat_core_due(const struct autonat_core *c); /* UINT64_MAX: when an answer has come */

#endif
