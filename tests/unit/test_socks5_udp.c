/* test_socks5_udp.c - the header of SOCKS5 datagrams. */
#include "wire/socks5_udp.h"

#include "vec.h"

static const struct {
    const char *source;
    struct bytes wire;
    size_t header;
    enum socks5_kind kind;
    const char *host;
    uint16_t port;
    uint8_t frag;
} vectors[] = {
    { "name, RFC 1928 s.7",
      B("\0\0\0\3\x09"
        "dns.alice\0\x35query"),
      16, SOCKS5_NAME, "dns.alice", 53, 0 },
    { "IPv4", B("\0\0\0\1\xc0\0\2\1\0\x35query"), 10, SOCKS5_IPV4, "192.0.2.1", 53, 0 },
    { "IPv6", B("\0\0\0\4\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\1\xbb."), 22, SOCKS5_IPV6, "fd00::1",
      443, 0 },
    { "v4-mapped IPv6", B("\0\0\0\4\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1\0\x16."), 22, SOCKS5_IPV4,
      "127.0.0.1", 22, 0 },
    { "IPv4 as a name",
      B("\0\0\0\3\x09"
        "192.0.2.1\0\x50."),
      16, SOCKS5_IPV4, "192.0.2.1", 80, 0 },
    { "IPv6 as a name, in brackets", B("\0\0\0\3\x09[fd00::1]\0\x50."), 16, SOCKS5_IPV6, "fd00::1",
      80, 0 },
    { "no data", B("\0\0\0\1\xc0\0\2\1\0\x35"), 10, SOCKS5_IPV4, "192.0.2.1", 53, 0 },
    { "reserved octets not zero", B("\xff\1\0\1\xc0\0\2\1\0\x35."), 10, SOCKS5_IPV4, "192.0.2.1",
      53, 0 },
    { "a fragment", B("\0\0\x81\1\xc0\0\2\1\0\x35."), 10, SOCKS5_IPV4, "192.0.2.1", 53, 0x81 },
};

static void test_decode_reads_every_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct bytes wire = vectors[i].wire;
        size_t header = vectors[i].header;
        struct socks5_udp m;
        assert_int_equal(socks5_udp_decode(wire, &m), header);
        assert_int_equal(m.frag, vectors[i].frag);
        assert_int_equal(m.dest.kind, vectors[i].kind);
        assert_string_equal(m.dest.host, vectors[i].host);
        assert_int_equal(m.dest.port, vectors[i].port);
        assert_bytes(m.wrote, (struct bytes){ wire.p + 3, header - 3 });
        assert_bytes(m.data, (struct bytes){ wire.p + header, wire.n - header });
    }
}

static int decode(struct bytes in)
{
    struct socks5_udp m;
    return socks5_udp_decode(in, &m);
}

static void test_decode_every_prefix_of_a_header_is_short(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++)
        assert_every_prefix_waits((struct bytes){ vectors[i].wire.p, vectors[i].header }, decode);
}

static void test_decode_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *why;
        struct bytes wire;
        int err;
    } bad[] = {
        { "address type 0", B("\0\0\0\0"), GW_EUNSUP },
        { "address type 2", B("\0\0\0\2\1\1\1\1\0\1."), GW_EUNSUP },
        { "port 0", B("\0\0\0\1\xc0\0\2\1\0\0."), GW_EINVAL },
        { "empty name", B("\0\0\0\3\0\0\x35."), GW_EINVAL },
        { "NUL cuts the name", B("\0\0\0\3\x0flocalhost\0.evil\0\x35."), GW_EINVAL },
        { "UTF-8", B("\0\0\0\3\2\xc3\xbc\0\x35."), GW_ENONAME },
        { "zone",
          B("\0\0\0\3\x0b"
            "fe80::1%eth\0\x35."),
          GW_ENONAME },
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(decode(bad[i].wire), bad[i].err);
}

static void test_decode_takes_a_name_of_255_octets(void **state)
{
    (void)state;
    uint8_t wire[SOCKS5_UDP_HEADER_MAX] = { 0, 0, 0, 3, 255 };
    memset(wire + 5, 'x', 255);
    wire[261] = 1;
    assert_int_equal(decode((struct bytes){ wire, sizeof wire }), sizeof wire);
}

static int encode_name(uint8_t *dst, size_t cap)
{
    return socks5_udp_encode(dst, cap,
                             (struct bytes)B("\3\x09"
                                             "DNS.alice\0\x35"));
}

static void test_encode_puts_what_the_client_wrote_behind_zeros(void **state)
{
    (void)state;
    assert_needs_room((struct bytes)B("\0\0\0\3\x09"
                                      "DNS.alice\0\x35"),
                      encode_name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode_reads_every_kind),
        cmocka_unit_test(test_decode_every_prefix_of_a_header_is_short),
        cmocka_unit_test(test_decode_refuses),
        cmocka_unit_test(test_decode_takes_a_name_of_255_octets),
        cmocka_unit_test(test_encode_puts_what_the_client_wrote_behind_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
