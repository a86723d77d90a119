/* test_checkup_words.c - every finding has words, those for NATs are of RFC 4787. */
#include "ctl/checkup_words.h"

#include "vec.h"

static const char *value_of(const struct checkup_net *net, const char *key)
{
    struct checkup_words w;

    for (size_t i = 0; checkup_words(net, i, &w); i++)
        if (strcmp(w.key, key) == 0)
            return w.value;
    return NULL;
}

static void test_every_value_of_every_finding_has_words(void **state)
{
    (void)state;
    for (unsigned v = 0; v < 4; v++) {
        const struct checkup_net net = { v, v, v % 3, v % 3, v, v, v };
        struct checkup_words w;
        size_t n = 0;
        for (; checkup_words(&net, n, &w); n++) {
            assert_true(*w.key && *w.value);
            assert_int_equal(strcmp(w.value, "unknown") == 0,
                             v % (strcmp(w.key, "udp") && strcmp(w.key, "reach") ? 4 : 3) == 0);
            assert_true(*w.meaning || v == 0);
        }
        assert_int_equal(n, 7);
    }
}

static void test_nats_are_named_as_rfc_4787_does(void **state)
{
    (void)state;
    static const struct {
        struct checkup_net net;
        const char *key, *value;
    } cases[] = {
        { { .mapping = CHECKUP_MAPPING_NONE }, "mapping", "none" },
        { { .mapping = CHECKUP_MAPPING_INDEPENDENT }, "mapping", "endpoint-independent" },
        { { .mapping = CHECKUP_MAPPING_DEPENDENT }, "mapping", "address- or port-dependent" },
        { { .filtering = CHECKUP_FILTERING_INDEPENDENT }, "filtering", "endpoint-independent" },
        { { .filtering = CHECKUP_FILTERING_ADDRESS }, "filtering", "address-dependent" },
        { { .filtering = CHECKUP_FILTERING_PORT }, "filtering", "address-and-port-dependent" },
        { { .udp = CHECKUP_UDP_BLOCKED }, "udp", "blocked" },
        { { .reach = CHECKUP_REACH_PUBLIC }, "reach", "public" },
        { { .port_map = CHECKUP_PORTMAP_MAPPED }, "port_map", "mapped" },
        { { .ip4 = CHECKUP_IP_PUBLIC, .ip6 = CHECKUP_IP_NONE }, "ip6", "none" },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(value_of(&cases[i].net, cases[i].key), cases[i].value);
}

static void test_relays_mean_something_when_a_slot_is_held(void **state)
{
    (void)state;
    struct checkup_state s = { 0 };

    assert_non_null(strstr(checkup_say_relays(&s), "no relay is configured"));
    s.nrelays = 2;
    s.relays[0].slot = CHECKUP_SLOT_REFUSED;
    assert_int_equal(checkup_held(&s), 0);
    assert_non_null(strstr(checkup_say_relays(&s), "no relay has given a slot"));
    s.relays[1].slot = CHECKUP_SLOT_HELD;
    assert_int_equal(checkup_held(&s), 1);
    assert_non_null(strstr(checkup_say_relays(&s), "through these"));
    assert_string_equal(checkup_slot_name(CHECKUP_SLOT_REFUSED), "refused");
    assert_string_equal(checkup_slot_name(CHECKUP_SLOT_DOWN), "down");
    assert_string_equal(checkup_punch_name(CHECKUP_PUNCH_FAILED), "failed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_value_of_every_finding_has_words),
        cmocka_unit_test(test_nats_are_named_as_rfc_4787_does),
        cmocka_unit_test(test_relays_mean_something_when_a_slot_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
