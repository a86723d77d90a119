/* test_networks.c - networks by name and by relay. */
#include "p2p/networks.h"

#include "testpeers.h"

static struct networks known;

static int setup(void **state)
{
    (void)state;
    known = (struct networks){ .n = 3, .v = { { .name = "grewal" }, { .name = "bob" } } };
    known.v[1].relays[0].peer = peer_of(PEER_A);
    known.v[1].relays[1].peer = peer_of(PEER_B);
    known.v[1].nrelays = 1;
    known.v[3] = (struct network){ .name = "carol", .nrelays = 1 }; /* beyond the last */
    known.v[3].relays[0].peer = peer_of(PEER_B);
    return 0;
}

static void test_find_wants_the_whole_name(void **state)
{
    (void)state;
    assert_ptr_equal(networks_find(&known, bytes_of("grewal")), &known.v[0]);
    assert_ptr_equal(networks_find(&known, bytes_of("bob")), &known.v[1]);
    assert_null(networks_find(&known, bytes_of("bo")));
    assert_null(networks_find(&known, bytes_of("bobby")));
    assert_null(networks_find(&known, bytes_of("carol")));
}

static void test_of_relay_looks_at_those_that_are_known(void **state)
{
    (void)state;
    struct peerid a = peer_of(PEER_A), b = peer_of(PEER_B);

    assert_ptr_equal(networks_of_relay(&known, &a), &known.v[1]);
    assert_null(networks_of_relay(&known, &b));
    known.v[1].nrelays = 2;
    assert_ptr_equal(networks_of_relay(&known, &b), &known.v[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_find_wants_the_whole_name, setup),
        cmocka_unit_test_setup(test_of_relay_looks_at_those_that_are_known, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
