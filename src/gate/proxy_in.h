/* proxy_in.h - the clients of the proxy port, from accept to hand-over.
 *
 * The first octet of a client tells its protocol: 5 SOCKS5, 4 SOCKS4 and SOCKS4a, a letter HTTP.
 * All of them share one life, which is here; what they say is in socks5_in, socks4_in and http_in.
 *
 *   HANDSHAKE -> OPENING -> (the front joins the stream)
 *       |  |        |
 *       |  +--------|-----> HELD      it stays connected beside a UDP association
 *       |           |
 *       +-----------+-----> PARTED    a last answer leaves (net/parting)
 *
 *   any other -> DEAD on a fault, a vanished client, or its deadline
 *
 * Octets that come behind a request are kept (up to PROXY_IN_MAX, then the client waits) and go to
 * the service first.  HANDSHAKE has one deadline from accept on and counts as half-open; OPENING
 * has the front's.  A client that ends its direction while its service is opened is served: it may
 * only have closed its writing side; one that ended without a word of its own is given one more
 * handshake-timeout.
 */
#ifndef GW_GATE_PROXY_IN_H
#define GW_GATE_PROXY_IN_H

#include "gate/front.h"

#define PROXY_IN_MAX 16384 /* octets of input that one client may have here */

struct proxy_in; /* all clients of all proxy ports */

/* What `GET /path` on the port itself answers (the layer above fills it in).  Puts a whole
 * response, head included, into *out (strbuf, bounded) and returns 0, or GW_ENOTFOUND: there is no
 * such page, GW_ENOMEM. `host`: HOST[:PORT] under which the client knows this port, checked, for
 * links. */
struct strbuf;
typedef int proxy_page_fn(void *arg, struct bytes path, struct bytes host, struct strbuf *out);

struct proxy_in_config {
    const char *user, *password;   /* copied; both NULL: no authentication */
    bool option_tags;              /* ask every client that offers it for a user name: it may be a
                                    * tag.  Some have none and then fail (socks5_choose_method) */
    uint64_t handshake_timeout_ms; /* from accept to the complete request */
    uint32_t max_half_open;        /* clients before their request, at least 1; one more closes
                                    * the oldest of the kind of which there are most */
    uint32_t max_udp;              /* UDP associations */
    proxy_page_fn *page;           /* NULL: no pages */
    void *page_arg;
    const struct peerid *self; /* ours, borrowed: a page says whom to allow; NULL: it does not */
    const char *command;       /* by which people reach this node, borrowed: "gw -d DIR" */
};

/* Borrows loop, turn and front.  Returns owned, or NULL when out of memory. */
struct proxy_in *proxy_in_new(struct ev_loop *loop, struct turn *turn, struct front *front,
                              const struct proxy_in_config *cfg);
/* Resets the clients that are not joined to their service yet; the others belong to the front. NULL
 * is fine. */
void proxy_in_free(struct proxy_in *in);

/* For the clients that come from now on.  Returns 0 or GW_ENOMEM (then nothing changes). */
int proxy_in_set_config(struct proxy_in *in, const struct proxy_in_config *cfg);

/* A listen_accept_fn with a struct proxy_in as its argument: takes fd. */
void proxy_in_accept(void *proxy_in, int fd, const struct sockaddr_any *from);

#endif
