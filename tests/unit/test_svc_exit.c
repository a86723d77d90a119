/* test_svc_exit.c - the service whose callers name the destination.  The peer's end is in memory,
 * the internet is 127.1.0.0/16 (fake_dns.h). */
#include <sys/socket.h>
#include <unistd.h>

#include "fake_dns.h"
#include "net/listen.h"
#include "svc/svc_in.h"
#include "svcrig.h"
#include "wire/tunnel_msg.h"

#define FLOW 5

struct fixture {
    struct svcrig r;
    struct svc_in *in;
    struct dns dns;
    struct listen *listen; /* in the internet */
    uint16_t port;
    int fd; /* the last one accepted */
    bool is_accepted;
};

static void on_accept(void *arg, int fd, const struct sockaddr_any *from)
{
    struct fixture *x = arg;
    (void)from;
    assert_false(x->is_accepted);
    x->fd = fd;
    x->is_accepted = true;
}

static void on_changed(void *arg)
{
    struct fixture *x = arg;
    if (x->in)
        svc_in_recheck(x->in);
}

static void set_rights(struct fixture *x, const char *text)
{
    tmpfiles_write(x->r.tmp.path, text);
    assert_int_equal(authz_reload(x->r.authz, NULL, 0), 0);
}

static int begin(void **state)
{
    struct fixture *x = calloc(1, sizeof *x);
    struct service s = { .name = "exit", .is_exit = true, .is_enabled = true }, web;
    struct sockaddr_any any;
    x->fd = -1;
    svcrig_init(&x->r, PEER_A " services=exit,web\n", on_changed, x);
    assert_int_equal(sockaddr_parse("127.1.0.1:0", &any), 0);
    assert_int_equal(listen_open(x->r.loop, &any, on_accept, x, &x->listen), 0);
    x->port = sockaddr_port(listen_addr(x->listen));
    assert_int_equal(registry_add(x->r.services, &s), 0);
    assert_int_equal(service_parse("web:80=127.0.0.1:9", &web), 0);
    assert_int_equal(registry_add(x->r.services, &web), 0);
    x->in = svc_in_new(x->r.host, x->r.services, x->r.authz, 1000);
    assert_non_null(x->in);
    x->dns = (struct dns){ .loop = x->r.loop, .ips = { "127.1.0.1" } };
    svc_in_set_dns(x->in, &x->dns);
    x->r.a.datagram_max = 1200;
    *state = x;
    return 0;
}

static int end(void **state)
{
    struct fixture *x = *state;
    svcrig_break_stream(&x->r);
    svc_in_free(x->in);
    if (x->fd >= 0)
        close(x->fd);
    listen_close(x->listen);
    svcrig_fini(&x->r);
    free(x);
    return 0;
}

static void ask(struct fixture *x, const char *protocol, const char *service, struct bytes dest)
{
    uint8_t buf[TUNNEL_WIRE_MAX];
    struct tunnel_request r = { .service = bytes_of(service), .flow = FLOW, .destination = dest };
    int n = tunnel_encode_request(buf, sizeof buf, &r);
    assert_true(n > 0);
    assert_true(
        fake_host_accept(x->r.host, &x->r.a, x->r.f, protocol, (struct bytes){ buf, (size_t)n }));
}

static void ask_exit(struct fixture *x, const char *protocol, const char *host)
{
    char dest[300];
    snprintf(dest, sizeof dest, "%s:%u", host, x->port);
    ask(x, protocol, "exit", bytes_of(dest));
}

static void assert_answer(struct fixture *x, enum tunnel_status status, const char *text)
{
    struct tunnel_answer a;
    fake_run_ms(x->r.loop, 60);
    assert_true(tunnel_decode_answer((struct bytes){ x->r.f->out, x->r.f->nout }, &a) > 0);
    assert_int_equal(a.status, status);
    assert_bytes(a.text, bytes_of(text));
    assert_int_equal(x->r.f->has_fin, status != TUNNEL_OK);
}

static void assert_no_service(struct fixture *x)
{
    assert_answer(x, TUNNEL_NO_SERVICE, "no such service");
    assert_int_equal(x->dns.asked, 0);
}

static void test_exit_leads_to_the_destination(void **state)
{
    struct fixture *x = *state;
    char got[5];
    ask_exit(x, TUNNEL_PROTOCOL, "example.com");
    fake_stream_deliver(x->r.f, bytes_of("hello"));
    assert_answer(x, TUNNEL_OK, "");
    assert_string_equal(x->dns.host, "example.com");
    assert_true(fake_run_until(x->r.loop, &x->is_accepted));
    assert_int_equal(recv(x->fd, got, sizeof got, 0), 5);
    assert_memory_equal(got, "hello", 5);
}

static void test_exit_carries_datagrams(void **state)
{
    struct fixture *x = *state;
    struct sockaddr_any at, from = { .len = offsetof(struct sockaddr_any, len) };
    char got[8];
    assert_int_equal(sockaddr_parse("127.1.0.1:0", &at), 0);
    x->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(x->fd, &at.sa, at.len), 0);
    assert_int_equal(getsockname(x->fd, &at.sa, &at.len), 0);
    x->port = sockaddr_port(&at);
    x->dns.ips[0] = "10.0.0.1"; /* is passed over */
    x->dns.ips[1] = "127.1.0.1";
    ask_exit(x, TUNNEL_UDP_PROTOCOL, "example.com");
    assert_answer(x, TUNNEL_OK, "");
    assert_true(fake_conn_deliver(&x->r.a, FLOW, false, bytes_of("query")));
    assert_int_equal(recvfrom(x->fd, got, sizeof got, 0, &from.sa, &from.len), 5);
    assert_int_equal(sendto(x->fd, "reply", 5, 0, &from.sa, from.len), 5);
    fake_run_ms(x->r.loop, 20);
    assert_int_equal(x->r.a.nsent, 1);
}

static void test_brackets_of_an_ipv6_address_are_not_part_of_the_host(void **state)
{
    struct fixture *x = *state;
    ask_exit(x, TUNNEL_PROTOCOL, "[2001:db8::1]");
    assert_answer(x, TUNNEL_OK, "");
    assert_string_equal(x->dns.host, "2001:db8::1");
}

static void test_what_is_not_outside_is_denied(void **state)
{
    static const char *const protocols[] = { TUNNEL_PROTOCOL, TUNNEL_UDP_PROTOCOL };
    struct fixture *x = *state;
    struct svc_in_stats st;
    x->dns.ips[0] = "127.0.0.1";
    x->dns.ips[1] = "192.168.1.1";
    for (size_t i = 0; i < COUNT(protocols); i++) {
        struct fake_stream *first = x->r.f;
        x->r.f = fake_stream_new(x->r.turn);
        ask_exit(x, protocols[i], "localhost");
        assert_answer(x, TUNNEL_DENIED, "an exit leads to other machines of the internet only");
        svcrig_break_stream(&x->r);
        fake_stream_free(x->r.f);
        x->r.f = first;
    }
    svc_in_get_stats(x->in, &st);
    assert_int_equal(st.denied, 2);
    assert_false(x->is_accepted);
}

static void test_failures_to_get_there_have_their_own_words(void **state)
{
    static const struct {
        int err;
        enum tunnel_status status;
        const char *text;
    } cases[] = {
        { GW_ENONAME, TUNNEL_UNREACHABLE, "no such host" },
        { GW_ETIMEOUT, TUNNEL_TIMED_OUT, "the destination did not answer" },
        { GW_ENETDOWN, TUNNEL_UNREACHABLE, "the exit has no network to it" },
        { GW_EREFUSED, TUNNEL_REFUSED, "the destination refused the connection" },
        { GW_ENOMEM, TUNNEL_FAILED, "internal failure" },
    };
    struct fixture *x = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fake_stream *first = x->r.f;
        x->r.f = fake_stream_new(x->r.turn);
        x->dns.err = cases[i].err;
        ask_exit(x, i % 2 ? TUNNEL_UDP_PROTOCOL : TUNNEL_PROTOCOL, "example.com");
        assert_answer(x, cases[i].status, cases[i].text);
        svcrig_break_stream(&x->r);
        fake_stream_free(x->r.f);
        x->r.f = first;
    }
}

static void test_bad_destinations_fail_and_nobody_is_asked(void **state)
{
    static const struct bytes bad[] = {
        B(""),
        B("example.com"),
        B(":80"),
        B("[]:80"),
        B("example.com:"),
        B("example.com:0"),
        B("example.com:65536"),
        B("example.com:http"),
        B("2001:db8::1:80"),
        B("127.0.0.1\0.example.com:80"),
        B("0123456789012345678901234567890123456789012345678901234567890123456789"
          "0123456789012345678901234567890123456789012345678901234567890123456789"
          "0123456789012345678901234567890123456789012345678901234567890123456789"
          "01234567890123456789012345678901234567890123:80"), /* a host of 254 */
    };
    struct fixture *x = *state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct fake_stream *first = x->r.f;
        x->r.f = fake_stream_new(x->r.turn);
        ask(x, TUNNEL_PROTOCOL, "exit", bad[i]);
        assert_answer(x, TUNNEL_FAILED, "an exit wants a destination HOST:PORT");
        svcrig_break_stream(&x->r);
        fake_stream_free(x->r.f);
        x->r.f = first;
    }
    assert_int_equal(x->dns.asked, 0);
}

static void test_destination_for_another_service_is_no_service(void **state)
{
    struct fixture *x = *state;
    ask(x, TUNNEL_PROTOCOL, "web", bytes_of("example.com:80"));
    assert_no_service(x);
}

static void test_without_dns_there_is_no_exit(void **state)
{
    struct fixture *x = *state;
    svc_in_set_dns(x->in, NULL);
    ask_exit(x, TUNNEL_PROTOCOL, "example.com");
    assert_no_service(x);
}

static void test_exit_has_no_named_protocol(void **state)
{
    struct fixture *x = *state;
    assert_false(fake_host_accept(x->r.host, &x->r.a, x->r.f, "/shurli/exit/1.0.0", bytes_of("")));
}

static void test_line_for_every_service_does_not_open_the_exit(void **state)
{
    struct fixture *x = *state;
    set_rights(x, PEER_A "\n");
    ask_exit(x, TUNNEL_PROTOCOL, "example.com");
    assert_answer(x, TUNNEL_DENIED, "you may not use it");
    assert_int_equal(x->dns.asked, 0);
}

static void test_right_taken_away_while_the_name_is_looked_up_refuses(void **state)
{
    struct fixture *x = *state;
    ask_exit(x, TUNNEL_PROTOCOL, "example.com");
    set_rights(x, PEER_A " services=web\n");
    assert_true(x->dns.is_cancelled);
    assert_answer(x, TUNNEL_DENIED, "you may not use it");
    assert_false(x->dns.is_answered);
}

static void test_peer_that_leaves_while_the_name_is_looked_up_is_forgotten(void **state)
{
    struct fixture *x = *state;
    ask_exit(x, TUNNEL_UDP_PROTOCOL, "example.com");
    fake_stream_break(x->r.f, GW_ERESET);
    fake_run_ms(x->r.loop, 60);
    assert_true(x->dns.is_cancelled);
    assert_false(x->dns.is_answered);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_exit_leads_to_the_destination),
        TEST(test_exit_carries_datagrams),
        TEST(test_brackets_of_an_ipv6_address_are_not_part_of_the_host),
        TEST(test_what_is_not_outside_is_denied),
        TEST(test_failures_to_get_there_have_their_own_words),
        TEST(test_bad_destinations_fail_and_nobody_is_asked),
        TEST(test_destination_for_another_service_is_no_service),
        TEST(test_without_dns_there_is_no_exit),
        TEST(test_exit_has_no_named_protocol),
        TEST(test_line_for_every_service_does_not_open_the_exit),
        TEST(test_right_taken_away_while_the_name_is_looked_up_refuses),
        TEST(test_peer_that_leaves_while_the_name_is_looked_up_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
