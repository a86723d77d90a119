/* cli_dht.h - `gw dht`. */
#ifndef GW_CLI_CLI_DHT_H
#define GW_CLI_CLI_DHT_H

#include "cli/cli_args.h"

int cli_dht_run(const struct cli_args *a); /* exit status */

#endif
