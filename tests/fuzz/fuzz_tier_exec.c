/* fuzz_tier_exec.c - an answer has a peer, addresses without it and within their bounds, and a TTL
 * within a day; written as a line again it reads as the same. */
#include "fuzz.h"

#include <stdio.h>

#include "name/tier_exec.h"

#define DAY_MS 86400000u

static void check_again(const struct name_answer *a)
{
    char line[RESOLVER_ADDRS_MAX * (MULTIADDR_STR_MAX + 1) + 256], id[PEERID_STR_MAX];
    char text[MULTIADDR_STR_MAX];
    struct name_answer again;
    size_t n = 0;

    n += (size_t)snprintf(line, sizeof line, "%s", peerid_print(&a->peer, id));
    for (size_t i = 0; i < a->naddrs; i++)
        n += (size_t)snprintf(line + n, sizeof line - n, " %s",
                              multiaddr_print(&a->addrs[i], text));
    if (a->ttl_ms != RESOLVER_TTL_DEFAULT)
        snprintf(line + n, sizeof line - n, "\tttl=%u\r\n", (unsigned)(a->ttl_ms / 1000));
    assert(tier_exec_read(bytes_of(line), &again) == 0);
    assert(peerid_eq(&again.peer, &a->peer) && again.naddrs == a->naddrs);
    assert(again.ttl_ms == a->ttl_ms);
    for (size_t i = 0; i < a->naddrs; i++)
        assert(multiaddr_eq(&again.addrs[i], &a->addrs[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct name_answer a;
    int rc = tier_exec_read((struct bytes){ data, size }, &a);

    assert(rc == 0 || rc == GW_ENONAME || rc == GW_ESYNTAX);
    if (rc != 0)
        return 0;
    assert(a.peer.n > 0 && a.naddrs <= RESOLVER_ADDRS_MAX && a.nmaps == 0 && !*a.service);
    assert(a.ttl_ms == RESOLVER_TTL_DEFAULT || (a.ttl_ms <= DAY_MS && a.ttl_ms % 1000 == 0));
    check_again(&a);
    return 0;
}
