/* test_relay.c - a relay (b), a peer that holds a slot there (a) and one that calls it (c): raw HOP
 * and STOP messages between hosts in memory. */
#include "p2p/relay.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "id/envelope.h"
#include "testpeers.h"
#include "tmpfiles.h"
#include "two_hosts.h"
#include "wire/circuit_msg.h"
#include "wire/voucher_msg.h"

struct end { /* of a stream: gathers what comes */
    struct stream *s;
    uint8_t got[8192]; /* what fits */
    size_t n, held;
    bool holds; /* takes no more */
    bool has_eof, is_closed;
    int err;
};

enum answers { ANSWER_OK, ANSWER_NO, ANSWER_NOTHING, ANSWER_GARBAGE, ANSWER_RESET, ANSWER_EARLY };

static struct side c;
static struct relay *relay;
static struct relay_config cfg;
static struct end target[8];     /* STOP streams that came to a */
static struct circuit_msg asked; /* what the last of them said */
static uint8_t asked_wire[512];
static unsigned calls;
static enum answers answers;
static bool (*may)(enum relay_use use, const struct peerid *peer, const struct peerid *to);
static const char *announced[20];
static struct tmpfiles files;
static const char *state_path;

#define CIRCUIT "/ip4/198.51.100.1/udp/4001/quic-v1/p2p/" PEER_A "/p2p-circuit"

static const uint8_t reserve_wire[] = { 2, 0x08, 0x00 };

/* --- p2p/announce.h --- */

size_t announce_addrs(const struct announce *an, struct multiaddr *out, size_t max)
{
    size_t n = 0;
    (void)an;
    while (n < max && n < COUNT(announced) && announced[n]) {
        out[n] = maddr(announced[n]);
        n++;
    }
    return n;
}

/* --- ends --- */

static void on_data(struct stream *s, struct bytes v)
{
    struct end *e = s->owner;

    if (v.n && e->n + v.n <= sizeof e->got)
        memcpy(e->got + e->n, v.p, v.n);
    e->n += v.n;
    if (e->holds)
        e->held += v.n;
    else
        s->ops->credit(s, v.n);
}

static void on_eof(struct stream *s)
{
    ((struct end *)s->owner)->has_eof = true;
}

static void on_close(struct stream *s, int err)
{
    struct end *e = s->owner;
    e->is_closed = true;
    e->err = err;
    e->s = NULL;
}

static const struct stream_events end_events = {
    .on_data = on_data, .on_drained = stream_ignore_drained, .on_eof = on_eof, .on_close = on_close
};

static void own(struct end *e, struct stream *s, struct bytes early)
{
    *e = (struct end){ .s = s, .holds = e->holds };
    stream_own(s, &end_events, e);
    on_data(s, early);
}

static void say(struct end *e, struct bytes v)
{
    assert_non_null(e->s);
    assert_true(e->s->ops->write(e->s, v) >= 0);
}

static void says(struct end *e, const char *text)
{
    say(e, bytes_of(text));
}

static bool end_closed(void *arg)
{
    return ((struct end *)arg)->is_closed;
}

/* Octets behind the first message of an end. */
static struct bytes behind(const struct end *e)
{
    struct circuit_msg m;
    int used = circuit_msg_decode_hop((struct bytes){ e->got, e->n }, &m);
    assert_true(used > 0);
    return (struct bytes){ e->got + used, e->n - (size_t)used };
}

static bool has_answer(void *arg)
{
    struct end *e = arg;
    struct circuit_msg m;
    return e->is_closed || circuit_msg_decode_hop((struct bytes){ e->got, e->n }, &m) > 0;
}

/* --- HOP --- */

static void on_hop_opened(void *arg, int err, struct conn *conn, struct stream *s,
                          const char *protocol, struct bytes early)
{
    struct end *e = arg;
    (void)conn;
    (void)protocol;
    if (err)
        *e = (struct end){ .is_closed = true, .err = err };
    else
        own(e, s, early);
}

static void send_hop(struct side *from, struct bytes wire, struct end *e)
{
    struct conn *conn = host_conn(from->host, key_peerid(b.key));
    assert_non_null(conn);
    *e = (struct end){ 0 };
    assert_int_equal(conn_open(conn, CIRCUIT_HOP_PROTOCOL, wire, on_hop_opened, e), 0);
}

static struct bytes connect_wire(const struct peerid *to, uint8_t buf[128])
{
    int n = circuit_msg_encode_hop(
        buf, 128, &(struct circuit_msg){ .type = CIRCUIT_CONNECT, .peer.id = { to->mh, to->n } });
    assert_true(n > 0);
    return (struct bytes){ buf, (size_t)n };
}

static struct circuit_msg answer_in(const struct end *e)
{
    struct circuit_msg m = { 0 };
    assert_true(circuit_msg_decode_hop((struct bytes){ e->got, e->n }, &m) > 0);
    assert_int_equal(m.type, CIRCUIT_STATUS);
    return m;
}

/* Sends it and waits for the status. */
static enum circuit_status ask(struct side *from, struct bytes wire, struct end *e)
{
    send_hop(from, wire, e);
    run_until(has_answer, e);
    return answer_in(e).status;
}

static enum circuit_status reserve(struct side *from)
{
    static struct end e;
    enum circuit_status status = ask(from, (struct bytes){ reserve_wire, sizeof reserve_wire }, &e);
    if (e.s)
        stream_drop(e.s, GW_ECANCELED);
    return status;
}

static enum circuit_status call(struct side *from, const struct side *to, struct end *e)
{
    uint8_t buf[128];
    return ask(from, connect_wire(key_peerid(to->key), buf), e);
}

/* --- STOP, at a --- */

static void answer_stop(struct end *e, enum circuit_status status, const char *early)
{
    uint8_t buf[128];
    int n = circuit_msg_encode_stop(
        buf, sizeof buf, &(struct circuit_msg){ .type = CIRCUIT_STATUS, .status = status });
    assert_true(n > 0);
    memcpy(buf + n, early, strlen(early));
    say(e, (struct bytes){ buf, (size_t)n + strlen(early) });
}

static void on_stop(void *arg, struct conn *conn, struct stream *s, const char *protocol,
                    struct bytes early)
{
    struct end *e = &target[calls++ % COUNT(target)];
    (void)arg;
    (void)conn;
    (void)protocol;

    own(e, s, early);
    assert_true(e->n > 0 && e->n <= sizeof asked_wire); /* CONNECT came in the same flight */
    memcpy(asked_wire, e->got, e->n);
    assert_int_equal(circuit_msg_decode_stop((struct bytes){ asked_wire, e->n }, &asked), e->n);
    e->n = 0;
    if (answers == ANSWER_OK)
        answer_stop(e, CIRCUIT_OK, "");
    else if (answers == ANSWER_EARLY)
        answer_stop(e, CIRCUIT_OK, "from the target");
    else if (answers == ANSWER_NO)
        answer_stop(e, CIRCUIT_RESOURCE_LIMIT_EXCEEDED, "");
    else if (answers == ANSWER_GARBAGE)
        says(e, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
    else if (answers == ANSWER_RESET)
        stream_drop(e->s, GW_ERESET);
}

/* --- the relay --- */

static bool ask_may(void *arg, const struct relay_wish *w)
{
    (void)arg;
    assert_true((w->use == RELAY_RESERVE) == !w->to.n);
    assert_true((w->use == RELAY_CHAIN) == (w->via.n > 0));
    return may ? may(w->use, &w->peer, &w->to) : w->use != RELAY_CHAIN;
}

static bool nobody_may(enum relay_use use, const struct peerid *peer, const struct peerid *to)
{
    (void)use;
    (void)peer;
    (void)to;
    return false;
}

static bool everybody_may(enum relay_use use, const struct peerid *peer, const struct peerid *to)
{
    (void)use;
    (void)peer;
    (void)to;
    return true;
}

static bool c_may_not(enum relay_use use, const struct peerid *peer, const struct peerid *to)
{
    (void)use;
    (void)to;
    return !peerid_eq(peer, key_peerid(c.key));
}

static bool a_may_not(enum relay_use use, const struct peerid *peer, const struct peerid *to)
{
    (void)use;
    (void)to;
    return !peerid_eq(peer, key_peerid(a.key));
}

static struct relay_stats stats(void)
{
    struct relay_stats st;
    relay_stats(relay, &st);
    return st;
}

static void start_relay(void)
{
    relay = relay_new(b.host, NULL, &cfg, ask_may, NULL, state_path);
    assert_non_null(relay);
}

static int setup(void **state)
{
    hosts_setup(state);
    c = (struct side){ 0 };
    assert_int_equal(key_generate(&c.key), 0);
    side_start(&c, "/ip4/192.0.2.3/udp/4001/quic-v1");
    config.dial_timeout_ms = 60; /* which the relay gives requests and answers, too */
    config.negotiate_timeout_ms = 60;
    host_set_config(b.host, &config);
    assert_int_equal(host_handle(a.host, CIRCUIT_STOP_PROTOCOL, NULL, on_stop, NULL), 0);
    cfg = (struct relay_config){ .max_reservations = 8,
                                 .max_reservations_per_ip = 8,
                                 .max_circuits = 8,
                                 .max_circuits_per_peer = 8,
                                 .max_pending = 8,
                                 .per_minute = 100,
                                 .reservation_ms = 3600000 };
    memset(target, 0, sizeof target);
    memset(announced, 0, sizeof announced);
    calls = 0;
    answers = ANSWER_OK;
    may = NULL;
    state_path = NULL;
    relay = NULL;
    return 0;
}

static int teardown(void **state)
{
    host_stop(c.host, 0);
    host_stop(a.host, 0);
    host_stop(b.host, 0);
    run_ms(5);
    relay_free(relay);
    run_ms(2);
    side_free(&c);
    return hosts_teardown(state);
}

static int setup_files(void **state)
{
    tmpfiles_init(&files);
    setup(state);
    state_path = files.path;
    return 0;
}

static int teardown_files(void **state)
{
    teardown(state);
    tmpfiles_fini(&files);
    return 0;
}

/* a and c are connected to the relay. */
static void begin(void)
{
    start_relay();
    open_from(&a, &b, "/no/such/protocol");
    open_from(&c, &b, "/no/such/protocol");
}

static void begin_with_slot(void)
{
    begin();
    assert_int_equal(reserve(&a), CIRCUIT_OK);
}

/* A connection from `from` to `to` at another address of it. */
static void join_at(struct side *from, const struct side *to, const char *at)
{
    struct side there = *to;
    there.addr = maddr(at);
    open_from(from, &there, "/no/such/protocol");
}

static bool no_circuits(void *arg)
{
    (void)arg;
    return stats().circuits == 0;
}

static bool no_reservations(void *arg)
{
    (void)arg;
    return stats().reservations == 0;
}

/* --- RESERVE --- */

static void test_reserve_is_answered_as_the_spec_says(void **state)
{
    static struct end e;
    struct voucher_msg v;
    struct bytes payload;
    struct peerid signer;
    (void)state;
    announced[0] = "/ip4/192.0.2.2/udp/4001/quic-v1";
    announced[1] = "/ip4/127.0.0.1/udp/4001/quic-v1";
    announced[2] = CIRCUIT;
    announced[3] = "/ip6/2001:db8::2/tcp/4001";
    begin();
    uint64_t now_s = (uint64_t)clock_wall_s();
    assert_int_equal(ask(&a, (struct bytes){ reserve_wire, sizeof reserve_wire }, &e), CIRCUIT_OK);
    struct circuit_msg m = answer_in(&e);
    assert_int_equal(m.reservation.expires_s, now_s + 3600);
    assert_int_equal(m.limit.duration_s, 0);
    assert_int_equal(m.limit.data, 0);

    char text[MULTIADDR_STR_MAX], id[PEERID_STR_MAX];
    static const char *const want[] = { "/ip4/192.0.2.2/udp/4001/quic-v1",
                                        "/ip6/2001:db8::2/tcp/4001" };
    assert_int_equal(m.reservation.addrs.n, 2);
    for (size_t i = 0; i < 2; i++) {
        struct multiaddr got;
        snprintf(text, sizeof text, "%s/p2p/%s", want[i], peerid_print(key_peerid(b.key), id));
        assert_int_equal(multiaddr_from_bytes(m.reservation.addrs.v[i], &got), 0);
        struct multiaddr expected = maddr(text);
        assert_true(multiaddr_eq(&got, &expected));
    }

    assert_int_equal(envelope_open(m.reservation.voucher, &envelope_voucher, &payload, &signer), 0);
    assert_true(peerid_eq(&signer, key_peerid(b.key)));
    assert_int_equal(voucher_msg_decode(payload, &v), 0);
    const struct peerid *self = key_peerid(b.key), *peer = key_peerid(a.key);
    assert_true(bytes_eq(v.relay, (struct bytes){ self->mh, self->n }));
    assert_true(bytes_eq(v.peer, (struct bytes){ peer->mh, peer->n }));
    assert_int_equal(v.expires_s, m.reservation.expires_s);

    assert_int_equal(behind(&e).n, 0);
    e.s->ops->shutdown(e.s);
    run_until(end_closed, &e);
    assert_int_equal(e.err, 0); /* in order: the relay had sent FIN */
    assert_int_equal(stats().reservations, 1);
}

static void test_reserve_tells_the_limits(void **state)
{
    static struct end e;
    (void)state;
    cfg.circuit_ms = 120500;
    cfg.circuit_bytes = 1 << 17;
    begin();
    assert_int_equal(ask(&a, (struct bytes){ reserve_wire, sizeof reserve_wire }, &e), CIRCUIT_OK);
    assert_int_equal(answer_in(&e).limit.duration_s, 121);
    assert_int_equal(answer_in(&e).limit.data, 131072);
}

static void test_reserve_from_this_machine_is_told_loopback(void **state)
{
    static struct end e;
    (void)state;
    struct multiaddr at = maddr("/ip4/127.0.0.1/udp/4001/quic-v1");
    announced[0] = "/ip4/127.0.0.1/udp/4001/quic-v1";
    assert_int_equal(host_listen(a.host, &at, &at), 0);
    start_relay();
    join_at(&b, &a, announced[0]);
    assert_int_equal(ask(&a, (struct bytes){ reserve_wire, sizeof reserve_wire }, &e), CIRCUIT_OK);
    assert_int_equal(answer_in(&e).reservation.addrs.n, 1);
}

/* Sixteen of them, each with our id, are more than a message holds. */
static void test_reserve_leaves_out_addresses_that_do_not_fit(void **state)
{
    static struct end e;
    static char text[256];
    (void)state;
    snprintf(text, sizeof text, "/dns4/%0120d/dns6/%080d", 0, 0);
    for (size_t i = 0; i < COUNT(announced); i++)
        announced[i] = text;
    begin();
    assert_int_equal(ask(&a, (struct bytes){ reserve_wire, sizeof reserve_wire }, &e), CIRCUIT_OK);
    assert_in_range(answer_in(&e).reservation.addrs.n, 10, 16);
    assert_true(answer_in(&e).reservation.voucher.n > 0);
}

static void test_reserve_by_a_stranger_is_denied(void **state)
{
    (void)state;
    may = nobody_may;
    begin();
    assert_int_equal(reserve(&a), CIRCUIT_PERMISSION_DENIED);
    assert_int_equal(stats().reservations, 0);
    assert_int_equal(stats().refused, 1);
}

static void test_reserve_through_a_relay_is_denied(void **state)
{
    (void)state;
    may = everybody_may;
    start_relay();
    join_at(&a, &b, CIRCUIT);
    assert_int_equal(reserve(&a), CIRCUIT_PERMISSION_DENIED);
}

static void test_reserve_beyond_the_limits_is_refused(void **state)
{
    (void)state;
    cfg.max_reservations_per_ip = 1;
    begin_with_slot();
    assert_int_equal(reserve(&c), CIRCUIT_RESERVATION_REFUSED); /* from the same address */
    cfg.max_reservations_per_ip = 8;
    cfg.max_reservations = 1;
    relay_set_config(relay, &cfg);
    assert_int_equal(reserve(&c), CIRCUIT_RESERVATION_REFUSED);
    assert_int_equal(reserve(&a), CIRCUIT_OK); /* renewed */
    cfg.max_reservations = 2;
    relay_set_config(relay, &cfg);
    assert_int_equal(reserve(&c), CIRCUIT_OK);
    assert_int_equal(stats().reservations, 2);
}

static void test_reserve_too_often_is_refused_and_takes_nothing_away(void **state)
{
    (void)state;
    cfg.per_minute = 2;
    begin_with_slot();
    assert_int_equal(reserve(&a), CIRCUIT_OK);
    assert_int_equal(reserve(&a), CIRCUIT_RESERVATION_REFUSED);
    assert_int_equal(reserve(&c), CIRCUIT_OK);
    assert_int_equal(stats().reservations, 2);
}

/* The relay itself has dialled, and would close what it does not need. */
static void test_a_connection_with_a_slot_is_not_closed_for_being_idle(void **state)
{
    (void)state;
    start_relay();
    config.idle_ms = 1;
    host_set_config(b.host, &config);
    open_from(&b, &a, "/no/such/protocol");
    open_from(&b, &c, "/no/such/protocol");
    assert_int_equal(reserve(&a), CIRCUIT_OK);
    run_ms(2500);
    assert_null(host_conn(b.host, key_peerid(c.key)));
    assert_int_equal(stats().reservations, 1);
}

static void test_a_slot_ends_with_its_connection(void **state)
{
    static struct end e;
    (void)state;
    begin_with_slot();
    host_close_peer(a.host, key_peerid(b.key), 0);
    run_until(no_reservations, NULL);
    assert_int_equal(call(&c, &a, &e), CIRCUIT_NO_RESERVATION);
}

/* A peer that runs twice has two. */
static void test_a_slot_goes_on_with_another_connection_of_its_peer(void **state)
{
    static struct end e;
    struct side twin = { .key = a.key };
    (void)state;
    twin.host = host_new(loop, turn, a.key, &config, NULL, NULL);
    assert_non_null(twin.host);
    assert_int_equal(host_handle(twin.host, CIRCUIT_STOP_PROTOCOL, NULL, on_stop, NULL), 0);
    begin_with_slot();
    open_from(&twin, &b, "/no/such/protocol");
    host_close_peer(a.host, key_peerid(b.key), 0);
    run_ms(5);
    assert_int_equal(call(&c, &a, &e), CIRCUIT_OK);
    host_stop(twin.host, 0);
    run_until(no_reservations, NULL);
    assert_int_equal(call(&c, &a, &e), CIRCUIT_NO_RESERVATION);
    host_free(twin.host);
}

static void test_a_slot_ends_at_its_time(void **state)
{
    static struct end e, refused;
    (void)state;
    cfg.reservation_ms = 60;
    begin_with_slot();
    assert_int_equal(call(&c, &a, &e), CIRCUIT_OK);
    run_ms(70);
    assert_int_equal(call(&c, &a, &refused), CIRCUIT_NO_RESERVATION); /* at once, */
    run_until(no_reservations, NULL);
    assert_int_equal(stats().circuits, 1); /* and its circuits go on */
    says(&e, "still");
    run_ms(5);
    assert_int_equal(target[0].n, 5);
}

/* --- CONNECT --- */

static void test_connect_joins_both_ends(void **state)
{
    static struct end e;
    (void)state;
    cfg.circuit_ms = 3600000;
    cfg.circuit_bytes = 1 << 20;
    begin_with_slot();
    assert_int_equal(call(&c, &a, &e), CIRCUIT_OK);
    assert_int_equal(answer_in(&e).limit.duration_s, 3600);
    assert_int_equal(answer_in(&e).limit.data, 1 << 20);
    assert_int_equal(asked.type, CIRCUIT_CONNECT);
    const struct peerid *id = key_peerid(c.key);
    assert_true(bytes_eq(asked.peer.id, (struct bytes){ id->mh, id->n }));
    assert_int_equal(asked.limit.duration_s, 3600);
    assert_int_equal(asked.limit.data, 1 << 20);

    says(&e, "ping");
    run_ms(5);
    assert_int_equal(target[0].n, 4);
    assert_memory_equal(target[0].got, "ping", 4);
    says(&target[0], "pong!");
    run_ms(5);
    assert_int_equal(behind(&e).n, 5);
    assert_memory_equal(behind(&e).p, "pong!", 5);
    assert_int_equal(stats().circuits, 1);
    assert_int_equal(stats().bytes, 9); /* live */
    assert_int_equal(stats().month_bytes, 9);

    e.s->ops->shutdown(e.s); /* half-close crosses, */
    run_ms(5);
    assert_true(target[0].has_eof);
    assert_false(e.has_eof);
    says(&target[0], "after");
    target[0].s->ops->shutdown(target[0].s);
    run_until(end_closed, &e);
    run_until(no_circuits, NULL);
    assert_true(e.has_eof);
    assert_int_equal(e.err, 0);
    assert_int_equal(behind(&e).n, 10);
    assert_int_equal(stats().bytes, 14);
}

static void test_reset_crosses(void **state)
{
    static struct end e;
    (void)state;
    begin_with_slot();
    assert_int_equal(call(&c, &a, &e), CIRCUIT_OK);
    target[0].s->ops->reset(target[0].s, GW_ECANCELED);
    run_until(end_closed, &e);
    assert_int_equal(e.err, GW_ERESET);
    run_until(no_circuits, NULL);
}

static void test_early_octets_of_both_ends_arrive(void **state)
{
    static struct end e;
    uint8_t buf[256];
    (void)state;
    answers = ANSWER_EARLY;
    begin_with_slot();
    struct bytes wire = connect_wire(key_peerid(a.key), buf);
    memcpy(buf + wire.n, "from the source", 15);
    wire.n += 15;
    assert_int_equal(ask(&c, wire, &e), CIRCUIT_OK);
    run_ms(5);
    assert_int_equal(behind(&e).n, 15);
    assert_memory_equal(behind(&e).p, "from the target", 15);
    assert_int_equal(target[0].n, 15);
    assert_memory_equal(target[0].got, "from the source", 15);
    assert_int_equal(stats().bytes, 30);
}

/* The source goes on talking, and says FIN, while the target has not answered yet; all of it comes
 * in pieces. */
static void test_what_the_source_says_while_it_waits_arrives(void **state)
{
    static const uint8_t ok_wire[] = { 4, 0x08, 0x01, 0x20, 0x64 }; /* STATUS, OK */
    static struct end e;
    uint8_t buf[128];
    (void)state;
    answers = ANSWER_NOTHING;
    begin_with_slot();
    fake_net.piece = 7;
    send_hop(&c, connect_wire(key_peerid(a.key), buf), &e);
    fake_net.piece = 0;
    run_ms(10);
    assert_int_equal(calls, 1);
    says(&e, "one, two, ");
    run_ms(5);
    says(&e, "three");
    e.s->ops->shutdown(e.s);
    run_ms(5);
    assert_int_equal(e.n, 0);
    for (size_t i = 0; i < sizeof ok_wire; i++) {
        say(&target[0], (struct bytes){ ok_wire + i, 1 });
        run_ms(1);
    }
    says(&target[0], "four");
    run_until(has_answer, &e);
    run_ms(10);
    assert_int_equal(target[0].n, 15);
    assert_memory_equal(target[0].got, "one, two, three", 15);
    assert_true(target[0].has_eof);
    assert_memory_equal(behind(&e).p, "four", 4);
}

static void test_a_source_that_floods_while_it_waits_is_dropped(void **state)
{
    static struct end e;
    static uint8_t flood[70000];
    uint8_t buf[128];
    (void)state;
    answers = ANSWER_NOTHING;
    begin_with_slot();
    send_hop(&c, connect_wire(key_peerid(a.key), buf), &e);
    run_ms(10);
    say(&e, (struct bytes){ flood, sizeof flood });
    run_until(end_closed, &e);
    assert_int_equal(e.err, GW_ERESET);
    assert_int_equal(e.n, 0); /* no answer */
    run_until(no_circuits, NULL);
    run_until(end_closed, &target[0]);
}

static void test_connect_refused_by_the_target_has_failed(void **state)
{
    static struct end e;
    static const enum answers all[] = { ANSWER_NO, ANSWER_GARBAGE, ANSWER_RESET };
    (void)state;
    begin_with_slot();
    for (size_t i = 0; i < COUNT(all); i++) {
        answers = all[i];
        assert_int_equal(call(&c, &a, &e), CIRCUIT_CONNECTION_FAILED);
        assert_int_equal(calls, i + 1);
        run_until(no_circuits, NULL);
    }
    assert_int_equal(reserve(&c), CIRCUIT_OK); /* c does not speak STOP */
    assert_int_equal(call(&a, &c, &e), CIRCUIT_CONNECTION_FAILED);
}

static void test_a_target_that_does_not_answer_has_failed_in_time(void **state)
{
    static struct end e;
    (void)state;
    answers = ANSWER_NOTHING;
    begin_with_slot();
    uint64_t began = clock_mono_ms();
    assert_int_equal(call(&c, &a, &e), CIRCUIT_CONNECTION_FAILED);
    assert_int_equal(clock_mono_ms() - began, 60);
    assert_int_equal(stats().circuits, 0);
    run_until(end_closed, &target[0]);
}

static void test_a_target_that_goes_while_asked_has_failed(void **state)
{
    static struct end e;
    uint8_t buf[128];
    (void)state;
    answers = ANSWER_NOTHING;
    begin_with_slot();
    send_hop(&c, connect_wire(key_peerid(a.key), buf), &e);
    run_ms(5);
    host_close_peer(a.host, key_peerid(b.key), 0);
    run_until(has_answer, &e);
    assert_int_equal(answer_in(&e).status, CIRCUIT_CONNECTION_FAILED);
    assert_int_equal(stats().circuits, 0);
}

/* Calls a while nothing that the relay opens is heard there. */
static void call_unheard(struct end *e)
{
    uint8_t buf[128];
    struct bytes wire = connect_wire(key_peerid(a.key), buf);

    send_hop(&c, (struct bytes){ wire.p, 1 }, e);
    run_ms(5);
    fake_net.is_silent = true;
    say(e, (struct bytes){ wire.p + 1, wire.n - 1 });
    run_ms(5);
    assert_int_equal(stats().circuits, 1);
}

static void test_a_target_that_does_not_open_has_failed_in_time(void **state)
{
    static struct end e;
    (void)state;
    begin_with_slot();
    call_unheard(&e);
    run_until(has_answer, &e);
    assert_int_equal(answer_in(&e).status, CIRCUIT_CONNECTION_FAILED);
    assert_int_equal(stats().circuits, 0);
}

static void test_a_source_that_goes_while_the_target_opens_counts_until_then(void **state)
{
    static struct end e;
    (void)state;
    begin_with_slot();
    call_unheard(&e);
    e.s->ops->reset(e.s, GW_ECANCELED);
    run_until(end_closed, &e);
    run_ms(5);
    assert_int_equal(stats().circuits, 1);
    relay_recheck(relay);
    run_until(no_circuits, NULL);
}

static void test_a_source_that_goes_while_the_target_is_asked_ends_it(void **state)
{
    static struct end e;
    uint8_t buf[128];
    (void)state;
    answers = ANSWER_NOTHING;
    begin_with_slot();
    send_hop(&c, connect_wire(key_peerid(a.key), buf), &e);
    run_ms(10);
    assert_int_equal(stats().circuits, 1);
    host_close_peer(c.host, key_peerid(b.key), 0);
    run_until(end_closed, &target[0]);
    assert_int_equal(stats().circuits, 0);
}

static void test_the_end_of_a_connection_ends_its_circuits(void **state)
{
    static struct end e;
    (void)state;
    begin_with_slot();
    assert_int_equal(call(&c, &a, &e), CIRCUIT_OK);
    host_close_peer(a.host, key_peerid(b.key), 0);
    run_until(end_closed, &e);
    assert_true(e.err != 0);
    run_until(no_circuits, NULL);
    assert_int_equal(stats().reservations, 0);
}

static void test_connect_without_a_right_is_denied(void **state)
{
    static struct end e;
    (void)state;
    begin_with_slot();
    may = c_may_not;
    assert_int_equal(call(&c, &a, &e), CIRCUIT_PERMISSION_DENIED);
    may = NULL;
    assert_int_equal(call(&a, &a, &e), CIRCUIT_PERMISSION_DENIED); /* itself */
    assert_int_equal(calls, 0);
    assert_int_equal(stats().refused, 2);
}

static void test_connect_through_a_relay_needs_a_right_of_its_own(void **state)
{
    static struct end e;
    (void)state;
    start_relay();
    open_from(&a, &b, "/no/such/protocol");
    join_at(&c, &b, CIRCUIT);
    assert_int_equal(reserve(&a), CIRCUIT_OK);
    assert_int_equal(call(&c, &a, &e), CIRCUIT_PERMISSION_DENIED);
    may = everybody_may;
    assert_int_equal(call(&c, &a, &e), CIRCUIT_OK);
}

static void test_connect_to_who_has_no_slot_is_told_so(void **state)
{
    static struct end e;
    (void)state;
    begin();
    assert_int_equal(call(&c, &a, &e), CIRCUIT_NO_RESERVATION);
    assert_int_equal(call(&c, &b, &e), CIRCUIT_NO_RESERVATION); /* the relay itself */
}

static void test_connect_beyond_the_limits_is_told_so(void **state)
{
    static struct end e[3];
    (void)state;
    cfg.max_circuits_per_peer = 1;
    begin_with_slot();
    assert_int_equal(call(&c, &a, &e[0]), CIRCUIT_OK);
    assert_int_equal(call(&c, &a, &e[1]), CIRCUIT_RESOURCE_LIMIT_EXCEEDED);
    e[0].s->ops->reset(e[0].s, GW_ECANCELED);
    run_until(no_circuits, NULL);
    assert_int_equal(call(&c, &a, &e[1]), CIRCUIT_OK);
    cfg.max_circuits_per_peer = 8;
    cfg.per_minute = 4;
    relay_set_config(relay, &cfg);
    assert_int_equal(call(&c, &a, &e[2]), CIRCUIT_OK);
    assert_int_equal(call(&c, &a, &e[0]), CIRCUIT_RESOURCE_LIMIT_EXCEEDED);
}

static void test_connect_beyond_those_that_wait_is_told_so(void **state)
{
    static struct end e[2];
    uint8_t buf[128];
    (void)state;
    cfg.max_pending = 1;
    answers = ANSWER_NOTHING;
    begin_with_slot();
    send_hop(&c, connect_wire(key_peerid(a.key), buf), &e[0]);
    run_ms(5);
    assert_int_equal(call(&c, &a, &e[1]), CIRCUIT_RESOURCE_LIMIT_EXCEEDED);
    answer_stop(&target[0], CIRCUIT_OK, "");
    run_until(has_answer, &e[0]);
    answers = ANSWER_OK;
    assert_int_equal(call(&c, &a, &e[1]), CIRCUIT_OK);
    assert_int_equal(stats().circuits, 2);
}

/* --- limits of a circuit --- */

static void test_a_circuit_ends_at_its_octets(void **state)
{
    static struct end e;
    (void)state;
    cfg.circuit_bytes = 10;
    begin_with_slot();
    assert_int_equal(call(&c, &a, &e), CIRCUIT_OK);
    says(&e, "0123456789");
    says(&target[0], "0123456789");
    run_ms(5);
    assert_int_equal(target[0].n, 10);
    assert_int_equal(behind(&e).n, 10);
    says(&target[0], "x");
    run_until(end_closed, &e);
    run_until(end_closed, &target[0]);
    assert_int_equal(e.err, GW_ERESET);
    assert_int_equal(behind(&e).n, 10);
    run_until(no_circuits, NULL);
    assert_int_equal(stats().bytes, 20);
}

static void test_a_circuit_ends_at_its_time(void **state)
{
    static struct end e;
    (void)state;
    cfg.circuit_ms = 50;
    begin_with_slot();
    assert_int_equal(call(&c, &a, &e), CIRCUIT_OK);
    uint64_t began = clock_mono_ms();
    run_until(end_closed, &e);
    assert_int_equal(clock_mono_ms() - began, 50);
    run_until(end_closed, &target[0]);
    assert_int_equal(e.err, GW_ERESET);
}

static void test_a_circuit_keeps_to_its_rate(void **state)
{
    static struct end e;
    static uint8_t much[40000];
    (void)state;
    cfg.rate = 100000; /* a burst of 16 KiB, and 100 octets a millisecond */
    begin_with_slot();
    assert_int_equal(call(&c, &a, &e), CIRCUIT_OK);
    for (int i = 0; i < 20; i++) /* a source steered by credit has one window free */
        say(&e, (struct bytes){ much, sizeof much });
    run_ms(100);
    assert_true(stats().bytes <= FAKE_WINDOW + 16384 + 200 * 100);
    stream_drop(e.s, GW_ECANCELED);
    run_until(no_circuits, NULL);
}

static void test_a_slow_reader_slows_its_circuit_only(void **state)
{
    static struct end slow, fast;
    static uint8_t much[60000];
    (void)state;
    begin_with_slot();
    assert_int_equal(call(&c, &a, &slow), CIRCUIT_OK);
    assert_int_equal(call(&c, &a, &fast), CIRCUIT_OK);
    target[0].holds = true;
    say(&slow, (struct bytes){ much, sizeof much });
    run_ms(5);
    says(&fast, "fast");
    run_ms(5);
    assert_int_equal(target[1].n, 4);
    assert_int_equal(target[0].held, sizeof much);
    target[0].s->ops->credit(target[0].s, target[0].held);
}

static void test_a_spent_month_ends_circuits_and_refuses_new_ones(void **state)
{
    static struct end e;
    (void)state;
    cfg.monthly_bytes = 20;
    begin_with_slot();
    assert_int_equal(call(&c, &a, &e), CIRCUIT_OK);
    says(&e, "01234567890123456789");
    run_until(end_closed, &e);
    run_until(no_circuits, NULL);
    assert_int_equal(e.err, GW_ERESET);
    assert_int_equal(call(&c, &a, &e), CIRCUIT_RESOURCE_LIMIT_EXCEEDED);
    assert_int_equal(reserve(&a), CIRCUIT_RESERVATION_REFUSED);
    assert_int_equal(stats().month_bytes, 20);
    cfg.monthly_bytes = 0;
    relay_set_config(relay, &cfg);
    assert_int_equal(call(&c, &a, &e), CIRCUIT_OK);
}

static void test_the_month_is_kept_across_restarts(void **state)
{
    static struct end e;
    (void)state;
    begin_with_slot();
    assert_int_equal(call(&c, &a, &e), CIRCUIT_OK);
    says(&e, "0123456789");
    run_ms(5);
    host_stop(b.host, 0);
    run_until(end_closed, &e);
    run_ms(2);
    relay_free(relay);
    host_free(b.host); /* its handler would be in the way of another relay's */
    b.host = host_new(loop, turn, b.key, &config, NULL, NULL);
    start_relay();
    assert_int_equal(stats().month_bytes, 10);
    assert_int_equal(stats().bytes, 0);
}

/* --- rights --- */

static void test_recheck_takes_away_what_is_no_right_any_more(void **state)
{
    static struct end e, w;
    uint8_t buf[128];
    (void)state;
    begin_with_slot();
    assert_int_equal(reserve(&c), CIRCUIT_OK);
    assert_int_equal(call(&c, &a, &e), CIRCUIT_OK);
    relay_recheck(relay);
    run_ms(5);
    assert_false(e.is_closed);
    answers = ANSWER_NOTHING;
    send_hop(&c, connect_wire(key_peerid(a.key), buf), &w);
    run_ms(5);
    may = c_may_not;
    relay_recheck(relay);
    run_until(end_closed, &e);
    run_until(has_answer, &w);
    assert_int_equal(answer_in(&w).status, CIRCUIT_PERMISSION_DENIED);
    run_until(no_circuits, NULL);
    assert_int_equal(stats().reservations, 1);
}

static void test_recheck_reaches_calls_that_are_opened(void **state)
{
    static struct end e;
    (void)state;
    begin_with_slot();
    call_unheard(&e);
    may = c_may_not;
    relay_recheck(relay);
    run_until(has_answer, &e);
    assert_int_equal(answer_in(&e).status, CIRCUIT_PERMISSION_DENIED);
    run_until(no_circuits, NULL);
}

static void test_recheck_ends_circuits_to_who_may_not_reserve(void **state)
{
    static struct end e;
    (void)state;
    begin_with_slot();
    assert_int_equal(call(&c, &a, &e), CIRCUIT_OK);
    may = a_may_not;
    relay_recheck(relay);
    run_until(end_closed, &e);
    assert_int_equal(stats().reservations, 0);
}

/* --- bad input --- */

static void test_requests_that_cannot_be_read_are_malformed(void **state)
{
    static const struct {
        struct bytes wire;
        enum circuit_status want;
    } t[] = {
        { { (const uint8_t *)"\0", 1 }, CIRCUIT_MALFORMED_MESSAGE },             /* no type */
        { { (const uint8_t *)"\2\x08\x07", 3 }, CIRCUIT_MALFORMED_MESSAGE },     /* no such type */
        { { (const uint8_t *)"\3\x08\x00\xff", 4 }, CIRCUIT_MALFORMED_MESSAGE }, /* broken field */
        { { (const uint8_t *)"\2\x08\x01", 3 }, CIRCUIT_MALFORMED_MESSAGE },     /* no peer */
        { { (const uint8_t *)"\7\x08\x01\x12\x03\x0a\x01x", 8 }, CIRCUIT_MALFORMED_MESSAGE },
        { { (const uint8_t *)"\5\x08\x02\x28\xe4\x00", 6 },
          CIRCUIT_UNEXPECTED_MESSAGE }, /* STATUS */
    };
    static struct end e;
    (void)state;
    begin_with_slot();
    for (size_t i = 0; i < COUNT(t); i++)
        assert_int_equal(ask(&c, t[i].wire, &e), t[i].want);
    assert_int_equal(stats().refused, 0); /* they were no requests */
}

static void test_a_request_that_never_comes_is_not_waited_for(void **state)
{
    static struct end nothing, half, huge;
    (void)state;
    begin();
    send_hop(&c, (struct bytes){ 0 }, &nothing);
    send_hop(&c, (struct bytes){ reserve_wire, 2 }, &half);
    send_hop(&c, (struct bytes)B("\xff\xff\x7f more than any message"), &huge);
    run_until(end_closed, &huge);
    run_until(end_closed, &nothing);
    run_until(end_closed, &half);
    assert_int_equal(stats().reservations, 0);
}

static void test_a_flood_of_garbage_harms_nobody_else(void **state)
{
    static struct end flood[12], e;
    uint8_t garbage[200];
    (void)state;
    begin_with_slot();
    assert_int_equal(call(&c, &a, &e), CIRCUIT_OK);
    srand(1);
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < COUNT(flood); i++) {
            for (size_t k = 0; k < sizeof garbage; k++)
                garbage[k] = (uint8_t)rand();
            garbage[0] = (uint8_t)(i * 16); /* mostly whole messages */
            send_hop(&c, (struct bytes){ garbage, sizeof garbage }, &flood[i]);
        }
        run_ms(3);
        for (size_t i = 0; i < COUNT(flood); i++)
            if (flood[i].s)
                stream_drop(flood[i].s, GW_ECANCELED);
        run_ms(1);
    }
    says(&e, "unharmed");
    run_ms(5);
    assert_memory_equal(target[0].got, "unharmed", 8);
    assert_int_equal(stats().reservations, 1);
    assert_int_equal(stats().circuits, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_reserve_is_answered_as_the_spec_says),
        T(test_reserve_tells_the_limits),
        T(test_reserve_from_this_machine_is_told_loopback),
        T(test_reserve_leaves_out_addresses_that_do_not_fit),
        T(test_reserve_by_a_stranger_is_denied),
        T(test_reserve_through_a_relay_is_denied),
        T(test_reserve_beyond_the_limits_is_refused),
        T(test_reserve_too_often_is_refused_and_takes_nothing_away),
        T(test_a_connection_with_a_slot_is_not_closed_for_being_idle),
        T(test_a_slot_ends_with_its_connection),
        T(test_a_slot_goes_on_with_another_connection_of_its_peer),
        T(test_a_slot_ends_at_its_time),
        T(test_connect_joins_both_ends),
        T(test_reset_crosses),
        T(test_early_octets_of_both_ends_arrive),
        T(test_what_the_source_says_while_it_waits_arrives),
        T(test_a_source_that_floods_while_it_waits_is_dropped),
        T(test_connect_refused_by_the_target_has_failed),
        T(test_a_target_that_does_not_answer_has_failed_in_time),
        T(test_a_target_that_goes_while_asked_has_failed),
        T(test_a_target_that_does_not_open_has_failed_in_time),
        T(test_a_source_that_goes_while_the_target_opens_counts_until_then),
        T(test_a_source_that_goes_while_the_target_is_asked_ends_it),
        T(test_the_end_of_a_connection_ends_its_circuits),
        T(test_connect_without_a_right_is_denied),
        T(test_connect_through_a_relay_needs_a_right_of_its_own),
        T(test_connect_to_who_has_no_slot_is_told_so),
        T(test_connect_beyond_the_limits_is_told_so),
        T(test_connect_beyond_those_that_wait_is_told_so),
        T(test_a_circuit_ends_at_its_octets),
        T(test_a_circuit_ends_at_its_time),
        T(test_a_circuit_keeps_to_its_rate),
        T(test_a_slow_reader_slows_its_circuit_only),
        T(test_a_spent_month_ends_circuits_and_refuses_new_ones),
        cmocka_unit_test_setup_teardown(test_the_month_is_kept_across_restarts, setup_files,
                                        teardown_files),
        T(test_recheck_takes_away_what_is_no_right_any_more),
        T(test_recheck_reaches_calls_that_are_opened),
        T(test_recheck_ends_circuits_to_who_may_not_reserve),
        T(test_requests_that_cannot_be_read_are_malformed),
        T(test_a_request_that_never_comes_is_not_waited_for),
        T(test_a_flood_of_garbage_harms_nobody_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
