/* test_peerid.c - id/peerid.h. */
#include "id/peerid.h"

#include "hex.h"

/* The base58 forms and the base32 form of the first are in libp2p/specs, peer-ids/peer-ids.md,
 * "String representation", and in the tests of go-multiaddr; the other CIDs are what js-libp2p's
 * peer-id prints. */
static const struct {
    const char *b58, *b36, *b32;
} forms[] = {
    { "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N",
      "k2k4r8ncs1yoluq95unsd7x2vfhgve0ncjoggwqx9vyh3vl8warrcp15",
      "bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe" },
    { "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA",
      "k51qzi5uqu5dhdmyb9bd18pypu2wp5lpv2xnskfmrqa4lb5knqryrotb05e7or",
      "bafzaajaiaejcal72gwuz2or47oyxxn6b3rkwdmmkrxgkjxzy3rqt5kczyn7lcm3l" },
    { "12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV",
      "k51qzi5uqu5dhb6l8spkdx7yxafegfkee5by8h7lmjh2ehc2sgg34z7c15vzqs",
      "bafzaajaiaejcalj543iwv2d7pkjt7ykvefrkfu7qjfi6sduakhso4lay6abn2d5u" },
    { "QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC",
      "k2k4r8oqamigqdo6o7hsbfwd45y70oyynp98usk7zmyfrzpqxh1pohl7",
      "bafzbeigvf25ytwc3akrijfecaotc74udrhcxzh2cx3we5qqnw5vgrei4bm" },
};

static struct peerid parsed(const char *text)
{
    struct peerid id;
    if (peerid_parse(bytes_of(text), &id) != 0)
        fail_msg("%s", text);
    return id;
}

static void test_every_form_reads_as_the_same_peer(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        char text[PEERID_STR_MAX];
        struct peerid id = parsed(forms[i].b58), b36 = parsed(forms[i].b36),
                      b32 = parsed(forms[i].b32);
        assert_true(peerid_eq(&id, &b36));
        assert_true(peerid_eq(&id, &b32));
        assert_string_equal(peerid_print(&id, text), forms[i].b58);
        assert_string_equal(peerid_print_base36(&id, text), forms[i].b36);
        assert_true(strlen(text) <= 63); /* a DNS label */
        assert_string_equal(peerid_print_base32(&id, text), forms[i].b32);
    }
}

static void test_parse_folds_case_of_cids_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        char upper[PEERID_STR_MAX];
        struct peerid id = parsed(forms[i].b58), got;
        const char *const cids[] = { forms[i].b36, forms[i].b32 };
        for (size_t c = 0; c < COUNT(cids); c++) {
            for (size_t j = 0; j <= strlen(cids[c]); j++)
                upper[j] = (char)(cids[c][j] >= 'a' && cids[c][j] <= 'z' ? cids[c][j] - 32
                                                                         : cids[c][j]);
            got = parsed(upper);
            assert_true(peerid_eq(&id, &got));
        }
    }
}

static void test_parse_reads_base58_cids(void **state)
{
    /* what js-libp2p's peer-id prints for it */
    struct peerid want = parsed(forms[0].b58);
    struct peerid got = parsed("zdvgqC3jczfCwLUoSyWT8GLc5UZ9aG4RkAg7XAfidRbX9qVj6");
    (void)state;
    assert_true(peerid_eq(&want, &got));
}

static void test_parse_refuses(void **state)
{
    static const char *const bad[] = {
        "",
        "1",
        "Qm",
        "12D3KooW",
        "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5S",         /* a character short */
        "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SAA",       /* one long */
        "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5S0",        /* not base58 */
        "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5",               /* short hash */
        "bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxf", /* stray bits */
        "k2k4r8oqamigqdo6o7hsbfwd45y70oyynp98usk7zmyfrzpqxh1pohl-", /* go-multiaddr, not base36 */
        "k2jmtxwoe2phm1hbqp0e7nufqf6umvuu2e9qd7ana7h411a0haqj6i2z", /* same, not a libp2p-key */
        "QmxoHT6iViN5xAjoz1VZ553cL31U9F94ht3QvWR1FrEbZY", /* same: more than 32 octets of SHA-256 */
        "?unknownmultibase",
        "alice",
    };
    struct peerid id;
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (peerid_parse(bytes_of(bad[i]), &id) != GW_ESYNTAX)
            fail_msg("%s", bad[i]);
    }
}

static void test_parse_is_bounded(void **state)
{
    char text[4096];
    struct peerid id;
    (void)state;
    for (const char *first = "1Qbkz"; *first; first++) {
        memset(text, '1', sizeof text);
        text[0] = *first;
        text[1] = *first == 'Q' ? 'm' : 'a';
        assert_int_equal(peerid_parse((struct bytes){ (uint8_t *)text, sizeof text }, &id),
                         GW_ESYNTAX);
    }
}

static void test_from_bytes_takes_two_kinds_of_multihash(void **state)
{
    uint8_t mh[PEERID_MH_MAX + 1] = { 0 };
    struct peerid id;
    (void)state;
    static const struct {
        uint8_t code, len;
        size_t n;
        int err;
    } cases[] = {
        { 0x00, 36, 38, 0 },         { 0x00, 42, 44, 0 },         { 0x12, 32, 34, 0 },
        { 0x00, 43, 45, GW_EINVAL }, { 0x00, 0, 2, GW_EINVAL },   { 0x00, 36, 37, GW_EINVAL },
        { 0x00, 36, 39, GW_EINVAL }, { 0x12, 31, 33, GW_EINVAL }, { 0x12, 33, 35, GW_EINVAL },
        { 0x13, 32, 34, GW_EINVAL }, { 0x00, 36, 0, GW_EINVAL },  { 0x00, 36, 1, GW_EINVAL },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        mh[0] = cases[i].code;
        mh[1] = cases[i].len;
        assert_int_equal(peerid_from_bytes((struct bytes){ mh, cases[i].n }, &id), cases[i].err);
    }
}

/* 42 octets are the most that is not hashed (peer-ids.md, "Peer Ids").  SHA-256 of 43 zero octets
 * by sha256sum. */
static void test_from_pubkey_hashes_above_42_octets(void **state)
{
    uint8_t zero[43] = { 0 }, want[32];
    struct peerid id;
    (void)state;
    peerid_from_pubkey((struct bytes){ zero, 42 }, &id);
    assert_int_equal(id.n, 44);
    assert_memory_equal(id.mh, "\0\x2a", 2);
    assert_memory_equal(id.mh + 2, zero, 42);
    peerid_from_pubkey((struct bytes){ zero, 43 }, &id);
    hex_read("859732b97382a08583d6a67f5842486505e50bee754bd9b57ac3abf81b9714f2", want, sizeof want);
    assert_int_equal(id.n, 34);
    assert_memory_equal(id.mh, "\x12\x20", 2);
    assert_memory_equal(id.mh + 2, want, 32);
    assert_int_equal(id.mh[34], 0); /* padded */
}

static void test_short_is_the_end_of_the_base58_form(void **state)
{
    struct peerid a = parsed(forms[0].b58), b = parsed(forms[1].b58), none = { 0 };
    (void)state;
    const char *sa = peerid_short(&a), *sb = peerid_short(&b);
    assert_string_equal(sa, "7DWjhx5N");
    assert_string_equal(sb, "eQAJU5SA");
    assert_string_equal(peerid_short(&none), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form_reads_as_the_same_peer),
        cmocka_unit_test(test_parse_folds_case_of_cids_only),
        cmocka_unit_test(test_parse_reads_base58_cids),
        cmocka_unit_test(test_parse_refuses),
        cmocka_unit_test(test_parse_is_bounded),
        cmocka_unit_test(test_from_bytes_takes_two_kinds_of_multihash),
        cmocka_unit_test(test_from_pubkey_hashes_above_42_octets),
        cmocka_unit_test(test_short_is_the_end_of_the_base58_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
