/* test_authedit.c - edits of an authorized_keys file. */
#include "svc/authedit.h"

#include "testpeers.h"

#define NOW 1700000000 /* 2023 */

static const char *const ssh_only[] = { "ssh", NULL };
static const char *const exit_only[] = { "exit", NULL };
static const char *const ssh_db[] = { "ssh", "db", NULL };

static void test_allow_writes(void **state)
{
    (void)state;
    static const struct {
        const char *before;
        const char *const *services;
        const char *comment;
        const char *after;
    } cases[] = {
        { "", NULL, NULL, PEER_A "\n" },
        { "", ssh_db, "alice", PEER_A " services=ssh,db # alice\n" },
        /* others stay octet for octet; a last line gets its newline */
        { "# mine\n\n  " PEER_B "\tlimit=1k   # bob", ssh_only, NULL,
          "# mine\n\n  " PEER_B "\tlimit=1k   # bob\n" PEER_A " services=ssh\n" },
        /* a line that is there grows */
        { PEER_A " services=db limit=1M # al\n" PEER_B "\n", ssh_db, NULL,
          PEER_A " services=db,ssh limit=1M # al\n" PEER_B "\n" },
        { PEER_A " expires=2099-01-01 services=db", ssh_only, "new",
          PEER_A " services=db,ssh expires=2099-01-01 # new\n" },
        { PEER_A " services=db # al", NULL, NULL, PEER_A " # al\n" },
        { PEER_A " # all of them", ssh_only, NULL, PEER_A " # all of them\n" },
        /* what has expired gives no right to add to */
        { PEER_A " expires=2001-01-01 limit=5 # old", ssh_only, NULL,
          PEER_A " services=ssh limit=5 # old\n" },
        { PEER_A " services=db expires=2001-01-01", ssh_only, NULL, PEER_A " services=ssh\n" },
        /* a line for every service is none for the exit, and the exit's none for all */
        { PEER_A " limit=1M", exit_only, NULL, PEER_A " limit=1M\n" PEER_A " services=exit\n" },
        { PEER_A "\n" PEER_A " services=exit", exit_only, NULL,
          PEER_A "\n" PEER_A " services=exit\n" },
        { PEER_A " services=exit expires=2099-01-01", NULL, NULL,
          PEER_A " services=exit expires=2099-01-01\n" PEER_A "\n" },
        { PEER_A " services=exit", ssh_only, NULL, PEER_A " services=exit,ssh\n" },
        { PEER_A " services=exit expires=2001-01-01", NULL, NULL, PEER_A "\n" },
        /* only the first of two lines */
        { PEER_A " services=a\n" PEER_A " services=b\n", ssh_only, NULL,
          PEER_A " services=a,ssh\n" PEER_A " services=b\n" },
    };
    struct peerid a = peer_of(PEER_A);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *out;
        size_t n;
        assert_int_equal(authedit_allow(bytes_of(cases[i].before), &a, cases[i].services,
                                        cases[i].comment, NOW, &out, &n),
                         0);
        assert_string_equal(out, cases[i].after);
        assert_int_equal(n, strlen(out));
        free(out);
    }
}

static void test_allow_refuses_what_would_break_the_file(void **state)
{
    (void)state;
    static const char *const none[] = { NULL };
    static const char *const bad[] = { "ssh", "a b", NULL };
    struct peerid a = peer_of(PEER_A);
    struct bytes text = { 0 };
    char *out;
    size_t n;
    assert_int_equal(authedit_allow(text, &a, none, NULL, NOW, &out, &n), GW_EINVAL);
    assert_int_equal(authedit_allow(text, &a, bad, NULL, NOW, &out, &n), GW_EINVAL);
    assert_int_equal(authedit_allow(text, &a, NULL, "x\n" PEER_B, NOW, &out, &n), GW_EINVAL);
}

static void test_deny_drops_every_line_of_the_peer(void **state)
{
    (void)state;
    struct peerid b = peer_of(PEER_B);
    char *out;
    size_t n;
    assert_int_equal(authedit_deny(bytes_of("# top\n" PEER_B "\n" PEER_A " # keep " PEER_B
                                            "\n\t" PEER_B_CID32 " services=x\n\n"),
                                   &b, &out, &n),
                     0);
    assert_string_equal(out, "# top\n" PEER_A " # keep " PEER_B "\n\n");
    free(out);
}

static void test_deny_of_an_unknown_peer_is_not_found(void **state)
{
    (void)state;
    struct peerid b = peer_of(PEER_B);
    char *out;
    size_t n;
    assert_int_equal(authedit_deny(bytes_of(PEER_A "\n# " PEER_B "\n"), &b, &out, &n),
                     GW_ENOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allow_writes),
        cmocka_unit_test(test_allow_refuses_what_would_break_the_file),
        cmocka_unit_test(test_deny_drops_every_line_of_the_peer),
        cmocka_unit_test(test_deny_of_an_unknown_peer_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
