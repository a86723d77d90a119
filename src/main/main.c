/* main.c - where gw begins: options, then the node or one command. */
#include <gw/version.h>
#include <stdio.h>

#include "cli/cli_cmd.h"
#include "main/alone.h"
#include "main/daemon.h"
#include "main/local_cmd.h"
#include "main/local_edit.h"

static int print_help(void)
{
    options_help(stdout);
    printf("\ncommands:\n");
    cli_help(stdout);
    printf("\ngw COMMAND --help tells more about one, gw(1) and gw.conf(5) about all.\n");
    return CLI_OK;
}

/* Values on the command line are wrong usage, the same ones in a file are not.  -q and -v hold from
 * here on, for commands too. */
static int take_values(const struct options *o, char err[CONF_ERR_MAX])
{
    struct config c;
    int rc = config_load(&c, NULL, false, o->over, o->nover, err);
    if (rc)
        return rc;
    log_set_level((enum log_level)c.log_level);
    config_free(&c);
    return 0;
}

/* Other ways to say it: `gw nc NAME:PORT` is `gw nc NAME PORT`, and `gw help COMMAND` is `gw
 * COMMAND
 * --help`.  The words are put into `v` then. */
static void reword(struct options *o, char *v[4])
{
    char *colon = o->argc == 2 ? strrchr(o->argv[1], ':') : NULL;

    if (!strcmp(o->argv[0], "help") && o->argc > 1) {
        v[0] = o->argv[1];
        v[1] = o->argc > 2 ? o->argv[2] : "--help";
        v[2] = o->argc > 2 ? "--help" : NULL;
        o->argc = o->argc > 2 ? 3 : 2;
        o->argv = v;
    } else if (!strcmp(o->argv[0], "nc") && colon && colon > o->argv[1] && colon[1]) {
        *colon = '\0';
        v[0] = o->argv[0];
        v[1] = o->argv[1];
        v[2] = colon + 1;
        o->argc = 3;
        o->argv = v;
    }
}

static int run_command(struct options *o)
{
    char *v[4] = { 0 };

    if (!strcmp(o->argv[0], "help") && o->argc == 1)
        return print_help();
    reword(o, v);
    int status = local_cmd(o);

    if (status >= 0)
        return status;
    if (!strcmp(o->argv[0], "nc") && o->argc == 3 && o->argv[1][0] != '-' &&
        !cli_can_connect(o->dir))
        return alone_nc(o, o->argv[1], o->argv[2]);
    const struct cli_local local = local_edit_calls(o);
    return cli_main(o->dir, &local, o->argc, o->argv);
}

int main(int argc, char **argv)
{
    struct options o;
    char err[CONF_ERR_MAX];
    int status;

    if (options_parse(argc, argv, &o, err) != 0) {
        fprintf(stderr, "gw: %s\n", err);
        return CLI_USAGE;
    }
    if (o.wants_help) {
        status = print_help();
    } else if (o.wants_version) {
        status = printf("gw %s\n", GW_VERSION) < 0;
    } else if (take_values(&o, err) != 0) {
        fprintf(stderr, "gw: %s\n", err);
        status = CLI_USAGE;
    } else {
        status = o.argc ? run_command(&o) : daemon_run(&o);
    }
    options_free(&o);
    return status;
}
