/* test_misgivings.c - what `gw config --check` says of a configuration that reads well. */
#include "main/misgivings.h"

#include "base/strbuf.h"
#include "testpeers.h"
#include "tmpfiles.h"

static void note(void *arg, const char *text)
{
    strbuf_printf(arg, "%s\n", text);
}

/* Checks what is said of the text, where the node is PEER_A. */
static void expect(const char *text, const char *want)
{
    const struct peerid self = peer_of(PEER_A);
    struct strbuf said = { .max = 4096 };
    char err[CONF_ERR_MAX];
    struct tmpfiles t;
    struct config c;

    tmpfiles_init(&t);
    tmpfiles_write(t.path, text);
    if (config_load(&c, t.path, true, NULL, 0, err) != 0)
        fail_msg("%s", err);
    misgivings_each(&c, &self, note, &said);
    assert_string_equal(said.p ? said.p : "", want);
    strbuf_free(&said);
    config_free(&c);
    tmpfiles_fini(&t);
}

static void test_programs_have_to_be_there(void **state)
{
    (void)state;
    expect("[node]\nresolver = exec:/bin/sh\n", "");
    expect("[node]\nresolver = exec:/no/such\nresolver = exec:/etc/passwd\nresolver = exec:/etc\n",
           "[node] resolver = exec:/no/such: not found\n"
           "[node] resolver = exec:/etc/passwd: permission denied by the system\n"
           "[node] resolver = exec:/etc: is no program\n");
    setenv("PATH", "/no/such:/etc", 1);
    expect("[ethereum]\nrpc = http://127.0.0.1:1\n"
           "contract = 0x0000000000000000000000000000000000000001\n",
           "[ethereum] rpc needs curl, which is not installed\n");
    expect("[dht]\nlist = https://example.org/list\nlist-key = " PEER_A "\n",
           "[dht] list needs curl, which is not installed\n");
    expect("[dht]\nlist = /no/such\nlist-key = " PEER_A "\n", "[dht] list = /no/such: not found\n");
}

static void test_a_network_has_a_relay_that_is_somebody_else(void **state)
{
    static const char at[] = "/ip4/192.0.2.1/udp/1/quic-v1/p2p/";
    char text[256], want[256];
    (void)state;

    expect("[network bob]\nhost = lap\n",
           "[network bob] has no relay: nobody could tell its names\n");
    expect("[relay]\nenabled = yes\nnetwork = bob\n"
           "[network bob]\nhost = lap\n",
           "");
    snprintf(text, sizeof text, "[network bob]\nrelay = %s%s\n", at, PEER_B);
    expect(text, "");
    snprintf(text, sizeof text, "[network bob]\nrelay = %s%s\n", at, PEER_A);
    snprintf(want, sizeof want, "[network bob] relay = %s%s: that is this node itself\n", at,
             PEER_A);
    expect(text, want);
    snprintf(text, sizeof text, "[node]\nrelay = %s%s\n", at, PEER_A);
    snprintf(want, sizeof want, "[node] relay = %s%s: that is this node itself\n", at, PEER_A);
    expect(text, want);
}

static void test_keys_that_need_another_one(void **state)
{
    (void)state;
    expect("[relay]\nnetwork = bob\npublic = yes\n",
           "[relay] network = bob is nothing without enabled = yes\n"
           "[relay] public = yes is nothing without enabled = yes\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_programs_have_to_be_there),
        cmocka_unit_test(test_a_network_has_a_relay_that_is_somebody_else),
        cmocka_unit_test(test_keys_that_need_another_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
