/* ssh_config.c - see ssh_config.h.  ssh hands ProxyCommand to the user's shell, after it has
 * replaced what begins with % (ssh_config(5), "TOKENS"). */
#include "main/ssh_config.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "name/names_file.h"

static const char head[] =
    "# To reach peers by name with ssh, scp, sftp, rsync and git, keep this in a file of its own,\n"
    "#     gw ssh-config >~/.ssh/gw.conf\n"
    "# and begin ~/.ssh/config with the line\n"
    "#     Include gw.conf\n";

/* One word of a shell's command line, with % doubled for ssh.  Returns false when no line holds it.
 */
static bool put_word(FILE *f, const char *word)
{
    bool is_plain = *word != '\0';

    for (const char *p = word; *p; p++) {
        if (iscntrl((unsigned char)*p))
            return false;
        is_plain = is_plain && (isalnum((unsigned char)*p) || strchr("/._-+,:@%", *p) != NULL);
    }
    fputs(is_plain ? "" : "'", f);
    for (const char *p = word; *p; p++) {
        if (*p == '%')
            fputs("%%", f);
        else if (*p == '\'')
            fputs("'\\''", f);
        else
            fputc(*p, f);
    }
    fputs(is_plain ? "" : "'", f);
    return true;
}

/* What ssh is to run, owned; NULL with a sentence in `err`. */
static char *make_command(const struct nodedir *d, char err[CONF_ERR_MAX])
{
    char self[PATH_MAX], dir[PATH_MAX], usual[PATH_MAX] = "", *text = NULL;
    const char *home = getenv("HOME");
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    size_t n;

    snprintf(self + (len < 0 ? 0 : len), sizeof self - (size_t)(len < 0 ? 0 : len), "%s",
             len < 0 ? "gw" : "");
    if (!realpath(d->dir, dir)) {
        conf_fail(err, GW_ENOTFOUND, "%s: there is no such directory", d->dir);
        return NULL;
    }
    if (home && asprintf(&text, "%s/.config/gw", home) >= 0) {
        if (!realpath(text, usual))
            *usual = '\0';
        free(text);
    }
    FILE *f = open_memstream(&text, &n);
    bool is_good = f && put_word(f, self);
    if (is_good && strcmp(dir, usual) != 0)
        is_good = fputs(" -d ", f) >= 0 && put_word(f, dir);
    if (f && fclose(f) != 0)
        is_good = false;
    if (is_good)
        return text;
    conf_fail(err, GW_EINVAL, "%s: ssh cannot be told this path", d->dir);
    if (f)
        free(text);
    return NULL;
}

static void put_host(FILE *f, const char *host, const char *command)
{
    fprintf(f, "\nHost %s\n    ProxyCommand %s nc %%h %%p\n", host, command);
}

static int put_given(FILE *f, char *const *names, size_t n, const char *command,
                     char err[CONF_ERR_MAX])
{
    struct name name;

    for (size_t i = 0; i < n; i++)
        if (name_parse(bytes_of(names[i]), &name) != 0)
            return conf_fail(err, GW_EINVAL, "%.128s is not a name of a peer", names[i]);
    fputs(head, f);
    for (size_t i = 0; i < n; i++)
        put_host(f, names[i], command);
    return 0;
}

static int put_known(FILE *f, const struct nodedir *d, const char *command, char err[CONF_ERR_MAX])
{
    struct names_file *names = NULL;
    char why[NAMES_FILE_ERR_MAX];
    int rc = names_file_load(d->names, &names, why);

    if (rc && rc != GW_ENOTFOUND)
        return conf_fail(err, rc, "%.*s", CONF_ERR_MAX - 1, why);
    fputs(head, f);
    for (const struct names_entry *e = NULL; names && (e = names_file_next(names, e)) != NULL;)
        put_host(f, e->name, command);
    names_file_free(names);
    return 0;
}

int ssh_config_print(FILE *f, const struct nodedir *d, char *const *names, size_t n,
                     char err[CONF_ERR_MAX])
{
    char *command = make_command(d, err);
    if (!command)
        return GW_EINVAL;
    int rc = n ? put_given(f, names, n, command, err) : put_known(f, d, command, err);
    if (!rc)
        put_host(f, "*.p2p", command);
    free(command);
    return rc;
}
