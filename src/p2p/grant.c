/* grant.c - see grant.h. */
#include "p2p/grant.h"

#include "base/err.h"
#include "base/log.h"
#include "host/dial_order.h"
#include "id/circuit_addr.h"
#include "id/envelope.h"
#include "net/addr_scope.h"
#include "wire/voucher_msg.h"

static bool is_peer(struct bytes mh, const struct peerid *id)
{
    return bytes_eq(mh, (struct bytes){ id->mh, id->n });
}

static int check_voucher(struct bytes voucher, const struct grant_context *ctx)
{
    struct voucher_msg v;
    struct peerid signer;
    struct bytes payload;

    if (!voucher.n) {
        log_debug("reservation relay=%s without a voucher", peerid_short(ctx->relay));
        return 0;
    }
    int err = envelope_open(voucher, &envelope_voucher, &payload, &signer);
    if (!err)
        err = voucher_msg_decode(payload, &v);
    if (err)
        return err;
    return peerid_eq(&signer, ctx->relay) && is_peer(v.relay, ctx->relay) &&
                   is_peer(v.peer, ctx->self)
               ? 0
               : GW_EIDENTITY;
}

static uint64_t life_of(uint64_t expires_s, uint64_t now_s)
{
    uint64_t life_s = expires_s > now_s ? expires_s - now_s : 0;

    if (life_s < GRANT_LIFE_MIN_S)
        return GRANT_LIFE_MIN_S;
    return life_s < GRANT_LIFE_MAX_S ? life_s : GRANT_LIFE_MAX_S;
}

static bool is_dialable(const struct multiaddr *a)
{
    struct ipaddr ip;
    uint16_t port;
    return dial_rank(a) != DIAL_NEVER && multiaddr_as_socket(a, &ip, &port);
}

static void add_circuit(struct grant *g, const struct multiaddr *via, const struct peerid *relay)
{
    struct multiaddr a;

    if (g->ncircuits < GRANT_CIRCUITS_MAX && circuit_addr_make(via, relay, &a) == 0 &&
        !multiaddr_is_among(&a, g->circuits, g->ncircuits))
        g->circuits[g->ncircuits++] = a;
}

static void take_addr(struct grant *g, struct bytes wire, const struct grant_context *ctx)
{
    enum addr_scope nearest = is_dialable(ctx->at) ? addr_scope_of(ctx->at) : ADDR_SCOPE_NETWORK;
    struct multiaddr a;
    struct peerid id;

    if (multiaddr_from_bytes(wire, &a) != 0)
        return;
    if (multiaddr_peer(&a, &id) && !peerid_eq(&id, ctx->relay))
        return;
    multiaddr_strip_peer(&a);
    if (is_dialable(&a) && addr_scope_of(&a) <= nearest)
        add_circuit(g, &a, ctx->relay);
}

int grant_read(const struct circuit_msg *m, const struct grant_context *ctx, struct grant *out)
{
    static const struct multiaddr nowhere;
    const struct circuit_reservation *r = &m->reservation;

    if (!r->expires_s)
        return GW_EPROTO;
    int err = check_voucher(r->voucher, ctx);
    if (err)
        return err;
    *out = (struct grant){ .life_s = life_of(r->expires_s, ctx->now_s), .limit = m->limit };
    if (is_dialable(ctx->at))
        add_circuit(out, ctx->at, ctx->relay);
    for (size_t i = 0; i < r->addrs.n; i++)
        take_addr(out, r->addrs.v[i], ctx);
    if (!out->ncircuits)
        add_circuit(out, &nowhere, ctx->relay);
    return 0;
}
