/* kad_table.h - the routing table of Kademlia: DHT servers that answered, by their distance from
 * us. Pure: no I/O, the time is an argument.
 *
 * A bucket for each number of leading bits shared with our own point holds up to KAD_K contacts,
 * the one heard from longest ago first.  One that is full takes no newcomer while its contacts
 * answer: peers that have been there long are likely to stay, and a flood of new ones changes
 * nothing.
 *
 * Against Sybils and eclipse, contacts are counted by IP group (an IPv4 /16, an IPv6 /32; loopback
 * and private addresses are free of it): at most KAD_GROUP_BUCKET of a group in one bucket, and
 * KAD_GROUP_TABLE in the whole table.
 */
#ifndef GW_P2P_KAD_TABLE_H
#define GW_P2P_KAD_TABLE_H

#include "id/multiaddr.h"
#include "p2p/kad_id.h"

#define KAD_K            20
#define KAD_ADDRS_MAX    4 /* of one contact; the first ones are kept */
#define KAD_GROUP_BUCKET 2
#define KAD_GROUP_TABLE  8
#define KAD_FAILURES_MAX 2    /* in a row: a contact that failed so often makes room */
#define KAD_TABLE_MAX    4096 /* contacts in all */

struct kad_contact { /* addrs: borrowed; of the table's own until it is changed */
    struct peerid peer;
    struct kad_id id; /* of the peer: kad_id_of_peer is the caller's to call */
    const struct multiaddr *addrs;
    size_t naddrs;
};

struct kad_table;

/* `self` is never in it.  Returns owned, or NULL when out of memory. */
struct kad_table *kad_table_new(const struct peerid *self);
void kad_table_free(struct kad_table *t); /* NULL is fine */

enum kad_heard {
    KAD_HEARD_ADDED,
    KAD_HEARD_AGAIN, /* it is in already; addrs, if any, take the place of those known */
    KAD_HEARD_FULL,  /* no room in its bucket: kad_table_doubtful may make some */
    KAD_HEARD_CROWD, /* too many of its IP group; one that moved into a crowd is in no more */
    KAD_HEARD_NOT,   /* ourselves, or out of memory: nothing has changed */
};
/* A DHT server has answered, or proved in another way that it is there.  The IP group is that of
 * its first address that has an IP and is not free of it: put first what it was met at, for what it
 * says itself is cheap. */
enum kad_heard kad_table_heard(struct kad_table *t, const struct kad_contact *c, uint64_t now_ms);
/* It did not answer.  At the KAD_FAILURES_MAX-th time in a row it is gone. */
void kad_table_failed(struct kad_table *t, const struct peerid *peer);
void kad_table_remove(struct kad_table *t, const struct peerid *peer); /* it serves no more */

/* The one longest not heard from in the bucket of `peer`, to be asked whether it is still there, if
 * that was before `before_ms`. */
bool kad_table_doubtful(const struct kad_table *t, const struct peerid *peer, uint64_t before_ms,
                        struct kad_contact *out);

/* Those nearest to the target, the nearest first. */
size_t kad_table_nearest(const struct kad_table *t, const struct kad_id *target,
                         struct kad_contact *out, size_t max);
size_t kad_table_count(const struct kad_table *t);
bool kad_table_has(const struct kad_table *t, const struct peerid *peer);
void kad_table_each(const struct kad_table *t,
                    void (*each)(void *arg, const struct kad_contact *c, uint64_t heard_ms),
                    void *arg);

/* Buckets are refreshed by looking up a point in them.  Fills one of the bucket that longest has
 * not been, if that was before `before_ms` or never, and takes it for refreshed at now_ms.  Buckets
 * further from us than the nearest one that is not empty count, and one beyond.  `random` fills the
 * rest of the point. */
bool kad_table_refresh(struct kad_table *t, uint64_t before_ms, uint64_t now_ms,
                       const struct kad_id *random, struct kad_id *out);

#endif
