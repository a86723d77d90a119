/* peer_list.h - a list of DHT peers to begin with, signed by who keeps it, so that it may come over
 * any way.
 *
 * A text file: lines `/.../p2p/ID`, `# comments`, empty lines, `expires 2027-01-01T00:00Z`, and as
 * the last line `signature BASE64`: Ed25519 by the keeper's key (a libp2p peer id of that kind)
 * over "gw-peer-list:" and all octets before that line.  `gw dht sign-list FILE` appends it with
 * this node's key.
 */
#ifndef GW_ID_PEER_LIST_H
#define GW_ID_PEER_LIST_H

#include "id/key.h"
#include "id/multiaddr.h"

#define PEER_LIST_MAX      256 /* addresses; more are left out */
#define PEER_LIST_TEXT_MAX (64 * 1024)

/* Verifies and reads.  Addresses of kinds that we do not know are passed over.  Returns the number
 * of addresses put, each with /p2p/ID; or GW_ESYNTAX (malformed: *line says where; 0: not in one
 * line, such as when the last one is no signature), GW_EDENIED (bad signature), GW_ETIMEOUT
 * (expired at now_s), GW_EUNSUP (the keeper's key is of another kind), GW_ENOMEM. */
int peer_list_read(struct bytes text, const struct peerid *keeper, uint64_t now_s,
                   struct multiaddr *out, size_t max, unsigned *line);
/* Writes the signature line for this text into `out`, with its newline and a NUL.  0; GW_EINVAL:
 * the text does not end in a newline, is too long, or would not read (a line that is none of the
 * above, such as a signature); GW_ENOMEM. */
#define PEER_LIST_SIGNATURE_MAX 112
int peer_list_sign(const struct key *k, struct bytes text, char out[PEER_LIST_SIGNATURE_MAX]);

#endif
