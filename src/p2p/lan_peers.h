/* lan_peers.h - the peers that were heard of on the LAN (mdns_core.h): their addresses and names,
 * for as long as the records hold.  No I/O, no loop; the time is an argument.
 *
 * Anybody on the LAN may say anything, so all is bounded, per source address as well, and nothing
 * that one source says takes away what another one has said: a name stays with the peer that had it
 * first, a peer with the name that it was given, and when a peer has too many addresses the source
 * of most of them gives way.
 */
#ifndef GW_P2P_LAN_PEERS_H
#define GW_P2P_LAN_PEERS_H

#include "id/multiaddr.h"

#define LAN_PEERS_MAX        1024
#define LAN_PEERS_PER_SOURCE 64 /* peers that one IP address can be the first to tell of */
#define LAN_ADDRS_MAX        16 /* of one peer */
#define LAN_TTL_MAX_S        600
#define LAN_LABEL_MAX        63

struct lan_addr {
    struct multiaddr addr;         /* without /p2p */
    struct ipaddr from;            /* who said so first */
    char label[LAN_LABEL_MAX + 1]; /* the peer-name that it had there */
    uint64_t heard_ms, expires_ms;
};

struct lan_news { /* what one message says of one peer */
    struct peerid peer;
    struct ipaddr from;
    char label[LAN_LABEL_MAX + 1]; /* the peer-name, of no meaning */
    char name[LAN_LABEL_MAX + 1];  /* "": none told */
    uint32_t ttl_s;                /* not 0 */
    bool is_all; /* what the same source said more than a second ago holds no more */
    struct multiaddr addrs[LAN_ADDRS_MAX];
    size_t naddrs;
};

struct lan_peer { /* to be read */
    struct peerid peer;
    struct ipaddr first_from;
    char name[LAN_LABEL_MAX + 1]; /* the one that leads to it; "" = none */
    struct ipaddr name_from;      /* who may change it, as long as an address is from there */
    uint32_t ttl_s;
    bool is_contested;                    /* wants a name that is another one's; logged once */
    struct lan_addr addrs[LAN_ADDRS_MAX]; /* the one heard last stands last */
    size_t naddrs;
};

struct lan_peers;

/* Something is new of a peer: it, its name, one of its addresses. */
typedef void lan_peers_fn(void *arg, const struct lan_peer *p);

struct lan_peers *lan_peers_new(lan_peers_fn *on_news, void *arg); /* owned, or NULL */
void lan_peers_free(struct lan_peers *t);                          /* NULL is fine */

/* May a peer be called so?  a-z, 0-9 and - within, at most 63 of them; not `arpa`, `invalid`,
 * `local`, `localhost`, `p2p`, which stand for something else. */
bool lan_name_ok(struct bytes name);
/* The same of what a person has typed, in any case: names are kept and shown in lower case.  That
 * is `out` when it is true. */
bool lan_name_read(const char *typed, char out[LAN_LABEL_MAX + 1]);

/* News without addresses are none.  What has no room is dropped. */
void lan_peers_hear(struct lan_peers *t, const struct lan_news *n, uint64_t now_ms);
/* Who has this label says good-bye: what the same source said under it holds no more. */
void lan_peers_bye(struct lan_peers *t, struct bytes label, const struct ipaddr *from,
                   uint64_t now_ms);
/* Drops what has run out. */
void lan_peers_expire(struct lan_peers *t, uint64_t now_ms);

/* Borrowed until the next call of one of those above; NULL: none.  Its addresses may have run out
 * meanwhile, not the last of them. */
const struct lan_peer *lan_peers_find(const struct lan_peers *t, const struct peerid *peer,
                                      uint64_t now_ms);
const struct lan_peer *lan_peers_named(const struct lan_peers *t, struct bytes name,
                                       uint64_t now_ms); /* in lower case */
/* In the order of first hearing: the one after `p`, the first one for NULL; NULL at the end. */
const struct lan_peer *lan_peers_next(const struct lan_peers *t, const struct lan_peer *p);
size_t lan_peers_count(const struct lan_peers *t);

uint64_t lan_peer_expires_ms(const struct lan_peer *p); /* the last of its addresses */

#endif
