/* test_dns_msg.c - messages of DNS. */
#include "wire/dns_msg.h"

#include "vec.h"

#define SERVICE_WIRE "\x04_p2p\x04_udp\x05local\0"
#define LABEL        "abcdefghijklmnopqrstuvwxyz012345"
#define INSTANCE     "\x20" LABEL SERVICE_WIRE
#define HOST_WIRE    "\x20" LABEL "\x03p2p\x05local\0"
#define ADDR \
    "dnsaddr=/ip4/192.0.2.7/tcp/4001/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"

/* dig 9.18: +dnssec +nocookie +bufsize=1232 _p2p._udp.local PTR */
static const struct bytes query_of_dig = B("\x18\xaa\x01\x20\0\x01\0\0\0\0\0\x01" SERVICE_WIRE
                                           "\0\x0c\0\x01"
                                           "\0\0\x29\x04\xd0\0\0\x80\0\0\0");

/* npm dns-packet 5.6.1, which does not compress: what a libp2p peer answers */
static const struct bytes answer_of_js = B(
    "\0\0\x84\0\0\0\0\x05\0\0\0\0" SERVICE_WIRE "\0\x0c\0\x01\0\0\0\x78\0\x32" INSTANCE INSTANCE
    "\0\x10\0\x01\0\0\0\x78\0\x59\x58" ADDR INSTANCE
    "\0\x21\0\x01\0\0\0\x78\0\x32\0\0\0\0\x0f\xa1" HOST_WIRE HOST_WIRE
    "\0\x01\x80\x01\0\0\0\x78\0\x04\xc0\0\x02\x07" HOST_WIRE
    "\0\x1c\0\x01\0\0\0\x78\0\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07");

/* RFC 1035 s.4.1.4: F.ISI.ARPA, FOO.F.ISI.ARPA, ARPA and the root, compressed, at the offsets 20,
 * 40, 64 and 92 of a message. */
static const struct bytes rfc1035 = B(
    "\0\0\0\0\0\0\0\0\0\0\0\0........"
    "\x01"
    "F\x03ISI\x04"
    "ARPA\0........\x03"
    "FOO\xc0\x14..................\xc0\x1a..........................\0");

static struct dns_name name_of(const char *text)
{
    struct dns_name n;
    assert_int_equal(dns_name_parse(bytes_of(text), &n), 0);
    return n;
}

static void assert_name(const struct dns_name *got, const char *want)
{
    struct dns_name n = name_of(want);
    assert_true(dns_name_eq(got, &n));
}

/* The name at an offset, read as that of a question. */
static int name_at(struct bytes in, size_t at, struct dns_name *out)
{
    struct dns_msg m = { .in = in, .at = at, .left = { 1 } };
    struct dns_question q;
    int rc = dns_msg_question(&m, &q);
    *out = q.name;
    return rc;
}

static void test_question_of_dig_is_read_with_its_opt(void **state)
{
    (void)state;
    struct dns_msg m;
    struct dns_question q;
    struct dns_record r;
    struct dns_opt o;
    assert_int_equal(dns_msg_read(query_of_dig, &m), 0);
    assert_int_equal(m.id, 0x18aa);
    assert_int_equal(m.flags, 0x0120);
    assert_int_equal(dns_msg_question(&m, &q), 1);
    assert_name(&q.name, "_p2p._udp.local");
    assert_int_equal(q.type, DNS_PTR);
    assert_int_equal(q.class_, DNS_IN);
    assert_int_equal(dns_msg_question(&m, &q), 0);
    assert_int_equal(dns_msg_record(&m, &r), 1);
    assert_int_equal(r.section, DNS_ADDITIONALS);
    assert_true(dns_opt_read(&r, &o));
    assert_int_equal(o.udp_size, 1232);
    assert_int_equal(o.version, 0);
    assert_int_equal(o.rcode_high, 0);
    assert_true(o.wants_security);
    assert_int_equal(dns_msg_record(&m, &r), 0);
}

static void test_answer_of_a_libp2p_peer_is_read(void **state)
{
    (void)state;
    struct dns_msg m;
    struct dns_record r;
    struct bytes string;
    assert_int_equal(dns_msg_read(answer_of_js, &m), 0);
    assert_int_equal(m.flags, DNS_IS_ANSWER | DNS_IS_AUTHORITATIVE);

    assert_int_equal(dns_msg_record(&m, &r), 1);
    assert_int_equal(r.type, DNS_PTR);
    assert_int_equal(r.ttl_s, 120);
    assert_name(&r.name, "_P2P._udp.LOCAL");
    assert_name(&r.target, LABEL "._p2p._udp.local");
    assert_true(dns_name_is_under(&r.target, &r.name));

    assert_int_equal(dns_msg_record(&m, &r), 1);
    assert_int_equal(r.type, DNS_TXT);
    assert_true(dns_txt_next(&r.data, &string));
    assert_bytes(string, (struct bytes)B(ADDR));
    assert_false(dns_txt_next(&r.data, &string));

    assert_int_equal(dns_msg_record(&m, &r), 1);
    assert_int_equal(r.type, DNS_SRV);
    assert_int_equal(r.port, 4001);
    assert_name(&r.target, LABEL ".p2p.local");

    assert_int_equal(dns_msg_record(&m, &r), 1);
    assert_int_equal(r.type, DNS_A);
    assert_int_equal(r.class_, DNS_CACHE_FLUSH | DNS_IN);
    assert_int_equal(DNS_CLASS(r.class_), DNS_IN);
    assert_bytes(r.data, (struct bytes)B("\xc0\0\x02\x07"));

    assert_int_equal(dns_msg_record(&m, &r), 1);
    assert_int_equal(r.type, DNS_AAAA);
    assert_int_equal(dns_msg_record(&m, &r), 0);
}

static void test_names_are_decompressed_as_in_rfc1035(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        const char *name;
    } v[] = { { 20, "f.isi.arpa" }, { 40, "foo.F.ISI.ARPA" }, { 64, "arpa" }, { 92, "" } };
    for (size_t i = 0; i < COUNT(v); i++) {
        uint8_t wire[128] = { 0 }; /* and a type and a class behind the name */
        struct dns_name n;
        memcpy(wire, rfc1035.p, rfc1035.n);
        assert_int_equal(name_at((struct bytes){ wire, sizeof wire }, v[i].at, &n), 1);
        assert_name(&n, v[i].name);
    }
}

#define HEAD "\0\0\0\0\0\x01\0\0\0\0\0\0"

static void test_bad_names_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct bytes wire;
    } v[] = {
        { "a pointer to itself", B(HEAD "\xc0\x0c\0\x01\0\x01") },
        { "a pointer ahead", B(HEAD "\xc0\x0e\0\0\x01\0\x01") },
        { "a loop over a label", B(HEAD "\x01x\xc0\x0c\0\x01\0\x01") },
        { "two that lead to each other", B(HEAD "\xc0\x0e\xc0\x0c\0\x01\0\x01") },
        { "a loop in what stands before", B("\xc0\0\0\0\0\x01\0\0\0\0\0\0\xc0\0\0\x01\0\x01") },
        { "half a pointer", B(HEAD "\xc0") },
        { "a label of type 01", B(HEAD "\x41x\0\0\x01\0\x01") },
        { "a label of type 10", B(HEAD "\x81x\0\0\x01\0\x01") },
        { "a label beyond the end", B(HEAD "\x09x\0\0\x01\0\x01") },
        { "no end", B(HEAD "\x01x") },
    };
    for (size_t i = 0; i < COUNT(v); i++) {
        struct dns_msg m;
        struct dns_question q;
        assert_int_equal(dns_msg_read(v[i].wire, &m), 0);
        assert_int_equal(dns_msg_question(&m, &q), GW_EPROTO);
    }
}

/* Each of 130 names is a label before the one that it points to: too long from the 128th on. */
static void test_a_long_chain_of_pointers_ends_at_255_octets(void **state)
{
    (void)state;
    uint8_t wire[600] = { 0 };
    struct dns_name n;
    size_t last = DNS_HEADER, at = DNS_HEADER + 1;
    for (size_t labels = 1; labels <= 130; labels++, last = at, at += 4) {
        uint8_t entry[4] = { 1, 'x', (uint8_t)(0xc0 | last >> 8), (uint8_t)last };
        memcpy(wire + at, entry, sizeof entry);
        int rc = name_at((struct bytes){ wire, sizeof wire }, at, &n);
        assert_int_equal(rc, labels <= 127 ? 1 : GW_EPROTO);
        if (rc == 1)
            assert_int_equal(n.n, 2 * labels + 1);
    }
}

/* A datagram is whole, so what is cut short is malformed.  Each cut has a block of its own size. */
static void test_every_cut_is_refused(void **state)
{
    (void)state;
    const struct bytes *const whole[] = { &query_of_dig, &answer_of_js };
    for (size_t i = 0; i < COUNT(whole); i++) {
        for (size_t n = 0; n < whole[i]->n; n++) {
            uint8_t *p = malloc(n + 1);
            struct dns_msg m;
            struct dns_record r;
            int rc;
            assert_non_null(p);
            memcpy(p, whole[i]->p, n);
            rc = dns_msg_read((struct bytes){ p, n }, &m);
            while (rc == 0 && (rc = dns_msg_record(&m, &r)) == 1)
                rc = 0;
            free(p);
            assert_int_equal(rc, GW_EPROTO);
        }
    }
}

#define ANSWER "\0\0\x84\0\0\0\0\x01\0\0\0\0\0"

static void test_data_that_does_not_fit_its_type_is_refused(void **state)
{
    (void)state;
    static const struct bytes v[] = {
        B(ANSWER "\0\x01\0\x01\0\0\0\0\0\x03\x01\x02\x03"),     /* A of 3 octets */
        B(ANSWER "\0\x1c\0\x01\0\0\0\0\0\x04\x01\x02\x03\x04"), /* AAAA of 4 */
        B(ANSWER "\0\x0c\0\x01\0\0\0\0\0\x02\0\0"),             /* PTR and an octet */
        B(ANSWER "\0\x0c\0\x01\0\0\0\0\0\0"),                   /* PTR without a name */
        B(ANSWER "\0\x0c\0\x01\0\0\0\0\0\x01\x01x\0"),          /* its name ends outside */
        B(ANSWER "\0\x10\0\x01\0\0\0\0\0\x02\x02x"),            /* TXT with a string that is cut */
        B(ANSWER "\0\x21\0\x01\0\0\0\0\0\x06\0\0\0\0\0\x09"),   /* SRV without a name */
        B(ANSWER "\0\x21\0\x01\0\0\0\0\0\x05\0\0\0\0\0"),       /* and without a port */
    };
    for (size_t i = 0; i < COUNT(v); i++) {
        struct dns_msg m;
        struct dns_record r;
        assert_int_equal(dns_msg_read(v[i], &m), 0);
        assert_int_equal(dns_msg_record(&m, &r), GW_EPROTO);
    }
}

static void test_other_types_are_passed_on(void **state)
{
    (void)state;
    static const struct bytes v = B(ANSWER "\0\x63\0\x01\0\0\0\0\0\x02\xff\xff");
    struct dns_msg m;
    struct dns_record r;
    assert_int_equal(dns_msg_read(v, &m), 0);
    assert_int_equal(dns_msg_record(&m, &r), 1);
    assert_int_equal(r.type, 99);
    assert_bytes(r.data, (struct bytes)B("\xff\xff"));
}

static void test_name_parse_takes_names_and_nothing_else(void **state)
{
    (void)state;
    char label[66], longest[260];
    struct dns_name n;
    memset(label, 'x', sizeof label);
    assert_int_equal(dns_name_parse((struct bytes){ (uint8_t *)label, 63 }, &n), 0);
    assert_int_equal(dns_name_parse((struct bytes){ (uint8_t *)label, 64 }, &n), GW_ESYNTAX);
    for (size_t i = 0; i < sizeof longest; i++)
        longest[i] = i % 2 ? '.' : 'x';
    assert_int_equal(dns_name_parse((struct bytes){ (uint8_t *)longest, 253 }, &n), 0);
    assert_int_equal(n.n, DNS_NAME_MAX);
    assert_int_equal(dns_name_parse((struct bytes){ (uint8_t *)longest, 255 }, &n), GW_ESYNTAX);
    memset(longest, 'x', sizeof longest);
    longest[63] = longest[127] = longest[191] = '.';
    assert_int_equal(dns_name_parse((struct bytes){ (uint8_t *)longest, 253 }, &n), 0);
    assert_int_equal(dns_name_parse((struct bytes){ (uint8_t *)longest, 254 }, &n), GW_ESYNTAX);
    assert_int_equal(dns_name_parse(bytes_of("a..b"), &n), GW_ESYNTAX);
    assert_int_equal(dns_name_parse(bytes_of(".a"), &n), GW_ESYNTAX);
    assert_int_equal(dns_name_parse(bytes_of("a.."), &n), GW_ESYNTAX);
    n = name_of("a.b.");
    assert_bytes((struct bytes){ n.b, n.n }, (struct bytes)B("\1a\1b\0"));
    n = name_of("");
    assert_int_equal(n.n, 1);
    assert_int_equal(dns_name_first(&n).n, 0);
}

static void test_name_join_puts_a_label_before(void **state)
{
    (void)state;
    struct dns_name service = name_of("_p2p._udp.local"), n;
    assert_int_equal(dns_name_join((struct bytes)B("A.b"), &service, &n), 0);
    assert_bytes((struct bytes){ n.b, n.n }, (struct bytes)B("\3A.b" SERVICE_WIRE));
    assert_bytes(dns_name_first(&n), (struct bytes)B("A.b"));
    assert_true(dns_name_is_under(&n, &service));
    assert_false(dns_name_is_under(&service, &n));
    assert_false(dns_name_is_under(&service, &service));
    assert_int_equal(dns_name_join((struct bytes)B(""), &service, &n), GW_ESYNTAX);
    for (int i = 0; i < 200; i++)
        if (dns_name_join((struct bytes)B("xxxxxxxxx"), &service, &service) != 0)
            break;
    assert_in_range(service.n, DNS_NAME_MAX - 10, DNS_NAME_MAX);
}

static int encode_query(uint8_t *dst, size_t cap)
{
    struct dns_wr w;
    struct dns_question q = { name_of("_p2p._udp.local"), DNS_PTR, DNS_IN };
    struct dns_opt o = { .udp_size = 1232, .wants_security = true };
    if (cap < DNS_HEADER)
        return GW_ENOMEM;
    dns_wr_init(&w, (struct span){ dst, cap }, 0x18aa, 0x0120);
    if (!dns_put_question(&w, &q) || !dns_put_opt(&w, &o))
        return GW_ENOMEM;
    return (int)dns_wr_bytes(&w).n;
}

static int encode_answer(uint8_t *dst, size_t cap)
{
    struct dns_name service = name_of("_p2p._udp.local"), host = name_of(LABEL ".p2p.local"), inst;
    struct dns_head h = { DNS_ANSWERS, &service, DNS_IN, 120 };
    struct bytes txt = B(ADDR);
    struct dns_wr w;

    if (cap < DNS_HEADER)
        return GW_ENOMEM;
    assert_int_equal(dns_name_join((struct bytes)B(LABEL), &service, &inst), 0);
    dns_wr_init(&w, (struct span){ dst, cap }, 0, DNS_IS_ANSWER | DNS_IS_AUTHORITATIVE);
    bool fits = dns_put_ptr(&w, &h, &inst);
    h.name = &inst;
    fits = fits && dns_put_txt(&w, &h, &txt, 1) && dns_put_srv(&w, &h, 4001, &host);
    h.name = &host;
    h.class_ |= DNS_CACHE_FLUSH;
    fits = fits && dns_put_ip(&w, &h, (struct bytes)B("\xc0\0\x02\x07"));
    h.class_ = DNS_IN;
    fits = fits &&
           dns_put_ip(&w, &h, (struct bytes)B("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"));
    return fits ? (int)dns_wr_bytes(&w).n : GW_ENOMEM;
}

static void test_put_writes_what_dig_sends(void **state)
{
    (void)state;
    assert_needs_room(query_of_dig, encode_query);
}

/* The same records as js's, with each suffix once but for the target of SRV. */
static void test_put_compresses_names(void **state)
{
    (void)state;
    assert_needs_room(
        (struct bytes)B(
            "\0\0\x84\0\0\0\0\x05\0\0\0\0" SERVICE_WIRE "\0\x0c\0\x01\0\0\0\x78\0\x23\x20" LABEL
            "\xc0\x0c\xc0\x27\0\x10\0\x01\0\0\0\x78\0\x59\x58" ADDR
            "\xc0\x27\0\x21\0\x01\0\0\0\x78\0\x32\0\0\0\0\x0f\xa1" HOST_WIRE "\x20" LABEL
            "\x03p2p\xc0\x16\0\x01\x80\x01\0\0\0\x78\0\x04\xc0\0\x02\x07\xc0\xed"
            "\0\x1c\0\x01\0\0\0\x78\0\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"),
        encode_answer);
}

static void test_what_has_no_room_leaves_a_whole_message(void **state)
{
    (void)state;
    uint8_t room[60];
    struct dns_name service = name_of("_p2p._udp.local"), late = name_of("late");
    struct dns_head h = { DNS_ANSWERS, &service, DNS_IN, 120 };
    struct bytes fits = B("x"), over = { room, 256 };
    struct dns_wr w;
    struct dns_msg m;
    struct dns_record r;

    dns_wr_init(&w, (struct span){ room, sizeof room }, 0, DNS_IS_ANSWER);
    assert_true(dns_put_txt(&w, &h, &fits, 1));
    size_t n = dns_wr_bytes(&w).n;
    assert_false(dns_put_txt(&w, &h, &over, 1));
    assert_false(dns_put_ip(&w, &h, (struct bytes)B("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07")));
    h.name = &late;
    assert_false(dns_put_txt(&w, &h, &over, 1));
    assert_int_equal(dns_wr_bytes(&w).n, n);
    assert_true(dns_put_txt(&w, &h, NULL, 0));
    assert_int_equal(dns_msg_read(dns_wr_bytes(&w), &m), 0);
    assert_int_equal(dns_msg_record(&m, &r), 1);
    assert_int_equal(r.type, DNS_TXT);
    assert_int_equal(dns_msg_record(&m, &r), 1);
    assert_name(&r.name, "late");
    assert_int_equal(dns_msg_record(&m, &r), 0);
}

static void test_a_string_of_a_txt_record_has_255_octets_at_most(void **state)
{
    (void)state;
    static uint8_t room[1000], text[256];
    struct dns_name root = name_of("");
    struct dns_head h = { DNS_ANSWERS, &root, DNS_IN, 120 };
    struct dns_wr w;
    dns_wr_init(&w, (struct span){ room, sizeof room }, 0, DNS_IS_ANSWER);
    assert_false(dns_put_txt(&w, &h, &(struct bytes){ text, 256 }, 1));
    assert_true(dns_put_txt(&w, &h, &(struct bytes){ text, 255 }, 1));
}

/* RFC 1035 s.3.3.13, with the names and times that unbound gives to zones of its own. */
static void test_put_soa_says_how_long_there_is_nothing(void **state)
{
    (void)state;
    static const struct bytes want = B(
        "\0\x07\x81\x83\0\0\0\0\0\x01\0\0"
        "\x04grew\0\0\x06\0\x01\0\0\0\x0a\0\x2f\x09localhost\0\x06nobody\x07invalid\0"
        "\0\0\0\x01\0\0\x0e\x10\0\0\x04\xb0\0\x09\x3a\x80\0\0\0\x0a");
    uint8_t room[128];
    struct dns_name zone = name_of("grew"), server = name_of("localhost");
    struct dns_name mailbox = name_of("nobody.invalid");
    struct dns_head h = { DNS_AUTHORITIES, &zone, DNS_IN, 10 };
    for (size_t cap = DNS_HEADER; cap <= want.n; cap++) {
        struct dns_wr w;
        dns_wr_init(&w, (struct span){ room, cap }, 7, 0x8183);
        assert_int_equal(dns_put_soa(&w, &h, &server, &mailbox, 10), cap == want.n);
        assert_int_equal(dns_wr_bytes(&w).n, cap == want.n ? cap : DNS_HEADER);
    }
    assert_bytes((struct bytes){ room, want.n }, want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_question_of_dig_is_read_with_its_opt),
        cmocka_unit_test(test_answer_of_a_libp2p_peer_is_read),
        cmocka_unit_test(test_names_are_decompressed_as_in_rfc1035),
        cmocka_unit_test(test_bad_names_are_refused),
        cmocka_unit_test(test_a_long_chain_of_pointers_ends_at_255_octets),
        cmocka_unit_test(test_every_cut_is_refused),
        cmocka_unit_test(test_data_that_does_not_fit_its_type_is_refused),
        cmocka_unit_test(test_other_types_are_passed_on),
        cmocka_unit_test(test_name_parse_takes_names_and_nothing_else),
        cmocka_unit_test(test_name_join_puts_a_label_before),
        cmocka_unit_test(test_put_writes_what_dig_sends),
        cmocka_unit_test(test_put_compresses_names),
        cmocka_unit_test(test_what_has_no_room_leaves_a_whole_message),
        cmocka_unit_test(test_a_string_of_a_txt_record_has_255_octets_at_most),
        cmocka_unit_test(test_put_soa_says_how_long_there_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
