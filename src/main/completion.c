/* completion.c - see completion.h; here bash.  What is fixed of the script stands as text, the rows
 * of the tables go between. */
#include "main/completion.h"

#include <limits.h>
#include <string.h>

char completion_letter(const struct options_row *r)
{
    return r->letter <= UCHAR_MAX ? (char)r->letter : '\0';
}

void completion_put_word(FILE *f, const char *text, const char *quote)
{
    fputc('\'', f);
    for (; *text && *text != '\n'; text++) {
        if (*text == '\'')
            fputs(quote, f);
        else
            fputc(*text, f);
    }
    fputc('\'', f);
}

/* bash splits the line at : and =, which are part of words here.  Then the words ahead of the
 * cursor are read as gw would: $command, its $n arguments so far, and the option that waits for a
 * value. */
static const char head[] =
    "# bash completion of gw, made by `gw completion bash`.\n"
    "# In ~/.bashrc:  source <(gw completion bash)\n"
    "_gw()\n"
    "{\n"
    "    local gw=$1 words=() word want= command= option= dir= n=0 i joined=\n"
    "    for ((i = 1; i <= COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if [[ ${#words[@]} -gt 0 && ( $joined || $word == [:=]* ) ]]; then\n"
    "            words[-1]+=$word\n"
    "        else\n"
    "            words+=(\"$word\")\n"
    "        fi\n"
    "        [[ $word == [:=]* ]] && joined=yes || joined=\n"
    "    done\n"
    "    for word in \"${words[@]:0:${#words[@]}-1}\"; do\n"
    "        if [[ $option ]]; then\n"
    "            [[ $option == -d ]] && dir=$word\n"
    "            option=\n"
    "            continue\n"
    "        fi\n"
    "        case $command:$word in\n";

static const char middle[] = "            :-d*) dir=${word#-d} ;;\n"
                             "            *:-*) ;;\n"
                             "            :*) command=$word ;;\n"
                             "            *) n=$((n + 1)) ;;\n"
                             "        esac\n"
                             "    done\n"
                             "    word=${words[-1]}\n"
                             "    dir=${dir//[\\\\\\'\\\"]/}\n"
                             "    dir=${dir/#\\~\\//$HOME/}\n"
                             "    gw=(\"${gw/#\\~\\//$HOME/}\" ${dir:+-d \"$dir\"})\n"
                             "    case $option in\n";

static const char tail[] =
    "            esac ;;\n"
    "    esac\n"
    "    case $want in\n"
    "        PEER) want=$(\"${gw[@]}\" names 2>/dev/null) ;;\n"
    "        SERVICE) want=$(\"${gw[@]}\" services 2>/dev/null | while read -r n _; do\n"
    "            [[ $n == NAME ]] || echo \"$n\"; done) ;;\n"
    "        DIR) compopt -o filenames\n"
    "            mapfile -t COMPREPLY < <(compgen -d -- \"$word\")\n"
    "            return ;;\n"
    "        FILE) compopt -o filenames\n"
    "            mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
    "            return ;;\n"
    "    esac\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$want\" -- \"$word\")\n"
    "}\n"
    "complete -F _gw gw\n";

static const char *want_of(enum cli_word w)
{
    return w == CLI_PEER ? "PEER" : "SERVICE";
}

/* The cases of options that take a value. */
static void put_value_cases(FILE *f)
{
    const struct options_row *r;
    struct cli_usage u;

    for (size_t i = 0; (r = options_row(i)) != NULL; i++)
        if (r->arg)
            fprintf(f, "            :-%c) option=$word ;;\n", completion_letter(r));
    for (size_t i = 0; cli_describe(i, &u); i++)
        for (size_t k = 0; k < u.noptions; k++)
            if (u.options[k].has_value)
                fprintf(f, "            %s:%s) option=$word ;;\n", u.name, u.options[k].name);
}

/* What may stand ahead of a command. */
static void put_option_cases(FILE *f)
{
    const struct options_row *r;
    struct cli_usage u;

    for (size_t i = 0; (r = options_row(i)) != NULL; i++)
        if (r->kind == OPTIONS_DIR || r->kind == OPTIONS_FILE)
            fprintf(f, "        -%c) want=%s ;;\n", completion_letter(r),
                    r->kind == OPTIONS_DIR ? "DIR" : "FILE");
    fputs("        ?*) ;; # any text\n        *) case $command:$n:$word in\n", f);
    fputs("            :0:-*) want='", f);
    for (size_t i = 0; (r = options_row(i)) != NULL; i++) {
        if (completion_letter(r))
            fprintf(f, "-%c ", completion_letter(r));
        if (r->name)
            fprintf(f, "--%s ", r->name);
    }
    fputs("' ;;\n            :0:*) want='", f);
    for (size_t i = 0; cli_describe(i, &u); i++)
        fprintf(f, "%s ", u.name);
    fputs("' ;;\n", f);
}

static void put_command_cases(FILE *f, const struct cli_usage *u)
{
    bool has_dashes = u->words && *u->words == '-';

    fprintf(f, "            %s:*:-*) want='%s", u->name, has_dashes ? u->words : "");
    for (size_t i = 0; i < u->noptions; i++)
        fprintf(f, " %s", u->options[i].name);
    fputs("' ;;\n", f);
    if (u->words || u->first)
        fprintf(f, "            %s:0:*) want='%s' ;;\n", u->name,
                u->words ? u->words : want_of(u->first));
    if (u->rest)
        fprintf(f, "            %s:*) want=%s ;;\n", u->name, want_of(u->rest));
}

void completion_bash(FILE *f)
{
    struct cli_usage u;

    fputs(head, f);
    put_value_cases(f);
    fputs(middle, f);
    put_option_cases(f);
    for (size_t i = 0; cli_describe(i, &u); i++)
        put_command_cases(f, &u);
    fputs(tail, f);
}
