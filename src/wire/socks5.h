/* socks5.h - SOCKS5 messages, the server's side (RFC 1928 s.3-6, RFC 1929).
 * Pure: no I/O, no allocation.
 *
 *     client                          server
 *     greeting: methods         ->
 *                               <-    method
 *     user name and password    ->                      (only with SOCKS5_METHOD_USERPASS)
 *                               <-    status
 *     request                   ->
 *                               <-    reply, then octets of the application
 *
 * TCP keeps no message borders: what follows a message is the next one, or the application's.
 *
 * Decoders:  > 0  octets used   |  0  need more input   |  < 0  GW_E*
 * Encoders:  > 0  octets put    |  GW_ENOMEM
 * GW_EPROTO is always a wrong version number: its sender does not speak SOCKS5 and gets no answer.
 */
#ifndef GW_WIRE_SOCKS5_H
#define GW_WIRE_SOCKS5_H

#include "base/cursor.h"

#define SOCKS5_VERSION      5   /* first octet of a greeting and of a request */
#define SOCKS5_GREETING_MAX 257 /* octets of the longest greeting, */
#define SOCKS5_USERPASS_MAX 513 /* user name and password message, */
#define SOCKS5_REQUEST_MAX  262 /* and request */
#define SOCKS5_REPLY_MAX    22  /* octets of the longest reply put here; a failure takes 10 */

enum socks5_method {
    SOCKS5_METHOD_NONE = 0x00, /* no authentication required */
    SOCKS5_METHOD_USERPASS = 0x02,
    SOCKS5_METHOD_UNACCEPTABLE = 0xff, /* none of the offered; close after sending it */
};

enum socks5_cmd {
    SOCKS5_CMD_CONNECT = 1,
    SOCKS5_CMD_BIND = 2,
    SOCKS5_CMD_UDP_ASSOCIATE = 3,
};

enum socks5_rep { /* RFC 1928 s.6; no code above 8: some clients take those for success */
                  SOCKS5_REP_OK,
                  SOCKS5_REP_FAILURE,
                  SOCKS5_REP_DENIED,
                  SOCKS5_REP_NET_UNREACH,
                  SOCKS5_REP_HOST_UNREACH,
                  SOCKS5_REP_REFUSED,
                  SOCKS5_REP_TIMEOUT, /* "TTL expired" */
                  SOCKS5_REP_BAD_CMD,
                  SOCKS5_REP_BAD_ATYP,
};

/* s.3.  *methods is a view of the list, 0..255 octets in the client's order. */
int socks5_decode_greeting(struct bytes in, struct bytes *methods);

/* Chooses among the methods offered.  Without need_auth METHOD_NONE comes first, and a client that
 * offers only a user name is asked for it (the caller then lets any pass); with it only
 * METHOD_USERPASS will do. */
enum socks5_method socks5_choose_method(struct bytes methods, bool need_auth);

int socks5_encode_method(uint8_t *dst, size_t cap, enum socks5_method method);

struct socks5_userpass { /* views into the input, 0..255 octets of any value each */
    struct bytes user;
    struct bytes pass; /* a secret */
};

/* RFC 1929 s.2; its version number is 1. */
int socks5_decode_userpass(struct bytes in, struct socks5_userpass *out);
int socks5_encode_userpass_status(uint8_t *dst, size_t cap, bool is_ok); /* refused: then close */

enum socks5_kind { SOCKS5_IPV4, SOCKS5_IPV6, SOCKS5_NAME };

struct socks5_request {
    uint8_t cmd; /* enum socks5_cmd, or any other value: answer BAD_CMD to those not served */
    enum socks5_kind kind;
    uint8_t ip[16]; /* network order: 4 octets for IPV4, 16 for IPV6, the rest zero */
    /* NAME: 1..255 octets of printable ASCII in the case they came in (a base58 peer id needs it),
     * no dot at the end.  IPV4, IPV6: the address as text, without brackets.  NUL-terminated. */
    char host[256];
    uint16_t port; /* never 0 with CONNECT */
};

/* s.4.  An address given as a name counts as the address (IPv6 with or without brackets), and a
 * v4-mapped IPv6 address as the IPv4 address in it.  The reserved octet is not looked at.
 * Errors, and what to answer:
 *   GW_EUNSUP   unknown address type (BAD_ATYP)
 *   GW_ENONAME  a name with octets above 127; an IPv6 address that has a zone or is malformed
 *               (HOST_UNREACH)
 *   GW_EINVAL   a name that is empty, ends in two dots, or holds NUL or control characters; port 0
 *               to CONNECT to (FAILURE)
 * With these errors out->cmd is set and the rest of *out is not to be used. */
int socks5_decode_request(struct bytes in, struct socks5_request *out);

/* s.6.  `ip` is the bound address: 4 or 16 octets, or none, which is sent as 0.0.0.0 port 0. */
int socks5_encode_reply(uint8_t *dst, size_t cap, enum socks5_rep rep, struct bytes ip,
                        uint16_t port);

#endif
