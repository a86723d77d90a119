/* aim.c - see aim.h.
 *
 *   a stable address          -> its peer's id -> resolver
 *   another address           -> elsewhere
 *   a name                    -> resolver; unknown, and no tier's for certain -> elsewhere
 *   elsewhere                 -> [proxy] other: nowhere, direct, or the exit's name -> resolver */
#include "gate/aim.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "gate/direct.h"
#include "name/may_leave.h"

static void fail(struct aim *a, int err, const char *why)
{
    a->done(a->arg, err, NULL, why);
}

/* "nobody who was asked knows the name (names file: no line)" */
static void print_failure(char out[FRONT_WHY_MAX], int err, const char *trail)
{
    bool has_trail = trail && *trail;
    snprintf(out, FRONT_WHY_MAX, "%s%s%s%s", gw_strerror(err), has_trail ? " (" : "",
             has_trail ? trail : "", has_trail ? ")" : "");
}

static void on_exit_name(void *arg, int err, const struct name_answer *answer, const char *trail)
{
    struct aim *a = arg;
    char said[FRONT_WHY_MAX], why[FRONT_WHY_MAX];

    a->lookup = NULL;
    print_failure(said, err, trail);
    snprintf(why, sizeof why, "exit %.*s: %.*s", NAME_MAX_OCTETS, a->via,
             FRONT_WHY_MAX - NAME_MAX_OCTETS - 8, said);
    a->done(a->arg, err, answer, why);
}

static void on_peer_id(void *arg, int err, const struct name_answer *answer, const char *trail)
{
    struct aim *a = arg;
    char why[FRONT_WHY_MAX];

    a->lookup = NULL;
    print_failure(why, err, trail);
    a->done(a->arg, err, answer, why);
}

static void look_up(struct aim *a, const char *name, resolver_done_fn *done)
{
    struct resolver_req *q = resolver_lookup(a->rules->resolver, name, done, a);
    if (q) /* else done has run already, and may have gone on to another one */
        a->lookup = q;
}

/* `said`: what the resolver said of the name; empty for an address. */
static void go_elsewhere(struct aim *a, const char *said)
{
    char why[FRONT_WHY_MAX];

    switch (a->rules->other) {
    case FRONT_REFUSE:
        snprintf(why, sizeof why, "%s%s%s is nobody's here ([proxy] other = refuse)", said,
                 *said ? "; " : "", a->host);
        fail(a, GW_ENONAME, why);
        return;
    case FRONT_DIRECT:
        a->kind = AIM_DIRECT;
        a->done(a->arg, 0, NULL, "");
        return;
    case FRONT_VIA:
        a->kind = AIM_EXIT;
        a->via = strdup(a->rules->via);
        if (a->via)
            look_up(a, a->via, on_exit_name);
        else
            fail(a, GW_ENOMEM, gw_strerror(GW_ENOMEM));
    }
}

static void on_name(void *arg, int err, const struct name_answer *answer, const char *trail)
{
    struct aim *a = arg;
    char said[FRONT_WHY_MAX];

    a->lookup = NULL;
    print_failure(said, err, trail);
    if (err == GW_ENONAME && may_leave(a->rules->resolver, bytes_of(a->host)))
        go_elsewhere(a, said);
    else
        a->done(a->arg, err, answer, said);
}

static void take_addr(struct aim *a, const struct ipaddr *ip)
{
    const struct loopback *l = a->rules->loopback;
    char id[PEERID_STR_MAX];
    struct peerid peer;

    if (l && loopback_is(l, ip)) {
        if (loopback_peer(l, ip, &peer))
            look_up(a, peerid_print(&peer, id), on_peer_id);
        else
            fail(a, GW_ENONAME, "no peer has this address");
    } else if (a->rules->other != FRONT_REFUSE && !direct_may(ip)) {
        fail(a, GW_EDENIED, DIRECT_DENIED);
    } else {
        go_elsewhere(a, "");
    }
}

enum host_path aim_path(const struct aim_rules *rules, const struct peerid *peer)
{
    return rules->path ? rules->path(rules->path_arg, peer) : HOST_PATH_ANY;
}

void aim_start(struct aim *a, const struct aim_rules *rules, const char *host, aim_done_fn *done,
               void *arg)
{
    struct ipaddr ip;

    *a = (struct aim){ .rules = rules, .host = host, .done = done, .arg = arg };
    if (sockaddr_parse_ip(host, &ip) == 0)
        take_addr(a, &ip);
    else
        look_up(a, host, on_name);
}

void aim_fini(struct aim *a)
{
    resolver_cancel(a->lookup);
    a->lookup = NULL;
    free(a->via);
    a->via = NULL;
}
