/* diagnosis.h - from what is known of a peer and of both ends to why it is not reached directly,
 * and what would cure that.  Pure: facts in, sentences out. */
#ifndef GW_CTL_DIAGNOSIS_H
#define GW_CTL_DIAGNOSIS_H

#include "p2p/checkup.h"
#include "p2p/loss_tally.h"

#define DIAGNOSIS_CAUSES_MAX 8
#define DIAGNOSIS_CURES_MAX  8
#define DIAGNOSIS_LOSS_MIN   2   /* percent of the packets on one way, from which on it is told */
#define DIAGNOSIS_TEXT_MAX   256 /* octets with the NUL; longer ones are cut */

struct diagnosis_facts {
    const char *name;                  /* of the peer, as the user wrote it */
    const char *self;                  /* our peer id, as `gw id` prints it */
    const struct checkup_state *here;  /* with its punch towards the peer */
    const struct checkup_state *there; /* NULL: it has not told */
    bool is_resolved;                  /* the name leads to a peer */
    bool is_connected, is_relayed, is_tcp;
    bool keeps_to_relay; /* path = relay of the configuration: also while there is a direct one */
    bool speaks_dcutr;   /* true also while it is not known */
    int err;             /* why there is no connection; 0: there is one */
    size_t ndirect, ncircuits;      /* addresses of the peer, tried or not */
    size_t direct_ok, circuit_ok;   /* that answered */
    bool is_refused;                /* one of the direct ones refused */
    const struct loss_result *loss; /* of the path in use; NULL: not known */
    bool is_absent;                 /* a relay said that the peer has no slot there */
};

struct diagnosis {
    size_t ncauses, ncures;
    struct {
        const char *key; /* static, such as "both-symmetric"; doc/gw.1 has them all */
        char text[DIAGNOSIS_TEXT_MAX];
    } causes[DIAGNOSIS_CAUSES_MAX];
    char cures[DIAGNOSIS_CURES_MAX][DIAGNOSIS_TEXT_MAX];
};

/* Empty when the peer is connected directly, not for want of UDP, and few packets get lost.  Texts
 * may hold what the peer sent: escaped by who shows them. */
void diagnosis_make(const struct diagnosis_facts *f, struct diagnosis *out);

#endif
