/* announce.h - the addresses by which others may reach us: those we listen on, those that others
 * see us come from, ports that the router maps, circuits through relays.
 *
 * Identify tells them to peers, hole punching proposes the direct ones.  What others see counts
 * once two of them agree (observed.h), or a dial-back of a second one has proved it
 * (autonat_core.h); until then, and behind a NAT that maps differently for each of them, it is a
 * candidate for hole punching only.
 */
#ifndef GW_P2P_ANNOUNCE_H
#define GW_P2P_ANNOUNCE_H

#include "host/host.h"
#include "p2p/observed.h"

#define ANNOUNCE_MAX 32 /* addresses told */

struct announce;

/* Observes the host, which it borrows.  Returns owned (free it after the host), or NULL. */
struct announce *announce_new(struct host *h);
void announce_free(struct announce *a); /* NULL is fine */

/* Called from the loop, once for any number of changes of a turn, of addresses or of the reach.  0
 * or GW_ENOMEM. */
int announce_on_change(struct announce *a, void (*fn)(void *arg), void *arg);

/* Everything that is told to a peer; loopback addresses are among them. */
size_t announce_addrs(const struct announce *a, struct multiaddr *out, size_t max);
/* What is told to whom we do not see, in a record for instance: circuits and public addresses.
 * Private ones, and then those of loopback, are told by who has no others: whoever asks is near
 * then, or on this machine, too. */
size_t announce_afar(const struct announce *a, struct multiaddr *out, size_t max);
/* Where a hole may be punched: no circuits and no loopback, the best first: observed (also by one
 * peer only), mapped, public, private ones. */
size_t announce_candidates(const struct announce *a, struct multiaddr *out, size_t max);
/* Those of them that are not private: what AutoNAT should have tested. */
size_t announce_public(const struct announce *a, struct multiaddr *out, size_t max);
/* Whether an address is there by itself: we listen on it, or the router maps it for everybody. */
bool announce_is_fixed(const struct announce *a, const struct multiaddr *address);
/* Whether it is no more than what one peer says: not fixed, and seen by nobody else (observed.h).
 * *net is where that is, as ipaddr_net has it. */
bool announce_is_claim(const struct announce *a, const struct multiaddr *address,
                       struct ipaddr *net);

/* A port mapping (net/portmap.h), told by its outer address, is there, or is gone. */
void announce_mapped(struct announce *a, const struct multiaddr *outer);
void announce_unmapped(struct announce *a, const struct multiaddr *outer);
size_t announce_mapped_addrs(const struct announce *a, struct multiaddr *out, size_t max);
/* Our circuits, each /.../p2p/RELAY/p2p-circuit; replaces those before. */
void announce_set_circuits(struct announce *a, const struct multiaddr *circuits, size_t n);

/* Addresses of ours by which a dial-back has come that strangers could have made (AutoNAT): these
 * are announced even if but one peer sees us there.  Replaces those before; at most ANNOUNCE_MAX.
 */
void announce_set_proven(struct announce *a, const struct multiaddr *v, size_t n);

/* How our NAT maps UDP ports, as far as peers' sightings tell. */
enum observed_mapping announce_mapping(const struct announce *a);

/* Whether strangers can reach us directly, as AutoNAT found. */
enum announce_reach { ANNOUNCE_REACH_UNKNOWN, ANNOUNCE_REACH_PUBLIC, ANNOUNCE_REACH_PRIVATE };
void announce_set_reach(struct announce *a, enum announce_reach reach);
enum announce_reach announce_reach(const struct announce *a);

/* Our NAT may map us elsewhere by now: asks all whom we are connected to directly how they see us.
 */
void announce_refresh(const struct announce *a);

/* The machine's addresses have changed: what was seen before counts no more. */
void announce_network_changed(struct announce *a);

#endif
