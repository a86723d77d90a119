/* test_svc_udp.c - inbound flows of datagrams (/gw/udp/1.0.0), from the request to the target.  The
 * peer's end is in memory, the target is a real socket on the loopback. */
#include <sys/socket.h>
#include <unistd.h>

#include "svc/svc_in.h"
#include "svcrig.h"
#include "wire/tunnel_msg.h"

#define FLOW 41

struct fixture {
    struct svcrig r;
    struct svc_in *in;
    int fd; /* the target of "dns"; connected to its client by target_gets */
};

static void on_changed(void *arg)
{
    struct fixture *x = arg;
    if (x->in)
        svc_in_recheck(x->in);
}

static void add(struct fixture *x, const char *text)
{
    struct service s;
    assert_int_equal(service_parse(text, &s), 0);
    assert_int_equal(registry_add(x->r.services, &s), 0);
}

/* Binds the target and offers it as `name:53`. */
static void add_target(struct fixture *x, const char *name)
{
    struct sockaddr_any at;
    char addr[SOCKADDR_STR_MAX], text[SOCKADDR_STR_MAX + 64];
    assert_int_equal(sockaddr_parse("127.0.0.1:0", &at), 0);
    x->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(x->fd, &at.sa, at.len), 0);
    assert_int_equal(getsockname(x->fd, &at.sa, &at.len), 0);
    snprintf(text, sizeof text, "%s:53/udp=%s", name, sockaddr_print(&at, addr));
    add(x, text);
}

static int begin(void **state)
{
    struct fixture *x = calloc(1, sizeof *x);
    svcrig_init(&x->r, PEER_A " services=dns,web,gone\n", on_changed, x);
    add_target(x, "dns");
    add(x, "web:80=127.0.0.1:9");
    add(x, "gone/udp=unix:/nonexistent/socket");
    x->in = svc_in_new(x->r.host, x->r.services, x->r.authz, 1000);
    assert_non_null(x->in);
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
    svcrig_fini(&x->r);
    free(x);
    return 0;
}

static void ask(struct fixture *x, struct conn *c, const char *protocol, const char *service,
                uint16_t port, struct bytes behind)
{
    uint8_t buf[TUNNEL_WIRE_MAX + 64];
    struct tunnel_request r = { .service = bytes_of(service), .port = port, .flow = FLOW };
    int n = tunnel_encode_request(buf, TUNNEL_WIRE_MAX, &r);
    assert_true(n > 0 && behind.n <= 64);
    if (behind.n)
        memcpy(buf + n, behind.p, behind.n);
    assert_true(fake_host_accept(x->r.host, c, x->r.f, protocol,
                                 (struct bytes){ buf, (size_t)n + behind.n }));
}

static void open_dns(struct fixture *x)
{
    ask(x, &x->r.a, TUNNEL_UDP_PROTOCOL, "dns", 0, bytes_of(""));
    fake_run_ms(x->r.loop, 20);
}

static int status(const struct fixture *x)
{
    struct tunnel_answer a;
    int used = tunnel_decode_answer((struct bytes){ x->r.f->out, x->r.f->nout }, &a);
    return used > 0 ? (int)a.status : -1;
}

static struct svc_in_stats stats(const struct fixture *x)
{
    struct svc_in_stats st;
    svc_in_get_stats(x->in, &st);
    return st;
}

static void assert_target_gets(struct fixture *x, const char *want)
{
    struct sockaddr_any from = { .len = offsetof(struct sockaddr_any, len) };
    char got[64];
    fake_run_ms(x->r.loop, 20);
    ssize_t n = recvfrom(x->fd, got, sizeof got, 0, &from.sa, &from.len);
    assert_int_equal(n, strlen(want));
    assert_memory_equal(got, want, strlen(want));
    assert_int_equal(connect(x->fd, &from.sa, from.len), 0);
}

static void assert_refused(struct fixture *x, int want)
{
    fake_run_ms(x->r.loop, 30);
    assert_int_equal(status(x), want);
    assert_true(x->r.f->has_fin);
    assert_int_equal(stats(x).opened, 0);
    assert_int_equal(stats(x).denied + stats(x).failed, 1);
    assert_false(fake_conn_deliver(&x->r.a, FLOW, false, bytes_of("x")));
}

static void test_flow_carries_both_ways(void **state)
{
    struct fixture *x = *state;
    open_dns(x);
    assert_int_equal(status(x), TUNNEL_OK);
    assert_true(fake_conn_deliver(&x->r.a, FLOW, false, bytes_of("query")));
    assert_target_gets(x, "query");
    assert_int_equal(send(x->fd, "reply", 5, 0), 5);
    fake_run_ms(x->r.loop, 20);
    assert_int_equal(x->r.a.nsent, 1);
    assert_int_equal(x->r.a.sent[0].flow, FLOW);
    assert_false(x->r.a.sent[0].is_opener);
    assert_bytes((struct bytes){ x->r.a.sent[0].data, x->r.a.sent[0].n }, bytes_of("reply"));
    assert_int_equal(stats(x).opened, 1);
    assert_int_equal(stats(x).active, 1);
}

static void test_stream_carries_what_the_connection_does_not(void **state)
{
    struct fixture *x = *state;
    x->r.a.datagram_max = 0;
    open_dns(x);
    size_t at = x->r.f->nout;
    fake_stream_deliver(x->r.f, bytes_of("\5query"));
    assert_target_gets(x, "query");
    assert_int_equal(send(x->fd, "reply", 5, 0), 5);
    fake_run_ms(x->r.loop, 20);
    assert_int_equal(x->r.f->nout, at + 6);
    assert_memory_equal(x->r.f->out + at, "\5reply", 6);
    assert_int_equal(x->r.f->credited, x->r.f->delivered);
}

static void test_service_is_found_by_port(void **state)
{
    struct fixture *x = *state;
    ask(x, &x->r.a, TUNNEL_UDP_PROTOCOL, "", 53, bytes_of(""));
    fake_run_ms(x->r.loop, 20);
    assert_int_equal(status(x), TUNNEL_OK);
}

/* Eight of them, svc_in.h; the others are credited, for they will never be read. */
static void test_datagrams_before_the_answer_are_kept_up_to_a_bound(void **state)
{
    struct fixture *x = *state;
    char c;
    ask(x, &x->r.a, TUNNEL_UDP_PROTOCOL, "dns", 0, bytes_of("\1a\1b\1c\1d\1e\1f\1g"));
    assert_int_equal(status(x), -1);
    fake_stream_deliver(x->r.f, bytes_of("\1h\1i\1j"));
    fake_run_ms(x->r.loop, 30);
    for (char want = 'a'; want <= 'h'; want++) {
        assert_int_equal(recv(x->fd, &c, 1, 0), 1);
        assert_int_equal(c, want);
    }
    assert_int_equal(recv(x->fd, &c, 1, 0), -1);
    assert_int_equal(x->r.f->credited, x->r.f->delivered);
}

static void test_eof_behind_a_datagram_sends_it_and_ends(void **state)
{
    struct fixture *x = *state;
    ask(x, &x->r.a, TUNNEL_UDP_PROTOCOL, "dns", 0, bytes_of("\3one"));
    fake_stream_eof(x->r.f);
    assert_target_gets(x, "one");
    assert_int_equal(stats(x).active, 0);
    assert_true(x->r.f->has_fin);
}

static void test_stranger_is_denied(void **state)
{
    struct fixture *x = *state;
    ask(x, &x->r.stranger, TUNNEL_UDP_PROTOCOL, "dns", 0, bytes_of(""));
    assert_refused(x, TUNNEL_DENIED);
}

static void test_service_without_datagrams_is_no_service_to_a_flow(void **state)
{
    struct fixture *x = *state;
    ask(x, &x->r.a, TUNNEL_UDP_PROTOCOL, "web", 0, bytes_of(""));
    assert_refused(x, TUNNEL_NO_SERVICE);
}

static void test_service_without_connections_is_no_service_to_a_tunnel(void **state)
{
    struct fixture *x = *state;
    ask(x, &x->r.a, TUNNEL_PROTOCOL, "dns", 0, bytes_of(""));
    assert_refused(x, TUNNEL_NO_SERVICE);
}

static void test_service_without_connections_has_no_named_protocol(void **state)
{
    struct fixture *x = *state;
    assert_false(fake_host_accept(x->r.host, &x->r.a, x->r.f, "/shurli/dns/1.0.0", bytes_of("")));
}

static void test_missing_unix_socket_is_refused(void **state)
{
    struct fixture *x = *state;
    ask(x, &x->r.a, TUNNEL_UDP_PROTOCOL, "gone", 0, bytes_of(""));
    assert_refused(x, TUNNEL_REFUSED);
}

static void test_idle_flow_ends_in_order(void **state)
{
    struct fixture *x = *state;
    svc_in_set_udp_idle(x->in, 40);
    open_dns(x);
    fake_run_ms(x->r.loop, 80);
    assert_true(x->r.f->has_fin);
    assert_false(x->r.f->is_reset);
    assert_int_equal(stats(x).active, 0);
    assert_false(fake_conn_deliver(&x->r.a, FLOW, false, bytes_of("x")));
}

static void test_target_that_is_gone_resets_the_flow(void **state)
{
    struct fixture *x = *state;
    open_dns(x);
    close(x->fd);
    x->fd = -1;
    assert_true(fake_conn_deliver(&x->r.a, FLOW, false, bytes_of("query")));
    assert_true(fake_run_until(x->r.loop, &x->r.f->is_closed));
    assert_int_equal(x->r.f->err, GW_EREFUSED);
    assert_int_equal(stats(x).active, 0);
}

static void test_right_taken_away_ends_the_flow(void **state)
{
    struct fixture *x = *state;
    open_dns(x);
    assert_int_equal(authz_deny(x->r.authz, &x->r.a.peer, NULL, 0), 0);
    assert_true(fake_run_until(x->r.loop, &x->r.f->is_closed));
    assert_int_equal(x->r.f->err, GW_EDENIED);
    assert_false(fake_conn_deliver(&x->r.a, FLOW, false, bytes_of("x")));
    assert_int_equal(stats(x).active, 0);
}

static void test_service_that_takes_datagrams_no_more_ends_its_flows(void **state)
{
    struct fixture *x = *state;
    open_dns(x);
    registry_clear(x->r.services);
    add(x, "dns:53=127.0.0.1:53");
    svc_in_recheck(x->in);
    assert_true(fake_run_until(x->r.loop, &x->r.f->is_closed));
    assert_int_equal(x->r.f->err, GW_EDENIED);
}

/* limit.h: a bucket holds 16 KiB at least. */
static void test_datagrams_beyond_the_limit_of_the_caller_are_lost(void **state)
{
    static const uint8_t much[1000];
    struct fixture *x = *state;
    size_t got = 0;
    tmpfiles_write(x->r.tmp.path, PEER_A " services=dns limit=1k\n");
    assert_int_equal(authz_reload(x->r.authz, NULL, 0), 0);
    open_dns(x);
    for (int i = 0; i < 40; i++)
        assert_true(fake_conn_deliver(&x->r.a, FLOW, false, (struct bytes){ much, sizeof much }));
    while (recv(x->fd, (uint8_t[sizeof much]){ 0 }, sizeof much, 0) > 0)
        got++;
    assert_in_range(got, 16, 18);
}

static void test_malformed_datagram_resets_the_flow(void **state)
{
    struct fixture *x = *state;
    open_dns(x);
    fake_stream_deliver(x->r.f, bytes_of("\xff\xff\xff\x01"));
    assert_true(fake_run_until(x->r.loop, &x->r.f->is_closed));
    assert_int_equal(x->r.f->err, GW_EPROTO);
}

static void test_flow_id_in_use_is_reset_and_the_first_flow_lives(void **state)
{
    struct fixture *x = *state;
    struct fake_stream *first = x->r.f;
    open_dns(x);
    x->r.f = fake_stream_new(x->r.turn);
    open_dns(x);
    assert_true(fake_run_until(x->r.loop, &x->r.f->is_closed));
    assert_true(x->r.f->is_reset);
    fake_stream_free(x->r.f);
    x->r.f = first;
    assert_true(fake_conn_deliver(&x->r.a, FLOW, false, bytes_of("query")));
    assert_target_gets(x, "query");
}

static void test_right_taken_away_before_the_answer_refuses(void **state)
{
    struct fixture *x = *state;
    ask(x, &x->r.a, TUNNEL_UDP_PROTOCOL, "dns", 0, bytes_of(""));
    assert_int_equal(authz_deny(x->r.authz, &x->r.a.peer, NULL, 0), 0);
    assert_refused(x, TUNNEL_DENIED);
}

static void test_peer_that_leaves_before_the_answer_is_forgotten(void **state)
{
    struct fixture *x = *state;
    ask(x, &x->r.a, TUNNEL_UDP_PROTOCOL, "dns", 0, bytes_of(""));
    fake_stream_break(x->r.f, GW_ERESET);
    assert_true(fake_run_until(x->r.loop, &x->r.f->is_closed));
    fake_run_ms(x->r.loop, 20);
    assert_int_equal(stats(x).active, 0);
}

static void test_free_ends_flows(void **state)
{
    struct fixture *x = *state;
    open_dns(x);
    svc_in_free(x->in);
    x->in = NULL;
    assert_true(fake_run_until(x->r.loop, &x->r.f->is_closed));
    assert_false(fake_conn_deliver(&x->r.a, FLOW, false, bytes_of("x")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_flow_carries_both_ways),
        TEST(test_stream_carries_what_the_connection_does_not),
        TEST(test_service_is_found_by_port),
        TEST(test_datagrams_before_the_answer_are_kept_up_to_a_bound),
        TEST(test_eof_behind_a_datagram_sends_it_and_ends),
        TEST(test_stranger_is_denied),
        TEST(test_service_without_datagrams_is_no_service_to_a_flow),
        TEST(test_service_without_connections_is_no_service_to_a_tunnel),
        TEST(test_service_without_connections_has_no_named_protocol),
        TEST(test_missing_unix_socket_is_refused),
        TEST(test_idle_flow_ends_in_order),
        TEST(test_target_that_is_gone_resets_the_flow),
        TEST(test_right_taken_away_ends_the_flow),
        TEST(test_service_that_takes_datagrams_no_more_ends_its_flows),
        TEST(test_datagrams_beyond_the_limit_of_the_caller_are_lost),
        TEST(test_malformed_datagram_resets_the_flow),
        TEST(test_flow_id_in_use_is_reset_and_the_first_flow_lives),
        TEST(test_right_taken_away_before_the_answer_refuses),
        TEST(test_peer_that_leaves_before_the_answer_is_forgotten),
        TEST(test_free_ends_flows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
