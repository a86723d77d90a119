/* http1.h - HTTP/1.1 heads and the framing of bodies (RFC 9112), of requests and of answers.
 * Pure: no I/O, no allocation.  Strict: what two programs could read in two ways is refused.
 * Looks at a head once a line of it is whole.
 *
 * Decoders:  > 0  octets used   |  0  need more input   |  < 0  GW_E*
 */
#ifndef GW_WIRE_HTTP1_H
#define GW_WIRE_HTTP1_H

#include <sys/types.h>

#include "base/cursor.h"

#define HTTP1_HEAD_MAX   16384 /* octets of a head */
#define HTTP1_FIELDS_MAX 100

struct http1_field {
    struct bytes name, value; /* value without blanks around it */
};

struct http1_head {              /* views into the input */
    struct bytes method, target; /* of a request */
    struct bytes reason;         /* of an answer; may be empty */
    int status;                  /* likewise, 100 to 999; 0: a request */
    int minor;                   /* HTTP/1.minor: 0 or 1 */
    struct http1_field fields[HTTP1_FIELDS_MAX];
    size_t nfields;
};

/* The request line and fields up to the empty line.  Lines end in CRLF; a bare LF or CR, a fold, a
 * blank before a colon, an octet outside VCHAR, SP, HTAB and obs-text, NUL: GW_EPROTO.  One or two
 * empty lines before the request line are passed over.  GW_ELIMIT: a limit above is passed.
 * GW_EUNSUP: a version other than 1.0 and 1.1. */
int http1_decode_head(struct bytes in, struct http1_head *out);
/* The same for the status line and fields of an answer, for who writes the head anew: LF alone ends
 * a line (s.2.2), and a blank before a colon is left out (s.5.1).  A fold: GW_EPROTO (s.5.2). */
int http1_decode_answer(struct bytes in, struct http1_head *out);

/* The value of the first field of that name, without regard to case; n == 0 and p == NULL: none. */
struct bytes http1_field(const struct http1_head *h, const char *name);
/* Is `token` an element of a list field (Connection: a, b), over all fields of that name? */
bool http1_has_token(const struct http1_head *h, const char *name, const char *token);
/* Is `name` that field (`like` in lower case) to a program that folds names as CGI does?  Case does
 * not count, and whatever is neither letter nor digit counts as `-`: X_Gw.Peer is like x-gw-peer.
 */
bool http1_is_like(struct bytes name, const char *like);

/* The forms of a target (RFC 9112 s.3.2). */
enum http1_form { HTTP1_ORIGIN, HTTP1_ABSOLUTE, HTTP1_AUTHORITY, HTTP1_ASTERISK };
struct http1_target { /* views into the target */
    enum http1_form form;
    struct bytes scheme; /* ABSOLUTE */
    struct bytes host;   /* ABSOLUTE, AUTHORITY: without brackets around an IPv6 address */
    uint16_t port;       /* 0: not given (never with AUTHORITY) */
    /* ORIGIN, ABSOLUTE: with the query; an ABSOLUTE one may be "" or begin with `?`: then a `/`
     * belongs before it. */
    struct bytes path;
};
/* 0 or GW_EPROTO.  AUTHORITY only for CONNECT, which has no other; ASTERISK only for OPTIONS.  User
 * information and fragments are refused. */
int http1_parse_target(const struct http1_head *h, struct http1_target *out);
/* The value of Host, or another HOST[:PORT]: host without brackets.  0 or GW_EPROTO: a host that is
 * empty or holds more than letters, digits and `-._~`, brackets around what is no IPv6 address, a
 * port outside 1..65535.  A colon without a port is fine (RFC 3986 s.3.2.3). */
int http1_parse_authority(struct bytes text, struct bytes *host, uint16_t *port);

/* Where a body ends (RFC 9112 s.6.3). */
struct http1_body {
    enum { HTTP1_NO_BODY, HTTP1_LENGTH, HTTP1_CHUNKED, HTTP1_UNTIL_CLOSE } kind;
    /* May be set once, before the first take: take then stops in front of the trailers, so that the
     * caller can leave them out, and goes on with the next call. */
    bool stops_at_trailers;
    uint8_t state;  /* of the chunked reader */
    uint16_t count; /* octets of what the reader bounds: a size line, the trailers */
    uint64_t left;  /* of a length, or of the chunk at hand */
};
/* 0; GW_EPROTO: Transfer-Encoding and Content-Length both, more than one of either, a length that
 * is no number, a coding that is not exactly `chunked`, Transfer-Encoding with HTTP/1.0, a name
 * that is only like one of the two (http1_is_like). */
int http1_body_of(const struct http1_head *h, struct http1_body *out);
/* The same for an answer: none to HEAD and with 1xx, 204 and 304; without a length it ends with the
 * connection (UNTIL_CLOSE: take takes all, and it is never over). */
int http1_answer_body_of(const struct http1_head *h, bool to_head, struct http1_body *out);
/* Looks at the next octets: how many belong to the body (<= in.n, > 0 as long as it is not over and
 * there are any), framing and trailers included, or GW_EPROTO, then and from then on.  Strict about
 * chunk lines (LF alone, a size of more than 16 digits, over 256 octets with extensions, blanks
 * behind a size: refused) and trailers (what is no field, over HTTP1_HEAD_MAX: refused). */
ssize_t http1_body_take(struct http1_body *b, struct bytes in);
bool http1_body_is_over(const struct http1_body *b);
/* Are the next octets those of the trailers: their fields and the empty line? */
bool http1_body_in_trailers(const struct http1_body *b);

/* What a server answers (RFC 9112 s.4), fed as it comes; zeroed at the start. */
struct http1_status {
    uint8_t at;
    uint16_t code;
};
/* The status code of the answer: interim ones (1xx) are passed over, but for 101, which is final.
 * Returns the code, 0: it needs more, or GW_EPROTO: this is no HTTP/1 answer. */
int http1_status_take(struct http1_status *r, struct bytes in);

/* Compares without regard to ASCII case. */
bool http1_is(struct bytes a, const char *b);

#endif
