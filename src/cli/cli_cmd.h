/* cli_cmd.h - the commands of `gw`: ask the daemon that runs on a directory, print, exit.
 *
 * All commands but `id` and `config`, and `nc` while no daemon runs, are carried out here; those
 * three need more than a terminal and are main's.  They are in the table all the same, so that
 * help shows them.
 *
 * Exit status: 0 done; 1 it failed, with the reason in one line on stderr; 2 wrong usage.
 */
#ifndef GW_CLI_CLI_CMD_H
#define GW_CLI_CLI_CMD_H

#include <stdbool.h>
#include <stdio.h>

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 }; /* exit status */

/* Runs argv[0] (a command's name) with its arguments on the daemon of `dir`.  Returns the exit
 * status.  Who stops reading its output ends it by SIGPIPE; `nc` ignores that signal. */
int cli_main(const char *dir, int argc, char **argv);

bool cli_has(const char *command);     /* is it in the table? */
bool cli_can_connect(const char *dir); /* does a daemon answer on dir/ctl.sock? */
void cli_help(FILE *f);                /* the table: one line per command */
/* What `gw COMMAND --help` prints; `command` is in the table. */
void cli_help_of(FILE *f, const char *command);
/* Says on stderr what the arguments of `command` (one of the table) are.  Returns CLI_USAGE. */
int cli_wrong_usage(const char *command);

#endif
