/* ctl_peer.c - see ctl_peer.h. */
#include "ctl/ctl_peer.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "ctl/ctl_lookup.h"
#include "name/tier_direct.h"
#include "svc/rights.h"
#include "svc/svc_offers.h"
#include "svc/svc_query.h"

#define QUERY_MS     30000
#define OFFERS_MAX   256 /* of a peer; more are not shown */
#define EDIT_ERR_MAX 512

struct query {
    struct ctl_session *session;
    struct svc_query *query;
    struct peerid peer;
    json_t *req; /* counted: for the error's text */
};

static void release(struct query *q)
{
    json_decref(q->req);
    free(q);
}

static void on_query_cancel(void *arg)
{
    struct query *q = arg;

    svc_query_cancel(q->query);
    release(q);
}

static void reply_services(struct query *q, struct bytes text)
{
    struct svc_offer offers[OFFERS_MAX];
    int n = svc_offers_read(text, offers, OFFERS_MAX);
    char id[PEERID_STR_MAX];

    if (n < 0) {
        ctl_session_fail(q->session, "%s answered with something else than a list",
                         json_string_value(json_object_get(q->req, "peer")));
        return;
    }
    json_t *list = json_array();
    for (const struct svc_offer *o = offers; o < offers + n; o++)
        json_array_append_new(list, json_pack("{s:s, s:i, s:b, s:b}", "name", o->name, "port",
                                              o->port, "tcp", o->is_tcp, "udp", o->is_udp));
    ctl_session_reply(
        q->session, json_pack("{s:s, s:o}", "peer", peerid_print(&q->peer, id), "services", list));
}

static void on_queried(void *arg, int err, struct bytes text)
{
    struct query *q = arg;

    if (err)
        ctl_session_fail(q->session, "%s: %s%s%s",
                         json_string_value(json_object_get(q->req, "peer")), gw_strerror(err),
                         text.n ? ": " : "", text.n ? log_esc(text) : "");
    else
        reply_services(q, text);
    release(q);
}

static void found_services(const struct ctl_deps *d, struct ctl_session *s, json_t *req,
                           const struct name_answer *a)
{
    struct query *q = malloc(sizeof *q);
    struct svc_query *query =
        q ? svc_query_start(d->host, &a->peer, a->addrs, a->naddrs, QUERY_MS, on_queried, q) : NULL;

    if (!query) {
        free(q);
        ctl_session_fail(s, "%s", gw_strerror(GW_ENOMEM));
        return;
    }
    *q = (struct query){ .session = s, .query = query, .peer = a->peer, .req = json_incref(req) };
    ctl_session_on_cancel(s, on_query_cancel, q);
}

void ctl_peer_services(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    ctl_lookup(d, s, req, "peer", found_services);
}

/* May rights be given to what the resolver found?  Only the user's own files and an id, whoever
 * knows its addresses, say for certain who a name is. */
static bool is_certain(const char *text, const struct name_answer *a)
{
    struct name name;
    struct peerid id;

    return strcmp(a->tier, tier_static_ops.name) == 0 ||
           strcmp(a->tier, tier_direct_ops.name) == 0 ||
           (name_parse(bytes_of(text), &name) == 0 && name.nlabels == 1 &&
            peerid_parse(name_raw_label(&name, 0), &id) == 0);
}

/* The peer alone: not one of its services, not somebody that others named.  Else the request has
 * been answered. */
static bool is_grantee(struct ctl_session *s, json_t *req, const struct name_answer *a)
{
    const char *name = json_string_value(json_object_get(req, "peer"));
    char id[PEERID_STR_MAX];

    if (*a->service)
        ctl_session_fail(s, "%s is a service: name the peer alone, and services behind it", name);
    else if (!is_certain(name, a))
        ctl_session_fail(
            s, "%s is known from the %s only: put it into the names file, or give its id %s", name,
            a->tier, peerid_print(&a->peer, id));
    else
        return true;
    return false;
}

static void append(void *list, const char *service)
{
    json_array_append_new(list, json_string(service));
}

static json_t *describe(const struct ctl_deps *d, const struct peerid *peer,
                        const char *const *services)
{
    const struct rights r = { d->registry, d->authz, d->relay != NULL };
    json_t *unknown = json_array(), *usable = json_array();
    char id[PEERID_STR_MAX];

    rights_each_unknown(&r, services, append, unknown);
    rights_each_usable(&r, peer, append, usable);
    return json_pack("{s:s, s:o, s:o}", "peer", peerid_print(peer, id), "not_offered", unknown,
                     "may_use", usable);
}

/* Reads req.services into `out`, NULL-terminated and borrowed from req.  Returns how many, or
 * GW_EINVAL. */
static int read_services(json_t *req, const char *out[RIGHTS_SERVICES_MAX + 1])
{
    json_t *list = json_object_get(req, "services"), *v;
    size_t n = json_array_size(list), i;

    if (n > RIGHTS_SERVICES_MAX || (list && !json_is_array(list)))
        return GW_EINVAL;
    json_array_foreach(list, i, v)
    {
        out[i] = json_string_value(v);
        if (!out[i] || !service_name_ok(bytes_of(out[i])))
            return GW_EINVAL;
    }
    out[n] = NULL;
    return (int)n;
}

static void found_allow(const struct ctl_deps *d, struct ctl_session *s, json_t *req,
                        const struct name_answer *a)
{
    const char *services[RIGHTS_SERVICES_MAX + 1];
    const char *name = tier_static_name_of(d->names, &a->peer);
    int n = read_services(req, services);
    char err[EDIT_ERR_MAX];

    if (n < 0)
        ctl_session_fail(s, "services are at most %d names made of a-z, 0-9 and -",
                         RIGHTS_SERVICES_MAX);
    else if (!is_grantee(s, req, a))
        return; /* answered */
    else if (peerid_eq(&a->peer, host_peerid(d->host)))
        ctl_session_fail(s, "%s: %s, and needs no right",
                         json_string_value(json_object_get(req, "peer")), gw_strerror(GW_ESELF));
    else if (authz_allow(d->authz, &a->peer, n ? services : NULL, name, err, sizeof err) != 0)
        ctl_session_fail(s, "%s", err);
    else
        ctl_session_reply(s, describe(d, &a->peer, services));
}

void ctl_peer_allow(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    ctl_lookup(d, s, req, "peer", found_allow);
}

static void found_deny(const struct ctl_deps *d, struct ctl_session *s, json_t *req,
                       const struct name_answer *a)
{
    char id[PEERID_STR_MAX], text[EDIT_ERR_MAX];

    if (!is_grantee(s, req, a))
        return; /* answered */
    int err = authz_deny(d->authz, &a->peer, text, sizeof text);
    peerid_print(&a->peer, id);
    if (err == GW_ENOTFOUND)
        ctl_session_fail(s, "%s is not in authorized_keys", id);
    else if (err)
        ctl_session_fail(s, "%s", text);
    else
        ctl_session_reply(s, json_pack("{s:s}", "peer", id));
}

void ctl_peer_deny(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    ctl_lookup(d, s, req, "peer", found_deny);
}
