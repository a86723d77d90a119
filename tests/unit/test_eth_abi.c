/* test_eth_abi.c - calls and answers against what ethers 6.15.0 encodes; answers that lie. */
#include "wire/eth_abi.h"

#include <string.h>

#include "hex.h"

#define W0      "00000000000000000000000000000000000000000000000000000000000000"
#define ZEROS   W0 "00"
#define RESOLVE 0x461a4478u /* of resolve(string): js-sha3 0.9.3 and ethers 6.15.0 agree */

/* ethers 6.15.0, Interface(["function resolve(string) view returns (string)"]):
 * encodeFunctionData; without the selector it is also what AbiCoder.encode(["string"]) makes. */
static const struct {
    const char *text, *call;
} vectors[] = {
    { "", "461a4478" W0 "20" ZEROS },
    { "laptop.grewal", "461a4478" W0 "20" W0 "0d"
                       "6c6170746f702e67726577616c00000000000000000000000000000000000000" },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "461a4478" W0 "20" W0 "20"
      "6161616161616161616161616161616161616161616161616161616161616161" },
    { "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
      "461a4478" W0 "20" W0 "21"
      "6262626262626262626262626262626262626262626262626262626262626262"
      "6200000000000000000000000000000000000000000000000000000000000000" },
};

static void test_encode_call_as_ethers_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        uint8_t want[256], got[256];
        size_t n = hex_read(vectors[i].call, want, sizeof want);
        struct bytes arg = bytes_of(vectors[i].text);
        assert_int_equal(eth_abi_encode_call(got, sizeof got, RESOLVE, arg), n);
        assert_memory_equal(got, want, n);
        assert_int_equal(ETH_ABI_CALL(arg.n), n);
    }
}

static int encode_laptop(uint8_t *dst, size_t cap)
{
    return eth_abi_encode_call(dst, cap, RESOLVE, bytes_of("laptop.grewal"));
}

static void test_encode_call_needs_room(void **state)
{
    (void)state;
    uint8_t whole[128];
    size_t n = hex_read(vectors[1].call, whole, sizeof whole);
    assert_needs_room((struct bytes){ whole, n }, encode_laptop);
}

static void test_decode_string_reads_what_ethers_encodes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        uint8_t in[256];
        struct bytes out;
        size_t n = hex_read(vectors[i].call, in, sizeof in);
        assert_int_equal(eth_abi_decode_string((struct bytes){ in + 4, n - 4 }, &out), 0);
        assert_bytes(out, bytes_of(vectors[i].text));
    }
}

static void test_decode_string_of_a_prefix_fails(void **state)
{
    (void)state;
    uint8_t in[256];
    hex_read(vectors[1].call, in, sizeof in);
    for (size_t n = 0; n < 64 + strlen("laptop.grewal"); n++) {
        uint8_t *p = malloc(n ? n : 1);
        struct bytes out;
        assert_non_null(p);
        memcpy(p, in + 4, n);
        assert_int_equal(eth_abi_decode_string((struct bytes){ p, n }, &out), GW_EPROTO);
        free(p);
    }
}

static void test_decode_string_checks_where_it_lies(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        int err;
        const char *text;
    } cases[] = {
        { W0 "60" ZEROS ZEROS W0 "02"
             "6869",
          0, "hi" },                              /* anywhere within */
        { W0 "00", 0, "" },                       /* the offset is the length, too: 0 */
        { W0 "21" W0 "00", GW_EPROTO, "" },       /* the length is cut short */
        { W0 "40" W0 "00", GW_EPROTO, "" },       /* behind the end */
        { W0 "20" W0 "21" ZEROS, GW_EPROTO, "" }, /* one octet too long */
        { W0 "20" W0 "20" ZEROS, 0, "" },
        { "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" ZEROS, GW_EPROTO, "" },
        { "0000000000000000000000000000000000000000000000010000000000000020" ZEROS, GW_EPROTO, "" },
        { "8000000000000000000000000000000000000000000000000000000000000020" ZEROS, GW_EPROTO, "" },
        { W0 "20"
             "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" ZEROS,
          GW_EPROTO, "" },
        { W0 "20"
             "00000000000000000000000000000000000000000000000000000000ffffffff" ZEROS,
          GW_EPROTO, "" },
        { "", GW_EPROTO, "" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t in[256];
        struct bytes out;
        size_t n = hex_read(cases[i].hex, in, sizeof in);
        assert_int_equal(eth_abi_decode_string((struct bytes){ in, n }, &out), cases[i].err);
        if (*cases[i].text)
            assert_bytes(out, bytes_of(cases[i].text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encode_call_as_ethers_does),
        cmocka_unit_test(test_encode_call_needs_room),
        cmocka_unit_test(test_decode_string_reads_what_ethers_encodes),
        cmocka_unit_test(test_decode_string_of_a_prefix_fails),
        cmocka_unit_test(test_decode_string_checks_where_it_lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
