/* autonat_backs.c - see autonat_backs.h. */
#include "p2p/autonat_backs.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/err.h"
#include "net/parting.h"
#include "p2p/autonat_wire.h"
#include "p2p/msgread.h"

struct back {
    struct autonat_backs *k;
    struct conn *conn;
    struct msgread *reader;
    struct back *prev, *next;
};

struct autonat_backs {
    struct host *host;
    struct back *list;
    size_t n;
    autonat_nonce_fn *on_nonce;
    void *arg;
};

static void release(struct back *b)
{
    DL_DELETE(b->k->list, b);
    b->k->n--;
    free(b);
}

static void judge(const struct back *b, struct stream *s, struct bytes msg)
{
    uint8_t out[AUTONAT2_MSG_BACK_WIRE_MAX];
    int n = autonat2_msg_encode_back_response(out, sizeof out);
    uint64_t nonce;

    if (n <= 0 || autonat2_msg_decode_back(msg, &nonce) <= 0 ||
        !b->k->on_nonce(b->k->arg, b->conn, nonce)) {
        stream_drop(s, GW_EPROTO);
        return;
    }
    parting_start(host_loop(b->k->host), s, (struct bytes){ out, (size_t)n }, PARTING_MS,
                  GW_ETIMEOUT, NULL);
}

static void on_message(void *arg, int err, struct stream *s, struct bytes msg, struct bytes rest)
{
    struct back *b = arg;

    if (!err) {
        s->ops->credit(s, rest.n);
        judge(b, s, msg);
    }
    release(b);
}

static void on_stream(void *arg, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    static const struct msgread_limits limits = { AUTONAT2_MSG_BACK_BODY_MAX, AUTONAT_BACK_MS };
    struct autonat_backs *k = arg;
    struct back *b = k->n < AUTONAT_BACKS_MAX ? calloc(1, sizeof *b) : NULL;
    (void)protocol;

    if (!b) {
        stream_drop(s, GW_ELIMIT);
        return;
    }
    b->k = k;
    b->conn = c;
    DL_APPEND(k->list, b);
    k->n++;
    msgread_start(host_loop(k->host), s, early, &limits, &b->reader, on_message, b);
}

struct autonat_backs *autonat_backs_new(struct host *h, autonat_nonce_fn *on_nonce, void *arg)
{
    struct autonat_backs *k = calloc(1, sizeof *k);
    if (!k)
        return NULL;
    k->host = h;
    k->on_nonce = on_nonce;
    k->arg = arg;
    if (host_handle(h, AUTONAT2_DIALBACK_PROTOCOL, NULL, on_stream, k) == 0)
        return k;
    free(k);
    return NULL;
}

void autonat_backs_free(struct autonat_backs *k)
{
    if (!k)
        return;
    while (k->list) {
        msgread_cancel(k->list->reader, GW_ECANCELED);
        release(k->list);
    }
    free(k);
}
