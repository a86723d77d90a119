/* test_share_code.c - a code leads who has it to a peer, and nobody else. */
#include "id/share_code.h"

#include <stdio.h>

#include "base/err.h"
#include "testpeers.h"
#include "vec.h"

#define NOW 1796000000u

static const char code_a[] = "k3vq-7mza-2hbn", code_b[] = "k3vq-7mza-2hbo";
static struct share_code a, b;
static struct peerid peer;
static struct multiaddr addrs[SHARE_CODE_ADDRS_MAX + 1];
static uint8_t sealed[NAME_RECORD_MAX];
static struct bytes record;

static int setup(void **state)
{
    char text[64];
    (void)state;
    assert_int_equal(share_code_read(&a, code_a), 0);
    assert_int_equal(share_code_read(&b, code_b), 0);
    peer = peer_of(PEER_A);
    for (unsigned i = 0; i < SHARE_CODE_ADDRS_MAX + 1; i++) {
        snprintf(text, sizeof text, "/ip4/192.0.2.%u/udp/4001/quic-v1", i + 1);
        assert_int_equal(multiaddr_parse(bytes_of(text), &addrs[i]), 0);
    }
    int n = share_code_seal(&a, &peer, addrs, SHARE_CODE_ADDRS_MAX + 1, NOW, NOW + 600, sealed,
                            sizeof sealed);
    assert_true(n > 0);
    record = (struct bytes){ sealed, (size_t)n };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    share_code_wipe(&a);
    share_code_wipe(&b);
    return 0;
}

static void test_who_has_the_code_learns_peer_and_addresses(void **state)
{
    struct name_record r;
    (void)state;
    assert_int_equal(share_code_open(&a, record, NOW, &r), 0);
    assert_true(peerid_eq(&r.peer, &peer));
    assert_int_equal(r.naddrs, SHARE_CODE_ADDRS_MAX);
    for (size_t i = 0; i < r.naddrs; i++)
        assert_true(multiaddr_eq(&r.addrs[i], &addrs[i]));
}

static void test_another_code_is_of_no_use(void **state)
{
    uint8_t key_a[NAME_RECORD_KEY], key_b[NAME_RECORD_KEY];
    struct share_code mixed = a;
    struct name_record r;
    (void)state;
    share_code_key(&a, key_a);
    share_code_key(&b, key_b);
    assert_memory_not_equal(key_a, key_b, sizeof key_a);
    assert_int_equal(share_code_open(&b, record, NOW, &r), GW_EINVAL);
    memcpy(mixed.secret, b.secret, sizeof mixed.secret);
    assert_int_equal(share_code_open(&mixed, record, NOW, &r), GW_EDENIED);
}

static void test_who_stores_it_sees_neither_peer_nor_address(void **state)
{
    uint8_t key[NAME_RECORD_KEY];
    struct name_record r;
    (void)state;
    share_code_key(&a, key);
    assert_int_equal(name_record_check((struct bytes){ key, sizeof key }, record, NOW, &r), 0);
    assert_false(peerid_eq(&r.peer, &peer));
    assert_int_equal(r.naddrs, 0);
    assert_null(memmem(record.p, record.n, peer.mh, peer.n));
    assert_null(memmem(record.p, record.n, addrs[0].b, addrs[0].n));
    assert_null(memmem(record.p, record.n, code_a, 4));
}

static void test_a_code_ends_with_its_record(void **state)
{
    struct name_record r;
    (void)state;
    assert_int_equal(share_code_open(&a, record, NOW + 599, &r), 0);
    assert_int_equal(share_code_open(&a, record, NOW + 600, &r), GW_ETIMEOUT);
}

static void test_a_changed_record_is_refused_wherever_it_was_changed(void **state)
{
    struct name_record r;
    (void)state;
    for (size_t i = 0; i < record.n; i++) {
        sealed[i] ^= 1;
        assert_int_not_equal(share_code_open(&a, record, NOW, &r), 0);
        sealed[i] ^= 1;
    }
}

static void test_codes_are_read_as_people_type_them(void **state)
{
    static const char *const same[] = { "k3vq7mza2hbn", "K3VQ-7MZA-2HBN", " k3 vq 7mza2hbn ",
                                        "k3-vq-7m-za-2h-8n" };
    static const char *const bad[] = { "",
                                       "k3vq-7mza-2hb",
                                       "k3vq-7mza-2hbnn",
                                       "k3vq-7mza-2hb9",
                                       "k3vq_7mza_2hbn",
                                       "k3vq-7mza-2hb\xc3" };
    struct share_code c;
    uint8_t want[NAME_RECORD_KEY], got[NAME_RECORD_KEY];
    (void)state;
    share_code_key(&a, want);
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        assert_int_equal(share_code_read(&c, same[i]), 0);
        share_code_key(&c, got);
        assert_memory_equal(got, want, sizeof got);
        share_code_wipe(&c);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(share_code_read(&c, bad[i]), GW_ESYNTAX);
}

static void test_codes_that_are_drawn_can_be_read_and_differ(void **state)
{
    char one[SHARE_CODE_STR_MAX], two[SHARE_CODE_STR_MAX];
    struct share_code c;
    (void)state;
    share_code_draw(one);
    share_code_draw(two);
    assert_int_equal(strlen(one), SHARE_CODE_STR_MAX - 1);
    assert_string_not_equal(one, two);
    assert_int_equal(share_code_read(&c, one), 0);
    share_code_wipe(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_has_the_code_learns_peer_and_addresses),
        cmocka_unit_test(test_another_code_is_of_no_use),
        cmocka_unit_test(test_who_stores_it_sees_neither_peer_nor_address),
        cmocka_unit_test(test_a_code_ends_with_its_record),
        cmocka_unit_test(test_a_changed_record_is_refused_wherever_it_was_changed),
        cmocka_unit_test(test_codes_are_read_as_people_type_them),
        cmocka_unit_test(test_codes_that_are_drawn_can_be_read_and_differ),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
