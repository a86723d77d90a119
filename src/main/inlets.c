/* inlets.c - see inlets.h. */
#include "main/inlets.h"

#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

#include "base/err.h"
#include "base/log.h"

struct entry {
    struct entry *prev, *next;
    struct inlet *inlet;
    const struct config_forward *wanted; /* during inlets_apply: the forward's section */
    bool is_kept;                        /* during inlets_apply: the new config has it, too */
    bool is_new;                         /* likewise: opened by this call */
    bool is_logged;
};

struct inlets {
    struct inlet_env env;
    struct virtual *virtual;
    const struct peerid *self; /* for pages that say what a peer is to do, */
    const char *command;       /* and what the user */
    proxy_page_fn *page;
    void *page_arg;
    struct entry *list; /* utlist DL */
};

static struct proxy_in_config proxy_config(const struct inlets *in, const struct config *c)
{
    return (struct proxy_in_config){ .user = c->user,
                                     .password = c->password,
                                     .option_tags = c->option_tags,
                                     .handshake_timeout_ms = c->handshake_timeout_ms,
                                     .max_half_open = (uint32_t)c->proxy_half_open,
                                     .max_udp = (uint32_t)c->max_udp,
                                     .page = in->page,
                                     .page_arg = in->page_arg,
                                     .self = in->self,
                                     .command = in->command };
}

static void remove_entry(struct inlets *in, struct entry *e)
{
    DL_DELETE(in->list, e);
    inlet_close(e->inlet);
    free(e);
}

static int add_entry(struct inlets *in, struct inlet *inlet, struct entry **out)
{
    struct entry *e = calloc(1, sizeof *e);
    if (!e)
        return GW_ENOMEM;
    e->inlet = inlet;
    DL_APPEND(in->list, e);
    *out = e;
    return 0;
}

static int open_entry(struct inlets *in, enum inlet_kind kind, const char *text,
                      const struct config_forward *f, struct entry **out, char err[CONF_ERR_MAX])
{
    struct inlet *inlet;
    int rc = inlet_open(&in->env, kind, text, f ? f->target : NULL, &inlet, err);

    if (rc)
        return rc;
    rc = add_entry(in, inlet, out);
    if (rc) {
        inlet_close(inlet);
        return conf_fail_plain(err, rc);
    }
    (*out)->is_new = true;
    return 0;
}

static int keep_or_open(struct inlets *in, enum inlet_kind kind, const char *text,
                        const struct config_forward *f, char err[CONF_ERR_MAX])
{
    struct entry *e;
    int rc = 0;

    DL_FOREACH (in->list, e) {
        if (!e->is_kept && inlet_matches(e->inlet, kind, text))
            break;
    }
    if (!e && (rc = open_entry(in, kind, text, f, &e, err)) != 0)
        return rc;
    e->is_kept = true;
    e->wanted = f;
    return 0;
}

static const char *name_of(const struct entry *e)
{
    switch (inlet_kind(e->inlet)) {
    case INLET_PROXY:
        return "proxy";
    case INLET_DNS:
        return "dns";
    default:
        return "forward";
    }
}

static void log_entry(const struct entry *e)
{
    const struct front_target *target = inlet_target(e->inlet);
    char at[SOCKADDR_STR_MAX], to[FRONT_TARGET_STR_MAX];

    sockaddr_print(inlet_addr(e->inlet), at);
    if (target)
        log_info("%s listen=%s target=%s%s", name_of(e), at, front_target_print(target, to),
                 inlet_kind(e->inlet) == INLET_UDP ? " protocol=udp" : "");
    else
        log_info("%s listen=%s%s", name_of(e), at, inlet_is_passed(e->inlet) ? " passed=yes" : "");
}

/* What was opened stays, what is not wanted goes.  After a failure it is the other way round. */
static void settle(struct inlets *in, bool is_good)
{
    struct entry *e, *tmp;

    DL_FOREACH_SAFE (in->list, e, tmp) {
        if (is_good ? !e->is_kept && !inlet_is_passed(e->inlet) : e->is_new) {
            remove_entry(in, e);
            continue;
        }
        if (is_good && !e->is_new && e->wanted)
            inlet_set_target(e->inlet, e->wanted->target);
        e->is_kept = e->is_new = false;
        e->wanted = NULL;
    }
}

/* Anybody who reaches the port may use it as this node. */
static void warn_if_open(const struct inlets *in, const struct config *c)
{
    char at[SOCKADDR_STR_MAX];
    struct entry *e;

    DL_FOREACH (in->list, e) {
        bool is_proxy = inlet_kind(e->inlet) == INLET_PROXY;
        if (!sockaddr_is_loopback(inlet_addr(e->inlet)) && (!is_proxy || !c->password))
            log_warn("%s listen=%s is open to other machines%s", name_of(e),
                     sockaddr_print(inlet_addr(e->inlet), at),
                     is_proxy ? ": set user and password in [proxy]" : "");
    }
}

struct inlets *inlets_new(const struct node *n, const struct config *c, proxy_page_fn *page,
                          void *page_arg, const char *command)
{
    struct inlets *in = calloc(1, sizeof *in);
    if (!in)
        return NULL;
    in->self = host_peerid(n->host);
    in->command = command;
    in->page = page;
    in->page_arg = page_arg;
    struct proxy_in_config cfg = proxy_config(in, c);
    in->env.loop = n->loop;
    in->env.turn = n->turn;
    in->env.front = n->front;
    in->env.proxy = proxy_in_new(n->loop, n->turn, n->front, &cfg);
    in->virtual = virtual_new(n->loop, n->turn, n->front, n->host, n->loopback);
    in->env.dns = (struct dns_in_parts){ .loop = n->loop,
                                         .turn = n->turn,
                                         .resolver = n->resolver,
                                         .loopback = n->loopback,
                                         .virtual = in->virtual };
    if (in->env.proxy && in->virtual)
        return in;
    inlets_free(in);
    return NULL;
}

void inlets_free(struct inlets *in)
{
    if (!in)
        return;
    while (in->list)
        remove_entry(in, in->list);
    virtual_free(in->virtual);
    proxy_in_free(in->env.proxy);
    free(in);
}

void inlets_adopt(struct inlets *in, const int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct inlet *inlet;
        struct entry *e;
        int rc = inlet_adopt(&in->env, fds[i], &inlet);
        if (rc) {
            log_warn("activation fd=%d refused: %s", fds[i],
                     rc == GW_EINVAL ? "no listening stream socket" : gw_strerror(rc));
            close(fds[i]);
        } else if (add_entry(in, inlet, &e) != 0) {
            log_warn("activation fd=%d refused: %s", fds[i], gw_strerror(GW_ENOMEM));
            inlet_close(inlet);
        }
    }
}

static int open_wanted(struct inlets *in, const struct config *c, char err[CONF_ERR_MAX])
{
    int rc = 0;

    for (size_t i = 0; i < c->proxy_listen.n && !rc; i++)
        rc = keep_or_open(in, INLET_PROXY, c->proxy_listen.v[i], NULL, err);
    for (size_t i = 0; i < c->forwards.n && !rc; i++) {
        const struct config_forward *f = c->forwards.v[i];
        rc = keep_or_open(in, f->protocol == CONFIG_UDP ? INLET_UDP : INLET_TCP, f->listen, f, err);
    }
    for (size_t i = 0; i < c->dns_listen.n && !rc; i++)
        rc = keep_or_open(in, INLET_DNS, c->dns_listen.v[i], NULL, err);
    return rc;
}

static void set_dns_forwards(struct inlets *in, const struct config *c)
{
    struct sockaddr_any servers[DNS_FORWARDS_MAX];
    struct entry *e;

    for (size_t i = 0; i < c->dns_forward.n; i++)
        sockaddr_parse(c->dns_forward.v[i], &servers[i]); /* config.h: it is sound */
    DL_FOREACH (in->list, e)
        inlet_set_forwards(e->inlet, servers, c->dns_forward.n);
}

int inlets_apply(struct inlets *in, const struct config *c, char err[CONF_ERR_MAX])
{
    struct proxy_in_config cfg = proxy_config(in, c);
    int rc = open_wanted(in, c, err);

    if (!rc && (rc = proxy_in_set_config(in->env.proxy, &cfg)) != 0)
        conf_fail_plain(err, rc);
    settle(in, !rc);
    if (!rc)
        set_dns_forwards(in, c);
    return rc;
}

void inlets_report(struct inlets *in, const struct config *c)
{
    struct entry *e;

    DL_FOREACH (in->list, e) {
        if (!e->is_logged)
            log_entry(e);
        e->is_logged = true;
    }
    warn_if_open(in, c);
}

static void each_of(const struct inlets *in, enum inlet_kind kind,
                    void (*each)(void *arg, const char *listen), void *arg)
{
    char at[SOCKADDR_STR_MAX];
    struct entry *e;

    DL_FOREACH (in->list, e) {
        if (inlet_kind(e->inlet) == kind)
            each(arg, sockaddr_print(inlet_addr(e->inlet), at));
    }
}

void inlets_each_proxy(const struct inlets *in, void (*each)(void *arg, const char *listen),
                       void *arg)
{
    each_of(in, INLET_PROXY, each, arg);
}

void inlets_each_dns(const struct inlets *in, void (*each)(void *arg, const char *listen),
                     void *arg)
{
    each_of(in, INLET_DNS, each, arg);
}

void inlets_each_forward(const struct inlets *in,
                         void (*each)(void *arg, const char *listen, const char *target,
                                      const char *protocol),
                         void *arg)
{
    char at[SOCKADDR_STR_MAX], to[FRONT_TARGET_STR_MAX];
    struct entry *e;

    DL_FOREACH (in->list, e) {
        const struct front_target *target = inlet_target(e->inlet);
        if (target)
            each(arg, sockaddr_print(inlet_addr(e->inlet), at), front_target_print(target, to),
                 inlet_kind(e->inlet) == INLET_UDP ? "udp" : "tcp");
    }
}
