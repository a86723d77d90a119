/* front_address.c - front_address of front.h: a host, its peer, the peer's stable address; or what
 * DNS says. */
#include "gate/front_address.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/container_of.h"
#include "base/err.h"
#include "gate/direct.h"

struct front_lookup {
    struct front_lookup *prev, *next;
    struct front_lookups *in;
    const struct aim_rules *rules;
    struct turn *turn;
    struct turn_task task; /* queued when the answer stands */
    uint64_t timeout_ms;
    struct aim aim;
    struct dns_query *query;
    int err;
    struct ipaddr ip;
    front_address_fn *done;
    void *arg;
    char host[NAME_MAX_OCTETS + 1];
    char why[FRONT_WHY_MAX];
};

static void on_turn(struct turn_task *task)
{
    struct front_lookup *l = container_of(task, struct front_lookup, task);
    struct front_lookup told = *l; /* done may ask again */

    front_address_cancel(l);
    told.done(told.arg, told.err, told.err ? NULL : &told.ip, told.why);
}

static void tell_later(struct front_lookup *l, int err, const char *why)
{
    l->err = err;
    snprintf(l->why, sizeof l->why, "%s", err ? why : "");
    turn_add(l->turn, &l->task);
}

/* A name of the internet must not lead to this machine, nor to a peer by its stable address. */
static bool may_tell(const struct front_lookup *l, const struct ipaddr *ip)
{
    const struct loopback *stable = l->rules->loopback;
    return direct_may(ip) && !(stable && loopback_is(stable, ip));
}

/* IPv4 is what a client takes that asks for one address. */
static void on_dns(void *arg, int err, const struct ipaddr *ips, size_t n)
{
    struct front_lookup *l = arg;
    const struct ipaddr *best = NULL;

    l->query = NULL;
    for (size_t i = 0; i < n; i++)
        if (may_tell(l, &ips[i]) && (!best || (best->family != 4 && ips[i].family == 4)))
            best = &ips[i];
    if (best)
        l->ip = *best;
    else if (!err)
        err = GW_EDENIED;
    tell_later(l, err, err == GW_EDENIED ? DIRECT_DENIED : gw_strerror(err));
}

static void ask_dns(struct front_lookup *l)
{
    struct dns *dns = l->rules->dns;
    int err = dns ? GW_ENOMEM : GW_ENETDOWN;

    if (dns)
        l->query = dns_lookup(dns, l->host, l->timeout_ms, on_dns, l);
    if (!l->query)
        tell_later(l, err, gw_strerror(err));
}

static void ask_loopback(struct front_lookup *l, const struct peerid *peer)
{
    int err = l->rules->loopback ? loopback_addr(l->rules->loopback, peer, &l->ip) : GW_EUNSUP;
    tell_later(l, err, gw_strerror(err));
}

static void on_aimed(void *arg, int err, const struct name_answer *answer, const char *why)
{
    struct front_lookup *l = arg;

    if (err)
        tell_later(l, err, why);
    else if (l->aim.kind == AIM_PEER)
        ask_loopback(l, &answer->peer);
    else if (l->aim.kind == AIM_DIRECT)
        ask_dns(l);
    else
        tell_later(l, GW_EUNSUP, "the exit looks the name up when it connects, not before");
}

struct front_lookup *front_lookup_start(struct front_lookups *in, const struct aim_rules *rules,
                                        struct turn *turn, uint64_t timeout_ms, const char *host,
                                        front_address_fn *done, void *arg)
{
    struct front_lookup *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->in = in;
    l->rules = rules;
    l->turn = turn;
    l->task.run = on_turn;
    l->timeout_ms = timeout_ms;
    l->done = done;
    l->arg = arg;
    snprintf(l->host, sizeof l->host, "%s", host);
    DL_APPEND(in->all, l);
    in->n++;
    if (strlen(host) < sizeof l->host)
        aim_start(&l->aim, rules, l->host, on_aimed, l);
    else
        tell_later(l, GW_ESYNTAX, "not a host name");
    return l;
}

void front_address_cancel(struct front_lookup *l)
{
    if (!l)
        return;
    aim_fini(&l->aim);
    dns_cancel(l->query);
    turn_del(l->turn, &l->task);
    DL_DELETE(l->in->all, l);
    l->in->n--;
    free(l);
}

void front_lookups_drop(struct front_lookups *in)
{
    while (in->all)
        front_address_cancel(in->all);
}
