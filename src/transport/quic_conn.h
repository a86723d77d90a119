/* quic_conn.h - one QUIC connection: ngtcp2, its streams, its timer, its end.
 *
 *   HANDSHAKE -> READY -> CLOSED (CONNECTION_CLOSE sent or received; ids kept for 3 PTO) -> gone
 *   HANDSHAKE -> CLOSED
 *
 * Packets and timers only feed ngtcp2; opening, sending, ending streams and reporting happen once
 * per turn of the loop, in quic_conn.c:run().
 */
#ifndef GW_TRANSPORT_QUIC_CONN_H
#define GW_TRANSPORT_QUIC_CONN_H

#include <ngtcp2/ngtcp2.h>

#include "net/udp.h"
#include "transport/quic.h"
#include "transport/quic_bye.h"
#include "transport/quic_cid.h"
#include "transport/quic_dgrams.h"
#include "transport/quic_silence.h"
#include "transport/quic_stream.h"
#include "transport/quic_streams.h"
#include "transport/quic_tls.h"
#include "transport/quic_token.h"

struct quic_env { /* what all connections of an endpoint share; owned by the endpoint */
    struct ev_loop *loop;
    struct turn *turn;
    struct quic_config cfg;
    struct tls_cred *cred;
    struct quic_tokens *tokens;
    struct quic_cids *cids;         /* by our connection ids */
    struct quic_cids *reset_tokens; /* by the stateless-reset tokens that peers gave us */
    quic_admit_fn *admit;
    quic_accept_fn *accept;
    void *arg;
    struct quic_conn *conns; /* all, the closed ones too */
    uint32_t nconns;         /* not closed */
    uint32_t nhalf_open;     /* inbound, handshake under way */
};

enum quic_conn_state { QUIC_CONN_HANDSHAKE, QUIC_CONN_READY, QUIC_CONN_CLOSED };

struct quic_conn {      /* for quic.c and quic_callbacks.c, which read it and have parts of it */
    struct muxed muxed; /* must be first */
    enum quic_conn_state state;
    bool is_close_wanted; /* in this turn, for close_err */
    bool is_moved;        /* on_moved is due */
    int close_err;
    struct quic_env *env;
    struct udp *udp;      /* borrowed */
    struct udp_path path; /* in use */
    ngtcp2_conn *nc;      /* NULL once it is closed */
    struct quic_tls_session tls;
    struct peerid expect;                 /* outbound: whom we dialled */
    struct quic_cid *cids, *reset_tokens; /* of it in the tables of env */
    struct quic_streams streams;
    struct quic_dgrams dgrams;
    size_t unpaced; /* octets, see quic_write.h */
    struct quic_silence silence;
    struct turn_task task; /* run() */
    ev_timer timer;        /* of ngtcp2; once it is closed of its linger */
    uint64_t timer_ns;     /* when it fires */
    struct quic_bye bye;
    struct quic_conn *prev, *next; /* in env->conns */
};

/* Dials path->remote.  0 and *out, whose events the caller sets at once. */
int quic_conn_dial(struct quic_env *env, struct udp *udp, const struct udp_path *path,
                   const struct peerid *expect, struct quic_conn **out);

/* Accepts the connection that a client Initial asks for.  `odcid`: of a Retry token, or NULL. */
int quic_conn_accept(struct quic_env *env, struct udp *udp, const struct udp_path *path,
                     const ngtcp2_pkt_hd *hd, const ngtcp2_cid *odcid, uint64_t now_ns,
                     struct quic_conn **out);

/* One datagram for it.  c may be gone afterwards. */
void quic_conn_read(struct quic_conn *c, const struct udp_packet *p, uint64_t now_ns);

void quic_conn_close(struct quic_conn *c, int err); /* on_close follows from the loop */
void quic_conn_free(struct quic_conn *c);           /* at once, without events */

void quic_conn_touch(struct quic_conn *c); /* run it at the end of this turn */

#endif
