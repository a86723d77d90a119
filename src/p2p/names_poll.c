/* names_poll.c - see names_poll.h. */
#include "p2p/names_poll.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"

struct asked {
    struct names_poll *poll;
    struct names_ask *ask; /* NULL: it has answered */
    struct network_relay relay;
};

struct names_poll {
    names_polled_fn *done;
    void *arg;
    char host[NETWORK_LABEL_MAX + 1], network[NETWORK_LABEL_MAX + 1];
    enum names_status status; /* NAMES_OK: nobody has answered yet */
    char said[NAMES_SAID_MAX];
    size_t waiting, n;
    struct asked asked[];
};

int names_claim_open(struct bytes claim, struct bytes host, struct bytes network, uint64_t now_s,
                     struct name_record *out)
{
    char name[2 * NETWORK_LABEL_MAX + 2];
    int err = name_record_open(claim, now_s, out);

    if (err)
        return err;
    snprintf(name, sizeof name, "%.*s.%.*s", (int)host.n, (const char *)host.p, (int)network.n,
             (const char *)network.p);
    return strcmp(name, out->name) == 0 && peerid_eq(&out->peer, &out->owner) ? 0 : GW_EPROTO;
}

void names_poll_cancel(struct names_poll *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++)
        names_ask_cancel(p->asked[i].ask);
    free(p);
}

static void finish(struct names_poll *p, const struct names_polled *result)
{
    p->done(p->arg, result);
    names_poll_cancel(p);
}

/* Of what two relays say the one that tells more. */
static enum names_status more_telling(enum names_status a, enum names_status b)
{
    static const unsigned worth[NAMES_STATUSES] = {
        [NAMES_UNKNOWN] = 7,     [NAMES_DENIED] = 6,     [NAMES_LOOP] = 5,      [NAMES_BUSY] = 4,
        [NAMES_UNREACHABLE] = 3, [NAMES_NO_NETWORK] = 2, [NAMES_MALFORMED] = 1, [NAMES_TAKEN] = 1,
    };
    return worth[b] > worth[a] ? b : a;
}

static void note(struct names_poll *p, const struct asked *of, const char *what, struct bytes why)
{
    size_t n = strlen(p->said);

    snprintf(p->said + n, sizeof p->said - n, "%srelay %s: %s%s%s%s", n ? "; " : "",
             peerid_short(&of->relay.peer), what, why.n ? " (" : "", why.n ? log_esc(why) : "",
             why.n ? ")" : "");
}

/* True: this is it, and the poll is over. */
static bool take(struct names_poll *p, const struct asked *of, const struct names_answer *a)
{
    struct name_record r;
    int err = a->nentries ? names_claim_open(a->entries[0].claim, bytes_of(p->host),
                                             bytes_of(p->network), (uint64_t)clock_wall_s(), &r)
                          : GW_EPROTO;

    if (err) {
        p->status = more_telling(p->status, NAMES_UNREACHABLE);
        note(p, of, "not a claim that holds", bytes_of(gw_strerror(err)));
        return false;
    }
    const struct names_polled result = { &of->relay, a, &r, NAMES_OK, p->said };
    finish(p, &result);
    return true;
}

static void on_answer(void *arg, int err, const struct names_answer *a)
{
    struct asked *of = arg;
    struct names_poll *p = of->poll;

    of->ask = NULL;
    p->waiting--;
    if (err) {
        p->status = more_telling(p->status, NAMES_UNREACHABLE);
        note(p, of, "no answer", bytes_of(gw_strerror(err)));
    } else if (a->status != NAMES_OK) {
        p->status = more_telling(p->status, a->status);
        note(p, of, names_status_text(a->status), a->why);
    } else if (take(p, of, a)) {
        return;
    }
    if (!p->waiting)
        finish(p, &(struct names_polled){ .status = p->status, .said = p->said });
}

static bool ask_all(struct names_poll *p, struct host *h, const struct names_poll_req *req,
                    size_t n)
{
    struct names_question q = { .network = req->network, .host = req->host };

    if (req->via)
        q.via = *req->via;
    for (; p->n < n; p->n++) {
        struct asked *a = &p->asked[p->n];
        *a = (struct asked){ .poll = p, .relay = *req->relays[p->n] };
        const struct names_ask_req ask = { .relay = a->relay.peer,
                                           .addrs = a->relay.addrs,
                                           .naddrs = a->relay.naddrs,
                                           .question = &q,
                                           .timeout_ms = req->timeout_ms };
        if (!(a->ask = names_ask_start(h, &ask, on_answer, a)))
            return false;
        p->waiting++;
    }
    return true;
}

struct names_poll *names_poll_start(struct host *h, const struct names_poll_req *req,
                                    names_polled_fn *done, void *arg)
{
    size_t n = req->nrelays < NAMES_POLL_MAX ? req->nrelays : NAMES_POLL_MAX;

    if (!n || req->host.n > NETWORK_LABEL_MAX || req->network.n > NETWORK_LABEL_MAX)
        return NULL;
    struct names_poll *p = calloc(1, sizeof *p + n * sizeof *p->asked);
    if (!p)
        return NULL;
    p->done = done;
    p->arg = arg;
    memcpy(p->host, req->host.p, req->host.n);
    memcpy(p->network, req->network.p, req->network.n);
    if (ask_all(p, h, req, n))
        return p;
    names_poll_cancel(p);
    return NULL;
}
