/* reload.h - a new configuration for the running daemon (SIGHUP, `gw reload`). */
#ifndef GW_MAIN_RELOAD_H
#define GW_MAIN_RELOAD_H

#include "main/daemon.h"

#define RELOAD_LATER_MAX 1024

/* Reads everything again, checks it whole, then swaps it in.  Returns 0, or GW_E* with "FILE:LINE:
 * what is wrong" in `err`; then all is as before.  Clients, streams and listeners that the new
 * configuration still has go on.  `later`: the keys that have other values now than at the start,
 * and take effect with the next one: "[node] listen, [dht] mode"; "": none. */
int reload_run(struct daemon *d, char err[CONF_ERR_MAX], char later[RELOAD_LATER_MAX]);

#endif
