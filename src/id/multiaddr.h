/* multiaddr.h - multiaddrs in their binary form: parse, print, look inside
 * (multiformats/multiaddr).
 *
 * Known: ip4 ip6 ip6zone dns dns4 dns6 dnsaddr tcp udp quic quic-v1 p2p p2p-circuit unix ws wss
 * tls noise certhash webtransport webrtc-direct.  An address with an unknown protocol code is
 * GW_EUNSUP.
 */
#ifndef GW_ID_MULTIADDR_H
#define GW_ID_MULTIADDR_H

#include "base/cursor.h"
#include "id/ipaddr.h"
#include "id/peerid.h"

#define MULTIADDR_MAX     256 /* octets in binary form */
#define MULTIADDR_STR_MAX 640

struct multiaddr {
    uint16_t n;
    uint8_t b[MULTIADDR_MAX]; /* what is not used is zero */
};

/* Of the protocols that are asked for by their code (multiformats/multiaddr, protocols.csv). */
enum multiaddr_code {
    MULTIADDR_IP4 = 4,
    MULTIADDR_TCP = 6,
    MULTIADDR_IP6 = 41,
    MULTIADDR_IP6ZONE = 42,
    MULTIADDR_DNSADDR = 56,
    MULTIADDR_UDP = 273,
    MULTIADDR_P2P_CIRCUIT = 290,
    MULTIADDR_P2P = 421,
    MULTIADDR_QUIC_V1 = 461,
};

int multiaddr_parse(struct bytes text, struct multiaddr *out);     /* 0, GW_ESYNTAX, GW_EUNSUP */
int multiaddr_from_bytes(struct bytes bin, struct multiaddr *out); /* 0, GW_EPROTO, GW_EUNSUP */
const char *multiaddr_print(const struct multiaddr *a,
                            char out[MULTIADDR_STR_MAX]); /* returns out */

/* The IP address that it begins with, without its zone.  False: it begins otherwise. */
bool multiaddr_ip(const struct multiaddr *a, struct ipaddr *ip);
/* /ip{4,6}/ADDR/udp/PORT/quic-v1 [/p2p/ID]: fills ip and port and returns true. */
bool multiaddr_as_quic(const struct multiaddr *a, struct ipaddr *ip, uint16_t *port);
/* The same for /ip{4,6}/ADDR/tcp/PORT [/p2p/ID], and for either. */
bool multiaddr_as_tcp(const struct multiaddr *a, struct ipaddr *ip, uint16_t *port);
bool multiaddr_as_socket(const struct multiaddr *a, struct ipaddr *ip, uint16_t *port);
bool multiaddr_is_quic(const struct multiaddr *a); /* as multiaddr_as_quic */
bool multiaddr_is_tcp(const struct multiaddr *a);  /* as multiaddr_as_tcp */
/* A socket's address (multiaddr_as_socket), and on loopback. */
bool multiaddr_is_loopback(const struct multiaddr *a);
void multiaddr_make_quic(const struct ipaddr *ip, uint16_t port, struct multiaddr *out);
void multiaddr_make_tcp(const struct ipaddr *ip, uint16_t port, struct multiaddr *out);

/* Component by component: *at begins as 0.  Fills its protocol code and its value, a view.  False
 * at the end. */
bool multiaddr_next(const struct multiaddr *a, size_t *at, uint32_t *code, struct bytes *value);
/* Adds a component with the value that its protocol has (none: empty).  0, or GW_ENOMEM: too long,
 * and it is as it was. */
int multiaddr_append(struct multiaddr *a, enum multiaddr_code code, struct bytes value);

/* The /p2p/ID at the end; false when there is none. */
bool multiaddr_peer(const struct multiaddr *a, struct peerid *out);
int multiaddr_append_peer(struct multiaddr *a, const struct peerid *id); /* 0 or GW_ENOMEM */
void multiaddr_strip_peer(struct multiaddr *a); /* drops a trailing /p2p/ID */
bool multiaddr_eq(const struct multiaddr *a, const struct multiaddr *b);
bool multiaddr_is_among(const struct multiaddr *a, const struct multiaddr *v, size_t n);
/* The same addresses in the same order. */
bool multiaddrs_eq(const struct multiaddr *a, size_t na, const struct multiaddr *b, size_t nb);

#endif
