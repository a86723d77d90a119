/* local_rights.h - `gw allow` and `gw deny` while no daemon runs. */
#ifndef GW_MAIN_LOCAL_RIGHTS_H
#define GW_MAIN_LOCAL_RIGHTS_H

#include "cli/cli_cmd.h"
#include "main/nodedir.h"
#include "main/options.h"

/* Edits authorized_keys as a daemon with these options would, and says on stdout what came of it.
 * The peer is an id or a name of the names file: nobody else can be asked.  0, or GW_E* with a
 * sentence in `err`; then nothing has changed. */
int local_rights_edit(const struct nodedir *d, const struct options *o,
                      const struct cli_rights_edit *e, char err[CONF_ERR_MAX]);

#endif
