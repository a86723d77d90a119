/* fuzz_checkup_msg.c - what is accepted lies inside the input and survives a round trip. */
#include "pblist.h"
#include "wire/checkup_msg.h"

static int decode(struct bytes in)
{
    struct checkup_msg m;
    return checkup_msg_decode(in, &m);
}

static void check_views(const struct checkup_msg *m, struct bytes in)
{
    check_inside(m->version, in);
    check_list(&m->announced, in);
    check_list(&m->candidates, in);
    check_list(&m->mapped, in);
    check_inside(m->punch.error, in);
    assert(m->nrelays <= CHECKUP_RELAYS_MAX);
    for (size_t i = 0; i < m->nrelays; i++)
        check_inside(m->relays[i].id, in);
}

static void check_ranges(const struct checkup_msg *m)
{
    assert(m->net.mapping <= CHECKUP_MAPPING_DEPENDENT);
    assert(m->net.filtering <= CHECKUP_FILTERING_PORT);
    assert(m->net.reach <= CHECKUP_REACH_PRIVATE && m->net.udp <= CHECKUP_UDP_BLOCKED);
    assert(m->net.ip4 <= CHECKUP_IP_PUBLIC && m->net.ip6 <= CHECKUP_IP_PUBLIC);
    assert(m->net.port_map <= CHECKUP_PORTMAP_MAPPED);
    assert(m->punch.state <= CHECKUP_PUNCH_FAILED && m->punch.tries <= CHECKUP_TRIES_MAX);
    for (size_t i = 0; i < m->nrelays; i++)
        assert(m->relays[i].slot <= CHECKUP_SLOT_DOWN);
}

static void check_same(const struct checkup_msg *a, const struct checkup_msg *b)
{
    assert(bytes_eq(a->version, b->version));
    assert(memcmp(&a->net, &b->net, sizeof a->net) == 0);
    assert(lists_eq(&a->announced, &b->announced) && lists_eq(&a->candidates, &b->candidates));
    assert(lists_eq(&a->mapped, &b->mapped) && a->nrelays == b->nrelays);
    for (size_t i = 0; i < a->nrelays; i++) {
        assert(bytes_eq(a->relays[i].id, b->relays[i].id));
        assert(a->relays[i].slot == b->relays[i].slot);
        assert(a->relays[i].rtt_us == b->relays[i].rtt_us);
    }
    assert(a->punch.state == b->punch.state && a->punch.tries == b->punch.tries);
    assert(bytes_eq(a->punch.error, b->punch.error));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[CHECKUP_MSG_WIRE_MAX];
    struct bytes in = { data, size };
    struct checkup_msg m, again;

    int used = checkup_msg_decode(in, &m);
    assert(used >= 0 || used == GW_EPROTO);
    check_used(used, in, decode);
    if (used <= 0)
        return 0;
    check_views(&m, in);
    check_ranges(&m);
    int n = checkup_msg_encode(out, sizeof out, &m);
    assert(n > 0 && n <= used); /* never longer than what another encoder put */
    assert(checkup_msg_decode((struct bytes){ out, (size_t)n }, &again) == n);
    check_same(&m, &again);
    return 0;
}
