/* negotiate.h - multistream-select 1.0 on one stream (specs/connections, "multistream-select").
 *
 * The dialler sends header, protocol and the first octets of the protocol in one flight; the
 * listener answers unknown protocols with `na`.  Both sides give up after a deadline.
 */
#ifndef GW_TRANSPORT_NEGOTIATE_H
#define GW_TRANSPORT_NEGOTIATE_H

#include <ev.h>

#include "net/stream.h"

#define NEGOTIATE_PROTOCOL_MAX  256 /* octets; a longer one is answered with na */
#define NEGOTIATE_PROPOSALS_MAX 16  /* refused on one stream */

/* Called once.  err 0: gives the stream back to the caller, who sets its events at once and takes
 * `early`, the octets that came behind the answer (borrowed for the call, not credited yet).  It is
 * called from within the stream's own on_data, so a FIN that came with these octets reaches the new
 * owner as on_eof after the call. Else GW_E* and s is gone; GW_ENOPROTO: the peer said na. */
typedef void negotiate_done_fn(void *arg, int err, struct stream *s, struct bytes early);

struct negotiate;

/* Takes the stream.  `first` (copied) is sent in the same flight behind the protocol, which has 1
 * to NEGOTIATE_PROTOCOL_MAX octets.  Returns NULL when out of memory (the stream is then reset). */
struct negotiate *negotiate_dial(struct ev_loop *loop, struct stream *s, const char *protocol,
                                 struct bytes first, uint64_t timeout_ms, negotiate_done_fn *done,
                                 void *arg);

/* Is this protocol served?  Asked for each proposal. */
typedef bool negotiate_serves_fn(void *arg, struct bytes protocol);

/* err 0: as above, with the protocol agreed on (NUL-terminated, borrowed for the call).
 * GW_ENOPROTO: the peer proposed nothing that is served. */
typedef void negotiate_accepted_fn(void *arg, int err, struct stream *s, const char *protocol,
                                   struct bytes early);

/* Takes the stream.  Up to NEGOTIATE_PROPOSALS_MAX proposals are answered.  What cannot be read
 * resets the stream, except behind a `na`: there it is the dialler's optimistic data, is dropped,
 * and the stream ends with FIN so that the `na` arrives.  Returns NULL when out of memory (the
 * stream is then reset). */
struct negotiate *negotiate_accept(struct ev_loop *loop, struct stream *s, uint64_t timeout_ms,
                                   negotiate_serves_fn *serves, negotiate_accepted_fn *accepted,
                                   void *arg);

/* Resets the stream; done/accepted will not be called. */
void negotiate_cancel(struct negotiate *n, int err);

#endif
