/* ctl_nc.c - opens through the front, answers, and gives the front the client's stream. */
#include "ctl/ctl_nc.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

struct nc {
    struct ctl_session *session;
    struct front_open *open;
    json_t *req; /* counted: for the error's text */
};

static void release(struct nc *n)
{
    json_decref(n->req);
    free(n);
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
    } else {
        front_join(n->open, stream, NULL, NULL);
    }
    release(n);
}

static void on_opened(void *arg, int err, const char *why)
{
    struct nc *n = arg;

    if (!err) {
        ctl_session_hand_over(n->session, on_handed, n);
        return;
    }
    ctl_session_fail(n->session, "%s %s: %s", json_string_value(json_object_get(n->req, "name")),
                     json_string_value(json_object_get(n->req, "port")),
                     *why ? why : gw_strerror(err));
    release(n);
}

static int read_target(json_t *req, struct front_target *t)
{
    const char *name = json_string_value(json_object_get(req, "name"));
    const char *port = json_string_value(json_object_get(req, "port"));
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
    struct front_open *open = n ? front_open(d->front, "nc", &t, on_opened, n) : NULL;
    if (!open) {
        free(n);
        ctl_session_fail(s, "too many connections are being opened, or out of memory");
        return;
    }
    *n = (struct nc){ .session = s, .open = open, .req = json_incref(req) };
    ctl_session_on_cancel(s, on_cancel, n);
}
