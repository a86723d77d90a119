/* http_exchange.h - a stream around the one to a client of the proxy port that sent a request in
 * absolute form: one request, one answer, and the end (RFC 9112 s.6.3, s.9.6).
 *
 *   - The owner gets the rest of the request's body and nothing behind it, for that may be a
 * request to somebody else.
 *   - What is written to it is read as HTTP: heads reach the client rewritten (http_rewrite.h), the
 *     body as it is, up to its end.  Then the client gets FIN, whatever the origin does.  Both have
 *     `end_ms` to end, too; an origin that does not is reset (GW_ETIMEOUT).
 *   - Behind a 101 that was asked for all passes both ways.  Who asks is not read beyond the
 * request before there is an answer.
 *   - 502 stands in for an answer that is not HTTP/1, could mislead, has too many octets of heads,
 * or is not there; 400 is said, while there is no answer, of a request's body that is malformed.
 *     Behind an answer that has begun both sides are reset.  Either way on_close says GW_EPROTO.
 *
 * Heads may come out longer than they went in: on_drained then tells of more than was written.
 */
#ifndef GW_GATE_HTTP_EXCHANGE_H
#define GW_GATE_HTTP_EXCHANGE_H

#include <ev.h>

#include "net/stream.h"
#include "wire/http1.h"

#define HTTP_EXCHANGE_HEADS_MAX (4 * HTTP1_HEAD_MAX) /* the interim ones (1xx) and the last */

struct http_request {       /* what has to be known of one to read its answer */
    struct http1_body body; /* what is still to come of it */
    int minor;
    bool is_head;    /* HEAD: the answer has no body */
    bool is_upgrade; /* it asks for one */
    bool is_page;    /* a browser: it takes HTML */
};

/* Takes `client`, in whose queue nothing is.  Returns the stream, or NULL when out of memory
 * (`client` then stays the caller's). */
struct stream *http_exchange_new(struct ev_loop *loop, struct stream *client,
                                 const struct http_request *q, uint64_t end_ms);

#endif
