/* peer_head.h - the head of an HTTP/1 request as the program of a service is to see it: with the
 * caller's peer id, and without what the caller could have put there to be taken for another.
 * Pure: no I/O, no allocation.
 *
 * Written anew from what http1_decode_head read, in one spelling.  Left out are
 *   - every field that is like X-Gw-Peer (http1_is_like);
 *   - of Connection, all but close, keep-alive, te and an upgrade that is granted: a program that
 * is a proxy itself drops the fields named there, and X-Gw-Peer could be one of them;
 *   - Upgrade, if it is not granted, and HTTP2-Settings: behind them no head is tagged any more.
 */
#ifndef GW_SVC_PEER_HEAD_H
#define GW_SVC_PEER_HEAD_H

#include "wire/http1.h"

#define PEER_HEAD_MAX (HTTP1_HEAD_MAX + 512) /* octets of the longest */

/* Does the request ask for a WebSocket (RFC 6455 s.4.1) and has no body?  The one upgrade there is
 * to grant: every other could carry HTTP again. */
bool peer_head_asks_upgrade(const struct http1_head *h);

/* `peer` is the id as text, at most 100 octets.  Returns octets put into dst. */
size_t peer_head_encode(uint8_t dst[PEER_HEAD_MAX], const struct http1_head *h, const char *peer,
                        bool grants_upgrade);

#endif
