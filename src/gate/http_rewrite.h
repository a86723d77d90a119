/* http_rewrite.h - a request to a proxy, in absolute form, as the origin gets it, and the answer as
 * the client gets it (RFC 9112 s.3.2; RFC 9110 s.7.6).  Pure.
 *
 * One connection carries one exchange (http_exchange.h): both are told `Connection: close`.  Fields
 * of a hop are left out; Content-Length and Transfer-Encoding stay even when Connection lists them.
 * The request keeps the client's version, since the body of the answer passes as it is.
 */
#ifndef GW_GATE_HTTP_REWRITE_H
#define GW_GATE_HTTP_REWRITE_H

#include "base/strbuf.h"
#include "wire/http1.h"

/* Does the head ask for an upgrade (WebSocket), or tell of one (RFC 9110 s.7.8)?  It stays one. */
bool http_rewrite_is_upgrade(const struct http1_head *h);

/* Both put a head into *out, and return 0, GW_ENOMEM or GW_ELIMIT.  The framing of the body has
 * been checked (http1_body_of, http1_answer_body_of). */

/* `t` is the target of `h`, in absolute form. */
int http_rewrite_head(const struct http1_head *h, const struct http1_target *t, struct strbuf *out);
/* An interim answer (1xx) says nothing about the connection. */
int http_rewrite_answer(const struct http1_head *h, struct strbuf *out);

#endif
