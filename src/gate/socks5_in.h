/* socks5_in.h - the clients of the proxy port, from accept to hand-over.
 *
 * The first octet of a client tells its protocol; spoken today: SOCKS5 with CONNECT (RFC 1928, RFC
 * 1929). A reply says what really happened: it is sent after the far service was opened.  Octets
 * that come behind the request are kept (4 KiB, then the client waits) and go to the service first.
 */
#ifndef GW_GATE_SOCKS5_IN_H
#define GW_GATE_SOCKS5_IN_H

#include "gate/front.h"

struct socks5_in; /* all clients of all proxy ports */

struct socks5_in_config {
    const char *user, *password;   /* copied; both NULL: no authentication */
    uint64_t handshake_timeout_ms; /* from accept to the complete request */
    uint32_t max_half_open;        /* clients before their request; one more closes the oldest */
};

/* Borrows loop, turn and front.  Returns owned, or NULL when out of memory. */
struct socks5_in *socks5_in_new(struct ev_loop *loop, struct turn *turn, struct front *front,
                                const struct socks5_in_config *cfg);
/* Resets the clients that are not joined to their service yet; the others belong to the front. NULL
 * is fine. */
void socks5_in_free(struct socks5_in *in);

/* For the clients that come from now on.  Returns 0 or GW_ENOMEM (then nothing changes). */
int socks5_in_set_config(struct socks5_in *in, const struct socks5_in_config *cfg);

/* A listen_accept_fn with a struct socks5_in as its argument: takes fd. */
void socks5_in_accept(void *socks5_in, int fd, const struct sockaddr_any *from);

#endif
