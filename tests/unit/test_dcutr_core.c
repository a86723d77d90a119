/* test_dcutr_core.c - one end of a hole punch with a hand-turned clock: what happens to it, what it
 * does then, and when it is to be woken; and two ends that talk to each other. */
#include "p2p/dcutr_core.h"

#include "base/err.h"
#include "vec.h"

#define MS    UINT64_C(1000)
#define T0    (UINT64_C(50000) * MS)
#define NEVER UINT64_MAX
#define HOUR  UINT64_C(3600000)

enum event {
    TICK,
    THEY_CALL, /* through the relay */
    WE_CALL,
    THEIRS_ENDS,
    OURS_ENDS,
    SPEAKS, /* so identify says */
    IS_MUTE,
    DIRECT,
    INDIRECT,
    SILENT,
    NETWORK,
    OPENED,
    THEY_OPEN,
    CONNECT,
    SYNC,
    FAIL, /* with err */
};

struct step {
    const char *what;
    uint64_t at_ms; /* after T0 */
    enum event event;
    unsigned todo;   /* that it wants */
    uint64_t due_ms; /* after T0, from then on; NEVER */
    int err;
};

static struct dcutr_core core;

static unsigned feed(struct dcutr_core *c, enum event event, int err, uint64_t now_us)
{
    const struct dcutr_msg connect = { .type = DCUTR_CONNECT }, sync = { .type = DCUTR_SYNC };

    switch (event) {
    case TICK:
        return dcutr_core_tick(c, now_us);
    case THEY_CALL:
    case WE_CALL:
        dcutr_core_relayed(c, event == THEY_CALL);
        return 0;
    case THEIRS_ENDS:
    case OURS_ENDS:
        return dcutr_core_unrelayed(c, event == THEIRS_ENDS, now_us);
    case SPEAKS:
    case IS_MUTE:
        return dcutr_core_identified(c, event == SPEAKS, now_us);
    case DIRECT:
        return dcutr_core_direct(c, now_us);
    case INDIRECT:
        return dcutr_core_indirect(c, now_us);
    case SILENT:
        return dcutr_core_silent(c, now_us);
    case NETWORK:
        return dcutr_core_network_changed(c, now_us);
    case OPENED:
        dcutr_core_opened(c, now_us);
        return 0;
    case THEY_OPEN:
        return dcutr_core_called(c, now_us);
    case CONNECT:
        return dcutr_core_message(c, &connect, now_us);
    case SYNC:
        return dcutr_core_message(c, &sync, now_us);
    default:
        return dcutr_core_failed(c, err, now_us);
    }
}

static void play(const struct step *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t due_us = v[i].due_ms == NEVER ? NEVER : T0 + v[i].due_ms * MS;
        unsigned todo = feed(&core, v[i].event, v[i].err, T0 + v[i].at_ms * MS);
        if (todo != v[i].todo)
            fail_msg("%s: it does %#x, not %#x", v[i].what, todo, v[i].todo);
        if (dcutr_core_due(&core) != due_us)
            fail_msg("%s: due %lld ms, not %lld", v[i].what,
                     (long long)(dcutr_core_due(&core) - T0) / 1000, (long long)v[i].due_ms);
    }
}
#define PLAY(...)                                    \
    do {                                             \
        const struct step steps[] = { __VA_ARGS__ }; \
        play(steps, COUNT(steps));                   \
    } while (0)

static int setup(void **state)
{
    (void)state;
    dcutr_core_init(&core, false);
    return 0;
}

#define GO_ON (DCUTR_DROP | DCUTR_REFRESH) /* after a failure */

/* The peer has called, and we have opened our stream at 0. */
#define BEGUN                                                      \
    { "it calls", 0, THEY_CALL, 0, NEVER, 0 },                     \
    {                                                              \
        "and speaks", 0, SPEAKS, DCUTR_DROP | DCUTR_OPEN, 10000, 0 \
    }

/* ---- we were called ---- */

static void test_who_was_called_sets_out_half_a_round_trip_after_its_sync(void **state)
{
    (void)state;
    PLAY(BEGUN, { "the stream stands", 50, OPENED, 0, 10050, 0 },
         { "their CONNECT", 120, CONNECT, DCUTR_SAY_SYNC | DCUTR_PART, 180, 0 },
         { "too early", 179, TICK, 0, 180, 0 }, { "now", 180, TICK, DCUTR_PUNCH, NEVER, 0 },
         { "the punch is at work", 9000, TICK, 0, NEVER, 0 },
         { "it is through", 400, DIRECT, DCUTR_DROP, NEVER, 0 });
    assert_true(core.is_ours);
    assert_int_equal(core.info.rtt_us, 120 * MS);
    assert_int_equal(core.info.state, DCUTR_IDLE);
    assert_int_equal(core.info.tries, 1);
    assert_int_equal(core.info.last_ms, T0 / MS + 400);
}

static void test_a_round_has_three_tries_and_the_pauses_grow(void **state)
{
    (void)state;
    PLAY(BEGUN, { "the stream fails", 100, FAIL, GO_ON, 600, GW_ERESET },
         { "again", 600, TICK, DCUTR_OPEN, 10600, 0 },
         { "the relay is slow", 700, FAIL, GO_ON, 1200, GW_ETIMEOUT },
         { "again", 1200, TICK, DCUTR_OPEN, 11200, 0 });
    assert_int_equal(core.info.state, DCUTR_UPGRADING);
    PLAY({ "the third", 1300, FAIL, GO_ON, 31300, GW_ERESET });
    assert_int_equal(core.info.state, DCUTR_FAILED);
    assert_int_equal(core.info.tries, 3);
    assert_int_equal(core.info.err, GW_ERESET);

    uint64_t now_ms = 31300, pause_ms = 60000;
    for (unsigned round = 0; round < 8; round++) {
        for (unsigned i = 1; i <= DCUTR_TRIES; i++) {
            uint64_t next_ms = now_ms + (i < DCUTR_TRIES ? DCUTR_RETRY_MS : pause_ms);
            PLAY({ "a try", now_ms, TICK, DCUTR_OPEN, now_ms + DCUTR_ANSWER_MS, 0 },
                 { "fails", now_ms, FAIL, GO_ON, next_ms, GW_ERESET });
            assert_int_equal(core.info.tries, i);
            now_ms = next_ms;
        }
        pause_ms = pause_ms * 2 < DCUTR_AGAIN_MAX_MS ? pause_ms * 2 : DCUTR_AGAIN_MAX_MS;
    }
    assert_int_equal(pause_ms, DCUTR_AGAIN_MAX_MS);
    PLAY({ "another network", now_ms - 1, NETWORK, DCUTR_DROP | DCUTR_OPEN, now_ms + 9999, 0 });
    assert_int_equal(core.info.tries, 1);
    assert_int_equal(core.again_us, DCUTR_AGAIN_MIN_MS * MS);
}

static void test_what_is_lost_is_waited_for_and_tried_again(void **state)
{
    (void)state;
    PLAY(BEGUN, { "no stream", 9999, TICK, 0, 10000, 0 }, { "ever", 10000, TICK, GO_ON, 10500, 0 },
         { "again", 10500, TICK, DCUTR_OPEN, 20500, 0 }, { "a stream", 10600, OPENED, 0, 20600, 0 },
         { "but no CONNECT", 20600, TICK, GO_ON, 21100, 0 });
    assert_int_equal(core.info.err, GW_ETIMEOUT);
}

static void test_an_answer_after_the_deadline_is_none(void **state)
{
    (void)state;
    PLAY(BEGUN, { "a stream", 10, OPENED, 0, 10010, 0 },
         { "an hour's round trip", HOUR, CONNECT, GO_ON, HOUR + 500, 0 });
    assert_int_equal(core.info.rtt_us, 0);
    assert_int_equal(core.info.err, GW_ETIMEOUT);
}

static void test_who_wakes_too_late_does_not_set_out(void **state)
{
    (void)state;
    PLAY(BEGUN, { "a stream", 10, OPENED, 0, 10010, 0 },
         { "their CONNECT", 100, CONNECT, DCUTR_SAY_SYNC | DCUTR_PART, 150, 0 },
         { "a lid was closed", HOUR, TICK, GO_ON, HOUR + 500, 0 },
         { "again", HOUR + 500, TICK, DCUTR_OPEN, HOUR + 10500, 0 });
}

static void test_a_busy_machine_that_is_a_little_late_sets_out(void **state)
{
    (void)state;
    PLAY(BEGUN, { "a stream", 10, OPENED, 0, 10010, 0 },
         { "their CONNECT", 100, CONNECT, DCUTR_SAY_SYNC | DCUTR_PART, 150, 0 },
         { "late", 150 + DCUTR_STALE_MS, TICK, DCUTR_PUNCH, NEVER, 0 });
}

static void test_a_sleep_between_rounds_ends_the_pause(void **state)
{
    (void)state;
    PLAY(BEGUN, { "one", 0, FAIL, GO_ON, 500, GW_ERESET },
         { "two", 500, TICK, DCUTR_OPEN, 10500, 0 }, { "fails", 500, FAIL, GO_ON, 1000, GW_ERESET },
         { "three", 1000, TICK, DCUTR_OPEN, 11000, 0 },
         { "fails", 1000, FAIL, GO_ON, 31000, GW_ERESET },
         { "awake", HOUR, TICK, DCUTR_OPEN, HOUR + 10000, 0 });
    assert_int_equal(core.info.tries, 1);
}

static void test_one_call_less_is_no_reason_to_begin_again(void **state)
{
    (void)state;
    PLAY(BEGUN, { "it calls once more", 10, THEY_CALL, 0, 10000, 0 },
         { "a try fails", 20, FAIL, GO_ON, 520, GW_ERESET },
         { "one of them ends", 30, THEIRS_ENDS, 0, 520, 0 });
}

static void test_words_out_of_turn_end_the_try(void **state)
{
    (void)state;
    PLAY(BEGUN, { "a stream", 10, OPENED, 0, 10010, 0 },
         { "SYNC is ours to say", 20, SYNC, GO_ON, 520, 0 });
    assert_int_equal(core.info.err, GW_EPROTO);
    PLAY({ "again", 520, TICK, DCUTR_OPEN, 10520, 0 },
         { "a word before the stream", 530, CONNECT, GO_ON, 1030, 0 });
    assert_int_equal(core.info.err, GW_EPROTO);
}

static void test_the_end_of_the_last_direct_connection_begins_a_round(void **state)
{
    (void)state;
    PLAY(BEGUN, { "through", 100, DIRECT, DCUTR_DROP, NEVER, 0 },
         { "a push", 200, SPEAKS, 0, NEVER, 0 }, { "what changes", 300, NETWORK, 0, NEVER, 0 },
         { "lost", 400, INDIRECT, DCUTR_OPEN, 10400, 0 },
         { "one more of them", 500, INDIRECT, 0, 10400, 0 });
}

static void test_a_call_through_the_relay_says_that_the_direct_connection_is_dead(void **state)
{
    (void)state;
    PLAY(BEGUN, { "through", 100, DIRECT, DCUTR_DROP, NEVER, 0 },
         { "it calls again", 5000, THEY_CALL, 0, NEVER, 0 },
         { "and is known", 5100, SPEAKS, DCUTR_DROP | DCUTR_OPEN, 15100, 0 });
}

static void test_a_network_change_drops_the_try_under_way(void **state)
{
    (void)state;
    PLAY(BEGUN, { "a stream", 10, OPENED, 0, 10010, 0 },
         { "moved", 50, NETWORK, DCUTR_DROP | DCUTR_OPEN, 10050, 0 },
         { "a push", 60, SPEAKS, 0, 10050, 0 });
}

/* ---- a direct connection falls silent ---- */

static void test_where_nothing_leads_through_a_relay_the_peer_is_called(void **state)
{
    (void)state;
    PLAY({ "through", 0, DIRECT, DCUTR_DROP, NEVER, 0 },
         { "silent", 100, SILENT, DCUTR_REFRESH | DCUTR_CALL, NEVER, 0 },
         { "we call", 200, WE_CALL, 0, NEVER, 0 }, { "known", 210, SPEAKS, DCUTR_DROP, 5210, 0 },
         { "it begins", 220, THEY_OPEN, DCUTR_DROP, 10220, 0 },
         { "CONNECT", 240, CONNECT, DCUTR_SAY_CONNECT, 10240, 0 },
         { "SYNC", 260, SYNC, DCUTR_PART | DCUTR_PUNCH, NEVER, 0 },
         { "heard again", 300, DIRECT, DCUTR_DROP, NEVER, 0 });
    assert_true(core.has_direct);
}

static void test_who_was_called_gives_the_peer_time_to_learn_where_it_is(void **state)
{
    (void)state;
    PLAY(BEGUN, { "through", 100, DIRECT, DCUTR_DROP, NEVER, 0 },
         { "silent", 1000, SILENT, DCUTR_REFRESH, 1000 + DCUTR_SETTLE_MS, 0 },
         { "and more of them", 1500, SILENT, DCUTR_REFRESH, 1500 + DCUTR_SETTLE_MS, 0 },
         { "now", 2500, TICK, DCUTR_OPEN, 12500, 0 },
         { "silent", 2600, SILENT, DCUTR_REFRESH, 12500, 0 });
}

static void test_a_silence_that_ends_in_time_costs_no_try(void **state)
{
    (void)state;
    PLAY(BEGUN, { "through", 100, DIRECT, DCUTR_DROP, NEVER, 0 },
         { "silent", 1000, SILENT, DCUTR_REFRESH, 2000, 0 },
         { "heard again", 1900, DIRECT, DCUTR_DROP, NEVER, 0 });
    assert_int_equal(core.info.tries, 1); /* the first */
}

/* ---- the peer begins ---- */

#define CALLED_UPON                                                                            \
    { "we call", 0, WE_CALL, 0, NEVER, 0 }, { "it is known", 0, SPEAKS, DCUTR_DROP, 5000, 0 }, \
    {                                                                                          \
        "it begins", 100, THEY_OPEN, DCUTR_DROP, 10100, 0                                      \
    }

static void test_who_called_answers_and_sets_out_at_the_sync(void **state)
{
    (void)state;
    PLAY(CALLED_UPON, { "CONNECT", 100, CONNECT, DCUTR_SAY_CONNECT, 10100, 0 },
         { "SYNC", 180, SYNC, DCUTR_PART | DCUTR_PUNCH, NEVER, 0 });
    assert_false(core.is_ours);
    PLAY({ "in vain", 3180, FAIL, GO_ON, NEVER, GW_ETIMEOUT });
    assert_int_equal(core.info.state, DCUTR_FAILED);
    PLAY({ "it begins again", 3700, THEY_OPEN, DCUTR_DROP, 13700, 0 });
    assert_int_equal(core.info.state, DCUTR_UPGRADING);
    assert_int_equal(core.info.tries, 2);
}

static void test_a_peer_that_goes_silent_or_talks_nonsense_is_left_to_begin_again(void **state)
{
    (void)state;
    PLAY(CALLED_UPON, { "no CONNECT", 10100, TICK, GO_ON, NEVER, 0 },
         { "again", 11000, THEY_OPEN, DCUTR_DROP, 21000, 0 },
         { "CONNECT", 11000, CONNECT, DCUTR_SAY_CONNECT, 21000, 0 },
         { "no SYNC", 21000, TICK, GO_ON, NEVER, 0 },
         { "again", 22000, THEY_OPEN, DCUTR_DROP, 32000, 0 },
         { "SYNC at once", 22000, SYNC, GO_ON, NEVER, 0 },
         { "again", 23000, THEY_OPEN, DCUTR_DROP, 33000, 0 },
         { "CONNECT", 23000, CONNECT, DCUTR_SAY_CONNECT, 33000, 0 },
         { "twice", 23100, CONNECT, GO_ON, NEVER, 0 });
    assert_int_equal(core.info.err, GW_EPROTO);
    PLAY({ "again", 24000, THEY_OPEN, DCUTR_DROP, 34000, 0 },
         { "another takes its place", 25000, THEY_OPEN, DCUTR_DROP, 35000, 0 },
         { "the SYNC of an hour ago", 25000 + HOUR, SYNC, GO_ON, NEVER, 0 });
}

/* ---- nobody begins ---- */

static void test_a_peer_that_never_begins_is_dialled_with_growing_pauses(void **state)
{
    (void)state;
    PLAY({ "we call", 0, WE_CALL, 0, NEVER, 0 },
         { "it is known", 100, SPEAKS, DCUTR_DROP, 5100, 0 }, { "a push", 200, SPEAKS, 0, 5100, 0 },
         { "patience", 5099, TICK, 0, 5100, 0 }, { "no more", 5100, TICK, DCUTR_DIAL, NEVER, 0 },
         { "a push", 5200, SPEAKS, 0, NEVER, 0 },
         { "in vain", 6000, FAIL, DCUTR_DROP, 36000, GW_EOFFLINE },
         { "again", 36000, TICK, DCUTR_DIAL, NEVER, 0 },
         { "in vain", 36000, FAIL, DCUTR_DROP, 96000, GW_EOFFLINE });
    assert_int_equal(core.info.tries, 0); /* of holes */
    assert_int_equal(core.info.state, DCUTR_IDLE);
    PLAY({ "moved", 40000, NETWORK, DCUTR_DROP, 45000, 0 },
         { "again", 45000, TICK, DCUTR_DIAL, NEVER, 0 },
         { "there", 45100, DIRECT, DCUTR_DROP, NEVER, 0 },
         { "lost", 50000, INDIRECT, 0, 55000, 0 });
}

static void test_a_peer_that_begins_after_all_ends_the_dial(void **state)
{
    (void)state;
    PLAY({ "we call", 0, WE_CALL, 0, NEVER, 0 }, { "known", 0, SPEAKS, DCUTR_DROP, 5000, 0 },
         { "dial", 5000, TICK, DCUTR_DIAL, NEVER, 0 },
         { "it begins", 5100, THEY_OPEN, DCUTR_DROP, 15100, 0 },
         { "and fails", 5200, FAIL, GO_ON, NEVER, GW_ERESET });
}

static void test_a_try_of_the_peers_goes_on_through_a_network_change(void **state)
{
    (void)state;
    PLAY(CALLED_UPON, { "moved", 200, NETWORK, 0, 10100, 0 },
         { "in vain", 300, FAIL, GO_ON, 30300, GW_ERESET }, /* it may not know that we moved */
         { "dial", 30300, TICK, DCUTR_DIAL, NEVER, 0 });
}

static void test_a_caller_that_cannot_punch_is_dialled(void **state)
{
    (void)state;
    PLAY({ "it calls", 0, THEY_CALL, 0, NEVER, 0 },
         { "an old one", 0, IS_MUTE, DCUTR_DROP, 5000, 0 },
         { "dial", 5000, TICK, DCUTR_DIAL, NEVER, 0 },
         { "in vain", 5001, FAIL, DCUTR_DROP, 35001, GW_EOFFLINE },
         { "it learns", 9000, SPEAKS, DCUTR_DROP | DCUTR_OPEN, 19000, 0 },
         { "it has forgotten", 9100, FAIL, GO_ON, 39100, GW_ENOPROTO });
    assert_int_equal(core.info.state, DCUTR_FAILED);
    assert_int_equal(core.info.err, GW_ENOPROTO);
    PLAY({ "dial", 39100, TICK, DCUTR_DIAL, NEVER, 0 });
}

/* ---- both have called ---- */

static void test_a_peer_that_begins_and_lets_nobody_begin_does_not_end_our_turn(void **state)
{
    (void)state;
    PLAY({ "we call", 0, WE_CALL, 0, NEVER, 0 }, { "it calls", 0, THEY_CALL, 0, NEVER, 0 },
         { "known", 0, SPEAKS, DCUTR_DROP | DCUTR_OPEN, 10000, 0 },
         { "not yet", 20, FAIL, GO_ON, 30020, GW_ENOPROTO },
         { "it begins", 1000, THEY_OPEN, DCUTR_DROP, 11000, 0 },
         { "in vain", 1100, FAIL, GO_ON, 61100, GW_ETIMEOUT },
         { "it tells", 1200, SPEAKS, 0, 61100, 0 },
         { "our turn", 61100, TICK, DCUTR_OPEN, 71100, 0 });
}

static void test_the_greater_id_begins_and_goes_on(void **state)
{
    (void)state;
    PLAY({ "we call", 0, WE_CALL, 0, NEVER, 0 }, { "it calls", 0, THEY_CALL, 0, NEVER, 0 },
         { "known", 0, SPEAKS, DCUTR_DROP | DCUTR_OPEN, 10000, 0 },
         { "it begins, too", 10, THEY_OPEN, 0, 10000, 0 },
         { "our stream", 20, OPENED, 0, 10020, 0 },
         { "no, it shall not", 30, THEY_OPEN, 0, 10020, 0 },
         { "CONNECT", 100, CONNECT, DCUTR_SAY_SYNC | DCUTR_PART, 150, 0 });
}

static void test_the_smaller_id_gives_way(void **state)
{
    (void)state;
    dcutr_core_init(&core, true);
    PLAY(BEGUN, { "we call, too", 10, WE_CALL, 0, 10000, 0 },
         { "it begins", 20, THEY_OPEN, DCUTR_DROP, 10020, 0 },
         { "CONNECT", 20, CONNECT, DCUTR_SAY_CONNECT, 10020, 0 },
         { "in vain", 90, FAIL, GO_ON, NEVER, GW_ETIMEOUT },
         { "our call ends", 100, OURS_ENDS, DCUTR_OPEN, 10100, 0 });
}

static void test_the_smaller_id_s_own_try_is_refused_first(void **state)
{
    (void)state;
    dcutr_core_init(&core, true);
    PLAY(BEGUN, { "we call, too", 10, WE_CALL, 0, 10000, 0 },
         { "it refuses", 20, FAIL, GO_ON, 30020, GW_EDENIED },
         { "and begins itself", 30, THEY_OPEN, DCUTR_DROP, 10030, 0 });
}

/* ---- candidates ---- */

static void test_candidates_are_those_that_can_be_dialled_elsewhere(void **state)
{
    static const char *const told[] = {
        "/ip4/127.0.0.1/udp/4001/quic-v1",
        "/ip4/203.0.113.5/udp/4001/quic-v1",
        "/ip4/203.0.113.5/udp/4001",
        "/dns4/example.com/tcp/443",
        "/ip4/203.0.113.9/tcp/443/p2p/12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV",
        "/p2p/12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV/p2p-circuit",
        "/ip4/192.168.1.7/udp/4001/quic-v1",
    };
    struct multiaddr m[COUNT(told)];
    struct dcutr_msg msg = { .type = DCUTR_CONNECT };
    char text[MULTIADDR_STR_MAX];
    (void)state;

    for (size_t i = 0; i < COUNT(told); i++) {
        assert_int_equal(multiaddr_parse(bytes_of(told[i]), &m[i]), 0);
        pb_list_add(&msg.addrs, (struct bytes){ m[i].b, m[i].n });
    }
    pb_list_add(&msg.addrs, bytes_of("no address"));
    PLAY(CALLED_UPON);
    assert_int_equal(dcutr_core_message(&core, &msg, T0 + 100 * MS), DCUTR_SAY_CONNECT);
    assert_int_equal(core.info.ncandidates, 3);
    assert_string_equal(multiaddr_print(&core.info.candidates[0], text), told[1]);
    assert_string_equal(multiaddr_print(&core.info.candidates[1], text),
                        "/ip4/203.0.113.9/tcp/443");
    assert_string_equal(multiaddr_print(&core.info.candidates[2], text), told[6]);
}

static void test_candidates_beyond_the_bound_are_passed_over(void **state)
{
    struct multiaddr m;
    struct dcutr_msg msg = { .type = DCUTR_CONNECT };
    (void)state;

    assert_int_equal(multiaddr_parse(bytes_of("/ip4/203.0.113.5/udp/4001/quic-v1"), &m), 0);
    for (unsigned i = 0; i < PB_LIST_MAX; i++)
        pb_list_add(&msg.addrs, (struct bytes){ m.b, m.n });
    PLAY(CALLED_UPON);
    assert_int_equal(dcutr_core_message(&core, &msg, T0 + 100 * MS), DCUTR_SAY_CONNECT);
    assert_int_equal(core.info.ncandidates, DCUTR_CANDIDATES_MAX);
}

/* ---- two ends ---- */

struct far { /* what is on its way to an end, by its bit */
    uint64_t at_us[8];
};

enum { OPEN_ = 0, CONNECT_, SYNC_ };

static void deliver(struct dcutr_core *c, unsigned what, uint64_t now_us, unsigned *todo)
{
    static const enum event events[] = {
        [OPEN_] = THEY_OPEN, [CONNECT_] = CONNECT, [SYNC_] = SYNC
    };
    *todo |= feed(c, events[what], 0, now_us);
}

/* Both ends over a relay that takes there_us one way and back_us the other; returns how far apart
 * they set out. */
static int64_t race(uint64_t there_us, uint64_t back_us)
{
    struct dcutr_core b, a; /* a called b */
    struct far to_a = { { 0 } };
    uint64_t to_b_us = 0, out_a_us = 0, out_b_us = 0;

    dcutr_core_init(&a, true);
    dcutr_core_init(&b, false);
    dcutr_core_relayed(&a, false);
    dcutr_core_relayed(&b, true);
    assert_int_equal(dcutr_core_identified(&b, true, T0), DCUTR_DROP | DCUTR_OPEN);
    to_a.at_us[OPEN_] = to_a.at_us[CONNECT_] = T0 + there_us;
    dcutr_core_opened(&b, T0);
    for (uint64_t now_us = T0; !out_a_us || !out_b_us; now_us += 500) {
        unsigned todo_a = 0, todo_b = dcutr_core_tick(&b, now_us);
        assert_true(now_us < T0 + 10 * 1000 * MS);
        for (unsigned i = OPEN_; i <= SYNC_; i++)
            if (to_a.at_us[i] && to_a.at_us[i] <= now_us) {
                to_a.at_us[i] = 0;
                deliver(&a, i, now_us, &todo_a);
            }
        if (todo_a & DCUTR_SAY_CONNECT)
            to_b_us = now_us + back_us;
        if (to_b_us && to_b_us <= now_us) {
            to_b_us = 0;
            deliver(&b, CONNECT_, now_us, &todo_b);
        }
        if (todo_b & DCUTR_SAY_SYNC)
            to_a.at_us[SYNC_] = now_us + there_us;
        out_a_us = todo_a & DCUTR_PUNCH ? now_us : out_a_us;
        out_b_us = todo_b & DCUTR_PUNCH ? now_us : out_b_us;
    }
    return (int64_t)(out_a_us - out_b_us);
}

static void test_both_ends_set_out_at_the_same_moment(void **state)
{
    static const struct {
        uint64_t there_ms, back_ms;
        int64_t apart_ms; /* a after b: half of what the ways differ by */
    } rows[] = {
        { 5, 5, 0 }, { 40, 40, 0 }, { 700, 700, 0 }, { 60, 20, 20 }, { 10, 110, -50 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t got_us = race(rows[i].there_ms * MS, rows[i].back_ms * MS);
        int64_t off_us = got_us - rows[i].apart_ms * (int64_t)MS;
        if (off_us < -1000 || off_us > 1000)
            fail_msg("row %zu: %lld us apart", i, (long long)got_us);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
    const struct CMUnitTest tests[] = {
        T(test_who_was_called_sets_out_half_a_round_trip_after_its_sync),
        T(test_a_round_has_three_tries_and_the_pauses_grow),
        T(test_what_is_lost_is_waited_for_and_tried_again),
        T(test_an_answer_after_the_deadline_is_none),
        T(test_who_wakes_too_late_does_not_set_out),
        T(test_a_busy_machine_that_is_a_little_late_sets_out),
        T(test_a_sleep_between_rounds_ends_the_pause),
        T(test_one_call_less_is_no_reason_to_begin_again),
        T(test_words_out_of_turn_end_the_try),
        T(test_the_end_of_the_last_direct_connection_begins_a_round),
        T(test_a_call_through_the_relay_says_that_the_direct_connection_is_dead),
        T(test_a_network_change_drops_the_try_under_way),
        T(test_where_nothing_leads_through_a_relay_the_peer_is_called),
        T(test_who_was_called_gives_the_peer_time_to_learn_where_it_is),
        T(test_a_silence_that_ends_in_time_costs_no_try),
        T(test_who_called_answers_and_sets_out_at_the_sync),
        T(test_a_peer_that_goes_silent_or_talks_nonsense_is_left_to_begin_again),
        T(test_a_peer_that_never_begins_is_dialled_with_growing_pauses),
        T(test_a_peer_that_begins_after_all_ends_the_dial),
        T(test_a_try_of_the_peers_goes_on_through_a_network_change),
        T(test_a_caller_that_cannot_punch_is_dialled),
        T(test_a_peer_that_begins_and_lets_nobody_begin_does_not_end_our_turn),
        T(test_the_greater_id_begins_and_goes_on),
        T(test_the_smaller_id_gives_way),
        T(test_the_smaller_id_s_own_try_is_refused_first),
        T(test_candidates_are_those_that_can_be_dialled_elsewhere),
        T(test_candidates_beyond_the_bound_are_passed_over),
        T(test_both_ends_set_out_at_the_same_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
