/* check.c - see check.h. */
#include "main/check.h"

#include "base/err.h"
#include "name/names_file.h"
#include "svc/authz.h"

static int check_names(const struct nodedir *d, char err[CONF_ERR_MAX])
{
    struct names_file *f = NULL;
    char why[NAMES_FILE_ERR_MAX];
    int rc = names_file_load(d->names, &f, why);

    if (rc == GW_ENOTFOUND)
        return 0;
    if (rc)
        snprintf(err, CONF_ERR_MAX, "%.*s", CONF_ERR_MAX - 1, why);
    else
        names_file_free(f);
    return rc;
}

static int check_keys(const struct nodedir *d, const struct config *c, char err[CONF_ERR_MAX])
{
    struct registry *r = registry_new();
    if (!r)
        return GW_ENOMEM;
    int rc = config_services(c, d->dir, r, err);
    if (!rc)
        rc = authz_check_file(d->authorized_keys, err, CONF_ERR_MAX);
    if (rc == GW_ENOTFOUND)
        rc = 0;
    for (size_t i = 0; i < registry_count(r) && !rc; i++) {
        const struct service *s = registry_at(r, i);
        if (s->authorized_keys)
            rc = authz_check_file(s->authorized_keys, err, CONF_ERR_MAX);
    }
    registry_free(r);
    return rc;
}

int check_all(const struct nodedir *d, const struct options *o, struct config *out,
              char err[CONF_ERR_MAX])
{
    int rc = config_load(out, d->conf, o->conf != NULL, o->over, o->nover, err);
    if (rc)
        return rc;
    snprintf(err, CONF_ERR_MAX, "%s", gw_strerror(GW_ENOMEM));
    rc = check_names(d, err);
    if (!rc)
        rc = check_keys(d, out, err);
    if (rc)
        config_free(out);
    return rc;
}
