/* proxy_client.h - one client of the proxy port, as the protocols on it see it (proxy_in.h).
 *
 * A protocol is a struct proxy_proto.  Its functions may call what is below.  A client that is said
 * to be gone may not be touched after the call; every other one lives until the protocol returns.
 */
#ifndef GW_GATE_PROXY_CLIENT_H
#define GW_GATE_PROXY_CLIENT_H

#include "gate/proxy_in.h"

struct proxy_client;

struct proxy_proto {
    const char *name; /* "socks5": for the log and the front */
    /* New input; `in` is all of it that is not used yet.  > 0: octets used (called again with the
     * rest); 0: wait for more, or the client has moved on; < 0 GW_E*: the client is dropped. */
    int (*read)(struct proxy_client *c, struct bytes in);
    /* What proxy_client_connect came to.  err 0: call proxy_client_join.  Else: say why, and part.
     */
    void (*opened)(struct proxy_client *c, int err, const char *why);
};
extern const struct proxy_proto socks5_proto, socks4_proto, http_proto;

/* The protocol's own progress, zero at the start; and what it may keep, freed with the client. */
int *proxy_client_phase(struct proxy_client *c);
void proxy_client_keep(struct proxy_client *c, void *state); /* free()d, or what it kept before */
void *proxy_client_kept(const struct proxy_client *c);

const struct proxy_in_config *proxy_client_config(const struct proxy_client *c);
struct front *proxy_client_front(const struct proxy_client *c);
struct ev_loop *proxy_client_loop(const struct proxy_client *c);
const struct sockaddr_any *proxy_client_from(const struct proxy_client *c);
void proxy_client_local(const struct proxy_client *c, struct sockaddr_any *out); /* getsockname */
const char *
proxy_client_label(const struct proxy_client *c); /* "socks5 c=17", for the log; static */

/* An answer on the way.  0 or GW_ENOMEM, which read returns. */
int proxy_client_say(struct proxy_client *c, struct bytes v);
/* The last answer: it is sent, then FIN, and the client has 2 s to take it.  After it the protocol
 * is called no more (nor is `ended` of a hold); from read, return 0. */
void proxy_client_part(struct proxy_client *c, struct bytes v);

/* Asks for a service: the handshake is over, opened comes later, from the loop.  When even asking
 * is not possible opened is called with GW_ELIMIT or GW_ENOMEM, from the loop, too. */
void proxy_client_connect(struct proxy_client *c, const struct front_target *t);
/* From opened(0): says `answer` to the client and `ahead` to the service, then what the client sent
 * behind its request, and joins both.  c is gone. */
void proxy_client_join(struct proxy_client *c, struct bytes answer, struct bytes ahead);
/* From opened(0), before join.  What the client sent behind its request; its stream, for one around
 * it; and that in its place `around` is joined, of what came behind only the first n octets. */
struct bytes proxy_client_behind(const struct proxy_client *c);
struct stream *proxy_client_stream(const struct proxy_client *c);
void proxy_client_wrap(struct proxy_client *c, struct stream *around, size_t n);

/* Asks for the address of a host (front_address): as with connect the handshake is over, and
 * `found` comes later, from the loop, or never when the client goes first.  It is to part. */
typedef void proxy_client_found_fn(struct proxy_client *c, int err, const struct ipaddr *ip,
                                   const char *why);
void proxy_client_look_up(struct proxy_client *c, const char *host, proxy_client_found_fn *found);

/* From read: the client stays, without a deadline, as long as it likes; what it sends is dropped.
 * `ended` is called once, from the loop, when it has gone or proxy_in ends; c is gone after the
 * call. proxy_client_drop ends it from this side: then `ended` is called too. */
void proxy_client_hold(struct proxy_client *c, void (*ended)(void *arg), void *arg);
void proxy_client_drop(struct proxy_client *c, int err);
uint32_t proxy_client_count_held(const struct proxy_client *c); /* of all on the port */

#endif
