/* kad.h - the distributed hash table: libp2p Kademlia (libp2p specs, kad-dht) on a host, client and
 * server.
 *
 * As a client we only ask.  As a server we also answer, identify tells the protocol, and others put
 * us into their tables.  A peer is taken into our table when it answered us and serves the
 * protocol.  The table is kept in a file across restarts.
 *
 * Above: the DHT tier (name/tier_dht.h) and the commands of `gw dht`.
 */
#ifndef GW_P2P_KAD_H
#define GW_P2P_KAD_H

#include "host/host.h"
#include "id/name_record.h"
#include "p2p/kad_table.h"
#include "wire/kad_msg.h"

#define KAD_PROTOCOL "/gw/kad/1.0.0"

struct kad_config {
    const char *protocol;  /* copied */
    uint64_t query_ms;     /* one lookup as a whole */
    uint64_t request_ms;   /* one question to one peer, its connection included */
    uint64_t refresh_ms;   /* of the table */
    uint64_t republish_ms; /* of what we published */
    unsigned paths;        /* disjoint paths of a lookup */
};

struct kad;

/* Borrows the host.  `path` (copied; NULL: none) keeps the table.  Asks nobody before there is
 * somebody to ask: kad_bootstrap, or contacts of the file.  From then on, until one of them has
 * answered, it is joining: lookups wait for that, KAD_JOIN_MS at most.  Returns owned, or NULL. */
#define KAD_JOIN_MS 3000
struct kad *kad_new(struct host *h, const struct kad_config *cfg, const char *path);
void kad_free(
    struct kad *k); /* between host_stop and host_free; lookups end without `done`; NULL is fine */
int kad_set_server(struct kad *k, bool is_server); /* 0, or GW_E* */
bool kad_is_server(const struct kad *k);

/* A peer that may serve the DHT (the addresses are copied; some may be known already): it is
 * connected and asked, at once, when the table holds few, later else. */
void kad_bootstrap(struct kad *k, const struct peerid *peer, const struct multiaddr *addrs,
                   size_t naddrs);
void kad_network_changed(struct kad *k); /* refreshes, unless it just has */

struct kad_request;                     /* something under way */
void kad_cancel(struct kad_request *q); /* done will not be called; NULL is fine */

struct kad_result { /* borrowed for the call */
    int err; /* 0; GW_ENONAME: nobody has it; GW_EREFUSED: nobody took it; GW_ENETDOWN: nobody to
                ask; GW_EINVAL: kad_put; GW_ETIMEOUT; GW_ENOMEM */
    struct bytes value; /* of kad_get: the best one that is valid */
    const struct kad_contact
        *peers; /* of kad_find: one or none; of kad_providers; kad_put, kad_provide: who took it */
    size_t npeers;
    unsigned asked, answered, hops;
};
typedef void kad_done_fn(void *arg, const struct kad_result *r);

/* All: `done` once, from the loop.  NULL: out of memory, too many lookups wait (kad_run.h), or a
 * key that is empty or longer than allowed.  What we keep as a server counts like another's answer.
 */
struct kad_request *kad_get(struct kad *k, struct bytes key, kad_done_fn *done, void *arg);
struct kad_request *kad_put(struct kad *k, struct bytes key, struct bytes value, kad_done_fn *done,
                            void *arg); /* a value that is not valid: GW_EINVAL */
struct kad_request *kad_find(struct kad *k, const struct peerid *peer, kad_done_fn *done,
                             void *arg); /* its addresses; of one that is connected, at once */
struct kad_request *kad_providers(struct kad *k, struct bytes key, kad_done_fn *done, void *arg);
struct kad_request *kad_provide(struct kad *k, struct bytes key, kad_done_fn *done, void *arg);

/* Publishes a name record of ours now and every republish_ms, signed anew each time with a new
 * sequence number; the same name again replaces it, unless it says the same.  r->sequence,
 * expires_s and owner are not looked at.  0, GW_ELIMIT (KAD_PUBLISHED_MAX), GW_ENOMEM. */
#define KAD_PUBLISHED_MAX 4096
int kad_publish(struct kad *k, const struct name_record *r);
void kad_unpublish(struct kad *k, const char *name);

struct kad_stats {
    size_t contacts, records, provided, published;
    uint64_t lookups, found; /* since the start */
    bool is_server, is_joining;
};
void kad_stats(const struct kad *k, struct kad_stats *out);
void kad_each_contact(const struct kad *k,
                      void (*each)(void *arg, const struct kad_contact *c, uint64_t heard_ms),
                      void *arg);

#endif
