/* dht_net.h - many DHT nodes in one process: each has a routing table, a store and a server, and
 * nothing else of gw.  Messages between them are really encoded, take the time of their link, and
 * longer when they are lost first; whoever is not up, or does not exist, never answers.
 *
 * A liar takes part in all, but answers each question with KAD_K peers that it made up.  They are
 * nearer to the target than anybody that there is: it stands for one who has ground such ids
 * before.  One who colludes answers with the KAD_K nearest of the other liars, who do answer.  What
 * they are to store they accept, and throw away.
 */
#ifndef GW_TESTS_DHT_NET_H
#define GW_TESTS_DHT_NET_H

#include "p2p/kad_lookup.h"
#include "p2p/kad_server.h"
#include "vtime.h"

#define DHT_ANSWER_MS 5000 /* [dht] request-timeout */
#define DHT_RESEND_MS 300  /* what is lost is sent again */
#define DHT_RTT_MS    150  /* of all links, in the mean; a link has between 20 and 280 */

struct dht_config {
    uint32_t nodes;
    uint64_t seed;
    unsigned liars; /* percent */
    bool collude;   /* the liars; else they make up */
    unsigned loss;  /* percent of the messages */
    unsigned paths; /* of a lookup */
};

struct dht_node {
    struct kad_contact c;
    struct multiaddr addr;
    struct kad_table *table; /* NULL: it has not joined yet */
    struct kad_store *store;
    bool is_up, is_liar;
};

struct dht_net {
    struct dht_config cfg;
    struct vtime time;
    uint64_t random;
    struct dht_node *nodes; /* room for twice cfg.nodes: those that come later */
    uint32_t made;          /* nodes so far, gone ones included */
    uint64_t messages;
    uint64_t *keys; /* kad_table_refresh's points as keys, by their first bits */
};

struct dht_net *dht_net_new(const struct dht_config *cfg);
void dht_net_free(struct dht_net *net); /* nothing may be under way */

/* A node that has not joined: it knows nobody. */
uint32_t dht_net_add(struct dht_net *net);
void dht_net_leave(struct dht_net *net, uint32_t node); /* without a word */
uint32_t dht_net_pick(struct dht_net *net);             /* a node that is up and honest */
/* The nearest of the nodes that are up, or of the liars among them, the nearest first; returns how
 * many. */
size_t dht_net_nearest(const struct dht_net *net, const struct kad_id *target, bool of_liars,
                       struct kad_contact out[KAD_K]);
uint64_t dht_net_wall_s(const struct dht_net *net);
/* A key whose point has the leading bits of this one, DHT_KEY_BITS of them. */
#define DHT_KEY_BITS 15
struct bytes dht_net_key(const struct dht_net *net, const struct kad_id *point);

/* One question.  `done` once: with the answer (borrowed), or NULL when there will be none, which
 * the asker cannot know (it has its own timeout). */
typedef void dht_answer_fn(void *arg, const struct kad_contact *from, const struct kad_msg *answer);
void dht_net_ask(struct dht_net *net, uint32_t from, const struct kad_contact *to,
                 const struct kad_msg *question, dht_answer_fn *done, void *arg);
/* A node has heard of another one: see kad_table_heard, kad_table_failed. */
void dht_net_heard(struct dht_net *net, uint32_t node, const struct kad_contact *c);
void dht_net_failed(struct dht_net *net, uint32_t node, const struct peerid *peer);
/* The peers of an answer, as contacts: KAD_K at most; returns how many.  No node ever moves, so
 * their addresses are known. */
size_t dht_net_contacts(const struct dht_net *net, const struct kad_peers *peers,
                        struct kad_contact *out);

#endif
