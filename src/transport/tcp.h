/* tcp.h - the TCP transport: listening and dialling, with upgrade.h behind it.  The sibling of
 * quic.h for networks that block UDP.
 *
 * Who listens dials from the port it listens on, if it can: so a NAT gives both the same outer
 * port, and peers see an address that others may dial. */
#ifndef GW_TRANSPORT_TCP_H
#define GW_TRANSPORT_TCP_H

#include "transport/upgrade.h"

#define TCP_LISTENS_MAX 8

struct tcp;

struct tcp *tcp_new(struct upgrade_env *env); /* borrows; owned, or NULL when out of memory */

/* *bound (may be NULL) has the real port.  0; GW_EINUSE; GW_EUNSUP (not /ip./ADDR/tcp/PORT);
 * GW_ELIMIT (TCP_LISTENS_MAX are there). */
int tcp_listen(struct tcp *t, const struct multiaddr *at, struct multiaddr *bound);
size_t tcp_listen_addrs(const struct tcp *t, struct multiaddr *out,
                        size_t max); /* wildcards kept */

/* Dials, and again with TLS where the peer does not speak Noise.  0: set the events of *out at
 * once; on_ready or on_close follows.  Else GW_E*. */
int tcp_dial(struct tcp *t, const struct multiaddr *to, const struct peerid *expect,
             struct muxed **out);

/* The side of a hole punch that serves (specs, relay/DCUtR): connects from the port we listen on,
 * to meet the peer's own connect on its way, and takes the connection as an inbound one.  0;
 * GW_EUNSUP (no TCP address, or we do not listen in its family), or why it could not begin. */
int tcp_punch(struct tcp *t, const struct multiaddr *to);

/* Nothing new from now on: listeners and what is under way end; connections are their owners'.
 * Again once they have closed: it drops their farewells, and the loop has to turn once more before
 * tcp_free. */
void tcp_stop(struct tcp *t);
void tcp_free(struct tcp *t); /* NULL is fine */

#endif
