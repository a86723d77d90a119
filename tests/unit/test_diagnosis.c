/* test_diagnosis.c - facts in, causes and cures out. */
#include "ctl/diagnosis.h"

#include "vec.h"

#define CAUSES 3

static const struct checkup_state nothing;

/* Ends as they are behind common routers. */
static const struct checkup_state cone = { .net = { .mapping = CHECKUP_MAPPING_INDEPENDENT,
                                                    .ip4 = CHECKUP_IP_PRIVATE,
                                                    .port_map = CHECKUP_PORTMAP_OFF } };
static const struct checkup_state strict = { .net = { .mapping = CHECKUP_MAPPING_INDEPENDENT,
                                                      .filtering = CHECKUP_FILTERING_PORT,
                                                      .port_map = CHECKUP_PORTMAP_NONE } };
static const struct checkup_state symmetric = { .net = { .mapping = CHECKUP_MAPPING_DEPENDENT,
                                                         .port_map = CHECKUP_PORTMAP_OFF } };
static const struct checkup_state symmetric6 = { .net = { .mapping = CHECKUP_MAPPING_DEPENDENT,
                                                          .ip6 = CHECKUP_IP_PUBLIC } };
static const struct checkup_state no_udp = { .net = { .udp = CHECKUP_UDP_BLOCKED } };
static const struct checkup_state firewalled = { .net = { .mapping = CHECKUP_MAPPING_NONE,
                                                          .reach = CHECKUP_REACH_PRIVATE } };
static const struct checkup_state punching = { .punch = { .state = CHECKUP_PUNCH_UPGRADING } };
static const struct checkup_state punched = { .punch = { CHECKUP_PUNCH_FAILED, 3,
                                                         "deadline passed" } };
static const struct checkup_state relayless = {
    .nrelays = 2, .relays = { { .slot = CHECKUP_SLOT_DOWN }, { .slot = CHECKUP_SLOT_REFUSED } }
};
static const struct checkup_state holder = {
    .nrelays = 2, .relays = { { .slot = CHECKUP_SLOT_DOWN }, { .slot = CHECKUP_SLOT_HELD } }
};

static const struct loss_result few_lost = { .sent = 500, .there = 491, .back = 482 };
static const struct loss_result lost_there = { .sent = 500, .there = 490, .back = 490 };
static const struct loss_result lost_back = { .sent = 500, .there = 500, .back = 485 };

#define DIRECT  .is_resolved = true, .is_connected = true, .ndirect = 1, .direct_ok = 1
#define RELAYED .is_resolved = true, .is_connected = true, .is_relayed = true, .ncircuits = 1
#define GONE    .is_resolved = true, .err = GW_EOFFLINE

static const struct {
    struct diagnosis_facts f; /* here is `nothing` unless given, and speaks_dcutr true */
    const char *causes[CAUSES];
    const char *text; /* in one of the causes */
    const char *cure; /* in one of the cures; NULL: there are none */
    bool has_no_dcutr;
} cases[] = {
    /* not connected */
    { { .err = GW_ENONAME }, { "unknown-name" }, "the name alice", "names file", 0 },
    { { GONE }, { "no-address" }, "no address of alice", "names file", 0 },
    { { .is_resolved = true, .err = GW_EDENIED, .ndirect = 1, .ncircuits = 1 },
      { "denied" },
      "authorized_keys",
      "on alice: gw allow 12D3me",
      0 },
    { { .is_resolved = true, .err = GW_EIDENTITY, .ndirect = 1 },
      { "identity" },
      "new key",
      "gw id",
      0 },
    { { .is_resolved = true,
        .err = GW_EREFUSED,
        .ndirect = 2,
        .is_refused = true,
        .here = &relayless },
      { "refused" },
      "does not listen",
      "start gw",
      0 },
    { { GONE, .ndirect = 2 },
      { "offline", "no-relay" },
      "none of its 2 addresses",
      "relay = ADDRESS",
      0 },
    { { .is_resolved = true, .err = GW_ELIMIT, .ndirect = 1, .direct_ok = 1 },
      { "unstable" },
      "limit is reached",
      "log of gw",
      0 },
    { { GONE, .ndirect = 1, .ncircuits = 1 },
      { "relay-down", "offline" },
      "none of its 2",
      "a relay that runs",
      0 },
    { { GONE, .ncircuits = 1, .is_absent = true },
      { "offline" },
      "has not heard of it",
      "gw runs on alice",
      0 },
    { { GONE, .ncircuits = 1, .is_absent = true, .here = &no_udp },
      { "offline", "udp-blocked-here" },
      "on the side of this machine",
      "let UDP out",
      0 },
    { { GONE, .ncircuits = 1, .is_absent = true, .here = &relayless },
      { "offline", "own-relays-down" },
      "none of the 2 relays",
      "gw runs",
      0 },
    { { GONE, .ncircuits = 1, .is_absent = true, .here = &holder },
      { "offline" },
      "offline",
      "gw runs",
      0 },
    /* over a relay */
    { { RELAYED }, { "unclear" }, "too little", "in a minute", 0 },
    { { RELAYED, .there = &nothing },
      { "unclear" },
      "nothing known is in the way",
      "in a minute",
      0 },
    { { RELAYED, .there = &punching }, { "punching" }, "right now", "few seconds", 0 },
    { { RELAYED, .here = &punching }, { "punching" }, "right now", "few seconds", 0 },
    { { RELAYED, .direct_ok = 1 }, { "direct-answers" }, "alice answers", NULL, 0 },
    { { RELAYED }, { "no-dcutr" }, "program on alice", "router in front of alice", 1 },
    { { RELAYED, .here = &no_udp, .there = &no_udp },
      { "udp-blocked-here", "udp-blocked-there" },
      "side of alice",
      "firewall of alice",
      0 },
    { { RELAYED, .here = &symmetric, .there = &symmetric },
      { "both-symmetric" },
      "both NATs",
      "set port-map = yes under [node] in gw.conf on alice",
      0 },
    { { RELAYED, .here = &symmetric, .there = &symmetric6 },
      { "both-symmetric" },
      "both NATs",
      "get IPv6 for this machine",
      0 },
    { { RELAYED, .here = &symmetric6, .there = &symmetric6 },
      { "both-symmetric" },
      "both NATs",
      "IPv6 firewall of alice",
      0 },
    { { RELAYED, .here = &symmetric, .there = &strict },
      { "symmetric-and-filtered" },
      "the NAT of this machine gives",
      "router in front of alice",
      0 },
    { { RELAYED, .here = &strict, .there = &symmetric },
      { "symmetric-and-filtered" },
      "the NAT of alice gives",
      "on alice",
      0 },
    { { RELAYED, .here = &symmetric, .there = &cone }, { "unclear" }, "in the way", "minute", 0 },
    { { RELAYED, .here = &firewalled, .there = &cone },
      { "firewall-here" },
      "this machine has no",
      "through the firewall of this machine",
      0 },
    { { RELAYED, .there = &firewalled },
      { "firewall-there" },
      "alice has no NAT",
      "through the firewall of alice",
      0 },
    { { RELAYED, .here = &punched, .there = &cone },
      { "punch-failed" },
      "tried 3 times and failed: deadline passed",
      "port-map = yes",
      0 },
    { { RELAYED, .here = &cone, .there = &punched },
      { "punch-failed" },
      "tried 3 times",
      "router in front of this machine",
      0 },
    /* direct */
    { { .is_resolved = true, .is_connected = true, .here = &no_udp }, { NULL }, NULL, NULL, 0 },
    { { .is_resolved = true, .is_connected = true, .is_tcp = true, .there = &no_udp },
      { "over-tcp", "udp-blocked-there" },
      "TCP",
      "firewall of alice",
      0 },
    { { RELAYED, .keeps_to_relay = true, .ndirect = 1, .direct_ok = 1, .there = &cone },
      { "path-is-relay" },
      "path = relay for alice",
      "path = any",
      0 },
    { { DIRECT, .keeps_to_relay = true }, { "path-is-relay" }, "over a relay", "path = any", 0 },
    { { DIRECT, .loss = &few_lost }, { NULL }, NULL, NULL, 0 },
    { { DIRECT, .loss = &lost_there }, { "lossy" }, "2.0 % of the packets to alice", "Wi-Fi", 0 },
    { { DIRECT, .loss = &lost_back }, { "lossy" }, "3.0 % of those from it", "line of", 0 },
};

static bool has_text(const struct diagnosis *d, const char *text)
{
    for (size_t i = 0; i < d->ncauses; i++)
        if (strstr(d->causes[i].text, text))
            return true;
    return false;
}

static bool has_cure(const struct diagnosis *d, const char *text)
{
    for (size_t i = 0; i < d->ncures; i++)
        if (strstr(d->cures[i], text))
            return true;
    return false;
}

static void test_facts_lead_to_causes_and_cures(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct diagnosis_facts f = cases[i].f;
        struct diagnosis d;
        size_t n = 0;
        f.name = "alice";
        f.here = f.here ? f.here : &nothing;
        f.speaks_dcutr = !cases[i].has_no_dcutr;
        f.self = "12D3me";
        diagnosis_make(&f, &d);
        print_message("case %zu\n", i);
        for (; n < CAUSES && cases[i].causes[n]; n++) {
            assert_true(n < d.ncauses);
            assert_string_equal(d.causes[n].key, cases[i].causes[n]);
        }
        assert_int_equal(d.ncauses, n);
        assert_true(!cases[i].text || has_text(&d, cases[i].text));
        assert_true(cases[i].cure ? has_cure(&d, cases[i].cure) : d.ncures == 0);
    }
}

/* What gw listens on is the private port, not the outer one of the NAT. */
static void test_the_port_to_open_is_the_one_listened_on(void **state)
{
    (void)state;
    static const char *const addrs[] = { "/ip4/198.51.100.1/udp/31337/quic-v1",
                                         "/ip4/192.168.1.2/tcp/4002",
                                         "/ip4/192.168.1.2/udp/4001/quic-v1",
                                         "/ip6/fd00::2/udp/5555/quic-v1" };
    struct checkup_state here = symmetric, there = firewalled;
    struct diagnosis_facts f = { RELAYED, .name = "alice", .here = &here, .there = &symmetric,
                                 .speaks_dcutr = true };
    struct diagnosis d;

    for (size_t i = 0; i < COUNT(addrs); i++)
        assert_int_equal(multiaddr_parse(bytes_of(addrs[i]), &here.candidates.v[i]), 0);
    here.candidates.n = COUNT(addrs);
    diagnosis_make(&f, &d);
    assert_true(
        has_cure(&d, "on the router in front of this machine, forward UDP port 4001 to it"));
    assert_true(has_cure(&d, "on the router in front of alice, forward the UDP port of gw to it"));

    there.candidates.n = 1;
    there.candidates.v[0] = here.candidates.v[0];
    f.there = &there;
    diagnosis_make(&f, &d);
    assert_true(has_cure(&d, "let UDP port 31337 in through the firewall of alice"));
}

static void test_no_cure_is_told_twice(void **state)
{
    (void)state;
    struct checkup_state both = symmetric;
    struct diagnosis_facts f = { RELAYED, .name = "alice", .here = &both, .there = &symmetric };
    struct diagnosis d;

    both.punch.state = CHECKUP_PUNCH_FAILED;
    both.punch.tries = 1;
    diagnosis_make(&f, &d);
    assert_true(d.ncauses >= 3); /* no-dcutr, both-symmetric, punch-failed: the same cures */
    for (size_t i = 0; i < d.ncures; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(d.cures[i], d.cures[k]);
}

static void test_long_names_are_cut(void **state)
{
    (void)state;
    static char name[2000];
    struct diagnosis_facts f = { .name = memset(name, 'a', sizeof name - 1), .here = &nothing };
    struct diagnosis d;

    diagnosis_make(&f, &d);
    assert_int_equal(strlen(d.causes[0].text), DIAGNOSIS_TEXT_MAX - 1);
    assert_int_equal(strlen(d.cures[0]), DIAGNOSIS_TEXT_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_lead_to_causes_and_cures),
        cmocka_unit_test(test_the_port_to_open_is_the_one_listened_on),
        cmocka_unit_test(test_no_cure_is_told_twice),
        cmocka_unit_test(test_long_names_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
