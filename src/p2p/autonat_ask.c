/* autonat_ask.c - see autonat_ask.h. */
#include "p2p/autonat_ask.h"

#include <string.h>

#include "base/err.h"

void autonat_ask_init(struct autonat_ask *a, const struct autonat_ask_of *of)
{
    *a = (struct autonat_ask){
        .is_v2 = of->is_v2, .nonce = of->nonce, .due_ms = UINT64_MAX, .vote = { .from = of->from }
    };
    a->naddrs = of->naddrs < AUTONAT_ASK_ADDRS ? of->naddrs : AUTONAT_ASK_ADDRS;
    memcpy(a->addrs, of->addrs, a->naddrs * sizeof *of->addrs);
}

int autonat_ask_request(const struct autonat_ask *a, const struct peerid *self, uint8_t *out,
                        size_t cap)
{
    struct pb_list addrs = { 0 };

    for (size_t i = 0; i < a->naddrs; i++)
        pb_list_add(&addrs, (struct bytes){ a->addrs[i].b, a->addrs[i].n });
    if (a->is_v2) {
        struct autonat2_msg m = { .kind = AUTONAT2_DIAL_REQUEST };
        m.request.addrs = addrs;
        m.request.nonce = a->nonce;
        return autonat2_msg_encode(out, cap, &m);
    }
    struct autonat_msg m = { .type = AUTONAT_DIAL, .peer.id = { self->mh, self->n } };
    m.peer.addrs = addrs;
    return autonat_msg_encode(out, cap, &m);
}

void autonat_ask_opened(struct autonat_ask *a, uint64_t now_ms)
{
    a->state = AUTONAT_ASK_WAITING;
    a->due_ms = now_ms + AUTONAT_ASK_MS;
}

/* ---- outcomes ---- */

static void end(struct autonat_ask *a, int err)
{
    a->state = AUTONAT_ASK_OVER;
    a->due_ms = UINT64_MAX;
    a->err = err;
}

static void vote(struct autonat_ask *a, enum autonat_answer answer, const struct multiaddr *address,
                 uint64_t now_ms)
{
    if (address)
        a->vote.address = *address;
    a->vote.answer = answer;
    a->vote.at_ms = now_ms;
    end(a, 0);
}

/* The peer says that it reached this address of ours: did anybody come by it? */
static void confirm(struct autonat_ask *a, const struct multiaddr *address, uint64_t now_ms)
{
    if (!a->arrival.has_come || a->arrival.is_tcp != multiaddr_is_tcp(address))
        end(a, GW_EPROTO);
    else
        vote(a, a->arrival.is_solicited ? AUTONAT_REACHED_SOLICITED : AUTONAT_REACHED, address,
             now_ms);
}

void autonat_ask_arrived(struct autonat_ask *a, bool is_tcp, bool is_solicited, uint64_t now_ms)
{
    if (a->state == AUTONAT_ASK_OVER || a->arrival.has_come)
        return;
    a->arrival.has_come = true;
    a->arrival.is_tcp = is_tcp;
    a->arrival.is_solicited = is_solicited;
    if (a->state == AUTONAT_ASK_LISTENING)
        confirm(a, &a->addrs[a->reached], now_ms);
}

void autonat_ask_failed(struct autonat_ask *a, int err)
{
    if (a->state < AUTONAT_ASK_LISTENING)
        end(a, err);
}

void autonat_ask_tick(struct autonat_ask *a, uint64_t now_ms)
{
    if (now_ms >= a->due_ms)
        end(a, GW_ETIMEOUT);
}

uint64_t autonat_ask_due(const struct autonat_ask *a)
{
    return a->due_ms;
}

/* ---- answers ---- */

static bool find_addr(const struct autonat_ask *a, struct bytes v, size_t *at)
{
    struct multiaddr told;

    if (multiaddr_from_bytes(v, &told))
        return false;
    multiaddr_strip_peer(&told);
    for (*at = 0; *at < a->naddrs; ++*at)
        if (multiaddr_eq(&told, &a->addrs[*at]))
            return true;
    return false;
}

static void on_v1_answer(struct autonat_ask *a, const struct autonat_msg *m, uint64_t now_ms)
{
    if (m->type == AUTONAT_DIAL_RESPONSE && m->status == AUTONAT_DIAL_ERROR) {
        vote(a, AUTONAT_FAILED, NULL, now_ms);
    } else if (m->type != AUTONAT_DIAL_RESPONSE || m->status != AUTONAT_OK ||
               !find_addr(a, m->addr, &a->reached)) {
        end(a, m->type == AUTONAT_DIAL_RESPONSE ? GW_EDENIED : GW_EPROTO);
    } else if (a->arrival.has_come) {
        confirm(a, &a->addrs[a->reached], now_ms);
    } else {
        a->state = AUTONAT_ASK_LISTENING;
        a->due_ms = now_ms + AUTONAT_LISTEN_MS;
    }
}

static void on_v2_answer(struct autonat_ask *a, const struct autonat2_response *m, uint64_t now_ms)
{
    if (m->status != AUTONAT2_OK)
        end(a, GW_EDENIED);
    else if (m->addr_index >= a->naddrs)
        end(a, GW_EPROTO);
    else if (m->dial_status == AUTONAT2_DIAL_ERROR && !a->arrival.has_come)
        vote(a, AUTONAT_FAILED, &a->addrs[m->addr_index], now_ms);
    else if (m->dial_status != AUTONAT2_DIAL_OK && !a->arrival.has_come)
        end(a, GW_EDENIED);
    else
        confirm(a, &a->addrs[m->addr_index], now_ms);
}

static void on_demand(struct autonat_ask *a, const struct autonat2_data_request *m)
{
    if (a->has_paid || m->addr_index >= a->naddrs || m->nbytes > AUTONAT_PAY_MAX) {
        end(a, GW_EDENIED);
        return;
    }
    a->has_paid = true;
    a->owed = (size_t)m->nbytes;
    if (a->owed)
        a->state = AUTONAT_ASK_PAYING;
}

size_t autonat_ask_pay(struct autonat_ask *a, uint8_t out[AUTONAT_ASK_PIECE_MAX])
{
    static const uint8_t zeros[AUTONAT2_MSG_DATA_MAX];
    const struct autonat2_msg m = { .kind = AUTONAT2_DATA_RESPONSE,
                                    .data = { zeros, sizeof zeros } };
    int n = 0;

    if (a->state != AUTONAT_ASK_PAYING)
        return 0;
    n = autonat2_msg_encode(out, AUTONAT_ASK_PIECE_MAX, &m);
    a->owed -= a->owed < sizeof zeros ? a->owed : sizeof zeros;
    if (n < 0)
        end(a, n);
    else if (!a->owed)
        a->state = AUTONAT_ASK_WAITING;
    return n > 0 ? (size_t)n : 0;
}

static int take_v1(struct autonat_ask *a, struct bytes in, uint64_t now_ms)
{
    struct autonat_msg m;
    int used = autonat_msg_decode(in, &m);

    if (used > 0)
        on_v1_answer(a, &m, now_ms);
    return used;
}

static int take_v2(struct autonat_ask *a, struct bytes in, uint64_t now_ms)
{
    struct autonat2_msg m;
    int used = autonat2_msg_decode(in, &m);

    if (used <= 0)
        return used;
    if (m.kind == AUTONAT2_DATA_REQUEST)
        on_demand(a, &m.data_request);
    else if (m.kind == AUTONAT2_DIAL_RESPONSE)
        on_v2_answer(a, &m.response, now_ms);
    else
        return GW_EPROTO;
    return used;
}

size_t autonat_ask_input(struct autonat_ask *a, struct bytes in, uint64_t now_ms)
{
    autonat_ask_tick(a, now_ms); /* too late is no answer */
    if (a->state != AUTONAT_ASK_WAITING && a->state != AUTONAT_ASK_PAYING)
        return 0;
    int used = a->is_v2 ? take_v2(a, in, now_ms) : take_v1(a, in, now_ms);
    if (used < 0)
        end(a, used);
    return used > 0 ? (size_t)used : 0;
}
