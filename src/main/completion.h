/* completion.h - what a shell needs to complete command lines of gw, made from the tables of
 * options (main/options.h) and commands (cli/cli_cmd.h).  Peers are the names that `gw names`
 * prints, services those of `gw services`, both asked for at the time and with the -d of the line.
 */
#ifndef GW_MAIN_COMPLETION_H
#define GW_MAIN_COMPLETION_H

#include "cli/cli_cmd.h"
#include "main/options.h"

void completion_bash(FILE *f); /* a script: bash 4.3 or later, without bash-completion */
void completion_zsh(FILE *f);  /* to be sourced below compinit, or to be _gw in $fpath */
void completion_fish(FILE *f); /* fish 3.1 or later */

/* ---- what the three share ---- */

/* The letter (0: none) that tells an option of gw in a shell script. */
char completion_letter(const struct options_row *r);
/* The first line of the text as one word in '...'; `quote`: how the shell writes ' within. */
void completion_put_word(FILE *f, const char *text, const char *quote);

#endif
