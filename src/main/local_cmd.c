/* local_cmd.c - see local_cmd.h. */
#include "main/local_cmd.h"

#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/cli_cmd.h"
#include "main/check.h"
#include "main/completion.h"
#include "main/misgivings.h"
#include "main/ssh_config.h"
#include "name/names_file.h"

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

/* The last one is the error; what came before it is said at once. */
static void take_misgiving(void *arg, const char *text)
{
    char *err = arg;

    if (*err)
        fprintf(stderr, "gw: %s\n", err);
    snprintf(err, CONF_ERR_MAX, "%s", text);
}

static int find_misgivings(const struct nodedir *d, const struct config *c, char err[CONF_ERR_MAX])
{
    struct key *key = NULL;

    if (key_load(d->key, &key) != 0)
        key = NULL; /* not made yet */
    *err = '\0';
    misgivings_each(c, key ? key_peerid(key) : NULL, take_misgiving, err);
    key_free(key);
    return *err ? GW_EINVAL : 0;
}

static int run_check(const struct options *o, const struct nodedir *d, char err[CONF_ERR_MAX])
{
    struct config c;
    int rc = check_all(d, o, &c, err);

    if (rc)
        return rc;
    rc = nodedir_check_key(d, err);
    if (!rc)
        rc = find_misgivings(d, &c, err);
    config_free(&c);
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

static int run_names(const struct options *o, const struct nodedir *d, char err[CONF_ERR_MAX])
{
    struct names_file *f = NULL;
    char why[NAMES_FILE_ERR_MAX];
    int rc = names_file_load(d->names, &f, why);

    (void)o;
    if (rc == GW_ENOTFOUND)
        return 0;
    if (rc)
        return conf_fail(err, rc, "%.*s", CONF_ERR_MAX - 1, why);
    for (const struct names_entry *e = NULL; (e = names_file_next(f, e)) != NULL;)
        puts(e->name);
    names_file_free(f);
    return 0;
}

static int run_ssh_config(const struct options *o, const struct nodedir *d, char err[CONF_ERR_MAX])
{
    return ssh_config_print(stdout, d, o->argv + 1, (size_t)o->argc - 1, err);
}

static int run_completion(const struct options *o, const struct nodedir *d, char err[CONF_ERR_MAX])
{
    (void)d;
    (void)err;
    switch (*o->argv[1]) {
    case 'b':
        completion_bash(stdout);
        break;
    case 'z':
        completion_zsh(stdout);
        break;
    default:
        completion_fish(stdout);
    }
    return 0;
}

#define ANY "NAME..." /* in place of an argument: as many names as one likes */

static const struct {
    const char *name, *arg; /* arg NULL: takes none */
    bool makes_dir;
    int (*run)(const struct options *o, const struct nodedir *d, char err[CONF_ERR_MAX]);
} commands[] = {
    { "id", NULL, true, run_id },
    { "config", "--check", true, run_check },
    { "config", "--show", true, run_show },
    { "names", NULL, false, run_names },
    { "ssh-config", ANY, false, run_ssh_config },
    { "completion", "bash", false, run_completion },
    { "completion", "zsh", false, run_completion },
    { "completion", "fish", false, run_completion },
};
#define NCOMMANDS (sizeof commands / sizeof commands[0])

static int run(const struct options *o, size_t i)
{
    char err[CONF_ERR_MAX];
    struct nodedir d;
    int rc = (commands[i].makes_dir ? nodedir_open : nodedir_name)(&d, o->dir, o->conf, err);

    if (!rc)
        rc = commands[i].run(o, &d, err);
    if (!rc && (fflush(stdout) != 0 || ferror(stdout)))
        rc = conf_fail(err, GW_EIO, "standard output: %s", gw_strerror(GW_EIO));
    if (rc)
        fprintf(stderr, "gw: %s\n", err);
    nodedir_close(&d);
    return rc ? CLI_FAILED : CLI_OK;
}

/* Are the arguments behind the command those of the row? */
static bool matches(const struct options *o, const char *arg)
{
    if (!arg)
        return o->argc == 1;
    if (strcmp(arg, ANY) != 0)
        return o->argc == 2 && strcmp(o->argv[1], arg) == 0;
    for (int i = 1; i < o->argc; i++)
        if (o->argv[i][0] == '-')
            return false;
    return true;
}

int local_cmd(const struct options *o)
{
    const char *name = o->argv[0], *arg = o->argc > 1 ? o->argv[1] : NULL;
    bool is_known = false;

    for (size_t i = 0; i < NCOMMANDS; i++) {
        if (strcmp(commands[i].name, name) != 0)
            continue;
        is_known = true;
        if (matches(o, commands[i].arg))
            return run(o, i);
    }
    if (!is_known)
        return -1;
    if (!arg || (strcmp(arg, "--help") != 0 && strcmp(arg, "-h") != 0))
        return cli_wrong_usage(name);
    cli_help_of(stdout, name);
    return CLI_OK;
}
