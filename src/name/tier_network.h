/* tier_network.h - the tier of the networks' relays: HOST.NETWORK and SERVICE.HOST.NETWORK of a
 * network that is known (p2p/networks.h).
 *
 * All relays of the network are asked at once.  The first answer whose claim verifies wins: the
 * claim is signed by the peer that is called so, so a relay cannot invent one.  A relay of our own
 * (names_book.h) answers from its book.  A network that is not known here is asked for at all
 * relays that we know: they may know it (federation); where other names than ours go on to the
 * internet, only if it ends in .p2p.  One that they do not know either is not asked for again for
 * TIER_NETWORK_FORGET_MS, whatever the host.
 *
 * The addresses answered: those told of the peer; circuits through the relay that knows it; the
 * chain of circuits through all relays that the question went by.  The remark names these relays.
 */
#ifndef GW_NAME_TIER_NETWORK_H
#define GW_NAME_TIER_NETWORK_H

#include "host/host.h"
#include "name/resolver.h"
#include "p2p/names_book.h"
#include "p2p/networks.h"

#define TIER_NETWORK_MS        4000 /* for the relays to answer */
#define TIER_NETWORK_FORGET_MS 60000

struct tier_network;
extern const struct tier_ops tier_network_ops; /* "network" */

/* Borrows all; book may be NULL.  Returns owned, or NULL.  Free it when the resolver has stopped.
 */
struct tier_network *tier_network_new(struct host *h, const struct networks *n,
                                      const struct names_book *book);
/* Names that are nobody's here go on to the internet: they are not told to our relays. */
void tier_network_set_discreet(struct tier_network *t, bool is_discreet);
void tier_network_free(struct tier_network *t); /* NULL is fine */

/* Reads HOST.NETWORK and SERVICE.HOST.NETWORK, the network being any label; false: neither.  Views
 * into the name. */
struct network_name {
    struct bytes service, host, network; /* service.n == 0: none */
};
bool network_name_read(const struct name *n, struct network_name *out);

#endif
