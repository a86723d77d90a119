/* wan_sim.c - what QUIC makes of a long, lossy way, in virtual time: the machine's load is no part
 * of it.
 *
 *   wan_sim [-l PERCENT] [-t SECONDS] [-s SEED] [-r MBIT] [-d MS] [-c]
 *
 * One stream sends as fast as it can, another one carries an octet there and back, again and again.
 * Losses in percent of the packets, each way; d one way; -c: CUBIC in place of BBR.  Prints one
 * line of JSON: Mbit/s of payload, the ping-pong's round trips, and what became of the packets. */
#include <ev.h>
#include <getopt.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "simlink.h"
#include "transport/quic.h"
#include "vtime.h"

#define PIECE     65536
#define QUEUE     2500000 /* octets before the link */
#define WINDOW    (16u << 20)
#define PINGS_MAX 65536

struct side {
    struct key *key;
    struct quic *quic;
    struct muxed *conn;
};

static struct side near, far;
static uint64_t octets; /* arrived */
static struct {
    uint64_t sent_us;
    double ms[PINGS_MAX];
    size_t n;
} ping;

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "wan_sim: %s\n", what);
    exit(1);
}

/* --- streams --- */

static void send_all(struct stream *s)
{
    struct span room;

    while ((room = s->ops->reserve(s, PIECE)).n)
        s->ops->commit(s, room.n);
}

static void send_ping(struct stream *s)
{
    ping.sent_us = simlink_now_us();
    if (s->ops->write(s, bytes_of("p")) < 0)
        give_up("out of memory");
}

static void on_pong(struct stream *s, struct bytes v)
{
    if (ping.n < PINGS_MAX)
        ping.ms[ping.n++] = (double)(simlink_now_us() - ping.sent_us) / 1000;
    s->ops->credit(s, v.n);
    send_ping(s);
}

static void on_room(struct stream *s, size_t n)
{
    (void)n;
    send_all(s);
}

static void on_end(struct stream *s, int err)
{
    (void)s;
    (void)err;
    give_up("a stream ended");
}

/* At the far side. */
static void on_bulk(struct stream *s, struct bytes v)
{
    octets += v.n;
    s->ops->credit(s, v.n);
}

static void on_ping(struct stream *s, struct bytes v)
{
    if (s->ops->write(s, v) < 0)
        give_up("out of memory");
    s->ops->credit(s, v.n);
}

static const struct stream_events bulk_events = { .on_data = stream_ignore_data,
                                                  .on_drained = on_room,
                                                  .on_eof = stream_ignore_eof,
                                                  .on_close = on_end };
static const struct stream_events ping_events = { .on_data = on_pong,
                                                  .on_drained = stream_ignore_drained,
                                                  .on_eof = stream_ignore_eof,
                                                  .on_close = on_end };
static const struct stream_events far_bulk_events = { .on_data = on_bulk,
                                                      .on_drained = stream_ignore_drained,
                                                      .on_eof = stream_ignore_eof,
                                                      .on_close = on_end };
static const struct stream_events far_ping_events = { .on_data = on_ping,
                                                      .on_drained = stream_ignore_drained,
                                                      .on_eof = stream_ignore_eof,
                                                      .on_close = on_end };

/* --- connections --- */

static struct stream *open_stream(const struct stream_events *events)
{
    struct stream *s;

    if (near.conn->ops->open(near.conn, &s) < 0)
        give_up("no stream");
    stream_own(s, events, NULL);
    s->ops->credit(s, 0);
    return s;
}

static void on_ready(struct muxed *m)
{
    (void)m;
    send_all(open_stream(&bulk_events));
    send_ping(open_stream(&ping_events));
}

static void on_stream(struct muxed *m, struct stream *s)
{
    static unsigned n;
    (void)m;

    stream_own(s, n++ == 0 ? &far_bulk_events : &far_ping_events, NULL);
    s->ops->credit(s, 0);
}

static void on_close(struct muxed *m, int err)
{
    (void)m;
    (void)err;
    give_up("the connection ended");
}

static const struct muxed_events near_events = {
    .on_ready = on_ready, .on_stream = on_stream, .on_moved = muxed_ignore, .on_close = on_close
};
static const struct muxed_events far_conn_events = {
    .on_ready = muxed_ignore, .on_stream = on_stream, .on_moved = muxed_ignore, .on_close = on_close
};

static bool admit(void *arg, const struct peerid *peer)
{
    (void)arg;
    (void)peer;
    return true;
}

static void accept_conn(void *arg, struct muxed *m)
{
    (void)arg;
    m->ev = &far_conn_events;
}

static void side_init(struct side *x, struct ev_loop *loop, struct turn *turn, bool use_cubic)
{
    const struct quic_config cfg = { .max_half_open = 4,
                                     .max_streams = 4,
                                     .max_peers = 4,
                                     .window = WINDOW,
                                     .handshake_timeout_ms = 10000,
                                     .use_cubic = use_cubic };

    if (key_generate(&x->key) < 0 ||
        !(x->quic = quic_new(loop, turn, x->key, &cfg, admit, accept_conn, NULL)))
        give_up("out of memory");
}

static void connect_over(const struct simlink_config *link)
{
    struct ipaddr ip;
    struct multiaddr at;
    uint16_t port;

    if (multiaddr_parse(bytes_of("/ip4/127.0.0.1/udp/0/quic-v1"), &at) < 0 ||
        quic_listen(far.quic, &at, &at) < 0 || !multiaddr_as_quic(&at, &ip, &port) ||
        !(port = simlink_open(link, port)))
        give_up("no link; is this root?");
    multiaddr_make_quic(&ip, port, &at);
    if (quic_dial(near.quic, &at, key_peerid(far.key), &near.conn) < 0)
        give_up("cannot dial");
    near.conn->ev = &near_events;
}

/* --- the measure --- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const struct simlink_config *link, double seconds)
{
    struct simlink_count c = simlink_count();

    if (!ping.n)
        give_up("nothing came back");
    qsort(ping.ms, ping.n, sizeof *ping.ms, compare);
    printf("{\"loss_percent\":%.2f,\"seed\":%" PRIu64 ",\"mbit\":%.0f,\"pings\":%zu"
           ",\"p50_ms\":%.1f,\"p99_ms\":%.1f,\"packets\":%" PRIu64 ",\"lost\":%" PRIu64
           ",\"dropped\":%" PRIu64 "}\n",
           link->loss * 100, link->seed, (double)octets * 8 / seconds / 1e6, ping.n,
           ping.ms[ping.n / 2], ping.ms[ping.n * 99 / 100], c.sent, c.lost, c.dropped);
}

int main(int argc, char **argv)
{
    struct simlink_config link = { .rate = 500000000, .delay_us = 20000, .queue = QUEUE };
    double seconds = 10;
    bool use_cubic = false;
    int c;

    while ((c = getopt(argc, argv, "cl:t:s:r:d:")) != -1) {
        switch (c) {
        case 'c':
            use_cubic = true;
            break;
        case 'l':
            link.loss = strtod(optarg, NULL) / 100;
            break;
        case 't':
            seconds = strtod(optarg, NULL);
            break;
        case 's':
            link.seed = strtoull(optarg, NULL, 10);
            break;
        case 'r':
            link.rate = strtoull(optarg, NULL, 10) * 1000000;
            break;
        case 'd':
            link.delay_us = strtoull(optarg, NULL, 10) * 1000;
            break;
        default:
            return 2;
        }
    }
    if (sodium_init() < 0 || !(link.rate > 0) || !(seconds > 0))
        give_up("a rate and a time above 0 are needed");
    log_set_level(LOG_LEVEL_ERROR);
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    struct turn *turn = turn_new(loop);
    side_init(&near, loop, turn, use_cubic);
    side_init(&far, loop, turn, use_cubic);
    connect_over(&link);
    uint64_t end_us = simlink_now_us() + (uint64_t)(seconds * 1e6);
    while (simlink_now_us() < end_us)
        ev_run(loop, EVRUN_ONCE);
    report(&link, seconds);
    quic_free(near.quic);
    quic_free(far.quic);
    turn_free(turn);
    ev_loop_destroy(loop);
    key_free(near.key);
    key_free(far.key);
    return 0;
}
