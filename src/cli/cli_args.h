/* cli_args.h - what stood behind a command, read and checked. */
#ifndef GW_CLI_CLI_ARGS_H
#define GW_CLI_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli_local;

enum cli_opt { /* which options a command has */
               CLI_OPT_JSON = 1,
               CLI_OPT_COUNT = 2,
               CLI_OPT_SIZES = 4,
               CLI_OPT_VERBOSE = 8,
               CLI_OPT_HOST = 16,
};

struct cli_args {
    const char *dir;   /* of the node */
    bool is_json;      /* --json */
    bool is_verbose;   /* -v */
    const char *host;  /* --host; NULL: not given */
    int count;         /* -n */
    uint64_t up, down; /* --up, --down: octets */
    int n;             /* what stands in v */
    char **v;
    const struct cli_local *local;
};

#endif
