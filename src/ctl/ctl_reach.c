/* ctl_reach.c - see ctl_reach.h. */
#include "ctl/ctl_reach.h"

#include <stdlib.h>

#include "base/err.h"

struct reach {
    const struct ctl_deps *deps;
    struct ctl_session *session;
    struct peerid peer;
    struct host_open *open;
    json_t *req; /* counted */
    ctl_reached_fn *reached;
};

static void release(struct reach *r)
{
    json_decref(r->req);
    free(r);
}

static void on_cancel(void *arg)
{
    struct reach *r = arg;

    host_open_cancel(r->open);
    release(r);
}

/* The connection is what was wanted: whoever measures opens a stream of its own. */
static void on_opened(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    struct reach *r = arg;

    (void)protocol;
    (void)early;
    ctl_session_on_cancel(r->session, NULL, NULL);
    if (err) {
        if (!host_conn(r->deps->host, &r->peer)) /* where it was said to be it is not */
            resolver_forget(r->deps->resolver, &r->peer);
        ctl_reach_fail(r->session, r->req, err);
    } else {
        stream_drop(s, GW_ECANCELED);
        r->reached(r->session, r->req, c);
    }
    release(r);
}

static void dial(struct reach *r, struct host *h, const struct name_answer *a, const char *protocol)
{
    const struct host_proposal proposal = { .protocol = protocol };
    const struct host_open_req req = { .peer = a->peer,
                                       .addrs = a->addrs,
                                       .naddrs = a->naddrs,
                                       .proposals = &proposal,
                                       .nproposals = 1 };

    r->open = host_open(h, &req, on_opened, r);
    if (r->open) {
        ctl_session_on_cancel(r->session, on_cancel, r);
        return;
    }
    ctl_reach_fail(r->session, r->req, GW_ENOMEM);
    release(r);
}

void ctl_reach(const struct ctl_deps *d, struct ctl_session *s, json_t *req,
               const struct name_answer *a, const char *protocol, ctl_reached_fn *reached)
{
    struct conn *c = host_conn(d->host, &a->peer);
    struct reach *r = c ? NULL : calloc(1, sizeof *r);

    if (c) {
        reached(s, req, c);
    } else if (!r) {
        ctl_reach_fail(s, req, GW_ENOMEM);
    } else {
        *r = (struct reach){
            .deps = d, .session = s, .peer = a->peer, .req = json_incref(req), .reached = reached
        };
        dial(r, d->host, a, protocol);
    }
}

void ctl_reach_fail(struct ctl_session *s, const json_t *req, int err)
{
    ctl_session_fail(s, "%s: %s", json_string_value(json_object_get(req, "name")),
                     gw_strerror(err));
}
