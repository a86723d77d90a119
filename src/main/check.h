/* check.h - reads and checks all that a person can edit: gw.conf, names, authorized_keys files. */
#ifndef GW_MAIN_CHECK_H
#define GW_MAIN_CHECK_H

#include "main/config.h"
#include "main/nodedir.h"
#include "main/options.h"

/* The configuration as gw.conf and the command line make it; the other files are only looked at.
 * Returns 0 and *out owned (config_free), or GW_E* with "FILE:LINE: what is wrong" in `err`. */
int check_all(const struct nodedir *d, const struct options *o, struct config *out,
              char err[CONF_ERR_MAX]);

#endif
