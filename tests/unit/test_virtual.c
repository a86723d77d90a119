/* test_virtual.c - ports at the stable address of a peer, real ones on loopback; the front and what
 * the peer says are the test's. */
#include "gate/virtual.h"

#include <stdio.h>

#include "base/log.h"
#include "fake_front.h"
#include "name/tier_direct.h"
#include "svc/svc_query.h"
#include "testpeers.h"
#include "tmpfiles.h"
#include "udprig.h"

struct svc_query {
    svc_query_done_fn *done;
    void *arg;
    uint64_t timeout_ms;
    bool is_canceled;
};

static struct {
    struct looprig loop;
    struct tmpfiles tmp;
    struct front front;
    struct loopback *loopback;
    struct virtual *virtual;
    struct svc_query query[8]; /* in the order of asking */
    size_t nquery;
    unsigned learnt;
    int calls, err; /* of on_done */
    bool has_ip;
    struct virtual_service services[VIRTUAL_PORTS_MAX];
    size_t n;
    bool is_connected, is_placed; /* any peer */
    uint16_t port[3];             /* free for TCP and UDP at the address of PEER_A */
} rig;

struct svc_query *svc_query_start(struct host *h, const struct peerid *peer,
                                  const struct multiaddr *addrs, size_t naddrs, uint64_t timeout_ms,
                                  svc_query_done_fn *done, void *arg)
{
    struct svc_query *q = &rig.query[rig.nquery % COUNT(rig.query)];
    (void)h;
    (void)addrs;
    (void)naddrs;
    assert_true(peer->n > 0);
    *q = (struct svc_query){ .done = done, .arg = arg, .timeout_ms = timeout_ms };
    rig.nquery++;
    return q;
}

void svc_query_cancel(struct svc_query *q)
{
    if (q)
        q->is_canceled = true;
}

void host_learn_addr(struct host *h, const struct peerid *peer, const struct multiaddr *addr)
{
    (void)h;
    (void)peer;
    (void)addr;
    rig.learnt++;
}

struct conn *host_conn(const struct host *h, const struct peerid *peer)
{
    (void)h;
    (void)peer;
    return rig.is_connected ? (struct conn *)&rig : NULL;
}

const struct multiaddr *host_known_addrs(const struct host *h, const struct peerid *peer, size_t *n)
{
    static const struct multiaddr any;
    (void)h;
    (void)peer;
    *n = rig.is_placed;
    return rig.is_placed ? &any : NULL;
}

static uint16_t free_port(void)
{
    struct sockaddr_any at = addr_of("127.64.1.2:0");
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, &at.sa, at.len), 0);
    assert_int_equal(getsockname(fd, &at.sa, &at.len), 0);
    close(fd);
    return sockaddr_port(&at);
}

static int setup(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof rig);
    looprig_init(&rig.loop);
    tmpfiles_init(&rig.tmp);
    tmpfiles_write(rig.tmp.path, "127.64.1.2 " PEER_A "\n127.64.1.3 " PEER_B "\n");
    rig.loopback = loopback_new(rig.tmp.path);
    rig.virtual = virtual_new(rig.loop.loop, rig.loop.turn, &rig.front, NULL, rig.loopback);
    assert_true(rig.loopback && rig.virtual);
    for (size_t i = 0; i < COUNT(rig.port); i++)
        rig.port[i] = free_port();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    virtual_free(rig.virtual);
    fake_front_drop(&rig.front);
    loopback_free(rig.loopback);
    tmpfiles_fini(&rig.tmp);
    looprig_fini(&rig.loop);
    return 0;
}

static void on_done(void *arg, int err, const struct ipaddr *ip,
                    const struct virtual_service *services, size_t n)
{
    (void)arg;
    rig.calls++;
    rig.err = err;
    rig.has_ip = ip != NULL;
    rig.n = n;
    if (n)
        memcpy(rig.services, services, n * sizeof *services);
}

static void want_id(const struct peerid *peer, size_t naddrs)
{
    struct name_answer a = { .peer = *peer, .tier = tier_direct_ops.name, .naddrs = naddrs };
    virtual_cancel(virtual_want(rig.virtual, &a, on_done, NULL));
}

static struct virtual_req *want(const char *peer)
{
    struct name_answer a = { .peer = peer_of(peer), .tier = "test" };
    return virtual_want(rig.virtual, &a, on_done, NULL);
}

/* The latest question is answered. */
static void peer_says(int err, const char *json)
{
    struct svc_query *q = &rig.query[(rig.nquery - 1) % COUNT(rig.query)];
    assert_true(rig.nquery > 0 && !q->is_canceled);
    q->done(q->arg, err, bytes_of(json));
}

static void peer_offers(const char *name, uint16_t port, bool is_udp)
{
    char json[256];
    snprintf(json, sizeof json, "[{\"name\":\"%s\",%s\"port\":%u,\"udp\":%s,\"enabled\":true}]",
             name, is_udp ? "" : "\"protocol\":\"x\",", port, is_udp ? "true" : "false");
    peer_says(0, json);
}

static struct sockaddr_any at(const char *ip, uint16_t port)
{
    char text[64];
    snprintf(text, sizeof text, "%s:%u", ip, port);
    return addr_of(text);
}

/* Does anybody listen there? */
static bool is_open(const char *ip, uint16_t port)
{
    struct sockaddr_any to = at(ip, port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool is_good = connect(fd, &to.sa, to.len) == 0;
    close(fd);
    return is_good;
}

static void test_the_ports_stand_when_the_address_is_told(void **state)
{
    (void)state;
    assert_non_null(want(PEER_A));
    assert_int_equal(rig.nquery, 1);
    assert_int_equal(rig.query[0].timeout_ms, VIRTUAL_ASK_MS);
    looprig_run_ms(&rig.loop, 5);
    assert_int_equal(rig.calls, 0);
    peer_offers("web", rig.port[0], false);
    assert_int_equal(rig.calls, 1);
    assert_int_equal(rig.err, 0);
    assert_int_equal(rig.n, 1);
    assert_string_equal(rig.services[0].name, "web");
    assert_int_equal(rig.services[0].port, rig.port[0]);

    struct sockaddr_any to = at("127.64.1.2", rig.port[0]);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    connect(fd, &to.sa, to.len);
    looprig_run_ms(&rig.loop, 5);
    assert_int_equal(rig.front.n, 1);
    assert_string_equal(rig.front.open[0].target.host, PEER_A);
    assert_string_equal(rig.front.open[0].target.service, "web");
    assert_int_equal(rig.front.open[0].target.port, rig.port[0]);
    assert_false(rig.front.open[0].target.is_udp);
    close(fd);
    assert_false(is_open("127.64.1.3", rig.port[0])); /* another address */
}

static void test_datagrams_have_a_port_too(void **state)
{
    struct sockaddr_any to = at("127.64.1.2", rig.port[0]);
    (void)state;
    want(PEER_A);
    peer_offers("dns", rig.port[0], true);
    assert_int_equal(rig.n, 1);
    assert_true(rig.services[0].is_udp);
    assert_false(is_open("127.64.1.2", rig.port[0]));
    int fd = udp_client("127.0.0.1:0", &to);
    put(fd, "x", 1);
    looprig_run_ms(&rig.loop, 5);
    assert_int_equal(rig.front.n, 1);
    assert_true(rig.front.open[0].target.is_udp);
    close(fd);
}

static void test_what_was_said_is_told_at_once_and_asked_for_again_later_only(void **state)
{
    (void)state;
    want(PEER_A);
    peer_offers("web", rig.port[0], false);
    rig.calls = 0;
    assert_null(want(PEER_A));
    assert_int_equal(rig.calls, 1);
    assert_int_equal(rig.n, 1);
    assert_int_equal(rig.nquery, 1);
}

static void test_all_who_wait_are_told_but_those_who_gave_up(void **state)
{
    (void)state;
    assert_non_null(want(PEER_A));
    struct virtual_req *given_up = want(PEER_A);
    assert_non_null(want(PEER_A));
    assert_int_equal(rig.nquery, 1);
    virtual_cancel(given_up);
    virtual_cancel(NULL);
    peer_says(0, "[]");
    assert_int_equal(rig.calls, 2);
    assert_int_equal(rig.n, 0);
}

static void test_a_peer_that_does_not_answer_has_its_address_and_maps(void **state)
{
    struct name_answer a = { .peer = peer_of(PEER_A),
                             .naddrs = 1,
                             .nmaps = 1,
                             .maps = { { rig.port[1], "/x/ssh" } },
                             .tier = "test" };
    (void)state;
    assert_non_null(virtual_want(rig.virtual, &a, on_done, NULL));
    assert_int_equal(rig.learnt, 1);
    peer_says(GW_ETIMEOUT, "");
    assert_int_equal(rig.err, GW_ETIMEOUT);
    assert_true(rig.has_ip);
    assert_int_equal(rig.n, 1);
    assert_string_equal(rig.services[0].name, "");
    assert_true(is_open("127.64.1.2", rig.port[1]));
    rig.calls = 0;
    assert_null(want(PEER_A)); /* it is not asked again at once */
    assert_int_equal(rig.calls, 1);
    assert_int_equal(rig.err, GW_ETIMEOUT);
}

static void test_a_peer_without_the_protocol_offers_nothing(void **state)
{
    (void)state;
    want(PEER_A);
    peer_says(GW_ENOSERVICE, "");
    assert_int_equal(rig.err, 0);
    assert_int_equal(rig.n, 0);
    assert_true(rig.has_ip);
}

static void test_nonsense_is_no_answer(void **state)
{
    (void)state;
    want(PEER_A);
    peer_says(0, "{\"name\":");
    assert_int_equal(rig.err, GW_EPROTO);
    assert_true(rig.has_ip);
}

static void test_a_port_that_is_taken_leaves_the_others(void **state)
{
    struct sockaddr_any taken = at("127.64.1.2", rig.port[0]);
    char json[256];
    (void)state;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, &taken.sa, taken.len), 0);
    assert_int_equal(listen(fd, 1), 0);
    want(PEER_A);
    snprintf(json, sizeof json,
             "[{\"name\":\"a\",\"protocol\":\"x\",\"port\":%u},{\"name\":\"b\",\"protocol\":\"x\","
             "\"port\":%u},{\"name\":\"twice\",\"protocol\":\"x\",\"port\":%u},"
             "{\"name\":\"none\",\"protocol\":\"x\"}]",
             rig.port[0], rig.port[1], rig.port[1]);
    peer_says(0, json);
    assert_int_equal(rig.n, 2);
    assert_string_equal(rig.services[1].name, "b");
    assert_true(is_open("127.64.1.2", rig.port[1]));
    close(fd);
}

/* After a change of the network the address is another one, and so are the ports. */
static void test_ports_move_with_the_network(void **state)
{
    struct ipaddr net;
    (void)state;
    want(PEER_A);
    peer_offers("web", rig.port[0], false);
    assert_int_equal(loopback_parse_net("127.65.0.0/16", &net), 0);
    loopback_set_net(rig.loopback, &net);
    rig.calls = 0;
    assert_non_null(want(PEER_A));
    peer_offers("web", rig.port[0], false);
    assert_int_equal(rig.calls, 1);
    assert_false(is_open("127.64.1.2", rig.port[0]));
    assert_true(is_open("127.65.1.2", rig.port[0]));
}

static void test_in_a_network_that_is_not_local_there_are_no_ports_but_an_address(void **state)
{
    struct ipaddr net;
    (void)state;
    assert_int_equal(loopback_parse_net("192.0.0.0/16", &net), 0);
    loopback_set_net(rig.loopback, &net);
    want(PEER_A);
    peer_offers("web", rig.port[0], false);
    assert_int_equal(rig.err, 0);
    assert_true(rig.has_ip);
    assert_int_equal(rig.n, 1); /* SRV is right for who goes through the proxy */
}

/* Ids made up for many peers. */
static struct peerid peer_number(unsigned i)
{
    struct peerid id = peer_of(PEER_A);
    id.mh[id.n - 1] = (uint8_t)i;
    id.mh[id.n - 2] = (uint8_t)(i >> 8);
    return id;
}

static void test_of_too_many_addresses_the_one_unused_longest_is_closed(void **state)
{
    struct timespec tick = { .tv_nsec = 2000000 };
    (void)state;
    want(PEER_A);
    peer_offers("web", rig.port[0], false);
    nanosleep(&tick, NULL);
    want(PEER_B);
    peer_says(0, "[]");
    nanosleep(&tick, NULL);
    want(PEER_A);
    nanosleep(&tick, NULL);
    for (unsigned i = 0; i < VIRTUAL_MAX - 1; i++) {
        struct name_answer a = { .peer = peer_number(i), .tier = "test" };
        assert_non_null(virtual_want(rig.virtual, &a, on_done, NULL));
        peer_says(0, "[]");
    }
    assert_true(is_open("127.64.1.2", rig.port[0]));
    struct name_answer one = { .peer = peer_number(VIRTUAL_MAX), .tier = "test" };
    assert_non_null(virtual_want(rig.virtual, &one, on_done, NULL));
    assert_false(is_open("127.64.1.2", rig.port[0]));
}

static void test_without_room_for_an_address_there_is_none(void **state)
{
    (void)state;
    for (unsigned i = 0; i < VIRTUAL_MAX; i++) {
        struct name_answer a = { .peer = peer_number(i), .tier = "test" };
        assert_non_null(virtual_want(rig.virtual, &a, on_done, NULL));
    }
    assert_int_equal(rig.calls, 0);
    assert_null(want(PEER_B));
    assert_int_equal(rig.calls, 1);
    assert_int_equal(rig.err, GW_ELIMIT);
    assert_false(rig.has_ip);
}

/* Whoever asks for ids that he made up would leave no address for anybody else. */
static void test_an_id_that_nobody_can_place_gets_no_address(void **state)
{
    struct peerid a = peer_of(PEER_A), made_up = a;
    (void)state;
    made_up.mh[made_up.n - 1] ^= 0x80;
    want_id(&made_up, 0);
    assert_int_equal(rig.calls, 1);
    assert_int_equal(rig.err, GW_EUNREACH);
    assert_false(rig.has_ip);
    assert_false(loopback_has(rig.loopback, &made_up));
    want_id(&a, 0); /* it has one */
    assert_true(loopback_has(rig.loopback, &a));
    for (unsigned i = 0; i < 3; i++) {
        made_up.mh[made_up.n - 1]++;
        rig.is_connected = i == 0;
        rig.is_placed = i == 1;
        want_id(&made_up, i == 2);
        assert_true(loopback_has(rig.loopback, &made_up));
    }
    assert_int_equal(rig.calls, 1);
    assert_int_equal(rig.nquery, 4);
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_the_ports_stand_when_the_address_is_told),
        T(test_datagrams_have_a_port_too),
        T(test_what_was_said_is_told_at_once_and_asked_for_again_later_only),
        T(test_all_who_wait_are_told_but_those_who_gave_up),
        T(test_a_peer_that_does_not_answer_has_its_address_and_maps),
        T(test_a_peer_without_the_protocol_offers_nothing),
        T(test_nonsense_is_no_answer),
        T(test_a_port_that_is_taken_leaves_the_others),
        T(test_ports_move_with_the_network),
        T(test_in_a_network_that_is_not_local_there_are_no_ports_but_an_address),
        T(test_of_too_many_addresses_the_one_unused_longest_is_closed),
        T(test_without_room_for_an_address_there_is_none),
        T(test_an_id_that_nobody_can_place_gets_no_address),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
