/* kad_contacts.h - DHT peers and their addresses between messages and the table: which addresses
 * may be told to whom, and be believed from whom.
 *
 * A loopback address concerns this machine only, a private one our networks only
 * (net/addr_scope.h).  They are told to, and taken from, only who is met on an address of that
 * kind.
 */
#ifndef GW_P2P_KAD_CONTACTS_H
#define GW_P2P_KAD_CONTACTS_H

#include "host/host.h"
#include "net/addr_scope.h"
#include "p2p/kad_table.h"
#include "wire/kad_msg.h"

/* Of the address by which the peer is connected, or else of the first of `addrs`. */
enum addr_scope kad_scope_of_peer(const struct host *h, const struct peerid *peer,
                                  const struct multiaddr *addrs, size_t naddrs);

struct kad_contacts { /* with their addresses; v[i].addrs leads into addrs, so it is not copied */
    size_t n;
    struct kad_contact v[KAD_MSG_PEERS_MAX];
    struct multiaddr addrs[KAD_MSG_PEERS_MAX][KAD_ADDRS_MAX];
};

/* Copies; passed over when there is no room.  Only addresses that can be dialled and are of `scope`
 * or a wider one. */
void kad_contacts_add(struct kad_contacts *to, const struct peerid *peer,
                      const struct multiaddr *addrs, size_t naddrs, enum addr_scope scope);

/* Adds the peers of a message that came from one of that scope.  Those that cannot be read are
 * passed over. */
void kad_contacts_read(struct kad_contacts *to, const struct kad_peers *from,
                       enum addr_scope scope);

/* Adds the peer to a message to one of that scope: views of what is given. */
void kad_contacts_tell(struct kad_peers *to, const struct peerid *peer,
                       const struct multiaddr *addrs, size_t naddrs, enum addr_scope scope);

#endif
