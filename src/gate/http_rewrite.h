/* http_rewrite.h - a request to a proxy, in absolute form, as the origin gets it (RFC 9112 s.3.2;
 * RFC 9110 s.7.6).  Pure.
 *
 * One connection carries one request: the origin is told `Connection: close` and the body follows
 * as it comes, so what the proxy and the origin take for its end cannot differ.  The answer goes
 * back untouched, so the version is the client's.
 */
#ifndef GW_GATE_HTTP_REWRITE_H
#define GW_GATE_HTTP_REWRITE_H

#include "base/strbuf.h"
#include "wire/http1.h"

/* Puts the head for the origin into *out.  `t` is the target of `h`, in absolute form; the framing
 * of the body has been checked (http1_body_of).  Fields of this hop are left out; Content-Length
 * and Transfer-Encoding stay even when Connection lists them.  An upgrade (WebSocket) stays one.
 * Returns 0, GW_ENOMEM or GW_ELIMIT. */
int http_rewrite_head(const struct http1_head *h, const struct http1_target *t, struct strbuf *out);

#endif
