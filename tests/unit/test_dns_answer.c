/* test_dns_answer.c - what a DNS server makes of a question; messages written by hand. */
#include "gate/dns_answer.h"

#include <stdio.h>

#include "vec.h"

#define ID        "\x12\x34"
#define HEAD      ID "\x01\0\0\1\0\0\0\0\0\0" /* RD, one question */
#define HEAD_OPT  ID "\x01\0\0\1\0\0\0\0\0\1"
#define HOME      "\4HoMe\0"
#define OPT(size) "\0\0\x29" size "\0\0\0\0\0\0"

static const struct ipaddr net = { .family = 4, .b = { 127, 64 } };
static const struct ipaddr addr = { .family = 4, .b = { 127, 64, 1, 2 } };
static const struct virtual_service services[] = {
    { "ssh", 22, false }, { "dns", 53, false }, { "dns", 53, true }, { "", 8022, false }
};

static struct dns_query query;
static struct dns_subject subject;
static uint8_t room[DNS_ANSWER_MAX];

static int read_query(struct bytes in)
{
    return dns_query_read(in, &query);
}

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

static struct dns_known known(void)
{
    return (struct dns_known){ .is_there = true,
                               .ip = &addr,
                               .services = services,
                               .n = COUNT(services),
                               .is_complete = true };
}

/* A question of a type, with EDNS unless size is 0; the answer to it. */
static struct bytes ask(const char *name, uint16_t type, uint16_t size, const struct dns_known *k)
{
    query = (struct dns_query){ .id = 0x1234,
                                .flags = DNS_WANTS_RECURSION,
                                .has_question = true,
                                .question = { name_of(name), type, DNS_IN },
                                .has_opt = size != 0,
                                .udp_size = size };
    dns_subject_of(&query.question.name, &net, &subject);
    return dns_answer_write(&query, &subject, k, dns_query_limit(&query),
                            (struct span){ room, sizeof room });
}

static unsigned rcode_of(struct bytes answer)
{
    return answer.p[3] & DNS_RCODE;
}

/* The records of a section. */
static size_t count(struct bytes answer, enum dns_section s)
{
    return (size_t)(answer.p[4 + 2 * s] << 8 | answer.p[5 + 2 * s]);
}

static struct dns_record first_record(struct bytes answer)
{
    struct dns_record r;
    struct dns_msg m;
    assert_int_equal(dns_msg_read(answer, &m), 0);
    assert_int_equal(dns_msg_record(&m, &r), 1);
    return r;
}

/* --- the query */

static void test_a_question_is_read_as_it_stands(void **state)
{
    (void)state;
    assert_int_equal(read_query((struct bytes)B(HEAD HOME "\0\1\0\1")), 0);
    assert_int_equal(query.fault, DNS_NOERROR);
    assert_int_equal(query.id, 0x1234);
    assert_int_equal(query.question.type, DNS_A);
    assert_memory_equal(query.question.name.b, HOME, sizeof HOME - 1);
    assert_false(query.has_opt);
    assert_int_equal(dns_query_limit(&query), 512);
}

static void test_edns_says_how_long_an_answer_may_be(void **state)
{
    static const struct {
        struct bytes in;
        size_t limit;
    } rows[] = {
        { B(HEAD_OPT HOME "\0\1\0\1" OPT("\x02\x58")), 600 },
        { B(HEAD_OPT HOME "\0\1\0\1" OPT("\xff\xff")), 1232 },
        { B(HEAD_OPT HOME "\0\1\0\1" OPT("\0\x10")), 512 }, /* RFC 6891 s.6.2.3 */
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(read_query(rows[i].in), 0);
        assert_int_equal(query.fault, DNS_NOERROR);
        assert_int_equal(dns_query_limit(&query), rows[i].limit);
    }
}

static void test_faults_of_a_query(void **state)
{
    static const struct {
        const char *what;
        struct bytes in;
        enum dns_rcode fault;
    } rows[] = {
        { "STATUS", B(ID "\x11\0\0\1\0\0\0\0\0\0" HOME "\0\1\0\1"), DNS_NOTIMP },
        { "NOTIFY, nothing else", B(ID "\x20\0\0\0\0\0\0\0\0\0"), DNS_NOTIMP },
        { "UPDATE", B(ID "\x28\0\0\1\0\0\0\0\0\0" HOME "\0\6\0\1"), DNS_NOTIMP },
        { "no question", B(ID "\x01\0\0\0\0\0\0\0\0\0"), DNS_FORMERR },
        { "two, RFC 9619", B(ID "\x01\0\0\2\0\0\0\0\0\0" HOME "\0\1\0\1" HOME "\0\1\0\1"),
          DNS_FORMERR },
        { "cut in the name", B(HEAD "\4HoM"), DNS_FORMERR },
        { "cut in the class", B(HEAD HOME "\0\1\0"), DNS_FORMERR },
        { "a name that points to itself", B(HEAD "\xc0\x0c\0\1\0\1"), DNS_FORMERR },
        { "a record that is not there", B(HEAD_OPT HOME "\0\1\0\1"), DNS_FORMERR },
        { "two OPT", B(ID "\x01\0\0\1\0\0\0\0\0\2" HOME "\0\1\0\1" OPT("\4\0") OPT("\4\0")),
          DNS_FORMERR },
        { "OPT of a name", B(HEAD_OPT HOME "\0\1\0\1\1a\0\0\x29\4\0\0\0\0\0\0\0"), DNS_FORMERR },
        { "OPT as an answer", B(ID "\x01\0\0\1\0\1\0\0\0\0" HOME "\0\1\0\1" OPT("\4\0")),
          DNS_FORMERR },
        { "EDNS version 1", B(HEAD_OPT HOME "\0\1\0\1\0\0\x29\4\0\0\1\0\0\0\0"), DNS_BADVERS },
        { "class CH", B(HEAD HOME "\0\x10\0\3"), DNS_REFUSED },
        { "class ANY", B(HEAD HOME "\0\1\0\xff"), DNS_REFUSED },
        { "AXFR", B(HEAD HOME "\0\xfc\0\1"), DNS_REFUSED },
        { "OPT as a question", B(HEAD HOME "\0\x29\0\1"), DNS_FORMERR },
        { "ANY", B(HEAD HOME "\0\xff\0\1"), DNS_NOERROR },
        { "a type that nobody knows", B(HEAD HOME "\xff\0\0\1"), DNS_NOERROR },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (read_query(rows[i].in) != 0 || query.fault != rows[i].fault)
            fail_msg("%s: %d", rows[i].what, (int)query.fault);
        struct bytes a = dns_answer_code(&query, query.fault, (struct span){ room, sizeof room });
        assert_memory_equal(a.p, ID, 2);
        assert_int_equal(a.p[2] & 0x80, 0x80);
        assert_int_equal(a.p[2] & 0x79, rows[i].in.p[2]); /* opcode and RD come back */
    }
}

static void test_what_gets_no_answer(void **state)
{
    static const struct bytes rows[] = { B(""), B(ID), B(ID "\x01\0\0\1\0\0\0\0\0"),
                                         B(ID "\x81\x80\0\1\0\0\0\0\0\0" HOME "\0\1\0\1") };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(read_query(rows[i]), GW_EPROTO);
}

static void test_badvers_has_its_upper_bits_in_opt(void **state)
{
    (void)state;
    assert_int_equal(read_query((struct bytes)B(HEAD_OPT HOME "\0\1\0\1\0\0\x29\4\0\0\1\0\0\0\0")),
                     0);
    assert_bytes(
        dns_answer_code(&query, query.fault, (struct span){ room, sizeof room }),
        (struct bytes)B(ID "\x81\x80\0\1\0\0\0\0\0\1" HOME "\0\1\0\1\0\0\x29\4\xd0\1\0\0\0\0\0"));
}

/* --- the answer */

static void test_an_address_as_rfc1035_has_it(void **state)
{
    struct dns_known k = known();
    (void)state;
    assert_bytes(ask("HoMe", DNS_A, 0, &k),
                 (struct bytes)B(ID "\x85\x80\0\1\0\1\0\0\0\0" HOME "\0\1\0\1"
                                    "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\x40\1\2"));
}

static void test_edns_is_answered_with_edns(void **state)
{
    struct dns_known k = known();
    (void)state;
    assert_bytes(ask("HoMe", DNS_A, 4096, &k),
                 (struct bytes)B(ID "\x85\x80\0\1\0\1\0\0\0\1" HOME "\0\1\0\1"
                                    "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\x40\1\2" OPT("\4\xd0")));
}

static void test_srv_names_the_port_and_the_host_with_its_address(void **state)
{
    struct dns_known k = known();
    (void)state;
    assert_bytes(ask("_dns._udp.a", DNS_SRV, 0, &k),
                 (struct bytes)B(ID "\x85\x80\0\1\0\1\0\0\0\1\4_dns\4_udp\1a\0\0\x21\0\1"
                                    "\xc0\x0c\0\x21\0\1\0\0\0\x3c\0\x09\0\0\0\0\0\x35\1a\0"
                                    "\xc0\x16\0\1\0\1\0\0\0\x3c\0\4\x7f\x40\1\2"));
}

static void test_txt_lists_the_services_that_have_names(void **state)
{
    struct dns_known k = known();
    (void)state;
    assert_bytes(ask("a", DNS_TXT, 0, &k),
                 (struct bytes)B(ID "\x85\x80\0\1\0\1\0\0\0\0\1a\0\0\x10\0\1"
                                    "\xc0\x0c\0\x10\0\1\0\0\0\x3c\0\x19"
                                    "\6ssh=22\6dns=53\x0a"
                                    "dns=53/udp"));
}

static void test_ptr_names_the_peer(void **state)
{
    struct dns_known k = { .is_there = true, .name = "laptop.grewal" };
    struct bytes a = ask("2.1.64.127.in-addr.arpa", DNS_PTR, 0, &k);
    struct dns_record r = first_record(a);
    (void)state;
    assert_int_equal(rcode_of(a), DNS_NOERROR);
    assert_int_equal(r.type, DNS_PTR);
    assert_int_equal(r.ttl_s, 60);
    assert_name(&r.target, "laptop.grewal");
}

/* RFC 6761 s.6.3: addresses, and nothing else. */
static void test_localhost_is_this_machine(void **state)
{
    static const struct {
        uint16_t type;
        struct bytes data;
    } rows[] = {
        { DNS_A, B("\x7f\0\0\1") },
        { DNS_AAAA, B("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1") },
        { DNS_ANY, B("\x7f\0\0\1") },
    };
    static const uint16_t none[] = { DNS_TXT, DNS_SRV, DNS_SOA, 2 /* NS */, 15 /* MX */ };
    const struct dns_known k = { .is_there = true };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct bytes a = ask("www.localhost", rows[i].type, 0, &k);
        assert_int_equal(rcode_of(a), DNS_NOERROR);
        assert_int_equal(count(a, DNS_ANSWERS), 1);
        assert_bytes(first_record(a).data, rows[i].data);
    }
    for (size_t i = 0; i < COUNT(none); i++) {
        struct bytes a = ask("localhost", none[i], 0, &k);
        assert_int_equal(rcode_of(a), DNS_NOERROR);
        assert_int_equal(count(a, DNS_ANSWERS), 0);
        struct dns_record soa = first_record(a);
        assert_name(&soa.name, "localhost");
    }
}

static void test_any_is_the_address_alone(void **state)
{
    struct dns_known k = known();
    struct bytes a = ask("a", DNS_ANY, 0, &k);
    (void)state;
    assert_int_equal(count(a, DNS_ANSWERS), 1);
    assert_int_equal(first_record(a).type, DNS_A);
}

/* RFC 2308 s.2: SOA as the authority says for how long. */
static void test_what_is_not_there(void **state)
{
    static const struct {
        const char *name;
        uint16_t type;
        bool is_there;
        enum dns_rcode rcode;
        const char *zone;
    } rows[] = {
        { "db.alice", DNS_AAAA, true, DNS_NOERROR, "alice" },
        { "db.alice", DNS_SRV, true, DNS_NOERROR, "alice" },
        { "db.alice", DNS_SOA, true, DNS_NOERROR, "alice" },
        { "db.alice", 65 /* HTTPS */, true, DNS_NOERROR, "alice" },
        { "db.alice", DNS_A, false, DNS_NXDOMAIN, "alice" },
        { "alice", DNS_A, false, DNS_NXDOMAIN, "" },
        { "_ssh._tcp.db.alice", DNS_A, true, DNS_NOERROR, "alice" },
        { "_tcp.db.alice", DNS_SRV, true, DNS_NOERROR, "alice" }, /* RFC 8020 */
        { "_web._tcp.db.alice", DNS_SRV, true, DNS_NXDOMAIN, "alice" },
        { "_ssh._udp.db.alice", DNS_SRV, true, DNS_NXDOMAIN, "alice" },
        { "_ssh._tcp.db.alice", DNS_SRV, false, DNS_NXDOMAIN, "alice" },
        { "1.64.127.in-addr.arpa", DNS_PTR, true, DNS_NOERROR, "64.127.in-addr.arpa" },
        { "9.9.64.127.in-addr.arpa", DNS_PTR, false, DNS_NXDOMAIN, "64.127.in-addr.arpa" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dns_known k = known();
        k.is_there = rows[i].is_there;
        struct bytes a = ask(rows[i].name, rows[i].type, 1232, &k);
        if (rcode_of(a) != rows[i].rcode || count(a, DNS_ANSWERS) != 0)
            fail_msg("%s %d: %d", rows[i].name, rows[i].type, (int)rcode_of(a));
        struct dns_record r = first_record(a);
        assert_int_equal(r.section, DNS_AUTHORITIES);
        assert_int_equal(r.type, DNS_SOA);
        assert_name(&r.name, rows[i].zone);
        assert_int_equal(r.ttl_s, 10);
    }
}

static void test_what_the_peer_has_not_said_is_a_failure_and_no_no(void **state)
{
    static const struct virtual_service mapped[] = { { "", 5432, false } }; /* of the names file */
    struct dns_known k = known();
    (void)state;
    k.is_complete = false;
    assert_int_equal(rcode_of(ask("_web._tcp.a", DNS_SRV, 0, &k)), DNS_SERVFAIL);
    assert_int_equal(rcode_of(ask("_ssh._tcp.a", DNS_SRV, 0, &k)), DNS_NOERROR);
    assert_int_equal(rcode_of(ask("a", DNS_TXT, 0, &k)), DNS_NOERROR);
    k.services = mapped;
    k.n = 1;
    assert_int_equal(rcode_of(ask("a", DNS_TXT, 0, &k)), DNS_SERVFAIL);
    k.n = 0;
    assert_int_equal(rcode_of(ask("a", DNS_TXT, 0, &k)), DNS_SERVFAIL);
    struct bytes a = ask("a", DNS_A, 0, &k);
    assert_int_equal(rcode_of(a), DNS_NOERROR);
    assert_int_equal(count(a, DNS_ANSWERS), 1);
}

static void test_what_does_not_fit_is_cut_and_says_so(void **state)
{
    struct virtual_service many[VIRTUAL_PORTS_MAX];
    struct dns_known k = known();
    (void)state;
    for (size_t i = 0; i < COUNT(many); i++) {
        many[i] = (struct virtual_service){ .port = 65535, .is_udp = true };
        memset(many[i].name, 'a', SERVICE_NAME_MAX);
    }
    k.services = many;
    k.n = COUNT(many);
    struct bytes a = ask("a", DNS_TXT, 4096, &k);
    assert_true(a.n <= 1232);
    assert_true(a.p[2] & 0x02);
    assert_int_equal(count(a, DNS_ANSWERS), 0);
    assert_int_equal(count(a, DNS_ADDITIONALS), 1); /* OPT: RFC 6891 s.7 */

    a = dns_answer_write(&query, &subject, &k, DNS_ANSWER_MAX, (struct span){ room, sizeof room });
    assert_false(a.p[2] & 0x02);
    assert_int_equal(first_record(a).data.n, VIRTUAL_PORTS_MAX * (1 + 63 + 10));
}

/* The address beside SRV is a courtesy: without room for it the answer is whole all the same.  With
 * this name, 12 + 235 + 4 octets and 2 + 10 + 6 + 225 make 494; an A has 16 more, OPT 11. */
static void test_additional_records_are_left_out_without_tc(void **state)
{
    char name[254] = "_ssh._tcp.";
    struct dns_known k = known();
    (void)state;
    for (size_t i = strlen(name); i < 233; i++)
        name[i] = i % 50 ? 'a' : '.';
    struct bytes a = ask(name, DNS_SRV, 0, &k);
    assert_int_equal(a.n, 510);
    assert_int_equal(count(a, DNS_ADDITIONALS), 1);
    a = ask(name, DNS_SRV, 512, &k);
    assert_int_equal(a.n, 505);
    assert_int_equal(count(a, DNS_ANSWERS), 1);
    assert_int_equal(count(a, DNS_ADDITIONALS), 1);
    assert_false(a.p[2] & 0x02);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_question_is_read_as_it_stands),
        cmocka_unit_test(test_edns_says_how_long_an_answer_may_be),
        cmocka_unit_test(test_faults_of_a_query),
        cmocka_unit_test(test_what_gets_no_answer),
        cmocka_unit_test(test_badvers_has_its_upper_bits_in_opt),
        cmocka_unit_test(test_an_address_as_rfc1035_has_it),
        cmocka_unit_test(test_edns_is_answered_with_edns),
        cmocka_unit_test(test_srv_names_the_port_and_the_host_with_its_address),
        cmocka_unit_test(test_txt_lists_the_services_that_have_names),
        cmocka_unit_test(test_ptr_names_the_peer),
        cmocka_unit_test(test_localhost_is_this_machine),
        cmocka_unit_test(test_any_is_the_address_alone),
        cmocka_unit_test(test_what_is_not_there),
        cmocka_unit_test(test_what_the_peer_has_not_said_is_a_failure_and_no_no),
        cmocka_unit_test(test_what_does_not_fit_is_cut_and_says_so),
        cmocka_unit_test(test_additional_records_are_left_out_without_tc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
