/* test_ctl_dht.c - the DHT as commands: which keys are meant, and what is told of the answers. */
#include "ctl/ctl_dht.h"

#include "base/clock.h"
#include "base/err.h"
#include "ctlrig.h"
#include "fake_discovery.h"
#include "id/name_record.h"
#include "testpeers.h"

static struct networks networks;
static struct ctl_deps deps = { .networks = &networks, .kad = (struct kad *)&networks };

static int begin(void **state)
{
    (void)state;
    fake_discovery = (struct fake_discovery){ 0 };
    networks = (struct networks){ .n = 1 };
    strcpy(networks.v[0].name, "alice");
    networks.v[0].nrelays = 2;
    networks.v[0].relays[0].peer = peer_of(PEER_A);
    networks.v[0].relays[1].peer = peer_of(PEER_B);
    return 0;
}

static int end(void **state)
{
    (void)state;
    rig_reset();
    return 0;
}

typedef void command_fn(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

static void run(command_fn *fn, const char *text)
{
    json_t *req = json_loads(text, 0, NULL);

    rig_reset();
    assert_non_null(req);
    fn(&deps, NULL, req);
    json_decref(req);
}

static void assert_request(const char *what, struct bytes key)
{
    const struct kad_request *q = &fake_discovery.request;

    assert_string_equal(q->what, what);
    assert_int_equal(q->nkey, key.n);
    assert_memory_equal(q->key, key.p, key.n);
}

static void test_keys_are_text_or_hexadecimal(void **state)
{
    static const struct {
        const char *json, *key;
    } good[] = {
        { "{\"key\":\"hello\"}", "hello" },
        { "{\"key\":\"0x68656C6c6f\"}", "hello" },
        { "{\"key\":\"0X68\"}", "0X68" },
    };
    static const char *const bad[] = { "{}", "{\"key\":\"\"}", "{\"key\":\"0x\"}",
                                       "{\"key\":\"0x6\"}", "{\"key\":\"0x6g\"}" };
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        run(ctl_dht_providers, good[i].json);
        assert_request("providers", bytes_of(good[i].key));
        rig_cancel();
        assert_true(fake_discovery.request.is_cancelled);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        run(ctl_dht_provide, bad[i]);
        assert_string_not_equal(rig.failed, "");
    }
}

static void test_a_key_is_bounded(void **state)
{
    char json[512], key[KAD_MSG_KEY_MAX + 2];
    (void)state;
    memset(key, 'k', sizeof key);
    key[KAD_MSG_KEY_MAX] = '\0';
    snprintf(json, sizeof json, "{\"key\":\"%s\"}", key);
    run(ctl_dht_get, json);
    assert_request("get", bytes_of(key));
    rig_cancel();
    key[KAD_MSG_KEY_MAX] = 'k';
    key[KAD_MSG_KEY_MAX + 1] = '\0';
    snprintf(json, sizeof json, "{\"key\":\"%s\"}", key);
    run(ctl_dht_get, json);
    assert_string_not_equal(rig.failed, "");
}

static void test_a_name_is_looked_for_under_the_key_of_each_relay(void **state)
{
    const struct kad_result nobody = { .err = GW_ENONAME, .asked = 3, .answered = 2, .hops = 1 };
    uint8_t key[NAME_RECORD_KEY];
    (void)state;
    run(ctl_dht_get, "{\"key\":\"Lap.alice\"}");
    name_record_key(&networks.v[0].relays[0].peer, bytes_of("lap"), key);
    assert_request("get", ((struct bytes){ key, sizeof key }));
    fake_kad_answer(&nobody);
    assert_null(rig.reply);
    name_record_key(&networks.v[0].relays[1].peer, bytes_of("lap"), key);
    assert_request("get", ((struct bytes){ key, sizeof key }));
    fake_kad_answer(&nobody);
    json_object_del(rig.reply, "took_us");
    assert_reply("{\"found\":false,\"error\":\"nobody has it\",\"asked\":3,"
                 "\"answered\":2,\"hops\":1,\"peers\":[]}");
    run(ctl_dht_get, "{\"key\":\"lap.bob\"}"); /* no network of ours: any text */
    assert_request("get", bytes_of("lap.bob"));
    rig_cancel();
    run(ctl_dht_get, "{\"key\":\"" PEER_A "\"}");
    name_record_key(&networks.v[0].relays[0].peer, (struct bytes){ 0 }, key);
    assert_request("get", ((struct bytes){ key, sizeof key }));
    rig_cancel();
}

static void test_get_tells_the_value_and_a_record(void **state)
{
    struct kad_result r = { .value = bytes_of("hello"), .hops = 2 };
    struct name_record record = { .name = "lap", .sequence = 7 };
    uint8_t sealed[NAME_RECORD_MAX];
    struct key *key;
    (void)state;
    run(ctl_dht_get, "{\"key\":\"k\"}");
    fake_kad_answer(&r);
    assert_string_equal(json_string_value(json_object_get(rig.reply, "value")), "aGVsbG8=");
    assert_null(json_object_get(rig.reply, "record"));
    assert_int_equal(key_generate(&key), 0);
    record.peer = peer_of(PEER_A);
    record.expires_s = (uint64_t)clock_wall_s() + 60;
    int n = name_record_seal(key, &record, sealed, sizeof sealed);
    assert_true(n > 0);
    r.value = (struct bytes){ sealed, (size_t)n };
    run(ctl_dht_get, "{\"key\":\"k\"}");
    fake_kad_answer(&r);
    json_t *told = json_object_get(rig.reply, "record");
    assert_string_equal(json_string_value(json_object_get(told, "name")), "lap");
    assert_string_equal(json_string_value(json_object_get(told, "peer")), PEER_A);
    assert_int_equal(json_integer_value(json_object_get(told, "sequence")), 7);
    key_free(key);
}

static void test_put_takes_base64(void **state)
{
    static const char *const bad[] = { "{\"key\":\"k\"}", "{\"key\":\"k\",\"value\":\"\"}",
                                       "{\"key\":\"k\",\"value\":\"aGVsbG8\"}" };
    struct multiaddr addr;
    struct kad_contact taker = { .peer = peer_of(PEER_B), .addrs = &addr, .naddrs = 1 };
    const struct kad_result r = { .peers = &taker, .npeers = 1 };
    (void)state;
    assert_int_equal(multiaddr_parse(bytes_of("/ip4/192.0.2.1/udp/1/quic-v1"), &addr), 0);
    run(ctl_dht_put, "{\"key\":\"k\",\"value\":\"aGVsbG8=\"}");
    assert_request("put", bytes_of("k"));
    assert_string_equal(fake_discovery.request.value, "hello");
    fake_kad_answer(&r);
    json_object_del(rig.reply, "took_us");
    assert_reply("{\"found\":true,\"error\":\"\",\"asked\":0,\"answered\":0,\"hops\":0,\"peers\":["
                 "{\"peer\":\"" PEER_B "\",\"addrs\":[\"/ip4/192.0.2.1/udp/1/quic-v1\"]}]}");
    for (size_t i = 0; i < COUNT(bad); i++) {
        run(ctl_dht_put, bad[i]);
        assert_string_not_equal(rig.failed, "");
    }
}

static void test_find_takes_a_peer_id(void **state)
{
    struct peerid a = peer_of(PEER_A);
    (void)state;
    run(ctl_dht_find, "{\"peer\":\"" PEER_A "\"}");
    assert_request("find", (struct bytes){ a.mh, a.n });
    rig_cancel();
    run(ctl_dht_find, "{\"peer\":\"alice\"}");
    assert_string_equal(rig.failed, "alice is not a peer id");
}

static void test_without_a_dht_only_status_answers(void **state)
{
    struct kad *kad = deps.kad;
    (void)state;
    deps.kad = NULL;
    run(ctl_dht_get, "{\"key\":\"k\"}");
    assert_string_equal(rig.failed, "[dht] mode is off");
    run(ctl_dht_status, "{}");
    assert_string_equal(json_string_value(json_object_get(rig.reply, "mode")), "off");
    deps.kad = kad;
    fake_discovery.stats = (struct kad_stats){
        .contacts = 1, .records = 2, .lookups = 5, .found = 4, .is_server = true
    };
    run(ctl_dht_status, "{}");
    assert_reply("{\"mode\":\"server\",\"contacts\":1,\"records\":2,\"provided\":0,\"published\":0,"
                 "\"lookups\":5,\"met\":4,\"peers\":[]}");
}

static void test_meet_without_a_server_says_that_none_is_known(void **state)
{
    const struct kad_result none = { .err = GW_ENETDOWN };
    (void)state;
    run(ctl_dht_meet, "{\"code\":\"abcd-efgh-ijkl\"}");
    fake_kad_answer(&none);
    assert_string_equal(json_string_value(json_object_get(rig.reply, "error")),
                        "no DHT server is known");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_keys_are_text_or_hexadecimal),
        TEST(test_a_key_is_bounded),
        TEST(test_a_name_is_looked_for_under_the_key_of_each_relay),
        TEST(test_get_tells_the_value_and_a_record),
        TEST(test_put_takes_base64),
        TEST(test_find_takes_a_peer_id),
        TEST(test_without_a_dht_only_status_answers),
        TEST(test_meet_without_a_server_says_that_none_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
