/* completion_fish.c - see completion.h; here fish: one `complete` for each thing that may come. */
#include <string.h>

#include "main/completion.h"

#define QUOTE "\\'"

static const char head[] =
    "# fish completion of gw, made by `gw completion fish`.\n"
    "# gw completion fish >~/.config/fish/completions/gw.fish\n"
    "\n"
    "# The words ahead of the cursor without options: the command and its arguments.\n"
    "function __gw_words\n"
    "    set -l words (commandline -opc)\n"
    "    set -l option\n"
    "    for word in $words[2..-1]\n"
    "        if test -n \"$option\"\n"
    "            set option\n"
    "        else if contains -- $word";

static const char middle[] =
    "\n"
    "            set option $word\n"
    "        else if not string match -q -- '-*' $word\n"
    "            echo $word\n"
    "        end\n"
    "    end\n"
    "end\n"
    "\n"
    "# COMMAND [N]: is it this command (\"\": none yet), with N arguments so far?\n"
    "function __gw_is\n"
    "    set -l words (__gw_words)\n"
    "    test \"$words[1]\" = \"$argv[1]\"; or return\n"
    "    test (count $argv) -lt 2; or test (count $words) -eq (math $argv[2] + 1)\n"
    "end\n"
    "\n"
    "# Asks the gw of the line, with its -d.\n"
    "function __gw_ask\n"
    "    set -l words (commandline -opc)\n"
    "    set -l dir\n"
    "    if set -l at (contains -i -- -d $words)\n"
    "        set dir -d (string replace -r '^~/' $HOME/ -- $words[(math $at + 1)])\n"
    "    end\n"
    "    command $words[1] $dir $argv 2>/dev/null\n"
    "end\n"
    "\n"
    "function __gw_services\n"
    "    __gw_ask services | string replace -rf '^(\\S+).*' '$1' | string match -v NAME\n"
    "end\n"
    "\n"
    "complete -c gw -f\n";

static const char *source_of(enum cli_word w)
{
    return w == CLI_PEER ? "(__gw_ask names)" : "(__gw_services)";
}

static void put_value_options(FILE *f)
{
    const struct options_row *r;
    struct cli_usage u;

    for (size_t i = 0; (r = options_row(i)) != NULL; i++)
        if (r->arg)
            fprintf(f, " -%c", completion_letter(r));
    for (size_t i = 0; cli_describe(i, &u); i++)
        for (size_t k = 0; k < u.noptions; k++)
            if (u.options[k].has_value)
                fprintf(f, " %s", u.options[k].name);
}

static void put_option(FILE *f, const struct options_row *r)
{
    static const char *const values[] = { [OPTIONS_FLAG] = "",
                                          [OPTIONS_DIR] = " -x -a '(__fish_complete_directories)'",
                                          [OPTIONS_FILE] = " -r -F",
                                          [OPTIONS_TEXT] = " -x" };

    fputs("complete -c gw -n '__gw_is \"\"'", f);
    if (completion_letter(r))
        fprintf(f, " -s %c", r->letter);
    if (r->name)
        fprintf(f, " -l %s", r->name);
    fprintf(f, "%s -d ", values[r->kind]);
    completion_put_word(f, r->help, QUOTE);
    fputc('\n', f);
}

static void put_command(FILE *f, const struct cli_usage *u)
{
    fprintf(f, "complete -c gw -n '__gw_is \"\"' -a %s -d ", u->name);
    completion_put_word(f, u->help, QUOTE);
    fputc('\n', f);
    for (size_t i = 0; i < u->noptions; i++) {
        const struct cli_option *o = &u->options[i];
        fprintf(f, "complete -c gw -n '__gw_is %s' %s %s%s\n", u->name,
                o->name[1] == '-' ? "-l" : "-s", o->name + (o->name[1] == '-' ? 2 : 1),
                o->has_value ? " -x" : "");
    }
    if (u->words || u->first)
        fprintf(f, "complete -c gw -n '__gw_is %s 0' -a '%s'\n", u->name,
                u->words ? u->words : source_of(u->first));
    if (u->rest)
        fprintf(f, "complete -c gw -n '__gw_is %s; and not __gw_is %s 0' -a '%s'\n", u->name,
                u->name, source_of(u->rest));
}

void completion_fish(FILE *f)
{
    const struct options_row *r;
    struct cli_usage u;

    fputs(head, f);
    put_value_options(f);
    fputs(middle, f);
    for (size_t i = 0; (r = options_row(i)) != NULL; i++)
        put_option(f, r);
    for (size_t i = 0; cli_describe(i, &u); i++)
        put_command(f, &u);
}
