/* alone.h - `gw nc` while no daemon runs: a node just for one stream. */
#ifndef GW_MAIN_ALONE_H
#define GW_MAIN_ALONE_H

#include "main/options.h"

/* Joins standard input and output to `service` (a port or a name) of `name`.  Returns the exit
 * status; why it failed stands on stderr in one line. */
int alone_nc(const struct options *o, const char *name, const char *service);

#endif
