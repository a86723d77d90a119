/* test_aim.c - where a host leads: to a peer, by its stable address too; elsewhere as [proxy] other
 * says; nowhere.  Through front_open, with the layers below played by the test. */
#include "base/log.h"
#include "frontrig.h"
#include "tmpfiles.h"

static struct front_target to(const char *host, uint16_t port)
{
    struct front_target t = { .port = port };
    snprintf(t.host, sizeof t.host, "%s", host);
    return t;
}

/* Asks and lets what ends at once end. */
static void ask(const char *host)
{
    struct front_target t = to(host, 443);
    rig_ask(&t);
    looprig_run(&rig.loop);
}

static void expect_failure(const char *host, int err, const char *why)
{
    ask(host);
    assert_int_equal(rig.opened, 1);
    assert_int_equal(rig.err, err);
    assert_string_equal(rig.why, why);
    assert_int_equal(svc.calls, 0);
    assert_int_equal(rig.dns.calls, 0);
}

static void nobody_knows(enum front_other other, const char *via)
{
    rig.resolver.answer = NULL;
    front_use(rig.front, NULL, &rig.dns);
    assert_int_equal(front_set_other(rig.front, other, via), 0);
}

/* ---- stable addresses ---- */

static void test_stable_address_leads_to_its_peer(void **state)
{
    struct tmpfiles tmp;
    (void)state;
    tmpfiles_init(&tmp);
    tmpfiles_write(tmp.path, "127.64.1.2 " PEER_A "\n");
    struct loopback *l = loopback_new(tmp.path);
    assert_non_null(l);
    front_use(rig.front, l, NULL);

    static const char *const hosts[] = { "127.64.1.2", "::ffff:127.64.1.2", "[::ffff:127.64.1.2]" };
    for (size_t i = 0; i < COUNT(hosts); i++) {
        ask(hosts[i]);
        assert_string_equal(rig.resolver.host, PEER_A);
        assert_int_equal(svc.calls, i + 1);
        assert_true(peerid_eq(&svc.target.peer, &rig.answer.peer));
        assert_int_equal(svc.target.port, 443);
        front_cancel(rig.open, GW_ECANCELED);
    }
    loopback_free(l);
    tmpfiles_fini(&tmp);
}

static void test_stable_address_of_nobody_goes_nowhere(void **state)
{
    struct tmpfiles tmp;
    (void)state;
    tmpfiles_init(&tmp);
    struct loopback *l = loopback_new(tmp.path);
    front_use(rig.front, l, &rig.dns);
    assert_int_equal(front_set_other(rig.front, FRONT_DIRECT, NULL), 0);
    expect_failure("127.64.1.2", GW_ENONAME, "no peer has this address");
    loopback_free(l);
    tmpfiles_fini(&tmp);
}

/* The id of the address is our own doing: that nobody finds it is no reason to ask the internet. */
static void test_stable_address_that_no_tier_knows_goes_nowhere(void **state)
{
    struct tmpfiles tmp;
    (void)state;
    tmpfiles_init(&tmp);
    tmpfiles_write(tmp.path, "127.64.1.2 " PEER_A "\n");
    struct loopback *l = loopback_new(tmp.path);
    nobody_knows(FRONT_DIRECT, NULL);
    front_use(rig.front, l, &rig.dns);
    expect_failure("127.64.1.2", GW_ENONAME, "nobody who was asked knows the name (test: no line)");
    loopback_free(l);
    tmpfiles_fini(&tmp);
}

/* ---- refused ---- */

static void test_refused_names_say_what_to_do(void **state)
{
    (void)state;
    nobody_knows(FRONT_REFUSE, NULL);
    expect_failure(
        "example.com", GW_ENONAME,
        "nobody who was asked knows the name (test: no line); example.com is nobody's here "
        "([proxy] other = refuse)");
    expect_failure("192.0.2.7", GW_ENONAME, "192.0.2.7 is nobody's here ([proxy] other = refuse)");
    expect_failure("2001:db8::7", GW_ENONAME,
                   "2001:db8::7 is nobody's here ([proxy] other = refuse)");
}

static void test_names_that_a_tier_may_own_never_leave(void **state)
{
    static const char *const hosts[] = {
        "lapotp.grewal.p2p",
        "lap.grewl.p2p",
        "x.p2p",
        PEER_B,
        "web." PEER_B,
        "a.b." PEER_A,
        PEER_B_CID32,
        "12d3koowd3eckifwprn9wqpmg9r9hx3sd158z7eqhwmweqaju5sa", /* lost its capitals */
        "web.12d3koowd3eckifwprn9wqpmg9r9hx3sd158z7eqhwmweqaju5sa",
        "grewal",
        "lapotp.grewal",
        "db.lapotp.Grewal",
        "localhost",
        "printer",
        "printer.",
        "printer.local"
    };
    static const enum front_other others[] = { FRONT_REFUSE, FRONT_DIRECT, FRONT_VIA };
    (void)state;
    rig.resolver.domain = "grewal";
    for (size_t k = 0; k < COUNT(others); k++) {
        nobody_knows(others[k], "gate");
        for (size_t i = 0; i < COUNT(hosts); i++)
            expect_failure(hosts[i], GW_ENONAME,
                           "nobody who was asked knows the name (test: no line)");
    }
}

static void test_other_failures_of_the_resolver_do_not_leave(void **state)
{
    (void)state;
    nobody_knows(FRONT_DIRECT, NULL);
    rig.resolver.err = GW_ETIMEOUT;
    expect_failure("example.com", GW_ETIMEOUT, "deadline passed (test: no line)");
}

static void test_this_machine_is_not_reached_by_address(void **state)
{
    static const char *const hosts[] = { "127.0.0.1", "127.64.1.2",       "0.0.0.0", "::1",
                                         "::",        "::ffff:127.0.0.1", "[::1]",   "0.1.2.3" };
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        nobody_knows(k ? FRONT_VIA : FRONT_DIRECT, "gate");
        for (size_t i = 0; i < COUNT(hosts); i++)
            expect_failure(hosts[i], GW_EDENIED,
                           "an address of this machine is not reached through a proxy");
    }
}

static void test_own_names_do_not_ask_dns(void **state)
{
    (void)state;
    front_use(rig.front, NULL, &rig.dns);
    assert_int_equal(front_set_other(rig.front, FRONT_DIRECT, NULL), 0);
    ask("db.alice");
    assert_int_equal(svc.calls, 1);
    assert_null(svc.target.destination);
    assert_int_equal(rig.dns.calls, 0);
    front_cancel(rig.open, GW_ECANCELED);
}

/* ---- direct ---- */

static void test_direct_dials_from_here_and_joins(void **state)
{
    static const char *const hosts[] = { "example.com", "192.0.2.7", "10.0.0.1", "2001:db8::7" };
    int sv[2];
    (void)state;
    nobody_knows(FRONT_DIRECT, NULL);
    for (size_t i = 0; i < COUNT(hosts); i++) {
        ask(hosts[i]);
        assert_int_equal(rig.dns.calls, i + 1);
        assert_string_equal(rig.dns.host, hosts[i]);
        assert_int_equal(rig.dns.port, 443);
        assert_int_equal(rig.dns.timeout_ms, 5000);
        if (i + 1 < COUNT(hosts))
            front_cancel(rig.open, GW_ECANCELED);
    }
    assert_true(rig.dns.is_canceled);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv), 0);
    rig.remote_fd = sv[1];
    rig.dns.dialled(rig.dns.arg, 0, sv[0]);
    assert_int_equal(rig.opened, 1);
    assert_int_equal(rig.err, 0);
    rig_join();
    put(rig.client_fd, "GET", 3);
    looprig_run(&rig.loop);
    assert_got(rig.remote_fd, "GET", 3);
    assert_int_equal(rig_stats().active, 1);
    assert_int_equal(svc.calls, 0);
}

/* A name of the internet that points at 127.0.0.1 would be a way to what listens there. */
static void test_direct_lets_no_name_lead_to_this_machine(void **state)
{
    static const struct {
        const char *ip;
        bool may;
    } cases[] = {
        { "127.0.0.1", false }, { "127.64.3.4", false }, { "::1", false },
        { "0.0.0.0", false },   { "::", false },         { "192.168.1.1", true },
        { "192.0.2.7", true },  { "fd00::1", true },     { "2001:db8::1", true },
        { "128.0.0.1", true },
    };
    (void)state;
    nobody_knows(FRONT_DIRECT, NULL);
    ask("rebind.example.com");
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ipaddr ip = rig_ip(cases[i].ip);
        assert_int_equal(rig.dns.may(rig.dns.arg, &ip), cases[i].may);
    }
    rig.dns.dialled(rig.dns.arg, GW_EDENIED, -1);
    looprig_run(&rig.loop);
    assert_int_equal(rig.err, GW_EDENIED);
    assert_string_equal(rig.why, "an address of this machine is not reached through a proxy");
}

static void test_direct_says_why_it_failed(void **state)
{
    static const struct {
        int err;
        const char *why;
    } cases[] = { { GW_ENONAME, "DNS does not know the name either" },
                  { GW_EREFUSED, "connection refused" },
                  { GW_ETIMEOUT, "deadline passed" } };
    (void)state;
    nobody_knows(FRONT_DIRECT, NULL);
    for (size_t i = 0; i < COUNT(cases); i++) {
        ask("example.com");
        rig.dns.dialled(rig.dns.arg, cases[i].err, -1);
        looprig_run(&rig.loop);
        assert_int_equal(rig.err, cases[i].err);
        assert_string_equal(rig.why, cases[i].why);
    }
}

static void test_direct_without_dns_fails(void **state)
{
    (void)state;
    nobody_knows(FRONT_DIRECT, NULL);
    front_use(rig.front, NULL, NULL);
    expect_failure("example.com", GW_ENETDOWN, "network unreachable");
}

static void test_elsewhere_needs_a_port(void **state)
{
    struct front_target t = { .host = "example.com", .service = "ssh" };
    (void)state;
    nobody_knows(FRONT_DIRECT, NULL);
    rig_ask(&t);
    looprig_run(&rig.loop);
    assert_int_equal(rig.err, GW_EINVAL);
    assert_int_equal(rig.dns.calls, 0);
}

/* ---- via ---- */

static void test_via_asks_the_exit_of_the_peer(void **state)
{
    static const struct {
        const char *host, *destination;
    } cases[] = { { "example.com", "example.com:443" },
                  { "2001:db8::7", "[2001:db8::7]:443" },
                  { "[2001:db8::7]", "[2001:db8::7]:443" },
                  { "192.0.2.7", "192.0.2.7:443" } };
    (void)state;
    assert_int_equal(front_set_other(rig.front, FRONT_VIA, "gate"), 0);
    rig.resolver.unknown = "example.com";
    snprintf(rig.answer.service, sizeof rig.answer.service,
             "db"); /* of the exit's name: no matter */
    rig.answer.nmaps = 1;
    rig.answer.maps[0] = (struct name_map){ 443, "/x/web" };
    for (size_t i = 0; i < COUNT(cases); i++) {
        ask(cases[i].host);
        assert_string_equal(rig.resolver.host, "gate");
        assert_int_equal(svc.calls, i + 1);
        assert_true(peerid_eq(&svc.target.peer, &rig.answer.peer));
        assert_string_equal(svc.target.service, "exit");
        assert_int_equal(svc.target.port, 0);
        assert_string_equal(svc.protocol, "");
        assert_string_equal(svc.destination, cases[i].destination);
        front_cancel(rig.open, GW_ECANCELED);
    }
}

static void test_via_an_unknown_exit_names_it(void **state)
{
    (void)state;
    nobody_knows(FRONT_VIA, "gate");
    expect_failure("example.com", GW_ENONAME,
                   "exit gate: nobody who was asked knows the name (test: no line)");
}

static void test_reload_does_not_disturb_an_exit_that_is_looked_up(void **state)
{
    (void)state;
    nobody_knows(FRONT_VIA, "gate");
    rig.resolver.is_slow = true;
    ask("192.0.2.7");
    assert_string_equal(rig.resolver.host, "gate");
    assert_int_equal(front_set_other(rig.front, FRONT_VIA, "another"), 0);
    assert_int_equal(front_set_other(rig.front, FRONT_REFUSE, NULL), 0);
    rig.resolver.done(rig.resolver.arg, GW_ENONAME, NULL, "");
    looprig_run(&rig.loop);
    assert_string_equal(rig.why, "exit gate: nobody who was asked knows the name");
    ask("192.0.2.7");
    assert_int_equal(rig.err, GW_ENONAME);
}

static enum host_path policy(void *arg, const struct peerid *peer)
{
    assert_true(peerid_eq(peer, arg));
    return HOST_PATH_RELAY;
}

static void assert_path(const struct front_target *t, enum host_path want)
{
    rig_ask(t);
    assert_int_equal(svc.target.path, want);
    assert_false(svc.target.is_udp);
    front_cancel(rig.open, GW_ECANCELED);
}

static void test_path_is_that_of_the_option_else_that_of_the_peer(void **state)
{
    struct front_target t = { .host = "alice", .port = 22 };
    (void)state;
    assert_path(&t, HOST_PATH_ANY);
    front_set_paths(rig.front, policy, &rig.answer.peer);
    assert_path(&t, HOST_PATH_RELAY);
    t.has_path = true;
    assert_path(&t, HOST_PATH_ANY);
    t.path = HOST_PATH_DIRECT;
    assert_path(&t, HOST_PATH_DIRECT);
    front_set_paths(rig.front, NULL, NULL);
    t.has_path = false;
    assert_path(&t, HOST_PATH_ANY);
}

static void test_path_to_an_exit_is_that_of_its_peer(void **state)
{
    (void)state;
    nobody_knows(FRONT_VIA, "gate");
    rig.resolver.answer = &rig.answer;
    front_set_paths(rig.front, policy, &rig.answer.peer);
    ask("192.0.2.7");
    assert_int_equal(svc.target.path, HOST_PATH_RELAY);
    front_cancel(rig.open, GW_ECANCELED);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rig_start, rig_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_stable_address_leads_to_its_peer),
        T(test_stable_address_of_nobody_goes_nowhere),
        T(test_stable_address_that_no_tier_knows_goes_nowhere),
        T(test_refused_names_say_what_to_do),
        T(test_names_that_a_tier_may_own_never_leave),
        T(test_other_failures_of_the_resolver_do_not_leave),
        T(test_this_machine_is_not_reached_by_address),
        T(test_own_names_do_not_ask_dns),
        T(test_direct_dials_from_here_and_joins),
        T(test_direct_lets_no_name_lead_to_this_machine),
        T(test_direct_says_why_it_failed),
        T(test_direct_without_dns_fails),
        T(test_elsewhere_needs_a_port),
        T(test_via_asks_the_exit_of_the_peer),
        T(test_via_an_unknown_exit_names_it),
        T(test_reload_does_not_disturb_an_exit_that_is_looked_up),
        T(test_path_is_that_of_the_option_else_that_of_the_peer),
        T(test_path_to_an_exit_is_that_of_its_peer),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
