/* test_ctl_doctor.c - the commands doctor and netcheck: what is asked, in which order, and what is
 * told when something never answers.  All that stands around them is faked, and the timers are
 * turned by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "ctl/ctl_doctor.h"
#include "ctl/ctl_netcheck.h"
#include "ctl/ctl_status.h"
#include "p2p/loss.h"
#include "p2p/ping.h"
#include "wire/dcutr_msg.h"

#define RELAY      "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"
#define DIRECT     "/ip4/198.51.100.3/udp/9/quic-v1"
#define PRIVATE    "/ip4/192.168.7.7/udp/9/quic-v1"
#define CIRCUIT    "/ip4/203.0.113.9/udp/4001/quic-v1/p2p/" RELAY "/p2p-circuit"

#define PROBES_MAX 16
#define TIMERS_MAX 8

struct conn {
    struct muxed_info info;
    bool is_relayed;
};

static struct world {
    ev_timer *timers[TIMERS_MAX]; /* started */
    json_t *reply;                /* owned */
    char failed[128];
    void (*cancel)(void *arg);
    void *cancel_arg;
    bool is_known;
    struct name_answer answer;
    struct peerid self;
    bool is_connected;
    struct conn conn;
    bool speaks_dcutr;
    struct checkup_state here;
    host_connected_fn *connected;
    checkup_told_fn *told;
    ping_answer_fn *pong;
    loss_done_fn *measured;
    void *arg; /* of all of them */
    struct {
        struct multiaddr addr;
        host_probed_fn *done;
        void *arg;
    } probes[PROBES_MAX];
    size_t nprobes;
    struct multiaddr known;
    int canceled; /* anything under way */
} w;

/* libev, as far as the doctor uses it. */

void ev_timer_start(struct ev_loop *loop, ev_timer *t)
{
    size_t i = 0;
    (void)loop;
    while (w.timers[i] && w.timers[i] != t)
        i++;
    assert_true(i < TIMERS_MAX);
    w.timers[i] = t;
}

void ev_timer_again(struct ev_loop *loop, ev_timer *t)
{
    t->at = t->repeat;
    ev_timer_start(loop, t);
}

void ev_timer_stop(struct ev_loop *loop, ev_timer *t)
{
    (void)loop;
    for (size_t i = 0; i < TIMERS_MAX; i++)
        if (w.timers[i] == t)
            w.timers[i] = NULL;
}

static ev_timer *timer_of(unsigned ms)
{
    for (size_t i = 0; i < TIMERS_MAX; i++)
        if (w.timers[i] && (unsigned)(w.timers[i]->at * 1e3 + .5) == ms)
            return w.timers[i];
    return NULL;
}

static void pass(unsigned ms)
{
    ev_timer *t = timer_of(ms);
    assert_non_null(t);
    ev_invoke(NULL, t, EV_TIMER);
}

static void tick(void)
{
    pass(200);
}

/* The session. */

void ctl_session_reply(struct ctl_session *s, json_t *v)
{
    (void)s;
    assert_non_null(v);
    assert_null(w.reply);
    w.reply = v;
    w.cancel = NULL;
}

void ctl_session_fail(struct ctl_session *s, const char *fmt, ...)
{
    va_list ap;

    (void)s;
    va_start(ap, fmt);
    vsnprintf(w.failed, sizeof w.failed, fmt, ap);
    va_end(ap);
}

void ctl_session_on_cancel(struct ctl_session *s, void (*fn)(void *arg), void *arg)
{
    (void)s;
    w.cancel = fn;
    w.cancel_arg = arg;
}

json_t *ctl_status_foreign(struct bytes text)
{
    return json_string(log_esc(text));
}

/* What it asks. */

struct resolver_req *resolver_lookup(struct resolver *r, const char *host, resolver_done_fn *done,
                                     void *arg)
{
    (void)r;
    assert_string_equal(host, "alice");
    done(arg, w.is_known ? 0 : GW_ENONAME, &w.answer, w.is_known ? "" : "names file: no line");
    return NULL;
}

void resolver_cancel(struct resolver_req *q)
{
    (void)q;
}

const struct resolver_trace *resolver_trace(const struct resolver *r)
{
    (void)r;
    return NULL;
}

const char *tier_static_name_of(const struct tier_static *t, const struct peerid *peer)
{
    struct peerid relay;
    (void)t;
    assert_int_equal(peerid_parse(bytes_of(RELAY), &relay), 0);
    return peerid_eq(peer, &relay) ? "relay1" : NULL;
}

enum host_path front_path(const struct front *f, const struct peerid *peer)
{
    (void)f;
    assert_true(peerid_eq(peer, &w.answer.peer));
    return HOST_PATH_ANY;
}

const struct peerid *host_peerid(const struct host *h)
{
    (void)h;
    return &w.self;
}

struct conn *host_conn(const struct host *h, const struct peerid *peer)
{
    (void)h;
    assert_true(peerid_eq(peer, &w.answer.peer));
    return w.is_connected ? &w.conn : NULL;
}

void conn_info(const struct conn *c, struct muxed_info *out)
{
    *out = c->info;
}

bool conn_is_relayed(const struct conn *c)
{
    return c->is_relayed;
}

bool conn_speaks(const struct conn *c, const char *protocol)
{
    (void)c;
    assert_string_equal(protocol, DCUTR_PROTOCOL);
    return w.speaks_dcutr;
}

const struct multiaddr *host_known_addrs(const struct host *h, const struct peerid *peer, size_t *n)
{
    (void)h;
    (void)peer;
    *n = w.known.n > 0;
    return &w.known;
}

struct host_connect *host_connect(struct host *h, const struct host_connect_req *req,
                                  host_connected_fn *done, void *arg)
{
    (void)h;
    assert_int_equal(req->path, HOST_PATH_ANY);
    assert_int_equal(req->naddrs, w.answer.naddrs);
    w.connected = done;
    w.arg = arg;
    return (struct host_connect *)&w;
}

void host_connect_cancel(struct host_connect *k)
{
    w.canceled += k != NULL;
}

struct checkup_ask *checkup_ask(struct host *h, const struct peerid *peer, uint64_t timeout_ms,
                                checkup_told_fn *done, void *arg)
{
    (void)h;
    (void)peer;
    assert_int_equal(timeout_ms, DOCTOR_ASK_MS);
    w.told = done;
    assert_ptr_equal(w.arg, arg);
    return (struct checkup_ask *)&w;
}

void checkup_ask_cancel(struct checkup_ask *q)
{
    w.canceled += q != NULL;
}

void checkup_look(const struct checkup *k, const struct peerid *towards, struct checkup_state *out)
{
    (void)k;
    (void)towards;
    *out = w.here;
}

struct ping *ping_start(struct conn *c, const struct ping_round *round, ping_answer_fn *answer,
                        void *arg)
{
    assert_int_equal(round->count, DOCTOR_PINGS);
    assert_ptr_equal(w.arg, arg);
    w.pong = answer;
    return (struct ping *)c;
}

void ping_cancel(struct ping *p)
{
    w.canceled += p != NULL;
}

int loss_start(struct conn *c, loss_done_fn *done, void *arg, struct loss **out)
{
    assert_ptr_equal(c, &w.conn);
    assert_ptr_equal(w.arg, arg);
    if (!w.conn.info.datagram_max)
        return GW_EUNSUP;
    w.measured = done;
    *out = (struct loss *)c;
    return 0;
}

void loss_cancel(struct loss *l)
{
    w.canceled += l != NULL;
}

int host_probe(struct host *h, const struct host_probe_req *req, host_probed_fn *done, void *arg,
               struct host_probe **out)
{
    (void)h;
    assert_true(w.nprobes < PROBES_MAX);
    assert_int_equal(req->timeout_ms, DOCTOR_PROBE_MS);
    w.probes[w.nprobes].addr = req->addr;
    w.probes[w.nprobes].done = done;
    w.probes[w.nprobes++].arg = arg;
    *out = (struct host_probe *)&w;
    return 0;
}

void host_probe_cancel(struct host_probe *p)
{
    w.canceled += p != NULL;
}

/* ---- */

static struct multiaddr maddr(const char *text)
{
    struct multiaddr a;
    assert_int_equal(multiaddr_parse(bytes_of(text), &a), 0);
    return a;
}

static int setup(void **state)
{
    (void)state;
    memset(&w, 0, sizeof w);
    w.is_known = w.speaks_dcutr = true;
    w.answer = (struct name_answer){ .tier = "names file", .naddrs = 1 };
    w.answer.peer = (struct peerid){ .n = 38, .mh = { 0x00, 0x24, 0x08, 0x01, 0x12, 0x20 } };
    w.self = (struct peerid){ .n = 38, .mh = { 0x00, 0x24, 0x08, 0x01, 0x12, 0x20, 1 } };
    w.answer.addrs[0] = maddr(CIRCUIT);
    w.conn = (struct conn){ .info = { .transport = "circuit", .remote = maddr(CIRCUIT) },
                            .is_relayed = true };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    json_decref(w.reply);
    for (size_t i = 0; i < TIMERS_MAX; i++)
        assert_null(w.timers[i]);
    return 0;
}

static void run_doctor(void)
{
    const struct ctl_deps deps = { .version = "1" };
    static struct ctl_deps copy;
    json_t *req = json_pack("{s:s, s:s}", "cmd", "doctor", "name", "alice");

    copy = deps;
    ctl_doctor_run(&copy, NULL, req);
    json_decref(req);
}

static void connect_now(void)
{
    w.is_connected = true;
    w.connected(w.arg, 0, &w.conn);
}

static void pong(uint64_t us)
{
    w.pong(w.arg, 0, us);
}

static void probed(const char *addr, int err, uint64_t us)
{
    struct multiaddr a = maddr(addr);

    for (size_t i = 0; i < w.nprobes; i++)
        if (w.probes[i].done && multiaddr_eq(&w.probes[i].addr, &a)) {
            w.probes[i].done(w.probes[i].arg, err, us);
            w.probes[i].done = NULL;
            return;
        }
    fail_msg("%s is not tried", addr);
}

static const json_t *get(const char *path)
{
    char part[64];
    const json_t *v = w.reply;

    assert_non_null(w.reply);
    for (const char *p = path; v && *p;) {
        size_t n = strcspn(p, ".");
        snprintf(part, sizeof part, "%.*s", (int)n, p);
        v = json_is_array(v) ? json_array_get(v, (size_t)atoi(part)) : json_object_get(v, part);
        p += n + (p[n] == '.');
    }
    return v;
}

static void check(const char *path, const char *want)
{
    const char *is = json_string_value(get(path));
    assert_non_null(is);
    assert_string_equal(is, want);
}

static bool is_true(const char *path)
{
    return json_is_true(get(path));
}

static void test_a_relayed_peer_is_told_of_from_both_ends(void **state)
{
    (void)state;
    struct checkup_state theirs = { .version = "9\x1b" };

    theirs.net.mapping = w.here.net.mapping = CHECKUP_MAPPING_DEPENDENT;
    theirs.candidates.n = 2;
    theirs.candidates.v[0] = maddr(DIRECT);
    theirs.candidates.v[1] = maddr("/ip4/127.0.0.1/udp/9/quic-v1"); /* its own: not ours to try */
    w.known = maddr(DIRECT "/p2p/" RELAY);                          /* the same once more */
    w.here.nrelays = 1;
    w.here.relays[0].slot = CHECKUP_SLOT_HELD;
    w.here.relays[0].rtt_us = 1500;
    assert_int_equal(peerid_parse(bytes_of(RELAY), &w.here.relays[0].id), 0);
    run_doctor();
    connect_now();
    pong(41000);
    w.told(w.arg, 0, &theirs);
    pong(40500);
    pong(43000);
    assert_int_equal(w.nprobes, 2);
    probed(CIRCUIT, 0, 55250);
    tick();
    assert_null(w.reply);
    probed(DIRECT, GW_ETIMEOUT, 3000000);
    tick();

    assert_true(is_true("connected"));
    check("name", "alice");
    check("tier", "names file");
    check("path", "relayed");
    check("transport", "circuit");
    check("addr", CIRCUIT);
    check("relay", RELAY);
    assert_float_equal(json_real_value(get("rtt_ms")), 40.5, 0.0001);
    check("here.mapping", "address- or port-dependent");
    check("there.mapping", "address- or port-dependent");
    check("there.version", "9\\x1b");
    check("here.relays.0.name", "relay1");
    check("here.relays.0.state", "held");
    assert_float_equal(json_real_value(get("here.relays.0.rtt_ms")), 1.5, 0.0001);
    check("candidates.0.addr", CIRCUIT);
    check("candidates.0.result", "ok");
    assert_float_equal(json_real_value(get("candidates.0.ms")), 55.25, 0.0001);
    check("candidates.1.path", "direct");
    check("candidates.1.error", gw_strerror(GW_ETIMEOUT));
    check("why.0.cause", "both-symmetric");
    assert_true(json_is_null(get("loss")));
    check("loss_error", "only a direct path over QUIC shows it");
    assert_non_null(get("cure.0"));
    assert_null(get("there_error"));
    assert_int_equal(w.canceled, 0);
}

static void test_a_direct_peer_has_nothing_to_cure(void **state)
{
    (void)state;
    struct checkup_state theirs = { 0 };

    w.conn = (struct conn){ .info = {
                                .transport = "quic-v1", .remote = maddr(DIRECT), .rtt_us = 7000 } };
    run_doctor();
    connect_now();
    w.told(w.arg, 0, &theirs);
    w.pong(w.arg, GW_ENOPROTO, 0);
    probed(CIRCUIT, GW_ELIMIT, 1);
    tick();
    check("path", "direct");
    check("relay", "");
    assert_float_equal(json_real_value(get("rtt_ms")), 7, 0.0001);
    assert_int_equal(json_array_size(get("why")), 0);
    assert_int_equal(json_array_size(get("cure")), 0);
}

/* A direct peer whose addresses have been tried, and whose path is being measured. */
static void run_to_the_measurement(void)
{
    struct checkup_state theirs = { 0 };

    w.conn = (struct conn){
        .info = { .transport = "quic-v1", .remote = maddr(DIRECT), .datagram_max = 1200 }
    };
    run_doctor();
    connect_now();
    w.told(w.arg, 0, &theirs);
    w.pong(w.arg, GW_ENOPROTO, 0);
    probed(CIRCUIT, GW_ELIMIT, 1);
    tick();
    tick();
    assert_null(w.reply);
}

static void test_what_gets_lost_on_a_direct_path_is_told(void **state)
{
    static const struct loss_result r = {
        .sent = 400, .there = 388, .back = 388, .jitter_us = 250
    };
    (void)state;

    run_to_the_measurement();
    w.measured(w.arg, 0, &r);
    tick();
    assert_int_equal(json_integer_value(get("loss.packets")), 400);
    assert_float_equal(json_real_value(get("loss.out_percent")), 3, 0.0001);
    assert_float_equal(json_real_value(get("loss.in_percent")), 0, 0.0001);
    assert_float_equal(json_real_value(get("loss.jitter_ms")), 0.25, 0.0001);
    assert_null(get("loss_error"));
    check("why.0.cause", "lossy");
}

static void test_a_peer_that_does_not_measure_is_told_of(void **state)
{
    (void)state;
    run_to_the_measurement();
    w.measured(w.arg, GW_ENOPROTO, NULL);
    tick();
    assert_true(json_is_null(get("loss")));
    check("loss_error", gw_strerror(GW_ENOPROTO));
    assert_int_equal(json_array_size(get("why")), 0);
}

static void test_a_measurement_that_does_not_end_is_given_up(void **state)
{
    (void)state;
    run_to_the_measurement();
    pass(DOCTOR_MS);
    check("loss_error", gw_strerror(GW_ETIMEOUT));
    assert_int_equal(w.canceled, 1);
}

static void test_an_unknown_name_tells_who_was_asked(void **state)
{
    (void)state;
    w.is_known = false;
    w.here.net.udp = CHECKUP_UDP_WORKS;
    run_doctor();
    assert_false(is_true("connected"));
    check("peer", "");
    check("trail", "names file: no line");
    check("error", gw_strerror(GW_ENONAME));
    check("path", "none");
    check("here.udp", "works");
    assert_true(json_is_null(get("there")));
    check("why.0.cause", "unknown-name");
}

static void test_who_does_not_connect_is_tried_address_by_address(void **state)
{
    (void)state;
    w.known = maddr(DIRECT);
    run_doctor();
    w.connected(w.arg, GW_EOFFLINE, NULL);
    assert_int_equal(w.nprobes, 2);
    probed(CIRCUIT, GW_EOFFLINE, 10);
    probed(DIRECT, GW_ETIMEOUT, 10);
    tick();
    assert_false(is_true("connected"));
    check("error", gw_strerror(GW_EOFFLINE));
    check("why.0.cause", "offline");
    assert_true(json_is_null(get("there")));
    check("there_error", gw_strerror(GW_EOFFLINE));
}

/* Over QUIC we are connected before the peer has judged us. */
static void test_who_is_thrown_out_again_is_denied(void **state)
{
    (void)state;
    run_doctor();
    connect_now();
    w.is_connected = false;
    w.pong(w.arg, GW_EDENIED, 0);
    w.told(w.arg, GW_EDENIED, NULL);
    probed(CIRCUIT, 0, 10);
    tick();
    check("error", gw_strerror(GW_EDENIED));
    check("why.0.cause", "denied");
    assert_int_equal(json_array_size(get("why")), 1);
}

static void test_connecting_has_a_deadline_of_its_own(void **state)
{
    (void)state;
    run_doctor();
    pass(DOCTOR_CONNECT_MS);
    assert_int_equal(w.canceled, 1);
    assert_int_equal(w.nprobes, 1);
    probed(CIRCUIT, 0, 10);
    tick();
    check("candidates.0.result", "ok");
}

static void test_a_peer_that_does_not_tell_is_still_diagnosed(void **state)
{
    (void)state;
    w.speaks_dcutr = false;
    run_doctor();
    connect_now();
    w.told(w.arg, GW_ENOPROTO, NULL);
    for (int i = 0; i < DOCTOR_PINGS; i++)
        pong(1000);
    probed(CIRCUIT, 0, 10);
    tick();
    check("there_error", gw_strerror(GW_ENOPROTO));
    assert_true(json_is_null(get("there")));
    check("why.0.cause", "no-dcutr");
}

static void test_the_deadline_tells_what_is_known_by_then(void **state)
{
    (void)state;
    struct checkup_state theirs = { .candidates = { .n = 1 } };

    theirs.candidates.v[0] = maddr(PRIVATE);
    run_doctor();
    connect_now();
    pong(2000);
    w.told(w.arg, 0, &theirs);
    probed(CIRCUIT, 0, 10);
    tick();
    assert_null(w.reply);
    pass(DOCTOR_MS);
    check("path", "relayed");
    check("candidates.0.result", "ok");
    check("candidates.1.error", gw_strerror(GW_ETIMEOUT));
    assert_float_equal(json_real_value(get("rtt_ms")), 2, 0.0001);
    assert_int_equal(w.canceled, 2); /* the other probe, and the pings */
}

static void test_a_deadline_while_it_asks_says_that_nothing_was_told(void **state)
{
    (void)state;
    run_doctor();
    connect_now();
    pass(DOCTOR_MS);
    check("there_error", gw_strerror(GW_ETIMEOUT));
    assert_int_equal(json_array_size(get("candidates")), 0);
    assert_int_equal(w.canceled, 2); /* the question, and the pings */
}

static void test_a_hole_that_is_being_punched_is_waited_for(void **state)
{
    (void)state;
    struct checkup_state theirs = { 0 };

    run_doctor();
    connect_now();
    for (int i = 0; i < DOCTOR_PINGS; i++)
        pong(1000);
    w.told(w.arg, 0, &theirs);
    probed(CIRCUIT, 0, 10);
    w.here.punch.state = CHECKUP_PUNCH_UPGRADING;
    tick();
    assert_null(w.reply);
    w.here.punch.state = CHECKUP_PUNCH_NONE;
    w.conn = (struct conn){ .info = { .transport = "quic-v1", .remote = maddr(DIRECT) } };
    tick();
    check("path", "direct");
}

static void test_the_punch_of_the_end_that_tried_is_told(void **state)
{
    (void)state;
    struct checkup_state theirs = { .punch = { CHECKUP_PUNCH_FAILED, 3, "oops\xff" } };

    run_doctor();
    connect_now();
    for (int i = 0; i < DOCTOR_PINGS; i++)
        pong(1000);
    w.told(w.arg, 0, &theirs);
    probed(CIRCUIT, 0, 10);
    tick();
    check("punch.state", "failed");
    assert_int_equal(json_integer_value(get("punch.tries")), 3);
    check("punch.error", "oops\\xff");
    check("why.0.cause", "punch-failed");
}

static void test_no_more_addresses_are_tried_than_there_is_room_for(void **state)
{
    (void)state;
    struct checkup_state theirs = { .announced = { .n = PB_LIST_MAX } };
    char text[64];

    for (int i = 0; i < PB_LIST_MAX; i++) {
        snprintf(text, sizeof text, "/ip4/198.51.100.%d/udp/9/quic-v1", i + 1);
        theirs.announced.v[i] = maddr(text);
    }
    run_doctor();
    connect_now();
    w.told(w.arg, 0, &theirs);
    assert_int_equal(w.nprobes, DOCTOR_ADDRS_MAX);
    pass(DOCTOR_MS);
    assert_int_equal(json_array_size(get("candidates")), DOCTOR_ADDRS_MAX);
}

static void test_a_client_that_goes_away_ends_all(void **state)
{
    (void)state;
    struct checkup_state theirs = { 0 };

    run_doctor();
    connect_now();
    w.told(w.arg, 0, &theirs);
    w.cancel(w.cancel_arg);
    assert_int_equal(w.canceled, 2); /* the probe, and the pings */
    assert_null(w.reply);
}

static void test_nobody_calls_himself(void **state)
{
    (void)state;
    w.self = w.answer.peer;
    run_doctor();
    assert_string_equal(w.failed,
                        "alice: that is this node itself; gw netcheck tells how it is connected");
    assert_null(w.connected);
}

static void test_a_request_without_a_name_is_refused(void **state)
{
    (void)state;
    json_t *req = json_object();
    ctl_doctor_run(NULL, NULL, req);
    assert_string_equal(w.failed, "the request names no peer");
    json_decref(req);
}

static void test_netcheck_says_what_is_known_and_what_it_means(void **state)
{
    (void)state;
    const struct ctl_deps deps = { .version = "1" };

    w.here.net.mapping = CHECKUP_MAPPING_INDEPENDENT;
    w.here.announced.n = 1;
    w.here.announced.v[0] = maddr(DIRECT);
    snprintf(w.here.version, sizeof w.here.version, "1.2");
    ctl_netcheck_run(&deps, NULL, NULL);
    check("version", "1.2");
    check("mapping", "endpoint-independent");
    check("filtering", "unknown");
    check("announced.0", DIRECT);
    assert_non_null(strstr(json_string_value(get("meaning.filtering")), "has told yet"));
    assert_non_null(strstr(json_string_value(get("meaning.mapping")), "holes can be punched"));
    assert_non_null(json_string_value(get("meaning.relays")));
    assert_true(*json_string_value(get("peer_id")) != '\0');
    assert_int_equal(json_array_size(get("relays")), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_relayed_peer_is_told_of_from_both_ends),
        T(test_a_direct_peer_has_nothing_to_cure),
        T(test_what_gets_lost_on_a_direct_path_is_told),
        T(test_a_peer_that_does_not_measure_is_told_of),
        T(test_a_measurement_that_does_not_end_is_given_up),
        T(test_an_unknown_name_tells_who_was_asked),
        T(test_who_does_not_connect_is_tried_address_by_address),
        T(test_who_is_thrown_out_again_is_denied),
        T(test_connecting_has_a_deadline_of_its_own),
        T(test_a_peer_that_does_not_tell_is_still_diagnosed),
        T(test_the_deadline_tells_what_is_known_by_then),
        T(test_a_deadline_while_it_asks_says_that_nothing_was_told),
        T(test_a_hole_that_is_being_punched_is_waited_for),
        T(test_the_punch_of_the_end_that_tried_is_told),
        T(test_no_more_addresses_are_tried_than_there_is_room_for),
        T(test_a_client_that_goes_away_ends_all),
        T(test_nobody_calls_himself),
        T(test_a_request_without_a_name_is_refused),
        T(test_netcheck_says_what_is_known_and_what_it_means),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
