/* test_svc_in.c - inbound streams, from the request to the target.  The peer's end is in memory,
 * the target is a real listener on the loopback. */
#include "svc/svc_in.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/listen.h"
#include "svcrig.h"
#include "wire/tunnel_msg.h"

struct fixture {
    struct svcrig r;
    struct svc_in *in;
    struct listen *listen; /* the target of "web" */
    unsigned accepted;
    bool is_accepted;
    int fd; /* the last one accepted */
};

static void on_accept(void *arg, int fd, const struct sockaddr_any *from)
{
    struct fixture *x = arg;
    (void)from;
    if (x->fd >= 0)
        close(x->fd);
    x->fd = fd;
    x->accepted++;
    x->is_accepted = true;
}

static void on_changed(void *arg)
{
    struct fixture *x = arg;
    if (x->in)
        svc_in_recheck(x->in);
}

static void add(struct fixture *x, const char *name, uint16_t port,
                const struct sockaddr_any *target)
{
    struct service s = { .port = port, .target = *target, .is_enabled = true };
    snprintf(s.name, sizeof s.name, "%s", name);
    assert_int_equal(registry_add(x->r.services, &s), 0);
}

static void add_text(struct fixture *x, const char *text)
{
    struct service s;
    assert_int_equal(service_parse(text, &s), 0);
    assert_int_equal(registry_add(x->r.services, &s), 0);
}

static int begin(void **state)
{
    struct fixture *x = calloc(1, sizeof *x);
    struct sockaddr_any any;
    x->fd = -1;
    svcrig_init(&x->r, PEER_A " services=web,gone,closed,silent\n", on_changed, x);
    assert_int_equal(sockaddr_parse("127.0.0.1:0", &any), 0);
    assert_int_equal(listen_open(x->r.loop, &any, on_accept, x, &x->listen), 0);
    add(x, "web", 80, listen_addr(x->listen));
    add(x, "secret", 81, listen_addr(x->listen));
    add_text(x, "gone=unix:/nonexistent/socket");
    x->in = svc_in_new(x->r.host, x->r.services, x->r.authz, 1000);
    assert_non_null(x->in);
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

static struct bytes request(const char *service, uint16_t port)
{
    static uint8_t buf[TUNNEL_WIRE_MAX];
    struct tunnel_request r = { .service = bytes_of(service), .port = port };
    int n = tunnel_encode_request(buf, sizeof buf, &r);
    assert_true(n > 0);
    return (struct bytes){ buf, (size_t)n };
}

static void tunnel(struct fixture *x, struct conn *c, struct bytes early)
{
    assert_true(fake_host_accept(x->r.host, c, x->r.f, TUNNEL_PROTOCOL, early));
}

/* The answer on the stream; -1 when there is none (yet). */
static int status(const struct fixture *x)
{
    struct tunnel_answer a;
    int used = tunnel_decode_answer((struct bytes){ x->r.f->out, x->r.f->nout }, &a);
    return used > 0 ? (int)a.status : -1;
}

/* Lets the loop run until the target has a connection, then until n octets are there. */
static void assert_target_gets(struct fixture *x, const char *want)
{
    char got[64];
    size_t n = 0;
    assert_true(fake_run_until(x->r.loop, &x->is_accepted));
    for (int i = 0; i < 200 && n < strlen(want); i++) {
        fake_run_ms(x->r.loop, 5);
        ssize_t r = recv(x->fd, got + n, strlen(want) - n, MSG_DONTWAIT);
        n += r > 0 ? (size_t)r : 0;
    }
    assert_int_equal(n, strlen(want));
    assert_memory_equal(got, want, n);
}

static void assert_refused(struct fixture *x, int want)
{
    fake_run_ms(x->r.loop, 50);
    assert_int_equal(status(x), want);
    assert_true(x->r.f->has_fin);
    assert_int_equal(x->accepted, 0);
    struct svc_in_stats st;
    svc_in_get_stats(x->in, &st);
    assert_int_equal(st.opened, 0);
    assert_int_equal(st.denied + st.failed, 1);
    assert_int_equal(st.active, 0);
}

static void test_tunnel_carries_both_ways(void **state)
{
    struct fixture *x = *state;
    struct svc_in_stats st;
    tunnel(x, &x->r.a, request("web", 0));
    fake_stream_deliver(x->r.f, bytes_of("ping")); /* optimistic: before the answer */
    assert_int_equal(status(x), -1);
    assert_target_gets(x, "ping");
    assert_int_equal(status(x), TUNNEL_OK);
    size_t at = x->r.f->nout;
    assert_int_equal(send(x->fd, "pong", 4, 0), 4);
    fake_run_ms(x->r.loop, 50);
    assert_int_equal(x->r.f->nout, at + 4);
    assert_memory_equal(x->r.f->out + at, "pong", 4);
    assert_int_equal(x->r.f->credited, x->r.f->delivered);
    svc_in_get_stats(x->in, &st);
    assert_int_equal(st.opened, 1);
    assert_int_equal(st.active, 1);
}

static void test_tunnel_finds_the_service_by_port(void **state)
{
    struct fixture *x = *state;
    tunnel(x, &x->r.a, request("", 80));
    assert_target_gets(x, "");
    fake_run_ms(x->r.loop, 20);
    assert_int_equal(status(x), TUNNEL_OK);
}

static void test_tunnel_falls_back_from_the_name_to_the_port(void **state)
{
    struct fixture *x = *state;
    tunnel(x, &x->r.a, request("app", 80));
    assert_target_gets(x, "");
}

static void test_tunnel_takes_one_octet_at_a_time(void **state)
{
    struct fixture *x = *state;
    struct bytes r = request("web", 80);
    tunnel(x, &x->r.a, (struct bytes){ r.p, 1 });
    for (size_t i = 1; i < r.n; i++)
        fake_stream_deliver(x->r.f, (struct bytes){ r.p + i, 1 });
    fake_stream_deliver(x->r.f, bytes_of("x"));
    assert_target_gets(x, "x");
    assert_int_equal(x->r.f->credited, r.n + 1);
}

static void test_octets_and_eof_behind_the_request_cross_over(void **state)
{
    struct fixture *x = *state;
    uint8_t flight[256];
    struct bytes r = request("web", 0);
    char c;
    memcpy(flight, r.p, r.n);
    memcpy(flight + r.n, "all", 3);
    tunnel(x, &x->r.a, (struct bytes){ flight, r.n + 3 });
    fake_stream_eof(x->r.f);
    assert_target_gets(x, "all");
    fake_run_ms(x->r.loop, 30);
    assert_int_equal(recv(x->fd, &c, 1, MSG_DONTWAIT), 0);
    assert_false(x->r.f->has_fin); /* half closed: the answer may still come */
}

static void test_stranger_is_denied_before_a_dial_whatever_it_asks_for(void **state)
{
    struct fixture *x = *state;
    tunnel(x, &x->r.stranger, request("web", 80));
    assert_refused(x, TUNNEL_DENIED);
}

static void test_stranger_does_not_learn_that_a_service_is_missing(void **state)
{
    struct fixture *x = *state;
    tunnel(x, &x->r.stranger, request("nothing", 0));
    assert_refused(x, TUNNEL_DENIED);
}

static void test_caller_without_the_right_is_denied_before_a_dial(void **state)
{
    struct fixture *x = *state;
    tunnel(x, &x->r.a, request("secret", 0));
    assert_refused(x, TUNNEL_DENIED);
}

static void test_caller_with_a_right_learns_that_a_service_is_missing(void **state)
{
    struct fixture *x = *state;
    tunnel(x, &x->r.a, request("nothing", 7));
    assert_refused(x, TUNNEL_NO_SERVICE);
}

static void test_missing_unix_socket_is_refused(void **state)
{
    struct fixture *x = *state;
    tunnel(x, &x->r.a, request("gone", 0));
    assert_refused(x, TUNNEL_REFUSED);
}

static void test_closed_port_is_refused(void **state)
{
    struct fixture *x = *state;
    struct sockaddr_any any;
    struct listen *l;
    assert_int_equal(sockaddr_parse("127.0.0.1:0", &any), 0);
    assert_int_equal(listen_open(x->r.loop, &any, on_accept, x, &l), 0);
    add(x, "closed", 0, listen_addr(l));
    listen_close(l);
    tunnel(x, &x->r.a, request("closed", 0));
    assert_refused(x, TUNNEL_REFUSED);
}

static void test_refused_stream_ends_once_the_peer_has_closed(void **state)
{
    struct fixture *x = *state;
    tunnel(x, &x->r.stranger, request("web", 0));
    fake_stream_deliver(x->r.f, bytes_of("ignored"));
    fake_stream_eof(x->r.f);
    assert_true(fake_run_until(x->r.loop, &x->r.f->is_closed));
    assert_int_equal(x->r.f->err, 0);
}

static void test_malformed_request_is_reset(void **state)
{
    struct fixture *x = *state;
    tunnel(x, &x->r.a, bytes_of("\xff\xff\xff\xff\x0f"));
    assert_true(fake_run_until(x->r.loop, &x->r.f->is_closed));
    assert_int_equal(x->r.f->err, GW_EPROTO);
    assert_int_equal(x->r.f->nout, 0);
}

static void test_eof_inside_the_request_is_reset(void **state)
{
    struct fixture *x = *state;
    tunnel(x, &x->r.a, (struct bytes){ request("web", 0).p, 2 });
    fake_stream_eof(x->r.f);
    assert_true(fake_run_until(x->r.loop, &x->r.f->is_closed));
    assert_int_equal(x->r.f->err, GW_EPROTO);
}

/* A target whose queue is full: who comes now is not heard. */
static void serve_silence(struct fixture *x, int fd[3])
{
    struct sockaddr_any at;
    assert_int_equal(sockaddr_parse("127.0.0.1:0", &at), 0);
    for (int i = 0; i < 3; i++)
        fd[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd[0], &at.sa, at.len), 0);
    assert_int_equal(getsockname(fd[0], &at.sa, &at.len), 0);
    assert_int_equal(listen(fd[0], 0), 0);
    for (int i = 1; i < 3; i++)
        assert_true(connect(fd[i], &at.sa, at.len) == 0 || errno == EINPROGRESS);
    add(x, "silent", 83, &at);
}

static void test_peer_that_leaves_during_the_dial_is_forgotten(void **state)
{
    struct fixture *x = *state;
    int fd[3];
    serve_silence(x, fd);
    tunnel(x, &x->r.a, request("silent", 0));
    fake_stream_break(x->r.f, GW_ERESET);
    assert_true(fake_run_until(x->r.loop, &x->r.f->is_closed));
    fake_run_ms(x->r.loop, 1100); /* longer than a dial may take */
    struct svc_in_stats st;
    svc_in_get_stats(x->in, &st);
    assert_int_equal(st.opened, 0);
    for (int i = 0; i < 3; i++)
        close(fd[i]);
}

static void test_right_taken_away_ends_the_stream(void **state)
{
    struct fixture *x = *state;
    char c;
    tunnel(x, &x->r.a, request("web", 0));
    assert_target_gets(x, "");
    fake_run_ms(x->r.loop, 20);
    assert_int_equal(authz_deny(x->r.authz, &x->r.a.peer, NULL, 0), 0);
    assert_true(fake_run_until(x->r.loop, &x->r.f->is_closed));
    assert_int_equal(x->r.f->err, GW_EDENIED);
    fake_run_ms(x->r.loop, 20);
    assert_true(recv(x->fd, &c, 1, MSG_DONTWAIT) <= 0);
    struct svc_in_stats st;
    svc_in_get_stats(x->in, &st);
    assert_int_equal(st.active, 0);
}

static void test_right_that_stays_keeps_the_stream(void **state)
{
    struct fixture *x = *state;
    tunnel(x, &x->r.a, request("web", 0));
    assert_target_gets(x, "");
    assert_int_equal(authz_allow(x->r.authz, &x->r.stranger.peer, NULL, NULL, NULL, 0), 0);
    fake_run_ms(x->r.loop, 30);
    assert_false(x->r.f->is_closed);
}

static void test_service_that_is_gone_ends_its_streams(void **state)
{
    struct fixture *x = *state;
    tunnel(x, &x->r.a, request("web", 0));
    assert_target_gets(x, "");
    fake_run_ms(x->r.loop, 20);
    registry_clear(x->r.services);
    svc_in_recheck(x->in);
    assert_true(fake_run_until(x->r.loop, &x->r.f->is_closed));
}

static void test_named_protocols_carry_raw_octets(void **state)
{
    struct fixture *x = *state;
    assert_true(
        fake_host_accept(x->r.host, &x->r.a, x->r.f, "/shurli/web/1.0.0", bytes_of("hello")));
    assert_target_gets(x, "hello");
    assert_int_equal(x->r.f->nout, 0);
}

/* HAProxy, proxy-protocol.txt, s.2.2: the signature of version 2. */
static void test_target_that_wants_to_know_is_told_the_caller_first(void **state)
{
    static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";
    struct fixture *x = *state;
    struct service s = {
        .name = "closed", .target = *listen_addr(x->listen), .proxy_v2 = true, .is_enabled = true
    };
    uint8_t got[1024];
    assert_int_equal(registry_add(x->r.services, &s), 0);
    tunnel(x, &x->r.a, request("closed", 0));
    fake_stream_deliver(x->r.f, bytes_of("ping"));
    assert_true(fake_run_until(x->r.loop, &x->is_accepted));
    fake_run_ms(x->r.loop, 30);
    ssize_t n = recv(x->fd, got, sizeof got, MSG_DONTWAIT);
    assert_true(n > (ssize_t)sizeof signature + 4);
    assert_memory_equal(got, signature, sizeof signature - 1);
    assert_memory_equal(got + n - 4, "ping", 4);
    assert_int_equal(x->r.f->credited, x->r.f->delivered);
}

/* As services that are not there: what exists is nobody's business. */
static void test_named_protocols_are_not_served_to_who_has_no_right(void **state)
{
    struct fixture *x = *state;
    struct svc_in_stats st;
    assert_false(
        fake_host_accept(x->r.host, &x->r.stranger, x->r.f, "/peerup/web/1.0.0", bytes_of("")));
    assert_false(
        fake_host_accept(x->r.host, &x->r.a, x->r.f, "/shurli/secret/1.0.0", bytes_of("")));
    svc_in_get_stats(x->in, &st);
    assert_int_equal(st.denied, 2);
}

static void test_named_protocols_of_unknown_services_are_not_served(void **state)
{
    struct fixture *x = *state;
    static const char *const ids[] = { "/peerup/nothing/1.0.0", "/shurli/web/2.0.0", "/shurli/web",
                                       "/shurli/ping/1.0.0", "/x/web/1.0.0" };
    for (size_t i = 0; i < COUNT(ids); i++)
        assert_false(fake_host_accept(x->r.host, &x->r.a, x->r.f, ids[i], bytes_of("")));
}

static void test_free_ends_open_streams(void **state)
{
    struct fixture *x = *state;
    tunnel(x, &x->r.a, request("web", 0));
    assert_target_gets(x, "");
    fake_run_ms(x->r.loop, 20);
    svc_in_free(x->in);
    x->in = NULL;
    assert_true(fake_run_until(x->r.loop, &x->r.f->is_closed));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_tunnel_carries_both_ways),
        TEST(test_tunnel_finds_the_service_by_port),
        TEST(test_tunnel_falls_back_from_the_name_to_the_port),
        TEST(test_tunnel_takes_one_octet_at_a_time),
        TEST(test_octets_and_eof_behind_the_request_cross_over),
        TEST(test_stranger_is_denied_before_a_dial_whatever_it_asks_for),
        TEST(test_stranger_does_not_learn_that_a_service_is_missing),
        TEST(test_caller_without_the_right_is_denied_before_a_dial),
        TEST(test_caller_with_a_right_learns_that_a_service_is_missing),
        TEST(test_missing_unix_socket_is_refused),
        TEST(test_closed_port_is_refused),
        TEST(test_refused_stream_ends_once_the_peer_has_closed),
        TEST(test_malformed_request_is_reset),
        TEST(test_eof_inside_the_request_is_reset),
        TEST(test_peer_that_leaves_during_the_dial_is_forgotten),
        TEST(test_right_taken_away_ends_the_stream),
        TEST(test_right_that_stays_keeps_the_stream),
        TEST(test_service_that_is_gone_ends_its_streams),
        TEST(test_named_protocols_carry_raw_octets),
        TEST(test_target_that_wants_to_know_is_told_the_caller_first),
        TEST(test_named_protocols_are_not_served_to_who_has_no_right),
        TEST(test_named_protocols_of_unknown_services_are_not_served),
        TEST(test_free_ends_open_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
