/* local_edit.h - files that commands change by themselves, without a daemon. */
#ifndef GW_MAIN_LOCAL_EDIT_H
#define GW_MAIN_LOCAL_EDIT_H

#include "cli/cli_cmd.h"
#include "main/options.h"

/* What cli_main is to call; borrows `o` as long as that is used. */
struct cli_local local_edit_calls(const struct options *o);

#endif
