/* test_basex.c - base58, base36 and base32 of base/basex.h. */
#include "base/basex.h"

#include <stdio.h>

#include "vec.h"

/* multiformats/multibase, tests/{basic,leading_zero,two_leading_zeros}.csv, without the prefix
 * letter. */
static const struct {
    struct bytes bin;
    const char *b58, *b36, *b32;
} vectors[] = {
    { { (const uint8_t *)"yes mani !", 10 },
      "7paNL19xttacUY",
      "2lcpzo5yikidynfl",
      "pfsxgidnmfxgsibb" },
    { { (const uint8_t *)"\0yes mani !", 11 },
      "17paNL19xttacUY",
      "02lcpzo5yikidynfl",
      "ab4wk4zanvqw42jaee" },
    { { (const uint8_t *)"\0\0yes mani !", 12 },
      "117paNL19xttacUY",
      "002lcpzo5yikidynfl",
      "aaahszltebwwc3tjeaqq" },
    { { (const uint8_t *)"", 0 }, "", "", "" },
};
#define NVECTORS (COUNT(vectors))

typedef int encode_fn(struct bytes in, char *out, size_t cap);
typedef int decode_fn(struct bytes text, uint8_t *out, size_t cap);

static void assert_both_ways(struct bytes bin, const char *text, encode_fn *encode,
                             decode_fn *decode)
{
    char t[BASEX_IN_MAX];
    uint8_t b[BASEX_IN_MAX];

    assert_int_equal(encode(bin, t, sizeof t), strlen(text));
    assert_string_equal(t, text);
    assert_int_equal(decode(bytes_of(text), b, sizeof b), bin.n);
    assert_memory_equal(b, bin.p, bin.n);
}

static void test_vectors_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < NVECTORS; i++) {
        assert_both_ways(vectors[i].bin, vectors[i].b58, basex_encode58, basex_decode58);
        assert_both_ways(vectors[i].bin, vectors[i].b36, basex_encode36, basex_decode36);
        assert_both_ways(vectors[i].bin, vectors[i].b32, basex_encode32, basex_decode32);
    }
}

/* multiformats/multibase, tests/case_insensitivity.csv: "hello world" */
static void test_decode_folds_case_except_base58(void **state)
{
    uint8_t b[BASEX_IN_MAX];
    (void)state;
    assert_int_equal(basex_decode32(bytes_of("nbswy3dpeB3W64TMMQ"), b, sizeof b), 11);
    assert_memory_equal(b, "hello world", 11);
    assert_int_equal(basex_decode36(bytes_of("fUvrsIvVnfRbjWaJo"), b, sizeof b), 11);
    assert_memory_equal(b, "hello world", 11);
    assert_int_equal(basex_decode58(bytes_of("7PANL19XTTACUY"), b, sizeof b), 10);
    assert_memory_not_equal(b, "yes mani !", 10);
}

static void test_decode_refuses_foreign_characters(void **state)
{
    uint8_t b[BASEX_IN_MAX];
    (void)state;
    for (const char *c = "0OIl+/ -\x80"; *c; c++)
        assert_int_equal(basex_decode58((struct bytes){ (const uint8_t *)c, 1 }, b, sizeof b),
                         GW_ESYNTAX);
    assert_int_equal(basex_decode58((struct bytes){ (const uint8_t *)"\0", 1 }, b, sizeof b),
                     GW_ESYNTAX);
    assert_int_equal(basex_decode36(bytes_of("2lc-"), b, sizeof b), GW_ESYNTAX);
    assert_int_equal(basex_decode32(bytes_of("pfsxgid1"), b, sizeof b), GW_ESYNTAX);
}

/* RFC 4648 s.3.5: bits that stand for no octet must be zero, and no digit may be left over. */
static void test_decode32_refuses_stray_bits(void **state)
{
    uint8_t b[8];
    (void)state;
    assert_int_equal(basex_decode32(bytes_of("me"), b, sizeof b), 1);
    assert_int_equal(basex_decode32(bytes_of("mf"), b, sizeof b), GW_ESYNTAX);
    assert_int_equal(basex_decode32(bytes_of("a"), b, sizeof b), GW_ESYNTAX);
    assert_int_equal(basex_decode32(bytes_of("mea"), b, sizeof b), GW_ESYNTAX);
}

static void test_room_is_needed_for_all(void **state)
{
    encode_fn *const encode[] = { basex_encode58, basex_encode36, basex_encode32 };
    decode_fn *const decode[] = { basex_decode58, basex_decode36, basex_decode32 };
    uint8_t b[BASEX_IN_MAX + 1];
    char t[BASEX_IN_MAX * 2];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        memset(b, 'y', sizeof b);
        int n = encode[i]((struct bytes){ b, 10 }, t, sizeof t);
        assert_true(n > 0);
        assert_int_equal(encode[i]((struct bytes){ b, 10 }, t, (size_t)n), GW_ENOMEM);
        assert_int_equal(encode[i]((struct bytes){ b, 10 }, t, (size_t)n + 1), n);
        assert_int_equal(decode[i](bytes_of(t), b, 9), GW_ENOMEM);
        assert_int_equal(decode[i](bytes_of(t), b, 10), 10);
    }
}

static void test_input_is_bounded(void **state)
{
    uint8_t b[BASEX_IN_MAX + 1];
    char t[BASEX_IN_MAX * 2];
    (void)state;
    memset(b, 0xff, sizeof b);
    assert_true(basex_encode58((struct bytes){ b, BASEX_IN_MAX }, t, sizeof t) > 0);
    assert_true(basex_encode36((struct bytes){ b, BASEX_IN_MAX }, t, sizeof t) > 0);
    assert_true(basex_encode32((struct bytes){ b, BASEX_IN_MAX }, t, sizeof t) > 0);
    assert_int_equal(basex_encode58((struct bytes){ b, sizeof b }, t, sizeof t), GW_ENOMEM);
    assert_int_equal(basex_encode32((struct bytes){ b, sizeof b }, t, sizeof t), GW_ENOMEM);
    memset(t, 'z', sizeof t);
    assert_int_equal(basex_decode58((struct bytes){ (uint8_t *)t, BASEX_IN_MAX + 1 }, b, sizeof b),
                     GW_ENOMEM);
    assert_int_equal(basex_decode32((struct bytes){ (uint8_t *)t, BASEX_IN_MAX + 1 }, b, sizeof b),
                     GW_ENOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors_both_ways),
        cmocka_unit_test(test_decode_folds_case_except_base58),
        cmocka_unit_test(test_decode_refuses_foreign_characters),
        cmocka_unit_test(test_decode32_refuses_stray_bits),
        cmocka_unit_test(test_room_is_needed_for_all),
        cmocka_unit_test(test_input_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
