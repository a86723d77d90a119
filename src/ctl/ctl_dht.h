/* ctl_dht.h - `gw dht`: looking into the distributed hash table, and putting into it.
 *
 * A key is text, or 0x and hexadecimal digits; where a value is wanted also HOST.NETWORK of a
 * network that this node is in, or a peer id, for the keys of their name records.  Every answer but
 * that of status has {found, error, took_us, asked, answered, hops}; error is "" when found. */
#ifndef GW_CTL_CTL_DHT_H
#define GW_CTL_CTL_DHT_H

#include "ctl/ctl_deps.h"
#include "ctl/ctl_session.h"

/* -> {mode: "off" | "client" | "server", contacts, records, provided, published, lookups, met,
 * peers: [{peer, addrs[], heard_s}]}; lookups and met: since the start, and how many found it;
 * heard_s: seconds ago */
/* A code that leads to us for a while, and what another one's leads to (id/share_code.h). */
void ctl_dht_share(const struct ctl_deps *d, struct ctl_session *s, json_t *req);
void ctl_dht_meet(const struct ctl_deps *d, struct ctl_session *s, json_t *req);
void ctl_dht_status(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

/* {peer: ID} -> {..., peers: [{peer, addrs[]}]}: one, or none */
void ctl_dht_find(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

/* {key} -> {..., value: BASE64, record: {name, owner, peer, sequence, expires_s, addrs[]}}; record:
 * only of what is one */
void ctl_dht_get(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

/* {key, value: BASE64} / {key} -> {..., peers}: who took it / who has it */
void ctl_dht_put(const struct ctl_deps *d, struct ctl_session *s, json_t *req);
void ctl_dht_provide(const struct ctl_deps *d, struct ctl_session *s, json_t *req);
void ctl_dht_providers(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

#endif
