/* completion_zsh.c - see completion.h; here zsh, by its _arguments (zshcompsys(1)). */
#include <string.h>

#include "main/completion.h"

#define QUOTE "'\\''"

static const char head[] = "#compdef gw\n"
                           "# zsh completion of gw, made by `gw completion zsh`.\n"
                           "# In ~/.zshrc, below compinit:  source <(gw completion zsh)\n"
                           "_gw_peers()\n"
                           "{\n"
                           "    local -a names=(${(f)\"$(\"${gw[@]}\" names 2>/dev/null)\"})\n"
                           "    compadd -a names\n"
                           "}\n"
                           "_gw_services()\n"
                           "{\n"
                           "    local -a lines=(${(f)\"$(\"${gw[@]}\" services 2>/dev/null)\"})\n"
                           "    local -a names=(${${lines[2,-1]}%% *})\n"
                           "    compadd -a names\n"
                           "}\n"
                           "_gw()\n"
                           "{\n"
                           "    local context state state_descr line ret=1\n"
                           "    local -A opt_args\n"
                           "    local -a gw=(${~${(Q)words[1]}}) commands=(\n";

static const char middle[] = "        '1:command:->command' '*::argument:->argument' && ret=0\n"
                             "    [[ -n $opt_args[-d] ]] && gw+=(-d ${~${(Q)opt_args[-d]}})\n"
                             "    case $state in\n"
                             "    command)\n"
                             "        _describe command commands && ret=0 ;;\n"
                             "    argument)\n"
                             "        case $words[1] in\n";

static const char tail[] = "        esac ;;\n"
                           "    esac\n"
                           "    return ret\n"
                           "}\n"
                           "if [[ $funcstack[1] == _gw ]]; then\n"
                           "    _gw \"$@\"\n"
                           "else\n"
                           "    compdef _gw gw\n"
                           "fi\n";

static const char *action_of(enum cli_word w)
{
    return w == CLI_PEER ? ":peer:_gw_peers" : ":service:_gw_services";
}

static void put_option(FILE *f, const struct options_row *r)
{
    static const char *const actions[] = {
        [OPTIONS_DIR] = "_files -/", [OPTIONS_FILE] = "_files", [OPTIONS_TEXT] = ""
    };
    char text[512];
    int n = (int)strcspn(r->help, "\n");

    if (completion_letter(r)) {
        if (r->arg)
            snprintf(text, sizeof text, "*-%c+[%.*s]:value:%s", r->letter, n, r->help,
                     actions[r->kind]);
        else
            snprintf(text, sizeof text, "-%c[%.*s]", r->letter, n, r->help);
        fputs("        ", f);
        completion_put_word(f, text, QUOTE);
        fputs(" \\\n", f);
    }
    if (r->name) {
        snprintf(text, sizeof text, "--%s[%.*s]", r->name, n, r->help);
        fputs("        ", f);
        completion_put_word(f, text, QUOTE);
        fputs(" \\\n", f);
    }
}

static void put_command(FILE *f, const struct cli_usage *u)
{
    fprintf(f, "        %s) _arguments -S", u->name);
    for (size_t i = 0; i < u->noptions; i++)
        fprintf(f, " '%s%s'", u->options[i].name, u->options[i].has_value ? ":value:" : "");
    if (u->words)
        fprintf(f, " '1:word:(%s)'", u->words);
    else if (u->first)
        fprintf(f, " '1%s'", action_of(u->first));
    if (u->rest)
        fprintf(f, " '*%s'", action_of(u->rest));
    fputs(" && ret=0 ;;\n", f);
}

void completion_zsh(FILE *f)
{
    const struct options_row *r;
    struct cli_usage u;
    char text[256];

    fputs(head, f);
    for (size_t i = 0; cli_describe(i, &u); i++) {
        snprintf(text, sizeof text, "%s:%s", u.name, u.help);
        fputs("        ", f);
        completion_put_word(f, text, QUOTE);
        fputc('\n', f);
    }
    fputs("    )\n    _arguments -C -S \\\n", f);
    for (size_t i = 0; (r = options_row(i)) != NULL; i++)
        put_option(f, r);
    fputs(middle, f);
    for (size_t i = 0; cli_describe(i, &u); i++)
        put_command(f, &u);
    fputs(tail, f);
}
