/* peerid.h - libp2p peer ids: the multihash of a public key (specs/peer-ids). */
#ifndef GW_ID_PEERID_H
#define GW_ID_PEERID_H

#include "base/cursor.h"

#define PEERID_MH_MAX  44 /* identity multihash of a 42-octet key */
#define PEERID_STR_MAX 80 /* any text form with its NUL */

struct peerid { /* zero-padded: usable as a hash key and with peerid_eq as a whole */
    uint8_t n;  /* octets used in mh; 0: no peer */
    uint8_t mh[PEERID_MH_MAX];
};

/* From the protobuf-encoded PublicKey (wire/keypb.h): identity multihash up to 42 octets, SHA-256
 * above. */
void peerid_from_pubkey(struct bytes pubkey_pb, struct peerid *out);

/* From the binary multihash.  Returns 0 or GW_EINVAL. */
int peerid_from_bytes(struct bytes mh, struct peerid *out);

/* Reads base58 (`12D3KooW...`, `Qm...`) or a CIDv1 of codec libp2p-key in base32 (`b...`), base36
 * (`k...`) or base58 (`z...`).  base32 and base36 are read without regard to case.  Returns 0 or
 * GW_ESYNTAX. */
int peerid_parse(struct bytes text, struct peerid *out);

const char *peerid_print(const struct peerid *id,
                         char out[PEERID_STR_MAX]); /* base58; returns out */
const char *peerid_print_base36(const struct peerid *id,
                                char out[PEERID_STR_MAX]); /* CIDv1: fits a DNS label */
const char *peerid_print_base32(const struct peerid *id, char out[PEERID_STR_MAX]); /* CIDv1 */

/* The last 8 characters of the base58 form, for logs; one of four static buffers. */
const char *peerid_short(const struct peerid *id);

bool peerid_eq(const struct peerid *a, const struct peerid *b);

#endif
