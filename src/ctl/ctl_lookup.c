/* ctl_lookup.c - one resolver request on behalf of a session. */
#include "ctl/ctl_lookup.h"

#include <stdlib.h>

#include "base/err.h"

struct lookup {
    const struct ctl_deps *deps;
    struct ctl_session *session;
    json_t *req;      /* counted */
    const char *name; /* inside req */
    ctl_found_fn *found;
    ctl_unfound_fn *unfound;      /* NULL: the request fails */
    struct resolver_req *pending; /* NULL while resolver_lookup runs */
};

static void release(struct lookup *l)
{
    json_decref(l->req);
    free(l);
}

static void on_cancel(void *arg)
{
    struct lookup *l = arg;

    resolver_cancel(l->pending);
    release(l);
}

static void fail(const struct lookup *l, int err, const char *trail)
{
    bool has_trail = trail && *trail;

    ctl_session_fail(l->session, "%s: %s%s%s%s", l->name, gw_strerror(err), has_trail ? " (" : "",
                     has_trail ? trail : "", has_trail ? ")" : "");
}

static void on_resolved(void *arg, int err, const struct name_answer *a, const char *trail)
{
    struct lookup *l = arg;

    ctl_session_on_cancel(l->session, NULL, NULL);
    if (!err)
        l->found(l->deps, l->session, l->req, a);
    else if (l->unfound)
        l->unfound(l->deps, l->session, l->req, err, trail);
    else
        fail(l, err, trail);
    release(l);
}

void ctl_lookup_either(const struct ctl_deps *d, struct ctl_session *s, json_t *req,
                       const char *key, ctl_found_fn *found, ctl_unfound_fn *unfound)
{
    const char *name = json_string_value(json_object_get(req, key));
    struct lookup *l = name ? calloc(1, sizeof *l) : NULL;

    if (!l) {
        ctl_session_fail(s, "%s", name ? gw_strerror(GW_ENOMEM) : "the request names no peer");
        return;
    }
    *l = (struct lookup){ .deps = d,
                          .session = s,
                          .req = json_incref(req),
                          .name = name,
                          .found = found,
                          .unfound = unfound };
    struct resolver_req *q = resolver_lookup(d->resolver, name, on_resolved, l);
    if (!q)
        return; /* on_resolved has run: `l` is gone */
    l->pending = q;
    ctl_session_on_cancel(s, on_cancel, l);
}

void ctl_lookup(const struct ctl_deps *d, struct ctl_session *s, json_t *req, const char *key,
                ctl_found_fn *found)
{
    ctl_lookup_either(d, s, req, key, found, NULL);
}
