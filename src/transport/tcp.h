/* tcp.h - the TCP transport: listening and dialling, with upgrade.h behind it.  The sibling of
 * quic.h for networks that block UDP. */
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

/* Nothing new from now on: listeners and what is under way end; connections are their owners'.
 * Again once they have closed: it drops their farewells, and the loop has to turn once more before
 * tcp_free. */
void tcp_stop(struct tcp *t);
void tcp_free(struct tcp *t); /* NULL is fine */

#endif
