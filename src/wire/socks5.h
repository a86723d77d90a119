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
#define SOCKS5_REPLY_MAX    262 /* octets of the longest reply, with a name; a failure takes 10 */

enum socks5_method {
    SOCKS5_METHOD_NONE = 0x00, /* no authentication required */
    SOCKS5_METHOD_USERPASS = 0x02,
    SOCKS5_METHOD_UNACCEPTABLE = 0xff, /* none of the offered; close after sending it */
};

enum socks5_cmd {
    SOCKS5_CMD_CONNECT = 1,
    SOCKS5_CMD_BIND = 2,
    SOCKS5_CMD_UDP_ASSOCIATE = 3,
    SOCKS5_CMD_RESOLVE = 0xf0,     /* Tor's socks-extensions: the address of a name, */
    SOCKS5_CMD_RESOLVE_PTR = 0xf1, /* and the name of an address */
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

enum socks5_auth {
    SOCKS5_AUTH_NONE,   /* nobody has to say who he is */
    SOCKS5_AUTH_NAMES,  /* but whoever can is asked for a name: it may say more than who */
    SOCKS5_AUTH_NEEDED, /* by name and password only */
};

/* Chooses among the methods offered.
 * With AUTH_NONE and both on offer that is METHOD_NONE: some clients offer a user name without
 * having one, and then ask a terminal that is not there (connect-proxy, Java), or fail.  A client
 * that offers GSSAPI besides is curl with a name on its command line, and is asked.  One that
 * offers only a user name is asked, too, and the caller lets any pass. */
enum socks5_method socks5_choose_method(struct bytes methods, enum socks5_auth auth);

int socks5_encode_method(uint8_t *dst, size_t cap, enum socks5_method method);

struct socks5_userpass { /* views into the input, 0..255 octets of any value each */
    struct bytes user;
    struct bytes pass; /* a secret */
};

/* RFC 1929 s.2; its version number is 1. */
int socks5_decode_userpass(struct bytes in, struct socks5_userpass *out);
int socks5_encode_userpass_status(uint8_t *dst, size_t cap, bool is_ok); /* refused: then close */

enum socks5_kind { SOCKS5_IPV4, SOCKS5_IPV6, SOCKS5_NAME };

struct socks5_dest {
    enum socks5_kind kind;
    uint8_t ip[16]; /* network order: 4 octets for IPV4, 16 for IPV6, the rest zero */
    /* NAME: 1..255 octets of printable ASCII in the case they came in (a base58 peer id needs it),
     * no dot at the end.  IPV4, IPV6: the address as text, without brackets.  NUL-terminated. */
    char host[256];
    uint16_t port;
};

/* Address type, address and port, as they stand in a request (s.5) and in a UDP header (s.7).  An
 * address given as a name counts as the address (IPv6 with or without brackets), and a v4-mapped
 * IPv6 address as the IPv4 address in it.
 * Errors, and what to answer:
 *   GW_EUNSUP   unknown address type (BAD_ATYP)
 *   GW_ENONAME  a name with octets above 127; an IPv6 address that has a zone or is malformed
 *               (HOST_UNREACH)
 *   GW_EINVAL   a name that is empty, ends in two dots, or holds NUL or control characters
 *               (FAILURE) */
int socks5_decode_dest(struct bytes in, struct socks5_dest *out);

/* The parts of that, for SOCKS4, which writes them another way.  The port stays. */
int socks5_dest_set_name(struct socks5_dest *d, struct bytes name); /* 0, GW_ENONAME, GW_EINVAL */
void socks5_dest_set_ipv4(struct socks5_dest *d, const uint8_t ip[4]);

struct socks5_request {
    uint8_t cmd; /* enum socks5_cmd, or any other value: answer BAD_CMD to those not served */
    struct socks5_dest dest; /* its port is never 0 with CONNECT */
};

/* s.4.  The reserved octet is not looked at.  Errors as socks5_decode_dest, and GW_EINVAL for port
 * 0 to CONNECT to: with these out->cmd is set and out->dest is not to be used. */
int socks5_decode_request(struct bytes in, struct socks5_request *out);

/* s.6.  `ip` is the bound address: 4 or 16 octets, or none, which is sent as 0.0.0.0 port 0. */
int socks5_encode_reply(uint8_t *dst, size_t cap, enum socks5_rep rep, struct bytes ip,
                        uint16_t port);
/* The answer to RESOLVE_PTR, which alone may have a name in it: 1..255 octets. */
int socks5_encode_name_reply(uint8_t *dst, size_t cap, struct bytes name);

#endif
