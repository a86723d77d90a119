/* kad_store.h - what a DHT server keeps for others: records and providers.  Pure: the time is an
 * argument.
 *
 * Values are checked before they are stored: under /gw/ stands a name record (id/name_record.h),
 * under /pk/ a public key (libp2p specs, kad-dht), other keys are refused.  Of two name records the
 * one with the greater sequence number stays.  Both kinds expire, and both are bounded in number;
 * when there is no room what is furthest from our own point makes it.
 */
#ifndef GW_P2P_KAD_STORE_H
#define GW_P2P_KAD_STORE_H

#include "p2p/kad_table.h"
#include "wire/kad_msg.h"

#define KAD_RECORDS_MAX      8192
#define KAD_RECORD_LIFE_S    (48 * 3600) /* or the record's own expiry, if sooner */
#define KAD_PROVIDED_MAX     4096        /* keys */
#define KAD_PROVIDERS_MAX    32          /* of one key; the oldest makes room */
#define KAD_PROVIDER_LIFE_S  (24 * 3600)
#define KAD_PROVIDER_ADDRS_S (30 * 60) /* so long its addresses are told, too */
#define KAD_PER_PEER_MAX     1024      /* provided keys of one peer */
#define KAD_ADDRESSED_MAX    8192      /* providers; while there are more, addresses are not kept */

struct kad_store;

struct kad_store *kad_store_new(const struct peerid *self); /* owned, or NULL */
void kad_store_free(struct kad_store *s);                   /* NULL is fine */

/* May the value stand under the key?  0, or why not: GW_EUNSUP (no such kind of key), else as
 * name_record_check.  Readers call it, too: nothing that a peer answers is believed. */
int kad_value_check(struct bytes key, struct bytes value, uint64_t now_s);
/* Above 0: a is to be preferred to b; both have been checked. */
int kad_value_cmp(struct bytes key, struct bytes a, struct bytes b);

/* 0; as kad_value_check; GW_EEXISTS: a better one is here; GW_ELIMIT, GW_ENOMEM. */
int kad_store_put(struct kad_store *s, struct bytes key, struct bytes value, uint64_t now_s);
/* Views until the next call of a function that changes something; false: none. */
bool kad_store_get(struct kad_store *s, struct bytes key, uint64_t now_s, struct bytes *value,
                   uint64_t *received_s);

/* The key is a multihash, or any octets.  The addresses (KAD_ADDRS_MAX) are the provider's,
 * whatever the key; those that it told before are forgotten.  0, GW_ELIMIT, GW_ENOMEM, GW_EINVAL
 * (an empty key, or longer than KAD_MSG_KEY_MAX). */
int kad_store_provide(struct kad_store *s, struct bytes key, const struct peerid *provider,
                      const struct multiaddr *addrs, size_t naddrs, uint64_t now_s);
/* The latest first.  Addresses are views as above. */
size_t kad_store_providers(struct kad_store *s, struct bytes key, uint64_t now_s,
                           struct kad_contact *out, size_t max);

void kad_store_expire(struct kad_store *s, uint64_t now_s); /* frees what nobody asks for */
size_t kad_store_records(const struct kad_store *s);
size_t kad_store_provided(const struct kad_store *s);

#endif
