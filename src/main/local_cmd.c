/* local_cmd.c - see local_cmd.h. */
#include "main/local_cmd.h"

#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/cli_cmd.h"
#include "main/check.h"

static int run_id(const struct options *o, const struct nodedir *d, char err[CONF_ERR_MAX])
{
    char id[PEERID_STR_MAX];
    struct key *key;
    int rc = nodedir_key(d, &key, err);

    (void)o;
    if (rc)
        return rc;
    puts(peerid_print(key_peerid(key), id));
    key_free(key);
    return 0;
}

static int run_check(const struct options *o, const struct nodedir *d, char err[CONF_ERR_MAX])
{
    struct config c;
    int rc = check_all(d, o, &c, err);

    if (rc)
        return rc;
    config_free(&c);
    rc = nodedir_check_key(d, err);
    if (rc)
        return rc;
    printf("%s: ok%s\n", d->dir, access(d->conf, F_OK) ? " (no gw.conf: defaults)" : "");
    return 0;
}

static int run_show(const struct options *o, const struct nodedir *d, char err[CONF_ERR_MAX])
{
    struct config c;
    int rc = config_load(&c, d->conf, o->conf != NULL, o->over, o->nover, err);

    if (rc)
        return rc;
    rc = conf_print(stdout, &config_schema, &c);
    if (rc)
        snprintf(err, CONF_ERR_MAX, "standard output: %s", gw_strerror(rc));
    config_free(&c);
    return rc;
}

static const struct {
    const char *name, *arg; /* arg NULL: takes none */
    int (*run)(const struct options *o, const struct nodedir *d, char err[CONF_ERR_MAX]);
} commands[] = {
    { "id", NULL, run_id },
    { "config", "--check", run_check },
    { "config", "--show", run_show },
};
#define NCOMMANDS (sizeof commands / sizeof commands[0])

static int run(const struct options *o, size_t i)
{
    char err[CONF_ERR_MAX];
    struct nodedir d;
    int rc = nodedir_open(&d, o->dir, o->conf, err);

    if (!rc)
        rc = commands[i].run(o, &d, err);
    if (rc)
        fprintf(stderr, "gw: %s\n", err);
    nodedir_close(&d);
    return rc ? CLI_FAILED : CLI_OK;
}

int local_cmd(const struct options *o)
{
    const char *name = o->argv[0], *arg = o->argc > 1 ? o->argv[1] : NULL;
    bool is_known = false;

    for (size_t i = 0; i < NCOMMANDS; i++) {
        if (strcmp(commands[i].name, name) != 0)
            continue;
        is_known = true;
        if (commands[i].arg ? o->argc == 2 && !strcmp(commands[i].arg, arg) : o->argc == 1)
            return run(o, i);
    }
    if (!is_known)
        return -1;
    if (!arg || (strcmp(arg, "--help") != 0 && strcmp(arg, "-h") != 0))
        return cli_wrong_usage(name);
    cli_help_of(stdout, name);
    return CLI_OK;
}
