/* inlets.c - see inlets.h. */
#include "main/inlets.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/err.h"
#include "base/log.h"
#include "main/holder.h"

struct inlet { /* a proxy listener, or a forward */
    struct inlet *prev, *next;
    char *text;            /* the address as the config writes it: what tells inlets apart */
    struct listen *listen; /* proxy; NULL: a forward */
    struct forward_in *forward;
    const struct config_forward *wanted; /* during inlets_apply: the forward's section */
    bool is_kept;                        /* during inlets_apply: the new config has it, too */
    bool is_new;                         /* likewise: opened by this call */
    bool is_logged;
};

struct inlets {
    struct ev_loop *loop;
    struct turn *turn;
    struct front *front;
    struct socks5_in *socks5;
    struct inlet *list; /* utlist DL */
};

static struct socks5_in_config socks5_config(const struct config *c)
{
    return (struct socks5_in_config){ .user = c->user,
                                      .password = c->password,
                                      .handshake_timeout_ms = c->handshake_timeout_ms,
                                      .max_half_open = (uint32_t)c->proxy_half_open };
}

static void remove_inlet(struct inlets *in, struct inlet *i)
{
    DL_DELETE(in->list, i);
    listen_close(i->listen);
    forward_in_close(i->forward);
    free(i->text);
    free(i);
}

static const struct sockaddr_any *addr_of(const struct inlet *i)
{
    return i->forward ? forward_in_addr(i->forward) : listen_addr(i->listen);
}

static struct inlet *find_open(const struct inlets *in, const char *text, bool is_forward)
{
    struct inlet *i;
    DL_FOREACH (in->list, i) {
        if (!i->is_kept && (i->forward != NULL) == is_forward && !strcmp(i->text, text))
            return i;
    }
    return NULL;
}

static int open_inlet(struct inlets *in, const char *text, const struct config_forward *f,
                      char err[CONF_ERR_MAX])
{
    struct sockaddr_any at;
    struct front_target target;
    char who[HOLDER_STR_MAX] = "";
    struct inlet *i = calloc(1, sizeof *i);
    int rc = i && (i->text = strdup(text)) != NULL ? sockaddr_parse(text, &at) : GW_ENOMEM;

    if (!rc && f && (rc = front_target_parse(f->target, &target)) == 0)
        rc = forward_in_open(in->loop, in->turn, in->front, &at, &target, &i->forward);
    else if (!rc)
        rc = listen_open(in->loop, &at, socks5_in_accept, in->socks5, &i->listen);
    if (!rc) {
        i->is_kept = i->is_new = true;
        i->wanted = f;
        DL_APPEND(in->list, i);
        return 0;
    }
    if (rc == GW_EINUSE)
        holder_print(&at, who);
    snprintf(err, CONF_ERR_MAX, "%s %.128s: %s%s%s", f ? "forward" : "proxy", text, gw_strerror(rc),
             who,
             rc != GW_EINUSE ? ""
             : f             ? "; choose another with -L"
                             : "; choose another with -D");
    if (i)
        free(i->text);
    free(i);
    return rc;
}

static int keep_or_open(struct inlets *in, const char *text, const struct config_forward *f,
                        char err[CONF_ERR_MAX])
{
    struct inlet *i = find_open(in, text, f != NULL);
    if (!i)
        return open_inlet(in, text, f, err);
    i->is_kept = true;
    i->wanted = f;
    return 0;
}

static void log_inlet(const struct inlet *i)
{
    char at[SOCKADDR_STR_MAX], to[FRONT_TARGET_STR_MAX];

    sockaddr_print(addr_of(i), at);
    if (i->forward)
        log_info("forward listen=%s target=%s", at,
                 front_target_print(forward_in_target(i->forward), to));
    else
        log_info("proxy listen=%s", at);
}

/* What was opened stays, what is not wanted goes.  After a failure it is the other way round. */
static void settle(struct inlets *in, bool is_good)
{
    struct inlet *i, *tmp;
    struct front_target target;

    DL_FOREACH_SAFE (in->list, i, tmp) {
        if (is_good ? !i->is_kept : i->is_new) {
            remove_inlet(in, i);
            continue;
        }
        if (is_good && !i->is_new && i->forward &&
            front_target_parse(i->wanted->target, &target) == 0)
            forward_in_set_target(i->forward, &target);
        i->is_kept = i->is_new = false;
        i->wanted = NULL;
    }
}

/* Anybody who reaches the port may use it as this node. */
static void warn_if_open(const struct inlets *in, const struct config *c)
{
    char at[SOCKADDR_STR_MAX];
    struct inlet *i;

    DL_FOREACH (in->list, i) {
        if (!sockaddr_is_loopback(addr_of(i)) && (i->forward || !c->password))
            log_warn("%s listen=%s is open to other machines%s", i->forward ? "forward" : "proxy",
                     sockaddr_print(addr_of(i), at),
                     i->forward ? "" : ": set user and password in [proxy]");
    }
}

struct inlets *inlets_new(struct ev_loop *loop, struct turn *turn, struct front *front,
                          const struct config *c)
{
    struct socks5_in_config cfg = socks5_config(c);
    struct inlets *in = malloc(sizeof *in);
    if (!in)
        return NULL;
    *in = (struct inlets){
        .loop = loop, .turn = turn, .front = front, .socks5 = socks5_in_new(loop, turn, front, &cfg)
    };
    if (in->socks5)
        return in;
    free(in);
    return NULL;
}

void inlets_free(struct inlets *in)
{
    if (!in)
        return;
    while (in->list)
        remove_inlet(in, in->list);
    socks5_in_free(in->socks5);
    free(in);
}

int inlets_apply(struct inlets *in, const struct config *c, char err[CONF_ERR_MAX])
{
    struct socks5_in_config cfg = socks5_config(c);
    int rc = 0;

    for (size_t i = 0; i < c->proxy_listen.n && !rc; i++)
        rc = keep_or_open(in, c->proxy_listen.v[i], NULL, err);
    for (size_t i = 0; i < c->forwards.n && !rc; i++) {
        const struct config_forward *f = c->forwards.v[i];
        rc = keep_or_open(in, f->listen, f, err);
    }
    if (!rc && (rc = socks5_in_set_config(in->socks5, &cfg)) != 0)
        snprintf(err, CONF_ERR_MAX, "%s", gw_strerror(rc));
    settle(in, !rc);
    return rc;
}

void inlets_report(struct inlets *in, const struct config *c)
{
    struct inlet *i;

    DL_FOREACH (in->list, i) {
        if (!i->is_logged)
            log_inlet(i);
        i->is_logged = true;
    }
    warn_if_open(in, c);
}

void inlets_each_proxy(const struct inlets *in, void (*each)(void *arg, const char *listen),
                       void *arg)
{
    char at[SOCKADDR_STR_MAX];
    struct inlet *i;

    DL_FOREACH (in->list, i) {
        if (!i->forward)
            each(arg, sockaddr_print(addr_of(i), at));
    }
}

void inlets_each_forward(const struct inlets *in,
                         void (*each)(void *arg, const char *listen, const char *target), void *arg)
{
    char at[SOCKADDR_STR_MAX], to[FRONT_TARGET_STR_MAX];
    struct inlet *i;

    DL_FOREACH (in->list, i) {
        if (i->forward)
            each(arg, sockaddr_print(addr_of(i), at),
                 front_target_print(forward_in_target(i->forward), to));
    }
}
