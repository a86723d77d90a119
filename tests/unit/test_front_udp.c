/* test_front_udp.c - opens with is_udp: a flow to a peer, or a socket from here, joined to the
 * client's pipe. */
#include "base/log.h"
#include "frontrig.h"

static const struct front_target dns = { .host = "alice", .port = 53, .is_udp = true };

static void assert_last(const struct fake_dgrams *d, const char *want)
{
    assert_int_equal(d->n, strlen(want));
    assert_memory_equal(d->got, want, d->n);
}

static void open_flow(void)
{
    rig_ask(&dns);
    rig_open_remote((struct bytes){ 0 });
}

static void test_flow_has_the_id_that_was_agreed(void **state)
{
    (void)state;
    rig.answer.nmaps = 1; /* a protocol of streams is none for datagrams */
    rig.answer.maps[0] = (struct name_map){ 53, "/x/dns" };
    rig_ask(&dns);
    assert_true(svc.target.is_udp);
    assert_string_equal(svc.protocol, "");
    rig_open_remote((struct bytes){ 0 });
    assert_int_equal(rig.flow_id, 77);
}

static void test_datagrams_cross_both_ways_and_are_counted(void **state)
{
    (void)state;
    open_flow();
    rig_join_dgrams();
    assert_int_equal(rig_stats().active, 1);
    assert_int_equal(rig_stats().opening, 0);
    rig_datagram(&rig.client, "question");
    assert_last(&rig.flow, "question");
    rig_datagram(&rig.flow, "an");
    rig_datagram(&rig.flow, "answer");
    assert_last(&rig.client, "answer");
    rig_dgrams_end(&rig.flow, 0);
    assert_int_equal(rig.done, 1);
    assert_int_equal(rig.done_err, 0);
    assert_int_equal(rig.passed.datagrams[0], 1);
    assert_int_equal(rig.passed.octets[0], 8);
    assert_int_equal(rig.passed.datagrams[1], 2);
    assert_int_equal(rig.passed.octets[1], 8);
    assert_true(rig.client.is_closed);
    assert_int_equal(rig_stats().active, 0);
    assert_int_equal(rig_stats().opened, 1);
}

static void test_what_came_before_the_join_is_kept_up_to_eight(void **state)
{
    char text[] = "0";
    (void)state;
    open_flow();
    for (text[0] = '0'; text[0] <= '9'; text[0]++)
        rig_datagram(&rig.flow, text);
    rig_join_dgrams();
    assert_int_equal(rig.client.sent, 8);
    assert_last(&rig.client, "7");
    rig_dgrams_end(&rig.client, 0);
    assert_int_equal(rig.passed.datagrams[1], 8);
    assert_int_equal(rig.passed.octets[1], 8);
    assert_true(rig.flow.is_closed);
}

static void test_flow_lost_before_the_join_ends_the_client(void **state)
{
    (void)state;
    open_flow();
    rig_datagram(&rig.flow, "x");
    rig_dgrams_end(&rig.flow, GW_ERESET);
    rig_join_dgrams();
    assert_true(rig.client.is_closed);
    assert_int_equal(rig.client.err, GW_ERESET);
    assert_int_equal(rig.done, 1);
    assert_int_equal(rig.done_err, GW_ERESET);
    assert_int_equal(rig_stats().opening, 0);
    assert_int_equal(rig_stats().active, 0);
}

static void test_silence_ends_both(void **state)
{
    (void)state;
    front_set_udp_idle(rig.front, 20);
    open_flow();
    rig_join_dgrams();
    looprig_run_ms(&rig.loop, 60);
    assert_int_equal(rig.done, 1);
    assert_int_equal(rig.done_err, 0);
    assert_true(rig.client.is_closed);
    assert_true(rig.flow.is_closed);
}

static void test_cancel_closes_the_flow(void **state)
{
    (void)state;
    open_flow();
    rig_datagram(&rig.flow, "x");
    front_cancel(rig.open, GW_ECANCELED);
    assert_true(rig.flow.is_closed);
    assert_int_equal(rig_stats().opening, 0);
}

static void test_free_ends_pipes_without_a_call(void **state)
{
    (void)state;
    open_flow();
    rig_join_dgrams();
    front_free(rig.front);
    rig.front = NULL;
    assert_true(rig.client.is_closed);
    assert_true(rig.flow.is_closed);
    assert_int_equal(rig.done, 0);
}

static void test_no_memory_for_the_flow_ends_its_stream(void **state)
{
    (void)state;
    rig.is_flow_out_of_memory = true;
    rig_ask(&dns);
    struct stream *s = looprig_stream(&rig.loop, &rig.remote_fd);
    svc.done(svc.arg, 0, NULL, s, (struct bytes){ 0 }, "");
    looprig_run(&rig.loop);
    assert_int_equal(rig.opened, 1);
    assert_int_equal(rig.err, GW_ENOMEM);
    assert_gone(rig.remote_fd);
}

/* ---- from here ---- */

static void ask_direct(void)
{
    struct front_target t = { .host = "ns.example.com", .port = 53, .is_udp = true };
    rig.resolver.answer = NULL;
    front_use(rig.front, NULL, &rig.dns);
    assert_int_equal(front_set_other(rig.front, FRONT_DIRECT, NULL), 0);
    rig_ask(&t);
    assert_string_equal(rig.dns.host, "ns.example.com");
}

static void test_direct_takes_the_first_address_that_may_be(void **state)
{
    struct ipaddr ips[] = { rig_ip("127.0.0.1"), rig_ip("2001:db8::53"), rig_ip("192.0.2.53") };
    char text[SOCKADDR_STR_MAX];
    (void)state;
    ask_direct();
    rig.dns.done(rig.dns.arg, 0, ips, COUNT(ips));
    assert_int_equal(rig.opened, 1);
    assert_int_equal(rig.err, 0);
    assert_string_equal(sockaddr_print(&rig.pipe_to, text), "[2001:db8::53]:53");
    rig_join_dgrams();
    rig_datagram(&rig.client, "question");
    assert_last(&rig.pipe, "question");
    rig_dgrams_end(&rig.pipe, GW_EREFUSED);
    assert_int_equal(rig.done_err, GW_EREFUSED);
}

static void test_direct_lets_no_name_lead_to_this_machine(void **state)
{
    struct ipaddr ips[] = { rig_ip("127.0.0.1"), rig_ip("::1") };
    (void)state;
    ask_direct();
    rig.dns.done(rig.dns.arg, 0, ips, COUNT(ips));
    looprig_run(&rig.loop);
    assert_int_equal(rig.err, GW_EDENIED);
    assert_int_equal(rig.pipe_to.len, 0);
}

static void test_cancel_stops_the_lookup(void **state)
{
    (void)state;
    ask_direct();
    front_cancel(rig.open, GW_ECANCELED);
    assert_true(rig.dns.is_canceled);
}

static void test_via_is_asked_for_datagrams(void **state)
{
    struct front_target t = { .host = "192.0.2.53", .port = 53, .is_udp = true };
    (void)state;
    assert_int_equal(front_set_other(rig.front, FRONT_VIA, "gate"), 0);
    rig_ask(&t);
    assert_true(svc.target.is_udp);
    assert_string_equal(svc.target.service, "exit");
    assert_string_equal(svc.destination, "192.0.2.53:53");
    front_cancel(rig.open, GW_ECANCELED);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rig_start, rig_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_flow_has_the_id_that_was_agreed),
        T(test_datagrams_cross_both_ways_and_are_counted),
        T(test_what_came_before_the_join_is_kept_up_to_eight),
        T(test_flow_lost_before_the_join_ends_the_client),
        T(test_silence_ends_both),
        T(test_cancel_closes_the_flow),
        T(test_free_ends_pipes_without_a_call),
        T(test_no_memory_for_the_flow_ends_its_stream),
        T(test_direct_takes_the_first_address_that_may_be),
        T(test_direct_lets_no_name_lead_to_this_machine),
        T(test_cancel_stops_the_lookup),
        T(test_via_is_asked_for_datagrams),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
