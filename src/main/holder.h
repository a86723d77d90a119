/* holder.h - which program holds an address, for the message that says it is in use. */
#ifndef GW_MAIN_HOLDER_H
#define GW_MAIN_HOLDER_H

#include "net/sockaddr.h"

#define HOLDER_STR_MAX 80

/* Who listens at the address (is_udp: is bound to it): writes " by NAME (pid N)" into out, or what
 * is known instead: that it is this process, or which user's program it is.  "" when nothing is: a
 * system whose /proc does not say (proc(5): net/tcp, net/unix, PID/fd).  Of several that share the
 * socket a service manager is named last.  Returns out. */
const char *holder_print(const struct sockaddr_any *at, bool is_udp, char out[HOLDER_STR_MAX]);

/* What helps where GW_EPERM kept a port from being opened: "; see ..."; "": nothing is known to. */
const char *holder_low_port(int rc, uint16_t port);

#endif
