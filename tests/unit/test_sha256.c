/* test_sha256.c - vectors of FIPS 180-2, appendix B, and NIST's SHA256ShortMsg (the empty one). */
#include "id/sha256.h"

#include "hex.h"

static const struct {
    struct bytes parts[3];
    const char *hash;
} vectors[] = {
    { { B("") }, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { { B("abc") }, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { { B("a"), B(""), B("bc") },
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { { B("abcdbcdecdefdefgefghfghighijhi"), B("jkijkljklmklmnlmnomnopnopq") },
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

static void test_sha256_is_that_of_all_parts_in_a_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        uint8_t got[SHA256_LEN], want[SHA256_LEN];
        assert_int_equal(hex_read(vectors[i].hash, want, sizeof want), SHA256_LEN);
        sha256(vectors[i].parts, COUNT(vectors[i].parts), got);
        assert_memory_equal(got, want, SHA256_LEN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256_is_that_of_all_parts_in_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
