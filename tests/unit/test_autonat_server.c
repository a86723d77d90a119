/* test_autonat_server.c - b dials back for others; a asks it with messages made by hand.  b has
 * dialled a, so a is seen at the address where it listens. */
#include "p2p/autonat_server.h"

#include <string.h>

#include "net/ifaces.h"
#include "p2p/autonat_backs.h"
#include "p2p/autonat_quota.h"
#include "p2p/autonat_wire.h"
#include "two_hosts.h"

#define AT_A      "/ip4/192.0.2.1/udp/4001/quic-v1"
#define ELSEWHERE "/ip4/203.0.113.9/udp/4001/quic-v1"
#define NONCE     0x1122334455667788

static struct autonat_server *server;
static struct conn *to_b; /* at a */

static int setup(void **state)
{
    hosts_setup(state);
    assert_non_null(server = autonat_server_new(b.host));
    join(&b, &a);
    to_b = host_conn(a.host, key_peerid(b.key));
    fake_net.dials = 0;
    return 0;
}

static int teardown(void **state)
{
    host_stop(a.host, 0);
    host_stop(b.host, 0);
    run_ms(5);
    autonat_server_free(server);
    return hosts_teardown(state);
}

/* ---- the asker ---- */

struct talk { /* one request, and what b says to it */
    struct stream *s;
    bool has_ended, is_reset;
    size_t n;
    uint8_t in[1024];
};

static void talk_on_data(struct stream *s, struct bytes v)
{
    struct talk *t = s->owner;
    assert_true(v.n <= sizeof t->in - t->n);
    if (v.n)
        memcpy(t->in + t->n, v.p, v.n);
    t->n += v.n;
    s->ops->credit(s, v.n);
}

static void talk_on_eof(struct stream *s)
{
    s->ops->shutdown(s);
}

static void talk_on_close(struct stream *s, int err)
{
    struct talk *t = s->owner;
    t->is_reset = err != 0;
    t->has_ended = true;
    t->s = NULL;
}

static const struct stream_events talk_events = { .on_data = talk_on_data,
                                                  .on_drained = stream_ignore_drained,
                                                  .on_eof = talk_on_eof,
                                                  .on_close = talk_on_close };

static void on_opened(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    struct talk *t = arg;
    (void)c;
    (void)protocol;
    if (err) { /* reset before the protocol was agreed on */
        t->has_ended = t->is_reset = true;
        return;
    }
    t->s = s;
    stream_own(s, &talk_events, t);
    talk_on_data(s, early);
}

static void begin(struct talk *t, const char *protocol, struct bytes request)
{
    *t = (struct talk){ 0 };
    assert_int_equal(conn_open(to_b, protocol, request, on_opened, t), 0);
}

static bool has_ended(void *arg)
{
    return ((struct talk *)arg)->has_ended;
}

static bool is_open(void *arg)
{
    return ((struct talk *)arg)->s != NULL;
}

static bool has_words(void *arg)
{
    return ((struct talk *)arg)->n > 0;
}

static struct pb_list list_of(const char *const *addrs, size_t n)
{
    static struct multiaddr m[PB_LIST_MAX];
    struct pb_list l = { 0 };

    for (size_t i = 0; i < n; i++) {
        m[i] = *addrs[i] ? maddr(addrs[i]) : (struct multiaddr){ .n = 3, .b = { 250, 250, 3 } };
        pb_list_add(&l, (struct bytes){ m[i].b, m[i].n });
    }
    return l;
}
#define LIST(...) \
    list_of((const char *const[]){ __VA_ARGS__ }, COUNT(((const char *const[]){ __VA_ARGS__ })))

static struct autonat_msg ask_v1(const struct peerid *who, struct pb_list addrs)
{
    static struct talk t;
    uint8_t out[AUTONAT_MSG_WIRE_MAX];
    struct autonat_msg m = { .type = AUTONAT_DIAL, .peer = { { who->mh, who->n }, addrs } };
    int n = autonat_msg_encode(out, sizeof out, &m);

    begin(&t, AUTONAT_PROTOCOL, (struct bytes){ out, (size_t)n });
    run_until(has_ended, &t);
    assert_false(t.is_reset);
    assert_int_equal(autonat_msg_decode((struct bytes){ t.in, t.n }, &m), t.n);
    assert_int_equal(m.type, AUTONAT_DIAL_RESPONSE);
    return m;
}

static void begin_v2(struct talk *t, struct pb_list addrs)
{
    uint8_t out[AUTONAT2_MSG_WIRE_MAX];
    struct autonat2_msg m = { .kind = AUTONAT2_DIAL_REQUEST,
                              .request = { .addrs = addrs, .nonce = NONCE } };
    int n = autonat2_msg_encode(out, sizeof out, &m);
    begin(t, AUTONAT2_DIAL_PROTOCOL, (struct bytes){ out, (size_t)n });
}

static struct autonat2_response answer_v2(struct talk *t)
{
    struct autonat2_msg m;

    run_until(has_ended, t);
    assert_false(t->is_reset);
    assert_int_equal(autonat2_msg_decode((struct bytes){ t->in, t->n }, &m), t->n);
    assert_int_equal(m.kind, AUTONAT2_DIAL_RESPONSE);
    return m.response;
}

static struct autonat2_response ask_v2(struct pb_list addrs)
{
    static struct talk t;
    begin_v2(&t, addrs);
    return answer_v2(&t);
}

static void send_data(struct talk *t, size_t n)
{
    static const uint8_t zeros[AUTONAT2_MSG_DATA_MAX];
    uint8_t out[AUTONAT2_MSG_DATA_MAX + 16];
    struct autonat2_msg m = { .kind = AUTONAT2_DATA_RESPONSE, .data = { zeros, n } };
    int len = autonat2_msg_encode(out, sizeof out, &m);
    assert_true(len > 0 && t->s->ops->write(t->s, (struct bytes){ out, (size_t)len }) >= 0);
}

/* What comes on a's dial-back streams. */
struct heard {
    unsigned calls;
    uint64_t nonce;
    struct peerid by;
    bool accepts;
};

static bool on_nonce(void *arg, struct conn *c, uint64_t nonce)
{
    struct heard *h = arg;
    h->calls++;
    h->nonce = nonce;
    h->by = *conn_peer(c);
    return h->accepts;
}

/* ---- v1 ---- */

static void test_v1_dials_back_with_another_peer_id_and_says_where(void **state)
{
    (void)state;
    struct multiaddr at_a = maddr(AT_A);
    unsigned opened = a.opened;
    struct autonat_msg m = ask_v1(key_peerid(a.key), LIST("/ip4/192.0.2.1/tcp/9", AT_A));
    assert_int_equal(m.status, AUTONAT_OK);
    assert_true(bytes_eq(m.addr, (struct bytes){ at_a.b, at_a.n }));
    assert_int_equal(a.opened, opened + 1);
    assert_ptr_equal(host_conn(a.host, key_peerid(b.key)), to_b);
}

static void test_v1_tells_when_nothing_answers(void **state)
{
    (void)state;
    fake_net_rule(AT_A, 0, GW_EREFUSED);
    assert_int_equal(ask_v1(key_peerid(a.key), LIST(AT_A)).status, AUTONAT_DIAL_ERROR);
    assert_int_equal(fake_net.dials, 1);
}

static void test_v1_dials_no_other_ip_address_than_the_askers(void **state)
{
    (void)state;
    assert_int_equal(ask_v1(key_peerid(a.key), LIST(ELSEWHERE, "/ip4/127.0.0.1/udp/1/quic-v1",
                                                    "/ip4/192.0.2.1/udp/0/quic-v1", ""))
                         .status,
                     AUTONAT_DIAL_REFUSED);
    assert_int_equal(fake_net.dials, 0);
}

static void test_v1_answers_a_bad_request(void **state)
{
    (void)state;
    static struct talk t;
    struct autonat_msg m;
    assert_int_equal(ask_v1(key_peerid(b.key), LIST(AT_A)).status, AUTONAT_BAD_REQUEST);
    begin(&t, AUTONAT_PROTOCOL, bytes_of("\x03xyz"));
    run_until(has_ended, &t);
    assert_true(autonat_msg_decode((struct bytes){ t.in, t.n }, &m) > 0);
    assert_int_equal(m.status, AUTONAT_BAD_REQUEST);
}

/* ---- v2 ---- */

static void test_v2_delivers_the_nonce_by_another_peer_id(void **state)
{
    (void)state;
    struct heard h = { .accepts = true };
    struct autonat_backs *backs = autonat_backs_new(a.host, on_nonce, &h);
    struct autonat2_response r = ask_v2(LIST(AT_A));
    assert_int_equal(r.status, AUTONAT2_OK);
    assert_int_equal(r.dial_status, AUTONAT2_DIAL_OK);
    assert_int_equal(r.addr_index, 0);
    assert_int_equal(h.calls, 1);
    assert_true(h.nonce == NONCE);
    assert_false(peerid_eq(&h.by, key_peerid(b.key)));
    autonat_backs_free(backs);
}

static void test_v2_tells_a_nonce_that_nobody_heard_from_a_dial_that_failed(void **state)
{
    (void)state;
    assert_int_equal(ask_v2(LIST(AT_A)).dial_status, AUTONAT2_DIAL_BACK_ERROR); /* na */
    fake_net_rule(AT_A, 0, GW_EREFUSED);
    assert_int_equal(ask_v2(LIST(AT_A)).dial_status, AUTONAT2_DIAL_ERROR);
}

static void test_v2_dials_one_address_the_first_that_is_fit(void **state)
{
    (void)state;
    struct autonat2_response r = ask_v2(
        LIST("", "/ip4/10.0.0.1/udp/1/quic-v1", "/ip4/192.0.2.1/udp/0/quic-v1",
             AT_A "/p2p/12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV", AT_A,
             "/ip4/192.0.2.1/udp/4002/quic-v1"));
    assert_int_equal(r.status, AUTONAT2_OK);
    assert_int_equal(r.addr_index, 4);
    assert_int_equal(fake_net.dials, 1);
}

static void test_v2_refuses_what_is_not_public(void **state)
{
    (void)state;
    static const char *const not_public[] = {
        "/ip4/10.0.0.1/udp/1/quic-v1",  "/ip4/127.0.0.1/udp/1/quic-v1",
        "/ip4/0.0.0.0/udp/1/quic-v1",   "/ip4/100.64.0.1/tcp/1",
        "/ip4/224.0.0.1/udp/1/quic-v1", "/ip6/fd00::1/tcp/1",
        "/ip6/fe80::1/tcp/1",           "/ip6/::ffff:192.0.2.1/tcp/1",
        "/dns4/a.example/udp/1/quic-v1"
    };
    struct autonat2_response r = ask_v2(list_of(not_public, COUNT(not_public)));
    assert_int_equal(r.status, AUTONAT2_DIAL_REFUSED);
    assert_int_equal(fake_net.dials, 0);
}

static bool is_offline(void)
{
    struct ipaddr ip;
    return ifaces_addrs(4, &ip, 1) == 0 || ipaddr_is_loopback(&ip);
}

static uint64_t demanded(struct talk *t)
{
    struct autonat2_msg m;
    run_until(has_words, t);
    assert_true(autonat2_msg_decode((struct bytes){ t->in, t->n }, &m) > 0);
    assert_int_equal(m.kind, AUTONAT2_DATA_REQUEST);
    assert_int_equal(m.data_request.addr_index, 1);
    t->n = 0;
    return m.data_request.nbytes;
}

/* The bound of amplification: not an octet leaves for another address before 30 kB have come. */
static void test_v2_demands_data_before_it_dials_another_ip_address(void **state)
{
    (void)state;
    static struct talk t;
    size_t sent = 0;
    if (is_offline())
        skip();
    fake_net_rule(ELSEWHERE, 0, GW_EREFUSED);
    begin_v2(&t, LIST("", ELSEWHERE));
    uint64_t price = demanded(&t);
    assert_in_range(price, 30000, 100000);
    for (; price - sent > 4096; sent += 4096)
        send_data(&t, 4096);
    run_ms(5);
    assert_int_equal(fake_net.dials, 0);
    assert_false(t.has_ended);
    send_data(&t, 4096); /* more than is owed */
    assert_int_equal(answer_v2(&t).dial_status, AUTONAT2_DIAL_ERROR);
    assert_int_equal(fake_net.dials, 1);
}

static void test_v2_is_not_paid_in_crumbs(void **state)
{
    (void)state;
    static struct talk t;
    if (is_offline())
        skip();
    begin_v2(&t, LIST("", ELSEWHERE));
    demanded(&t);
    send_data(&t, 99);
    run_until(has_ended, &t);
    assert_true(t.is_reset);
    assert_int_equal(fake_net.dials, 0);
}

static void test_v2_resets_what_is_no_request(void **state)
{
    (void)state;
    static struct talk t;
    static const char data_first[] = "\x05\x22\x03\x0a\x01x"; /* dialDataResponse */
    begin(&t, AUTONAT2_DIAL_PROTOCOL, bytes_of("\x03xyz"));
    run_until(has_ended, &t);
    assert_true(t.is_reset);
    begin(&t, AUTONAT2_DIAL_PROTOCOL, bytes_of(data_first));
    run_until(has_ended, &t);
    assert_true(t.is_reset);
}

static void test_a_request_that_ends_halfway_is_reset(void **state)
{
    (void)state;
    static const char *const protocols[] = { AUTONAT_PROTOCOL, AUTONAT2_DIAL_PROTOCOL };
    static struct talk t;

    for (size_t i = 0; i < COUNT(protocols); i++) {
        begin(&t, protocols[i], bytes_of("\x20\x0a"));
        run_until(is_open, &t);
        t.s->ops->shutdown(t.s);
        run_until(has_ended, &t);
        assert_true(t.is_reset);
    }
}

/* ---- limits ---- */

static void test_an_ip_address_gets_no_more_than_its_quota(void **state)
{
    (void)state;
    fake_net_rule(AT_A, 0, GW_EREFUSED);
    for (unsigned i = 0; i < AUTONAT_QUOTA_PER_IP - 1; i++)
        assert_int_equal(ask_v2(LIST(AT_A)).status, AUTONAT2_OK);
    assert_int_equal(ask_v1(key_peerid(a.key), LIST(AT_A)).status, AUTONAT_DIAL_ERROR);
    assert_int_equal(ask_v2(LIST(AT_A)).status, AUTONAT2_REQUEST_REJECTED);
    assert_int_equal(ask_v1(key_peerid(a.key), LIST(AT_A)).status, AUTONAT_DIAL_REFUSED);
    assert_int_equal(fake_net.dials, AUTONAT_QUOTA_PER_IP);
}

static void test_a_peer_has_one_request_at_a_time(void **state)
{
    (void)state;
    static struct talk first;
    fake_net_rule(AT_A, 50, GW_EREFUSED);
    begin_v2(&first, LIST(AT_A));
    assert_int_equal(ask_v2(LIST(AT_A)).status, AUTONAT2_REQUEST_REJECTED);
    assert_int_equal(answer_v2(&first).status, AUTONAT2_OK);
    assert_int_equal(fake_net.dials, 1);
}

static bool has_dialled(void *arg)
{
    (void)arg;
    return fake_net.dials > 0;
}

static void test_an_asker_that_goes_takes_its_dial_back_with_it(void **state)
{
    (void)state;
    static struct talk t;
    fake_net_rule("/ip4/192.0.2.1/udp/9/quic-v1", 0, 0); /* nobody answers */
    begin_v2(&t, LIST("/ip4/192.0.2.1/udp/9/quic-v1"));
    run_until(has_dialled, NULL);
    conn_close(to_b, 0);
    run_until(has_ended, &t);
    join(&b, &a);
    to_b = host_conn(a.host, key_peerid(b.key));
    assert_int_equal(ask_v2(LIST(AT_A)).status, AUTONAT2_OK);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_v1_dials_back_with_another_peer_id_and_says_where),
        T(test_v1_tells_when_nothing_answers),
        T(test_v1_dials_no_other_ip_address_than_the_askers),
        T(test_v1_answers_a_bad_request),
        T(test_v2_delivers_the_nonce_by_another_peer_id),
        T(test_v2_tells_a_nonce_that_nobody_heard_from_a_dial_that_failed),
        T(test_v2_dials_one_address_the_first_that_is_fit),
        T(test_v2_refuses_what_is_not_public),
        T(test_v2_demands_data_before_it_dials_another_ip_address),
        T(test_v2_is_not_paid_in_crumbs),
        T(test_v2_resets_what_is_no_request),
        T(test_a_request_that_ends_halfway_is_reset),
        T(test_an_ip_address_gets_no_more_than_its_quota),
        T(test_a_peer_has_one_request_at_a_time),
        T(test_an_asker_that_goes_takes_its_dial_back_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
