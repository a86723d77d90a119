/* name_record.h - a name record: an owner says, signed, whom a name of its own names (in the manner
 * of BEP 44: a key made of the owner and the label, a sequence number, an expiry).
 *
 * Four statements have this form, in an envelope (envelope.h) of one kind:
 *   - name "laptop", owner a network's relay, peer P: laptop of this network is P;
 *   - name "", owner P: these are my addresses;
 *   - name "laptop.grewal", owner P: I want to be called so there (a claim: p2p/names_book.h);
 *   - name "", owner a key made of a code: who has the code may know where I am (share_code.h).
 *
 * In the DHT a record of any of them but a claim stands under the key "/gw/" followed by
 * SHA-256(owner's binary peer id | name): whoever stores or receives it can check that it belongs
 * there, and nobody can make one for a name of another owner.
 */
#ifndef GW_ID_NAME_RECORD_H
#define GW_ID_NAME_RECORD_H

#include "id/envelope.h"
#include "id/multiaddr.h"
#include "wire/name_msg.h"

#define NAME_RECORD_MAX     3072 /* octets, sealed */
#define NAME_RECORD_PREFIX  "/gw/"
#define NAME_RECORD_KEY     (4 + 32)
#define NAME_RECORD_LIFE_S  (48 * 3600)  /* what we sign: today's records outlive a day offline */
#define NAME_RECORD_AHEAD_S (30 * 86400) /* none that expires later than this is taken */

struct name_record {
    char name[NAME_MSG_NAME_MAX + 1];
    struct peerid owner; /* who signed it */
    struct peerid peer;  /* whom it names; the owner itself when the record names none */
    uint64_t sequence, expires_s;
    struct multiaddr addrs[NAME_MSG_ADDRS_MAX];
    size_t naddrs;
    struct bytes sealed; /* a view: of the octets that were opened, or the caller's; mostly none */
};

/* Signs r with `k`; r->owner is not looked at.  Returns the octets put, or GW_EINVAL (a name that
 * cannot be one), GW_ENOMEM (no room: NAME_RECORD_MAX is enough). */
int name_record_seal(const struct key *k, const struct name_record *r, uint8_t *dst, size_t cap);

/* Opens one, whoever signed it.  Addresses that cannot be read are passed over.  Returns 0; else
 * GW_EPROTO (malformed), GW_EDENIED (bad signature), GW_EUNSUP (unknown kind of key), GW_ETIMEOUT
 * (expired at now_s, or NAME_RECORD_AHEAD_S ahead of it). */
int name_record_open(struct bytes sealed, uint64_t now_s, struct name_record *out);

/* Above 0: a is to be preferred to b.  The greater sequence number counts, then the later expiry;
 * what is left is decided in the same way by all.  Both have been opened before: their signatures
 * are not looked at. */
int name_record_cmp(struct bytes a, struct bytes b);

void name_record_key(const struct peerid *owner, struct bytes name, uint8_t out[NAME_RECORD_KEY]);

/* Is `value` a record that may stand under `key`?  0, or GW_E* as name_record_open, GW_EINVAL: it
 * belongs under another key. */
int name_record_check(struct bytes key, struct bytes value, uint64_t now_s,
                      struct name_record *out);

#endif
