/* ctl_connect.c - see ctl_connect.h. */
#include "ctl/ctl_connect.h"

#include <stdlib.h>

#include "base/err.h"

struct connecting {
    const struct ctl_deps *deps;
    struct ctl_session *session;
    struct peerid peer;
    struct host_connect *connect;
    json_t *req; /* counted */
    ctl_connected_fn *connected;
};

static void release(struct connecting *k)
{
    json_decref(k->req);
    free(k);
}

static void on_cancel(void *arg)
{
    struct connecting *k = arg;

    host_connect_cancel(k->connect);
    release(k);
}

static void on_connected(void *arg, int err, struct conn *c)
{
    struct connecting *k = arg;

    ctl_session_on_cancel(k->session, NULL, NULL);
    if (!err) {
        k->connected(k->session, k->req, c);
    } else {
        if (!host_conn(k->deps->host, &k->peer)) /* where it was said to be it is not */
            resolver_forget(k->deps->resolver, &k->peer);
        ctl_connect_fail(k->session, k->req, err);
    }
    release(k);
}

static int dial(struct connecting *k, const struct name_answer *a)
{
    const struct host_connect_req req = { .peer = a->peer, .addrs = a->addrs, .naddrs = a->naddrs };

    k->connect = host_connect(k->deps->host, &req, on_connected, k);
    return k->connect ? 0 : GW_ENOMEM;
}

void ctl_connect(const struct ctl_deps *d, struct ctl_session *s, json_t *req,
                 const struct name_answer *a, ctl_connected_fn *connected)
{
    struct conn *c = host_conn(d->host, &a->peer);

    if (c) {
        connected(s, req, c);
        return;
    }
    struct connecting *k = calloc(1, sizeof *k);
    if (k)
        *k = (struct connecting){
            .deps = d, .session = s, .peer = a->peer, .req = req, .connected = connected
        };
    int err = k ? dial(k, a) : GW_ENOMEM;
    if (err) {
        free(k);
        ctl_connect_fail(s, req, err);
        return;
    }
    json_incref(req);
    ctl_session_on_cancel(s, on_cancel, k);
}

void ctl_connect_fail(struct ctl_session *s, const json_t *req, int err)
{
    ctl_session_fail(s, "%s: %s", json_string_value(json_object_get(req, "name")),
                     gw_strerror(err));
}
