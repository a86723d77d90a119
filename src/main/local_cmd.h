/* local_cmd.h - the commands that need no daemon: id, config, names, ssh-config,
 * completion. */
#ifndef GW_MAIN_LOCAL_CMD_H
#define GW_MAIN_LOCAL_CMD_H

#include "main/options.h"

/* Runs o->argv[0] when it is one of these.  Returns the exit status, or -1: not one of these. */
int local_cmd(const struct options *o);

#endif
