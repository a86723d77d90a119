/* test_base64.c - base64, both ways. */
#include "base/base64.h"

#include <stdio.h>

#include "vec.h"

static const struct {
    const char *text, *octets;
} vectors[] = {
    /* RFC 4648 s.10 */
    { "", "" },
    { "Zg==", "f" },
    { "Zm8=", "fo" },
    { "Zm9v", "foo" },
    { "Zm9vYg==", "foob" },
    { "Zm9vYmE=", "fooba" },
    { "Zm9vYmFy", "foobar" },
    /* RFC 7617 s.2 and s.2.1 */
    { "QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin:open sesame" },
    { "dGVzdDoxMjPCow==", "test:123\xc2\xa3" },
    /* RFC 4648 table 1: the last two */
    { "+/+/", "\xfb\xff\xbf" },
};

static void test_decode_reads_the_vectors(void **state)
{
    uint8_t out[64];
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        int n = base64_decode(bytes_of(vectors[i].text), out, sizeof out);
        assert_true(n >= 0);
        assert_bytes((struct bytes){ out, (size_t)n }, bytes_of(vectors[i].octets));
    }
}

static void test_encode_writes_the_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct bytes octets = bytes_of(vectors[i].octets);
        char out[64] = "";
        base64_encode(octets, out);
        assert_string_equal(out, vectors[i].text);
        assert_int_equal(BASE64_LEN(octets.n), strlen(out));
    }
}

/* RFC 4648 s.3.2, s.3.3 and s.3.5 */
static void test_decode_refuses_what_has_two_readings(void **state)
{
    static const char *const bad[] = {
        "Zg",   "Zg=",  "Zm9",  "Zm9vY", "=",     "====", "Z===", "Zg==Zg==",
        "Z=g=", "Zh==", "Zm9=", "Zm 9",  "Zm9\n", "Zm-_", "Zg=a", "\x80mm9",
    };
    uint8_t out[64];
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(base64_decode(bytes_of(bad[i]), out, sizeof out), GW_ESYNTAX);
}

static void test_decode_stays_in_its_room(void **state)
{
    uint8_t out[6] = { [5] = 0xa5 };
    (void)state;
    assert_int_equal(base64_decode(bytes_of("Zm9vYmFy"), out, 5), GW_ENOMEM);
    assert_int_equal(base64_decode(bytes_of("Zm9vYmE="), out, 5), 5);
    assert_int_equal(out[5], 0xa5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode_reads_the_vectors),
        cmocka_unit_test(test_encode_writes_the_vectors),
        cmocka_unit_test(test_decode_refuses_what_has_two_readings),
        cmocka_unit_test(test_decode_stays_in_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
