/* kad_id.h - points of the Kademlia key space: SHA-256 of a key or of a binary peer id, and the XOR
 * distance between them (libp2p specs, kad-dht). */
#ifndef GW_P2P_KAD_ID_H
#define GW_P2P_KAD_ID_H

#include "id/peerid.h"

#define KAD_ID_LEN  32
#define KAD_ID_BITS (KAD_ID_LEN * 8)

struct kad_id {
    uint8_t b[KAD_ID_LEN];
};

void kad_id_of_key(struct bytes key, struct kad_id *out);
void kad_id_of_peer(const struct peerid *peer, struct kad_id *out);

/* Below 0: a is nearer to the target than b; 0: they are equal. */
int kad_id_cmp(const struct kad_id *target, const struct kad_id *a, const struct kad_id *b);
/* How many leading bits are the same: 0 to KAD_ID_BITS. */
unsigned kad_id_shared(const struct kad_id *a, const struct kad_id *b);

#endif
