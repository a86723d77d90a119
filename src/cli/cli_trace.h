/* cli_trace.h - `gw resolve -v`: the way of a name through the tiers, as a table. */
#ifndef GW_CLI_CLI_TRACE_H
#define GW_CLI_CLI_TRACE_H

#include <jansson.h>
#include <stdio.h>

/* As those of cli_show.h: every tier, then what cli_show_resolve prints, or why there is none. */
int cli_show_trace(FILE *f, const json_t *v);

#endif
