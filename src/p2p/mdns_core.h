/* mdns_core.h - what libp2p says over multicast DNS (libp2p specs, discovery/mdns; RFC 6762):
 * without a socket, a loop or a clock.
 *
 *     _p2p._udp.local      PTR  LABEL._p2p._udp.local
 *     LABEL._p2p._udp.local TXT "gw-name=NAME" "dnsaddr=/ip4/.../p2p/ID" ...
 *     LABEL._p2p._udp.local SRV LABEL.p2p.local, which has A and AAAA
 *
 * On every link it asks at once, and again after 1, 2, 4 ... 60 s; another one's question takes the
 * place of ours (s.7.3).  It says the above at once as well, whenever it has changed, and to
 * whoever asks, after a short random time (s.6), but not within a second again and not to who knows
 * it (s.7.1).  What others say goes into lan_peers.  Without addresses it says nothing and asks
 * nothing.
 *
 * After every call that takes the time, the caller sends what mdns_core_output has, and comes back
 * at mdns_core_next.
 */
#ifndef GW_P2P_MDNS_CORE_H
#define GW_P2P_MDNS_CORE_H

#include "net/mdns_port.h"
#include "p2p/mdns_self.h"

#define MDNS_MSG_MAX      1440 /* octets of one that we send: one packet, s.17 */
#define MDNS_TTL_S        120
#define MDNS_ASK_MIN_MS   1000
#define MDNS_ASK_MAX_MS   60000
#define MDNS_DELAY_MIN_MS 20 /* of an answer, s.6 */
#define MDNS_DELAY_MAX_MS 120

struct mdns_core;

/* Borrows `peers`.  `name` as lan_name_ok has it, or "".  Returns owned, or NULL. */
struct mdns_core *mdns_core_new(const struct peerid *self, const char *name,
                                const uint8_t random[MDNS_RANDOM], struct lan_peers *peers);
void mdns_core_free(struct mdns_core *c); /* NULL is fine */

/* Our addresses, and the links that there are: new ones are asked at once. */
void mdns_core_set_addrs(struct mdns_core *c, const struct multiaddr *addrs, size_t n,
                         uint64_t now_ms);
void mdns_core_set_links(struct mdns_core *c, const struct mdns_link *links, size_t n,
                         uint64_t now_ms);
/* One question more on all links, a second after the last one. */
void mdns_core_ask(struct mdns_core *c, uint64_t now_ms);
/* The network is another one now: all links begin anew. */
void mdns_core_restart(struct mdns_core *c, uint64_t now_ms);
void mdns_core_set_asker(struct mdns_core *c); /* it asks also without addresses of its own */

/* A datagram.  Returns the octets of an answer that goes to its sender alone, at once; 0: none. */
size_t mdns_core_input(struct mdns_core *c, const struct mdns_peer *from, struct bytes msg,
                       uint64_t now_ms, uint8_t reply[MDNS_MSG_MAX]);
/* The next message that is due, and its link; 0: none. */
size_t mdns_core_output(struct mdns_core *c, uint64_t now_ms, struct mdns_link *to,
                        uint8_t dst[MDNS_MSG_MAX]);
uint64_t mdns_core_next(const struct mdns_core *c); /* UINT64_MAX: never */

/* The last message, for all links: we are gone.  0: nobody has heard of us. */
size_t mdns_core_bye(const struct mdns_core *c, uint8_t dst[MDNS_MSG_MAX]);

#endif
