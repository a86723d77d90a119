/* relayload.c - many peers of one relay in one process.
 *
 *   relayload [-n HOSTS] [-m CIRCUITS] [-b OCTETS] [-c AT-ONCE] -p PID RELAY
 *
 * RELAY is a multiaddr with /p2p/ID.  Every host reserves a slot there; then the first CIRCUITS
 * hosts each open a stream to one of the last, through the relay; then all these streams at once
 * carry OCTETS there and back, compared; then nothing happens for REST_S.  All stands until a line
 * (or the end) comes on stdin, and then closes.  Phases have AT-ONCE operations under way.
 *
 * One JSON line for each phase: what was done in which time, what failed, and then the relay's own
 * memory, CPU time and descriptors (of the process PID).  Exit status 1 when anything failed. */
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "id/circuit_addr.h"
#include "p2p/circuit.h"
#include "p2p/identify.h"
#include "p2p/reservations.h"
#include "relayproc.h"

#define ECHO_PROTOCOL "/relayload/echo/1.0.0"
#define TICK_S        0.01
#define SETTLE_S      1.5 /* what is under way still when a phase is over: its messages, its timers */
#define PHASE_S       120.
#define REST_S        10.
#define FILES_MIN     64 /* descriptors beside the sockets */

struct call { /* the caller's end */
    struct stream *s;
    int err; /* why there is no stream, or no more */
    size_t got;
    bool is_asked, is_answered;
};

struct node {
    struct key *key;
    struct announce *announce;
    struct identify *identify;
    struct host *host;
    struct reservations *reservations;
    struct circuit *circuit;
    bool is_asked, is_held;
    struct call call;
};

struct echo { /* the far end */
    struct stream *s;
    size_t queued; /* octets on their way back */
};

static struct ev_loop *loop;
static struct turn *turn;
static struct multiaddr relay, through;
static struct node *nodes;
static struct relay_scores scores; /* of all: there is one relay */
static size_t nnodes = 2000, ncalls = 500, noctets = 65536, at_once = 64;
static pid_t relay_pid;
static bool has_failed;

static void die(const char *what, int err)
{
    fprintf(stderr, "relayload: %s: %s\n", what, gw_strerror(err));
    exit(2);
}

/* ---- the far end ---- */

static void echo_drained(struct stream *s, size_t n)
{
    struct echo *e = s->owner;

    n = n < e->queued ? n : e->queued; /* the end of the negotiation was not delivered to us */
    e->queued -= n;
    s->ops->credit(s, n);
}

static void echo_data(struct stream *s, struct bytes v)
{
    struct echo *e = s->owner;
    ssize_t left = s->ops->write(s, v);

    if (left < 0) {
        s->ops->reset(s, (int)left);
        return;
    }
    e->queued += v.n;
    if (left > 0)
        echo_drained(s, (size_t)left);
}

static void echo_eof(struct stream *s)
{
    s->ops->shutdown(s);
}

static void echo_close(struct stream *s, int err)
{
    (void)err;
    free(s->owner);
}

static const struct stream_events echo_events = {
    .on_data = echo_data, .on_drained = echo_drained, .on_eof = echo_eof, .on_close = echo_close
};

static void echo_start(void *arg, struct conn *c, struct stream *s, const char *protocol,
                       struct bytes early)
{
    struct echo *e = calloc(1, sizeof *e);
    (void)arg;
    (void)c;
    (void)protocol;

    if (!e)
        die("echo", GW_ENOMEM);
    e->s = s;
    stream_own(s, &echo_events, e);
    if (early.n)
        echo_data(s, early);
}

/* ---- the caller's end ---- */

/* No octet depends on the one before, and no two circuits have the same. */
static uint8_t pattern(const struct node *n, size_t at)
{
    uint32_t x = (uint32_t)(n - nodes) * 2654435761u + (uint32_t)at * 2246822519u;
    return (uint8_t)(x >> 24 ^ x >> 11);
}

static void call_data(struct stream *s, struct bytes v)
{
    struct node *n = s->owner;

    for (size_t i = 0; i < v.n; i++)
        if (n->call.got + i >= noctets || v.p[i] != pattern(n, n->call.got + i)) {
            n->call.err = GW_EPROTO;
            s->ops->reset(s, GW_EPROTO);
            return;
        }
    n->call.got += v.n;
    s->ops->credit(s, v.n);
}

static void call_close(struct stream *s, int err)
{
    struct node *n = s->owner;

    n->call.s = NULL;
    if (!n->call.err)
        n->call.err = err ? err : GW_ECLOSED;
}

static const struct stream_events call_events = { .on_data = call_data,
                                                  .on_drained = stream_ignore_drained,
                                                  .on_eof = stream_ignore_eof,
                                                  .on_close = call_close };

static void call_opened(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                        struct bytes early)
{
    struct node *n = arg;
    (void)protocol;

    n->call.is_answered = true;
    n->call.err = err;
    if (err)
        return;
    if (!conn_is_relayed(c) || early.n)
        die("a stream", GW_EPROTO);
    n->call.s = s;
    stream_own(s, &call_events, n);
    s->ops->credit(s, 0);
}

static void call_start(struct node *n)
{
    static const struct host_proposal echo = { .protocol = ECHO_PROTOCOL };
    const struct node *to = &nodes[nnodes - 1 - (size_t)(n - nodes)];
    const struct host_open_req req = { .peer = *key_peerid(to->key),
                                       .addrs = &through,
                                       .naddrs = 1,
                                       .proposals = &echo,
                                       .nproposals = 1 };

    n->call.is_asked = true;
    if (!host_open(n->host, &req, call_opened, n))
        die("a stream", GW_ENOMEM);
}

static void call_write(struct node *n)
{
    uint8_t buf[4096];

    for (size_t at = 0; n->call.s && at < noctets; at += sizeof buf) {
        size_t some = noctets - at < sizeof buf ? noctets - at : sizeof buf;
        for (size_t i = 0; i < some; i++)
            buf[i] = pattern(n, at + i);
        if (n->call.s->ops->write(n->call.s, (struct bytes){ buf, some }) < 0)
            die("a stream", GW_ENOMEM);
    }
}

/* ---- hosts ---- */

static bool admit(void *arg, const struct peerid *peer)
{
    (void)arg;
    (void)peer;
    return true;
}

static bool holds_slot(void *arg, const struct peerid *at)
{
    const struct node *n = arg;
    return n->reservations && reservations_holds(n->reservations, at);
}

static void node_open(struct node *n)
{
    static const struct host_config cfg = { .dial_timeout_ms = 20000,
                                            .negotiate_timeout_ms = 20000,
                                            .max_peers = 8,
                                            .max_streams = 64,
                                            .max_half_open = 16,
                                            .window = 1u << 20 };

    if (key_generate(&n->key) != 0 ||
        !(n->host = host_new(loop, turn, n->key, &cfg, admit, NULL)) ||
        !(n->announce = announce_new(n->host)) || !(n->identify = identify_new(n->host)) ||
        !(n->circuit = circuit_new(n->host, &scores, holds_slot, n)) ||
        !(n->reservations = reservations_new(n->host, n->announce, &scores)) ||
        host_handle(n->host, ECHO_PROTOCOL, NULL, echo_start, NULL) != 0)
        die("a host", GW_ENOMEM);
}

static void node_close(struct node *n)
{
    circuit_free(n->circuit);
    reservations_free(n->reservations);
    host_free(n->host);
    identify_free(n->identify);
    announce_free(n->announce);
    key_free(n->key);
}

/* ---- phases ---- */

static bool have_reserved(void)
{
    struct peerid id;
    size_t under_way = 0, held = 0;

    multiaddr_peer(&relay, &id);
    for (size_t i = 0; i < nnodes; i++) {
        struct node *n = &nodes[i];
        if (n->is_asked && !n->is_held)
            n->is_held = reservations_holds(n->reservations, &id);
        if (!n->is_asked && under_way < at_once) {
            n->is_asked = true;
            if (reservations_set(n->reservations, &relay, 1) != 0)
                die("a reservation", GW_ENOMEM);
        }
        held += n->is_held;
        under_way += n->is_asked && !n->is_held;
    }
    return held == nnodes;
}

static bool have_called(void)
{
    size_t under_way = 0, answered = 0;

    for (size_t i = 0; i < ncalls; i++) {
        struct node *n = &nodes[i];
        if (!n->call.is_asked && under_way < at_once)
            call_start(n);
        answered += n->call.is_answered;
        under_way += n->call.is_asked && !n->call.is_answered;
    }
    return answered == ncalls;
}

static bool have_echoed(void)
{
    size_t over = 0;

    for (size_t i = 0; i < ncalls; i++)
        over += !nodes[i].call.s || nodes[i].call.got == noctets;
    return over == ncalls;
}

static void count_conn(void *arg, struct conn *c)
{
    (void)c;
    ++*(size_t *)arg;
}

static bool have_closed(void)
{
    size_t left = 0;

    for (size_t i = 0; i < nnodes; i++)
        host_each_conn(nodes[i].host, count_conn, &left);
    return left == 0;
}

static bool never(void)
{
    return false;
}

static bool was_told_to_end(void)
{
    struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
    return poll(&in, 1, 0) != 0;
}

static size_t count_held(void)
{
    size_t n = 0;

    for (size_t i = 0; i < nnodes; i++)
        n += nodes[i].is_held;
    return n;
}

static size_t count_calls(size_t at_least)
{
    size_t n = 0;

    for (size_t i = 0; i < ncalls; i++)
        n += nodes[i].call.s && nodes[i].call.got >= at_least;
    return n;
}

static void on_tick(struct ev_loop *l, ev_timer *w, int revents)
{
    (void)l;
    (void)revents;
    *(bool *)w->data = true;
}

/* Turns the loop until it is done, which is looked at every TICK_S.  Returns the seconds it took.
 */
static double turn_until(bool (*is_done)(void), double limit_s)
{
    uint64_t start_ns = clock_mono_ns(), now_ns = start_ns;
    bool is_due = true;
    ev_timer tick;

    ev_timer_init(&tick, on_tick, TICK_S, TICK_S);
    tick.data = &is_due;
    ev_timer_start(loop, &tick);
    while ((double)(now_ns - start_ns) < limit_s * 1e9 && !(is_due && is_done())) {
        is_due = false;
        ev_run(loop, EVRUN_ONCE);
        now_ns = clock_mono_ns();
    }
    ev_timer_stop(loop, &tick);
    return (double)(now_ns - start_ns) / 1e9;
}

static void report(const char *phase, size_t want, size_t got, double seconds)
{
    struct relayproc now;

    turn_until(never, SETTLE_S);
    if (!relayproc_read(relay_pid, &now))
        die("the relay's process", GW_ENOTFOUND);
    has_failed = has_failed || got != want;
    printf("{\"phase\": \"%s\", \"done\": %zu, \"failed\": %zu, \"seconds\": %.2f, "
           "\"rss\": %llu, \"cpu_s\": %.2f, \"descriptors\": %u}\n",
           phase, got, want - got, seconds, (unsigned long long)now.rss, now.cpu_s,
           now.descriptors);
    fflush(stdout);
}

static void run(void)
{
    report("begin", 0, 0, 0);
    double seconds = turn_until(have_reserved, PHASE_S);
    report("reserved", nnodes, count_held(), seconds);
    seconds = turn_until(have_called, PHASE_S);
    report("circuits", ncalls, count_calls(0), seconds);
    for (size_t i = 0; i < ncalls; i++)
        call_write(&nodes[i]);
    seconds = turn_until(have_echoed, PHASE_S);
    report("echoes", ncalls, count_calls(noctets), seconds);
    for (size_t i = 0; i < ncalls; i++)
        if (nodes[i].call.err)
            fprintf(stderr, "relayload: circuit %zu: %s\n", i, gw_strerror(nodes[i].call.err));
    seconds = turn_until(never, REST_S);
    report("rest", ncalls, count_calls(noctets), seconds);
    turn_until(was_told_to_end, 10 * PHASE_S);
    for (size_t i = 0; i < nnodes; i++)
        host_stop(nodes[i].host, GW_ECANCELED);
    seconds = turn_until(have_closed, PHASE_S);
    for (size_t i = 0; i < nnodes; i++)
        host_stop(nodes[i].host, GW_ECANCELED);
    report("closed", 0, 0, seconds);
}

static void prepare(const char *relay_text)
{
    struct rlimit files;
    struct peerid id;
    struct multiaddr via;
    int err = multiaddr_parse(bytes_of(relay_text), &relay);

    if (err || !multiaddr_peer(&relay, &id))
        die(relay_text, err ? err : GW_EINVAL);
    via = relay;
    multiaddr_strip_peer(&via);
    circuit_addr_make(&via, &id, &through);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur < nnodes + FILES_MIN)
        die("ulimit -Hn: a socket for each host", GW_ELIMIT);
    signal(SIGPIPE, SIG_IGN);
    log_set_level(LOG_LEVEL_ERROR);
    loop = ev_loop_new(EVFLAG_AUTO);
    turn = loop ? turn_new(loop) : NULL;
    nodes = calloc(nnodes, sizeof *nodes);
    if (!turn || !nodes)
        die("start", GW_ENOMEM);
    for (size_t i = 0; i < nnodes; i++)
        node_open(&nodes[i]);
}

static size_t number(const char *text)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (*end || n > 1u << 24)
        die(text, GW_EINVAL);
    return n;
}

int main(int argc, char **argv)
{
    int opt;

    while ((opt = getopt(argc, argv, "n:m:b:c:p:")) != -1) {
        switch (opt) {
        case 'n':
            nnodes = number(optarg);
            break;
        case 'm':
            ncalls = number(optarg);
            break;
        case 'b':
            noctets = number(optarg);
            break;
        case 'c':
            at_once = number(optarg);
            break;
        case 'p':
            relay_pid = (pid_t)number(optarg);
            break;
        default:
            die("usage", GW_EINVAL);
        }
    }
    if (optind != argc - 1 || !relay_pid || 2 * ncalls > nnodes)
        die("usage", GW_EINVAL);
    prepare(argv[optind]);
    run();
    for (size_t i = 0; i < nnodes; i++)
        node_close(&nodes[i]);
    free(nodes);
    turn_free(turn);
    ev_loop_destroy(loop);
    return has_failed;
}
