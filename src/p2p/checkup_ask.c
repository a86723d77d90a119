/* checkup_ask.c - asking a peer how it finds itself connected; see checkup.h. */
#include <stdlib.h>

#include "base/err.h"
#include "p2p/checkup.h"
#include "p2p/msgask.h"

struct checkup_ask {
    struct msgask *ask;
    checkup_told_fn *done;
    void *arg;
    struct checkup_state theirs;
};

static void copy_text(struct bytes from, char out[CHECKUP_TEXT_MAX])
{
    size_t n = from.n < CHECKUP_TEXT_MAX ? from.n : CHECKUP_TEXT_MAX - 1;

    if (n)
        memcpy(out, from.p, n);
    out[n] = '\0';
}

static void take_addrs(const struct pb_list *from, struct checkup_addrs *to)
{
    for (size_t i = 0; i < from->n; i++)
        if (multiaddr_from_bytes(from->v[i], &to->v[to->n]) == 0)
            to->n++;
}

static void take(const struct checkup_msg *m, struct checkup_state *out)
{
    copy_text(m->version, out->version);
    out->net = m->net;
    take_addrs(&m->announced, &out->announced);
    take_addrs(&m->candidates, &out->candidates);
    take_addrs(&m->mapped, &out->mapped);
    for (size_t i = 0; i < m->nrelays; i++) {
        struct checkup_relay *r = &out->relays[out->nrelays];
        r->slot = m->relays[i].slot;
        r->rtt_us = m->relays[i].rtt_us;
        if (peerid_from_bytes(m->relays[i].id, &r->id) == 0)
            out->nrelays++;
    }
    out->punch.state = m->punch.state;
    out->punch.tries = m->punch.tries;
    copy_text(m->punch.error, out->punch.error);
}

static void on_answer(void *arg, int err, struct bytes msg)
{
    struct checkup_ask *q = arg;
    struct checkup_msg m;

    if (!err && checkup_msg_decode(msg, &m) <= 0)
        err = GW_EPROTO;
    if (!err)
        take(&m, &q->theirs);
    q->done(q->arg, err, err ? NULL : &q->theirs);
    free(q);
}

struct checkup_ask *checkup_ask(struct host *h, const struct peerid *peer, uint64_t timeout_ms,
                                checkup_told_fn *done, void *arg)
{
    const struct msgask_req req = { .peer = *peer,
                                    .protocol = CHECKUP_PROTOCOL,
                                    .max = CHECKUP_MSG_BODY_MAX,
                                    .timeout_ms = timeout_ms };
    struct checkup_ask *q = calloc(1, sizeof *q);

    if (!q)
        return NULL;
    q->done = done;
    q->arg = arg;
    q->ask = msgask_start(h, &req, on_answer, q);
    if (q->ask)
        return q;
    free(q);
    return NULL;
}

void checkup_ask_cancel(struct checkup_ask *q)
{
    if (!q)
        return;
    msgask_cancel(q->ask);
    free(q);
}
