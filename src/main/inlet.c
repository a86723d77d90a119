/* inlet.c - see inlet.h. */
#include "main/inlet.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "main/holder.h"

struct inlet {
    enum inlet_kind kind;
    bool is_passed;
    char *text; /* as the config writes it */
    union {     /* by kind */
        struct listen *proxy;
        struct forward_in *tcp;
        struct udp_in *udp;
        struct dns_in *dns;
    };
};

static const struct {
    const char *name;
    char option; /* of the command line; NUL: none */
} kinds[] = {
    [INLET_PROXY] = { "proxy", 'D' },
    [INLET_TCP] = { "forward", 'L' },
    [INLET_UDP] = { "forward", 'U' },
    [INLET_DNS] = { "dns", '\0' },
};

static int open_at(const struct inlet_env *env, const struct sockaddr_any *at, const char *target,
                   struct inlet *i)
{
    struct front_target t;
    int rc = target ? front_target_parse(target, &t) : 0;

    if (rc)
        return rc;
    switch (i->kind) {
    case INLET_TCP:
        return forward_in_open(env->loop, env->turn, env->front, at, &t, &i->tcp);
    case INLET_UDP:
        t.is_udp = true;
        return udp_in_open(env->loop, env->front, at, &t, &i->udp);
    case INLET_DNS:
        return dns_in_open(&env->dns, at, &i->dns);
    default:
        return listen_open(env->loop, at, proxy_in_accept, env->proxy, &i->proxy);
    }
}

static void complain(const struct inlet *i, int rc, const struct sockaddr_any *at, const char *text,
                     char err[CONF_ERR_MAX])
{
    char who[HOLDER_STR_MAX], hint[40] = "";

    if (rc != GW_EINUSE) {
        conf_fail(err, rc, "%s %.128s: %s%s", kinds[i->kind].name, text, gw_strerror(rc),
                  holder_low_port(rc, sockaddr_port(at)));
        return;
    }
    if (kinds[i->kind].option)
        snprintf(hint, sizeof hint, "; choose another with -%c", kinds[i->kind].option);
    conf_fail(err, rc, "%s %.128s: %s%s%s", kinds[i->kind].name, text, gw_strerror(rc),
              holder_print(at, i->kind == INLET_UDP, who), hint);
}

int inlet_open(const struct inlet_env *env, enum inlet_kind kind, const char *text,
               const char *target, struct inlet **out, char err[CONF_ERR_MAX])
{
    struct sockaddr_any at;
    struct inlet *i = calloc(1, sizeof *i);

    if (!i || !(i->text = strdup(text))) {
        free(i);
        return conf_fail_plain(err, GW_ENOMEM);
    }
    i->kind = kind;
    int rc = sockaddr_parse(text, &at);
    if (!rc)
        rc = open_at(env, &at, target, i);
    if (!rc) {
        *out = i;
        return 0;
    }
    complain(i, rc, &at, text, err);
    free(i->text);
    free(i);
    return rc;
}

int inlet_adopt(const struct inlet_env *env, int fd, struct inlet **out)
{
    struct inlet *i = calloc(1, sizeof *i);
    if (!i)
        return GW_ENOMEM;
    i->is_passed = true;
    int rc = listen_adopt(env->loop, fd, proxy_in_accept, env->proxy, &i->proxy);
    if (rc)
        free(i);
    else
        *out = i;
    return rc;
}

void inlet_close(struct inlet *i)
{
    if (i->kind == INLET_TCP)
        forward_in_close(i->tcp);
    else if (i->kind == INLET_UDP)
        udp_in_close(i->udp);
    else if (i->kind == INLET_DNS)
        dns_in_close(i->dns);
    else
        listen_close(i->proxy);
    free(i->text);
    free(i);
}

enum inlet_kind inlet_kind(const struct inlet *i)
{
    return i->kind;
}

bool inlet_is_passed(const struct inlet *i)
{
    return i->is_passed;
}

bool inlet_matches(const struct inlet *i, enum inlet_kind kind, const char *text)
{
    struct sockaddr_any at;

    if (i->kind != kind)
        return false;
    if (!i->is_passed)
        return strcmp(i->text, text) == 0;
    return sockaddr_parse(text, &at) == 0 && sockaddr_eq(&at, inlet_addr(i));
}

const struct sockaddr_any *inlet_addr(const struct inlet *i)
{
    switch (i->kind) {
    case INLET_TCP:
        return forward_in_addr(i->tcp);
    case INLET_UDP:
        return udp_in_addr(i->udp);
    case INLET_DNS:
        return dns_in_addr(i->dns);
    default:
        return listen_addr(i->proxy);
    }
}

const struct front_target *inlet_target(const struct inlet *i)
{
    switch (i->kind) {
    case INLET_TCP:
        return forward_in_target(i->tcp);
    case INLET_UDP:
        return udp_in_target(i->udp);
    default:
        return NULL;
    }
}

void inlet_set_target(const struct inlet *i, const char *target)
{
    struct front_target t;

    if (front_target_parse(target, &t) != 0)
        return;
    if (i->kind == INLET_TCP)
        forward_in_set_target(i->tcp, &t);
    t.is_udp = true;
    if (i->kind == INLET_UDP)
        udp_in_set_target(i->udp, &t);
}

void inlet_set_forwards(const struct inlet *i, const struct sockaddr_any *servers, size_t n)
{
    if (i->kind == INLET_DNS)
        dns_in_set_forwards(i->dns, servers, n);
}
