/* test_front_address.c - the address of a host for clients that want one, and the way back. */
#include "base/log.h"
#include "frontrig.h"
#include "tmpfiles.h"

struct told {
    int calls, err;
    struct ipaddr ip;
    char why[FRONT_WHY_MAX];
};

static struct tmpfiles tmp;
static struct loopback *loopback;

static void on_address(void *arg, int err, const struct ipaddr *ip, const char *why)
{
    struct told *t = arg;
    t->calls++;
    t->err = err;
    assert_int_equal(!err, ip != NULL);
    if (ip)
        t->ip = *ip;
    snprintf(t->why, sizeof t->why, "%s", why);
}

static int start(void **state)
{
    rig_start(state);
    tmpfiles_init(&tmp);
    loopback = loopback_new(tmp.path);
    assert_non_null(loopback);
    front_use(rig.front, loopback, &rig.dns);
    return 0;
}

static int stop(void **state)
{
    rig_stop(state);
    loopback_free(loopback);
    tmpfiles_fini(&tmp);
    return 0;
}

static struct front_lookup *begin(const char *host, struct told *t)
{
    *t = (struct told){ 0 };
    struct front_lookup *l = NULL;
    assert_int_equal(front_address(rig.front, host, on_address, t, &l), 0);
    looprig_run(&rig.loop);
    return l;
}

static void ask(const char *host, struct told *t)
{
    begin(host, t);
    assert_int_equal(t->calls, 1);
}

static void assert_ip(const struct ipaddr *got, const char *want)
{
    struct ipaddr ip = rig_ip(want);
    assert_int_equal(got->family, ip.family);
    assert_memory_equal(got->b, ip.b, sizeof ip.b);
}

static void test_peer_has_one_address_that_leads_back_to_it(void **state)
{
    struct told a, b;
    char name[NAME_MAX_OCTETS + 1];
    (void)state;
    ask("alice", &a);
    assert_int_equal(a.err, 0);
    assert_true(loopback_is(loopback, &a.ip));
    ask("db.alice", &b); /* the same peer */
    assert_memory_equal(&a.ip, &b.ip, sizeof a.ip);

    rig.resolver.name_of = "alice";
    assert_true(front_name_of(rig.front, &a.ip, name));
    assert_string_equal(name, "alice");
    rig.resolver.name_of = NULL; /* then by its id, in the form that has no capitals to lose */
    assert_true(front_name_of(rig.front, &a.ip, name));
    struct peerid back = peer_of(name);
    assert_true(peerid_eq(&back, &rig.answer.peer));
    assert_int_equal(name[0], 'k');
}

static void test_address_of_nobody_has_no_name(void **state)
{
    static const char *const none[] = { "127.64.0.0", "127.0.0.1", "192.0.2.1", "::1" };
    char name[NAME_MAX_OCTETS + 1];
    (void)state;
    for (size_t i = 0; i < COUNT(none); i++) {
        struct ipaddr ip = rig_ip(none[i]);
        assert_false(front_name_of(rig.front, &ip, name));
    }
    front_use(rig.front, NULL, NULL);
    struct ipaddr ip = rig_ip("127.64.1.1");
    assert_false(front_name_of(rig.front, &ip, name));
}

static void test_unknown_name_says_why(void **state)
{
    struct told t;
    (void)state;
    rig.resolver.answer = NULL;
    ask("nobody.p2p", &t);
    assert_int_equal(t.err, GW_ENONAME);
    assert_string_equal(t.why, "nobody who was asked knows the name (test: no line)");
    ask("example.com", &t);
    assert_string_equal(t.why,
                        "nobody who was asked knows the name (test: no line); example.com is "
                        "nobody's here ([proxy] other = refuse)");
    char longest[NAME_MAX_OCTETS + 2] = { 0 };
    memset(longest, 'a', sizeof longest - 1);
    ask(longest, &t);
    assert_int_equal(t.err, GW_ESYNTAX);
}

static void test_without_stable_addresses_there_is_none(void **state)
{
    struct told t;
    (void)state;
    front_use(rig.front, NULL, NULL);
    ask("alice", &t);
    assert_int_equal(t.err, GW_EUNSUP);
}

static void test_direct_answers_what_dns_says_ipv4_first(void **state)
{
    struct ipaddr ips[] = { rig_ip("2001:db8::1"), rig_ip("192.0.2.1"), rig_ip("192.0.2.2") };
    struct told t;
    (void)state;
    rig.resolver.answer = NULL;
    assert_int_equal(front_set_other(rig.front, FRONT_DIRECT, NULL), 0);
    begin("example.com", &t);
    assert_string_equal(rig.dns.host, "example.com");
    rig.dns.done(rig.dns.arg, 0, ips, COUNT(ips));
    looprig_run(&rig.loop);
    assert_int_equal(t.err, 0);
    assert_ip(&t.ip, "192.0.2.1");

    begin("example.com", &t);
    rig.dns.done(rig.dns.arg, 0, ips, 1);
    looprig_run(&rig.loop);
    assert_ip(&t.ip, "2001:db8::1");

    begin("example.com", &t);
    rig.dns.done(rig.dns.arg, GW_ENONAME, NULL, 0);
    looprig_run(&rig.loop);
    assert_int_equal(t.err, GW_ENONAME);
}

/* Else a web page could be given the address of a peer under a name of its own. */
static void test_dns_cannot_give_an_address_of_this_machine_or_of_a_peer(void **state)
{
    struct ipaddr ips[] = { rig_ip("127.64.1.2"), rig_ip("127.0.0.1"), rig_ip("::1"),
                            rig_ip("198.18.1.2") };
    struct ipaddr net = rig_ip("198.18.0.0");
    struct told t;
    (void)state;
    rig.resolver.answer = NULL;
    assert_int_equal(front_set_other(rig.front, FRONT_DIRECT, NULL), 0);
    loopback_set_net(loopback, &net);
    begin("rebind.example.com", &t);
    rig.dns.done(rig.dns.arg, 0, ips, COUNT(ips));
    looprig_run(&rig.loop);
    assert_int_equal(t.err, GW_EDENIED);
}

static void test_exit_tells_no_address(void **state)
{
    struct told t;
    (void)state;
    rig.resolver.unknown = "example.com";
    assert_int_equal(front_set_other(rig.front, FRONT_VIA, "gate"), 0);
    ask("example.com", &t);
    assert_int_equal(t.err, GW_EUNSUP);
}

static void test_never_calls_back_from_inside_and_not_after_cancel(void **state)
{
    struct told t = { 0 };
    (void)state;
    struct front_lookup *l = NULL;
    assert_int_equal(front_address(rig.front, "alice", on_address, &t, &l), 0);
    assert_int_equal(t.calls, 0);
    front_address_cancel(l);
    rig.resolver.is_slow = true;
    front_address_cancel(begin("alice", &t));
    assert_true(rig.resolver.is_canceled);
    rig.resolver.is_slow = false;
    rig.resolver.answer = NULL;
    assert_int_equal(front_set_other(rig.front, FRONT_DIRECT, NULL), 0);
    front_address_cancel(begin("example.com", &t));
    assert_true(rig.dns.is_canceled);
    front_address_cancel(NULL);
    looprig_run(&rig.loop);
    assert_int_equal(t.calls, 0);
}

static void test_lookups_are_bounded_and_end_with_the_front(void **state)
{
    struct front_lookup *third;
    struct told t = { 0 };
    (void)state;
    rig.resolver.is_slow = true;
    begin("alice", &t);
    begin("bob", &t); /* the limit of the rig is 2 */
    assert_int_equal(front_address(rig.front, "carol", on_address, &t, &third), GW_ELIMIT);
    front_free(rig.front);
    rig.front = NULL;
    assert_true(rig.resolver.is_canceled);
    looprig_run(&rig.loop);
    assert_int_equal(t.calls, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_peer_has_one_address_that_leads_back_to_it),
        T(test_address_of_nobody_has_no_name),
        T(test_unknown_name_says_why),
        T(test_without_stable_addresses_there_is_none),
        T(test_direct_answers_what_dns_says_ipv4_first),
        T(test_dns_cannot_give_an_address_of_this_machine_or_of_a_peer),
        T(test_exit_tells_no_address),
        T(test_never_calls_back_from_inside_and_not_after_cancel),
        T(test_lookups_are_bounded_and_end_with_the_front),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
