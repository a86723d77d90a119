/* cli_ping.h - `gw ping`: a line for each answer as it comes, and what they come to. */
#ifndef GW_CLI_CLI_PING_H
#define GW_CLI_CLI_PING_H

#include "cli/cli_args.h"

int cli_ping_run(const struct cli_args *a); /* exit status */

#endif
