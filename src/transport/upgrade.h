/* upgrade.h - from a raw stream to a muxed connection: multistream-select for security, the
 * handshake, then the muxer, told early inside the handshake (specs/connections, inlined muxer
 * negotiation) or else negotiated: Yamux.
 *
 * Who dials proposes one security protocol in one flight with its first message; a peer that does
 * not speak it ends the raw stream, and the caller may come with a new one and the other protocol.
 *
 * The raw stream may be anybody's (net/stream.h).  A caller that has read from it (the answer of a
 * relay) starts the upgrade inside its own on_data, and then hands on what came behind its part:
 * raw->ev->on_data(raw, rest), not credited yet.
 */
#ifndef GW_TRANSPORT_UPGRADE_H
#define GW_TRANSPORT_UPGRADE_H

#include "transport/secure.h"
#include "transport/tls_cred.h"
#include "transport/yamux.h"

struct upgrade;

enum upgrade_security { UPGRADE_NOISE, UPGRADE_TLS };

/* The one that costs less on this machine: TLS where the processor has AES, a third of the
 * ChaCha20-Poly1305 that Noise has always. */
enum upgrade_security upgrade_fastest(void);

struct upgrade_env { /* borrowed as long as a connection made with it lives */
    struct ev_loop *loop;
    struct turn *turn;
    const struct key *key;
    const struct tls_cred *cred;
    struct yamux_config mux;
    enum upgrade_security first; /* to propose to whom we dial */
    uint64_t timeout_ms;         /* of a whole upgrade */
    uint32_t max_half_open;      /* inbound upgrades under way */
    uint32_t nhalf_open;
    /* Whether the peer, proved, may connect to us; asked of inbound ones. */
    bool (*admit)(void *arg, const struct peerid *peer);
    void (*accept)(void *arg, struct muxed *m); /* an inbound connection is ready: set its events */
    void *arg;                                  /* of both */
    struct upgrade *all;                        /* under way */
    struct parting *partings;                   /* carriers of connections that have closed */
};

/* Takes the raw stream for m (yamux_new), which waits for its carrier.  Returns 0 and *out, or
 * GW_ENOMEM.  `done` is called once, from the loop, and *out is gone.  err 0: m is given its
 * carrier next (m->ev->on_ready follows).  Else m still waits; GW_ENOPROTO: the peer does not speak
 * the security protocol; GW_EUNSUP: it speaks no muxer of ours. */
int upgrade_start(struct upgrade_env *env, struct muxed *m, struct stream *raw,
                  const struct peerid *expect, enum upgrade_security security,
                  void (*done)(void *arg, int err), void *arg, struct upgrade **out);
void upgrade_cancel(struct upgrade *u, int err); /* resets the stream; done is not called */

/* Whether to come again after an upgrade that proposed *security and ended with err: then
 * *security is the other protocol. */
bool upgrade_again(const struct upgrade_env *env, enum upgrade_security *security, int err);

/* Takes the raw stream of an inbound connection; env->accept follows when all is well. `transport`:
 * "tcp" (static).  One more than max_half_open resets the oldest, else those who connect and say
 * nothing would keep everybody out. */
void upgrade_accept(struct upgrade_env *env, struct stream *raw, const char *transport,
                    const struct multiaddr *local, const struct multiaddr *remote);

/* At the end of the program: upgrades (done(GW_ECANCELED) is called of those we dialled) and
 * farewells under way are reset. */
void upgrade_cancel_all(struct upgrade_env *env);

#endif
