/* test_kad_lookup_net.c - lookups in a small network whose nodes all know whom they should: the
 * nearest there are are found, and nobody is asked twice, in spite of liars. */
#include "p2p/kad_lookup.h"

#include "vec.h"

#define ANSWER_MS 4000
#define RTT_MS    100
#define PEERS     600
#define LIAR_OF   5 /* every fifth */

static uint64_t now_ms = 1000000;
static struct kad_lookup *l;

static struct peerid peer_at(uint32_t i)
{
    struct peerid id = { .n = 38 };
    memcpy(id.mh, &i, sizeof i);
    return id;
}

static struct {
    struct kad_contact c;
    struct kad_table *table;
    bool is_liar;
} net[PEERS];

static int build_net(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < PEERS; i++) {
        net[i].c.peer = peer_at(i + 1);
        kad_id_of_peer(&net[i].c.peer, &net[i].c.id);
        net[i].table = kad_table_new(&net[i].c.peer);
        if (!net[i].table)
            return -1;
        net[i].is_liar = i % LIAR_OF == 0;
    }
    for (uint32_t i = 0; i < PEERS; i++)
        for (uint32_t j = 0; j < PEERS; j++)
            kad_table_heard(net[i].table, &net[(i * 7 + j * 11) % PEERS].c, 1);
    return 0;
}

static int drop_net(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < PEERS; i++)
        kad_table_free(net[i].table);
    return 0;
}

/* Twenty that nobody is, one bit from the target each; of each liar its own. */
static void make_up(struct kad_contact *out, const struct kad_id *towards, uint32_t liar)
{
    for (uint32_t i = 0; i < KAD_K; i++) {
        out[i] = (struct kad_contact){ .peer = peer_at(1000000 + liar * KAD_K + i),
                                       .id = *towards };
        out[i].id.b[KAD_ID_LEN - 1 - i / 8] ^= (uint8_t)(1 << i % 8);
        out[i].id.b[KAD_ID_LEN - 4] ^= (uint8_t)liar;
        out[i].id.b[KAD_ID_LEN - 5] ^= (uint8_t)(liar >> 8);
    }
}

struct answer_due {
    uint64_t at_ms;
    uint32_t who;
};

static void deliver(const struct kad_id *towards, uint32_t who, bool has_liars)
{
    struct kad_contact closer[KAD_K];
    size_t n = KAD_K;

    if (has_liars && net[who].is_liar)
        make_up(closer, towards, who);
    else
        n = kad_table_nearest(net[who].table, towards, closer, KAD_K);
    kad_lookup_answer(l, &net[who].c.peer, closer, n);
}

/* Peer 0 looks it up to the end: who exists answers after RTT_MS, and nobody else. */
static void look_up(const struct kad_id *towards, bool has_liars)
{
    struct answer_due due[KAD_ASKED_MAX];
    struct kad_contact c, seeds[KAD_K];
    struct kad_lookup_config cfg = { 3, KAD_K, 3, 0, ANSWER_MS };
    size_t asked = 0, answered = 0;
    uint32_t i;

    l = kad_lookup_new(towards, &net[0].c.peer, &cfg);
    assert_non_null(l);
    kad_lookup_seed(l, seeds, kad_table_nearest(net[0].table, towards, seeds, KAD_K));
    for (;;) {
        while (kad_lookup_next(l, now_ms, &c)) {
            memcpy(&i, c.peer.mh, sizeof i);
            for (size_t j = 0; j < asked; j++)
                assert_int_not_equal(due[j].who, i); /* nobody is asked twice */
            assert_in_range(asked, 0, KAD_ASKED_MAX - 1);
            due[asked++] = (struct answer_due){ now_ms + RTT_MS, i };
        }
        if (kad_lookup_is_done(l))
            return;
        while (answered < asked && due[answered].who > PEERS)
            answered++;
        now_ms = kad_lookup_due(l);
        if (answered < asked && due[answered].at_ms <= now_ms) {
            now_ms = due[answered].at_ms;
            deliver(towards, due[answered++].who - 1, has_liars);
        }
        kad_lookup_tick(l, now_ms, NULL, NULL);
    }
}

static bool is_among_the_k_nearest(const struct kad_id *towards, const struct kad_contact *c)
{
    unsigned nearer = 0;

    for (uint32_t i = 1; i < PEERS; i++) /* without peer 0 itself */
        nearer += kad_id_cmp(towards, &net[i].c.id, &c->id) < 0;
    return nearer < KAD_K;
}

/* Of 100 lookups, those that end with the k nearest that there are. */
static unsigned count_complete(bool has_liars)
{
    unsigned complete = 0;

    for (uint32_t i = 0; i < 100; i++) {
        struct peerid nobody = peer_at(2000000 + i);
        struct kad_contact got[KAD_K];
        struct kad_id towards;
        size_t right = 0;

        kad_id_of_peer(&nobody, &towards);
        look_up(&towards, has_liars);
        for (size_t n = kad_lookup_nearest(l, got, KAD_K); n-- > 0;)
            right += is_among_the_k_nearest(&towards, &got[n]);
        complete += right == KAD_K;
        kad_lookup_free(l);
        l = NULL;
    }
    return complete;
}

static void test_lookup_ends_with_the_nearest_of_all(void **state)
{
    (void)state;
    assert_int_equal(count_complete(false), 100);
}

static void test_lookup_ends_with_the_nearest_in_spite_of_liars(void **state)
{
    (void)state;
    assert_in_range(count_complete(true), 99, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookup_ends_with_the_nearest_of_all),
        cmocka_unit_test(test_lookup_ends_with_the_nearest_in_spite_of_liars),
    };
    return cmocka_run_group_tests(tests, build_net, drop_net);
}
