/* test_dns_subject.c - what the names of questions are about. */
#include "gate/dns_subject.h"

#include "vec.h"

#define LOOPBACK6 "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa"

static const struct ipaddr net = { .family = 4, .b = { 127, 64 } };

static struct dns_subject subject;

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

static void subject_of(const char *name)
{
    struct dns_name n = name_of(name);
    dns_subject_of(&n, &net, &subject);
}

static void test_hosts_and_services(void **state)
{
    static const struct {
        const char *name;
        enum dns_about about;
        const char *host, *tail, *service;
        bool is_udp;
    } rows[] = {
        { "home", DNS_ABOUT_HOST, "home", "home", "", false },
        { "Db.Alice", DNS_ABOUT_HOST, "Db.Alice", "Db.Alice", "", false },
        { "_ssh._tcp.home", DNS_ABOUT_SERVICE, "home", "home", "ssh", false },
        { "_SSH._UDP.a.B", DNS_ABOUT_SERVICE, "a.B", "a.B", "ssh", true },
        { "_tcp.home", DNS_ABOUT_SERVICE, "home", "home", "", false },
        { "_udp.home", DNS_ABOUT_SERVICE, "home", "home", "", true },
        { "_ssh._sctp.home", DNS_ABOUT_HOST, "_ssh._sctp.home", "_ssh._sctp.home", "", false },
        { "ssh._tcp.home", DNS_ABOUT_HOST, "ssh._tcp.home", "ssh._tcp.home", "", false },
        { "_a_b._tcp.home", DNS_ABOUT_HOST, "_a_b._tcp.home", "_a_b._tcp.home", "", false },
        { "_ssh._tcp", DNS_ABOUT_SERVICE, "", "", "ssh", false },
        { "my printer._ipp.grewal", DNS_ABOUT_HOST, "", "_ipp.grewal", "", false },
        { "_ssh._tcp.my printer.grewal", DNS_ABOUT_SERVICE, "", "grewal", "ssh", false },
        { "a b", DNS_ABOUT_HOST, "", "", "", false },
        { "2.0.0.127.in-addr.arpa", DNS_ABOUT_ELSEWHERE, "", "", "", false },
        { "8.b.d.0.1.0.0.2.ip6.arpa", DNS_ABOUT_ELSEWHERE, "", "", "", false },
        { "b._dns-sd._udp.2.0.192.in-addr.ARPA", DNS_ABOUT_ELSEWHERE, "", "", "", false },
        { "nas.home.arpa", DNS_ABOUT_HOST, "nas.home.arpa", "nas.home.arpa", "", false },
        { "x64.127.in-addr.arpa", DNS_ABOUT_ELSEWHERE, "", "", "", false },
        { "localhost.home", DNS_ABOUT_HOST, "localhost.home", "localhost.home", "", false },
        { "mylocalhost", DNS_ABOUT_HOST, "mylocalhost", "mylocalhost", "", false },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        subject_of(rows[i].name);
        if (subject.about != rows[i].about)
            fail_msg("%s is about %d", rows[i].name, (int)subject.about);
        assert_string_equal(subject.host, rows[i].host);
        assert_string_equal(subject.tail, rows[i].tail);
        assert_string_equal(subject.service, rows[i].service);
        if (*rows[i].service)
            assert_int_equal(subject.is_udp, rows[i].is_udp);
    }
}

static void test_names_that_mean_the_same_everywhere(void **state)
{
    static const struct {
        const char *name;
        enum dns_about about;
        const char *zone;
    } rows[] = {
        { "LocalHost", DNS_ABOUT_LOCALHOST, "localhost" },
        { "www.localhost", DNS_ABOUT_LOCALHOST, "localhost" },
        { "_ssh._tcp.localhost", DNS_ABOUT_LOCALHOST, "localhost" },
        { "invalid", DNS_ABOUT_NOBODY, "" },
        { "a b.invalid", DNS_ABOUT_NOBODY, "" },
        { "1.0.0.127.IN-ADDR.arpa", DNS_ABOUT_LOOPBACK, "1.0.0.127.in-addr.arpa" },
        { LOOPBACK6, DNS_ABOUT_LOOPBACK, LOOPBACK6 },
        { "x.1.0.0.127.in-addr.arpa", DNS_ABOUT_ELSEWHERE, "" },
        { "", DNS_ABOUT_ABOVE, "" },
        { "ARPA", DNS_ABOUT_ABOVE, "" },
        { "in-addr.arpa", DNS_ABOUT_ABOVE, "" },
        { "127.in-addr.arpa", DNS_ABOUT_ABOVE, "" },
        { "0.0.127.in-addr.arpa", DNS_ABOUT_ABOVE, "" },
        { "0.0.0.0.0.ip6.arpa", DNS_ABOUT_ABOVE, "" },
        { "10.in-addr.arpa", DNS_ABOUT_ELSEWHERE, "" },
    };
    static const struct ipaddr other_net = { .family = 4, .b = { 10, 64 } };
    struct dns_name ten = name_of("10.in-addr.arpa");
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        subject_of(rows[i].name);
        if (subject.about != rows[i].about)
            fail_msg("%s is about %d", rows[i].name, (int)subject.about);
        assert_name(&subject.zone, rows[i].zone);
        assert_string_equal(subject.host, "");
    }
    dns_subject_of(&ten, &other_net, &subject);
    assert_int_equal(subject.about, DNS_ABOUT_ABOVE);
}

/* A dot within a label is no border, and a NUL no end. */
static void test_octets_of_labels_are_not_mixed_up(void **state)
{
    static const struct dns_name rows[] = { { 10, "\3a.b\4home" },
                                            { 8, "\6home\0x" },
                                            { 18, "\6_ssh\0x\4_tcp\4home" } };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        dns_subject_of(&rows[i], &net, &subject);
        assert_int_equal(subject.about, DNS_ABOUT_HOST);
        assert_string_equal(subject.host, "");
    }
}

static void test_addresses_of_the_network(void **state)
{
    static const struct {
        const char *name;
        enum dns_about about;
        uint8_t family, third, last;
    } rows[] = {
        { "2.1.64.127.in-addr.arpa", DNS_ABOUT_ADDRESS, 4, 1, 2 },
        { "255.0.64.127.IN-ADDR.arpa", DNS_ABOUT_ADDRESS, 4, 0, 255 },
        { "256.0.64.127.in-addr.arpa", DNS_ABOUT_ADDRESS, 0, 0, 0 },
        { "01.0.64.127.in-addr.arpa", DNS_ABOUT_ADDRESS, 0, 0, 0 },
        { "x.1.64.127.in-addr.arpa", DNS_ABOUT_ADDRESS, 0, 0, 0 },
        { "3.2.1.64.127.in-addr.arpa", DNS_ABOUT_ADDRESS, 0, 0, 0 },
        { "x.64.127.in-addr.arpa", DNS_ABOUT_ADDRESS, 0, 0, 0 },
        { "1.64.127.in-addr.arpa", DNS_ABOUT_NETWORK, 0, 0, 0 },
        { "64.127.in-addr.arpa", DNS_ABOUT_NETWORK, 0, 0, 0 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        subject_of(rows[i].name);
        if (subject.about != rows[i].about || subject.ip.family != rows[i].family)
            fail_msg("%s is about %d", rows[i].name, (int)subject.about);
        assert_int_equal(subject.ip.b[2], rows[i].third);
        assert_int_equal(subject.ip.b[3], rows[i].last);
        assert_name(&subject.zone, "64.127.in-addr.arpa");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_and_services),
        cmocka_unit_test(test_names_that_mean_the_same_everywhere),
        cmocka_unit_test(test_octets_of_labels_are_not_mixed_up),
        cmocka_unit_test(test_addresses_of_the_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
