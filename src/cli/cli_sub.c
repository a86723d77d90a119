/* cli_sub.c - see cli_sub.h. */
#include "cli/cli_sub.h"

#include <string.h>

#define WIDE 28 /* columns of the command in a list */

const struct cli_sub *cli_sub_find(const struct cli_sub *subs, const char *name)
{
    for (; subs->name; subs++)
        if (strcmp(subs->name, name) == 0)
            return subs;
    return NULL;
}

void cli_sub_list(FILE *f, const char *command, const struct cli_sub *subs)
{
    for (; subs->name; subs++) {
        int n = fprintf(f, "  gw %s %s %s", command, subs->name, subs->usage);
        if (n > WIDE)
            n = fprintf(f, "\n") - 1;
        fprintf(f, "%*s%s\n", WIDE + 2 - n, "", subs->help);
    }
}

void cli_sub_help(FILE *f, const char *command, const struct cli_sub *sub)
{
    fprintf(f, "usage: gw [-d DIR] %s %s%s%s%s\n\n%s\n", command, sub->name,
            sub->options & CLI_OPT_JSON ? " [--json]" : "", *sub->usage ? " " : "", sub->usage,
            sub->help);
    if (sub->more)
        fprintf(f, "\n%s\n", sub->more);
}
