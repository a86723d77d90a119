/* test_circuit_addr.c - id/circuit_addr.h: addresses as the spec writes them. */
#include "id/circuit_addr.h"

#include "vec.h"

#define R1   "12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV"
#define R2   "QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC"
#define DEST "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp"
#define VIA  "/ip4/1.2.3.4/udp/4001/quic-v1"

static struct multiaddr parsed(const char *text)
{
    struct multiaddr a = { 0 };
    if (*text)
        assert_int_equal(multiaddr_parse(bytes_of(text), &a), 0);
    return a;
}

static const struct {
    const char *text, *via, *relay; /* relay NULL: no circuit */
} cases[] = {
    { VIA "/p2p/" R1 "/p2p-circuit", VIA, R1 },
    { VIA "/p2p/" R1 "/p2p-circuit/p2p/" DEST, VIA, R1 },
    { "/p2p/" R1 "/p2p-circuit/p2p/" DEST, "", R1 },
    { "/ip4/1.2.3.4/tcp/4001/p2p/" R2 "/p2p-circuit", "/ip4/1.2.3.4/tcp/4001", R2 },
    { VIA "/p2p/" R1 "/p2p-circuit/p2p/" R2 "/p2p-circuit/p2p/" DEST, VIA "/p2p/" R1 "/p2p-circuit",
      R2 },
    { VIA "/p2p/" R1, "", NULL },
    { VIA, "", NULL },
    { "/p2p-circuit/p2p/" DEST, "", NULL },
    { VIA "/p2p-circuit", "", NULL },
};

static void test_split_finds_the_relay_beside_the_peer(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct multiaddr a = parsed(cases[i].text), via, want = parsed(cases[i].via);
        struct peerid relay;
        char text[PEERID_STR_MAX];

        assert_int_equal(circuit_addr_split(&a, &via, &relay), cases[i].relay != NULL);
        assert_int_equal(circuit_addr_is(&a), cases[i].relay != NULL);
        assert_true(multiaddr_eq(&via, &want));
        if (cases[i].relay)
            assert_string_equal(peerid_print(&relay, text), cases[i].relay);
    }
}

static void test_make_is_what_split_takes_apart(void **state)
{
    (void)state;
    struct multiaddr via = parsed(VIA), want = parsed(VIA "/p2p/" R1 "/p2p-circuit"), made;
    struct peerid relay;

    assert_int_equal(peerid_parse(bytes_of(R1), &relay), 0);
    assert_int_equal(circuit_addr_make(&via, &relay, &made), 0);
    assert_true(multiaddr_eq(&made, &want));
    via = parsed("");
    want = parsed("/p2p/" R1 "/p2p-circuit");
    assert_int_equal(circuit_addr_make(&via, &relay, &made), 0);
    assert_true(multiaddr_eq(&made, &want));
}

static void test_make_refuses_what_is_too_long(void **state)
{
    (void)state;
    struct multiaddr a = parsed(VIA);
    struct peerid relay;
    int err = 0;

    assert_int_equal(peerid_parse(bytes_of(R1), &relay), 0);
    for (int i = 0; !err; i++) {
        struct multiaddr longer = a;
        assert_true(i < 10);
        err = circuit_addr_make(&a, &relay, &longer);
        if (err)
            assert_true(multiaddr_eq(&a, &longer)); /* untouched */
        a = longer;
    }
    assert_int_equal(err, GW_ENOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split_finds_the_relay_beside_the_peer),
        cmocka_unit_test(test_make_is_what_split_takes_apart),
        cmocka_unit_test(test_make_refuses_what_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
