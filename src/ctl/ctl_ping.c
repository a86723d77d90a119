/* ctl_ping.c - a round of pings on a connection, each answer reported as it comes. */
#include "ctl/ctl_ping.h"

#include <stdlib.h>

#include "base/err.h"
#include "ctl/ctl_connect.h"
#include "ctl/ctl_lookup.h"
#include "p2p/ping.h"

#define COUNT_DEFAULT 4
#define INTERVAL_MS   1000
#define ANSWER_MS     10000

struct pinging {
    struct ctl_session *session;
    struct ping *ping;
    json_t *req; /* counted */
    char peer[PEERID_STR_MAX];
    uint32_t count, received;
    uint64_t min_us, max_us, sum_us;
};

static void release(struct pinging *p)
{
    json_decref(p->req);
    free(p);
}

static void on_cancel(void *arg)
{
    struct pinging *p = arg;

    ping_cancel(p->ping);
    release(p);
}

static void fail(struct pinging *p, int err)
{
    ctl_connect_fail(p->session, p->req, err);
    release(p);
}

static void finish(struct pinging *p, uint32_t sent)
{
    ctl_session_reply(
        p->session,
        json_pack("{s:s, s:I, s:I, s:f, s:f, s:f}", "peer", p->peer, "sent", (json_int_t)sent,
                  "received", (json_int_t)p->received, "min_ms", (double)p->min_us / 1000, "avg_ms",
                  (double)p->sum_us / p->received / 1000, "max_ms", (double)p->max_us / 1000));
    release(p);
}

static void on_answer(void *arg, int err, uint64_t rtt_us)
{
    struct pinging *p = arg;
    json_int_t seq = (json_int_t)p->received + 1;

    if (err && !p->received) {
        fail(p, err);
        return;
    }
    if (err) {
        ctl_session_more(p->session, json_pack("{s:s, s:I, s:s}", "peer", p->peer, "seq", seq,
                                               "error", gw_strerror(err)));
        finish(p, p->received + 1);
        return;
    }
    p->received++;
    p->sum_us += rtt_us;
    p->min_us = p->received == 1 || rtt_us < p->min_us ? rtt_us : p->min_us;
    p->max_us = rtt_us > p->max_us ? rtt_us : p->max_us;
    ctl_session_more(p->session, json_pack("{s:s, s:I, s:f}", "peer", p->peer, "seq", seq, "rtt_ms",
                                           (double)rtt_us / 1000));
    if (p->received == p->count)
        finish(p, p->count);
}

static void on_connected(struct ctl_session *s, json_t *req, struct conn *c)
{
    json_int_t count = json_integer_value(json_object_get(req, "count"));
    struct pinging *p = calloc(1, sizeof *p);

    if (!p) {
        ctl_connect_fail(s, req, GW_ENOMEM);
        return;
    }
    p->session = s;
    p->req = json_incref(req);
    p->count = count ? (uint32_t)count : COUNT_DEFAULT;
    peerid_print(conn_peer(c), p->peer);
    const struct ping_round round = { .count = p->count,
                                      .interval_ms = INTERVAL_MS,
                                      .timeout_ms = ANSWER_MS };
    p->ping = ping_start(c, &round, on_answer, p);
    if (p->ping)
        ctl_session_on_cancel(s, on_cancel, p);
    else
        fail(p, GW_ELIMIT);
}

static void found(const struct ctl_deps *d, struct ctl_session *s, json_t *req,
                  const struct name_answer *a)
{
    ctl_connect(d, s, req, a, on_connected);
}

void ctl_ping_run(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    const json_t *count = json_object_get(req, "count");

    if (count && (json_integer_value(count) < 1 || json_integer_value(count) > CTL_PING_MAX))
        ctl_session_fail(s, "count is a number from 1 to %d", CTL_PING_MAX);
    else
        ctl_lookup(d, s, req, "name", found);
}
