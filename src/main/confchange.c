/* confchange.c - see confchange.h. */
#include "main/confchange.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/confedit.h"
#include "base/err.h"
#include "base/fileio.h"
#include "ctl/ctl_deps.h"

struct text { /* owned */
    char *p;
    size_t n;
};

/* There may be passwords in it. */
static void text_free(struct text *t)
{
    if (t->p)
        explicit_bzero(t->p, t->n);
    free(t->p);
    *t = (struct text){ 0 };
}

static struct bytes view(const struct text *t)
{
    return (struct bytes){ (const uint8_t *)t->p, t->n };
}

/* No file is as good as an empty one. */
static int read_conf(const char *path, struct text *out, char err[CONF_ERR_MAX])
{
    int rc = fileio_read(path, &out->p, &out->n);

    if (rc == GW_ENOTFOUND)
        rc = (out->p = strdup("")) ? 0 : GW_ENOMEM;
    return rc ? conf_fail(err, rc, "%s: %s", path, gw_strerror(rc)) : 0;
}

/* One step: the text becomes what the editor made of it. */
static int step(int rc, struct text *t, struct text *next)
{
    if (rc)
        return rc;
    text_free(t);
    *t = *next;
    *next = (struct text){ 0 };
    return 0;
}

static int edit_network(struct text *t, const struct ctl_network_edit *e)
{
    const struct confedit_section s = { "network", e->network };
    struct text next = { 0 };

    if (e->is_leave)
        return step(confedit_drop(view(t), &s, &next.p, &next.n), t, &next);
    int rc = 0;
    for (size_t i = 0; i < e->nrelays && !rc; i++)
        rc = step(confedit_add(view(t), &s, "relay", e->relays[i], &next.p, &next.n), t, &next);
    if (!rc && e->host)
        rc = step(confedit_set(view(t), &s, "host", e->host, &next.p, &next.n), t, &next);
    return rc;
}

/* gw.conf takes any name for one that may be known some day; who types one means it now. */
static int check_relays(const struct ctl_network_edit *e, char err[CONF_ERR_MAX])
{
    struct name n;

    for (size_t i = 0; i < e->nrelays; i++)
        if (*e->relays[i] != '/' && name_parse(bytes_of(e->relays[i]), &n) != 0)
            return conf_fail(err, GW_EINVAL, "%.128s is neither a multiaddr nor a name",
                             e->relays[i]);
    return 0;
}

static int edit(struct text *t, const struct ctl_network_edit *e, const char *path,
                char err[CONF_ERR_MAX])
{
    int rc = edit_network(t, e);

    if (rc == GW_ENOTFOUND)
        return conf_fail(err, rc, "%.200s: there is no [network %.63s]", path, e->network);
    if (rc == GW_EINVAL)
        return conf_fail(err, rc, "a network, its relays and its host are plain words");
    return rc ? conf_fail_plain(err, rc) : 0;
}

/* What is wrong is wrong with the real file. */
static void rename_in(char err[CONF_ERR_MAX], const char *beside, const char *path)
{
    size_t n = strlen(beside);

    if (strncmp(err, beside, n) == 0)
        memmove(err + strlen(path), err + n, strlen(err + n) + 1);
}

/* Writes it to a file that nobody else has. */
static int write_beside(const struct text *t, const char *path, char beside[PATH_MAX])
{
    if (snprintf(beside, PATH_MAX, "%s.XXXXXX", path) >= PATH_MAX)
        return GW_EINVAL;
    int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return err_from_errno(errno);
    close(fd);
    int rc = fileio_rewrite(beside, view(t));
    if (rc)
        unlink(beside);
    return rc;
}

static int check(const struct text *t, const char *path, const struct options *o,
                 char err[CONF_ERR_MAX])
{
    char beside[PATH_MAX];
    struct config c;
    int rc = write_beside(t, path, beside);

    if (rc)
        return conf_fail(err, rc, "%.200s: %s", path, gw_strerror(rc));
    rc = config_load(&c, beside, true, o->over, o->nover, err);
    unlink(beside);
    if (rc)
        rename_in(err, beside, path);
    else
        config_free(&c);
    return rc;
}

static int replace(const struct text *t, const char *path, char err[CONF_ERR_MAX])
{
    int rc = fileio_rewrite(path, view(t));

    if (rc == GW_ENOTFOUND)
        rc = fileio_replace(path, view(t), 0600);
    return rc ? conf_fail(err, rc, "%.200s: %s", path, gw_strerror(rc)) : 0;
}

/* As people type it; what can be no name is left for the check of the whole to refuse. */
static const char *lower(const char *typed, char out[LAN_LABEL_MAX + 1])
{
    return typed && lan_name_read(typed, out) ? out : typed;
}

int confchange_network(const char *conf, const struct options *o, const struct ctl_network_edit *e,
                       char err[CONF_ERR_MAX])
{
    char real[PATH_MAX]; /* where a symbolic link leads to: it stays one */
    const char *path = realpath(conf, real) ? real : conf;
    char network[LAN_LABEL_MAX + 1], host[LAN_LABEL_MAX + 1];
    struct ctl_network_edit low = *e;
    struct text t = { 0 };
    int rc = check_relays(e, err);

    low.network = lower(e->network, network);
    low.host = lower(e->host, host);

    if (!rc)
        rc = read_conf(path, &t, err);
    if (!rc)
        rc = edit(&t, &low, path, err);
    if (!rc)
        rc = check(&t, path, o, err);
    if (!rc)
        rc = replace(&t, path, err);
    text_free(&t);
    return rc;
}
