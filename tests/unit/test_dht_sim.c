/* test_dht_sim.c - a small run of what tests/bench/dht_sim.c does at length: everybody is found, in
 * spite of liars, of losses, and of coming and going. */
#include "../bench/dht_run.h"

#include "vec.h"

#define NODES   300
#define LOOKUPS 300
#define VALUES  60
#define HOUR_MS (3600 * 1000)

static struct dht_net *net;
static struct dht_values *values;

static void begin(uint32_t nodes, unsigned liars, unsigned loss)
{
    struct dht_config cfg = { .nodes = nodes, .seed = 1, .liars = liars, .loss = loss, .paths = 3 };

    net = dht_net_new(&cfg);
    dht_run_join(net);
    values = dht_run_put(net, VALUES);
}

static void end(void)
{
    dht_values_free(values);
    dht_net_free(net);
}

static void assert_finds(double percent)
{
    struct dht_figures f;

    dht_run_find(net, LOOKUPS, &f);
    assert_true(f.found >= percent);
    assert_in_range(f.hops_p50, 1, 5);
    assert_true(f.rtts_p50 > 0.1 && f.rtts_p50 < 5);
    assert_true(f.messages >= 2 && f.messages < 100);
    dht_run_get(net, values, LOOKUPS, &f);
    assert_true(f.found >= percent);
    assert_in_range(f.hops_p50, 1, 5);
    dht_run_nearest(net, LOOKUPS, &f);
    assert_true(f.found >= percent - 1);
}

static void test_lookups_find_everybody(void **state)
{
    (void)state;
    begin(NODES, 0, 0);
    assert_finds(100);
    net->cfg.loss = 5;
    assert_finds(100);
    dht_run_churn(net, values, 20, HOUR_MS);
    assert_finds(100);
    end();
}

static void test_lookups_find_in_spite_of_liars(void **state)
{
    (void)state;
    begin(NODES, 20, 0);
    assert_finds(99);
    end();
}

static void test_the_same_seed_is_the_same_run(void **state)
{
    uint64_t messages[2];

    (void)state;
    for (size_t i = 0; i < COUNT(messages); i++) {
        begin(60, 20, 5);
        messages[i] = net->messages;
        end();
    }
    assert_true(messages[0] > 0 && messages[0] == messages[1]);
}

static char order[8];

static void note_a(void *arg)
{
    (void)arg;
    strcat(order, "a");
}

static void note_b(void *arg)
{
    (void)arg;
    strcat(order, "b");
}

static void test_events_happen_in_their_order(void **state)
{
    struct vtime t = { 0 };

    (void)state;
    vtime_at(&t, 20, note_b, NULL);
    vtime_at(&t, 30, note_a, NULL);
    vtime_at(&t, 10, note_a, NULL);
    vtime_at(&t, 20, note_a, NULL);
    vtime_at(&t, 20, note_b, NULL);
    vtime_run(&t, 25);
    assert_string_equal(order, "abab");
    assert_int_equal(t.now_ms, 25);
    vtime_run(&t, UINT64_MAX);
    assert_string_equal(order, "ababa");
    assert_int_equal(t.now_ms, 30);
    vtime_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_happen_in_their_order),
        cmocka_unit_test(test_the_same_seed_is_the_same_run),
        cmocka_unit_test(test_lookups_find_everybody),
        cmocka_unit_test(test_lookups_find_in_spite_of_liars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
