/* http_in.h - HTTP on the proxy port (RFC 9110, RFC 9112): struct proxy_proto http_proto.
 *
 *   CONNECT host:port      a tunnel
 *   GET http://host/path   any method, http only: one request and its answer (http_exchange.h)
 *   GET /path              the port's own pages (struct proxy_in_config.page), GET and HEAD
 *
 * A failure is answered with its true reason (http_error.h), never with an empty end.  Every answer
 * closes the connection, but for 200 to CONNECT and 101.
 *
 * With a user or password configured all of it needs Basic credentials (407; the pages 401).  The
 * user name of a proxy request may carry option tags: http://path=direct:x@127.0.0.1:1080.
 *
 * The own pages, in this order:
 *   421  Host is not an address of this port: an IP literal that is the connection's local address
 * or a loopback one, or `localhost`.  A name that was rebound to us (DNS rebinding) is none 403 the
 * client is not on this machine, and no password is configured 403  another site asked
 * (Sec-Fetch-Site: cross-site); but for the PAC file, which browsers fetch by themselves 405, 401,
 * 404
 */
#ifndef GW_GATE_HTTP_IN_H
#define GW_GATE_HTTP_IN_H

#include "gate/proxy_client.h"

#define HTTP_IN_PAC_PATH "/proxy.pac"
#define HTTP_IN_PAGE_MAX (4u << 20) /* octets of one page with its head */

#endif
