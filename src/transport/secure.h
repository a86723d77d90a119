/* secure.h - from a raw stream (TCP, or a circuit through a relay) to one that is encrypted and
 * whose other end is proved: the drive of a handshake (cipher.h), and what it ends with.
 *
 * The secured stream obeys net/stream.h like any other: room reserved in it is encrypted on commit,
 * one copy; credit flows through to the raw stream's window.  FIN and truncation are told apart
 * where the protocol can (TLS close_notify); Noise cannot: the end of the raw stream is its end.
 */
#ifndef GW_TRANSPORT_SECURE_H
#define GW_TRANSPORT_SECURE_H

#include <ev.h>

#include "id/key.h"
#include "net/stream.h"
#include "net/turn.h"
#include "transport/cipher.h"

struct secure_config { /* borrowed until done */
    struct ev_loop *loop;
    struct turn *turn;
    const struct key *key;
    const struct peerid *expect; /* who must answer; NULL: any */
    const char *const *muxers;   /* protocol ids, NULL-terminated, best first: told early */
    uint64_t timeout_ms;
};

struct secure_result {
    struct stream *s; /* the callee's: it sets the events at once */
    struct peerid peer;
    const char *muxer; /* agreed on early, an element of config.muxers; NULL: to be negotiated */
};

/* err: GW_EPROTO, GW_EIDENTITY (another peer than expected), GW_ETIMEOUT, ...; then the
 * raw stream is gone. */
typedef void secure_done_fn(void *arg, int err, const struct secure_result *r);

struct secure;

/* Takes the raw stream with the octets `early` that came behind the negotiation (not credited yet),
 * and the cipher.  done is called once, from the loop.  NULL: out of memory (the stream is reset
 * then, the cipher freed).  `cfg` is borrowed until done. */
struct secure *secure_start(const struct secure_config *cfg, const struct cipher_ops *ops,
                            void *cipher, struct stream *raw, struct bytes early,
                            secure_done_fn *done, void *arg);
void secure_cancel(struct secure *s, int err); /* resets; done is not called */

/* Is the proved peer the one expected?  0 or GW_EIDENTITY. */
int secure_judge(const struct secure_config *cfg, const struct peerid *peer);

#endif
