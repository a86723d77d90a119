/* confchange.h - changes that commands make to gw.conf.  The new text is read and checked as a
 * whole before it takes the place of the old one; comments and all else in it stay. */
#ifndef GW_MAIN_CONFCHANGE_H
#define GW_MAIN_CONFCHANGE_H

#include "main/options.h"

struct ctl_network_edit; /* ctl/ctl_deps.h */

/* Changes [network NAME] in the file `conf`, of which `o` says what stands over it; it is made
 * (0600) when there is none, and keeps its mode and owner.  NAME and host may be in any case
 * (lan_name_read).  0; GW_ENOTFOUND: to leave what is not
 * there; GW_E* of reading, writing and of the new content.  Then nothing has changed, and a
 * sentence stands in `err`. */
int confchange_network(const char *conf, const struct options *o, const struct ctl_network_edit *e,
                       char err[CONF_ERR_MAX]);

#endif
