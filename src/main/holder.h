/* holder.h - which program holds a TCP port, for the message that says the port is in use. */
#ifndef GW_MAIN_HOLDER_H
#define GW_MAIN_HOLDER_H

#include "net/sockaddr.h"

#define HOLDER_STR_MAX 64

/* Writes " by NAME (pid N)" into out, or "" when it cannot be told: another user's program, or a
 * system whose /proc does not say (proc(5): net/tcp, PID/fd).  Returns out. */
const char *holder_print(const struct sockaddr_any *at, char out[HOLDER_STR_MAX]);

#endif
