/* host.h - a libp2p node: connections to peers, streams by protocol id, handlers for inbound
 * streams.
 *
 * One connection per peer carries everything, whatever its transport: QUIC, TCP or a circuit
 * through a relay.  When there are several, new streams take the best (conns.h), and the others
 * close once they are idle.
 */
#ifndef GW_HOST_HOST_H
#define GW_HOST_HOST_H

#include <ev.h>

#include "id/key.h"
#include "net/turn.h"
#include "transport/muxed.h"
#include "transport/upgrade.h"

struct host;
struct conn; /* a connection to a peer, ready for use */

struct host_config {
    uint64_t dial_timeout_ms;      /* one connection attempt, all addresses together */
    uint64_t negotiate_timeout_ms; /* multistream-select on one stream */
    uint64_t
        idle_ms; /* a connection we dialled that had no stream for so long is closed; 0: never */
    uint32_t max_peers;     /* connections */
    uint32_t max_streams;   /* per peer, opened by it */
    uint32_t max_half_open; /* inbound handshakes under way; above half of it Retry is demanded */
    uint64_t window;        /* octets, largest receive window of one stream */
    bool use_cubic;         /* congestion control: cubic instead of BBR */
    bool no_gso;            /* never use UDP segmentation offload (for tests) */
};

/* Whether `peer`, proved by its certificate, may stay connected to us.  Inbound: asked during the
 * handshake. */
typedef bool host_admit_fn(void *arg, const struct peerid *peer);

/* An inbound stream on a protocol given to host_handle.  The handler sets the stream's events at
 * once and takes `early` (octets that came with the opening; borrowed for the call, not credited
 * yet). */
typedef void host_handler_fn(void *arg, struct conn *c, struct stream *s, const char *protocol,
                             struct bytes early);

struct host_events {
    void (*on_conn)(void *arg, struct conn *c); /* a connection is ready */
    /* What its identify answer says, or a push later, stands in conn_identity.  May be NULL. */
    void (*on_identity)(void *arg, struct conn *c);
    /* The peer is at another address now (conn_info); or we are.  May be NULL. */
    void (*on_conn_moved)(void *arg, struct conn *c);
    /* Streams are open, and nothing has come for a second or two though the peer owes an answer; or
     * it is heard again.  May be NULL. */
    void (*on_conn_silence)(void *arg, struct conn *c, bool is_silent);
    void (*on_conn_close)(void *arg, struct conn *c,
                          int err); /* and gone: c is invalid after the call */
};

struct host *host_new(struct ev_loop *loop, struct turn *turn, const struct key *key,
                      const struct host_config *cfg, host_admit_fn *admit,
                      void *admit_arg); /* borrows loop, turn, key; returns owned or NULL */
/* Call host_stop first and let the loop run for CONNECTION_CLOSE to leave.  NULL is fine. */
void host_free(struct host *h);
/* Closes every connection.  Once more when all have closed: it drops what was still being told to
 * peers. */
void host_stop(struct host *h, int err);
void host_set_config(struct host *h,
                     const struct host_config *cfg); /* for what comes from now on */

/* Any number of observers (p2p/identify, main). Borrowed arg. 0 or GW_ENOMEM. */
int host_observe(struct host *h, const struct host_events *ev, void *arg);

/* On an address of QUIC or TCP.  0; GW_EINUSE, GW_EUNSUP, ... */
int host_listen(struct host *h, const struct multiaddr *at, struct multiaddr *bound);
size_t host_listen_addrs(const struct host *h, struct multiaddr *out,
                         size_t max); /* as bound; a wildcard is expanded
                                                                                         to the
                                         addresses of the interfaces */
/* What we tell others to reach us by: the listen addresses, until somebody who knows more
 * (p2p/announce) says otherwise. */
typedef size_t host_announced_fn(void *arg, struct multiaddr *out, size_t max);
void host_set_announced(struct host *h, host_announced_fn *fn, void *arg);
size_t host_announced(const struct host *h, struct multiaddr *out, size_t max);
const struct peerid *host_peerid(const struct host *h);
const struct key *host_key(const struct host *h);
struct ev_loop *host_loop(const struct host *h);
struct turn *host_turn(const struct host *h);

/* Is the id served to this peer?  To a peer it is not, the answer is the same `na` as for an id
 * that nobody serves.  Asked once more when the protocol is agreed. */
typedef bool host_wants_fn(void *arg, const struct peerid *peer, struct bytes protocol);

/* Serves a protocol id.  A `prefix` ending in '*' serves all ids that start with what stands before
 * it, if `wants` (may be NULL: all) says so.  0, GW_EEXISTS, GW_ENOMEM. */
int host_handle(struct host *h, const char *protocol, host_wants_fn *wants, host_handler_fn *fn,
                void *arg);
/* Serves an exact id no more; streams that are there go on.  Fine when it is not served. */
void host_unhandle(struct host *h, const char *protocol);
/* The protocols served, for identify: calls `each` per exact id. */
void host_protocols(const struct host *h, void (*each)(void *arg, const char *protocol), void *arg);

/* Which ways to a peer will do.
 *
 * HOST_PATH_BOTH is for host_open (elsewhere it is as ANY): while there is no connection, a stream
 * over a direct one and another through a relay are asked for at once.  The first that is agreed on
 * wins and the other is reset, so the peer may see `first` twice. */
enum host_path { HOST_PATH_ANY, HOST_PATH_DIRECT, HOST_PATH_RELAY, HOST_PATH_BOTH };

/* Opens a stream.  Uses the connection to `peer` or dials `addrs` (copied; addresses known from
 * earlier are tried too), several requests for one peer share one dial.  `protocols` are proposed
 * in turn, each in one flight with `first`; the peer's identify answer, once known, skips those it
 * does not speak. `done` is called once, from the loop: err 0 gives stream, conn, the protocol
 * agreed on and early octets as negotiate.h says.  Returns NULL when out of memory. */
typedef void host_opened_fn(void *arg, int err, struct conn *c, struct stream *s,
                            const char *protocol, struct bytes early);
struct host_open_req {
    struct peerid peer;
    const struct multiaddr *addrs; /* copied */
    size_t naddrs;
    enum host_path path;
    const struct host_proposal {
        const char *protocol;
        struct bytes first; /* sent behind the protocol in the same flight */
    } * proposals;          /* copied */
    size_t nproposals;      /* <= HOST_PROPOSALS_MAX */
};
#define HOST_PROPOSALS_MAX 4
struct host_open;
struct host_open *host_open(struct host *h, const struct host_open_req *req, host_opened_fn *done,
                            void *arg);
void host_open_cancel(struct host_open *o); /* done will not be called; NULL is fine */
/* Within done: how many addresses were dialled; 0: there was a connection, or nothing to dial. */
size_t host_open_tried(const struct host_open *o);

/* Gets a connection: one that is there and fits `path`, else dials.  `done` is called once, from
 * the loop; the object is gone then.  NULL: out of memory. */
struct host_connect;
struct host_connect_req {
    struct peerid peer;
    const struct multiaddr *addrs; /* copied */
    size_t naddrs;
    enum host_path path;
    bool is_at_once; /* dials these addresses and no others, all in one moment (hole punching) */
};
typedef void host_connected_fn(void *arg, int err, struct conn *c);
struct host_connect *host_connect(struct host *h, const struct host_connect_req *req,
                                  host_connected_fn *done, void *arg);
void host_connect_cancel(struct host_connect *k); /* done will not be called; NULL is fine */

/* Another way to a muxed connection than QUIC and TCP: a circuit.  `dial` is as quic_dial, and
 * answers GW_EUNSUP to an address that is not its own.  `cost` (NULL: all are alike) puts addresses
 * of one rank (dial_order.h) in order, the smallest first; 0 for one that is not its own.  Copied.
 * 0, or GW_ELIMIT. */
struct host_dialer {
    int (*dial)(void *arg, const struct multiaddr *to, const struct peerid *expect,
                struct muxed **out);
    uint64_t (*cost)(void *arg, const struct multiaddr *to);
    void *arg;
};
int host_add_dialer(struct host *h, const struct host_dialer *d);
/* What such a one upgrades its raw streams with; upgrade_accept with it brings inbound
 * connections. */
struct upgrade_env *host_upgrade(struct host *h);

/* Makes a NAT or firewall of ours let in what comes from there (specs, relay/DCUtR).  QUIC: one
 * datagram of random octets from the socket that we are dialled at.  TCP: a connect from the port
 * that we listen on, which is served like an inbound connection when it meets the peer's own.  0
 * also when it is lost; GW_EUNSUP: another kind of address, or we do not listen in its family. */
int host_punch(struct host *h, const struct multiaddr *to);

/* What has been seen of UDP since host_new or the last host_network_changed, this machine by itself
 * left out. */
struct host_udp {
    uint32_t ready;  /* connections over QUIC, both ways */
    uint32_t beaten; /* dials that TCP won where QUIC had been tried before: UDP may be blocked */
};
void host_udp(const struct host *h, struct host_udp *out);

/* Have we a connection to it that we dialled?  Such a peer may dial us, too: host_admit_fn is not
 * asked.  Hole punching and dial-backs need it, and what it may use is another question. */
bool host_dialled(const struct host *h, const struct peerid *peer);

/* Connections. */
struct conn *host_conn(const struct host *h,
                       const struct peerid *peer); /* the one in use; NULL when none */
struct conn *host_conn_by(const struct host *h, const struct peerid *peer,
                          enum host_path path); /* of those that fit */
bool host_is_dialling(const struct host *h, const struct peerid *peer);
void host_each_conn(const struct host *h, void (*each)(void *arg, struct conn *c), void *arg);
void host_close_peer(struct host *h, const struct peerid *peer,
                     int err);            /* every connection to it */
void conn_close(struct conn *c, int err); /* deferred as muxed.h says: fine from host_each_conn */
/* Addresses or routes of this machine are others: every connection finds out whether it still
 * works; a TCP connection from an address that is gone is closed. */
void host_network_changed(struct host *h);

/* While held, a connection is not closed for being idle.  Holds end with the connection. */
void conn_hold(struct conn *c);
void conn_unhold(struct conn *c);
/* Closed when it had no stream for so long, whoever dialled it, in place of host_config's idle_ms:
 * for who dials, or serves, many and each but once.  0: never. */
void conn_set_idle(struct conn *c, uint64_t idle_ms);
/* It may be dead: no answer came when one was due, or the peer has called by another way.  It is
 * probed, and until something is heard on it again new streams go elsewhere, on a new connection if
 * need be. */
void conn_doubt(struct conn *c);
bool conn_is_relayed(const struct conn *c);
bool conn_fits(const struct conn *c, enum host_path path);
struct host *conn_host(const struct conn *c);
const struct peerid *conn_peer(const struct conn *c);
bool conn_is_inbound(const struct conn *c);
/* Has it a stream, or had one within the last two seconds?  Also in on_conn_close. */
bool conn_is_used(const struct conn *c);
void conn_info(const struct conn *c, struct muxed_info *out);
int conn_open(struct conn *c, const char *protocol, struct bytes first, host_opened_fn *done,
              void *arg); /* on this one; 0 or GW_E* */

/* Datagrams of a connection belong to flows.  Who opens a flow draws its id (host_new_flow) and
 * tells the other end by a stream; on the wire a datagram begins with the varint 2 * id, plus 1
 * when it goes to the opener, so the ids of both ends never meet.  A datagram of no known flow is
 * dropped. Flows of a connection are forgotten with it. */
typedef void conn_datagram_fn(void *arg, struct bytes v); /* v borrowed; may unbind */
/* One above the last; the first is random, so that nothing late from before a restart hits. */
uint64_t host_new_flow(struct host *h);
/* 0, GW_EEXISTS, GW_ENOMEM, or GW_EINVAL (the peer chose an id above 2^60).  is_opener: this end
 * opened the flow. */
int conn_bind_flow(struct conn *c, uint64_t id, bool is_opener, conn_datagram_fn *fn, void *arg);
void conn_unbind_flow(struct conn *c, uint64_t id, bool is_opener); /* fine when it is not bound */
/* Of a flow that is bound.  0 (nobody knows whether it arrives); GW_EUNSUP: it does not fit, or the
 * peer takes none (then a stream has to carry it). */
int conn_send_datagram(struct conn *c, uint64_t id, bool is_opener, struct bytes v);

/* When the peer was last connected, as clock_mono_ms(), so now if it is; 0: never since the start,
 * or so long ago that PEERS_MAX (peers.h) others were heard of since. */
uint64_t host_last_seen_ms(const struct host *h, const struct peerid *peer);

/* What identify learnt (set by p2p/identify). */
struct conn_identity {
    char agent[64];            /* escaped when shown; "" = not known yet */
    struct multiaddr observed; /* our address as the peer sees it; n == 0: none */
    bool is_known;
    char **protocols; /* what the peer serves; owned by the conn */
    size_t nprotocols;
};
struct conn_identity *conn_identity(struct conn *c);
void conn_identified(struct conn *c); /* tells the observers: on_identity */
bool conn_speaks(const struct conn *c,
                 const char *protocol); /* true also while identify is not known */

/* Remembers addresses of a peer for later dials (names file, identify). Bounded per peer. */
void host_learn_addr(struct host *h, const struct peerid *peer, const struct multiaddr *addr);
/* Those of a peer, the one learnt last first; a view until the next turn.  NULL when *n is 0. */
const struct multiaddr *host_known_addrs(const struct host *h, const struct peerid *peer,
                                         size_t *n);

/* Tries one address, QUIC, TCP or a circuit, by a connection of its own, which is closed as soon as
 * it is ready and never used; the peer sees it come and go.  `done` tells how long it took to be
 * ready, or why it was not (GW_ETIMEOUT after timeout_ms). */
struct host_probe;
struct host_probe_req {
    struct peerid peer;
    struct multiaddr addr;
    uint64_t timeout_ms;
};
typedef void host_probed_fn(void *arg, int err, uint64_t took_us);
/* 0: `done` is called once, from the loop, and *out is gone.  Else it cannot be dialled: GW_E*. */
int host_probe(struct host *h, const struct host_probe_req *req, host_probed_fn *done, void *arg,
               struct host_probe **out);
void host_probe_cancel(struct host_probe *p); /* done will not be called; NULL is fine */

#endif
