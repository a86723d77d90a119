/* reload.h - a new configuration for the running daemon (SIGHUP, `gw reload`). */
#ifndef GW_MAIN_RELOAD_H
#define GW_MAIN_RELOAD_H

#include "main/daemon.h"

/* Reads everything again, checks it whole, then swaps it in.  Returns 0, or GW_E* with "FILE:LINE:
 * what is wrong" in `err`; then all is as before.  Clients, streams and listeners that the new
 * configuration still has go on. */
int reload_run(struct daemon *d, char err[CONF_ERR_MAX]);

#endif
