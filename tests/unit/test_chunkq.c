/* test_chunkq.c - the queue against a plain array of octets, and its memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/err.h"
#include "net/chunkq.h"

#define MODEL_MAX (1u << 20)
#define STEPS     4000

static uint8_t model[MODEL_MAX]; /* what the queue should hold */
static size_t model_n;

static uint64_t rng_state;

static uint32_t rnd(uint32_t below) /* xorshift64 */
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return (uint32_t)((rng_state >> 16) % below);
}

static void fill(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)rnd(256);
}

/* Sizes of every order: most are small, some larger than the largest chunk. */
static uint32_t rnd_size(void)
{
    return 1 + rnd(1u << (1 + rnd(18)));
}

static void check_peek(struct chunkq *q, size_t offset, size_t max)
{
    struct iovec v[40];
    size_t n = chunkq_peek(q, offset, v, max), at = offset;

    for (size_t i = 0; i < n; i++) {
        assert_true(v[i].iov_len > 0 && v[i].iov_len <= model_n - at);
        assert_memory_equal(v[i].iov_base, model + at, v[i].iov_len);
        at += v[i].iov_len;
    }
    assert_true(n <= max);
    if (n < max && offset < model_n)
        assert_int_equal(at, model_n);
    if (offset >= model_n)
        assert_int_equal(n, 0);
    else if (max)
        assert_true(n > 0);
}

static void do_reserve(struct chunkq *q)
{
    size_t want = rnd_size();
    struct span to = chunkq_reserve(q, want);
    assert_true(to.n > 0 && to.n <= want);
    memset(to.p, 0xee, to.n); /* all of the room is ours */
    size_t n = rnd(4) ? rnd((uint32_t)to.n + 1) : to.n;
    if (n > MODEL_MAX - model_n)
        n = 0;
    fill(to.p, n);
    if (n)
        memcpy(model + model_n, to.p, n);
    chunkq_commit(q, n);
    model_n += n;
}

static void do_append(struct chunkq *q)
{
    size_t n = rnd_size();
    if (n > MODEL_MAX - model_n)
        return;
    fill(model + model_n, n);
    assert_int_equal(chunkq_append(q, (struct bytes){ model + model_n, n }), 0);
    model_n += n;
}

static void do_drop(struct chunkq *q)
{
    size_t n = rnd(8) ? rnd_size() : model_n;
    if (n > model_n)
        n = model_n;
    chunkq_drop(q, n);
    memmove(model, model + n, model_n - n);
    model_n -= n;
}

static void test_queue_behaves_like_an_array(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct chunkq q = { 0 };
        size_t sender = 0; /* peeks forward as a QUIC sender does */
        rng_state = seed * 0x9e3779b97f4a7c15u;
        model_n = 0;
        for (int i = 0; i < STEPS; i++) {
            size_t before = model_n;
            switch (rnd(6)) {
            case 0:
                do_reserve(&q);
                break;
            case 1:
                do_append(&q);
                break;
            case 2:
                do_drop(&q);
                sender -= sender < before - model_n ? sender : before - model_n;
                break;
            case 3:
                check_peek(&q, rnd((uint32_t)model_n + 2), rnd(40));
                break;
            default:
                check_peek(&q, sender, 2);
                sender += sender + 1200 <= model_n ? 1200 : 0;
            }
            assert_int_equal(q.len, model_n);
            if (!model_n)
                assert_int_equal(chunkq_total(), 0);
            else
                assert_true(chunkq_total() >= model_n);
        }
        check_peek(&q, 0, 40);
        chunkq_clear(&q);
        assert_int_equal(q.len, 0);
        assert_int_equal(chunkq_total(), 0);
    }
}

/* Takes whatever the next reserve gives. */
static size_t take_all(struct chunkq *q)
{
    struct span to = chunkq_reserve(q, SIZE_MAX);
    if (to.n) {
        memset(to.p, 1, to.n);
        chunkq_commit(q, to.n);
    }
    return to.n;
}

static void test_reserve_grows_with_what_flows(void **state)
{
    (void)state;
    struct chunkq q = { 0 };
    size_t first = take_all(&q), second = take_all(&q), third = take_all(&q), fourth = take_all(&q);
    assert_in_range(first, 1900, 2048);
    assert_in_range(second, 16000, 16384);
    assert_in_range(third, 65000, 65536);
    assert_int_equal(fourth, third);
    assert_int_equal(chunkq_total(), 2048 + 16384 + 2 * 65536);
    chunkq_drop(&q, q.len);
    assert_int_equal(chunkq_total(), 0);

    for (int i = 0; i < 3; i++) { /* quiet again: little flows, and less is held */
        assert_int_equal(chunkq_append(&q, bytes_of("x")), 0);
        chunkq_drop(&q, 1);
    }
    assert_int_equal(take_all(&q), first);
    chunkq_clear(&q);
}

static void test_reserve_leaves_no_quarter_unused(void **state)
{
    (void)state;
    struct chunkq q = { 0 };
    size_t cap = chunkq_reserve(&q, SIZE_MAX).n;
    chunkq_commit(&q, cap - cap / 4);
    assert_int_equal(chunkq_reserve(&q, SIZE_MAX).n, cap / 4);
    chunkq_commit(&q, 1);
    assert_true(chunkq_reserve(&q, 10).n == 10); /* what fits does not need a new chunk */
    assert_int_equal(chunkq_total(), 2048);
    assert_true(chunkq_reserve(&q, SIZE_MAX).n > cap);
    chunkq_clear(&q);
}

static void test_commit_of_nothing_gives_the_room_back(void **state)
{
    (void)state;
    struct chunkq q = { 0 };
    assert_true(chunkq_reserve(&q, 100).n > 0);
    assert_true(chunkq_total() > 0);
    chunkq_commit(&q, 0);
    assert_int_equal(chunkq_total(), 0);
    chunkq_commit(&q, 0); /* nothing reserved: fine */
    chunkq_clear(&q);
}

static void test_reserve_past_the_budget_serves_only_empty_queues(void **state)
{
    (void)state;
    struct chunkq q[100] = { 0 };
    size_t full = 0;

    chunkq_set_budget(64 * 1024);
    while (take_all(&q[0]))
        assert_true(chunkq_total() <= 64 * 1024);
    assert_true(chunkq_total() >= 16 * 1024);
    for (size_t i = 1; i < 100 && take_all(&q[i]); i++)
        full = i;
    assert_in_range(chunkq_total(), 126 * 1024, 128 * 1024);
    assert_true(full > 2 && full < 99);
    assert_int_equal(take_all(&q[1]), 0);
    assert_int_equal(take_all(&q[99]), 0); /* twice the budget: not even an empty one */
    chunkq_drop(&q[0], q[0].len);
    assert_true(take_all(&q[99]) > 0);
    for (size_t i = 0; i < 100; i++)
        chunkq_clear(&q[i]);
    chunkq_set_budget(256u << 20);
}

static void test_append_takes_all_or_nothing(void **state)
{
    (void)state;
    static uint8_t big[300 * 1024];
    struct chunkq q = { 0 };
    struct iovec v[8];

    chunkq_set_budget(64 * 1024);
    assert_int_equal(chunkq_append(&q, (struct bytes){ big, sizeof big }), GW_ENOMEM);
    assert_int_equal(chunkq_total(), 0);
    assert_int_equal(chunkq_append(&q, bytes_of("hello")), 0);
    assert_int_equal(chunkq_append(&q, (struct bytes){ big, sizeof big }), GW_ENOMEM);
    assert_int_equal(q.len, 5);
    assert_int_equal(chunkq_append(&q, bytes_of(" world")), 0);
    assert_int_equal(chunkq_peek(&q, 0, v, 8), 1);
    assert_memory_equal(v[0].iov_base, "hello world", 11);
    chunkq_clear(&q);
    chunkq_set_budget(256u << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queue_behaves_like_an_array),
        cmocka_unit_test(test_reserve_grows_with_what_flows),
        cmocka_unit_test(test_reserve_leaves_no_quarter_unused),
        cmocka_unit_test(test_commit_of_nothing_gives_the_room_back),
        cmocka_unit_test(test_reserve_past_the_budget_serves_only_empty_queues),
        cmocka_unit_test(test_append_takes_all_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
