/* cli_dht.h - `gw dht`. */
#ifndef GW_CLI_CLI_DHT_H
#define GW_CLI_CLI_DHT_H

#include "cli/cli_sub.h"

extern const struct cli_sub cli_dht_subs[];

#endif
