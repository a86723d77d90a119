/* test_multiaddr.c - id/multiaddr.h. */
#include "id/multiaddr.h"

#include "hex.h"

#define ED  "12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV"
#define RSA "QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC"

/* Text from the tests of go-multiaddr; binary as go-multiaddr's TestStringToBytes has it or
 * js-multiaddr puts it. */
static const struct {
    const char *text, *hex;
} vectors[] = {
    { "/ip4/127.0.0.1/udp/1234", "047f000001910204d2" },
    { "/ip4/127.0.0.1/tcp/4321", "047f0000010610e1" },
    { "/ip4/127.0.0.1/udp/1234/ip4/127.0.0.1/tcp/4321", "047f000001910204d2047f0000010610e1" },
    { "/ip6/2601:9:4f81:9700:803e:ca65:66e8:c21/udp/1234/quic-v1",
      "29260100094f819700803eca6566e80c21910204d2cd03" },
    { "/ip4/1.2.3.4/udp/4001/quic-v1/p2p/" ED,
      "040102030491020fa1cd03a503260024080112202d3de6d16ae87f7a933fe1552162a2d3f04951e90e8051e4ee2c"
      "18f002dd0fb4" },
    { "/ip6zone/x/ip6/fe80::1/udp/1234/quic",
      "2a017829fe800000000000000000000000000001910204d2cc03" },
    { "/ip4/1.2.3.4/tcp/80/p2p/" RSA "/p2p-circuit/p2p/" ED,
      "0401020304060050a503221220d52ebb89d85b02a284948203a62ff28389c57c9f42beec4ec20db76a68911c0ba2"
      "02a50326"
      "0024080112202d3de6d16ae87f7a933fe1552162a2d3f04951e90e8051e4ee2c18f002dd0fb4" },
    { "/dnsaddr/bootstrap.libp2p.io/p2p/" RSA, "3813626f6f7473747261702e6c69627032702e696fa50322122"
                                               "0d52ebb89d85b02a284948203a62ff28389c57c9f42beec4e"
                                               "c20db76a68911c0b" },
    { "/dns/a.example/tcp/443/tls/ws", "3509612e6578616d706c650601bbc003dd03" },
    { "/dns4/a.example/tcp/443/wss", "3609612e6578616d706c650601bbde03" },
    { "/dns6/a.example/tcp/0/noise", "3709612e6578616d706c65060000c603" },
    { "/ip4/127.0.0.1/udp/1234/quic-v1/webtransport/certhash/"
      "uEiDDq4_xNyDorZBH3TlGazyJdOWSwvo4PUo5YHFMrvDE8g",
      "047f000001910204d2cd03d103d203221220c3ab8ff13720e8ad9047dd39466b3c8974e592c2fa383d4a3960714c"
      "aef0c4f2" },
    { "/ip4/127.0.0.1/udp/9/webrtc-direct", "047f000001910200099802" },
    { "/ip6/::ffff:127.0.0.1/tcp/111", "2900000000000000000000ffff7f00000106006f" },
    { "/unix/a/b/c/d", "9003082f612f622f632f64" },
};

static struct multiaddr parsed(const char *text)
{
    struct multiaddr a;
    if (multiaddr_parse(bytes_of(text), &a) != 0)
        fail_msg("%s", text);
    return a;
}

static void assert_prints(const struct multiaddr *a, const char *want)
{
    char text[MULTIADDR_STR_MAX];
    assert_string_equal(multiaddr_print(a, text), want);
}

static void test_vectors_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        uint8_t bin[MULTIADDR_MAX];
        size_t n = hex_read(vectors[i].hex, bin, sizeof bin);
        struct multiaddr a = parsed(vectors[i].text), b;
        assert_bytes((struct bytes){ a.b, a.n }, (struct bytes){ bin, n });
        assert_int_equal(multiaddr_from_bytes((struct bytes){ bin, n }, &b), 0);
        assert_true(multiaddr_eq(&a, &b));
        assert_prints(&b, vectors[i].text);
    }
}

/* Each is from go-multiaddr's list of good addresses. */
static void test_parse_accepts_other_spellings(void **state)
{
    static const struct {
        const char *text, *printed;
    } cases[] = {
        { "/ip4/127.0.0.1/tcp/1234/", "/ip4/127.0.0.1/tcp/1234" },
        { "/ipfs/" RSA, "/p2p/" RSA },
        { "/p2p/k2k4r8oqamigqdo6o7hsbfwd45y70oyynp98usk7zmyfrzpqxh1pohl7", "/p2p/" RSA },
        { "/p2p/bafzaajaiaejcalj543iwv2d7pkjt7ykvefrkfu7qjfi6sduakhso4lay6abn2d5u", "/p2p/" ED },
        { "/certhash/b2uaraocy6yrdblb4sfptaddgimjmmpy", "/certhash/u1QEQOFj2IjCsPJFfMAxmQxLGPw" },
        { "/ip6/0:0:0:0:0:0:0:1", "/ip6/::1" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct multiaddr a = parsed(cases[i].text);
        assert_prints(&a, cases[i].printed);
    }
}

static const struct {
    const char *text;
    int err;
} bad[] = {
    /* go-multiaddr, TestConstructFails */
    { "/ip4", GW_ESYNTAX },
    { "/ip4/::1", GW_ESYNTAX },
    { "/ip4/fdpsofodsajfdoisa", GW_ESYNTAX },
    { "/ip6", GW_ESYNTAX },
    { "/ip6zone", GW_ESYNTAX },
    { "/ip6zone/", GW_ESYNTAX },
    { "/ip6zone//ip6/fe80::1", GW_ESYNTAX },
    { "/udp", GW_ESYNTAX },
    { "/tcp/65536", GW_ESYNTAX },
    { "/quic-v1/65536", GW_EUNSUP },
    { "/ip4/127.0.0.1/udp/jfodsajfidosajfoidsa", GW_ESYNTAX },
    { "/ip4/127.0.0.1/udp/1234/quic-v1/webtransport/certhash", GW_ESYNTAX },
    { "/ip4/127.0.0.1/udp/1234/quic-v1/webtransport/certhash/b2uaraocy6yrdblb4sfptaddgimjmmp",
      GW_ESYNTAX },
    { "/ip4/127.0.0.1/p2p", GW_ESYNTAX },
    { "/ip4/127.0.0.1/p2p/tcp", GW_ESYNTAX },
    { "/unix", GW_ESYNTAX },
    { "/ip4/1.2.3.4/tcp/-1", GW_ESYNTAX },
    { "/", GW_ESYNTAX },
    { "", GW_ESYNTAX },
    { "/p2p/QmxoHT6iViN5xAjoz1VZ553cL31U9F94ht3QvWR1FrEbZY", GW_ESYNTAX },
    /* more of ours */
    { "ip4/1.2.3.4", GW_ESYNTAX },
    { "//ip4/1.2.3.4", GW_ESYNTAX },
    { "/ip4/1.2.3.4//", GW_ESYNTAX },
    { "/ip4/1.2.3", GW_ESYNTAX },
    { "/ip4/1.2.3.4 ", GW_ESYNTAX },
    { "/tcp/+1", GW_ESYNTAX },
    { "/tcp/000001", GW_ESYNTAX },
    { "/tcp/1x", GW_ESYNTAX },
    { "/dns/a b", GW_ESYNTAX },
    { "/dns/a\xc3\xa4", GW_ESYNTAX },
    { "/unix/", GW_ESYNTAX },
    { "/unix/a\nb", GW_ESYNTAX },
    { "/certhash/u", GW_ESYNTAX },
    { "/certhash/xabc", GW_ESYNTAX },
    { "/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:80", GW_EUNSUP },
    { "/IP4/1.2.3.4", GW_EUNSUP },
};

static void test_parse_refuses(void **state)
{
    struct multiaddr a;
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (multiaddr_parse(bytes_of(bad[i].text), &a) != bad[i].err)
            fail_msg("%s", bad[i].text);
    }
    struct bytes nul = B("/dns/a\0b");
    assert_int_equal(multiaddr_parse(nul, &a), GW_ESYNTAX);
}

static void test_from_bytes_refuses(void **state)
{
    static const struct {
        const char *hex;
        int err;
    } cases[] = {
        { "", GW_EPROTO },
        { "04", GW_EPROTO },
        { "047f0000", GW_EPROTO },
        { "047f00000191", GW_EPROTO },                 /* code cut */
        { "8400", GW_EPROTO },                         /* code not in its shortest form */
        { "bc030010c0439831b48218480050", GW_EUNSUP }, /* onion */
        { "11270f", GW_EUNSUP },                       /* 17, the udp of old */
        { "3500", GW_EPROTO },                         /* empty name */
        { "3505612e65", GW_EPROTO },                   /* length beyond the end */
        { "3503612f62", GW_EPROTO },                   /* slash in a name */
        { "3503610062", GW_EPROTO },                   /* NUL in a name */
        { "35ffffffffffffffff7f61", GW_EPROTO },
        { "900303612f62", GW_EPROTO },     /* path that is not absolute */
        { "9003022f61060001", GW_EPROTO }, /* something after a path */
        { "d20303120161", GW_OK },         /* certhash: a hash of one octet */
        { "d20303120261", GW_EPROTO },
        { "a5030400020801", GW_OK }, /* p2p, an identity of two octets */
        { "a5030400030801", GW_EPROTO },
        /* go-multiaddr, TestInvalidP2PAddrBytes */
        { "a503221221c05877cbae039d70a5e600ea02c6f9f2942439285c9e344e26f8d280c850fad6", GW_EPROTO },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t bin[MULTIADDR_MAX];
        struct multiaddr a;
        size_t n = hex_read(cases[i].hex, bin, sizeof bin);
        if (multiaddr_from_bytes((struct bytes){ bin, n }, &a) != cases[i].err)
            fail_msg("%s", cases[i].hex);
    }
}

static void test_both_forms_are_bounded(void **state)
{
    uint8_t bin[MULTIADDR_MAX + 4];
    char text[2048] = "";
    struct multiaddr a;
    (void)state;
    for (size_t i = 0; i < sizeof bin; i += 4)
        memcpy(bin + i, "\x91\x02\0\1", 4);
    assert_int_equal(multiaddr_from_bytes((struct bytes){ bin, MULTIADDR_MAX }, &a), 0);
    assert_int_equal(multiaddr_from_bytes((struct bytes){ bin, sizeof bin }, &a), GW_EPROTO);
    for (size_t i = 0; i < sizeof bin / 4; i++)
        strcat(text, "/udp/1");
    assert_int_equal(multiaddr_parse(bytes_of(text), &a), GW_ESYNTAX);
    text[strlen(text) - 6] = '\0';
    assert_int_equal(multiaddr_parse(bytes_of(text), &a), 0);
    /* short in binary, long as text */
    for (size_t i = 0; i < sizeof bin; i += 2)
        memcpy(bin + i, "\xa2\x02", 2);
    assert_int_equal(multiaddr_from_bytes((struct bytes){ bin, 2 * 54 }, &a), GW_EPROTO);
    assert_int_equal(multiaddr_from_bytes((struct bytes){ bin, 2 * 53 }, &a), 0);
}

static void test_ip_is_the_one_that_it_begins_with(void **state)
{
    static const struct {
        const char *text;
        struct ipaddr ip; /* family 0: none */
    } cases[] = {
        { "/ip4/192.0.2.1", { .family = 4, .b = { 192, 0, 2, 1 } } },
        { "/ip6/::1/tcp/1/ws", { .family = 6, .b = { [15] = 1 } } },
        { "/ip6zone/no-such-interface/ip6/::1/udp/1", { .family = 6, .b = { [15] = 1 } } },
        { "/ip4/192.0.2.1/udp/1/quic-v1/p2p/" ED "/p2p-circuit",
          { .family = 4, .b = { 192, 0, 2, 1 } } },
        { "/dns4/example.org/tcp/1", { 0 } },
        { "/p2p/" ED, { 0 } },
    };
    struct ipaddr ip;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct multiaddr a;
        assert_int_equal(multiaddr_parse(bytes_of(cases[i].text), &a), 0);
        assert_int_equal(multiaddr_ip(&a, &ip), cases[i].ip.family != 0);
        assert_int_equal(ip.family, cases[i].ip.family);
        assert_true(ipaddr_eq(&ip, &cases[i].ip));
        assert_int_equal(ip.zone, 0);
    }
}

static void test_as_quic_takes_only_plain_addresses(void **state)
{
    static const struct {
        const char *text;
        bool is_quic;
    } cases[] = {
        { "/ip4/1.2.3.4/udp/4001/quic-v1", true },
        { "/ip4/1.2.3.4/udp/4001/quic-v1/p2p/" ED, true },
        { "/ip4/1.2.3.4/udp/4001/quic-v1/p2p/" ED "/p2p-circuit", false },
        { "/ip4/1.2.3.4/udp/4001/quic-v1/p2p/" ED "/p2p/" ED, false },
        { "/ip4/1.2.3.4/udp/4001/quic-v1/webtransport", false },
        { "/ip4/1.2.3.4/udp/4001/quic", false },
        { "/ip4/1.2.3.4/udp/4001", false },
        { "/ip4/1.2.3.4/tcp/4001/quic-v1", false },
        { "/ip4/1.2.3.4", false },
        { "/dns4/a.example/udp/4001/quic-v1", false },
        { "/udp/4001/quic-v1", false },
        { "/ip6zone/1/ip4/1.2.3.4/udp/4001/quic-v1", false },
        { "/ip6zone/no-such-interface/ip6/fe80::1/udp/4001/quic-v1", false },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct multiaddr a = parsed(cases[i].text);
        struct ipaddr ip;
        uint16_t port = 0;
        if (multiaddr_as_quic(&a, &ip, &port) != cases[i].is_quic)
            fail_msg("%s", cases[i].text);
        if (!cases[i].is_quic)
            continue;
        assert_int_equal(ip.family, 4);
        assert_memory_equal(ip.b, "\1\2\3\4\0\0\0\0\0\0\0\0\0\0\0", 16);
        assert_int_equal(port, 4001);
    }
}

static void test_make_quic_reads_back(void **state)
{
    static const struct {
        struct ipaddr ip;
        const char *text;
    } cases[] = {
        { { .family = 4, .b = { 10, 0, 0, 1 } }, "/ip4/10.0.0.1/udp/65535/quic-v1" },
        { { .family = 6, .b = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
          "/ip6/2001:db8::1/udp/65535/quic-v1" },
        { { .family = 6, .b = { 0xfe, 0x80, [15] = 1 }, .zone = 4294967295 },
          "/ip6zone/4294967295/ip6/fe80::1/udp/65535/quic-v1" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct multiaddr a;
        struct ipaddr ip;
        uint16_t port;
        multiaddr_make_quic(&cases[i].ip, 65535, &a);
        assert_prints(&a, cases[i].text);
        assert_true(multiaddr_as_quic(&a, &ip, &port));
        assert_memory_equal(ip.b, cases[i].ip.b, sizeof ip.b);
        assert_int_equal(ip.family, cases[i].ip.family);
        assert_int_equal(ip.zone, cases[i].ip.zone);
        assert_int_equal(port, 65535);
    }
}

static void test_peer_is_the_last_one(void **state)
{
    struct multiaddr a = parsed("/ip4/1.2.3.4/tcp/80/p2p/" RSA "/p2p-circuit/p2p/" ED);
    struct multiaddr none = parsed("/ip4/1.2.3.4/tcp/80");
    struct peerid id;
    char text[PEERID_STR_MAX];
    (void)state;
    assert_true(multiaddr_peer(&a, &id));
    assert_string_equal(peerid_print(&id, text), ED);
    assert_false(multiaddr_peer(&none, &id));
    multiaddr_strip_peer(&a);
    assert_prints(&a, "/ip4/1.2.3.4/tcp/80/p2p/" RSA "/p2p-circuit");
    multiaddr_strip_peer(&a); /* not at the end: stays */
    assert_prints(&a, "/ip4/1.2.3.4/tcp/80/p2p/" RSA "/p2p-circuit");
    assert_false(multiaddr_peer(&a, &id)); /* the relay is not whom it leads to */
    assert_int_equal(peerid_parse(bytes_of(RSA), &id), 0);
    assert_int_equal(multiaddr_append_peer(&none, &id), 0);
    assert_prints(&none, "/ip4/1.2.3.4/tcp/80/p2p/" RSA);
    a = parsed("/p2p/" RSA);
    multiaddr_strip_peer(&a);
    assert_int_equal(a.n, 0);
}

static void test_append_peer_needs_room(void **state)
{
    struct multiaddr a = parsed("/ip4/1.2.3.4"), before;
    struct peerid id;
    int err = 0;
    (void)state;
    assert_int_equal(peerid_parse(bytes_of(ED), &id), 0);
    for (int i = 0; !err && i < 10; i++) {
        before = a;
        err = multiaddr_append_peer(&a, &id);
    }
    assert_int_equal(err, GW_ENOMEM);
    assert_true(multiaddr_eq(&a, &before));
}

/* The densest there is: two octets say 14 characters. */
static void test_append_stops_where_the_text_would_be_too_long(void **state)
{
    struct multiaddr a = { 0 }, again;
    char text[MULTIADDR_STR_MAX];
    size_t n = 0;
    (void)state;
    for (; n < MULTIADDR_MAX && multiaddr_append(&a, 280, (struct bytes){ 0 }) == 0; n++) {
        assert_int_equal(strlen(multiaddr_print(&a, text)), (n + 1) * strlen("/webrtc-direct"));
        assert_int_equal(multiaddr_parse(bytes_of(text), &again), 0);
        assert_true(multiaddr_eq(&a, &again));
    }
    assert_int_equal(n, (MULTIADDR_STR_MAX - 1) / strlen("/webrtc-direct"));
    assert_true(multiaddr_eq(&a, &again)); /* and it is as it was */
}

static void test_kinds_of_addresses_and_lists_of_them(void **state)
{
    struct multiaddr v[2], turned[2], other;
    (void)state;
    assert_int_equal(multiaddr_parse(bytes_of("/ip4/192.0.2.1/tcp/1"), &v[0]), 0);
    assert_int_equal(multiaddr_parse(bytes_of("/ip4/192.0.2.1/tcp/2"), &v[1]), 0);
    assert_int_equal(multiaddr_parse(bytes_of("/ip4/192.0.2.1/udp/2"), &other), 0);
    turned[0] = v[1];
    turned[1] = v[0];
    assert_true(multiaddr_is_tcp(&v[0]) && !multiaddr_is_quic(&v[0]));
    assert_false(multiaddr_is_tcp(&other) || multiaddr_is_quic(&other)); /* plain UDP */
    assert_true(multiaddr_is_among(&v[1], v, 2));
    assert_false(multiaddr_is_among(&v[1], v, 1));
    assert_false(multiaddr_is_among(&other, v, 2));
    assert_true(multiaddrs_eq(v, 2, v, 2));
    assert_true(multiaddrs_eq(v, 0, NULL, 0));
    assert_false(multiaddrs_eq(v, 2, v, 1));
    assert_false(multiaddrs_eq(v, 2, turned, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors_both_ways),
        cmocka_unit_test(test_parse_accepts_other_spellings),
        cmocka_unit_test(test_parse_refuses),
        cmocka_unit_test(test_from_bytes_refuses),
        cmocka_unit_test(test_both_forms_are_bounded),
        cmocka_unit_test(test_ip_is_the_one_that_it_begins_with),
        cmocka_unit_test(test_as_quic_takes_only_plain_addresses),
        cmocka_unit_test(test_make_quic_reads_back),
        cmocka_unit_test(test_peer_is_the_last_one),
        cmocka_unit_test(test_append_peer_needs_room),
        cmocka_unit_test(test_append_stops_where_the_text_would_be_too_long),
        cmocka_unit_test(test_kinds_of_addresses_and_lists_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
