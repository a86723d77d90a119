/* config.c - see config.h. */
#include "main/config.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "gate/dns_forward.h"
#include "gate/front.h"
#include "main/named.h"
#include "p2p/networks.h"
#include "svc/registry.h"

static int check_forwards(const struct config *c, char err[CONF_ERR_MAX])
{
    for (size_t i = 0; i < c->forwards.n; i++) {
        const struct config_forward *f = c->forwards.v[i];
        struct sockaddr_any at;
        if (!f->listen || !f->target)
            return conf_fail(err, GW_EINVAL, "[forward %s] has no %s", f->name,
                             f->listen ? "target" : "listen");
        if (f->protocol == CONFIG_UDP && sockaddr_parse(f->listen, &at) == 0 &&
            at.sa.sa_family == AF_UNIX)
            return conf_fail(err, GW_EINVAL, "[forward %s]: datagrams come to a port, not to %.80s",
                             f->name, f->listen);
    }
    return 0;
}

static int check_peers(const struct config *c, char err[CONF_ERR_MAX])
{
    struct name name;

    if (c->peers.n > NAMED_MAX)
        return conf_fail(err, GW_ELIMIT, "there are more than %d sections [peer]", NAMED_MAX);
    for (size_t i = 0; i < c->peers.n; i++) {
        const struct config_peer *p = c->peers.v[i];
        if (name_parse(bytes_of(p->name), &name) != 0)
            return conf_fail(err, GW_EINVAL, "[peer %s] is neither a name nor a peer id", p->name);
    }
    return 0;
}

static int check_networks(const struct config *c, char err[CONF_ERR_MAX])
{
    size_t nrelays = 0;

    if (c->networks.n > NETWORKS_MAX)
        return conf_fail(err, GW_ELIMIT, "there are more than %d sections [network]", NETWORKS_MAX);
    for (size_t i = 0; i < c->networks.n; i++) {
        const struct config_network *n = c->networks.v[i];
        if (!lan_name_ok(bytes_of(n->name)))
            return conf_fail(err, GW_EINVAL,
                             "[network %s]: a name is made of a-z, 0-9 and - within, and stands "
                             "for nothing else, as local, invalid and p2p do",
                             n->name);
        if (n->relays.n > NETWORK_RELAYS_MAX)
            return conf_fail(err, GW_ELIMIT, "[network %s] has more than %d relays", n->name,
                             NETWORK_RELAYS_MAX);
        nrelays += n->relays.n;
    }
    if (nrelays > NAMED_MAX)
        return conf_fail(err, GW_ELIMIT, "the sections [network] have more than %d relays",
                         NAMED_MAX);
    return 0;
}

/* Keys that are nothing without each other. */
static int check_pairs(const struct config *c, char err[CONF_ERR_MAX])
{
    const struct {
        const char *section, *a, *b;
        bool has_a, has_b;
    } pairs[] = {
        { "proxy", "user", "password", c->user != NULL, c->password != NULL },
        { "ethereum", "rpc", "contract", c->eth_rpc != NULL, c->eth_contract != NULL },
        { "dht", "list", "list-key", c->dht_list != NULL, c->dht_list_key != NULL },
    };

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i].has_a != pairs[i].has_b)
            return conf_fail(err, GW_EINVAL, "[%s] has a %s without a %s", pairs[i].section,
                             pairs[i].has_a ? pairs[i].a : pairs[i].b,
                             pairs[i].has_a ? pairs[i].b : pairs[i].a);
    return 0;
}

/* A relative path lies in `dir`. */
static int absolute(const char *dir, const char *path, char **out)
{
    int n = *path == '/' ? asprintf(out, "%s", path) : asprintf(out, "%s/%s", dir, path);
    if (n < 0)
        *out = NULL;
    return n < 0 ? GW_ENOMEM : 0;
}

/* What the keys of one service mean together. */
static int check_service(const struct config_service *s, char err[CONF_ERR_MAX])
{
    bool has_target = s->target || s->udp_target;

    if (!s->is_exit)
        return has_target ? 0 : conf_fail(err, GW_EINVAL, "[service %s] has no target", s->name);
    if (strcmp(s->name, SERVICE_EXIT) != 0)
        return conf_fail(err, GW_EINVAL, "[service %s]: exit = yes belongs to [service %s]",
                         s->name, SERVICE_EXIT);
    if (has_target || s->proxy_protocol || s->http)
        return conf_fail(err, GW_EINVAL,
                         "[service %s]: with exit = yes it has no targets, no "
                         "proxy-protocol and no http",
                         s->name);
    return 0;
}

static int read_targets(const struct config_service *from, struct service *out)
{
    int rc = from->target ? sockaddr_parse(from->target, &out->target) : 0;

    if (!rc && from->udp_target)
        rc = sockaddr_parse(from->udp_target, &out->udp_target);
    if (!out->port && from->target)
        out->port = sockaddr_port(&out->target);
    if (!out->port && from->udp_target)
        out->port = sockaddr_port(&out->udp_target);
    return rc;
}

static int add_service(const struct config_service *from, const char *dir, struct registry *r,
                       char err[CONF_ERR_MAX])
{
    const char *path = from->authorized_keys;
    struct service s = { .port = (uint16_t)from->port,
                         .is_exit = from->is_exit,
                         .proxy_v2 = from->proxy_protocol == CONFIG_PROXY_V2,
                         .is_http = from->http,
                         .limit = from->limit,
                         .is_enabled = from->enabled };

    int rc = check_service(from, err);
    if (rc)
        return rc;
    snprintf(s.name, sizeof s.name, "%s", from->name);
    rc = read_targets(from, &s);
    if (!rc && path)
        rc = absolute(dir, path, &s.authorized_keys);
    if (!rc)
        rc = registry_add(r, &s);
    free(s.authorized_keys);
    if (rc == GW_EEXISTS)
        snprintf(err, CONF_ERR_MAX, "[service %s]: port %u is another service's", from->name,
                 s.port);
    else if (rc == GW_EINVAL)
        snprintf(err, CONF_ERR_MAX, "[service %s]: a name is made of a-z, 0-9 and -", from->name);
    return rc;
}

/* The registry knows which services go together. */
static int check_services(const struct config *c, char err[CONF_ERR_MAX])
{
    struct registry *r = registry_new();
    int rc = r ? config_services(c, "", r, err) : GW_ENOMEM;

    registry_free(r);
    return rc;
}

static int check_whole(const struct config *c, char err[CONF_ERR_MAX])
{
    int rc = check_pairs(c, err);

    if (!rc)
        rc = check_forwards(c, err);
    if (!rc)
        rc = check_peers(c, err);
    if (!rc)
        rc = check_networks(c, err);
    if (!rc && c->resolvers.n > CONFIG_RESOLVERS_MAX)
        rc = conf_fail(err, GW_ELIMIT, "[node] resolver has more than %d programs",
                       CONFIG_RESOLVERS_MAX);
    if (!rc && c->dns_forward.n > DNS_FORWARDS_MAX)
        rc = conf_fail(err, GW_ELIMIT, "[dns] forward has more than %d servers", DNS_FORWARDS_MAX);
    return rc ? rc : check_services(c, err);
}

int config_load(struct config *out, const char *path, bool must_exist,
                const struct config_override *over, size_t nover, char err[CONF_ERR_MAX])
{
    int rc = conf_init(out, &config_schema);
    if (rc)
        return conf_fail_plain(err, rc);
    if (path)
        rc = conf_read(out, &config_schema, path, err);
    if (rc == GW_ENOTFOUND && !must_exist)
        rc = 0;
    for (size_t i = 0; i < nover && !rc; i++)
        rc = conf_set(out, &config_schema, over[i].section, over[i].name, over[i].key,
                      over[i].value, err);
    if (!rc && (rc = check_whole(out, err)) != 0 && path) {
        char why[CONF_ERR_MAX];
        snprintf(why, sizeof why, "%s", err);
        snprintf(err, CONF_ERR_MAX, "%s: %.200s", path, why);
    }
    if (rc)
        config_free(out);
    return rc;
}

void config_free(struct config *c)
{
    conf_free(c, &config_schema);
}

int config_services(const struct config *c, const char *dir, struct registry *r,
                    char err[CONF_ERR_MAX])
{
    int rc = 0;

    conf_fail_plain(err, GW_ENOMEM);
    for (size_t i = 0; i < c->services.n && !rc; i++)
        rc = add_service(c->services.v[i], dir, r, err);
    return rc;
}

void config_lan_name(const struct config *c, char out[LAN_LABEL_MAX + 1])
{
    char host[256] = "";
    size_t n = 0;

    if (!c->name)
        gethostname(host, sizeof host - 1);
    for (const char *p = c->name ? c->name : host; *p && *p != '.' && n < LAN_LABEL_MAX; p++)
        out[n++] = (char)tolower((unsigned char)*p);
    out[n] = '\0';
    if (!lan_name_ok(bytes_of(out)))
        out[0] = '\0';
}

const char *config_via_name(const char *other)
{
    static const char via[] = "via ";

    if (strncmp(other, via, sizeof via - 1) != 0)
        return NULL;
    return other + strspn(other + sizeof via - 1, " \t") + sizeof via - 1;
}

enum front_other config_other(const struct config *c, const char **via)
{
    *via = c->other ? config_via_name(c->other) : NULL;
    if (*via)
        return FRONT_VIA;
    return c->other && !strcmp(c->other, "direct") ? FRONT_DIRECT : FRONT_REFUSE;
}

int config_port_range(const char *text, uint16_t *first, uint16_t *last)
{
    unsigned from, to;
    int n = -1;

    if (sscanf(text, "%5u-%5u%n", &from, &to, &n) != 2 || text[n] || !from || from > to ||
        to > UINT16_MAX)
        return GW_ESYNTAX;
    *first = (uint16_t)from;
    *last = (uint16_t)to;
    return 0;
}

void config_virtual_net(const struct config *c, struct ipaddr *out)
{
    int err = loopback_parse_net(c->virtual_net ? c->virtual_net : LOOPBACK_NET, out);
    assert(!err);
    (void)err;
}
