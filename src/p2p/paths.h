/* paths.h - how each peer is reached: the state of its path, health probes, and peers that are kept
 * connected.
 *
 * A probe is a ping.  One that takes longer than `slow_ms`, or fails, counts; `failures` of them in
 * a row make the path degraded, and a direct path that is degraded is dialled anew.  A kept peer
 * that is down is dialled again with growing, jittered pauses, and at once when the network
 * changes.
 */
#ifndef GW_P2P_PATHS_H
#define GW_P2P_PATHS_H

#include "p2p/dcutr.h"

enum path_state {
    PATH_DOWN, /* not connected, and nobody is dialling */
    PATH_CONNECTING,
    PATH_DIRECT,
    PATH_RELAYED,
    PATH_UPGRADING, /* relayed, a hole is being punched */
    PATH_DEGRADED,
};
const char *path_state_name(enum path_state s); /* "down", "connecting", ... */

struct paths_config {
    uint64_t probe_ms; /* between probes of a connection in use; 0: none */
    uint64_t slow_ms;
    uint32_t failures;
};

struct path_info {
    enum path_state state;
    uint64_t rtt_us;      /* of the last probe, or of the transport; 0: unknown */
    uint32_t failures;    /* probes that failed in a row */
    uint64_t next_try_ms; /* clock_mono_ms(); 0: none is due */
    int err;              /* of the last dial of a kept peer; 0: none */
};

struct paths;

/* Observes the host; borrows both.  Returns owned (free it before the host), or NULL. */
struct paths *paths_new(struct host *h, const struct dcutr *d, const struct paths_config *cfg);
void paths_free(struct paths *p); /* NULL is fine */
void paths_set_config(struct paths *p, const struct paths_config *cfg);

struct path_kept {
    struct peerid peer;
    enum host_path path;
    const struct multiaddr *addrs;
    size_t naddrs;
};
/* The peers kept connected from now on; copied.  0 or GW_ENOMEM. */
int paths_keep(struct paths *p, const struct path_kept *peers, size_t n);

void paths_network_changed(struct paths *p);
void paths_info(const struct paths *p, const struct peerid *peer, struct path_info *out);

#endif
