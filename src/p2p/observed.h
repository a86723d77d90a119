/* observed.h - how others see us: the addresses that peers say we come from (identify's
 * observedAddr) and what follows from them.  Pure: no loop, the time is an argument.
 *
 * One peer may lie or sit in a network of its own, so a sighting is confirmed by a second one from
 * elsewhere (another ipaddr_net).  Each peer counts with its last sighting per transport and
 * family.
 */
#ifndef GW_P2P_OBSERVED_H
#define GW_P2P_OBSERVED_H

#include "id/multiaddr.h"

#define OBSERVED_MAX       32        /* sightings; the oldest makes room */
#define OBSERVED_LIFE_MS   (1800000) /* after which a sighting counts no more */
#define OBSERVED_CONFIRMED 2         /* observers, by their networks */

struct sighting {
    struct multiaddr seen; /* us, QUIC or TCP */
    struct peerid by;
    struct ipaddr net; /* the observer's, as ipaddr_net has it */
    uint64_t at_ms;
};

struct observed { /* zeroed means empty */
    struct sighting v[OBSERVED_MAX];
    size_t n;
};

/* Sightings of anything but a QUIC or TCP address with a port are not taken. */
void observed_note(struct observed *o, const struct multiaddr *seen, const struct peerid *by,
                   const struct ipaddr *from, uint64_t now_ms);

/* The addresses that at least `observers` agree on, those with the most of them first. */
size_t observed_addrs(const struct observed *o, size_t observers, uint64_t now_ms,
                      struct multiaddr *out, size_t max);

/* Does but one of them say that we are there?  Then *net is where that is. */
bool observed_is_claim(const struct observed *o, const struct multiaddr *address, uint64_t now_ms,
                       struct ipaddr *net);

/* How a NAT maps our UDP port (RFC 4787 section 4.1). */
enum observed_mapping {
    OBSERVED_UNKNOWN,
    OBSERVED_NOT_MAPPED,  /* what is seen is one of this machine's addresses, a public one or
                           * nobody outside this network has looked */
    OBSERVED_INDEPENDENT, /* the same for all who look */
    OBSERVED_DEPENDENT,   /* another for each address or port we talk to: "symmetric" */
};
/* Of the UDP sightings of one family; `own`: this machine's addresses as it listens on them. */
enum observed_mapping observed_mapping(const struct observed *o, uint8_t family,
                                       const struct multiaddr *own, size_t nown, uint64_t now_ms);

#endif
