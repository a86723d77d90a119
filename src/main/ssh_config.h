/* ssh_config.h - Host blocks for ~/.ssh/config (`gw ssh-config`). */
#ifndef GW_MAIN_SSH_CONFIG_H
#define GW_MAIN_SSH_CONFIG_H

#include "main/nodedir.h"

/* Prints a block for each of the n names, or, when n is 0, for each name of the names file; and one
 * for *.p2p.  Each runs this very program, with -d unless the directory is ~/.config/gw: ssh may
 * run with another environment.  Returns 0, or GW_E* with a sentence in `err`. */
int ssh_config_print(FILE *f, const struct nodedir *d, char *const *names, size_t n,
                     char err[CONF_ERR_MAX]);

#endif
