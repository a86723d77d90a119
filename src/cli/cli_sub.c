/* cli_sub.c - see cli_sub.h. */
#include "cli/cli_sub.h"

#include <string.h>

#include "cli/cli_cmd.h"

int cli_sub_run(const char *command, const struct cli_sub *subs, size_t n, const struct cli_args *a)
{
    struct cli_args behind = *a;

    behind.v++;
    behind.n--;
    for (size_t i = 0; i < n; i++)
        if (strcmp(subs[i].name, a->v[0]) == 0 && behind.n >= subs[i].min &&
            (subs[i].max < 0 || behind.n <= subs[i].max))
            return subs[i].run(&behind);
    return cli_wrong_usage(command);
}
