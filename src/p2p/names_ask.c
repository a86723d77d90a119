/* names_ask.c - see names_ask.h. */
#include "p2p/names_ask.h"

#include <stdlib.h>

#include "base/err.h"
#include "p2p/msgask.h"

struct names_ask {
    struct msgask *ask;
    names_asked_fn *done;
    void *arg;
};

static void on_answer(void *arg, int err, struct bytes msg)
{
    struct names_ask *q = arg;
    struct names_answer answer;

    if (!err && names_answer_decode(msg, &answer) <= 0)
        err = GW_EPROTO;
    q->done(q->arg, err, err ? NULL : &answer);
    free(q);
}

struct names_ask *names_ask_start(struct host *h, const struct names_ask_req *req,
                                  names_asked_fn *done, void *arg)
{
    uint8_t wire[NAMES_QUESTION_MAX];
    int n = names_question_encode(wire, sizeof wire, req->question);
    const struct msgask_req ask = { .peer = req->relay,
                                    .addrs = req->addrs,
                                    .naddrs = req->naddrs,
                                    .protocol = NAMES_PROTOCOL,
                                    .question = { wire, n > 0 ? (size_t)n : 0 },
                                    .max = NAMES_MSG_MAX,
                                    .timeout_ms = req->timeout_ms };
    struct names_ask *q = n > 0 ? calloc(1, sizeof *q) : NULL;

    if (!q)
        return NULL;
    q->done = done;
    q->arg = arg;
    q->ask = msgask_start(h, &ask, on_answer, q);
    if (q->ask)
        return q;
    free(q);
    return NULL;
}

void names_ask_cancel(struct names_ask *q)
{
    if (!q)
        return;
    msgask_cancel(q->ask);
    free(q);
}
