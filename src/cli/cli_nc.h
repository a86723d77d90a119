/* cli_nc.h - standard input and output joined to a connected socket, as netcat does. */
#ifndef GW_CLI_CLI_NC_H
#define GW_CLI_CLI_NC_H

#include "base/cursor.h"

/* Copies `in` to the socket and the socket to `out`.  The end of `in` becomes shutdown(SHUT_WR);
 * the end of the socket closes `out`; each direction goes on without the other.  It is over when
 * both have ended, when the socket is closed for both, or when nobody reads `out` any more.
 * `early` (borrowed) was read from the socket before and goes first.  `in` and `out` stay
 * blocking, as others may share them, but are not touched before they are ready.  The caller has
 * SIGPIPE ignored. Returns 0, or the GW_E* that ended it: GW_ERESET (the socket was reset), GW_EIO,
 * GW_ENOMEM, ... */
int cli_nc_run(int sock, int in, int out, struct bytes early);

#endif
