#include "name/tier_direct.h"

#include "base/err.h"
#include "svc/registry.h"

/* Browsers and resolvers write names in lower case, which spoils base58. */
static bool is_folded(struct bytes id)
{
    static const char folded[] = "12d3koow"; /* the start of every Ed25519 peer id */
    return id.n >= sizeof folded - 1 && memcmp(id.p, folded, sizeof folded - 1) == 0;
}

static const char *why_not(struct bytes id)
{
    if (is_folded(id))
        return "a peer id that lost its capitals: write it in base36, k...";
    if (id.n > 8 && memcmp(id.p, "12D3KooW", 8) == 0)
        return "misspelt: an id that begins so has 52 characters";
    return "not one";
}

static void lookup(void *tier, const struct name *n, struct tier_query *q)
{
    struct name_answer a = { .tier = tier_direct_ops.name };
    struct bytes service;
    const char *why = tier_direct_read(n, &a.peer, &service);
    (void)tier;
    if (why) {
        tier_answer(q, GW_ENONAME, NULL, why);
        return;
    }
    if (service.n)
        memcpy(a.service, service.p, service.n);
    tier_answer(q, 0, &a, NULL);
}

static void domains(void *tier, void (*each)(void *arg, const char *domain), void *arg)
{
    (void)tier;
    each(arg, "p2p");
}

const struct tier_ops tier_direct_ops = { .name = "peer id", .lookup = lookup, .domains = domains };

const char *tier_direct_read(const struct name *n, struct peerid *peer, struct bytes *service)
{
    struct bytes id = name_raw_label(n, n->nlabels - 1);

    *service = (struct bytes){ 0 };
    if (peerid_parse(id, peer) != 0)
        return why_not(id);
    if (n->nlabels > 2)
        return "not one";
    if (n->nlabels == 1)
        return NULL;
    *service = name_label(n, 0);
    return service_name_ok(*service) ? NULL : "what stands before it is no service name";
}

bool tier_direct_owns(const struct name *n)
{
    struct bytes id = name_raw_label(n, n->nlabels - 1);
    struct peerid peer;
    return is_folded(id) || peerid_parse(id, &peer) == 0;
}
