/* mdns_hear.h - what others say of themselves in an answer of multicast DNS (mdns_core.h has the
 * picture), into the table of the LAN's peers. */
#ifndef GW_P2P_MDNS_HEAR_H
#define GW_P2P_MDNS_HEAR_H

#include "net/mdns_port.h"
#include "p2p/mdns_self.h"

/* The records of `m` from its next one on.  What is ours, malformed, or of no use to us is dropped:
 * addresses other than of QUIC and TCP, on loopback, or of one link only. */
void mdns_hear(struct lan_peers *peers, const struct mdns_self *self, const struct mdns_peer *from,
               struct dns_msg *m, uint64_t now_ms);

#endif
