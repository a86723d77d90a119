#include "name/tier_direct.h"

#include "base/err.h"
#include "svc/registry.h"

/* Browsers and resolvers write names in lower case, which spoils base58. */
static const char *why_not(const struct name *n)
{
    static const char folded[] = "12d3koow"; /* the start of every Ed25519 peer id */
    struct bytes id = name_raw_label(n, n->nlabels - 1);
    if (id.n >= sizeof folded - 1 && memcmp(id.p, folded, sizeof folded - 1) == 0)
        return "a peer id that lost its capitals: write it in base36, k...";
    return "not one";
}

static void lookup(void *tier, const struct name *n, struct tier_query *q)
{
    struct name_answer a = { .tier = tier_direct_ops.name };
    (void)tier;
    if (n->nlabels > 2 || peerid_parse(name_raw_label(n, n->nlabels - 1), &a.peer) != 0) {
        tier_answer(q, GW_ENONAME, NULL, why_not(n));
        return;
    }
    if (n->nlabels == 2) {
        struct bytes service = name_label(n, 0);
        if (!service_name_ok(service)) {
            tier_answer(q, GW_ENONAME, NULL, "what stands before it is no service name");
            return;
        }
        memcpy(a.service, service.p, service.n);
    }
    tier_answer(q, 0, &a, NULL);
}

const struct tier_ops tier_direct_ops = { .name = "peer id", .lookup = lookup };
