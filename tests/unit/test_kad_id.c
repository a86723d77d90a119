/* test_kad_id.c - points of the key space and the distance between them.  The hashes were taken
 * with Python's hashlib. */
#include "p2p/kad_id.h"

#include "hex.h"
#include "testpeers.h"

static void assert_id(const struct kad_id *got, const char *want_hex)
{
    struct kad_id want;
    assert_int_equal(hex_read(want_hex, want.b, sizeof want.b), KAD_ID_LEN);
    assert_memory_equal(got->b, want.b, KAD_ID_LEN);
}

/* Zeros but for these octets. */
static struct kad_id point(uint8_t first, uint8_t last)
{
    return (struct kad_id){ .b = { [0] = first, [KAD_ID_LEN - 1] = last } };
}

static void test_point_of_a_peer_is_the_hash_of_its_binary_id(void **state)
{
    (void)state;
    struct peerid a = peer_of(PEER_A), b = peer_of(PEER_B);
    struct kad_id id;

    kad_id_of_peer(&a, &id);
    assert_id(&id, "a9fb3b592b9e6cee5658eaf7de67433434163a081d97cc77e303b300c816251e");
    kad_id_of_peer(&b, &id);
    assert_id(&id, "e41c99e231bc8c569bdbb2bb67fd760a2bd41b44cf8910ec7a93aefc14031896");
    kad_id_of_key(bytes_of("abc"), &id); /* FIPS 180-2, B.1 */
    assert_id(&id, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_cmp_is_by_xor_and_not_by_difference(void **state)
{
    (void)state;
    struct kad_id target = point(0x10, 0), a = point(0x0f, 0), b = point(0x17, 0);

    /* 0x10 ^ 0x0f = 0x1f, 0x10 ^ 0x17 = 0x07 */
    assert_true(kad_id_cmp(&target, &b, &a) < 0);
    assert_true(kad_id_cmp(&target, &a, &b) > 0);
    assert_int_equal(kad_id_cmp(&target, &a, &a), 0);
    assert_true(kad_id_cmp(&target, &target, &a) < 0);
}

static void test_cmp_weighs_the_first_octet_most_and_the_last_one_too(void **state)
{
    (void)state;
    struct kad_id target = point(0, 0), far = point(1, 0), mid = point(0, 0xff),
                  near = point(0, 0x80);

    assert_true(kad_id_cmp(&target, &mid, &far) < 0);
    assert_true(kad_id_cmp(&target, &near, &mid) < 0);
}

static void test_shared_counts_leading_bits(void **state)
{
    (void)state;
    struct kad_id zero = point(0, 0);

    for (unsigned bit = 0; bit < KAD_ID_BITS; bit++) {
        struct kad_id id = zero;
        id.b[bit / 8] = (uint8_t)(0xff >> bit % 8); /* what follows does not matter */
        assert_int_equal(kad_id_shared(&zero, &id), bit);
        assert_int_equal(kad_id_shared(&id, &zero), bit);
    }
    assert_int_equal(kad_id_shared(&zero, &zero), KAD_ID_BITS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_point_of_a_peer_is_the_hash_of_its_binary_id),
        cmocka_unit_test(test_cmp_is_by_xor_and_not_by_difference),
        cmocka_unit_test(test_cmp_weighs_the_first_octet_most_and_the_last_one_too),
        cmocka_unit_test(test_shared_counts_leading_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
