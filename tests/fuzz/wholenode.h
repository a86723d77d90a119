/* wholenode.h - a host with everything on it that a peer can talk to, for fuzz targets; its
 * endpoint is the one that the program is linked with (transport/quic.h, or unit/fake_muxed.c). */
#ifndef GW_FUZZ_WHOLENODE_H
#define GW_FUZZ_WHOLENODE_H

#include "host/host.h"

#define WHOLENODE_PEERS_MAX 16

struct wholenode;

struct wholenode_peer { /* whom it knows of */
    struct peerid id;
    struct multiaddr addr; /* without /p2p */
};

/* It is a relay of a network, a DHT server, a name server, and offers services.  `friend` may use
 * them, and is a relay that it wants a slot at, and one of another network, and of its DHT.
 * Whoever comes is admitted.  Aborts when something cannot be had. */
struct wholenode *wholenode_new(struct ev_loop *loop, struct turn *turn, const struct key *key,
                                const struct multiaddr *at, const struct wholenode_peer *friend);
/* Its connections close; the loop has to run before wholenode_free. */
void wholenode_stop(struct wholenode *n);
void wholenode_free(struct wholenode *n);

size_t wholenode_conns(const struct wholenode *n);

#endif
