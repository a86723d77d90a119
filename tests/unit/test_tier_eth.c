/* test_tier_eth.c - what is asked of a node, and what of its answers is believed; the node is an
 * HTTP server of the same loop, curl the program of this machine. */
#include "name/tier_eth.h"

#include <stdio.h>

#include "httprig.h"
#include "testpeers.h"
#include "tierrig.h"

#define CONTRACT "0x5FbDB2315678afecb367f032d93F642f64180aa3"
#define W0       "00000000000000000000000000000000000000000000000000000000000000"
#define ZEROS    W0 "00"

/* ethers 6.15.0, AbiCoder.encode(["string"]) of
 * "12D3KooWD3e...U5SA /ip4/192.0.2.7/udp/4001/quic-v1 ttl=60" */
#define KNOWN                                                          \
    "0x" W0 "20" W0 "5b"                                               \
    "313244334b6f6f57443365636b69665770526e397751704d4739523968583373" \
    "443135387a37457148576d776551414a55355341202f6970342f3139322e302e" \
    "322e372f7564702f343030312f717569632d76312074746c3d36300000000000"

static struct fixture {
    struct tierrig rig;
    struct httprig http;
    struct tier_eth *tier;
} x;

static int setup(void **state)
{
    (void)state;
    x = (struct fixture){ .tier = NULL };
    tierrig_init(&x.rig, 20000);
    httprig_init(&x.http, x.rig.loop);
    x.tier = tier_eth_new(x.rig.loop, httprig_url(&x.http, "/v3/key"), CONTRACT);
    tierrig_add(&x.rig, &tier_eth_ops, x.tier);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tierrig_stop(&x.rig);
    tier_eth_free(x.tier);
    httprig_fini(&x.http);
    tierrig_fini(&x.rig);
    return 0;
}

static int resolve(const char *name)
{
    return tierrig_ask(&x.rig, name)->err;
}

/* The node answers every request with this JSON. */
static void node_says(const char *json)
{
    static char answer[65536];
    snprintf(answer, sizeof answer, HTTP_OK "%s", json);
    x.http.answer = answer;
}

static void test_the_node_is_asked_by_eth_call(void **state)
{
    (void)state;
    node_says("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"" KNOWN "\"}");
    assert_int_equal(resolve("Laptop.GREWAL.p2p."), 0);
    assert_int_equal(strncmp(x.http.request, "POST /v3/key HTTP/1.", 20), 0);
    /* the data: ethers 6.15.0, encodeFunctionData("resolve", ["laptop.grewal"]) */
    assert_string_equal(
        httprig_body(&x.http),
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_call\",\"params\":[{\"to\":\"" CONTRACT
        "\",\"data\":\"0x461a4478" W0 "20" W0 "0d"
        "6c6170746f702e67726577616c00000000000000000000000000000000000000"
        "\"},\"latest\"]}");
}

static void test_what_the_contract_says_is_the_answer(void **state)
{
    (void)state;
    struct peerid id = peer_of(PEER_A);
    char text[MULTIADDR_STR_MAX];
    node_says("{\"id\":1,\"result\":\"" KNOWN "\",\"jsonrpc\":\"2.0\"}\n");
    assert_int_equal(resolve("laptop.grewal"), 0);
    assert_true(peerid_eq(&x.rig.said.answer.peer, &id));
    assert_int_equal(x.rig.said.answer.naddrs, 1);
    assert_string_equal(multiaddr_print(&x.rig.said.answer.addrs[0], text),
                        "/ip4/192.0.2.7/udp/4001/quic-v1");
    assert_int_equal(x.rig.said.answer.ttl_ms, 60000);
    assert_string_equal(x.rig.said.answer.tier, "Ethereum");
}

static void test_the_trail_says_why_there_is_no_answer(void **state)
{
    (void)state;
#define NOT_ONE      "Ethereum: the node's answer is not one of eth_call"
#define NOT_THE_LINE "Ethereum: the contract's answer is not PEER-ID [MULTIADDR...] [ttl=SECONDS]"
    static const struct {
        const char *json, *trail;
    } cases[] = {
        { "{\"result\":\"0x" W0 "20" ZEROS "\"}", "Ethereum: the contract knows none" },
        { "{\"result\":\"0x" W0 "20" W0 "04"
          "77686f3f00000000000000000000000000000000000000000000000000000000\"}",
          NOT_THE_LINE }, /* who? */
        { "{\"result\":\"0x" W0 "20" W0 "ff"
          "77686f3f00000000000000000000000000000000000000000000000000000000\"}",
          NOT_THE_LINE },
        { "{\"result\":\"0x12\"}", NOT_THE_LINE },
        { "{\"result\":\"0x\"}", "Ethereum: no contract with resolve(string) has this address" },
        { "{\"result\":\"0x1\"}", NOT_ONE },
        { "{\"result\":\"0xzz\"}", NOT_ONE },
        { "{\"result\":\"\"}", NOT_ONE },
        { "{\"result\":null}", NOT_ONE },
        { "{\"result\":12}", NOT_ONE },
        { "{}", NOT_ONE },
        { "[1]", NOT_ONE },
        { "\"0x12\"", NOT_ONE },
        { "<html>", NOT_ONE },
        { "", NOT_ONE },
        { "{\"result\":\"0x12\"", NOT_ONE },
        { "{\"error\":{\"code\":3,\"message\":\"execution reverted\\n\\u00e9\"}}",
          "Ethereum: the node says: execution reverted\\x0a\\xc3\\xa9" },
        { "{\"error\":{\"code\":3}}", NOT_ONE },
        { "{\"error\":\"no\"}", NOT_ONE },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        node_says(cases[i].json);
        assert_int_equal(resolve("laptop.grewal"), GW_ENONAME);
        assert_string_equal(x.rig.said.trail, cases[i].trail);
    }
}

static void test_a_long_answer_is_refused(void **state)
{
    (void)state;
    static char json[60000];
    char *p = json + sprintf(json, "{\"result\":\"0x" W0 "20" W0 "10");
    memset(p, '0', 9000); /* more than a string of TIER_EXEC_OUT_MAX takes */
    strcpy(p + 9000, "\"}");
    node_says(json);
    assert_int_equal(resolve("laptop.grewal"), GW_ENONAME);
    assert_string_equal(x.rig.said.trail, NOT_ONE);
    memset(p, '0', 40000);
    strcpy(p + 40000, "\"}");
    node_says(json);
    assert_int_equal(resolve("laptop.grewal"), GW_ENONAME);
    assert_string_equal(x.rig.said.trail, "Ethereum: the node's answer is too long");
}

static void test_a_node_that_is_gone_is_told(void **state)
{
    (void)state;
    x.http.answer = "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n{\"result\":\"" KNOWN "\"}";
    assert_int_equal(resolve("laptop.grewal"), GW_ENONAME);
    assert_string_equal(x.rig.said.trail, "Ethereum: the node refuses the request");
    ev_io_stop(x.rig.loop, &x.http.accepts);
    close(x.http.listener);
    assert_int_equal(resolve("laptop.grewal"), GW_ENONAME);
    assert_string_equal(x.rig.said.trail, "Ethereum: no node listens at rpc");
    httprig_init(&x.http, x.rig.loop); /* for the teardown */
}

static void test_cancel_ends_the_asking(void **state)
{
    (void)state;
    struct tierrig_said said;
    tierrig_start(&x.rig, "laptop.grewal", &said);
    while (!httprig_body(&x.http))
        ev_run(x.rig.loop, EVRUN_ONCE);
    resolver_cancel(said.req);
    while (x.http.client >= 0)
        ev_run(x.rig.loop, EVRUN_ONCE); /* curl is gone: the server reads the end */
    assert_int_equal(said.calls, 0);
}

static void test_peer_ids_are_not_asked_for(void **state)
{
    (void)state;
    assert_int_equal(resolve(PEER_B), GW_ENONAME);
    assert_string_equal(x.rig.said.trail, "");
    assert_int_equal(x.http.served, 0);
}

static void test_address_ok_takes_40_digits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
    } cases[] = { { CONTRACT, true },
                  { CONTRACT "0", false },
                  { "0x5FbDB2315678afecb367f032d93F642f64180aa", false },
                  { "5FbDB2315678afecb367f032d93F642f64180aa3aa", false },
                  { "0x5FbDB2315678afecb367f032d93F642f64180aag", false },
                  { "0X5FbDB2315678afecb367f032d93F642f64180aa3", false },
                  { "0x", false },
                  { "", false } };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(tier_eth_address_ok(cases[i].text), cases[i].ok);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_node_is_asked_by_eth_call),
        TEST(what_the_contract_says_is_the_answer),
        TEST(the_trail_says_why_there_is_no_answer),
        TEST(a_long_answer_is_refused),
        TEST(a_node_that_is_gone_is_told),
        TEST(cancel_ends_the_asking),
        TEST(peer_ids_are_not_asked_for),
        cmocka_unit_test(test_address_ok_takes_40_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
