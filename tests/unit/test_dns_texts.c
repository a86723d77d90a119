/* test_dns_texts.c - TXT records of a name server that the test plays, from messages as they are
 * and by a lookup. */
#include "net/dns_texts.h"

#include "dnsrig.h"
#include "looprun.h"
#include "net/dns.h"

/* A record whose name is a pointer to itself. */
static const uint8_t loops[] = { 0xc0, 27, 0, 16, 0, 1, 0, 0, 0, 9, 0, 1, 0 };

#define HEAD "\xc0\x0c\0\x10\0\1\0\0\0\x09" /* owner: the question's; TXT IN, TTL 9 */

static const struct dnsrig_zone zones[] = {
    { "two.test", .ttl_s = 60, .texts = { "one", "another" } },
    { "long.test",
      .texts = { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
                 "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
                 "ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
                 "d" } },
    { "large.test", .ttl_s = 5, .nfilled = 60, .texts = { "the last" } },
    { "endless.test", .nfilled = 240 },
    { "alias.test", .ttl_s = 70, .cname = "two.test", .texts = { "of the other" } },
    { "none.test", .texts = { NULL } },
    { "void.test", .texts = { "" } },
    { "broken.test", .rcode = 2 },
    { "silent.test", .is_silent = true },
    { "loop.test", .spoilt = { loops, sizeof loops } },
    { "cut.test", .spoilt = B(HEAD "\0\x20\x02hi") },
    { "over.test", .spoilt = B(HEAD "\0\x03\x09hi") },
    { "class.test", .spoilt = B("\xc0\x0c\0\x10\0\3\0\0\0\x09\0\3\2hi") }, /* CHAOS */
};

static struct fixture {
    struct ev_loop *loop;
    struct dnsrig server;
    struct dns *dns;
    unsigned calls;
    int err;
    size_t n;
    uint32_t ttl_s;
    char first[1024], last[1024];
} x;

static int setup(void **state)
{
    (void)state;
    x = (struct fixture){ .loop = ev_loop_new(EVFLAG_AUTO) };
    dnsrig_init(&x.server, x.loop, zones, COUNT(zones));
    x.dns = dns_new_at(x.loop, x.server.tmp.path, x.server.port);
    assert_non_null(x.dns);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    dns_free(x.dns);
    dnsrig_fini(&x.server);
    ev_run(x.loop, 0); /* returns: nothing is watched any more */
    ev_loop_destroy(x.loop);
    return 0;
}

static void copy(char out[1024], struct bytes v)
{
    assert_true(v.n < 1024);
    if (v.n)
        memcpy(out, v.p, v.n);
    out[v.n] = '\0';
}

static void on_done(void *arg, int err, const struct dns_texts *t)
{
    assert_ptr_equal(arg, &x);
    x.calls++;
    x.err = err;
    assert_int_equal(!err, t != NULL);
    if (!t)
        return;
    x.n = t->n;
    x.ttl_s = t->ttl_s;
    copy(x.first, t->v[0]);
    copy(x.last, t->v[t->n - 1]);
}

static struct dns_query *start(const char *name, uint64_t timeout_ms)
{
    x.calls = 0;
    struct dns_query *q = dns_lookup_texts(x.dns, name, timeout_ms, on_done, &x);
    assert_non_null(q);
    assert_int_equal(x.calls, 0);
    return q;
}

static int ask(const char *name)
{
    start(name, 15000);
    LOOPRUN_UNTIL(x.loop, x.calls);
    return x.err;
}

static void test_lookup_brings_every_record(void **state)
{
    (void)state;
    assert_int_equal(ask("two.test"), 0);
    assert_int_equal(x.n, 2);
    assert_string_equal(x.first, "one");
    assert_string_equal(x.last, "another");
    assert_int_equal(x.ttl_s, 60);
    assert_int_equal(x.server.asked, 1);
}

static void test_strings_of_a_record_are_one_text(void **state)
{
    (void)state;
    assert_int_equal(ask("long.test"), 0);
    assert_int_equal(x.n, 1);
    assert_string_equal(x.first, zones[1].texts[0]);
    assert_int_equal(ask("void.test"), 0);
    assert_int_equal(x.n, 1);
    assert_string_equal(x.first, "");
}

static void test_what_is_too_long_for_udp_comes_by_tcp(void **state)
{
    (void)state;
    assert_int_equal(ask("large.test"), 0);
    assert_int_equal(x.n, 61);
    assert_int_equal(strlen(x.first), 255);
    assert_string_equal(x.last, "the last");
    assert_int_equal(x.server.asked, 2);
}

static void test_64_kilobytes_are_64_records(void **state)
{
    (void)state;
    assert_int_equal(ask("endless.test"), 0);
    assert_int_equal(x.n, DNS_TEXTS_MAX);
}

static void test_a_cname_is_passed_and_the_least_ttl_holds(void **state)
{
    (void)state;
    assert_int_equal(ask("alias.test"), 0);
    assert_int_equal(x.n, 1);
    assert_string_equal(x.first, "of the other");
    assert_int_equal(x.ttl_s, 70);
}

static void test_lookup_tells_why_there_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int err;
    } cases[] = { { "nobody.test", GW_ENONAME },
                  { "none.test", GW_ENONAME },
                  { "class.test", GW_ENONAME },
                  { "broken.test", GW_ENETDOWN },
                  { "a..b", GW_ENONAME } };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(ask(cases[i].name), cases[i].err);
    start("silent.test", 300);
    LOOPRUN_UNTIL(x.loop, x.calls);
    assert_int_equal(x.err, GW_ETIMEOUT);
    dnsrig_end(&x.server);
    assert_int_equal(ask("two.test"), GW_ENETDOWN);
}

/* c-ares 1.18 hands them on, later ones refuse them and ask again. */
static void test_malformed_answers_fail(void **state)
{
    (void)state;
    static const char *const names[] = { "loop.test", "cut.test", "over.test" };
    for (size_t i = 0; i < COUNT(names); i++) {
        start(names[i], 3000);
        LOOPRUN_UNTIL(x.loop, x.calls);
        assert_true(x.err == GW_EPROTO || x.err == GW_ETIMEOUT || x.err == GW_ENETDOWN);
    }
    assert_int_equal(ask("two.test"), 0);
}

static void test_cancel_calls_nobody(void **state)
{
    (void)state;
    dns_cancel(start("two.test", 5000));
    dns_cancel(start("silent.test", 5000));
    start("two.test", 5000);
    LOOPRUN_UNTIL(x.loop, x.calls);
    assert_int_equal(x.calls, 1);
    start("large.test", 5000);
    start("silent.test", 5000);
    x.calls = 0; /* the teardown frees both */
}

/* ---- the message alone ---- */

static int read_spoilt(const char *records, size_t n, uint8_t answers)
{
    static const uint8_t head[] = { 0, 1, 0x81, 0x80, 0,   1,   0, 0, 0,  0, 0,
                                    0, 4, 't',  'e',  's', 't', 0, 0, 16, 0, 1 };
    uint8_t *m = malloc(sizeof head + n), *room = malloc(sizeof head + n);
    struct dns_texts t;
    assert_non_null(m);
    assert_non_null(room);
    memcpy(m, head, sizeof head);
    memcpy(m + sizeof head, records, n);
    m[7] = answers;
    int err = dns_texts_read((struct bytes){ m, sizeof head + n }, room, &t);
    free(m);
    free(room);
    return err;
}
#define SPOILT(records, answers) read_spoilt(records, sizeof(records) - 1, answers)

static void test_read_refuses_malformed_records(void **state)
{
    (void)state;
    assert_int_equal(SPOILT(HEAD "\0\x03\x02hi", 1), 0);
    assert_int_equal(SPOILT(HEAD "\0\x03\x02hi", 2), GW_EPROTO); /* the second one is missing */
    assert_int_equal(SPOILT(HEAD "\0\x03\x02h", 1), GW_EPROTO);
    assert_int_equal(SPOILT(HEAD "\0\x20\x02hi", 1), GW_EPROTO);
    assert_int_equal(SPOILT("\xc0\x16\0\x10\0\1\0\0\0\x09\0\3\2hi", 1), GW_EPROTO); /* to itself */
    assert_int_equal(SPOILT("\xc0\xff\0\x10\0\1\0\0\0\x09\0\3\2hi", 1), GW_EPROTO);
    assert_int_equal(SPOILT("", 0), GW_ENONAME);
    struct dns_texts t;
    assert_int_equal(dns_texts_read((struct bytes)B("short"), NULL, &t), GW_EPROTO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lookup_brings_every_record),
        TEST(strings_of_a_record_are_one_text),
        TEST(what_is_too_long_for_udp_comes_by_tcp),
        TEST(64_kilobytes_are_64_records),
        TEST(a_cname_is_passed_and_the_least_ttl_holds),
        TEST(lookup_tells_why_there_are_none),
        TEST(malformed_answers_fail),
        TEST(cancel_calls_nobody),
        cmocka_unit_test(test_read_refuses_malformed_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
