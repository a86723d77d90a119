/* test_kad_table.c - the routing table: who gets in, who stays, who is nearest, what is refreshed.
 */
#include "p2p/kad_table.h"

#include <malloc.h>

#include "failing_alloc.h"
#include "vec.h"

#define EVERYBODY 3000 /* peers of the greater tests */

static struct kad_table *t;
static struct kad_id self_id;

static struct peerid peer(uint32_t i)
{
    struct peerid id = { .n = 38, .mh = { 0, 36, 8, 1, 18, 32 } };
    memcpy(id.mh + 34, &i, sizeof i);
    return id;
}

static struct kad_contact contact(uint32_t i)
{
    struct kad_contact c = { .peer = peer(i) };
    kad_id_of_peer(&c.peer, &c.id);
    return c;
}

static int setup(void **state)
{
    (void)state;
    struct kad_contact self = contact(0);
    self_id = self.id;
    t = kad_table_new(&self.peer);
    return t ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    alloc_left = UINT_MAX;
    kad_table_free(t);
    return 0;
}

/* The first peer after `after` that belongs into this bucket. */
static uint32_t next_of(unsigned bucket, uint32_t after)
{
    struct kad_contact c;
    do
        c = contact(++after);
    while (kad_id_shared(&self_id, &c.id) != bucket);
    return after;
}

static enum kad_heard hear(uint32_t i, uint64_t now_ms)
{
    struct kad_contact c = contact(i);
    return kad_table_heard(t, &c, now_ms);
}

static enum kad_heard hear_at(uint32_t i, const char *const *addrs, size_t n)
{
    struct kad_contact c = contact(i);
    struct multiaddr a[8];

    assert_true(n <= COUNT(a));
    for (size_t j = 0; j < n; j++)
        assert_int_equal(multiaddr_parse(bytes_of(addrs[j]), &a[j]), 0);
    c.addrs = a;
    c.naddrs = n;
    return kad_table_heard(t, &c, 1);
}

static enum kad_heard hear_at1(uint32_t i, const char *addr)
{
    return hear_at(i, &addr, 1);
}

static bool has(uint32_t i)
{
    struct peerid p = peer(i);
    return kad_table_has(t, &p);
}

static void no_answer(uint32_t i)
{
    struct peerid p = peer(i);
    kad_table_failed(t, &p);
}

static void drop(uint32_t i)
{
    struct peerid p = peer(i);
    kad_table_remove(t, &p);
}

/* Looks it up by its own point. */
static struct kad_contact get(uint32_t i)
{
    struct kad_contact want = contact(i), got = { .naddrs = 0 };
    assert_int_equal(kad_table_nearest(t, &want.id, &got, 1), 1);
    assert_true(peerid_eq(&got.peer, &want.peer));
    return got;
}

static void assert_doubtful(uint32_t like, uint64_t before_ms, uint32_t want)
{
    struct peerid p = peer(like), w = peer(want);
    struct kad_contact got;
    assert_true(kad_table_doubtful(t, &p, before_ms, &got));
    assert_true(peerid_eq(&got.peer, &w));
}

/* Fills bucket 0 at times 1, 2, ...; the last one is who comes next. */
static void fill_bucket(uint32_t who[KAD_K + 1])
{
    uint32_t last = 0;
    for (uint64_t i = 0; i < KAD_K; i++) {
        who[i] = last = next_of(0, last);
        assert_int_equal(hear(last, i + 1), KAD_HEARD_ADDED);
    }
    who[KAD_K] = next_of(0, last);
}

/* ---- who is nearest ---- */

static const struct kad_id *sort_target;

static int by_distance(const void *a, const void *b)
{
    const struct kad_contact *x = a, *y = b;
    return kad_id_cmp(sort_target, &x->id, &y->id);
}

static void test_nearest_is_what_sorting_all_gives(void **state)
{
    (void)state;
    static struct kad_contact all[EVERYBODY], got[EVERYBODY];
    static const size_t sizes[] = { 0, 1, 3, KAD_K, EVERYBODY };
    size_t n = 0;

    for (uint32_t i = 1; i < EVERYBODY; i++) {
        if (hear(i, i) == KAD_HEARD_ADDED)
            all[n++] = contact(i);
    }
    assert_int_equal(kad_table_count(t), n);
    assert_true(n > 6 * KAD_K);
    for (uint32_t i = 0; i < 300; i++) { /* 0 is ourselves */
        struct kad_contact target = contact(i);
        size_t max = sizes[i % COUNT(sizes)], want = max < n ? max : n;
        sort_target = &target.id;
        qsort(all, n, sizeof *all, by_distance);
        assert_int_equal(kad_table_nearest(t, &target.id, got, max), want);
        for (size_t j = 0; j < want; j++)
            assert_true(peerid_eq(&got[j].peer, &all[j].peer));
    }
}

/* ---- who gets in, and who stays ---- */

static void test_ourselves_are_never_in(void **state)
{
    (void)state;
    struct peerid self = peer(0);
    struct kad_contact c;

    assert_int_equal(hear(0, 1), KAD_HEARD_NOT);
    assert_false(has(0));
    assert_false(kad_table_doubtful(t, &self, UINT64_MAX, &c));
    no_answer(0);
    drop(0);
    assert_int_equal(kad_table_count(t), 0);
}

static void test_full_bucket_keeps_the_old(void **state)
{
    (void)state;
    uint32_t who[KAD_K + 1];

    fill_bucket(who);
    assert_int_equal(hear(who[KAD_K], 100), KAD_HEARD_FULL);
    assert_false(has(who[KAD_K]));
    for (size_t i = 0; i < KAD_K; i++)
        assert_true(has(who[i]));
    assert_int_equal(hear(next_of(1, 0), 100), KAD_HEARD_ADDED); /* another bucket */
    assert_int_equal(kad_table_count(t), KAD_K + 1);
}

static void test_doubtful_is_the_one_longest_not_heard_from(void **state)
{
    (void)state;
    uint32_t who[KAD_K + 1];
    struct peerid newcomer, elsewhere = peer(next_of(3, 0));
    struct kad_contact c;

    fill_bucket(who);
    newcomer = peer(who[KAD_K]);
    assert_false(kad_table_doubtful(t, &newcomer, 1, &c)); /* heard from at 1, not before */
    assert_doubtful(who[KAD_K], 2, who[0]);
    assert_int_equal(hear(who[0], 50), KAD_HEARD_AGAIN);
    assert_int_equal(hear(who[2], 51), KAD_HEARD_AGAIN);
    assert_doubtful(who[KAD_K], 40, who[1]);
    drop(who[1]);
    assert_doubtful(who[KAD_K], 40, who[3]);
    assert_false(kad_table_doubtful(t, &elsewhere, 100, &c)); /* an empty bucket */
}

static void test_contact_that_fails_in_a_row_makes_room(void **state)
{
    (void)state;
    uint32_t who[KAD_K + 1];

    fill_bucket(who);
    for (int i = 0; i < KAD_FAILURES_MAX - 1; i++)
        no_answer(who[5]);
    assert_int_equal(hear(who[KAD_K], 100), KAD_HEARD_FULL);
    assert_int_equal(hear(who[5], 101), KAD_HEARD_AGAIN); /* an answer ends the row */
    for (int i = 0; i < KAD_FAILURES_MAX - 1; i++)
        no_answer(who[5]);
    assert_true(has(who[5]));
    no_answer(who[5]);
    assert_false(has(who[5]));
    no_answer(who[5]); /* not in it: nothing happens */
    assert_int_equal(hear(who[KAD_K], 102), KAD_HEARD_ADDED);
    assert_int_equal(kad_table_count(t), KAD_K);
}

static void test_remove_is_at_once(void **state)
{
    (void)state;
    assert_int_equal(hear(1, 1), KAD_HEARD_ADDED);
    drop(2);
    assert_true(has(1));
    drop(1);
    assert_false(has(1));
    assert_int_equal(kad_table_count(t), 0);
    assert_int_equal(hear(1, 2), KAD_HEARD_ADDED);
}

static void test_table_has_an_end(void **state)
{
    (void)state;
    size_t n = 0;

    for (unsigned bucket = 0; bucket < KAD_ID_BITS; bucket++) {
        for (uint32_t i = 1; i <= KAD_K; i++) { /* no hashes of peers: those would not be found */
            struct kad_contact c = { .peer = peer(i), .id = self_id };
            c.id.b[bucket / 8] ^= (uint8_t)(0x80 >> bucket % 8);
            enum kad_heard want = n < KAD_TABLE_MAX ? KAD_HEARD_ADDED : KAD_HEARD_FULL;
            assert_int_equal(kad_table_heard(t, &c, 1), want);
            n++;
        }
    }
    assert_int_equal(kad_table_count(t), KAD_TABLE_MAX);
}

static void add_time(void *arg, const struct kad_contact *c, uint64_t heard_ms)
{
    uint64_t *sum = arg;
    assert_true(kad_table_has(t, &c->peer));
    *sum += heard_ms;
}

static void test_each_visits_all_with_their_times(void **state)
{
    (void)state;
    uint64_t sum = 0;

    hear(1, 10);
    hear(2, 200);
    hear(3, 3000);
    hear(2, 40000);
    kad_table_each(t, add_time, &sum);
    assert_int_equal(sum, 43010);
}

/* ---- crowds ---- */

/* Addresses of group `g`, host `h`. */
static const char *ip4(unsigned g, uint32_t h)
{
    static char s[64];
    snprintf(s, sizeof s, "/ip4/8.%u.%u.%u/udp/4001/quic-v1", g, h >> 8 & 255, h & 255);
    return s;
}

static const char *ip6(unsigned g, uint32_t h)
{
    static char s[64];
    snprintf(s, sizeof s, "/ip6/2a00:%x:%x::1/tcp/4001", g, h & 0xffff);
    return s;
}

/* What the header promises of a group, whatever its addresses look like. */
static void check_crowd(const char *(*addr)(unsigned g, uint32_t h))
{
    uint32_t last = 0, first = 0;
    unsigned n = 0;

    for (unsigned bucket = 0; n < KAD_GROUP_TABLE; bucket++) {
        last = 0;
        for (int i = 0; i < KAD_GROUP_BUCKET; i++, n++) {
            last = next_of(bucket, last);
            first = first ? first : last;
            assert_int_equal(hear_at1(last, addr(1, last)), KAD_HEARD_ADDED);
        }
        last = next_of(bucket, last);
        assert_int_equal(hear_at1(last, addr(1, last)), KAD_HEARD_CROWD);
        assert_int_equal(hear_at1(last, addr(2, last)), KAD_HEARD_ADDED); /* another group */
        drop(last);
    }
    last = next_of(7, 0);
    assert_int_equal(hear_at1(last, addr(1, last)), KAD_HEARD_CROWD); /* the table is */
    assert_int_equal(hear_at1(first, addr(1, 77)), KAD_HEARD_AGAIN);  /* one that is in may move */
    drop(first);
    assert_int_equal(hear_at1(last, addr(1, last)), KAD_HEARD_ADDED);
}

static void test_crowd_of_an_ip4_16_stays_out(void **state)
{
    (void)state;
    check_crowd(ip4);
}

static void test_crowd_of_an_ip6_32_stays_out(void **state)
{
    (void)state;
    check_crowd(ip6);
}

static void test_private_addresses_are_no_crowd(void **state)
{
    (void)state;
    static const char *const addrs[] = {
        "/ip4/127.0.0.1/tcp/1",         "/ip4/10.1.2.3/tcp/1",     "/ip4/172.16.0.1/tcp/1",
        "/ip4/192.168.1.1/tcp/1",       "/ip6/::1/tcp/1",          "/ip6/fd00::1/tcp/1",
        "/ip6zone/1/ip6/fe80::1/tcp/1", "/dns4/example.com/tcp/1",
    };
    uint32_t last = 0;

    for (size_t i = 0; i < COUNT(addrs); i++) {
        for (int j = 0; j <= KAD_GROUP_BUCKET; j++) {
            last = next_of(0, last);
            assert_int_equal(hear_at1(last, addrs[i]), KAD_HEARD_ADDED);
            if (j)
                drop(last);
        }
    }
    for (int j = 0; j <= KAD_GROUP_BUCKET; j++) {
        last = next_of(1, last);
        assert_int_equal(hear(last, 1), KAD_HEARD_ADDED); /* no address at all */
    }
}

static void test_group_is_that_of_the_first_public_address(void **state)
{
    (void)state;
    static const char *const hidden[] = { "/dns4/example.com/tcp/1", "/ip4/10.0.0.1/tcp/1",
                                          "/ip4/8.1.0.1/tcp/1", "/ip4/9.9.9.9/tcp/1" };
    uint32_t last = 0;

    for (int i = 0; i < KAD_GROUP_BUCKET; i++) {
        last = next_of(0, last);
        assert_int_equal(hear_at(last, hidden, COUNT(hidden)), KAD_HEARD_ADDED);
    }
    last = next_of(0, last);
    assert_int_equal(hear_at1(last, ip4(1, 9)), KAD_HEARD_CROWD);
    assert_int_equal(hear_at1(last, "/ip4/9.9.1.1/tcp/1"), KAD_HEARD_ADDED);
}

static void test_who_moves_into_a_crowd_is_out(void **state)
{
    (void)state;
    uint32_t a = next_of(0, 0), b = next_of(0, a), c = next_of(0, b);

    assert_int_equal(hear_at1(a, ip4(1, 1)), KAD_HEARD_ADDED);
    assert_int_equal(hear_at1(b, ip4(1, 2)), KAD_HEARD_ADDED);
    assert_int_equal(hear_at1(c, ip4(2, 3)), KAD_HEARD_ADDED);
    assert_int_equal(hear_at1(c, ip4(1, 3)), KAD_HEARD_CROWD);
    assert_false(has(c));
    assert_int_equal(hear_at1(b, ip4(2, 2)), KAD_HEARD_AGAIN); /* and who moves out makes room */
    assert_int_equal(hear_at1(c, ip4(1, 3)), KAD_HEARD_ADDED);
    assert_int_equal(kad_table_count(t), 3);
}

/* ---- addresses ---- */

static void assert_addrs(uint32_t i, const char *const *want, size_t n)
{
    struct kad_contact c = get(i);
    char text[MULTIADDR_STR_MAX];

    assert_int_equal(c.naddrs, n);
    for (size_t j = 0; j < n; j++)
        assert_string_equal(multiaddr_print(&c.addrs[j], text), want[j]);
}

static void test_addresses_are_replaced_by_others_not_by_none(void **state)
{
    (void)state;
    static const char *const one[] = { "/ip4/8.1.0.1/tcp/1" };
    static const char *const six[] = { "/ip4/8.1.0.1/tcp/1", "/ip4/8.1.0.1/tcp/2",
                                       "/ip4/8.1.0.1/tcp/3", "/ip4/8.1.0.1/tcp/4",
                                       "/ip4/8.1.0.1/tcp/5", "/ip4/8.1.0.1/tcp/6" };

    assert_int_equal(hear(1, 1), KAD_HEARD_ADDED);
    assert_addrs(1, NULL, 0);
    assert_int_equal(hear_at(1, six, COUNT(six)), KAD_HEARD_AGAIN);
    assert_addrs(1, six, KAD_ADDRS_MAX);
    assert_int_equal(hear_at(1, one, COUNT(one)), KAD_HEARD_AGAIN);
    assert_addrs(1, one, 1);
    assert_int_equal(hear(1, 2), KAD_HEARD_AGAIN);
    assert_addrs(1, one, 1);
}

static void test_borrowed_addresses_outlive_growth_and_may_come_back(void **state)
{
    (void)state;
    static const char *const one[] = { "/ip4/8.1.0.1/tcp/1" };
    uint32_t first = next_of(0, 0);

    assert_int_equal(hear_at(first, one, 1), KAD_HEARD_ADDED);
    struct kad_contact c = get(first);
    for (uint32_t i = 0, last = first; i < KAD_K - 1; i++) { /* its bucket grows and moves */
        last = next_of(0, last);
        assert_int_equal(hear(last, 2), KAD_HEARD_ADDED);
        assert_int_equal(hear(first, 3), KAD_HEARD_AGAIN);
    }
    assert_ptr_equal(get(first).addrs, c.addrs);
    assert_int_equal(kad_table_heard(t, &c, 4), KAD_HEARD_AGAIN); /* its own copy, given back */
    assert_addrs(first, one, 1);
}

/* ---- refreshing ---- */

static void test_refresh_takes_the_buckets_in_turn_and_one_beyond(void **state)
{
    (void)state;
    static const unsigned deepest = 5;
    struct kad_id random, point;

    memset(random.b, 0xff, sizeof random.b);
    assert_int_equal(hear(next_of(2, 0), 1), KAD_HEARD_ADDED);
    assert_int_equal(hear(next_of(deepest, 0), 1), KAD_HEARD_ADDED);
    for (uint64_t round = 0; round < 3; round++) {
        uint64_t start = round * 1000, before = start > 500 ? start - 500 : 0;
        for (unsigned bucket = 0; bucket <= deepest + 1; bucket++) {
            assert_true(kad_table_refresh(t, before, start + bucket, &random, &point));
            assert_int_equal(kad_id_shared(&self_id, &point), bucket);
        }
        assert_false(kad_table_refresh(t, before, start + 99, &random, &point));
    }
    assert_false(kad_table_refresh(t, 2000, 2100, &random, &point)); /* at 2000: not before it */
    assert_true(kad_table_refresh(t, 2001, 2100, &random, &point));
    assert_int_equal(kad_id_shared(&self_id, &point), 0);
    assert_int_equal(hear(next_of(8, 0), 2100), KAD_HEARD_ADDED); /* two more, never refreshed */
    for (unsigned bucket = deepest + 2; bucket <= 9; bucket++) {
        assert_true(kad_table_refresh(t, 0, 2100, &random, &point));
        assert_int_equal(kad_id_shared(&self_id, &point), bucket);
    }
    assert_false(kad_table_refresh(t, 0, 2100, &random, &point));
}

static void test_refresh_of_an_empty_table_looks_at_the_first_bucket_only(void **state)
{
    (void)state;
    struct kad_id random = { .b = { 0 } }, point;

    assert_true(kad_table_refresh(t, 1, 1, &random, &point));
    assert_int_equal(kad_id_shared(&self_id, &point), 0);
    assert_false(kad_table_refresh(t, 1, 1, &random, &point));
}

static void test_refresh_fills_the_rest_of_the_point_with_random_bits(void **state)
{
    (void)state;
    struct kad_id random, point;

    for (unsigned bucket = 0; bucket < 9; bucket++)
        assert_int_equal(hear(next_of(bucket, 0), 1), KAD_HEARD_ADDED);
    for (unsigned bucket = 0; bucket <= 9; bucket++) {
        memset(random.b, bucket % 2 ? 0x5a : 0xa5, sizeof random.b);
        assert_true(kad_table_refresh(t, 1, 1, &random, &point));
        assert_int_equal(kad_id_shared(&self_id, &point), bucket);
        assert_true(kad_id_shared(&point, &random) <= KAD_ID_BITS);
        for (unsigned bit = bucket + 1; bit < KAD_ID_BITS; bit++) {
            unsigned differ = point.b[bit / 8] ^ random.b[bit / 8];
            assert_false(differ & 0x80u >> bit % 8);
        }
    }
}

/* ---- memory ---- */

static void test_out_of_memory_changes_nothing(void **state)
{
    (void)state;
    static const char *const addr[] = { "/ip4/8.1.0.1/tcp/1" }, *const other[] = { "/ip4/8.2.0.1" };
    struct peerid self = peer(0);
    uint32_t who = next_of(0, 0);

    for (alloc_left = 0; hear_at(who, addr, 1) == KAD_HEARD_NOT; alloc_left++)
        assert_int_equal(kad_table_count(t), 0);
    alloc_left = 0;
    assert_int_equal(hear_at(who, other, 1), KAD_HEARD_NOT);
    assert_addrs(who, addr, 1);
    assert_int_equal(hear(who, 2), KAD_HEARD_AGAIN); /* needs none */
    for (uint32_t i = next_of(0, who);; i = next_of(0, i)) {
        if (hear(i, 3) == KAD_HEARD_NOT) /* when the bucket would have to grow */
            break;
        assert_true(has(i));
    }
    assert_true(kad_table_count(t) < KAD_K);
    assert_null(kad_table_new(&self));
}

static void test_table_of_a_great_network_is_small(void **state)
{
    (void)state;
    size_t before = mallinfo2().uordblks;

    for (uint32_t i = 1; i < 10 * EVERYBODY; i++)
        hear(i, 1);
    assert_true(kad_table_count(t) > 200);
    size_t each = (mallinfo2().uordblks - before) / kad_table_count(t);
    assert_true(each < 200); /* 0 under AddressSanitizer */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_nearest_is_what_sorting_all_gives),
        TEST(test_ourselves_are_never_in),
        TEST(test_full_bucket_keeps_the_old),
        TEST(test_doubtful_is_the_one_longest_not_heard_from),
        TEST(test_contact_that_fails_in_a_row_makes_room),
        TEST(test_remove_is_at_once),
        TEST(test_table_has_an_end),
        TEST(test_each_visits_all_with_their_times),
        TEST(test_crowd_of_an_ip4_16_stays_out),
        TEST(test_crowd_of_an_ip6_32_stays_out),
        TEST(test_private_addresses_are_no_crowd),
        TEST(test_group_is_that_of_the_first_public_address),
        TEST(test_who_moves_into_a_crowd_is_out),
        TEST(test_addresses_are_replaced_by_others_not_by_none),
        TEST(test_borrowed_addresses_outlive_growth_and_may_come_back),
        TEST(test_refresh_takes_the_buckets_in_turn_and_one_beyond),
        TEST(test_refresh_of_an_empty_table_looks_at_the_first_bucket_only),
        TEST(test_refresh_fills_the_rest_of_the_point_with_random_bits),
        TEST(test_out_of_memory_changes_nothing),
        TEST(test_table_of_a_great_network_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
