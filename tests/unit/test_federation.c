/* test_federation.c - the rights of members, of other networks' relays, of their members, of
 * strangers. */
#include "p2p/federation.h"

#include <stdio.h>

#include "vec.h"

static struct networks nets;
static struct peerid member, stranger, holder, bob, carol, eve; /* bob..eve: relays */

static void network(const char *name, const struct peerid *relay, enum network_trust trust)
{
    struct network *n = &nets.v[nets.n++];

    *n = (struct network){ .trust = trust, .nrelays = 1 };
    snprintf(n->name, sizeof n->name, "%s", name);
    n->relays[0].peer = *relay;
}

static int setup(void **state)
{
    struct peerid *all[] = { &member, &stranger, &holder, &bob, &carol, &eve };
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        *all[i] = (struct peerid){ .n = 36, .mh = { [0] = 0, [1] = 36, [35] = (uint8_t)(i + 1) } };
    nets = (struct networks){ 0 };
    network("bob", &bob, NETWORK_TRUST_FULL);
    network("carol", &carol, NETWORK_TRUST_ONE_WAY);
    network("eve", &eve, NETWORK_TRUST_NONE);
    return 0;
}

static bool may(enum relay_use use, const struct peerid *peer, const struct peerid *to,
                const struct peerid *via)
{
    struct relay_wish w = { .use = use, .peer = *peer };
    if (to)
        w.to = *to;
    if (via)
        w.via = *via;
    return federation_may(&nets, &w, peer == &member);
}

static void test_relays_of_trusted_networks_may_reserve(void **state)
{
    (void)state;
    assert_true(may(RELAY_RESERVE, &member, NULL, NULL));
    assert_true(may(RELAY_RESERVE, &bob, NULL, NULL));
    assert_true(may(RELAY_RESERVE, &carol, NULL, NULL));
    assert_false(may(RELAY_RESERVE, &eve, NULL, NULL));
    assert_false(may(RELAY_RESERVE, &stranger, NULL, NULL));
}

static void test_only_members_are_led_to_another_network(void **state)
{
    (void)state;
    assert_true(may(RELAY_CONNECT, &member, &bob, NULL));
    assert_true(may(RELAY_CONNECT, &member, &carol, NULL));
    assert_false(may(RELAY_CONNECT, &stranger, &bob, NULL));
    assert_true(may(RELAY_CONNECT, &stranger, &holder, NULL));
}

static void test_only_full_trust_leads_strangers_in(void **state)
{
    (void)state;
    assert_true(may(RELAY_CHAIN, &stranger, &holder, &bob));
    assert_false(may(RELAY_CHAIN, &stranger, &holder, &carol));
    assert_false(may(RELAY_CHAIN, &stranger, &holder, &eve));
    assert_false(may(RELAY_CHAIN, &stranger, &holder, NULL));
    assert_true(may(RELAY_CHAIN, &member, &holder, &eve));
}

static void test_transit_is_off_unless_asked_for(void **state)
{
    (void)state;
    assert_false(may(RELAY_CHAIN, &stranger, &carol, &bob));
    nets.transit = true;
    assert_true(may(RELAY_CHAIN, &stranger, &carol, &bob));
    assert_false(may(RELAY_CHAIN, &stranger, &bob, &carol));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_relays_of_trusted_networks_may_reserve, setup),
        cmocka_unit_test_setup(test_only_members_are_led_to_another_network, setup),
        cmocka_unit_test_setup(test_only_full_trust_leads_strangers_in, setup),
        cmocka_unit_test_setup(test_transit_is_off_unless_asked_for, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
