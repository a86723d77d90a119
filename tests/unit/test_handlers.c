/* test_handlers.c - exact ids and prefixes. */
#include "host/handlers.h"

#include "vec.h"

static void first(void *arg, struct conn *c, struct stream *s, const char *protocol,
                  struct bytes early)
{
    (void)arg;
    (void)c;
    (void)s;
    (void)protocol;
    (void)early;
}

static void second(void *arg, struct conn *c, struct stream *s, const char *protocol,
                   struct bytes early)
{
    first(arg, c, s, protocol, early);
}

static const struct peerid alice, bob = { .n = 1 };

static bool wants_ssh_of_alice(void *arg, const struct peerid *peer, struct bytes protocol)
{
    return peerid_eq(peer, &alice) && bytes_eq(protocol, bytes_of(arg));
}

static bool finds(const struct handlers *hs, const char *protocol, host_handler_fn *fn)
{
    struct handler_target to = { 0 };
    return handlers_find(hs, &alice, bytes_of(protocol), &to) ? to.fn == fn : fn == NULL;
}

static void test_find_knows_exact_ids_only_whole(void **state)
{
    (void)state;
    struct handlers hs = { 0 };
    assert_int_equal(handlers_add(&hs, "/a/1", NULL, first, NULL), 0);
    assert_true(finds(&hs, "/a/1", first));
    assert_true(finds(&hs, "/a/", NULL));
    assert_true(finds(&hs, "/a/1/2", NULL));
    assert_true(finds(&hs, "", NULL));
    handlers_fini(&hs);
}

static void test_find_prefers_the_exact_id_and_asks_the_prefix(void **state)
{
    static char ssh[] = "/x/ssh";
    (void)state;
    struct handlers hs = { 0 };
    assert_int_equal(handlers_add(&hs, "/x/*", wants_ssh_of_alice, second, ssh), 0);
    assert_int_equal(handlers_add(&hs, "/x/db", NULL, first, NULL), 0);
    assert_true(finds(&hs, "/x/db", first));
    assert_true(finds(&hs, "/x/ssh", second));
    assert_true(finds(&hs, "/x/web", NULL));
    assert_false(handlers_find(&hs, &bob, bytes_of(ssh), NULL));
    assert_true(handlers_find(&hs, &bob, bytes_of("/x/db"), NULL));
    assert_int_equal(handlers_add(&hs, "/y/*", NULL, second, NULL), 0);
    assert_true(finds(&hs, "/y/web", second));
    assert_true(finds(&hs, "/y/", NULL)); /* nothing stands for the star */
    assert_true(finds(&hs, "/y", NULL));
    handlers_fini(&hs);
}

static void test_add_refuses_what_is_served_already(void **state)
{
    (void)state;
    struct handlers hs = { 0 };
    assert_int_equal(handlers_add(&hs, "/a", NULL, first, NULL), 0);
    assert_int_equal(handlers_add(&hs, "/a", NULL, second, NULL), GW_EEXISTS);
    assert_int_equal(handlers_add(&hs, "/a*", NULL, second, NULL), 0);
    assert_int_equal(handlers_add(&hs, "/a*", NULL, first, NULL), GW_EEXISTS);
    assert_true(finds(&hs, "/a", first));
    assert_true(finds(&hs, "/ab", second));
    handlers_fini(&hs);
}

static void count(void *arg, const char *protocol)
{
    assert_string_equal(protocol, "/a");
    ++*(unsigned *)arg;
}

static void test_each_names_exact_ids_only(void **state)
{
    (void)state;
    struct handlers hs = { 0 };
    unsigned n = 0;
    assert_int_equal(handlers_add(&hs, "/a", NULL, first, NULL), 0);
    assert_int_equal(handlers_add(&hs, "/b/*", NULL, first, NULL), 0);
    handlers_each(&hs, count, &n);
    assert_int_equal(n, 1);
    handlers_fini(&hs);
}

static void test_remove_takes_one_id_only(void **state)
{
    (void)state;
    struct handlers hs = { 0 };
    assert_int_equal(handlers_add(&hs, "/a/1", NULL, first, NULL), 0);
    assert_int_equal(handlers_add(&hs, "/a/2", NULL, second, NULL), 0);
    handlers_remove(&hs, "/a/1");
    handlers_remove(&hs, "/a/3");
    assert_true(finds(&hs, "/a/1", NULL));
    assert_true(finds(&hs, "/a/2", second));
    assert_int_equal(handlers_add(&hs, "/a/1", NULL, second, NULL), 0);
    assert_true(finds(&hs, "/a/1", second));
    handlers_fini(&hs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find_knows_exact_ids_only_whole),
        cmocka_unit_test(test_find_prefers_the_exact_id_and_asks_the_prefix),
        cmocka_unit_test(test_add_refuses_what_is_served_already),
        cmocka_unit_test(test_each_names_exact_ids_only),
        cmocka_unit_test(test_remove_takes_one_id_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
