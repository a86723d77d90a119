/* test_tier_exec.c - what a program's answer says; programs that answer, and programs that do
 * not. */
#include "name/tier_exec.h"

#include <stdio.h>

#include "base/clock.h"
#include "name/errands.h"
#include "testpeers.h"
#include "tierrig.h"
#include "tmpfiles.h"

#define ADDR  "/ip4/192.0.2.7/udp/4001/quic-v1"
#define RELAY "/ip4/192.0.2.9/tcp/4001/p2p/" PEER_B "/p2p-circuit"

/* ---- the line ---- */

static void test_read_takes_peer_addresses_and_ttl(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        size_t naddrs;
        uint64_t ttl_ms;
    } cases[] = {
        { PEER_A, 0, RESOLVER_TTL_DEFAULT },
        { PEER_A "\n", 0, RESOLVER_TTL_DEFAULT },
        { "  " PEER_A "\t" ADDR " \r\n\n", 1, RESOLVER_TTL_DEFAULT },
        { PEER_A " " ADDR " " RELAY " ttl=60\n", 2, 60000 },
        { PEER_A " ttl=0 " ADDR, 1, 0 },
        { PEER_A " ttl=86401", 0, 86400000 },
        { PEER_A " ttl=99999999999999999999999999999999", 0, 86400000 },
        { PEER_A " " ADDR "/p2p/" PEER_A, 1, RESOLVER_TTL_DEFAULT },
        { PEER_A " /onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:1234 " ADDR, 1,
          RESOLVER_TTL_DEFAULT },
        { PEER_A " " ADDR " " ADDR " " ADDR " " ADDR " " ADDR " " ADDR " " ADDR " " ADDR " " ADDR,
          8, RESOLVER_TTL_DEFAULT },
    };
    struct peerid id = peer_of(PEER_A);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct name_answer a;
        char text[MULTIADDR_STR_MAX];
        assert_int_equal(tier_exec_read(bytes_of(cases[i].line), &a), 0);
        assert_true(peerid_eq(&a.peer, &id));
        assert_int_equal(a.naddrs, cases[i].naddrs);
        assert_int_equal(a.ttl_ms, cases[i].ttl_ms);
        if (a.naddrs)
            assert_string_equal(multiaddr_print(&a.addrs[0], text), ADDR);
        if (a.naddrs == 2)
            assert_string_equal(multiaddr_print(&a.addrs[1], text), RELAY);
    }
}

static void test_read_refuses_anything_else(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int err;
    } cases[] = {
        { "", GW_ENONAME },
        { "\n", GW_ENONAME },
        { " \t\r\n \n", GW_ENONAME },
        { "unknown", GW_ESYNTAX },
        { ADDR, GW_ESYNTAX },
        { PEER_A " nonsense", GW_ESYNTAX },
        { PEER_A " /ip4/300.1.1.1/udp/1/quic-v1", GW_ESYNTAX },
        { PEER_A " " ADDR "/p2p/" PEER_B, GW_ESYNTAX },
        { PEER_A " ttl=", GW_ESYNTAX },
        { PEER_A " ttl=-1", GW_ESYNTAX },
        { PEER_A " ttl=1m", GW_ESYNTAX },
        { PEER_A "\n" PEER_B "\n", GW_ESYNTAX },
        { "\x7f" PEER_A, GW_ESYNTAX },
        { "12D3KooW", GW_ESYNTAX },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct name_answer a;
        assert_int_equal(tier_exec_read(bytes_of(cases[i].line), &a), cases[i].err);
    }
    struct name_answer a;
    assert_int_equal(tier_exec_read((struct bytes)B(PEER_A "\0" ADDR), &a), GW_ESYNTAX);
    assert_int_equal(tier_exec_read((struct bytes){ 0 }, &a), GW_ENONAME);
}

/* ---- the program ---- */

#define LOOKUPS_MAX 64

static struct fixture {
    struct tierrig rig;
    struct tmpfiles tmp;
    struct tier_exec *tier;
    struct tierrig_said v[LOOKUPS_MAX];
} x;

static int setup(void **state)
{
    (void)state;
    x = (struct fixture){ .tier = NULL };
    tierrig_init(&x.rig, 30000);
    tmpfiles_init(&x.tmp);
    x.tier = tier_exec_new(x.rig.loop, x.tmp.path);
    tierrig_add(&x.rig, &tier_exec_ops, x.tier);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tierrig_stop(&x.rig);
    tier_exec_free(x.tier);
    tierrig_fini(&x.rig);
    tmpfiles_fini(&x.tmp);
    return 0;
}

/* The program is a shell script. */
static void program(const char *script)
{
    char text[4096];
    snprintf(text, sizeof text, "#!/bin/sh\n%s\n", script);
    tmpfiles_write(x.tmp.path, text);
    assert_int_equal(chmod(x.tmp.path, 0700), 0);
}

static const struct tierrig_said *resolve(const char *name)
{
    return tierrig_ask(&x.rig, name);
}

static void test_the_program_reads_the_name_and_answers(void **state)
{
    (void)state;
    program("read -r name; [ \"$name\" = laptop.grewal ] && echo " PEER_A " " ADDR
            " ttl=7; cat >&2");
    struct peerid id = peer_of(PEER_A);
    static const char *const names[] = { "laptop.grewal", "LAPTOP.Grewal.p2p", "laptop.grewal." };
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct tierrig_said *q = resolve(names[i]);
        assert_int_equal(q->err, 0);
        assert_true(peerid_eq(&q->answer.peer, &id));
        assert_int_equal(q->answer.naddrs, 1);
        assert_int_equal(q->answer.ttl_ms, 7000);
        assert_string_equal(q->answer.tier, "exec");
        assert_string_equal(q->answer.service, "");
    }
}

static void test_the_trail_says_why_there_is_no_answer(void **state)
{
    (void)state;
    static const struct {
        const char *script, *trail;
    } cases[] = {
        { "", "exec: file: it knows none" },
        { "echo", "exec: file: it knows none" },
        { "echo who", "exec: file: its answer is not PEER-ID [MULTIADDR...] [ttl=SECONDS]" },
        { "echo " PEER_A "; exit 7", "exec: file: ended with status 7" },
        { "kill -9 $$", "exec: file: killed by signal 9" },
        { "exec yes", "exec: file: more than 4096 octets of answer, killed" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        program(cases[i].script);
        const struct tierrig_said *q = resolve("laptop.grewal");
        assert_int_equal(q->err, GW_ENONAME);
        assert_string_equal(q->trail, cases[i].trail);
    }
    assert_int_equal(chmod(x.tmp.path, 0600), 0);
    assert_string_equal(resolve("laptop.grewal")->trail, "exec: file: it may not be run");
    assert_int_equal(unlink(x.tmp.path), 0);
    assert_string_equal(resolve("laptop.grewal")->trail, "exec: file: there is no such program");
}

static void test_a_program_that_hangs_is_killed_in_time(void **state)
{
    (void)state;
    program("sleep 99");
    uint64_t start_ms = clock_mono_ms();
    assert_string_equal(resolve("laptop.grewal")->trail, "exec: file: no answer in 5 s, killed");
    assert_in_range(clock_mono_ms() - start_ms, TIER_EXEC_MS - 100, TIER_EXEC_MS + 2000);
}

static void test_peer_ids_are_not_asked_for(void **state)
{
    (void)state;
    program("echo " PEER_A);
    assert_string_equal(resolve(PEER_B)->trail, "");
    assert_string_equal(resolve("db." PEER_B)->trail, "");
    assert_int_equal(x.rig.said.err, GW_ENONAME);
}

/* Each run is noted while it lasts; the answer's TTL tells how many there were at a time. */
static void ask_many(void)
{
    char name[32];
    for (size_t i = 0; i < LOOKUPS_MAX; i++) {
        snprintf(name, sizeof name, "host%zu.grewal", i);
        tierrig_start(&x.rig, name, &x.v[i]);
        assert_non_null(x.v[i].req);
    }
}

static void test_no_more_than_16_run_at_a_time(void **state)
{
    (void)state;
    char script[512];
    snprintf(script, sizeof script,
             "mkdir %s/run.$$; set -- %s/run.*; sleep 0.2; rmdir %s/run.$$; echo " PEER_A " ttl=$#",
             x.tmp.dir, x.tmp.dir, x.tmp.dir);
    program(script);
    ask_many();
    uint64_t most = 0;
    for (size_t i = 0; i < LOOKUPS_MAX; i++) {
        tierrig_wait(&x.rig, &x.v[i]);
        assert_int_equal(x.v[i].err, 0);
        most = x.v[i].answer.ttl_ms > most ? x.v[i].answer.ttl_ms : most;
    }
    assert_in_range(most, 2000, ERRANDS_RUN_MAX * 1000);
}

static void test_who_waits_is_run_though_those_before_are_cancelled(void **state)
{
    (void)state;
    program("read -r name; [ $name = host63.grewal ] || sleep 99; echo " PEER_A);
    ask_many();
    for (size_t i = 0; i < LOOKUPS_MAX - 1; i++)
        resolver_cancel(x.v[i].req);
    tierrig_wait(&x.rig, &x.v[LOOKUPS_MAX - 1]);
    assert_int_equal(x.v[LOOKUPS_MAX - 1].err, 0);
    for (size_t i = 0; i < LOOKUPS_MAX - 1; i++)
        assert_int_equal(x.v[i].calls, 0);
}

static void test_free_ends_what_runs_and_what_waits(void **state)
{
    (void)state;
    program("sleep 99");
    ask_many();
    for (int i = 0; i < 10; i++)
        ev_run(x.rig.loop, EVRUN_NOWAIT);
    /* the teardown does it, and finds nothing left */
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_takes_peer_addresses_and_ttl),
        cmocka_unit_test(test_read_refuses_anything_else),
        TEST(the_program_reads_the_name_and_answers),
        TEST(the_trail_says_why_there_is_no_answer),
        TEST(a_program_that_hangs_is_killed_in_time),
        TEST(peer_ids_are_not_asked_for),
        TEST(no_more_than_16_run_at_a_time),
        TEST(who_waits_is_run_though_those_before_are_cancelled),
        TEST(free_ends_what_runs_and_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
