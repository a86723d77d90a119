/* socks4.h - SOCKS4 and SOCKS4a messages, the server's side ("SOCKS: A protocol for TCP proxy
 * across firewalls" and "SOCKS 4A: A Simple Extension to SOCKS 4 Protocol", both by Ying-Da Lee;
 * there is no RFC), with Tor's RESOLVE (torspec, socks-extensions).  Pure: no I/O, no allocation.
 *
 *     client                          server
 *     request: address or name  ->
 *                               <-    reply, then octets of the application
 *
 * Decoders:  > 0  octets used   |  0  need more input   |  < 0  GW_E*
 * Encoders:  > 0  octets put    |  GW_ENOMEM
 * GW_EPROTO is a wrong version number: its sender does not speak SOCKS4 and gets no answer.
 */
#ifndef GW_WIRE_SOCKS4_H
#define GW_WIRE_SOCKS4_H

#include "wire/socks5.h"

#define SOCKS4_VERSION     4   /* first octet of a request */
#define SOCKS4_REQUEST_MAX 520 /* octets of the longest request */
#define SOCKS4_REPLY_LEN   8

enum socks4_cmd { SOCKS4_CMD_CONNECT = 1, SOCKS4_CMD_BIND = 2, SOCKS4_CMD_RESOLVE = 0xf0 };

struct socks4_request {
    uint8_t cmd;       /* enum socks4_cmd, or any other value */
    struct bytes user; /* a view into the input, 0..255 octets without NUL */
    struct socks5_dest dest;
};

/* An address 0.0.0.x, x not 0, says that a name follows (SOCKS4a); names as socks5_decode_dest.
 * With these errors, which all get a refusal, *out is not to be used:
 *   GW_EINVAL   port 0 (but in RESOLVE); a user or a name of more than 255 octets; an empty name,
 *               one that ends in two dots or holds control characters
 *   GW_ENONAME  as socks5_decode_dest */
int socks4_decode_request(struct bytes in, struct socks4_request *out);

/* `ip`: the address that RESOLVE found.  NULL: 0.0.0.0, since it says nothing with CONNECT nor in a
 * rejection.  The port is 0. */
int socks4_encode_reply(uint8_t *dst, size_t cap, bool is_granted, const uint8_t ip[4]);

#endif
