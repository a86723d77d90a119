/* autonat_verdict.h - from what peers found when they dialled us back to a verdict: can strangers
 * reach us?  Pure: no loop, the time is an argument.
 *
 * Observers are told apart by their networks (ipaddr_net), and each counts with its last answer on
 * an address of ours.  Three more that say one thing than say the other decide; as long as fewer
 * can be asked, all of them.  A verdict stands as long as the answers lean its way.
 *
 * A dial-back that came from where we had sent to ourselves, the same IP address over the same
 * transport, is solicited: a NAT that lets in by address, whatever the port (RFC 4787 section 5),
 * lets it in and strangers not.  So it speaks for PUBLIC only on addresses that no such NAT stands
 * before.  On others it shows no more than that the address leads to us, and its observer does not
 * count among those that can be asked: what the NAT lets in only they tell that we had not sent to,
 * whom we reach over the other transport or family.
 */
#ifndef GW_P2P_AUTONAT_VERDICT_H
#define GW_P2P_AUTONAT_VERDICT_H

#include "id/multiaddr.h"
#include "p2p/announce.h"

#define AUTONAT_VOTES_MAX    64        /* the oldest makes room */
#define AUTONAT_VOTE_LIFE_MS (2700000) /* 45 min, three rounds of asking */
#define AUTONAT_AGREE        3

enum autonat_answer { /* the greater says more */
                      AUTONAT_FAILED,
                      AUTONAT_REACHED_SOLICITED,
                      AUTONAT_REACHED,
};

struct autonat_vote {
    struct ipaddr from;       /* the network of the peer that was asked */
    struct multiaddr address; /* ours; n == 0: all that it was told (v1) */
    enum autonat_answer answer;
    uint64_t at_ms;
};

struct autonat_votes { /* zeroed means empty */
    struct autonat_vote v[AUTONAT_VOTES_MAX];
    size_t n;
};

void autonat_votes_note(struct autonat_votes *v, const struct autonat_vote *vote);
/* Forgets the votes on addresses that are not (or no longer) among these. */
void autonat_votes_keep(struct autonat_votes *v, const struct multiaddr *addresses, size_t n);

/* When this observer last answered about the address; 0: never, or its vote is gone. */
uint64_t autonat_votes_last_ms(const struct autonat_votes *v, const struct ipaddr *from,
                               const struct multiaddr *address);

struct autonat_tally { /* observers */
    unsigned reached, solicited, failed;
    uint64_t last_ms; /* of the newest vote; 0: none */
};
/* Of the votes on one address, or with NULL on any: then each observer counts once, with the
 * answer that says most. */
struct autonat_tally autonat_votes_count(const struct autonat_votes *v,
                                         const struct multiaddr *address, uint64_t now_ms);

/* `askable`: observers there are to ask; `before`: the verdict so far. */
enum announce_reach autonat_verdict(unsigned reached, unsigned failed, unsigned askable,
                                    enum announce_reach before);

#endif
