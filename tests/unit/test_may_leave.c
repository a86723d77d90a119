/* test_may_leave.c - which names others may be asked for. */
#include "name/may_leave.h"

#include "testpeers.h"

static void no_lookup(void *tier, const struct name *n, struct tier_query *q)
{
    (void)tier;
    (void)n;
    tier_answer(q, GW_ENONAME, NULL, "none");
}

static void tell_domains(void *tier, void (*each)(void *arg, const char *domain), void *arg)
{
    (void)tier;
    each(arg, "grewal");
    each(arg, "nas.example.org");
}

static const struct tier_ops ops = { .name = "test", .lookup = no_lookup, .domains = tell_domains };

static int setup(void **state)
{
    struct resolver *r = resolver_new(ev_default_loop(0), 1000);
    assert_non_null(r);
    assert_int_equal(resolver_add_tier(r, &ops, NULL), 0);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    resolver_free(*state);
    return 0;
}

static void test_ours_stay(void **state)
{
    static const char *const ours[] = {
        "grewal",
        "laptop.grewal",
        "db.laptop.Grewal.",
        "nas.example.org",
        "x.NAS.example.ORG",
        "alice.p2p",
        "a.b.c.P2P",
        "printer.local",
        "local",
        PEER_A,
        ("ssh." PEER_A),
        "12d3koowd3eckifwprn9wqpmg9r9hx3sd158z7eqhwmweqaju5sa",
        "www",
        "localhost",
        PEER_B_CID32,
    };
    for (size_t i = 0; i < COUNT(ours); i++)
        if (may_leave(*state, bytes_of(ours[i])))
            fail_msg("%s may leave", ours[i]);
}

static void test_what_is_no_host_name_stays(void **state)
{
    static const char *const bad[] = { "", ".", "a..b", "a b.example.org", "*.example.com" };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(may_leave(*state, bytes_of(bad[i])));
}

static void test_others_may_leave(void **state)
{
    static const char *const others[] = { "example.org",       "www.example.org",  "xgrewal.com",
                                          "grewal.com",        "xnas.example.org", "local.example",
                                          "_dmarc.example.org" };
    for (size_t i = 0; i < COUNT(others); i++)
        if (!may_leave(*state, bytes_of(others[i])))
            fail_msg("%s stays", others[i]);
}

static void test_what_stands_above_our_names_is_known(void **state)
{
    static const char *const above[] = { "grewal",      "GREWAL.",         "grewal.p2p",     "org",
                                         "example.org", "nas.example.org", "example.org.p2p" };
    static const char *const nothing[] = {
        "rewal", "x.grewal", "rg", "xample.org", "as.example.org", "x.example.org", "", ".", "a b"
    };
    for (size_t i = 0; i < COUNT(above); i++)
        if (!may_leave_is_parent(*state, bytes_of(above[i])))
            fail_msg("%s is nothing", above[i]);
    for (size_t i = 0; i < COUNT(nothing); i++)
        if (may_leave_is_parent(*state, bytes_of(nothing[i])))
            fail_msg("%s is something", nothing[i]);
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_ours_stay),
        T(test_what_is_no_host_name_stays),
        T(test_others_may_leave),
        T(test_what_stands_above_our_names_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
