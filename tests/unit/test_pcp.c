/* test_pcp.c - the client of PCP and NAT-PMP, with a hand-turned clock and a router made here. */
#include "net/pcp.h"

#include "net/sockaddr.h"
#include "vec.h"

#define T0      UINT64_C(1000000) /* ms */
#define OUTSIDE "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc6\x29\0\x09"
#define FOREVER UINT64_MAX

static const uint8_t nonce[PCP_NONCE_LEN] = "gw test 1234";
static const struct mapping_port udp = { PCP_UDP, 4001 }, tcp = { PCP_TCP, 4001 };

struct rig {
    struct pcp p;
    uint64_t now;
    uint8_t sent[PCP_REQUEST_MAX]; /* the last request */
    size_t n;
};

static void rig_init(struct rig *r, const char *source)
{
    struct ipaddr ip;
    *r = (struct rig){ .now = T0 };
    assert_int_equal(sockaddr_parse_ip(source, &ip), 0);
    pcp_init(&r->p, &ip, nonce);
    assert_int_equal(pcp_want(&r->p, &udp, r->now), 0);
}

/* Sends what is due; returns how many requests. */
static unsigned flush(struct rig *r)
{
    uint8_t buf[PCP_REQUEST_MAX];
    unsigned count = 0;
    for (size_t n; (n = pcp_output(&r->p, r->now, buf)) > 0; count++) {
        memcpy(r->sent, buf, n);
        r->n = n;
    }
    return count;
}

/* Goes on to the next time that something is due. */
static unsigned turn(struct rig *r)
{
    r->now = pcp_next(&r->p);
    return flush(r);
}

static void answer(struct rig *r, const void *wire, size_t n)
{
    pcp_input(&r->p, (struct bytes){ wire, n }, r->now);
}

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* PCP's answer to a request: RFC 6887 s.7.2 and s.11.1. */
static void pcp_answer(struct rig *r, const uint8_t *request, uint8_t result, uint32_t lifetime_s,
                       uint32_t epoch_s)
{
    uint8_t wire[60] = { 2, 0x81, 0, result };
    put32(wire + 4, lifetime_s);
    put32(wire + 8, epoch_s);
    memcpy(wire + 24, request + 24, 36);
    wire[42] = 0x10, wire[43] = 0x01; /* port 4097 outside */
    memcpy(wire + 44, OUTSIDE, 16);
    answer(r, wire, sizeof wire);
}

static void grant(struct rig *r, uint32_t lifetime_s)
{
    pcp_answer(r, r->sent, PCP_SUCCESS, lifetime_s, (uint32_t)(r->now / 1000));
}

static bool is_mapped(const struct rig *r)
{
    struct mapping m;
    return pcp_get(&r->p, 0, &m);
}

static void test_a_grant_is_a_mapping(void **state)
{
    (void)state;
    struct rig r;
    struct mapping m;
    rig_init(&r, "192.168.77.2");
    assert_int_equal(flush(&r), 1);
    assert_int_equal(r.n, 60);
    assert_memory_equal(r.sent + 24, nonce, sizeof nonce);
    assert_false(is_mapped(&r));
    grant(&r, 600);
    assert_true(pcp_get(&r.p, 0, &m));
    assert_int_equal(m.internal.proto, PCP_UDP);
    assert_int_equal(m.internal.port, 4001);
    assert_int_equal(m.port, 4097);
    assert_int_equal(m.addr.family, 4);
    assert_memory_equal(m.addr.b, "\xc6\x29\0\x09", 4);
    assert_int_equal(m.lifetime_s, 600);
    assert_true(m.is_public);
    assert_string_equal(pcp_name(&r.p), "pcp");
}

static void test_every_port_is_asked_for_once(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, "192.168.77.2");
    assert_int_equal(pcp_want(&r.p, &tcp, r.now), 0);
    assert_int_equal(flush(&r), 2);
    assert_int_equal(flush(&r), 0);
    for (int i = 2; i < MAPPING_MAX; i++)
        assert_int_equal(pcp_want(&r.p, &tcp, r.now), 0);
    assert_int_equal(pcp_want(&r.p, &tcp, r.now), GW_ELIMIT);
}

static void test_silence_leads_to_natpmp_and_then_to_absence(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, "192.168.77.2");
    flush(&r);
    assert_in_range(pcp_next(&r.p) - T0, 2700, 3300); /* IRT, RFC 6887 s.8.1.1 */
    assert_int_equal(turn(&r), 2);                    /* the mapping, the address */
    assert_int_equal(r.n, 2);
    unsigned sent = 0;
    while (pcp_state(&r.p) == PCP_ASKING)
        sent += turn(&r);
    assert_in_range(sent, 3, 4); /* both again after 250 and 500 ms, RFC 6886 s.3.1 */
    assert_int_equal(pcp_state(&r.p), PCP_ABSENT);
    assert_in_range(r.now - T0, 4000, 5500);
    assert_true(pcp_next(&r.p) == FOREVER);
}

static void test_ipv6_has_no_natpmp(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, "2600:77::2");
    assert_int_equal(flush(&r), 1);
    assert_memory_equal(r.sent + 8, "\x26\0\0\x77\0\0\0\0\0\0\0\0\0\0\0\2", 16);
    assert_int_equal(turn(&r), 0);
    assert_int_equal(pcp_state(&r.p), PCP_ABSENT);
}

static void test_a_refused_port_is_absence(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, "192.168.77.2");
    flush(&r);
    pcp_refused(&r.p);
    assert_int_equal(pcp_state(&r.p), PCP_ABSENT);
    pcp_refresh(&r.p, r.now); /* another try: from the start */
    assert_int_equal(flush(&r), 1);
    assert_int_equal(r.n, 60);
}

static void go_natpmp(struct rig *r)
{
    rig_init(r, "192.168.77.2");
    flush(r);
    answer(r, "\0\x81\0\x01\0\0\0\x09", 8); /* RFC 6887 appendix A */
    assert_int_equal(flush(r), 2);
}

static void test_natpmp_at_the_routers_word(void **state)
{
    (void)state;
    struct rig r;
    struct mapping m;
    go_natpmp(&r);
    assert_true(r.now == T0);
    answer(&r, "\0\x81\0\0\0\0\0\x09\x0f\xa1\x10\x01\0\0\x02\x58", 16);
    assert_false(is_mapped(&r)); /* where is not known yet */
    answer(&r, "\0\x80\0\0\0\0\0\x09\xc6\x29\0\x09", 12);
    assert_true(pcp_get(&r.p, 0, &m));
    assert_int_equal(m.port, 4097);
    assert_memory_equal(m.addr.b, "\xc6\x29\0\x09", 4);
    assert_int_equal(m.lifetime_s, 600);
    assert_string_equal(pcp_name(&r.p), "nat-pmp");
}

static void test_natpmp_without_an_address_outside_is_none(void **state)
{
    (void)state;
    struct rig r;
    go_natpmp(&r);
    answer(&r, "\0\x81\0\0\0\0\0\x09\x0f\xa1\x10\x01\0\0\x02\x58", 16);
    answer(&r, "\0\x80\0\0\0\0\0\x09\0\0\0\0", 12);
    assert_false(is_mapped(&r));
}

static void test_versions_do_not_go_round(void **state)
{
    (void)state;
    struct rig r;
    go_natpmp(&r);
    answer(&r, "\0\x81\0\x01\0\0\0\x09", 8);
    assert_int_equal(pcp_state(&r.p), PCP_ABSENT);
    go_natpmp(&r);
    answer(&r, "\2\x81\0\x01\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\0\0\0\0\0", 24);
    assert_int_equal(pcp_state(&r.p), PCP_ABSENT);
}

static void test_a_late_answer_to_pcp_counts(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, "192.168.77.2");
    flush(&r);
    uint8_t request[PCP_REQUEST_MAX];
    memcpy(request, r.sent, sizeof request);
    turn(&r); /* NAT-PMP */
    pcp_answer(&r, request, PCP_SUCCESS, 600, 9);
    assert_true(is_mapped(&r));
    assert_string_equal(pcp_name(&r.p), "pcp");
}

static void test_what_answers_nothing_is_dropped(void **state)
{
    (void)state;
    struct rig r;
    static const size_t spots[] = { 0, 1, 24, 35, 36, 41 }; /* version ... nonce, protocol, port */
    for (size_t i = 0; i < COUNT(spots); i++) {
        rig_init(&r, "192.168.77.2");
        flush(&r);
        uint8_t wire[60] = { 2, 0x81, [7] = 200 };
        memcpy(wire + 24, r.sent + 24, 20);
        memcpy(wire + 44, OUTSIDE, 16);
        wire[spots[i]] ^= 2;
        answer(&r, wire, sizeof wire);
        assert_false(is_mapped(&r));
        assert_int_equal(pcp_state(&r.p), PCP_ASKING);
        wire[spots[i]] ^= 2;
        answer(&r, wire, sizeof wire);
        assert_true(is_mapped(&r));
    }
}

static void test_an_impossible_outside_is_a_refusal(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, "192.168.77.2");
    flush(&r);
    uint8_t wire[60] = { 2, 0x81, [7] = 200 };
    memcpy(wire + 24, r.sent + 24, 20);
    memcpy(wire + 44, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1", 16);
    answer(&r, wire, sizeof wire);
    assert_false(is_mapped(&r));
    assert_true(pcp_is_refused(&r.p));
    memcpy(wire + 44, OUTSIDE, 16);
    wire[42] = wire[43] = 0; /* port 0 */
    answer(&r, wire, sizeof wire);
    assert_false(is_mapped(&r));
}

/* RFC 6887 s.11.2.1: at a half, three quarters, seven eighths of the lifetime, then it is lost. */
static void test_renewal_at_a_half_and_loss_at_the_end(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, "192.168.77.2");
    flush(&r);
    grant(&r, 800);
    static const unsigned at_s[] = { 400, 600, 700, 750, 775 };
    for (size_t i = 0; i < COUNT(at_s); i++) {
        assert_int_equal(turn(&r), 1);
        assert_int_equal((r.now - T0) / 1000, at_s[i]);
        assert_true(is_mapped(&r));
    }
    while (r.now < T0 + 800000)
        turn(&r);
    assert_true(r.now == T0 + 800000);
    assert_false(is_mapped(&r));
    assert_int_equal(pcp_state(&r.p), PCP_ASKING); /* perhaps it is another router now */
    assert_int_equal(r.n, 60);
}

static void test_a_renewal_wishes_for_the_same_and_goes_on(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, "192.168.77.2");
    flush(&r);
    grant(&r, 800);
    turn(&r);
    assert_memory_equal(r.sent + 42, "\x10\x01", 2);
    assert_memory_equal(r.sent + 44, OUTSIDE, 16);
    grant(&r, 800);
    r.now = T0 + 900000;
    flush(&r);
    assert_true(is_mapped(&r));
}

static void test_lifetimes_are_taken_within_bounds(void **state)
{
    (void)state;
    static const struct {
        uint32_t said, taken;
    } cases[] = { { 1, PCP_LIFETIME_MIN }, { 600, 600 }, { UINT32_MAX, PCP_LIFETIME_MAX } };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct rig r;
        struct mapping m;
        rig_init(&r, "192.168.77.2");
        flush(&r);
        grant(&r, cases[i].said);
        assert_true(pcp_get(&r.p, 0, &m));
        assert_int_equal(m.lifetime_s, cases[i].taken);
    }
}

static void test_a_refusal_is_asked_again_when_the_router_says(void **state)
{
    (void)state;
    static const struct {
        uint32_t said, taken;
    } cases[] = { { 0, 300 }, { 1, 60 }, { 900, 900 }, { UINT32_MAX, 1800 } };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct rig r;
        rig_init(&r, "192.168.77.2");
        flush(&r);
        pcp_answer(&r, r.sent, PCP_NOT_AUTHORIZED, cases[i].said, 9);
        assert_true(pcp_is_refused(&r.p));
        assert_int_equal(pcp_state(&r.p), PCP_ANSWERED);
        assert_int_equal((pcp_next(&r.p) - T0) / 1000, cases[i].taken);
        turn(&r);
        grant(&r, 600);
        assert_true(is_mapped(&r));
        assert_false(pcp_is_refused(&r.p));
    }
}

/* RFC 6887 s.8.5: the router was started again, and has forgotten everything. */
static void test_a_router_that_lost_its_table_is_asked_for_everything(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, "192.168.77.2");
    assert_int_equal(pcp_want(&r.p, &tcp, r.now), 0);
    uint8_t buf[PCP_REQUEST_MAX];
    for (int i = 0; i < 2; i++) {
        pcp_output(&r.p, r.now, buf);
        pcp_answer(&r, buf, PCP_SUCCESS, 1200, 5000);
    }
    assert_int_equal(flush(&r), 0);
    r.now += 600000;
    pcp_output(&r.p, r.now, buf);
    pcp_answer(&r, buf, PCP_SUCCESS, 1200, 5601); /* a second off is no matter */
    pcp_output(&r.p, r.now, buf);
    pcp_answer(&r, buf, PCP_SUCCESS, 1200, 5601);
    assert_int_equal(flush(&r), 0);
    r.now += 600000;
    pcp_output(&r.p, r.now, buf);
    pcp_answer(&r, buf, PCP_SUCCESS, 1200, 30);
    pcp_output(&r.p, r.now, buf);
    pcp_answer(&r, buf, PCP_SUCCESS, 1200, 30);
    assert_int_equal(flush(&r), 0); /* both were due anyway */
    r.now += 1000;
    pcp_answer(&r, buf, PCP_SUCCESS, 1200, 3);
    assert_int_equal(flush(&r), 1); /* the other one; this one is just granted */
}

static void test_refresh_asks_at_once_and_keeps_what_is_mapped(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, "192.168.77.2");
    flush(&r);
    grant(&r, 600);
    assert_int_equal(flush(&r), 0);
    pcp_refresh(&r.p, r.now);
    assert_int_equal(flush(&r), 1);
    assert_true(is_mapped(&r));
}

/* RFC 6887 s.15.1: lifetime 0, nothing wished for. */
static void test_delete_takes_back_what_is_mapped(void **state)
{
    (void)state;
    struct rig r;
    uint8_t buf[PCP_REQUEST_MAX];
    rig_init(&r, "192.168.77.2");
    flush(&r);
    assert_int_equal(pcp_delete(&r.p, buf), 0);
    grant(&r, 600);
    assert_int_equal(pcp_delete(&r.p, buf), 60);
    assert_memory_equal(buf, "\2\1\0\0\0\0\0\0", 8);
    assert_memory_equal(buf + 24, nonce, sizeof nonce);
    assert_memory_equal(buf + 36, "\x11\0\0\0\x0f\xa1\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\0\0\0\0", 24);
    assert_int_equal(pcp_delete(&r.p, buf), 0);
    pcp_answer(&r, buf, PCP_SUCCESS, 0, 9);
    assert_false(is_mapped(&r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_grant_is_a_mapping),
        cmocka_unit_test(test_every_port_is_asked_for_once),
        cmocka_unit_test(test_silence_leads_to_natpmp_and_then_to_absence),
        cmocka_unit_test(test_ipv6_has_no_natpmp),
        cmocka_unit_test(test_a_refused_port_is_absence),
        cmocka_unit_test(test_natpmp_at_the_routers_word),
        cmocka_unit_test(test_natpmp_without_an_address_outside_is_none),
        cmocka_unit_test(test_versions_do_not_go_round),
        cmocka_unit_test(test_a_late_answer_to_pcp_counts),
        cmocka_unit_test(test_what_answers_nothing_is_dropped),
        cmocka_unit_test(test_an_impossible_outside_is_a_refusal),
        cmocka_unit_test(test_renewal_at_a_half_and_loss_at_the_end),
        cmocka_unit_test(test_a_renewal_wishes_for_the_same_and_goes_on),
        cmocka_unit_test(test_lifetimes_are_taken_within_bounds),
        cmocka_unit_test(test_a_refusal_is_asked_again_when_the_router_says),
        cmocka_unit_test(test_a_router_that_lost_its_table_is_asked_for_everything),
        cmocka_unit_test(test_refresh_asks_at_once_and_keeps_what_is_mapped),
        cmocka_unit_test(test_delete_takes_back_what_is_mapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
