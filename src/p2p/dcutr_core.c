/* dcutr_core.c - see dcutr_core.h. */
#include "p2p/dcutr_core.h"

#include "base/err.h"
#include "host/dial_order.h"
#include "id/ipaddr.h"

#define US(ms) ((uint64_t)(ms)*1000)

/* Is it for us to begin? */
static bool begins(const struct dcutr_core *c)
{
    return c->called && !(c->calling && c->is_smaller) && !c->is_mute;
}

/* A try that the other end knows of. */
static bool is_trying(const struct dcutr_core *c)
{
    return c->step != DCUTR_STEP_NONE && c->step != DCUTR_STEP_DIALLING;
}

static void end_try(struct dcutr_core *c)
{
    c->step = DCUTR_STEP_NONE;
    c->due_us = 0;
}

static void enter(struct dcutr_core *c, enum dcutr_step step, uint64_t due_us)
{
    c->step = step;
    c->due_us = due_us;
}

void dcutr_core_init(struct dcutr_core *c, bool is_smaller)
{
    *c = (struct dcutr_core){ .is_smaller = is_smaller, .again_us = US(DCUTR_AGAIN_MIN_MS) };
}

/* ---- when ---- */

static unsigned begin(struct dcutr_core *c, uint64_t now_us)
{
    if (!c->left) { /* a new round */
        c->left = DCUTR_TRIES;
        c->info.tries = 0;
    }
    c->left--;
    c->is_ours = true;
    c->sent_us = now_us;
    c->info.state = DCUTR_UPGRADING;
    c->info.tries++;
    enter(c, DCUTR_STEP_OPENING, now_us + US(DCUTR_ANSWER_MS));
    return DCUTR_OPEN;
}

/* Something has changed: at once, with pauses as at first; or when the peer had time to begin. */
static unsigned begin_anew(struct dcutr_core *c, uint64_t now_us)
{
    c->left = 0;
    c->again_us = US(DCUTR_AGAIN_MIN_MS);
    if (begins(c))
        return begin(c, now_us);
    c->due_us = now_us + US(DCUTR_PATIENCE_MS);
    return 0;
}

static void rest(struct dcutr_core *c, uint64_t now_us)
{
    if (!begins(c) && c->peer_begins && !c->is_mute) /* it will do so again */
        return;
    c->due_us = now_us + c->again_us;
    if (c->again_us < US(DCUTR_AGAIN_MAX_MS) / 2)
        c->again_us *= 2;
    else
        c->again_us = US(DCUTR_AGAIN_MAX_MS);
}

uint64_t dcutr_core_due(const struct dcutr_core *c)
{
    return c->due_us ? c->due_us : UINT64_MAX;
}

unsigned dcutr_core_tick(struct dcutr_core *c, uint64_t now_us)
{
    if (now_us < dcutr_core_due(c))
        return 0;
    if (c->step == DCUTR_STEP_NONE) {
        if (begins(c))
            return begin(c, now_us);
        enter(c, DCUTR_STEP_DIALLING, 0);
        return DCUTR_DIAL;
    }
    if (c->step != DCUTR_STEP_WAITING || now_us - c->due_us > US(DCUTR_STALE_MS))
        return dcutr_core_failed(c, GW_ETIMEOUT, now_us);
    enter(c, DCUTR_STEP_PUNCHING, 0);
    return DCUTR_PUNCH;
}

/* ---- connections ---- */

/* The peer would not call by a relay if our direct connection worked. */
void dcutr_core_relayed(struct dcutr_core *c, bool is_inbound)
{
    if (!is_inbound) {
        c->calling++;
        return;
    }
    c->called++;
    c->has_direct = false;
    c->info.tries = 0;
}

/* A push is no reason to begin again. */
unsigned dcutr_core_identified(struct dcutr_core *c, bool speaks, uint64_t now_us)
{
    c->is_mute = !speaks;
    if (c->has_direct || c->info.tries ||
        (begins(c) ? is_trying(c) : c->step != DCUTR_STEP_NONE || c->due_us))
        return 0;
    end_try(c);
    return DCUTR_DROP | begin_anew(c, now_us);
}

unsigned dcutr_core_unrelayed(struct dcutr_core *c, bool was_inbound, uint64_t now_us)
{
    bool had_turn = begins(c);

    if (was_inbound)
        c->called--;
    else
        c->calling--;
    if (had_turn || !begins(c) || c->has_direct || c->step != DCUTR_STEP_NONE)
        return 0;
    return begin_anew(c, now_us);
}

unsigned dcutr_core_direct(struct dcutr_core *c, uint64_t now_us)
{
    end_try(c);
    c->has_direct = true;
    c->info.state = DCUTR_IDLE;
    c->info.err = 0;
    c->info.last_ms = now_us / 1000;
    return DCUTR_DROP;
}

unsigned dcutr_core_indirect(struct dcutr_core *c, uint64_t now_us)
{
    c->has_direct = false;
    c->peer_begins = false;
    return c->step == DCUTR_STEP_NONE ? begin_anew(c, now_us) : 0;
}

/* Where nothing leads through a relay yet, the peer begins when we have called it. */
unsigned dcutr_core_silent(struct dcutr_core *c, uint64_t now_us)
{
    c->has_direct = false;
    c->peer_begins = false;
    if (!c->called && !c->calling)
        return DCUTR_REFRESH | DCUTR_CALL;
    if (c->step == DCUTR_STEP_NONE) {
        c->left = 0;
        c->again_us = US(DCUTR_AGAIN_MIN_MS);
        c->due_us = now_us + US(begins(c) ? DCUTR_SETTLE_MS : DCUTR_PATIENCE_MS);
    }
    return DCUTR_REFRESH;
}

/* A try that the peer began goes on: we cannot begin one in its place. */
unsigned dcutr_core_network_changed(struct dcutr_core *c, uint64_t now_us)
{
    c->peer_begins = false;
    if (c->has_direct || (is_trying(c) && !c->is_ours && !begins(c)))
        return 0;
    end_try(c);
    return DCUTR_DROP | begin_anew(c, now_us);
}

/* ---- the stream ---- */

void dcutr_core_opened(struct dcutr_core *c, uint64_t now_us)
{
    enter(c, DCUTR_STEP_CONNECT, now_us + US(DCUTR_ANSWER_MS));
}

unsigned dcutr_core_called(struct dcutr_core *c, uint64_t now_us)
{
    if (is_trying(c) && c->is_ours && begins(c))
        return 0;
    c->is_ours = false;
    c->peer_begins = true;
    c->info.state = DCUTR_UPGRADING;
    c->info.tries++;
    enter(c, DCUTR_STEP_CONNECT, now_us + US(DCUTR_ANSWER_MS));
    return DCUTR_DROP;
}

static void add_candidate(struct dcutr_info *info, struct bytes v)
{
    struct multiaddr *a = &info->candidates[info->ncandidates];
    struct ipaddr ip = { 0 };
    uint16_t port;

    if (info->ncandidates == DCUTR_CANDIDATES_MAX || multiaddr_from_bytes(v, a) != 0)
        return;
    multiaddr_strip_peer(a);
    if (dial_rank(a) >= DIAL_CIRCUIT || !multiaddr_as_socket(a, &ip, &port))
        return;
    if (!ipaddr_is_loopback(&ip))
        info->ncandidates++;
}

static void take_candidates(struct dcutr_info *info, const struct dcutr_msg *m)
{
    info->ncandidates = 0;
    for (size_t i = 0; i < m->addrs.n; i++)
        add_candidate(info, m->addrs.v[i]);
}

unsigned dcutr_core_message(struct dcutr_core *c, const struct dcutr_msg *m, uint64_t now_us)
{
    if (now_us >= dcutr_core_due(c))
        return dcutr_core_failed(c, GW_ETIMEOUT, now_us);
    if (c->step == DCUTR_STEP_CONNECT && m->type == DCUTR_CONNECT) {
        take_candidates(&c->info, m);
        if (!c->is_ours) {
            enter(c, DCUTR_STEP_SYNC, now_us + US(DCUTR_ANSWER_MS));
            return DCUTR_SAY_CONNECT;
        }
        c->info.rtt_us = now_us - c->sent_us;
        enter(c, DCUTR_STEP_WAITING, now_us + c->info.rtt_us / 2);
        return DCUTR_SAY_SYNC | DCUTR_PART;
    }
    if (c->step == DCUTR_STEP_SYNC && m->type == DCUTR_SYNC) {
        enter(c, DCUTR_STEP_PUNCHING, 0);
        return DCUTR_PART | DCUTR_PUNCH;
    }
    return dcutr_core_failed(c, GW_EPROTO, now_us);
}

static unsigned dial_failed(struct dcutr_core *c, uint64_t now_us)
{
    end_try(c);
    rest(c, now_us);
    return DCUTR_DROP;
}

unsigned dcutr_core_failed(struct dcutr_core *c, int err, uint64_t now_us)
{
    if (c->step == DCUTR_STEP_DIALLING) /* nobody was told of it */
        return dial_failed(c, now_us);
    end_try(c);
    c->info.err = err;
    c->info.last_ms = now_us / 1000;
    if (c->is_ours && err == GW_ENOPROTO) /* it will not learn it */
        c->is_mute = true;
    if (c->is_ours && c->left && begins(c)) {
        c->due_us = now_us + US(DCUTR_RETRY_MS);
    } else {
        c->left = 0;
        c->info.state = DCUTR_FAILED;
        rest(c, now_us);
    }
    return DCUTR_DROP | DCUTR_REFRESH;
}
