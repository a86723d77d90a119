/* test_peer_list.c - id/peer_list.h with a list that another implementation signed, and with what a
 * mirror may have made of one. */
#include "id/peer_list.h"

#include <stdio.h>

#include "base/base64.h"
#include "keyfile.h"
#include "testpeers.h"

#define NOW_S 1796000000u /* 2026-11-29 */

/* Signed by Python's module cryptography with the ed25519 key of key.txt. */
static const char vector[] =
    "# relays of the house\n"
    "\n"
    "/ip4/192.0.2.1/udp/4001/quic-v1/p2p/" PEER_A "\n"
    "expires 2027-01-01T00:00Z\n"
    "/dns4/relay.example/tcp/4001/p2p/" PEER_B " # two\n"
    "signature "
    "Pks08jTPj3Pxyl8vgZ0F9Xyhrn43dbD/Js8kUVjT1XGCgAD+uUSRVwqSSDzkiY+GP+sPbOCKnQUlqYNBWlkICw"
    "==\n";
#define EXPIRES_S 1798761600u /* date -u -d 2027-01-01 +%s */

static struct key *keeper;
static struct multiaddr addrs[PEER_LIST_MAX];
static unsigned at;

static int setup(void **state)
{
    (void)state;
    keeper = keyfile_ed25519();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    key_free(keeper);
    return 0;
}

static int read_bytes(struct bytes text)
{
    return peer_list_read(text, key_peerid(keeper), NOW_S, addrs, COUNT(addrs), &at);
}

static int read_text(const char *text)
{
    return read_bytes(bytes_of(text));
}

/* Signs whatever the text is, as peer_list_sign would not, and reads that. */
static int read_signed(struct bytes body)
{
    static uint8_t text[PEER_LIST_TEXT_MAX + PEER_LIST_SIGNATURE_MAX];
    const size_t skip = strlen("gw-peer-list:");
    uint8_t sig[KEY_SIG_LEN];
    char line[10 + BASE64_LEN(KEY_SIG_LEN)] = "signature ";

    assert_true(skip + body.n <= sizeof text);
    memcpy(text, "gw-peer-list:", skip);
    memcpy(text + skip, body.p, body.n);
    key_sign(keeper, (struct bytes){ text, skip + body.n }, sig);
    base64_encode((struct bytes){ sig, sizeof sig }, line + 10);
    memmove(text, text + skip, body.n);
    memcpy(text + body.n, line, sizeof line);
    return read_bytes((struct bytes){ text, body.n + sizeof line });
}

static void assert_addr(const struct multiaddr *a, const char *want)
{
    char text[MULTIADDR_STR_MAX];
    assert_string_equal(multiaddr_print(a, text), want);
}

static void assert_vector(int n)
{
    assert_int_equal(n, 2);
    assert_addr(&addrs[0], "/ip4/192.0.2.1/udp/4001/quic-v1/p2p/" PEER_A);
    assert_addr(&addrs[1], "/dns4/relay.example/tcp/4001/p2p/" PEER_B);
}

static void test_read_takes_what_another_implementation_signed(void **state)
{
    (void)state;
    assert_vector(read_text(vector));
}

static void test_sign_puts_the_line_of_another_implementation(void **state)
{
    (void)state;
    char line[PEER_LIST_SIGNATURE_MAX];
    size_t n = (size_t)(strstr(vector, "signature") - vector);
    assert_int_equal(peer_list_sign(keeper, (struct bytes){ (const uint8_t *)vector, n }, line), 0);
    assert_string_equal(line, vector + n);
}

static void test_read_wants_no_newline_at_the_end(void **state)
{
    (void)state;
    static const char *const ends[] = { "", "\r\n", "\n\n \n" };
    for (size_t i = 0; i < COUNT(ends); i++) {
        char text[sizeof vector + 8];
        snprintf(text, sizeof text, "%.*s%s", (int)(sizeof vector - 2), vector, ends[i]);
        assert_vector(read_text(text));
    }
}

static void test_read_refuses_a_change_of_any_octet(void **state)
{
    (void)state;
    const size_t body = (size_t)(strstr(vector, "signature") - vector);
    for (size_t i = 0; i < sizeof vector - 2; i++) {
        char text[sizeof vector];
        memcpy(text, vector, sizeof text);
        text[i] ^= 0x01;
        int err = read_text(text);
        assert_true(err == GW_EDENIED || (err == GW_ESYNTAX && i + 1 >= body));
    }
}

static void test_read_refuses_another_keeper(void **state)
{
    (void)state;
    uint8_t priv[KEYFILE_MAX], pub[KEYFILE_MAX];
    size_t npriv, npub;
    struct peerid a = peer_of(PEER_A), rsa = peer_of(PEER_B), secp256k1, none;
    struct bytes text = bytes_of(vector);
    keyfile_vector("secp256k1", priv, &npriv, pub, &npub);
    peerid_from_pubkey((struct bytes){ pub, npub }, &secp256k1);
    assert_int_equal(peer_list_read(text, &a, NOW_S, addrs, 2, &at), GW_EDENIED);
    assert_int_equal(peer_list_read(text, &rsa, NOW_S, addrs, 2, &at), GW_EUNSUP);
    assert_int_equal(peer_list_read(text, &secp256k1, NOW_S, addrs, 2, &at), GW_EUNSUP);
    peerid_from_pubkey((struct bytes)B("\x08\x01\x12\x03key"), &none); /* too short a key */
    assert_int_equal(peer_list_read(text, &none, NOW_S, addrs, 2, &at), GW_EUNSUP);
    none = (struct peerid){ 0 };
    assert_int_equal(peer_list_read(text, &none, NOW_S, addrs, 2, &at), GW_EUNSUP);
}

static void test_read_refuses_a_list_that_is_not_signed_at_its_end(void **state)
{
    (void)state;
    char behind[sizeof vector + 8], twice[2 * sizeof vector];
    snprintf(behind, sizeof behind, "%s# mine\n", vector);
    snprintf(twice, sizeof twice, "%s%s", vector, strstr(vector, "signature"));
    const char *const bad[] = {
        "",
        "\n",
        "# nothing\n",
        "signature\n",
        "signature \n",
        "signature Pks0\n",
        "signature ====\n",
        behind,
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(read_text(bad[i]), GW_ESYNTAX);
        assert_int_equal(at, 0);
    }
    assert_int_equal(read_text(twice), GW_EDENIED);
}

static void test_read_heeds_the_expiry(void **state)
{
    (void)state;
    const struct peerid *k = key_peerid(keeper);
    struct bytes text = bytes_of(vector);
    assert_int_equal(peer_list_read(text, k, EXPIRES_S - 1, addrs, 2, &at), 2);
    assert_int_equal(peer_list_read(text, k, EXPIRES_S, addrs, 2, &at), GW_ETIMEOUT);
    assert_int_equal(peer_list_read(text, k, UINT64_MAX, addrs, 2, &at), GW_ETIMEOUT);
}

static void test_read_tells_the_line_of_a_mistake(void **state)
{
    (void)state;
    static const struct {
        struct bytes body;
        unsigned line;
    } bad[] = {
        { B("peers\n"), 1 },
        { B("# one\n\n/ip4/192.0.2.1/udp/4001/quic-v1\n"), 3 }, /* no peer */
        { B("/ip4/192.0.2.1/udp/4001/quic-v1/p2p/" PEER_A " more\n"), 1 },
        { B("/ip4/192.0.2.256/p2p/" PEER_A "\n"), 1 },
        { B("expires\n"), 1 },
        { B("expires tomorrow\n"), 1 },
        { B("\nexpires 2027-01-01 2028-01-01\n"), 2 },
        { B("expires 2027-01-01\nexpires 2028-01-01\n"), 2 },
        { B("signature AAAA\n"), 1 },
        { B("/ip4/192.0.2.1/p2p/" PEER_A "\n\0\n"), 0 },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(read_signed(bad[i].body), GW_ESYNTAX);
        assert_int_equal(at, bad[i].line);
    }
}

static void test_read_passes_over_kinds_that_it_does_not_know(void **state)
{
    (void)state;
    assert_int_equal(read_signed((struct bytes)B("/future/1/p2p/" PEER_A "\n"
                                                 "/ip4/192.0.2.1/udp/1/quic-v1/p2p/" PEER_A "\n")),
                     1);
    assert_addr(&addrs[0], "/ip4/192.0.2.1/udp/1/quic-v1/p2p/" PEER_A);
    assert_int_equal(read_signed((struct bytes)B("")), 0);
}

static void test_read_puts_no_more_than_there_is_room_for(void **state)
{
    (void)state;
    addrs[1].n = 7;
    assert_int_equal(peer_list_read(bytes_of(vector), key_peerid(keeper), NOW_S, addrs, 1, &at), 1);
    assert_addr(&addrs[0], "/ip4/192.0.2.1/udp/4001/quic-v1/p2p/" PEER_A);
    assert_int_equal(addrs[1].n, 7);
}

static void test_sign_refuses_what_would_not_read(void **state)
{
    (void)state;
    static char large[PEER_LIST_TEXT_MAX];
    memset(large, '\n', sizeof large);
    const struct bytes bad[] = {
        B(""),
        B("# no newline"),
        B("nonsense\n"),
        B("# a\0b\n"),
        bytes_of(vector),
        { (const uint8_t *)large, sizeof large - PEER_LIST_SIGNATURE_MAX + 1 },
    };
    char line[PEER_LIST_SIGNATURE_MAX];
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(peer_list_sign(keeper, bad[i], line), GW_EINVAL);
    assert_int_equal(peer_list_sign(keeper, (struct bytes){ bad[5].p, bad[5].n - 1 }, line), 0);
}

static void test_text_is_limited(void **state)
{
    (void)state;
    static char large[PEER_LIST_TEXT_MAX];
    const size_t signature = 10 + BASE64_LEN(KEY_SIG_LEN); /* without a newline */
    memset(large, '\n', sizeof large);
    struct bytes body = { (const uint8_t *)large, sizeof large - signature };
    assert_int_equal(read_signed(body), 0);
    body.n++;
    assert_int_equal(read_signed(body), GW_ESYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_takes_what_another_implementation_signed),
        cmocka_unit_test(test_sign_puts_the_line_of_another_implementation),
        cmocka_unit_test(test_read_wants_no_newline_at_the_end),
        cmocka_unit_test(test_read_refuses_a_change_of_any_octet),
        cmocka_unit_test(test_read_refuses_another_keeper),
        cmocka_unit_test(test_read_refuses_a_list_that_is_not_signed_at_its_end),
        cmocka_unit_test(test_read_heeds_the_expiry),
        cmocka_unit_test(test_read_tells_the_line_of_a_mistake),
        cmocka_unit_test(test_read_passes_over_kinds_that_it_does_not_know),
        cmocka_unit_test(test_read_puts_no_more_than_there_is_room_for),
        cmocka_unit_test(test_sign_refuses_what_would_not_read),
        cmocka_unit_test(test_text_is_limited),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
