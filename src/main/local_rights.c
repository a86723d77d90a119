/* local_rights.c - see local_rights.h. */
#include "main/local_rights.h"

#include <ev.h>
#include <string.h>

#include "base/err.h"
#include "name/names_file.h"
#include "name/tier_direct.h"
#include "svc/authfile.h"
#include "svc/rights.h"

/* ---- who ---- */

/* No file is as good as an empty one, which *out == NULL stands for. */
static int load_names(const struct nodedir *d, struct names_file **out, char err[CONF_ERR_MAX])
{
    char why[NAMES_FILE_ERR_MAX];
    int rc = names_file_load(d->names, out, why);

    if (rc && rc != GW_ENOTFOUND)
        return conf_fail(err, rc, "%.*s", CONF_ERR_MAX - 1, why);
    return 0;
}

/* As the tiers of the names file and of peer ids have it.  A name in front of another one is that
 * of a service, and rights are given to peers. */
static int find_peer(const struct names_file *f, const char *text, struct peerid *out,
                     char err[CONF_ERR_MAX])
{
    const struct names_entry *e = NULL;
    struct bytes service;
    struct name n;

    if (name_parse(bytes_of(text), &n) != 0)
        return conf_fail(err, GW_ESYNTAX, "%.200s: is neither a name nor a peer id", text);
    for (size_t i = 0; i < n.nlabels && i < 2 && f && !e; i++) {
        service = (struct bytes){ .n = i };
        e = names_file_find(f, name_suffix(&n, i));
    }
    if (e)
        *out = e->peer;
    else if (tier_direct_read(&n, out, &service) != NULL)
        return conf_fail(err, GW_ENONAME,
                         "%.200s: the names file has no such name, and no daemon runs that could "
                         "ask elsewhere",
                         text);
    if (service.n)
        return conf_fail(err, GW_EINVAL,
                         "%.200s is a service: name the peer alone, and services behind it", text);
    return 0;
}

/* ---- what is said of it ---- */

struct list { /* while it is printed */
    const char *before;
    bool has_begun;
};

static void print_one(void *arg, const char *service)
{
    struct list *l = arg;

    printf("%s%s", l->has_begun ? ", " : l->before, service);
    l->has_begun = true;
}

static void print_rights(const struct rights *r, const struct peerid *peer,
                         const char *const *services)
{
    struct list unknown = { .before = ": " }, usable = { .before = "\nit may use " };

    rights_each_unknown(r, services, print_one, &unknown);
    if (unknown.has_begun)
        printf(" (no such service here yet)");
    rights_each_usable(r, peer, print_one, &usable);
}

/* ---- the edit ---- */

static int check_services(const struct cli_rights_edit *e, const char *out[RIGHTS_SERVICES_MAX + 1],
                          char err[CONF_ERR_MAX])
{
    bool is_good = e->nservices <= RIGHTS_SERVICES_MAX;
    size_t n = 0;

    for (; n < e->nservices && is_good; n++) {
        out[n] = e->services[n];
        is_good = service_name_ok(bytes_of(out[n]));
    }
    out[n] = NULL;
    return is_good
               ? 0
               : conf_fail(err, GW_EINVAL, "services are at most %d names made of a-z, 0-9 and -",
                           RIGHTS_SERVICES_MAX);
}

static int allow(const struct nodedir *d, const struct config *c, const struct cli_rights_edit *e,
                 const struct peerid *peer, const char *comment, char err[CONF_ERR_MAX])
{
    const char *services[RIGHTS_SERVICES_MAX + 1];
    struct rights r = { .is_relay = c->relay_enabled };
    struct ev_loop *loop = NULL;
    char id[PEERID_STR_MAX];
    struct registry *reg = registry_new();
    int rc = reg ? config_services(c, d->dir, reg, err) : conf_fail_plain(err, GW_ENOMEM);

    if (!rc)
        rc = check_services(e, services, err);
    if (!rc)
        rc = authfile_allow(d->authorized_keys, peer, e->nservices ? services : NULL, comment, err,
                            CONF_ERR_MAX);
    if (!rc) {
        printf("allowed %s", peerid_print(peer, id));
        r.services = reg;
        loop = ev_loop_new(EVFLAG_AUTO);
        r.authz = loop ? authz_new(loop, d->authorized_keys, reg, NULL, NULL) : NULL;
        if (r.authz)
            print_rights(&r, peer, services);
        putchar('\n');
    }
    authz_free(r.authz);
    if (loop)
        ev_loop_destroy(loop);
    registry_free(reg);
    return rc;
}

/* A key is not made for this. */
static bool is_self(const struct nodedir *d, const struct peerid *peer)
{
    struct key *key;

    if (key_load(d->key, &key) != 0)
        return false;
    bool is = peerid_eq(key_peerid(key), peer);
    key_free(key);
    return is;
}

static int deny(const struct nodedir *d, const struct peerid *peer, char err[CONF_ERR_MAX])
{
    char id[PEERID_STR_MAX];
    int rc = authfile_deny(d->authorized_keys, peer, err, CONF_ERR_MAX);

    if (rc == GW_ENOTFOUND)
        return conf_fail(err, rc, "%s is not in authorized_keys", peerid_print(peer, id));
    if (!rc)
        printf("denied %s\n", peerid_print(peer, id));
    return rc;
}

int local_rights_edit(const struct nodedir *d, const struct options *o,
                      const struct cli_rights_edit *e, char err[CONF_ERR_MAX])
{
    struct names_file *names = NULL;
    struct peerid peer;
    struct config c;
    int rc = config_load(&c, d->conf, o->conf != NULL, o->over, o->nover, err);

    if (rc)
        return rc;
    rc = load_names(d, &names, err);
    if (!rc)
        rc = find_peer(names, e->peer, &peer, err);
    const struct names_entry *named = rc || !names ? NULL : names_file_find_peer(names, &peer);
    if (!rc && e->is_deny)
        rc = deny(d, &peer, err);
    else if (!rc && is_self(d, &peer))
        rc = conf_fail(err, GW_ESELF, "%.200s: %s, and needs no right", e->peer,
                       gw_strerror(GW_ESELF));
    else if (!rc)
        rc = allow(d, &c, e, &peer, named ? named->name : NULL, err);
    if (!rc)
        printf("%s: changed; no daemon runs\n", d->authorized_keys);
    names_file_free(names);
    config_free(&c);
    return rc;
}
