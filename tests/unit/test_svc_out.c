/* test_svc_out.c - opening a stream to a service of a peer; the peer is the test. */
#include "svc/svc_out.h"

#include "base/clock.h"
#include "fake_host.h"
#include "testpeers.h"
#include "wire/tunnel_msg.h"

struct fixture {
    struct ev_loop *loop;
    struct turn *turn;
    struct host *host;
    struct conn c;
    struct fake_stream *f;
    struct svc_target t;
    struct svc_out *out; /* the last one that open_service made */
    /* what done said */
    bool is_done;
    int err;
    struct stream *s;
    char early[64];
    size_t nearly;
    uint64_t flow;
    char text[TUNNEL_TEXT_MAX + 1];
};

static int begin(void **state)
{
    struct fixture *x = calloc(1, sizeof *x);
    x->loop = ev_loop_new(EVFLAG_AUTO);
    x->turn = turn_new(x->loop);
    x->host = fake_host_new(x->loop, x->turn);
    x->f = fake_stream_new(x->turn);
    x->t.peer = x->c.peer = peer_of(PEER_A);
    x->c.host = x->host;
    *state = x;
    return 0;
}

static int end(void **state)
{
    struct fixture *x = *state;
    if (x->s)
        stream_drop(x->s, GW_ECLOSED);
    fake_run_ms(x->loop, 10);
    fake_stream_free(x->f);
    fake_host_free(x->host);
    turn_free(x->turn);
    ev_loop_destroy(x->loop);
    free(x);
    return 0;
}

static void on_done(void *arg, int err, struct conn *c, struct stream *s, struct bytes early,
                    const char *text)
{
    struct fixture *x = arg;
    assert_false(x->is_done);
    assert_int_equal(err == 0, s != NULL && c != NULL);
    x->is_done = true;
    x->err = err;
    x->s = s;
    x->nearly = early.n;
    x->flow = svc_out_flow(x->out);
    if (early.n)
        memcpy(x->early, early.p, early.n);
    memcpy(x->text, text, strlen(text) + 1);
}

static struct svc_out *open_service(struct fixture *x, const char *service, uint16_t port)
{
    memcpy(x->t.service, service, strlen(service) + 1);
    x->t.port = port;
    x->out = svc_out_open(x->host, &x->t, 1000, on_done, x);
    assert_non_null(x->out);
    assert_non_null(fake_host_pending(x->host));
    return x->out;
}

static void opened(struct fixture *x, const char *protocol, struct bytes early)
{
    fake_host_opened(x->host, 0, &x->c, x->f, protocol, early);
}

static struct bytes answer(enum tunnel_status status, const char *text)
{
    static uint8_t buf[TUNNEL_WIRE_MAX];
    struct tunnel_answer a = { .status = status, .text = bytes_of(text) };
    int n = tunnel_encode_answer(buf, sizeof buf, &a);
    assert_true(n > 0);
    return (struct bytes){ buf, (size_t)n };
}

static void test_tunnel_is_proposed_first_with_the_request(void **state)
{
    struct fixture *x = *state;
    struct svc_out *o = open_service(x, "db", 5432);
    const struct host_open *p = fake_host_pending(x->host);
    struct tunnel_request r;
    assert_int_equal(p->n, 3);
    assert_string_equal(p->protocols[0], TUNNEL_PROTOCOL);
    assert_string_equal(p->protocols[1], "/peerup/db/1.0.0");
    assert_string_equal(p->protocols[2], "/shurli/db/1.0.0");
    assert_int_equal(tunnel_decode_request((struct bytes){ p->first[0], p->nfirst[0] }, &r),
                     p->nfirst[0]);
    assert_bytes(r.service, bytes_of("db"));
    assert_int_equal(r.port, 5432);
    assert_int_equal(p->nfirst[1] + p->nfirst[2], 0);
    svc_out_cancel(o);
    assert_false(x->is_done);
}

static void test_port_alone_proposes_its_usual_name_to_others(void **state)
{
    struct fixture *x = *state;
    struct svc_out *o = open_service(x, "", 22);
    assert_string_equal(fake_host_pending(x->host)->protocols[2], "/shurli/ssh/1.0.0");
    svc_out_cancel(o);
    o = open_service(x, "", 8123);
    assert_int_equal(fake_host_pending(x->host)->n, 1);
    svc_out_cancel(o);
}

static void test_fixed_protocol_is_the_only_one(void **state)
{
    struct fixture *x = *state;
    x->t.protocol = "/x/ssh";
    open_service(x, "ssh", 22);
    assert_int_equal(fake_host_pending(x->host)->n, 1);
    assert_string_equal(fake_host_pending(x->host)->protocols[0], "/x/ssh");
    assert_int_equal(fake_host_pending(x->host)->nfirst[0], 0);
    opened(x, "/x/ssh", bytes_of("SSH-2.0"));
    assert_true(x->is_done);
    assert_int_equal(x->err, 0);
    assert_memory_equal(x->early, "SSH-2.0", 7);
}

/* The request that goes with the proposal. */
static struct tunnel_request requested(const struct fixture *x)
{
    const struct host_open *p = fake_host_pending(x->host);
    struct tunnel_request r;
    assert_int_equal(tunnel_decode_request((struct bytes){ p->first[0], p->nfirst[0] }, &r),
                     p->nfirst[0]);
    return r;
}

static void test_datagrams_propose_udp_alone_with_a_flow(void **state)
{
    struct fixture *x = *state;
    x->t.is_udp = true;
    x->t.protocol = "/x/dns"; /* is for connections */
    open_service(x, "dns", 53);
    assert_int_equal(fake_host_pending(x->host)->n, 1);
    assert_string_equal(fake_host_pending(x->host)->protocols[0], TUNNEL_UDP_PROTOCOL);
    struct tunnel_request r = requested(x);
    assert_bytes(r.service, bytes_of("dns"));
    assert_int_equal(r.port, 53);
    assert_true(r.flow > 0);
    opened(x, TUNNEL_UDP_PROTOCOL, bytes_of(""));
    assert_false(x->is_done);
    fake_stream_deliver(x->f, answer(TUNNEL_OK, ""));
    assert_true(x->is_done);
    assert_int_equal(x->err, 0);
    assert_true(x->flow == r.flow);
}

static void test_every_flow_has_an_id_of_its_own(void **state)
{
    struct fixture *x = *state;
    x->t.is_udp = true;
    struct svc_out *o = open_service(x, "dns", 53);
    uint64_t first = requested(x).flow;
    svc_out_cancel(o);
    o = open_service(x, "dns", 53);
    assert_true(requested(x).flow != first);
    svc_out_cancel(o);
}

static void test_tunnel_has_no_flow(void **state)
{
    struct fixture *x = *state;
    struct svc_out *o = open_service(x, "db", 5432);
    assert_true(requested(x).flow == 0);
    svc_out_cancel(o);
}

/* Those who speak other protocols could not be told it. */
static void test_destination_goes_with_the_request_of_gw_alone(void **state)
{
    struct fixture *x = *state;
    char destination[] = "example.com:443";
    x->t.destination = destination;
    struct svc_out *o = open_service(x, "exit", 0);
    destination[0] = 'X';
    assert_int_equal(fake_host_pending(x->host)->n, 1);
    assert_string_equal(fake_host_pending(x->host)->protocols[0], TUNNEL_PROTOCOL);
    assert_bytes(requested(x).destination, bytes_of("example.com:443"));
    svc_out_cancel(o);
}

static void test_path_is_the_one_asked_for(void **state)
{
    struct fixture *x = *state;
    for (enum host_path path = HOST_PATH_ANY; path <= HOST_PATH_BOTH; path++) {
        x->t.path = path;
        struct svc_out *o = open_service(x, "db", 0);
        assert_int_equal(fake_host_pending(x->host)->path, path);
        svc_out_cancel(o);
    }
}

static void test_no_address_of_the_kind_asked_for_is_said(void **state)
{
    static const struct {
        enum host_path path;
        const char *text;
    } cases[] = { { HOST_PATH_ANY, "no address to dial is known" },
                  { HOST_PATH_DIRECT, "no direct address is known" },
                  { HOST_PATH_RELAY, "no address through a relay is known" },
                  { HOST_PATH_BOTH, "no address to dial is known" } };
    struct fixture *x = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        x->is_done = false;
        x->t.path = cases[i].path;
        open_service(x, "db", 0);
        fake_host_opened(x->host, GW_EOFFLINE, NULL, NULL, NULL, bytes_of(""));
        assert_true(x->is_done);
        assert_string_equal(x->text, cases[i].text);
    }
}

static void test_answer_in_the_first_octets_opens(void **state)
{
    struct fixture *x = *state;
    struct bytes ok = answer(TUNNEL_OK, "");
    uint8_t flight[64];
    memcpy(flight, ok.p, ok.n);
    memcpy(flight + ok.n, "hello", 5);
    open_service(x, "db", 0);
    opened(x, TUNNEL_PROTOCOL, (struct bytes){ flight, ok.n + 5 });
    assert_true(x->is_done);
    assert_int_equal(x->err, 0);
    assert_int_equal(x->nearly, 5);
    assert_memory_equal(x->early, "hello", 5);
    assert_int_equal(x->f->credited, ok.n); /* the rest is the next owner's to credit */
}

static void test_answer_octet_by_octet_opens(void **state)
{
    struct fixture *x = *state;
    struct bytes ok = answer(TUNNEL_OK, "welcome");
    open_service(x, "db", 0);
    opened(x, TUNNEL_PROTOCOL, bytes_of(""));
    assert_true(x->f->is_started);
    for (size_t i = 0; i + 1 < ok.n; i++) {
        fake_stream_deliver(x->f, (struct bytes){ ok.p + i, 1 });
        assert_false(x->is_done);
    }
    uint8_t last[3] = { ok.p[ok.n - 1], 'h', 'i' };
    fake_stream_deliver(x->f, (struct bytes){ last, 3 });
    assert_true(x->is_done);
    assert_int_equal(x->nearly, 2);
    assert_memory_equal(x->early, "hi", 2);
    assert_int_equal(x->f->credited, ok.n);
}

static void assert_status(struct fixture *x, enum tunnel_status status, int err)
{
    open_service(x, "db", 0);
    opened(x, TUNNEL_PROTOCOL, answer(status, "because"));
    assert_true(x->is_done);
    assert_int_equal(x->err, err);
    assert_string_equal(x->text, "because");
    assert_true(x->f->is_reset);
}

static void test_no_service(void **state)
{
    assert_status(*state, TUNNEL_NO_SERVICE, GW_ENOSERVICE);
}

static void test_denied(void **state)
{
    assert_status(*state, TUNNEL_DENIED, GW_EDENIED);
}

static void test_refused(void **state)
{
    assert_status(*state, TUNNEL_REFUSED, GW_EREFUSED);
}

static void test_unreachable(void **state)
{
    assert_status(*state, TUNNEL_UNREACHABLE, GW_EUNREACH);
}

static void test_timed_out(void **state)
{
    assert_status(*state, TUNNEL_TIMED_OUT, GW_ETIMEOUT);
}

static void test_failed(void **state)
{
    assert_status(*state, TUNNEL_FAILED, GW_EIO);
}

static void test_longest_text_arrives_whole(void **state)
{
    struct fixture *x = *state;
    char text[TUNNEL_TEXT_MAX + 1];
    memset(text, 'x', TUNNEL_TEXT_MAX);
    text[TUNNEL_TEXT_MAX] = '\0';
    open_service(x, "db", 0);
    opened(x, TUNNEL_PROTOCOL, answer(TUNNEL_DENIED, text));
    assert_string_equal(x->text, text);
}

static void test_peer_that_speaks_none_offers_no_service(void **state)
{
    struct fixture *x = *state;
    open_service(x, "db", 0);
    fake_host_opened(x->host, GW_ENOPROTO, NULL, NULL, NULL, bytes_of(""));
    assert_int_equal(x->err, GW_ENOSERVICE);
    assert_string_equal(x->text,
                        "it speaks none of /gw/tunnel/1.0.0 /peerup/db/1.0.0 /shurli/db/1.0.0");
}

static void test_peer_that_is_not_reached_keeps_its_error(void **state)
{
    struct fixture *x = *state;
    open_service(x, "db", 0);
    fake_host_opened(x->host, GW_EIDENTITY, NULL, NULL, NULL, bytes_of(""));
    assert_int_equal(x->err, GW_EIDENTITY);
    assert_string_equal(x->text, "");
}

static void test_malformed_answer_is_a_protocol_error(void **state)
{
    struct fixture *x = *state;
    open_service(x, "db", 0);
    opened(x, TUNNEL_PROTOCOL, bytes_of("\xff\xff\xff\xff\x0f"));
    assert_int_equal(x->err, GW_EPROTO);
    assert_true(x->f->is_reset);
}

static void test_eof_before_the_answer_is_a_protocol_error(void **state)
{
    struct fixture *x = *state;
    open_service(x, "db", 0);
    opened(x, TUNNEL_PROTOCOL, bytes_of(""));
    fake_stream_eof(x->f);
    assert_int_equal(x->err, GW_EPROTO);
}

static void test_reset_before_the_answer_keeps_its_error(void **state)
{
    struct fixture *x = *state;
    open_service(x, "db", 0);
    opened(x, TUNNEL_PROTOCOL, bytes_of(""));
    fake_stream_break(x->f, GW_ERESET);
    assert_true(fake_run_until(x->loop, &x->is_done));
    assert_int_equal(x->err, GW_ERESET);
}

static void test_offline_says_how_many_addresses_were_silent(void **state)
{
    static const struct {
        size_t tried;
        const char *text;
    } cases[] = {
        { 0, "no address to dial is known" },
        { 1, "its address did not answer in 0s" },
        { 2, "none of its 2 addresses answered in 0s" },
    };
    struct fixture *x = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        open_service(x, "db", 0);
        fake_host_set_tried(x->host, cases[i].tried);
        x->is_done = false;
        fake_host_opened(x->host, GW_EOFFLINE, NULL, NULL, NULL, bytes_of(""));
        assert_int_equal(x->err, GW_EOFFLINE);
        assert_string_equal(x->text, cases[i].text);
    }
}

static void test_an_address_that_refused_is_no_service_that_did(void **state)
{
    struct fixture *x = *state;

    open_service(x, "db", 0);
    fake_host_set_tried(x->host, 2);
    fake_host_opened(x->host, GW_EREFUSED, NULL, NULL, NULL, bytes_of(""));
    assert_int_equal(x->err, GW_EOFFLINE);
    assert_string_equal(x->text, "none of its 2 addresses answered in 0s");
}

static void test_offline_says_when_the_peer_was_last_there(void **state)
{
    struct fixture *x = *state;
    uint64_t now = clock_mono_ms();
    if (now < 200000)
        skip(); /* the machine has just been started: there was no 3 min ago */
    fake_host_set_last_seen(x->host, now - 185000);
    fake_host_set_tried(x->host, 2);
    open_service(x, "db", 0);
    fake_host_opened(x->host, GW_EOFFLINE, NULL, NULL, NULL, bytes_of(""));
    assert_string_equal(x->text, "none of its 2 addresses answered in 0s; last seen 3m ago");
}

static void test_deadline_covers_the_opening(void **state)
{
    struct fixture *x = *state;
    x->out = svc_out_open(x->host, &x->t, 20, on_done, x);
    assert_non_null(x->out);
    assert_true(fake_run_until(x->loop, &x->is_done));
    assert_int_equal(x->err, GW_ETIMEOUT);
    assert_null(fake_host_pending(x->host));
}

static void test_deadline_covers_the_answer(void **state)
{
    struct fixture *x = *state;
    x->out = svc_out_open(x->host, &x->t, 20, on_done, x);
    assert_non_null(x->out);
    opened(x, TUNNEL_PROTOCOL, bytes_of(""));
    assert_true(fake_run_until(x->loop, &x->is_done));
    assert_int_equal(x->err, GW_ETIMEOUT);
    assert_true(x->f->is_reset);
}

static void test_cancel_while_waiting_for_the_answer_resets(void **state)
{
    struct fixture *x = *state;
    struct svc_out *o = open_service(x, "db", 0);
    opened(x, TUNNEL_PROTOCOL, bytes_of(""));
    svc_out_cancel(o);
    assert_true(x->f->is_reset);
    assert_false(x->is_done);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_tunnel_is_proposed_first_with_the_request),
        TEST(test_port_alone_proposes_its_usual_name_to_others),
        TEST(test_fixed_protocol_is_the_only_one),
        TEST(test_datagrams_propose_udp_alone_with_a_flow),
        TEST(test_every_flow_has_an_id_of_its_own),
        TEST(test_tunnel_has_no_flow),
        TEST(test_destination_goes_with_the_request_of_gw_alone),
        TEST(test_path_is_the_one_asked_for),
        TEST(test_no_address_of_the_kind_asked_for_is_said),
        TEST(test_answer_in_the_first_octets_opens),
        TEST(test_answer_octet_by_octet_opens),
        TEST(test_no_service),
        TEST(test_denied),
        TEST(test_refused),
        TEST(test_unreachable),
        TEST(test_timed_out),
        TEST(test_failed),
        TEST(test_longest_text_arrives_whole),
        TEST(test_peer_that_speaks_none_offers_no_service),
        TEST(test_peer_that_is_not_reached_keeps_its_error),
        TEST(test_malformed_answer_is_a_protocol_error),
        TEST(test_eof_before_the_answer_is_a_protocol_error),
        TEST(test_reset_before_the_answer_keeps_its_error),
        TEST(test_offline_says_how_many_addresses_were_silent),
        TEST(test_an_address_that_refused_is_no_service_that_did),
        TEST(test_offline_says_when_the_peer_was_last_there),
        TEST(test_deadline_covers_the_opening),
        TEST(test_deadline_covers_the_answer),
        TEST(test_cancel_while_waiting_for_the_answer_resets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
