/* cli_sub.h - commands of two words: `gw network join`. */
#ifndef GW_CLI_CLI_SUB_H
#define GW_CLI_CLI_SUB_H

#include "cli/cli_args.h"

struct cli_sub {
    const char *name;
    int min, max; /* number of arguments behind it; max -1: any */
    int (*run)(const struct cli_args *a);
};

/* Runs the one of `n` that a->v[0] names, with what stands behind it.  Exit status; without one of
 * these, or with another number of arguments, what is wrong is said as cli_wrong_usage does. */
int cli_sub_run(const char *command, const struct cli_sub *subs, size_t n,
                const struct cli_args *a);

#endif
