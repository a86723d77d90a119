/* test_svc_offers.c - the list of services of a peer. */
#include "svc/svc_offers.h"

#include <stdio.h>

#include "no_headroom.h"
#include "vec.h"

static struct svc_offer got[4];

static int read_text(const char *json)
{
    memset(got, 0xa5, sizeof got);
    return svc_offers_read(bytes_of(json), got, COUNT(got));
}

static void assert_offer(size_t i, const char *name, uint16_t port, bool is_tcp, bool is_udp)
{
    assert_string_equal(got[i].name, name);
    assert_int_equal(got[i].port, port);
    assert_int_equal(got[i].is_tcp, is_tcp);
    assert_int_equal(got[i].is_udp, is_udp);
}

static void test_services_of_gw(void **state)
{
    (void)state;
    assert_int_equal(
        read_text("[{\"name\":\"db\",\"protocol\":\"/shurli/db/1.0.0\",\"port\":5433,\"udp\":true,"
                  "\"enabled\":true},{\"name\":\"game\",\"port\":7000,\"udp\":true,"
                  "\"enabled\":true},{\"name\":\"chat\",\"protocol\":\"/shurli/chat/1.0.0\","
                  "\"enabled\":true}]"),
        3);
    assert_offer(0, "db", 5433, true, true);
    assert_offer(1, "game", 7000, false, true);
    assert_offer(2, "chat", 0, true, false);
}

/* The answer of shurli, as its specification shows it: no ports. */
static void test_services_without_ports_have_the_well_known_ones(void **state)
{
    (void)state;
    assert_int_equal(read_text("[{\"name\":\"ssh\",\"protocol\":\"/shurli/ssh/1.0.0\","
                               "\"enabled\":true},{\"name\":\"ollama\",\"protocol\":"
                               "\"/shurli/ollama/1.0.0\",\"enabled\":true}]"),
                     2);
    assert_offer(0, "ssh", 22, true, false);
    assert_offer(1, "ollama", 0, true, false);
}

static void test_what_is_no_service_is_passed_over(void **state)
{
    (void)state;
    assert_int_equal(
        read_text("[null, 7, \"ssh\", [], {}, {\"name\":7}, {\"name\":\"\",\"protocol\":\"x\"},"
                  "{\"name\":\"../etc\",\"protocol\":\"x\"}, {\"name\":\"SSH\",\"protocol\":\"x\"},"
                  "{\"name\":\"off\",\"protocol\":\"x\",\"enabled\":false},"
                  "{\"name\":\"last\",\"protocol\":\"x\",\"port\":65536,\"more\":{\"a\":[1]}}]"),
        1);
    assert_offer(0, "last", 0, true, false);
    assert_int_equal(read_text("[]"), 0);
}

static void test_an_exit_takes_neither_connections_nor_datagrams(void **state)
{
    (void)state;
    assert_int_equal(read_text("[{\"name\":\"exit\",\"enabled\":true}]"), 1);
    assert_offer(0, "exit", 0, false, false);
}

static void test_ports_outside_are_none(void **state)
{
    static const char *const bad[] = { "-1", "0", "65536", "1e3", "\"22\"", "null", "4294967318" };
    char json[128];
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        snprintf(json, sizeof json, "[{\"name\":\"ssh\",\"protocol\":\"x\",\"port\":%s}]", bad[i]);
        assert_int_equal(read_text(json), 1);
        assert_int_equal(got[0].port, 0);
    }
}

static void test_no_more_than_asked_for(void **state)
{
    char json[1024] = "[";
    (void)state;
    for (int i = 0; i < 9; i++)
        strcat(json, "{\"name\":\"a\",\"protocol\":\"x\",\"port\":1},");
    strcat(json, "{}]");
    assert_int_equal(read_text(json), COUNT(got));
}

static void test_anything_but_a_list_is_a_fault(void **state)
{
    static const char *const bad[] = {
        "", "{}", "null", "[", "[{\"name\":\"ssh\"", "\"[]\"", "[]x"
    };
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(read_text(bad[i]), GW_EPROTO);
}

static void test_nothing_is_read_without_headroom(void **state)
{
    (void)state;
    headroom_left = 0;
    assert_int_equal(read_text("[]"), GW_ENOMEM);
    headroom_left = UINT_MAX;
    assert_int_equal(read_text("[]"), 0);
}

static void test_deep_nesting_is_a_fault(void **state)
{
    char json[4096];
    (void)state;
    memset(json, '[', sizeof json - 1);
    json[sizeof json - 1] = '\0';
    assert_int_equal(read_text(json), GW_EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_services_of_gw),
        cmocka_unit_test(test_services_without_ports_have_the_well_known_ones),
        cmocka_unit_test(test_what_is_no_service_is_passed_over),
        cmocka_unit_test(test_an_exit_takes_neither_connections_nor_datagrams),
        cmocka_unit_test(test_ports_outside_are_none),
        cmocka_unit_test(test_no_more_than_asked_for),
        cmocka_unit_test(test_anything_but_a_list_is_a_fault),
        cmocka_unit_test(test_nothing_is_read_without_headroom),
        cmocka_unit_test(test_deep_nesting_is_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
