/* activation.h - listening sockets that whoever started this process has opened for it
 * (sd_listen_fds(3): systemd, systemd-socket-activate). */
#ifndef GW_MAIN_ACTIVATION_H
#define GW_MAIN_ACTIVATION_H

#include <stddef.h>

#define ACTIVATION_MAX 16 /* sockets; more than that are closed, and logged */

/* Reads $LISTEN_PID and $LISTEN_FDS, and removes them: a process that this one starts is not meant.
 * Returns how many descriptors are in fds, which are the caller's and close-on-exec now; what they
 * are is not known yet.  0: none was passed, or not to this process. */
size_t activation_take(int fds[ACTIVATION_MAX]);

#endif
