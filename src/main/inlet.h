/* inlet.h - one local port (or socket path) where clients come in: a proxy listener, a forward of
 * connections or of datagrams, a DNS server. */
#ifndef GW_MAIN_INLET_H
#define GW_MAIN_INLET_H

#include "gate/dns_in.h"
#include "gate/forward_in.h"
#include "gate/proxy_in.h"
#include "gate/udp_in.h"
#include "main/config.h"

enum inlet_kind { INLET_PROXY, INLET_TCP, INLET_UDP, INLET_DNS };

struct inlet_env { /* what every inlet leads to; borrowed */
    struct ev_loop *loop;
    struct turn *turn;
    struct front *front;
    struct proxy_in *proxy;
    struct dns_in_parts dns;
};

struct inlet;

/* Opens `text` as a config writes it (sockaddr_parse); `target` (front_target_parse) is that of a
 * forward.  Returns 0 and *out owned, or GW_E* with a sentence in `err`, which says who has the
 * address when it is in use. */
int inlet_open(const struct inlet_env *env, enum inlet_kind kind, const char *text,
               const char *target, struct inlet **out, char err[CONF_ERR_MAX]);
/* Takes a passed socket (listen_adopt) as a proxy listener.  0 and *out owned, or GW_E* (then fd
 * stays the caller's). */
int inlet_adopt(const struct inlet_env *env, int fd, struct inlet **out);
void inlet_close(struct inlet *i); /* as forward_in_close, ... */

enum inlet_kind inlet_kind(const struct inlet *i);
bool inlet_is_passed(const struct inlet *i);
/* Is it what this line of a config asks for?  By its text; a passed socket, by its address. */
bool inlet_matches(const struct inlet *i, enum inlet_kind kind, const char *text);
const struct sockaddr_any *inlet_addr(const struct inlet *i);     /* as bound: the real port */
const struct front_target *inlet_target(const struct inlet *i);   /* of a forward; else NULL */
void inlet_set_target(const struct inlet *i, const char *target); /* likewise; for new clients */
/* Of a DNS server, else nothing: dns_in_set_forwards.  n <= DNS_FORWARDS_MAX. */
void inlet_set_forwards(const struct inlet *i, const struct sockaddr_any *servers, size_t n);

#endif
