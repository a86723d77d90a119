/* share_code.h - a short code by which one peer finds another in the DHT, told over the telephone:
 *
 *     k3vq-7mza-2hbn        12 of a-z and 2-7, 60 bits drawn at random
 *
 * From the code both derive an Ed25519 key and a secret.  The one signs a name record
 * (name_record.h) as its owner, in which peer id and addresses are sealed with the other
 * (XChaCha20-Poly1305).  So who has the code finds the record, and knows that it was made by one
 * who has it; who stores it learns neither the code nor of whom it tells.  Guessing a code takes
 * 2^59 key derivations, and it is worth nothing once the record has expired.
 */
#ifndef GW_ID_SHARE_CODE_H
#define GW_ID_SHARE_CODE_H

#include "id/name_record.h"

#define SHARE_CODE_STR_MAX   15 /* with its NUL */
#define SHARE_CODE_ADDRS_MAX 4

struct share_code { /* wipe it */
    struct key *owner;
    uint8_t secret[32];
};

void share_code_draw(char out[SHARE_CODE_STR_MAX]);
/* Reads one as people type it: in capitals, with blanks or hyphens or without, 0 for o, 1 for l, 8
 * for b.  0, or GW_ESYNTAX, GW_ENOMEM. */
int share_code_read(struct share_code *c, const char *text);
void share_code_wipe(struct share_code *c);

/* Where its record stands in the DHT. */
void share_code_key(const struct share_code *c, uint8_t out[NAME_RECORD_KEY]);
/* A record that tells of the peer until expires_s; of more than SHARE_CODE_ADDRS_MAX addresses the
 * first ones.  The octets put into dst, or GW_ENOMEM (NAME_RECORD_MAX is enough). */
int share_code_seal(const struct share_code *c, const struct peerid *peer,
                    const struct multiaddr *addrs, size_t naddrs, uint64_t now_s,
                    uint64_t expires_s, uint8_t *dst, size_t cap);
/* Opens one: out->peer and out->addrs are those told.  0; as name_record_check; GW_EDENIED: it was
 * not sealed with this code. */
int share_code_open(const struct share_code *c, struct bytes record, uint64_t now_s,
                    struct name_record *out);

#endif
