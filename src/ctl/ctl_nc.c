/* ctl_nc.c - opens through the front, answers, and gives the front the client's stream. */
#include "ctl/ctl_nc.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/err.h"

struct nc {
    struct nc *prev, *next;      /* utlist DL, from the join on */
    struct ctl_session *session; /* gone from the join on */
    struct front_open *open;     /* likewise */
    struct ctl_ncs *all;
    json_t *req; /* counted: for the error's text */
    int err;     /* why it broke */
};

struct ctl_ncs {
    struct nc *joined, *broken; /* the oldest first */
    size_t nbroken;
};

static void release(struct nc *n)
{
    json_decref(n->req);
    free(n);
}

static void forget_broken(struct ctl_ncs *all, struct nc *n)
{
    DL_DELETE(all->broken, n);
    all->nbroken--;
    release(n);
}

static const char *text_of(const json_t *req, const char *key)
{
    return json_string_value(json_object_get(req, key));
}

static void fail(struct ctl_session *s, const struct nc *n, const char *why)
{
    ctl_session_fail(s, "%s %s: %s", text_of(n->req, "name"), text_of(n->req, "port"), why);
}

/* A client that has gone away, or reads no more, knows that itself. */
static void on_done(void *arg, int err, const struct bridge_stats *st)
{
    struct nc *n = arg;
    struct ctl_ncs *all = n->all;

    DL_DELETE(all->joined, n);
    if (!err || st->a_failed) {
        release(n);
        return;
    }
    n->err = err;
    DL_APPEND(all->broken, n);
    if (++all->nbroken > CTL_NC_BROKEN_MAX)
        forget_broken(all, all->broken);
}

static void on_cancel(void *arg)
{
    struct nc *n = arg;

    front_cancel(n->open, GW_ECANCELED);
    release(n);
}

/* What the client sent behind its request goes ahead of what its stream still holds. */
static void on_handed(void *arg, struct stream *stream, struct bytes early)
{
    struct nc *n = arg;
    int err = front_send(n->open, early, false);

    if (err) {
        stream_drop(stream, err);
        front_cancel(n->open, err);
        release(n);
    } else if (text_of(n->req, "ticket")) {
        DL_APPEND(n->all->joined, n);
        front_join(n->open, stream, on_done, n);
    } else {
        front_join(n->open, stream, NULL, NULL);
        release(n);
    }
}

static void on_opened(void *arg, int err, const char *why)
{
    struct nc *n = arg;

    if (!err) {
        ctl_session_hand_over(n->session, on_handed, n);
        return;
    }
    fail(n->session, n, *why ? why : gw_strerror(err));
    release(n);
}

static int read_target(json_t *req, struct front_target *t)
{
    const char *name = text_of(req, "name"), *port = text_of(req, "port");
    char text[FRONT_TARGET_STR_MAX];

    if (!name || !port)
        return GW_ESYNTAX;
    int n = snprintf(text, sizeof text, "%s:%s", name, port);
    return n >= 0 && (size_t)n < sizeof text ? front_target_parse(text, t) : GW_ESYNTAX;
}

void ctl_nc_run(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    struct front_target t;
    int err = read_target(req, &t);

    if (err) {
        ctl_session_fail(s, "nc needs a name, and a port or the name of a service: %s",
                         gw_strerror(err));
        return;
    }
    struct nc *n = calloc(1, sizeof *n);
    err = n ? front_open(d->front, "nc", &t, on_opened, n, &n->open) : GW_ENOMEM;
    if (err) {
        free(n);
        ctl_session_fail(
            s, "%s", err == GW_ELIMIT ? "too many connections are being opened" : gw_strerror(err));
        return;
    }
    n->session = s;
    n->all = d->ncs;
    n->req = json_incref(req);
    ctl_session_on_cancel(s, on_cancel, n);
}

void ctl_nc_end(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    const char *ticket = text_of(req, "ticket");
    struct nc *n = d->ncs->broken;

    while (n && ticket && strcmp(text_of(n->req, "ticket"), ticket) != 0)
        n = n->next;
    if (!ticket) {
        ctl_session_fail(s, "nc-end needs the ticket of an nc");
    } else if (n) {
        fail(s, n, gw_strerror(n->err));
        forget_broken(d->ncs, n);
    } else {
        ctl_session_reply(s, json_object());
    }
}

struct ctl_ncs *ctl_ncs_new(void)
{
    return calloc(1, sizeof(struct ctl_ncs));
}

void ctl_ncs_free(struct ctl_ncs *all)
{
    struct nc *n, *tmp;

    if (!all)
        return;
    DL_FOREACH_SAFE (all->joined, n, tmp)
        release(n);
    DL_FOREACH_SAFE (all->broken, n, tmp)
        release(n);
    free(all);
}
