/* cli_network.h - `gw network` and `gw name`. */
#ifndef GW_CLI_CLI_NETWORK_H
#define GW_CLI_CLI_NETWORK_H

#include "cli/cli_sub.h"

/* Exit status. */
extern const struct cli_sub cli_network_subs[];
extern const struct cli_sub cli_name_subs[];

#endif
