/* test_names_book.c - first come, first kept: who is called what, in memory and on disk. */
#include "p2p/names_book.h"

#include "base/fileio.h"
#include "base/log.h"
#include "tmpfiles.h"

#define DAY 86400u
#define NOW 1700000000u

static struct tmpfiles t;
static struct key *alice, *bob;
static struct names_book *book;
static struct names_book_config cfg;
static char changes[256]; /* told since the last look: "laptop phone " */

static void on_changed(void *arg, const char *host)
{
    (void)arg;
    size_t n = strlen(changes);
    snprintf(changes + n, sizeof changes - n, "%s ", host);
}

static void assert_changes(const char *want)
{
    assert_string_equal(changes, want);
    changes[0] = '\0';
}

static void reopen(void)
{
    names_book_free(book);
    book = names_book_new(&cfg, t.path);
    assert_non_null(book);
}

static int setup(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_ERROR);
    tmpfiles_init(&t);
    cfg = (struct names_book_config){ .network = "grewal",
                                      .life_s = 90 * DAY,
                                      .max_names = 4,
                                      .max_per_peer = 3,
                                      .changed = on_changed };
    changes[0] = '\0';
    book = NULL;
    reopen();
    return key_generate(&alice) || key_generate(&bob);
}

static int teardown(void **state)
{
    (void)state;
    names_book_free(book);
    key_free(alice);
    key_free(bob);
    tmpfiles_fini(&t);
    return 0;
}

struct claim {
    const char *name;
    const struct key *by;
    uint64_t sequence, made_s;
};

static int claim_as(const struct claim *c, const struct key *from, uint64_t now_s)
{
    uint8_t sealed[NAME_RECORD_MAX];
    struct name_record r = { .peer = *key_peerid(c->by),
                             .sequence = c->sequence,
                             .expires_s = c->made_s + 2 * DAY };

    strcpy(r.name, c->name);
    int n = name_record_seal(c->by, &r, sealed, sizeof sealed);
    assert_true(n > 0);
    return names_book_claim(book, key_peerid(from), (struct bytes){ sealed, (size_t)n }, now_s);
}

static int claim(const char *name, const struct key *by, uint64_t now_s)
{
    const struct claim c = { name, by, now_s * 1000, now_s };
    return claim_as(&c, by, now_s);
}

static const struct key *holder(const char *host, uint64_t now_s)
{
    const struct names_book_entry *e = names_book_find(book, bytes_of(host), now_s);
    if (!e)
        return NULL;
    assert_string_equal(e->host, host);
    return peerid_eq(&e->holder, key_peerid(alice)) ? alice : bob;
}

static int release(const char *host, const struct key *from, uint64_t now_s)
{
    return names_book_release(book, from ? key_peerid(from) : NULL, bytes_of(host), now_s);
}

static void test_the_first_one_keeps_a_name(void **state)
{
    (void)state;
    assert_null(holder("laptop", NOW));
    assert_int_equal(claim("laptop.grewal", alice, NOW), 0);
    assert_int_equal(claim("laptop.grewal", bob, NOW + 1), GW_EEXISTS);
    assert_ptr_equal(holder("laptop", NOW + 1), alice);
    assert_null(holder("lapto", NOW));
    assert_null(holder("laptopp", NOW));
    assert_int_equal(names_book_count(book), 1);
}

static void test_an_entry_is_the_claim_as_it_came(void **state)
{
    struct name_record r;
    (void)state;
    assert_int_equal(claim("laptop.grewal", alice, NOW), 0);
    const struct names_book_entry *e = names_book_find(book, bytes_of("laptop"), NOW);
    assert_int_equal(name_record_open(e->claim, NOW, &r), 0);
    assert_string_equal(r.name, "laptop.grewal");
    assert_true(peerid_eq(&r.owner, &e->holder));
    assert_int_equal(e->expires_s, NOW + 2 * DAY);
    assert_int_equal(e->renewed_s, NOW);
}

static void test_claim_refuses_what_is_no_name_of_the_network(void **state)
{
    static const char *const bad[] = { "laptop",          "laptop.bob", ".grewal",
                                       "a.b.grewal",      "-x.grewal",  "x-.grewal",
                                       "x_y.grewal",      "",           "laptop.grewal.",
                                       "localhost.grewal" };
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(claim(bad[i], alice, NOW), GW_EINVAL);
    assert_int_equal(names_book_count(book), 0);
}

static void test_claim_refuses_what_its_bearer_has_not_signed(void **state)
{
    const struct claim c = { "laptop.grewal", alice, 1, NOW };
    const struct claim old = { "laptop.grewal", alice, 1, NOW - 3 * DAY };
    uint8_t sealed[NAME_RECORD_MAX];
    struct name_record other = { .name = "laptop.grewal",
                                 .peer = *key_peerid(bob),
                                 .expires_s = NOW + DAY };
    (void)state;
    assert_int_equal(claim_as(&c, bob, NOW), GW_EDENIED);
    assert_int_equal(claim_as(&old, alice, NOW), GW_ETIMEOUT);
    int n = name_record_seal(alice, &other, sealed, sizeof sealed); /* names somebody else */
    struct bytes claim = { sealed, (size_t)n };
    assert_int_equal(names_book_claim(book, key_peerid(alice), claim, NOW), GW_EDENIED);
    sealed[n - 1] ^= 1;
    assert_int_equal(names_book_claim(book, key_peerid(alice), claim, NOW), GW_EDENIED);
    claim.n /= 2;
    assert_int_equal(names_book_claim(book, key_peerid(alice), claim, NOW), GW_EPROTO);
    assert_int_equal(names_book_count(book), 0);
}

static void test_an_older_claim_does_not_replace_a_later_one(void **state)
{
    const struct claim late = { "laptop.grewal", alice, 9, NOW + DAY };
    const struct claim early = { "laptop.grewal", alice, 8, NOW };
    (void)state;
    assert_int_equal(claim_as(&late, alice, NOW), 0);
    assert_int_equal(claim_as(&early, alice, NOW), GW_EDENIED);
    assert_int_equal(claim_as(&late, alice, NOW + 5), 0);
    assert_int_equal(names_book_find(book, bytes_of("laptop"), NOW)->renewed_s, NOW + 5);
}

static void test_a_name_that_nobody_renews_is_anybodys(void **state)
{
    (void)state;
    assert_int_equal(claim("laptop.grewal", alice, NOW), 0);
    assert_int_equal(claim("laptop.grewal", alice, NOW + 80 * DAY), 0);
    assert_int_equal(claim("laptop.grewal", bob, NOW + 169 * DAY), GW_EEXISTS);
    assert_ptr_equal(holder("laptop", NOW + 169 * DAY), alice); /* its claim has expired, though */
    assert_null(holder("laptop", NOW + 170 * DAY));
    assert_null(names_book_next(book, bytes_of(""), NOW + 170 * DAY));
    assert_int_equal(release("laptop", alice, NOW + 170 * DAY), GW_ENOTFOUND);
    assert_int_equal(claim("laptop.grewal", bob, NOW + 170 * DAY), 0);
    assert_ptr_equal(holder("laptop", NOW + 170 * DAY), bob);
}

static void test_every_change_of_a_holder_is_told(void **state)
{
    (void)state;
    assert_int_equal(claim("laptop.grewal", alice, NOW), 0);
    assert_changes("laptop ");
    assert_int_equal(claim("laptop.grewal", alice, NOW + 1), 0);
    assert_int_equal(claim("laptop.grewal", bob, NOW + 1), GW_EEXISTS);
    assert_int_equal(release("laptop", bob, NOW + 1), GW_EDENIED);
    assert_changes("");
    assert_int_equal(release("laptop", NULL, NOW + 1), 0);
    assert_changes("laptop ");
}

static void test_a_name_that_runs_out_is_told_once(void **state)
{
    (void)state;
    assert_int_equal(claim("laptop.grewal", alice, NOW), 0);
    assert_int_equal(claim("phone.grewal", alice, NOW + DAY), 0);
    assert_changes("laptop phone ");
    names_book_expire(book, NOW + 2 * DAY - 1);
    assert_changes("");
    names_book_expire(book, NOW + 2 * DAY);
    assert_changes("laptop ");
    names_book_expire(book, NOW + 3 * DAY);
    assert_changes("phone ");
    names_book_expire(book, NOW + 4 * DAY);
    assert_changes("");
    assert_int_equal(claim("laptop.grewal", alice, NOW + 4 * DAY), 0); /* here again */
    assert_changes("laptop ");
    names_book_expire(book, NOW + DAY); /* the clock was ahead */
    assert_changes("phone ");
    assert_int_equal(claim("tablet.grewal", bob, NOW + 99 * DAY), 0);
    assert_changes("laptop phone tablet ");
}

static void test_a_clock_that_is_wrong_at_the_start_takes_nobody_a_name(void **state)
{
    (void)state;
    assert_int_equal(claim("laptop.grewal", alice, NOW), 0);
    reopen();
    assert_null(names_book_next(book, bytes_of(""), NOW + 1000 * DAY));
    assert_null(holder("laptop", NOW + 1000 * DAY));
    assert_int_equal(claim("laptop.grewal", bob, NOW + 1), GW_EEXISTS);
    assert_ptr_equal(holder("laptop", NOW + 1), alice);
}

static void test_limits_hold_for_each_and_for_all(void **state)
{
    (void)state;
    assert_int_equal(claim("a.grewal", alice, NOW), 0);
    assert_int_equal(claim("b.grewal", alice, NOW), 0);
    assert_int_equal(claim("c.grewal", alice, NOW), 0);
    assert_int_equal(claim("d.grewal", alice, NOW), GW_ELIMIT);
    assert_int_equal(claim("b.grewal", alice, NOW + 1), 0); /* a renewal is none more */
    assert_int_equal(claim("d.grewal", bob, NOW), 0);
    assert_int_equal(claim("e.grewal", bob, NOW), GW_ELIMIT);
    /* What nobody has renewed makes room. */
    assert_int_equal(claim("e.grewal", bob, NOW + 90 * DAY), 0);
    assert_int_equal(names_book_count(book), 2); /* b, too */
}

static void test_release_is_for_the_holder_and_the_admin(void **state)
{
    (void)state;
    assert_int_equal(claim("laptop.grewal", alice, NOW), 0);
    assert_int_equal(release("laptop", bob, NOW), GW_EDENIED);
    assert_int_equal(release("other", alice, NOW), GW_ENOTFOUND);
    assert_int_equal(release("laptop", alice, NOW), 0);
    assert_null(holder("laptop", NOW));
    assert_int_equal(claim("laptop.grewal", bob, NOW), 0);
    assert_int_equal(release("laptop", NULL, NOW), 0);
    assert_null(holder("laptop", NOW));
}

static void test_next_goes_through_all_in_order(void **state)
{
    static const char *const names[] = { "b.grewal", "a.grewal", "ab.grewal", "a-b.grewal" };
    static const char *const want[] = { "a", "a-b", "ab", "b" };
    char host[NAMES_HOST_MAX + 1] = "";
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        assert_int_equal(claim(names[i], i % 2 ? alice : bob, NOW), 0);
    for (size_t i = 0; i < COUNT(want); i++) {
        const struct names_book_entry *e = names_book_next(book, bytes_of(host), NOW);
        assert_non_null(e);
        assert_string_equal(e->host, want[i]);
        strcpy(host, e->host);
    }
    assert_null(names_book_next(book, bytes_of(host), NOW));
    assert_string_equal(names_book_next(book, bytes_of("aa"), NOW)->host, "ab");
    assert_string_equal(names_book_of(book, key_peerid(bob), NOW)->host, "ab");
}

static void test_what_was_acknowledged_is_there_after_a_restart(void **state)
{
    (void)state;
    assert_int_equal(claim("laptop.grewal", alice, NOW), 0);
    assert_int_equal(claim("phone.grewal", alice, NOW), 0);
    assert_int_equal(claim("server.grewal", bob, NOW), 0);
    assert_int_equal(release("phone", alice, NOW), 0);
    assert_int_equal(claim("phone.grewal", bob, NOW + 1), 0);
    assert_int_equal(release("server", bob, NOW + 1), 0);
    assert_int_equal(claim("laptop.grewal", alice, NOW + DAY), 0);
    reopen(); /* without names_book_free it is the same: nothing is written there */
    assert_ptr_equal(holder("laptop", NOW + DAY), alice);
    assert_ptr_equal(holder("phone", NOW + DAY), bob);
    assert_null(holder("server", NOW + DAY));
    assert_int_equal(names_book_find(book, bytes_of("laptop"), NOW)->renewed_s, NOW + DAY);
    assert_int_equal(claim("laptop.grewal", bob, NOW + DAY), GW_EEXISTS);
    reopen(); /* the claims have expired, and hold all the same */
    assert_int_equal(claim("laptop.grewal", bob, NOW + 30 * DAY), GW_EEXISTS);
}

static size_t file_lines(void)
{
    char *text;
    size_t n, lines = 0;
    assert_int_equal(fileio_read(t.path, &text, &n), 0);
    for (size_t i = 0; i < n; i++)
        lines += text[i] == '\n';
    free(text);
    return lines;
}

static void test_the_file_does_not_grow_without_end(void **state)
{
    (void)state;
    assert_int_equal(claim("phone.grewal", bob, NOW), 0);
    for (unsigned i = 0; i < 500; i++) {
        assert_int_equal(claim("laptop.grewal", alice, NOW + i), 0);
        if (i % 7 == 3)
            assert_int_equal(release("laptop", alice, NOW + i), 0);
        assert_true(file_lines() <= 80);
    }
    reopen();
    assert_int_equal(names_book_count(book), 2);
}

static void append(const char *text)
{
    FILE *f = fopen(t.path, "a");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void test_bad_lines_are_left_out_and_the_others_stand(void **state)
{
    char *whole, *end;
    size_t n;
    (void)state;
    assert_int_equal(claim("laptop.grewal", alice, NOW), 0);
    assert_int_equal(fileio_read(t.path, &whole, &n), 0);
    append("\nnonsense\nlaptop -\nx y z\na - 5 more\nphone ");
    append(whole + strlen("laptop ")); /* another host than the claim's */
    assert_non_null(strrchr(whole, ' '));
    strrchr(whole, ' ')[9] ^= 1;
    append(whole); /* a signature that is not */
    free(whole);
    for (int i = 0; i < 3000; i++)
        append("long"); /* and torn, as after a power failure */
    reopen();
    assert_int_equal(names_book_count(book), 1);
    assert_ptr_equal(holder("laptop", NOW), alice);
    assert_int_equal(claim("phone.grewal", bob, NOW), 0); /* begins on a line of its own */
    reopen();
    assert_ptr_equal(holder("phone", NOW), bob);
    assert_int_equal(file_lines(), 2);
    assert_int_equal(fileio_read(t.path, &whole, &n), 0);
    end = strstr(whole, "long");
    free(whole);
    assert_null(end);
}

static void test_what_cannot_be_written_is_not_taken(void **state)
{
    char dir[80];
    (void)state;
    assert_int_equal(claim("laptop.grewal", alice, NOW), 0);
    assert_int_equal(rename(t.path, strcat(strcpy(dir, t.dir), "/away")), 0);
    assert_int_equal(mkdir(t.path, 0700), 0); /* stops root, too */
    assert_int_not_equal(claim("phone.grewal", alice, NOW), 0);
    assert_null(holder("phone", NOW));
    assert_int_not_equal(release("laptop", alice, NOW), 0);
    assert_ptr_equal(holder("laptop", NOW), alice);
    assert_null(names_book_new(&cfg, t.path));
    assert_int_equal(rmdir(t.path), 0);
    assert_int_equal(claim("phone.grewal", alice, NOW), 0); /* all of it, not the last line only */
    reopen();
    assert_int_equal(names_book_count(book), 2);
    assert_int_equal(unlink(dir), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_the_first_one_keeps_a_name),
        TEST(test_an_entry_is_the_claim_as_it_came),
        TEST(test_claim_refuses_what_is_no_name_of_the_network),
        TEST(test_claim_refuses_what_its_bearer_has_not_signed),
        TEST(test_an_older_claim_does_not_replace_a_later_one),
        TEST(test_a_name_that_nobody_renews_is_anybodys),
        TEST(test_every_change_of_a_holder_is_told),
        TEST(test_a_name_that_runs_out_is_told_once),
        TEST(test_a_clock_that_is_wrong_at_the_start_takes_nobody_a_name),
        TEST(test_limits_hold_for_each_and_for_all),
        TEST(test_release_is_for_the_holder_and_the_admin),
        TEST(test_next_goes_through_all_in_order),
        TEST(test_what_was_acknowledged_is_there_after_a_restart),
        TEST(test_the_file_does_not_grow_without_end),
        TEST(test_bad_lines_are_left_out_and_the_others_stand),
        TEST(test_what_cannot_be_written_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
