/* test_tier_direct.c - names that are a peer id. */
#include "name/tier_direct.h"

#include <stdio.h>

#include "testpeers.h"

struct result {
    int err;
    struct name_answer answer;
    char trail[RESOLVER_TRAIL_MAX];
};

static void on_done(void *arg, int err, const struct name_answer *a, const char *trail)
{
    struct result *r = arg;
    r->err = err;
    r->answer = a ? *a : (struct name_answer){ 0 };
    snprintf(r->trail, sizeof r->trail, "%s", trail);
}

static struct result ask(const char *host)
{
    struct result got;
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    struct resolver *r = resolver_new(loop, 1000);
    assert_int_equal(resolver_add_tier(r, &tier_direct_ops, NULL), 0);
    assert_null(resolver_lookup(r, host, on_done, &got));
    resolver_free(r);
    ev_loop_destroy(loop);
    return got;
}

static void test_every_text_form_of_an_id_is_one(void **state)
{
    static const char *const tails[] = { "", ".", ".p2p", ".P2P." };
    struct peerid a = peer_of(PEER_A);
    char ids[3][PEERID_STR_MAX], host[4 * PEERID_STR_MAX];
    (void)state;
    peerid_print(&a, ids[0]);
    peerid_print_base32(&a, ids[1]);
    peerid_print_base36(&a, ids[2]);
    for (size_t i = 0; i < COUNT(ids); i++)
        for (size_t j = 0; j < COUNT(tails); j++) {
            snprintf(host, sizeof host, "%s%s", ids[i], tails[j]);
            struct result r = ask(host);
            assert_int_equal(r.err, 0);
            assert_true(peerid_eq(&r.answer.peer, &a));
            assert_string_equal(r.answer.service, "");
            assert_string_equal(r.answer.tier, "peer id");
        }
}

static void test_cid_forms_are_read_in_capitals(void **state)
{
    struct peerid b = peer_of(PEER_B);
    char host[PEERID_STR_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof PEER_B_CID32; i++) {
        char c = PEER_B_CID32[i];
        host[i] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
    }
    struct result r = ask(host);
    assert_int_equal(r.err, 0);
    assert_true(peerid_eq(&r.answer.peer, &b));
}

static void test_label_in_front_is_a_service(void **state)
{
    (void)state;
    struct peerid a = peer_of(PEER_A);
    struct result r = ask("DB." PEER_A ".p2p");
    assert_int_equal(r.err, 0);
    assert_true(peerid_eq(&r.answer.peer, &a));
    assert_string_equal(r.answer.service, "db");
}

static void test_others_are_not_one(void **state)
{
    (void)state;
    static const struct {
        const char *host, *trail;
    } bad[] = {
        { "alice", "peer id: not one" },
        { "a.b." PEER_A, "peer id: not one" },
        { PEER_A ".alice", "peer id: not one" },
        { "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmwe",
          "peer id: misspelt: an id that begins so has 52 characters" },
        { "_x." PEER_A, "peer id: what stands before it is no service name" },
        { "12d3koowd3eckifwprn9wqpmg9r9hx3sd158z7eqhwmweqaju5sa",
          "peer id: a peer id that lost its capitals: write it in base36, k..." },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct result r = ask(bad[i].host);
        assert_int_equal(r.err, GW_ENONAME);
        assert_string_equal(r.trail, bad[i].trail);
    }
}

static void test_names_that_end_in_an_id_are_owned_readable_or_not(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        bool is_owned;
    } v[] = {
        { PEER_A, true },
        { "db." PEER_A ".p2p", true },
        { "a.b." PEER_B, true },
        { PEER_B_CID32, true },
        { "web.12d3koowd3eckifwprn9wqpmg9r9hx3sd158z7eqhwmweqaju5sa", true },
        { "alice", false },
        { PEER_A ".example.com", false },
        { "12d3koo.example", false },
    };
    for (size_t i = 0; i < COUNT(v); i++) {
        struct name n;
        assert_int_equal(name_parse(bytes_of(v[i].host), &n), 0);
        assert_int_equal(tier_direct_owns(&n), v[i].is_owned);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_text_form_of_an_id_is_one),
        cmocka_unit_test(test_cid_forms_are_read_in_capitals),
        cmocka_unit_test(test_label_in_front_is_a_service),
        cmocka_unit_test(test_others_are_not_one),
        cmocka_unit_test(test_names_that_end_in_an_id_are_owned_readable_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
