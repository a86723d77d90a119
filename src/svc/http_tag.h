/* http_tag.h - a stream around the one to a service's program, which tells it in the head of every
 * HTTP/1 request by which peer it was sent: `X-Gw-Peer: 12D3KooW...`.
 *
 * What is written to it comes from the peer, who is not trusted: no octet of it reaches the program
 * in a way that another X-Gw-Peer could count.
 *   - Heads are written anew (svc/peer_head.h).  Trailers are left out (RFC 9110 s.6.5.1 allows
 * it).
 *   - What wire/http1.h refuses, CONNECT, and other versions (HTTP/2 with prior knowledge) end the
 *     connection: with `400 Bad Request` when it is the first request and nothing was answered yet,
 *     else by a reset.  The program sees a reset.
 *   - A WebSocket may be asked for by the first request of a connection.  Until the program has
 *     answered it, what comes behind is held, at most HTTP_TAG_HELD_MAX octets; after 101 all
 * passes as it is, after anything else it is read as requests.  A program that answers 101 must
 * have left HTTP.  In later requests the upgrade is taken out. Answers pass untouched.
 *
 * Each request comes out longer or shorter than it went in.  To the owner of the stream, of what
 * was written that part has left which has left of what was made of it, and all of it once nothing
 * is queued; octets that are held (half a head, behind an upgrade) have not.  acked() counts
 * likewise.
 */
#ifndef GW_SVC_HTTP_TAG_H
#define GW_SVC_HTTP_TAG_H

#include "id/peerid.h"
#include "net/stream.h"
#include "net/turn.h"

#define HTTP_TAG_HELD_MAX (64u << 10)

/* Takes `to`, fresh; borrows the turn.  Returns the stream, or NULL when out of memory (`to` then
 * stays the caller's).  It calls on_alloc when `to` does. */
struct stream *http_tag_new(struct stream *to, const struct peerid *peer, struct turn *turn);

#endif
