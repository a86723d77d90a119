/* hop.c - see hop.h. */
#include "p2p/hop.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "p2p/msgread.h"

struct hop {
    struct host *host;
    struct peerid relay;
    struct host_open *open; /* until there is a stream */
    struct msgread *reader; /* until the answer has come */
    struct conn *conn;      /* alive as long as its stream is read */
    struct relay_scores *scores;
    bool is_reserve;
    uint64_t asked_ns; /* when the question left; 0: a connection had to be made first */
    hop_done_fn *done;
    void *arg;
};

static int err_of(enum circuit_status status)
{
    switch (status) {
    case CIRCUIT_OK:
        return 0;
    case CIRCUIT_RESERVATION_REFUSED:
        return GW_EREFUSED;
    case CIRCUIT_RESOURCE_LIMIT_EXCEEDED:
        return GW_ELIMIT;
    case CIRCUIT_PERMISSION_DENIED:
        return GW_EDENIED;
    case CIRCUIT_CONNECTION_FAILED:
        return GW_EUNREACH;
    case CIRCUIT_NO_RESERVATION:
        return GW_EOFFLINE;
    default:
        return GW_EPROTO;
    }
}

static void note(const struct hop *q, enum relay_sign sign, uint64_t us)
{
    relay_scores_note(q->scores, &q->relay, sign, us, clock_mono_ms());
}

static void note_answer(const struct hop *q, int err, const struct hop_answer *a)
{
    struct muxed_info info;

    conn_info(a->conn, &info);
    if (info.rtt_us)
        note(q, RELAY_RTT, info.rtt_us);
    if (err == GW_ELIMIT || err == GW_EREFUSED)
        note(q, RELAY_REFUSED, 0);
    if (err)
        return;
    note(q, RELAY_ACCEPTED, 0);
    if (q->is_reserve && q->asked_ns && info.rtt_us) {
        uint64_t took_us = (clock_mono_ns() - q->asked_ns) / 1000;
        note(q, RELAY_WORK, took_us > info.rtt_us ? took_us - info.rtt_us : 0);
    }
}

/* Only what lies with the relay, or with the way to it. */
static void note_silence(const struct hop *q, int err)
{
    switch (err) {
    case GW_EOFFLINE:
    case GW_ETIMEOUT:
    case GW_EUNREACH:
    case GW_EREFUSED:
    case GW_EDENIED:
    case GW_EIDENTITY:
    case GW_ENOPROTO:
        note(q, RELAY_UNREACHED, 0);
        break;
    default:
        break;
    }
}

static void finish(struct hop *q, int err, const struct hop_answer *a)
{
    if (a)
        note_answer(q, err, a);
    else
        note_silence(q, err);
    if (err)
        log_debug("hop relay=%s status=%s: %s", peerid_short(&q->relay),
                  a ? circuit_status_name(a->msg->status) : "none", gw_strerror(err));
    q->done(q->arg, err, a);
    free(q);
}

static void on_answer(void *arg, int err, struct stream *s, struct bytes msg, struct bytes rest)
{
    struct hop *q = arg;
    struct circuit_msg m;

    if (!err && (circuit_msg_decode_hop(msg, &m) < 0 || m.type != CIRCUIT_STATUS)) {
        stream_drop(s, GW_EPROTO);
        err = GW_EPROTO;
    }
    if (err) {
        finish(q, err, NULL);
        return;
    }
    struct hop_answer a = { .conn = q->conn, .msg = &m, .s = s, .rest = rest };
    err = err_of(m.status);
    if (err) {
        stream_drop(s, GW_ECANCELED);
        a.s = NULL;
    }
    finish(q, err, &a);
}

static void on_opened(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    struct hop *q = arg;
    (void)protocol;

    if (host_open_tried(q->open))
        q->asked_ns = 0;
    q->open = NULL;
    if (err) {
        finish(q, err, NULL);
        return;
    }
    const struct msgread_limits limits = { CIRCUIT_MSG_BODY_MAX,
                                           host_upgrade(q->host)->timeout_ms };
    q->conn = c;
    msgread_start(host_loop(q->host), s, early, &limits, &q->reader, on_answer, q);
}

struct hop *hop_ask(struct host *h, const struct hop_req *req, hop_done_fn *done, void *arg)
{
    uint8_t wire[CIRCUIT_MSG_WIRE_MAX];
    int n = circuit_msg_encode_hop(wire, sizeof wire, req->question);
    const struct host_proposal p = { .protocol = CIRCUIT_HOP_PROTOCOL,
                                     .first = { wire, (size_t)n } };
    const struct host_open_req open = { .peer = req->relay,
                                        .addrs = req->addrs,
                                        .naddrs = req->naddrs,
                                        .path = req->path,
                                        .proposals = &p,
                                        .nproposals = 1 };
    struct hop *q = calloc(1, sizeof *q);

    assert(n > 0); /* our own questions are short */
    if (!q)
        return NULL;
    q->host = h;
    q->relay = req->relay;
    q->scores = req->scores;
    q->is_reserve = req->question->type == CIRCUIT_RESERVE;
    q->asked_ns = clock_mono_ns();
    q->done = done;
    q->arg = arg;
    q->open = host_open(h, &open, on_opened, q);
    if (q->open)
        return q;
    free(q);
    return NULL;
}

void hop_cancel(struct hop *q)
{
    if (!q)
        return;
    host_open_cancel(q->open);
    msgread_cancel(q->reader, GW_ECANCELED);
    free(q);
}
