/* misgivings.c - see misgivings.h. */
#include "main/misgivings.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "id/multiaddr.h"

struct listener {
    void (*each)(void *arg, const char *text);
    void *arg;
};

__attribute__((format(printf, 2, 3))) static void tell(const struct listener *l, const char *fmt,
                                                       ...)
{
    char text[CONF_ERR_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    l->each(l->arg, text);
}

/* ---- programs and files ---- */

/* 0, or why it cannot be run. */
static int try_program(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return err_from_errno(errno);
    if (!S_ISREG(st.st_mode))
        return GW_EUNSUP;
    return access(path, X_OK) == 0 ? 0 : err_from_errno(errno);
}

static void look_at_resolvers(const struct config *c, const struct listener *l)
{
    for (size_t i = 0; i < c->resolvers.n; i++) {
        const char *path = strchr(c->resolvers.v[i], ':') + 1;
        int err = try_program(path);
        if (err == GW_EUNSUP)
            tell(l, "[node] resolver = %s: is no program", c->resolvers.v[i]);
        else if (err)
            tell(l, "[node] resolver = %s: %s", c->resolvers.v[i], gw_strerror(err));
    }
}

static bool is_in_path(const char *program)
{
    const char *path = getenv("PATH"), *end;
    char file[PATH_MAX];

    for (; path && *path; path = *end ? end + 1 : end) {
        end = path + strcspn(path, ":");
        int n = snprintf(file, sizeof file, "%.*s/%s", (int)(end - path), path, program);
        if ((size_t)n < sizeof file && try_program(file) == 0)
            return true;
    }
    return false;
}

static void look_at_fetches(const struct config *c, const struct listener *l)
{
    const char *needs = c->eth_rpc                             ? "[ethereum] rpc"
                        : c->dht_list && c->dht_list[0] != '/' ? "[dht] list"
                                                               : NULL;

    if (needs && !is_in_path("curl"))
        tell(l, "%s needs curl, which is not installed", needs);
    if (c->dht_list && c->dht_list[0] == '/' && access(c->dht_list, R_OK) != 0)
        tell(l, "[dht] list = %.200s: %s", c->dht_list, gw_strerror(err_from_errno(errno)));
}

/* ---- relays and networks ---- */

static bool is_self(const char *relay, const struct peerid *self)
{
    struct multiaddr a;
    struct peerid id;

    return self && *relay == '/' && multiaddr_parse(bytes_of(relay), &a) == 0 &&
           multiaddr_peer(&a, &id) && peerid_eq(&id, self);
}

static void look_at_network(const struct config *c, const struct config_network *n,
                            const struct peerid *self, const struct listener *l)
{
    bool is_own = c->relay_network && strcmp(c->relay_network, n->name) == 0;

    if (!n->relays.n && !is_own)
        tell(l, "[network %s] has no relay: nobody could tell its names", n->name);
    for (size_t i = 0; i < n->relays.n; i++)
        if (is_self(n->relays.v[i], self))
            tell(l, "[network %s] relay = %.200s: that is this node itself", n->name,
                 n->relays.v[i]);
}

static void look_at_relays(const struct config *c, const struct peerid *self,
                           const struct listener *l)
{
    for (size_t i = 0; i < c->relays.n; i++)
        if (is_self(c->relays.v[i], self))
            tell(l, "[node] relay = %.200s: that is this node itself", c->relays.v[i]);
    for (size_t i = 0; i < c->networks.n; i++)
        look_at_network(c, c->networks.v[i], self, l);
}

/* ---- keys that need another one ---- */

static void look_at_keys(const struct config *c, const struct listener *l)
{
    if (c->relay_network && !c->relay_enabled)
        tell(l, "[relay] network = %s is nothing without enabled = yes", c->relay_network);
    if (c->relay_public && !c->relay_enabled)
        tell(l, "[relay] public = yes is nothing without enabled = yes");
}

void misgivings_each(const struct config *c, const struct peerid *self,
                     void (*each)(void *arg, const char *text), void *arg)
{
    const struct listener l = { each, arg };

    look_at_resolvers(c, &l);
    look_at_fetches(c, &l);
    look_at_relays(c, self, &l);
    look_at_keys(c, &l);
}
