/* cli_network.h - `gw network` and `gw name`. */
#ifndef GW_CLI_CLI_NETWORK_H
#define GW_CLI_CLI_NETWORK_H

#include "cli/cli_args.h"

/* Exit status. */
int cli_network_run(const struct cli_args *a);
int cli_name_run(const struct cli_args *a);

#endif
