/* cli_sub.h - commands of two words: `gw network join`.  A table of them ends with a name of NULL.
 */
#ifndef GW_CLI_CLI_SUB_H
#define GW_CLI_CLI_SUB_H

#include <stdio.h>

#include "cli/cli_args.h"

struct cli_sub {
    const char *name;
    const char *usage;                    /* what follows the name */
    const char *help;                     /* one line */
    const char *more;                     /* the rest of its --help; NULL: there is none */
    int min, max;                         /* number of arguments behind it; max -1: any */
    unsigned options;                     /* enum cli_opt */
    int (*run)(const struct cli_args *a); /* with what stands behind the second word */
};

const struct cli_sub *cli_sub_find(const struct cli_sub *subs, const char *name); /* NULL: none */
/* One line for each, in the --help of the first word. */
void cli_sub_list(FILE *f, const char *command, const struct cli_sub *subs);
void cli_sub_help(FILE *f, const char *command, const struct cli_sub *sub); /* its own --help */

#endif
