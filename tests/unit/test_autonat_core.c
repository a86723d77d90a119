/* test_autonat_core.c - whom AutoNAT asks, when, about what, and what it makes of the answers: with
 * a hand-turned clock and a network that is a table. */
#include "p2p/autonat_core.h"

#include "vec.h"

#define T0     UINT64_C(5000000)
#define MINUTE UINT64_C(60000)
#define HOUR   (60 * MINUTE)

#define ONE    "/ip4/192.0.2.1/udp/4001/quic-v1"
#define TWO    "/ip4/192.0.2.1/tcp/4001"

static struct autonat_core core;
static uint64_t now_ms;
static const struct autonat_pace pace = { .delay_ms = 1000,
                                          .retry_ms = 2 * MINUTE,
                                          .refresh_ms = 15 * MINUTE };

static struct peerid peer_of(uint8_t nr)
{
    struct peerid id = { .n = 2 };
    id.mh[1] = nr;
    return id;
}

static struct autonat_way way_of(uint8_t nr)
{
    return (struct autonat_way){ { .family = 4, .b = { 203, 0, 113, nr } }, .is_v2 = true };
}

static struct multiaddr maddr(const char *text)
{
    struct multiaddr m;
    assert_int_equal(multiaddr_parse(bytes_of(text), &m), 0);
    return m;
}

static void set_addrs(const char *first, const char *second, bool is_fixed)
{
    struct autonat_address v[2];
    size_t n = 0;
    if (first)
        v[n++] = (struct autonat_address){ .at = maddr(first), .is_fixed = is_fixed };
    if (second)
        v[n++] = (struct autonat_address){ .at = maddr(second), .is_fixed = is_fixed };
    autonat_core_set_addrs(&core, v, n, now_ms);
}

/* ONE is ours as far as peer `nr` says, and nobody else. */
static void set_claim(uint8_t nr)
{
    struct autonat_address v = { .at = maddr(ONE), .claimed_by = way_of(nr).from };
    autonat_core_set_addrs(&core, &v, 1, now_ms);
}

static void connect_to(uint8_t nr)
{
    struct peerid id = peer_of(nr);
    struct autonat_way way = way_of(nr);
    autonat_core_set_way(&core, &id, &way, now_ms);
}

static void lose(uint8_t nr)
{
    struct peerid id = peer_of(nr);
    autonat_core_set_way(&core, &id, NULL, now_ms);
}

static int setup(void **state)
{
    (void)state;
    now_ms = T0;
    autonat_core_init(&core, now_ms);
    autonat_core_set_pace(&core, &pace, now_ms);
    set_addrs(ONE, NULL, false);
    return 0;
}

static void go_to(uint64_t at_ms)
{
    now_ms = at_ms;
    autonat_core_tick(&core, now_ms);
}

/* Who is asked now; 0: nobody. */
static uint8_t asked(void)
{
    struct autonat_question q;
    return autonat_core_next(&core, now_ms, &q) ? q.peer.mh[1] : 0;
}

static void answer(enum autonat_answer what, const char *on)
{
    struct autonat_vote vote = {
        .from = way_of(core.asked.mh[1]).from, .address = maddr(on), .answer = what, .at_ms = now_ms
    };
    autonat_core_answer(&core, 0, &vote, now_ms);
}

static void no_answer(int err)
{
    autonat_core_answer(&core, err, NULL, now_ms);
}

/* Lets the time go by until somebody is asked. */
static uint8_t wait_for_ask(void)
{
    for (unsigned i = 0; i < 100; i++) {
        uint8_t nr = asked();
        if (nr)
            return nr;
        assert_true(autonat_core_due(&core) > now_ms);
        assert_int_not_equal(autonat_core_due(&core), UINT64_MAX);
        go_to(autonat_core_due(&core));
    }
    return 0;
}

/* ---- whom and when ---- */

static void test_a_round_asks_three_one_after_the_other(void **state)
{
    (void)state;
    for (uint8_t nr = 1; nr <= 5; nr++)
        connect_to(nr);
    assert_int_equal(asked(), 0);
    assert_int_equal(autonat_core_due(&core), T0 + pace.delay_ms);
    go_to(T0 + pace.delay_ms);
    for (uint8_t nr = 1; nr <= AUTONAT_AGREE; nr++) {
        assert_int_equal(asked(), nr);
        assert_int_equal(asked(), 0); /* one at a time */
        assert_int_equal(autonat_core_due(&core), UINT64_MAX);
        now_ms += 500;
        answer(AUTONAT_REACHED, ONE);
    }
    assert_int_equal(asked(), 0);
    assert_int_equal(core.reach, ANNOUNCE_REACH_PUBLIC);

    uint64_t round_ms = autonat_core_due(&core);
    assert_int_equal(round_ms, T0 + pace.delay_ms + pace.retry_ms); /* it began not knowing */
    go_to(round_ms);
    assert_int_equal(asked(), 4); /* asked longest ago: never */
    answer(AUTONAT_REACHED, ONE);
    assert_int_equal(asked(), 5);
    answer(AUTONAT_REACHED, ONE);
    assert_int_equal(asked(), 1);
    answer(AUTONAT_REACHED, ONE);
    assert_int_equal(autonat_core_due(&core), round_ms + pace.refresh_ms);
}

static void test_rounds_grow_apart_while_nothing_is_known(void **state)
{
    static const unsigned minutes[] = { 2, 4, 8, 15, 15 };
    (void)state;
    connect_to(1);
    uint64_t last_ms = T0 + pace.delay_ms;
    for (size_t i = 0; i < COUNT(minutes); i++) {
        assert_int_equal(wait_for_ask(), 1);
        assert_int_equal(now_ms, last_ms);
        no_answer(GW_ETIMEOUT);
        last_ms += minutes[i] * MINUTE;
    }
    set_addrs(TWO, NULL, false); /* something new: as at first, but no peer twice in a minute */
    assert_int_equal(wait_for_ask(), 1);
    assert_int_equal(now_ms, last_ms - 15 * MINUTE + AUTONAT_PEER_MS);
    uint64_t round_ms = last_ms - 15 * MINUTE + pace.delay_ms;
    no_answer(GW_ETIMEOUT);
    assert_int_equal(autonat_core_due(&core), round_ms + pace.retry_ms);
}

static void test_a_peer_that_comes_while_nothing_is_known_is_asked_soon(void **state)
{
    (void)state;
    for (int is_known = 0; is_known <= 1; is_known++) {
        setup(state);
        for (uint8_t nr = 1; nr <= AUTONAT_AGREE; nr++)
            connect_to(nr);
        for (uint8_t nr = 1; nr <= AUTONAT_AGREE; nr++) {
            assert_int_equal(wait_for_ask(), nr);
            if (is_known)
                answer(AUTONAT_REACHED, ONE);
            else
                no_answer(GW_ETIMEOUT);
        }
        uint64_t round_ms = autonat_core_due(&core), soon_ms = now_ms + pace.delay_ms;
        connect_to(4);
        assert_int_equal(wait_for_ask(), 4);
        assert_int_equal(now_ms, is_known ? round_ms : soon_ms);
    }
}

static void test_a_peer_that_is_gone_is_not_asked_and_back_it_has_a_while(void **state)
{
    (void)state;
    connect_to(1);
    lose(1);
    go_to(T0 + pace.delay_ms);
    assert_int_equal(asked(), 0);
    assert_int_equal(autonat_core_due(&core), now_ms + pace.retry_ms);
    go_to(now_ms + MINUTE);
    connect_to(1);
    assert_int_equal(asked(), 0);
    assert_int_equal(autonat_core_due(&core), now_ms + pace.delay_ms);
    go_to(now_ms + pace.delay_ms);
    assert_int_equal(asked(), 1);
}

static void test_who_cannot_be_asked_after_all_takes_nobodys_turn(void **state)
{
    (void)state;
    for (uint8_t nr = 1; nr <= 4; nr++)
        connect_to(nr);
    go_to(T0 + pace.delay_ms);
    assert_int_equal(asked(), 1);
    autonat_core_unasked(&core);
    for (uint8_t nr = 2; nr <= 4; nr++) {
        assert_int_equal(asked(), nr);
        no_answer(GW_ETIMEOUT);
    }
    assert_int_equal(asked(), 0);
}

static void test_without_addresses_nobody_is_asked(void **state)
{
    (void)state;
    set_addrs(NULL, NULL, false);
    connect_to(1);
    go_to(T0 + pace.delay_ms);
    assert_int_equal(asked(), 0);
    assert_int_equal(autonat_core_due(&core), now_ms + pace.retry_ms);
    set_addrs(ONE, NULL, false);
    assert_int_equal(wait_for_ask(), 1);
    assert_int_equal(now_ms, T0 + 2 * pace.delay_ms);
}

static void test_a_v1_peer_that_breaks_off_is_shunned_for_a_day(void **state)
{
    static const struct {
        bool is_v2;
        int err;
        uint64_t pause_ms;
    } rows[] = {
        { false, GW_ERESET, AUTONAT_SHUN_MS },  { false, GW_ECLOSED, AUTONAT_SHUN_MS },
        { false, GW_EPROTO, AUTONAT_SHUN_MS },  { false, GW_ETIMEOUT, AUTONAT_PEER_MS },
        { false, GW_EDENIED, AUTONAT_PEER_MS }, { true, GW_ERESET, AUTONAT_PEER_MS },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct autonat_way way = way_of(1);
        struct peerid id = peer_of(1);
        setup(state);
        way.is_v2 = rows[i].is_v2;
        autonat_core_set_way(&core, &id, &way, now_ms);
        assert_int_equal(wait_for_ask(), 1);
        no_answer(rows[i].err);
        if (core.observers[0].ask_at_ms != now_ms + rows[i].pause_ms)
            fail_msg("row %zu", i);
    }
}

static void test_addresses_are_told_that_first_on_which_it_answered_longest_ago(void **state)
{
    struct multiaddr one = maddr(ONE), two = maddr(TWO);
    struct autonat_question q;
    (void)state;
    set_addrs(TWO, ONE, false);
    connect_to(1);
    go_to(T0 + pace.delay_ms);
    assert_true(autonat_core_next(&core, now_ms, &q));
    assert_int_equal(q.naddrs, 2);
    assert_true(multiaddr_eq(&q.addrs[0], &one)); /* never on either: UDP first */
    assert_true(multiaddr_eq(&q.addrs[1], &two));
    answer(AUTONAT_REACHED, ONE);
    go_to(now_ms + pace.refresh_ms);
    assert_true(autonat_core_next(&core, now_ms, &q));
    assert_true(multiaddr_eq(&q.addrs[0], &two));
    assert_true(multiaddr_eq(&q.addrs[1], &one));
}

static void test_the_table_lets_go_only_of_those_that_are_gone(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= AUTONAT_OBSERVERS_MAX; i++)
        connect_to((uint8_t)i);
    connect_to(200);
    assert_int_equal(core.nobservers, AUTONAT_OBSERVERS_MAX);
    assert_int_equal(core.observers[6].peer.mh[1], 7);
    lose(7);
    connect_to(200);
    assert_int_equal(core.nobservers, AUTONAT_OBSERVERS_MAX);
    assert_int_equal(core.observers[6].peer.mh[1], 200);
}

/* ---- what follows ---- */

static void test_those_who_tell_nothing_are_not_waited_for(void **state)
{
    (void)state;
    connect_to(1);
    connect_to(2);
    assert_int_equal(wait_for_ask(), 1);
    answer(AUTONAT_REACHED, ONE);
    assert_int_equal(core.reach, ANNOUNCE_REACH_UNKNOWN); /* two could be asked */
    assert_int_equal(asked(), 2);
    no_answer(GW_ETIMEOUT);
    assert_int_equal(core.reach, ANNOUNCE_REACH_PUBLIC);
}

static void test_what_was_solicited_speaks_only_for_an_address_that_no_nat_opens(void **state)
{
    static const struct {
        bool is_fixed;
        enum announce_reach reach;
    } rows[] = { { true, ANNOUNCE_REACH_PUBLIC }, { false, ANNOUNCE_REACH_UNKNOWN } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        setup(state);
        set_addrs(ONE, NULL, rows[i].is_fixed);
        connect_to(1);
        assert_int_equal(wait_for_ask(), 1);
        answer(AUTONAT_REACHED_SOLICITED, ONE);
        assert_int_equal(core.reach, rows[i].reach);
        assert_int_equal(core.nfindings, 1);
        assert_int_equal(core.findings[0].tally.solicited, 1);
    }
}

/* A NAT without a port mapping, two observers that we talk to over UDP, and one over TCP: only that
 * one knows what the NAT does with strangers. */
static void test_who_had_not_been_sent_to_tells_how_a_nat_filters(void **state)
{
    static const struct {
        const char *nat;
        enum autonat_answer by_udp, by_tcp;
        enum announce_reach reach;
    } rows[] = {
        { "full cone", AUTONAT_REACHED_SOLICITED, AUTONAT_REACHED, ANNOUNCE_REACH_PUBLIC },
        { "address-restricted", AUTONAT_REACHED_SOLICITED, AUTONAT_FAILED, ANNOUNCE_REACH_PRIVATE },
        { "port-restricted", AUTONAT_FAILED, AUTONAT_FAILED, ANNOUNCE_REACH_PRIVATE },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        setup(state);
        for (uint8_t nr = 1; nr <= 3; nr++)
            connect_to(nr);
        for (uint8_t nr = 1; nr <= 3; nr++) {
            if (core.reach != ANNOUNCE_REACH_UNKNOWN)
                fail_msg("%s: judged too soon", rows[i].nat);
            assert_int_equal(wait_for_ask(), nr);
            answer(nr < 3 ? rows[i].by_udp : rows[i].by_tcp, ONE);
        }
        if (core.reach != rows[i].reach)
            fail_msg("%s: %d", rows[i].nat, (int)core.reach);
        assert_int_equal(core.findings[0].reach, rows[i].reach);
    }
}

/* Those that can tell nothing leave three others to be heard. */
static void test_silent_observers_do_not_make_one_voice_enough(void **state)
{
    (void)state;
    for (uint8_t nr = 1; nr <= 5; nr++)
        connect_to(nr);
    for (uint8_t nr = 1; nr <= 5; nr++) {
        assert_int_equal(core.reach, ANNOUNCE_REACH_UNKNOWN);
        assert_int_equal(wait_for_ask(), nr);
        answer(nr <= 2 ? AUTONAT_REACHED_SOLICITED : AUTONAT_REACHED, ONE);
    }
    assert_int_equal(core.reach, ANNOUNCE_REACH_PUBLIC);
}

/* A user of the internet has all of a /64, and would decide alone with three addresses of it. */
static void test_a_network_of_ipv6_has_one_voice(void **state)
{
    (void)state;
    for (uint8_t nr = 1; nr <= 3; nr++) {
        struct peerid id = peer_of(nr);
        struct autonat_way way = { { .family = 6, .b = { 0x20, 1, 0xd, 0xb8, [15] = nr } },
                                   .is_v2 = true };
        autonat_core_set_way(&core, &id, &way, now_ms);
    }
    for (uint8_t nr = 4; nr <= 6; nr++)
        connect_to(nr);
    for (uint8_t nr = 1; nr <= 3; nr++) {
        struct autonat_vote vote = { { .family = 6, .b = { 0x20, 1, 0xd, 0xb8, [15] = nr } },
                                     maddr(ONE),
                                     AUTONAT_REACHED,
                                     now_ms };
        assert_int_equal(wait_for_ask(), nr);
        vote.at_ms = now_ms;
        autonat_core_answer(&core, 0, &vote, now_ms);
        assert_int_equal(core.reach, ANNOUNCE_REACH_UNKNOWN);
    }
}

static void test_who_alone_claims_an_address_does_not_prove_it(void **state)
{
    (void)state;
    set_claim(1);
    connect_to(1);
    assert_int_equal(wait_for_ask(), 1);
    answer(AUTONAT_REACHED, ONE); /* it knows some way to us: whether it is that one nobody says */
    assert_int_equal(core.reach, ANNOUNCE_REACH_UNKNOWN);
    assert_int_equal(core.findings[0].reach, ANNOUNCE_REACH_UNKNOWN);
    assert_int_equal(core.findings[0].tally.reached, 1);

    connect_to(2);
    assert_int_equal(wait_for_ask(), 2);
    answer(AUTONAT_REACHED, ONE);
    assert_int_equal(core.findings[0].reach, ANNOUNCE_REACH_PUBLIC);
    assert_int_equal(core.reach, ANNOUNCE_REACH_PUBLIC);
}

static void test_what_another_one_sees_too_is_no_claim_any_more(void **state)
{
    (void)state;
    set_claim(1);
    connect_to(1);
    assert_int_equal(wait_for_ask(), 1);
    answer(AUTONAT_REACHED, ONE);
    assert_int_equal(core.reach, ANNOUNCE_REACH_UNKNOWN);
    set_addrs(ONE, NULL, false);
    go_to(now_ms + 1);
    assert_int_equal(core.reach, ANNOUNCE_REACH_PUBLIC);
}

static void test_private_is_who_is_reached_nowhere(void **state)
{
    (void)state;
    set_addrs(ONE, TWO, false);
    connect_to(1);
    connect_to(2);
    assert_int_equal(wait_for_ask(), 1);
    answer(AUTONAT_FAILED, ONE);
    assert_int_equal(asked(), 2);
    answer(AUTONAT_FAILED, TWO);
    assert_int_equal(core.reach, ANNOUNCE_REACH_PRIVATE);
    go_to(now_ms + 2 * pace.refresh_ms);
    for (unsigned i = 0; i < 2; i++) {
        assert_true(asked() > 0);
        answer(AUTONAT_REACHED, TWO);
    }
    assert_int_equal(core.reach, ANNOUNCE_REACH_PUBLIC); /* one address is enough */
}

static void test_after_an_hour_asleep_old_answers_count_no_more(void **state)
{
    (void)state;
    connect_to(1);
    assert_int_equal(wait_for_ask(), 1);
    answer(AUTONAT_REACHED, ONE);
    assert_int_equal(core.reach, ANNOUNCE_REACH_PUBLIC);
    go_to(now_ms + HOUR);
    assert_int_equal(core.reach, ANNOUNCE_REACH_UNKNOWN);
    assert_int_equal(core.nfindings, 0);
    assert_int_equal(asked(), 1);
    answer(AUTONAT_FAILED, ONE);
    assert_int_equal(core.reach, ANNOUNCE_REACH_PRIVATE);
}

static void test_a_network_change_forgets_and_asks_anew(void **state)
{
    (void)state;
    connect_to(1);
    connect_to(2);
    assert_int_equal(wait_for_ask(), 1);
    answer(AUTONAT_REACHED, ONE);
    assert_int_equal(asked(), 2);
    autonat_core_network_changed(&core, now_ms); /* that one's answer is not waited for */
    assert_int_equal(core.reach, ANNOUNCE_REACH_UNKNOWN);
    assert_int_equal(core.votes.n, 0);
    assert_int_equal(core.nfindings, 0);
    assert_int_equal(autonat_core_due(&core), now_ms + pace.delay_ms);
    connect_to(3);
    go_to(now_ms + pace.delay_ms);
    assert_int_equal(asked(), 3); /* the others were asked less than a minute ago */
}

static void test_an_address_that_is_gone_takes_its_answers_along(void **state)
{
    (void)state;
    connect_to(1);
    assert_int_equal(wait_for_ask(), 1);
    answer(AUTONAT_FAILED, ONE);
    assert_int_equal(core.reach, ANNOUNCE_REACH_PRIVATE);
    set_addrs(TWO, NULL, false);
    go_to(now_ms + pace.delay_ms);
    assert_int_equal(core.reach, ANNOUNCE_REACH_UNKNOWN);
}

/* Two days of peers that come, go, answer and do not: it never spins, never asks anybody twice in
 * a minute or nobody that is not there. */
static void test_it_never_presses_anybody(void **state)
{
    uint64_t last_ms[16] = { 0 }, asks = 0;
    bool is_there[16] = { false };
    uint32_t random = 1;
    (void)state;

    while (now_ms < T0 + 48 * HOUR) {
        random = random * 1103515245 + 12345;
        uint8_t nr = (uint8_t)(random >> 24 & 15);
        if (random >> 16 & 1)
            connect_to(nr);
        else
            lose(nr);
        is_there[nr] = random >> 16 & 1;
        for (uint8_t who; (who = asked()) > 0 || core.is_asking; asks++) {
            who = core.asked.mh[1];
            assert_true(is_there[who]);
            assert_true(!last_ms[who] || now_ms - last_ms[who] >= AUTONAT_PEER_MS);
            last_ms[who] = now_ms;
            now_ms += random >> 8 & 4095;
            if (random >> 4 & 1)
                no_answer(GW_ETIMEOUT);
            else
                answer(random >> 5 & 1 ? AUTONAT_REACHED : AUTONAT_FAILED, ONE);
        }
        assert_true(autonat_core_due(&core) > now_ms);
        go_to(autonat_core_due(&core));
    }
    assert_in_range(asks, 48 * 4, 48 * 60);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
    const struct CMUnitTest tests[] = {
        T(test_a_round_asks_three_one_after_the_other),
        T(test_rounds_grow_apart_while_nothing_is_known),
        T(test_a_peer_that_comes_while_nothing_is_known_is_asked_soon),
        T(test_a_peer_that_is_gone_is_not_asked_and_back_it_has_a_while),
        T(test_who_cannot_be_asked_after_all_takes_nobodys_turn),
        T(test_without_addresses_nobody_is_asked),
        T(test_a_v1_peer_that_breaks_off_is_shunned_for_a_day),
        T(test_addresses_are_told_that_first_on_which_it_answered_longest_ago),
        T(test_the_table_lets_go_only_of_those_that_are_gone),
        T(test_those_who_tell_nothing_are_not_waited_for),
        T(test_what_was_solicited_speaks_only_for_an_address_that_no_nat_opens),
        T(test_who_had_not_been_sent_to_tells_how_a_nat_filters),
        T(test_silent_observers_do_not_make_one_voice_enough),
        T(test_a_network_of_ipv6_has_one_voice),
        T(test_who_alone_claims_an_address_does_not_prove_it),
        T(test_what_another_one_sees_too_is_no_claim_any_more),
        T(test_private_is_who_is_reached_nowhere),
        T(test_after_an_hour_asleep_old_answers_count_no_more),
        T(test_a_network_change_forgets_and_asks_anew),
        T(test_an_address_that_is_gone_takes_its_answers_along),
        T(test_it_never_presses_anybody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
