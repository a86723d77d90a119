/* conns.h - the connections that are ready, by peer.
 *
 * Which of several to one peer is used: a direct one before one through a relay, one in our own
 * network before one over the internet, then the one dialled by the smaller peer id, and of those
 * the youngest (a peer that restarted has left a dead one behind).  Both ends come to the same
 * choice.  The others are closed once they have been idle for a few seconds.
 */
#ifndef GW_HOST_CONNS_H
#define GW_HOST_CONNS_H

#include "host/host.h"

#define CONNS_PER_PEER_MAX 8
#define CONNS_SPARE_IDLE_S 5    /* for one that is not the one in use */
#define CONNS_SILENT_MS    1000 /* and four round trips, without the answer that is owed */

struct conns;

struct conns_hooks { /* called with the host given to conns_new */
    void (*on_open)(struct host *h, struct conn *c);
    void (*on_stream)(struct host *h, struct conn *c, struct stream *s); /* takes s */
    void (*on_moved)(struct host *h, struct conn *c);
    void (*on_silence)(struct host *h, struct conn *c, bool is_silent);
    void (*on_close)(struct host *h, struct conn *c, int err); /* c is gone after the call */
};

/* Borrows all.  Returns owned, or NULL when out of memory. */
struct conns *conns_new(struct ev_loop *loop, const struct peerid *self,
                        const struct conns_hooks *hooks, struct host *h);
void conns_free(
    struct conns *cs); /* without events; what carried the connections is gone already */

/* `idle_ms` and `max` as host_config has them. */
void conns_set_limits(struct conns *cs, uint64_t idle_ms, uint32_t max);

/* Takes a connection whose handshake is done and calls on_open.  Returns 0, or GW_ELIMIT or
 * GW_ENOMEM (m is being closed). */
int conns_add(struct conns *cs, struct muxed *m, struct conn **out);

/* The one in use of those that `path` allows and that nobody doubts, or NULL. */
struct conn *conns_find(const struct conns *cs, const struct peerid *peer, enum host_path path);
struct conn *conns_best(const struct conns *cs, const struct peerid *peer,
                        enum host_path path); /* a doubted one, if there is no other */
void conns_each(const struct conns *cs, void (*each)(void *arg, struct conn *c), void *arg);
/* Is the peer this node? */
bool conns_is_self(const struct conns *cs, const struct peerid *peer);
bool conns_has_dialled(const struct conns *cs, const struct peerid *peer);
void conns_network_changed(struct conns *cs); /* as host_network_changed */
void conns_close_all(struct conns *cs, int err);
void conns_close_peer(struct conns *cs, const struct peerid *peer, int err);

/* A new stream on c.  0 or GW_E*; after GW_ECLOSED conns_find does not return c any more. */
int conns_open_stream(struct conn *c, struct stream **out);

#endif
