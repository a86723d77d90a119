/* test_dns_in.c - the DNS server on real ports: UDP and TCP.  Names are a tier's of the test, and
 * so is what peers offer; other servers are played on a socket. */
#include "gate/dns_in.h"

#include <unistd.h>

#include "base/log.h"
#include "dnstalk.h"
#include "gate/dns_lookup.h"
#include "gate/dns_tcp.h"
#include "net/ifaces.h"
#include "testpeers.h"
#include "tmpfiles.h"

struct virtual_req {
    virtual_done_fn *done;
    void *arg;
    bool is_canceled;
};

static struct {
    struct looprig loop;
    struct tmpfiles tmp;
    struct resolver *resolver;
    struct loopback *loopback;
    struct dns_in *dns;
    int fd;                     /* of a client by UDP */
    struct tier_query *pending; /* a lookup of `slow` */
    unsigned canceled;
    struct virtual_req want[32]; /* in the order of asking */
    size_t nwant;
    bool is_at_once; /* the peer is known: virtual_want answers from inside */
} rig;

static const struct ipaddr addr = { .family = 4, .b = { 127, 64, 1, 2 } };
static const struct virtual_service services[] = { { "ssh", 22, false } };

/* --- what the server leans on */

struct virtual_req *virtual_want(struct virtual *v, const struct name_answer *peer,
                                 virtual_done_fn *done, void *arg)
{
    struct virtual_req *q = &rig.want[rig.nwant];
    (void)v;
    assert_true(rig.nwant < COUNT(rig.want) && peer->peer.n);
    if (rig.is_at_once) {
        done(arg, 0, &addr, services, COUNT(services));
        return NULL;
    }
    *q = (struct virtual_req){ .done = done, .arg = arg };
    rig.nwant++;
    return q;
}

void virtual_cancel(struct virtual_req *q)
{
    if (q)
        q->is_canceled = true;
}

static void lookup(void *tier, const struct name *n, struct tier_query *q)
{
    struct name_answer a = { .peer = peer_of(PEER_A), .tier = "test" };
    (void)tier;
    if (bytes_eq(name_suffix(n, 0), bytes_of("slow")))
        rig.pending = q;
    else if (bytes_eq(name_label(n, n->nlabels - 1), bytes_of("grewal")) && n->nlabels == 2)
        tier_answer(q, 0, &a, NULL);
    else
        tier_answer(q, GW_ENONAME, NULL, "no line");
}

static void cancel(void *tier, struct tier_query *q)
{
    (void)tier;
    assert_ptr_equal(q, rig.pending);
    rig.canceled++;
}

static void domains(void *tier, void (*each)(void *arg, const char *domain), void *arg)
{
    (void)tier;
    each(arg, "grewal");
    each(arg, "home.example.org");
}

static const char *name_of(void *tier, const struct peerid *peer)
{
    struct peerid a = peer_of(PEER_A);
    (void)tier;
    return peerid_eq(peer, &a) ? "home.grewal" : NULL;
}

static const struct tier_ops ops = {
    .name = "test", .lookup = lookup, .cancel = cancel, .domains = domains, .name_of = name_of
};

static int open_dns(const struct sockaddr_any *at)
{
    struct dns_in_parts parts = { .loop = rig.loop.loop,
                                  .turn = rig.loop.turn,
                                  .resolver = rig.resolver,
                                  .loopback = rig.loopback };
    return dns_in_open(&parts, at, &rig.dns);
}

static int setup(void **state)
{
    struct sockaddr_any at = addr_of("127.0.0.1:0");
    (void)state;
    memset(&rig, 0, sizeof rig);
    rig.is_at_once = true;
    looprig_init(&rig.loop);
    tmpfiles_init(&rig.tmp);
    tmpfiles_write(rig.tmp.path, "127.64.1.2 " PEER_A "\n127.64.1.3 " PEER_B "\n");
    rig.resolver = resolver_new(rig.loop.loop, 300);
    rig.loopback = loopback_new(rig.tmp.path);
    assert_true(rig.resolver && rig.loopback);
    assert_int_equal(resolver_add_tier(rig.resolver, &ops, NULL), 0);
    assert_int_equal(open_dns(&at), 0);
    rig.fd = udp_client("127.0.0.1:0", dns_in_addr(rig.dns));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    dns_in_close(rig.dns);
    close(rig.fd);
    resolver_free(rig.resolver);
    loopback_free(rig.loopback);
    tmpfiles_fini(&rig.tmp);
    looprig_fini(&rig.loop);
    return 0;
}

static void say(struct bytes v)
{
    put(rig.fd, v.p, v.n);
    looprig_run(&rig.loop);
}

static struct bytes hear(void)
{
    struct sockaddr_any from;
    return dns_receive(&rig.loop, rig.fd, &from);
}

static struct bytes ask(const char *name, uint16_t type)
{
    say(dns_question_of(0x4711, name, type));
    struct bytes a = hear();
    assert_true(a.n >= DNS_HEADER);
    assert_int_equal(dns_id_of(a), 0x4711);
    return a;
}

static void assert_address(struct bytes answer)
{
    struct dns_record r;
    struct dns_msg m;
    assert_int_equal(dns_rcode_of(answer), DNS_NOERROR);
    assert_int_equal(dns_msg_read(answer, &m), 0);
    assert_int_equal(dns_msg_record(&m, &r), 1);
    assert_int_equal(r.type, DNS_A);
    assert_memory_equal(r.data.p, addr.b, 4);
}

static void assert_points_to(struct bytes answer, const char *want)
{
    struct dns_name name;
    struct dns_record r;
    struct dns_msg m;
    assert_int_equal(dns_msg_read(answer, &m), 0);
    assert_int_equal(dns_msg_record(&m, &r), 1);
    assert_int_equal(dns_name_parse(bytes_of(want), &name), 0);
    assert_true(dns_name_eq(&r.target, &name));
}

static void tell(size_t i, int err)
{
    assert_true(i < rig.nwant && !rig.want[i].is_canceled);
    rig.want[i].done(rig.want[i].arg, err, &addr, services, err ? 0 : COUNT(services));
}

/* --- whose a name is */

static void test_both_protocols_have_the_same_port(void **state)
{
    (void)state;
    assert_int_not_equal(sockaddr_port(dns_in_addr(rig.dns)), 0);
    int fd = tcp_client(dns_in_addr(rig.dns));
    tcp_put(fd, dns_question_of(9, "home.grewal", DNS_A));
    assert_address(tcp_get(&rig.loop, fd));
    assert_address(ask("home.grewal", DNS_A));
    close(fd);
}

static void test_names_of_ours_are_answered_and_go_nowhere_else(void **state)
{
    static const char *const unknown[] = { "x.y.grewal", "nosuch",        "nosuch.p2p",
                                           "tv.local",   "a b.grewal",    "_ssh._tcp.x.y.grewal",
                                           PEER_B,       "x.y.z.w.GREWAL" };
    struct sockaddr_any at, from;
    int server = udp_client("127.0.0.1:0", NULL);
    (void)state;
    at.len = sizeof at.un;
    assert_int_equal(getsockname(server, &at.sa, &at.len), 0);
    dns_in_set_forwards(rig.dns, &at, 1);
    assert_address(ask("home.grewal", DNS_A));
    for (size_t i = 0; i < COUNT(unknown); i++)
        assert_int_equal(dns_rcode_of(ask(unknown[i], DNS_A)), DNS_NXDOMAIN);
    assert_int_equal(recv(server, &from, sizeof from, MSG_DONTWAIT), -1);
    close(server);
}

/* RFC 8020: NXDOMAIN would say that there is no home.grewal either. */
static void test_what_stands_above_our_names_has_no_data(void **state)
{
    static const uint16_t types[] = { DNS_A, DNS_AAAA, DNS_TXT, DNS_ANY };
    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        assert_int_equal(dns_rcode_of(ask("grewal", types[i])), DNS_NOERROR);
        assert_int_equal(dns_rcode_of(ask("Grewal.P2P", types[i])), DNS_NOERROR);
        assert_int_equal(dns_rcode_of(ask("example.org", types[i])), DNS_NOERROR);
        assert_int_equal(dns_rcode_of(ask("", types[i])), DNS_NOERROR);
        assert_int_equal(dns_rcode_of(ask("in-addr.arpa", types[i])), DNS_NOERROR);
    }
    assert_int_equal(dns_rcode_of(ask("_tcp.grewal", DNS_SRV)), DNS_NXDOMAIN);
    assert_int_equal(dns_rcode_of(ask("_ssh._tcp.grewal", DNS_SRV)), DNS_NXDOMAIN);
}

static void test_what_a_server_denies_above_our_names_has_no_data(void **state)
{
    static const char *const above[] = { "Example.org", "", "in-addr.arpa", "127.in-addr.arpa" };
    struct sockaddr_any at, from;
    int server = udp_client("127.0.0.1:0", NULL);
    (void)state;
    at.len = sizeof at.un;
    assert_int_equal(getsockname(server, &at.sa, &at.len), 0);
    dns_in_set_forwards(rig.dns, &at, 1);
    for (size_t i = 0; i < COUNT(above); i++) {
        say(dns_question_of(0x4711, above[i], DNS_A));
        struct bytes got = dns_receive(&rig.loop, server, &from);
        dns_send(server, &from, dns_answer_to(got, 0x8583));
        got = hear();
        assert_int_equal(dns_id_of(got), 0x4711);
        assert_int_equal(dns_rcode_of(got), DNS_NOERROR);
    }
    close(server);
}

static void test_localhost_and_invalid_go_nowhere(void **state)
{
    struct sockaddr_any at, from;
    int server = udp_client("127.0.0.1:0", NULL);
    (void)state;
    at.len = sizeof at.un;
    assert_int_equal(getsockname(server, &at.sa, &at.len), 0);
    dns_in_set_forwards(rig.dns, &at, 1);
    assert_int_equal(dns_rcode_of(ask("localhost", DNS_AAAA)), DNS_NOERROR);
    assert_points_to(ask("1.0.0.127.in-addr.arpa", DNS_PTR), "localhost");
    assert_int_equal(dns_rcode_of(ask("www.invalid", DNS_A)), DNS_NXDOMAIN);
    assert_int_equal(recv(server, &from, sizeof from, MSG_DONTWAIT), -1);
    close(server);
}

static void test_other_names_go_to_the_server_and_back(void **state)
{
    static const char *const others[] = { "www.example.com", "2.0.0.127.in-addr.arpa",
                                          "a b.example.com" };
    struct sockaddr_any at, from;
    int server = udp_client("127.0.0.1:0", NULL);
    (void)state;
    at.len = sizeof at.un;
    assert_int_equal(getsockname(server, &at.sa, &at.len), 0);
    dns_in_set_forwards(rig.dns, &at, 1);
    for (size_t i = 0; i < COUNT(others); i++) {
        say(dns_question_of(0x4711, others[i], DNS_PTR));
        struct bytes got = dns_receive(&rig.loop, server, &from);
        assert_true(got.n > 0);
        dns_send(server, &from, dns_answer_to(got, 0x8583));
        got = hear();
        assert_int_equal(dns_id_of(got), 0x4711);
        assert_int_equal(got.p[3], 0x83);
    }
    close(server);
}

static void test_without_a_server_other_names_do_not_exist(void **state)
{
    (void)state;
    assert_int_equal(dns_rcode_of(ask("www.example.com", DNS_A)), DNS_NXDOMAIN);
    assert_int_equal(dns_rcode_of(ask("2.0.0.127.in-addr.arpa", DNS_PTR)), DNS_NXDOMAIN);
}

static void test_a_server_that_is_this_one_is_left_out(void **state)
{
    struct sockaddr_any self = *dns_in_addr(rig.dns);
    (void)state;
    dns_in_set_forwards(rig.dns, &self, 1);
    assert_int_equal(dns_rcode_of(ask("www.example.com", DNS_A)), DNS_NXDOMAIN);
}

/* Else each question would ask the next, to the last descriptor. */
static void test_a_server_on_all_addresses_is_this_one_at_each(void **state)
{
    struct sockaddr_any at = addr_of("0.0.0.0:0"), self;
    struct ipaddr own[IFACES_MAX];
    size_t n = ifaces_addrs(4, own, IFACES_MAX);
    (void)state;
    assert_true(n > 0);
    dns_in_close(rig.dns);
    assert_int_equal(open_dns(&at), 0);
    at = addr_of("127.0.0.1:0");
    at.in.sin_port = htons(sockaddr_port(dns_in_addr(rig.dns)));
    assert_int_equal(connect(rig.fd, &at.sa, at.len), 0);
    for (size_t i = 0; i < n; i++) {
        sockaddr_from_ip(&own[i], ntohs(at.in.sin_port), &self);
        dns_in_set_forwards(rig.dns, &self, 1);
        assert_int_equal(dns_rcode_of(ask("www.example.com", DNS_A)), DNS_NXDOMAIN);
    }
}

static void test_reverse_names(void **state)
{
    struct peerid b = peer_of(PEER_B);
    char id[PEERID_STR_MAX];
    (void)state;
    assert_points_to(ask("2.1.64.127.in-addr.arpa", DNS_PTR), "home.grewal");
    /* who has no name: an id that stays itself in any case */
    assert_points_to(ask("3.1.64.127.in-addr.arpa", DNS_PTR), peerid_print_base36(&b, id));
    assert_int_equal(dns_rcode_of(ask("9.9.64.127.in-addr.arpa", DNS_PTR)), DNS_NXDOMAIN);
}

/* --- waiting */

static void test_an_address_waits_for_its_ports(void **state)
{
    (void)state;
    rig.is_at_once = false;
    say(dns_question_of(0x4711, "home.grewal", DNS_A));
    assert_int_equal(rig.nwant, 1);
    assert_nothing(rig.fd);
    tell(0, GW_ETIMEOUT); /* the peer has not said: the address is good all the same */
    assert_address(hear());
}

static void test_aaaa_waits_for_nothing(void **state)
{
    (void)state;
    rig.is_at_once = false;
    struct bytes a = ask("home.grewal", DNS_AAAA);
    assert_int_equal(dns_rcode_of(a), DNS_NOERROR);
    assert_int_equal(a.p[7], 0);
    assert_int_equal(rig.nwant, 0);
}

static void test_what_a_peer_offers_that_has_not_said_is_a_failure(void **state)
{
    (void)state;
    rig.is_at_once = false;
    say(dns_question_of(1, "_ssh._tcp.home.grewal", DNS_SRV));
    tell(0, GW_EOFFLINE);
    assert_int_equal(dns_rcode_of(hear()), DNS_SERVFAIL);
    say(dns_question_of(2, "_ssh._tcp.home.grewal", DNS_SRV));
    tell(1, 0);
    assert_int_equal(dns_rcode_of(hear()), DNS_NOERROR);
    say(dns_question_of(3, "_db._tcp.home.grewal", DNS_SRV));
    tell(2, 0);
    assert_int_equal(dns_rcode_of(hear()), DNS_NXDOMAIN);
}

static void test_a_name_that_takes_too_long_is_a_failure(void **state)
{
    (void)state;
    assert_int_equal(dns_rcode_of(ask("slow", DNS_A)), DNS_SERVFAIL);
    assert_int_equal(rig.canceled, 1);
}

static void test_the_end_gives_up_what_waits(void **state)
{
    (void)state;
    rig.is_at_once = false;
    int fd = tcp_client(dns_in_addr(rig.dns));
    tcp_put(fd, dns_question_of(1, "home.grewal", DNS_A));
    say(dns_question_of(1, "slow", DNS_A));
    say(dns_question_of(2, "home.grewal", DNS_A));
    looprig_run_ms(&rig.loop, 20);
    assert_int_equal(rig.nwant, 2);
    dns_in_close(rig.dns);
    rig.dns = NULL;
    assert_true(rig.want[0].is_canceled && rig.want[1].is_canceled);
    assert_int_equal(rig.canceled, 1);
    close(fd);
}

static void test_garbage_gets_a_fault_or_nothing(void **state)
{
    (void)state;
    say((struct bytes)B("\0\1\0\0\0\7\0\0\0\0\0\0"));
    assert_int_equal(dns_rcode_of(hear()), DNS_FORMERR);
    say((struct bytes)B("\0"));
    say((struct bytes)B("\0\0\x80\0\0\0\0\0\0\0\0\0")); /* an answer */
    looprig_run_ms(&rig.loop, 5);
    assert_nothing(rig.fd);
}

/* --- TCP */

static void test_questions_in_one_go_are_answered_as_they_are_ready(void **state)
{
    (void)state;
    rig.is_at_once = false;
    int fd = tcp_client(dns_in_addr(rig.dns));
    tcp_put(fd, dns_question_of(1, "home.grewal", DNS_A));
    tcp_put(fd, dns_question_of(2, "nosuch", DNS_A));
    tcp_put(fd, dns_question_of(3, "home.grewal", DNS_A));
    assert_int_equal(dns_id_of(tcp_get(&rig.loop, fd)), 2);
    assert_int_equal(rig.nwant, 2);
    tell(1, 0);
    assert_int_equal(dns_id_of(tcp_get(&rig.loop, fd)), 3);
    tell(0, 0);
    assert_int_equal(dns_id_of(tcp_get(&rig.loop, fd)), 1);
    close(fd);
}

static void test_a_client_that_has_ended_gets_its_answer_and_the_end(void **state)
{
    (void)state;
    rig.is_at_once = false;
    int fd = tcp_client(dns_in_addr(rig.dns));
    tcp_put(fd, dns_question_of(1, "home.grewal", DNS_A));
    shutdown(fd, SHUT_WR);
    looprig_run_ms(&rig.loop, 20);
    tell(0, 0);
    assert_address(tcp_get(&rig.loop, fd));
    looprig_run_ms(&rig.loop, 20);
    assert_eof(fd);
    close(fd);
}

static void test_octet_by_octet(void **state)
{
    struct bytes q = dns_question_of(1, "home.grewal", DNS_A);
    uint8_t whole[64] = { 0, (uint8_t)q.n };
    (void)state;
    int fd = tcp_client(dns_in_addr(rig.dns));
    memcpy(whole + 2, q.p, q.n);
    for (size_t i = 0; i < q.n + 2; i++) {
        put(fd, whole + i, 1);
        looprig_run_ms(&rig.loop, 1);
    }
    assert_address(tcp_get(&rig.loop, fd));
    close(fd);
}

static void test_what_is_no_dns_is_hung_up_on(void **state)
{
    static const struct bytes bad[] = { B("\xff\xff"), B("GET / HTTP/1.0\r\n\r\n"), B("\0\0"),
                                        B("\0\3abc"), B("\0\x0c\0\1\x80\0\0\0\0\0\0\0\0\0") };
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        int fd = tcp_client(dns_in_addr(rig.dns));
        put(fd, bad[i].p, bad[i].n);
        looprig_run_ms(&rig.loop, 20);
        assert_gone(fd);
        close(fd);
    }
}

static void test_no_more_is_read_than_is_answered(void **state)
{
    (void)state;
    rig.is_at_once = false;
    int fd = tcp_client(dns_in_addr(rig.dns));
    for (uint16_t i = 0; i < 20; i++)
        tcp_put(fd, dns_question_of(i, "home.grewal", DNS_A));
    looprig_run_ms(&rig.loop, 20);
    assert_int_equal(rig.nwant, DNS_TCP_PENDING_MAX);
    tell(0, 0);
    looprig_run_ms(&rig.loop, 20);
    assert_int_equal(rig.nwant, DNS_TCP_PENDING_MAX + 1);
    close(fd);
    looprig_run_ms(&rig.loop, 20);
}

static void test_one_client_too_many_closes_the_one_that_asked_least_lately(void **state)
{
    static int fd[DNS_TCP_CLIENTS_MAX];
    (void)state;
    for (size_t i = 0; i < COUNT(fd); i++) {
        fd[i] = tcp_client(dns_in_addr(rig.dns));
        looprig_run(&rig.loop);
    }
    looprig_run_ms(&rig.loop, 20);
    tcp_put(fd[0], dns_question_of(1, "home.grewal", DNS_A));
    assert_address(tcp_get(&rig.loop, fd[0]));
    int late = tcp_client(dns_in_addr(rig.dns));
    looprig_run_ms(&rig.loop, 20);
    assert_gone(fd[1]);
    assert_nothing(fd[0]);
    assert_nothing(fd[2]);
    tcp_put(late, dns_question_of(1, "home.grewal", DNS_A));
    assert_address(tcp_get(&rig.loop, late));
    close(late);
    for (size_t i = 0; i < COUNT(fd); i++)
        close(fd[i]);
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_both_protocols_have_the_same_port),
        T(test_names_of_ours_are_answered_and_go_nowhere_else),
        T(test_what_stands_above_our_names_has_no_data),
        T(test_what_a_server_denies_above_our_names_has_no_data),
        T(test_localhost_and_invalid_go_nowhere),
        T(test_other_names_go_to_the_server_and_back),
        T(test_without_a_server_other_names_do_not_exist),
        T(test_a_server_that_is_this_one_is_left_out),
        T(test_a_server_on_all_addresses_is_this_one_at_each),
        T(test_reverse_names),
        T(test_an_address_waits_for_its_ports),
        T(test_aaaa_waits_for_nothing),
        T(test_what_a_peer_offers_that_has_not_said_is_a_failure),
        T(test_a_name_that_takes_too_long_is_a_failure),
        T(test_the_end_gives_up_what_waits),
        T(test_garbage_gets_a_fault_or_nothing),
        T(test_questions_in_one_go_are_answered_as_they_are_ready),
        T(test_a_client_that_has_ended_gets_its_answer_and_the_end),
        T(test_octet_by_octet),
        T(test_what_is_no_dns_is_hung_up_on),
        T(test_no_more_is_read_than_is_answered),
        T(test_one_client_too_many_closes_the_one_that_asked_least_lately),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
