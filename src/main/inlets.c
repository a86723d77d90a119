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
    const struct peerid *self;
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
                                     .self = in->self };
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
        return conf_fail(err, rc, "%s", gw_strerror(rc));
    }
    (*out)->is_new = true;
    return 0;
}

/* `f` NULL: a proxy listener. */
static int keep_or_open(struct inlets *in, const char *text, const struct config_forward *f,
                        char err[CONF_ERR_MAX])
{
    enum inlet_kind kind = !f ? INLET_PROXY : f->protocol == CONFIG_UDP ? INLET_UDP : INLET_TCP;
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

static void log_entry(const struct entry *e)
{
    const struct front_target *target = inlet_target(e->inlet);
    char at[SOCKADDR_STR_MAX], to[FRONT_TARGET_STR_MAX];

    sockaddr_print(inlet_addr(e->inlet), at);
    if (target)
        log_info("forward listen=%s target=%s%s", at, front_target_print(target, to),
                 inlet_kind(e->inlet) == INLET_UDP ? " protocol=udp" : "");
    else
        log_info("proxy listen=%s%s", at, inlet_is_passed(e->inlet) ? " passed=yes" : "");
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
            log_warn("%s listen=%s is open to other machines%s", is_proxy ? "proxy" : "forward",
                     sockaddr_print(inlet_addr(e->inlet), at),
                     is_proxy ? ": set user and password in [proxy]" : "");
    }
}

struct inlets *inlets_new(struct ev_loop *loop, struct turn *turn, struct front *front,
                          const struct config *c, const struct peerid *self, proxy_page_fn *page,
                          void *page_arg)
{
    struct inlets *in = malloc(sizeof *in);
    if (!in)
        return NULL;
    *in = (struct inlets){ .env = { .loop = loop, .turn = turn, .front = front },
                           .self = self,
                           .page = page,
                           .page_arg = page_arg };
    struct proxy_in_config cfg = proxy_config(in, c);
    in->env.proxy = proxy_in_new(loop, turn, front, &cfg);
    if (in->env.proxy)
        return in;
    free(in);
    return NULL;
}

void inlets_free(struct inlets *in)
{
    if (!in)
        return;
    while (in->list)
        remove_entry(in, in->list);
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

int inlets_apply(struct inlets *in, const struct config *c, char err[CONF_ERR_MAX])
{
    struct proxy_in_config cfg = proxy_config(in, c);
    int rc = 0;

    for (size_t i = 0; i < c->proxy_listen.n && !rc; i++)
        rc = keep_or_open(in, c->proxy_listen.v[i], NULL, err);
    for (size_t i = 0; i < c->forwards.n && !rc; i++) {
        const struct config_forward *f = c->forwards.v[i];
        rc = keep_or_open(in, f->listen, f, err);
    }
    if (!rc && (rc = proxy_in_set_config(in->env.proxy, &cfg)) != 0)
        conf_fail(err, rc, "%s", gw_strerror(rc));
    settle(in, !rc);
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

void inlets_each_proxy(const struct inlets *in, void (*each)(void *arg, const char *listen),
                       void *arg)
{
    char at[SOCKADDR_STR_MAX];
    struct entry *e;

    DL_FOREACH (in->list, e) {
        if (inlet_kind(e->inlet) == INLET_PROXY)
            each(arg, sockaddr_print(inlet_addr(e->inlet), at));
    }
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
