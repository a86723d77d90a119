/* cli_cmd.h - the commands of `gw`: ask the daemon that runs on a directory, print, exit.
 *
 * All commands are in the table of this module.  Those that need no daemon (main/local_cmd.h), and
 * `nc` while none runs, need more than a terminal and are main's to carry out.
 *
 * Exit status: 0 done; 1 it failed, with the reason in one line on stderr; 2 wrong usage.
 */
#ifndef GW_CLI_CLI_CMD_H
#define GW_CLI_CLI_CMD_H

#include <stdbool.h>
#include <stdio.h>

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 }; /* exit status */

struct cli_network_edit { /* of gw.conf, as ctl/ctl_deps.h has it */
    const char *network;
    bool is_leave;
    char **relays;
    size_t nrelays;
    const char *host; /* NULL: as it is */
};

struct cli_rights_edit { /* of authorized_keys */
    const char *peer;
    bool is_deny; /* all of it; else: */
    const char *const *services;
    size_t nservices; /* 0: every service */
};

/* What some commands do here and not in the daemon.  Exit status each; `arg` is the struct's. */
struct cli_local {
    int (*edit_network)(void *arg, const struct cli_network_edit *e); /* while no daemon runs */
    int (*edit_rights)(void *arg, const struct cli_rights_edit *e);   /* the same */
    int (*sign_list)(void *arg, const char *path);                    /* gw dht sign-list */
    void *arg;
};

/* Runs argv[0] (a command's name) with its arguments on the daemon of `dir`.  Returns the exit
 * status.  Who stops reading its output ends it by SIGPIPE; `nc` ignores that signal. */
int cli_main(const char *dir, const struct cli_local *local, int argc, char **argv);

enum cli_word { CLI_NOTHING, CLI_PEER, CLI_SERVICE }; /* what an argument is, for completion */

#define CLI_OPTIONS_MAX 8
struct cli_option {
    const char *name; /* "--json", "-n" */
    bool has_value;
};
struct cli_usage { /* a row of the table */
    const char *name, *help;
    enum cli_word first, rest; /* the first argument, and the others */
    const char *words;         /* words that may stand there, with blanks between; NULL: none */
    struct cli_option options[CLI_OPTIONS_MAX];
    size_t noptions;
};
bool cli_describe(size_t i, struct cli_usage *out); /* false behind the last row */

bool cli_can_connect(const char *dir); /* does a daemon answer on dir/ctl.sock? */
void cli_help(FILE *f);                /* the table: one line per command */
/* What `gw COMMAND --help` prints; `command` is in the table. */
void cli_help_of(FILE *f, const char *command);
/* Says on stderr what the arguments of `command` (one of the table) are.  Returns CLI_USAGE. */
int cli_wrong_usage(const char *command);

#endif
