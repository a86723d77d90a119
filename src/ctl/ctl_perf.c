/* ctl_perf.c - see ctl_perf.h. */
#include "ctl/ctl_perf.h"

#include <stdlib.h>

#include "base/err.h"
#include "ctl/ctl_connect.h"
#include "ctl/ctl_lookup.h"
#include "p2p/perf.h"

struct measuring {
    struct ctl_session *session;
    struct perf *perf;
    json_t *req; /* counted */
};

static void release(struct measuring *m)
{
    json_decref(m->req);
    free(m);
}

static void on_cancel(void *arg)
{
    struct measuring *m = arg;

    perf_cancel(m->perf);
    release(m);
}

/* One bit in one microsecond is one Mbit/s. */
static double mbit(uint64_t octets, uint64_t us)
{
    return us ? (double)octets * 8 / (double)us : 0;
}

static void on_done(void *arg, int err, const struct perf_result *r)
{
    struct measuring *m = arg;

    if (err == GW_ENOPROTO)
        ctl_session_fail(m->session, "%s: %s; a gw does when its gw.conf has perf = yes in [node]",
                         json_string_value(json_object_get(m->req, "name")), gw_strerror(err));
    else if (err)
        ctl_connect_fail(m->session, m->req, err);
    else
        ctl_session_reply(m->session,
                          json_pack("{s:I, s:I, s:f, s:f}", "up_bytes", (json_int_t)r->up,
                                    "down_bytes", (json_int_t)r->down, "up_mbit",
                                    mbit(r->up, r->us_up), "down_mbit", mbit(r->down, r->us_down)));
    release(m);
}

static uint64_t octets(const json_t *req, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(req, key));
}

static void on_connected(struct ctl_session *s, json_t *req, struct conn *c)
{
    struct measuring *m = malloc(sizeof *m);

    if (!m) {
        ctl_connect_fail(s, req, GW_ENOMEM);
        return;
    }
    *m = (struct measuring){ .session = s, .req = json_incref(req) };
    m->perf = perf_start(c, octets(req, "up"), octets(req, "down"), on_done, m);
    if (m->perf) {
        ctl_session_on_cancel(s, on_cancel, m);
        return;
    }
    ctl_connect_fail(s, req, GW_ELIMIT);
    release(m);
}

static void found(const struct ctl_deps *d, struct ctl_session *s, json_t *req,
                  const struct name_answer *a)
{
    ctl_connect(d, s, req, a, on_connected);
}

static bool is_size(const json_t *v)
{
    return json_is_integer(v) && json_integer_value(v) >= 0 &&
           json_integer_value(v) <= CTL_PERF_MAX;
}

void ctl_perf_run(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    if (is_size(json_object_get(req, "up")) && is_size(json_object_get(req, "down")))
        ctl_lookup(d, s, req, "name", found);
    else
        ctl_session_fail(s, "up and down are numbers of octets from 0 to 64G");
}
