/* autonat_server.h - dials others back, so that they learn whether they can be reached: the server
 * of AutoNAT v1 and v2 (libp2p specs, autonat/).
 *
 * v1 dials only the IP address that the asker is seen at.  v2 dials one address of the asker's
 * list, the first that is fit; one with another IP address has to be public, and is paid for with
 * 30 to 100 kB of data, so that nobody gains by sending us against others (autonat_request.h).
 * Private addresses are dialled only where the asker itself is on one: the same network, or the
 * same machine.
 */
#ifndef GW_P2P_AUTONAT_SERVER_H
#define GW_P2P_AUTONAT_SERVER_H

#include "host/host.h"

#define AUTONAT_REQUESTS_MAX 16 /* under way; one of each peer */

struct autonat_server;

/* Serves the protocols of both versions; borrows the host.  Returns owned (free it before the
 * host), or NULL. */
struct autonat_server *autonat_server_new(struct host *h);
void autonat_server_free(struct autonat_server *v); /* NULL is fine */

#endif
