/* paths.h - how each peer is reached: the state of its path, health probes, and peers that are kept
 * connected.
 *
 * A probe is a ping on the connection in use, while that carries streams or its peer is kept.
 * Probes that are late or unanswered, so many in a row, make the path degraded (path_health.h).
 * When none of them was answered at all the connection is closed, since it carries nothing any
 * more, and the peer is dialled anew; one that is only slow stays, for the sake of its streams.
 *
 * A kept peer that is down is dialled again with growing, jittered pauses, and at once when the
 * network changes.  At once, too, when its connection has ended because nothing was heard on it,
 * and so is a peer that is not kept, if it was we who had dialled it and streams were open: what
 * they carried will be asked for again.
 */
#ifndef GW_P2P_PATHS_H
#define GW_P2P_PATHS_H

#include "p2p/dcutr.h"
#include "p2p/path_health.h"

#define PATHS_AGAIN_MIN_MS 1000 /* between the tries to reach a kept peer, growing to */
#define PATHS_AGAIN_MAX_MS 60000
#define PATHS_SETTLED_MS   10000 /* a connection that lasted so long lets the pauses begin anew */

enum path_state {
    PATH_DOWN, /* not connected, and nobody is dialling */
    PATH_CONNECTING,
    PATH_DIRECT,
    PATH_RELAYED,
    PATH_UPGRADING, /* relayed, a hole is being punched */
    PATH_DEGRADED,
};
const char *path_state_name(enum path_state s); /* "down", "connecting", ... */

struct path_info {
    enum path_state state;
    uint64_t rtt_us;      /* of the last probe, or of the transport; 0: unknown */
    uint32_t failures;    /* probes that were late or unanswered, in a row */
    uint64_t next_try_ms; /* clock_mono_ms(); 0: none is due */
    int err;              /* of the last dial of a kept peer; 0: none */
};

struct paths;

/* Observes the host; borrows both.  Returns owned (free it before the host), or NULL. */
struct paths *paths_new(struct host *h, const struct dcutr *d, const struct path_rules *rules);
void paths_free(struct paths *p); /* NULL is fine */
void paths_set_rules(struct paths *p, const struct path_rules *rules);

struct path_kept {
    struct peerid peer;
    enum host_path path; /* HOST_PATH_BOTH: as ANY */
    const struct multiaddr *addrs;
    size_t naddrs;
};
/* The peers kept connected from now on (no two the same); copied.  0, or GW_ENOMEM: some are not
 * kept. */
int paths_keep(struct paths *p, const struct path_kept *peers, size_t n);
void paths_each_kept(const struct paths *p, void (*each)(void *arg, const struct peerid *peer),
                     void *arg);

void paths_network_changed(struct paths *p);
void paths_info(const struct paths *p, const struct peerid *peer, struct path_info *out);

#endif
