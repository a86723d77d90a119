/* test_authkeys.c - one line of authorized_keys (the form: DESIGN, "Files"). */
#include "svc/authkeys.h"

#include "testpeers.h"

static int parse(const char *line, struct authkeys_line *out)
{
    const char *why = NULL;
    int r = authkeys_parse(bytes_of(line), out, &why);
    assert_int_equal(r < 0, why != NULL);
    return r;
}

static void test_parse_reads_every_option(void **state)
{
    (void)state;
    struct authkeys_line l;
    struct peerid a = peer_of(PEER_A);
    assert_int_equal(
        parse(PEER_A " services=ssh,db expires=2027-01-01T00:00Z limit=10M # alice # laptop ", &l),
        1);
    assert_true(peerid_eq(&l.peer, &a));
    assert_bytes(l.services, bytes_of("ssh,db"));
    assert_int_equal(l.expires_s, 1798761600); /* date -u -d 2027-01-01 +%s */
    assert_int_equal(l.limit, 10485760);
    assert_bytes(l.comment, bytes_of("# alice # laptop"));
}

static void test_parse_peer_alone_may_use_everything(void **state)
{
    (void)state;
    struct authkeys_line l;
    assert_int_equal(parse("\t " PEER_B " \r", &l), 1);
    assert_true(authkeys_has_service(&l, bytes_of("anything")));
    assert_true(authkeys_is_live(&l, INT64_MAX));
    assert_int_equal(l.limit, 0);
    assert_int_equal(l.comment.n, 0);
}

static void test_parse_passes_over_blank_and_comment_lines(void **state)
{
    (void)state;
    struct authkeys_line l;
    assert_int_equal(parse("", &l), 0);
    assert_int_equal(parse("  \t\r", &l), 0);
    assert_int_equal(parse("# " PEER_A, &l), 0);
    assert_bytes(l.comment, bytes_of("# " PEER_A));
}

static void test_parse_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "alice",
        "*",
        "services=ssh " PEER_A,
        PEER_A " verified=yes",
        PEER_A " " PEER_A,
        PEER_A " services=",
        PEER_A " services=ssh,",
        PEER_A " services=,ssh",
        PEER_A " services=SSH",
        PEER_A " services=*",
        PEER_A " services=ssh services=db",
        PEER_A " services = ssh",
        PEER_A " expires=",
        PEER_A " expires=2027",
        PEER_A " expires=2027-13-01",
        PEER_A " expires=2027-02-29",
        PEER_A " expires=2027-01-01T24:00Z",
        PEER_A " expires=2027-01-01T00:60Z",
        PEER_A " expires=2027-01-01T00:00:60Z",
        PEER_A " expires=2027-01-01T00:00",
        PEER_A " expires=2027-01-01T00:00+01:00",
        PEER_A " expires=2027-01-01Z",
        PEER_A " expires=1970-01-01",
        PEER_A " expires=1969-12-31",
        PEER_A " expires=2027-01-01 expires=2028-01-01",
        PEER_A " limit=",
        PEER_A " limit=0",
        PEER_A " limit=M",
        PEER_A " limit=-1",
        PEER_A " limit=10Mb",
        PEER_A " limit=99999999999999999999",
        PEER_A " limit=9999999999999G",
        PEER_A " limit=1 limit=2",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct authkeys_line l;
        if (parse(bad[i], &l) != GW_ESYNTAX)
            fail_msg("taken: %s", bad[i]);
    }
}

static void test_expires_is_utc_to_the_second(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int64_t s; /* date -u -d ... +%s */
    } good[] = {
        { PEER_A " expires=1970-01-01T00:00:01Z", 1 },
        { PEER_A " expires=2028-02-29", 1835395200 },
        { PEER_A " expires=2027-01-01T12:34Z", 1798806840 },
        { PEER_A " expires=2027-01-01T12:34:56Z", 1798806896 },
        { PEER_A " expires=9999-12-31T23:59:59Z", 253402300799 },
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        struct authkeys_line l;
        assert_int_equal(parse(good[i].line, &l), 1);
        assert_int_equal(l.expires_s, good[i].s);
        assert_true(authkeys_is_live(&l, good[i].s - 1));
        assert_false(authkeys_is_live(&l, good[i].s));
    }
}

static void test_limit_counts_in_powers_of_1024(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        uint64_t limit;
    } good[] = {
        { PEER_A " limit=1", 1 },
        { PEER_A " limit=64k", 65536 },
        { PEER_A " limit=64K", 65536 },
        { PEER_A " limit=2G", 2147483648u },
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        struct authkeys_line l;
        assert_int_equal(parse(good[i].line, &l), 1);
        assert_int_equal(l.limit, good[i].limit);
    }
}

static void test_has_service_wants_the_whole_name(void **state)
{
    (void)state;
    struct authkeys_line l;
    assert_int_equal(parse(PEER_A " services=ssh,db-2", &l), 1);
    assert_true(authkeys_has_service(&l, bytes_of("ssh")));
    assert_true(authkeys_has_service(&l, bytes_of("db-2")));
    assert_false(authkeys_has_service(&l, bytes_of("db")));
    assert_false(authkeys_has_service(&l, bytes_of("ss")));
    assert_false(authkeys_has_service(&l, bytes_of("")));
    assert_false(authkeys_has_service(&l, bytes_of("ssh,db-2")));
}

static void test_next_line_gives_every_line(void **state)
{
    (void)state;
    struct bytes line, text = B("a\n\nb");
    assert_true(authkeys_next_line(&text, &line));
    assert_bytes(line, bytes_of("a"));
    assert_true(authkeys_next_line(&text, &line));
    assert_bytes(line, bytes_of(""));
    assert_true(authkeys_next_line(&text, &line));
    assert_bytes(line, bytes_of("b"));
    assert_false(authkeys_next_line(&text, &line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_reads_every_option),
        cmocka_unit_test(test_parse_peer_alone_may_use_everything),
        cmocka_unit_test(test_parse_passes_over_blank_and_comment_lines),
        cmocka_unit_test(test_parse_refuses),
        cmocka_unit_test(test_expires_is_utc_to_the_second),
        cmocka_unit_test(test_limit_counts_in_powers_of_1024),
        cmocka_unit_test(test_has_service_wants_the_whole_name),
        cmocka_unit_test(test_next_line_gives_every_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
