/* sockload.c - load generator for TCP gateways.
 *
 *   sockload serve [-b ADDR] [-p PORT]        the service (loadserve.h)
 *   sockload down|up  [opts] HOST:PORT        bulk throughput on -c streams for -t s after -w s
 *   sockload ping     [opts] HOST:PORT        1-octet ping-pong on -c open streams
 *   sockload conn     [opts] HOST:PORT        connect, 1-octet echo, close; -c at a time, for -t s
 *                                             or until -n are done
 *   sockload open     [opts] HOST:PORT        -n times, one at a time: until the SOCKS reply
 *   sockload idle     [opts] HOST:PORT        opens -n streams (one echo each), -c at a time, and
 *                                             holds them until stdin closes
 * opts: -x HOST:PORT through a SOCKS5 proxy; -Q HOST:PORT (up) reads the service's total over a
 * direct side stream: some proxies starve the return direction of a busy stream.
 * One JSON line on stdout.  Exit status 1 when a connection failed.  */
#include "loadconn.h"
#include "loadserve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { CHUNK = 256 * 1024, CHUNKS_PER_TURN = 4, EVENTS_AT_ONCE = 256, FAILURES_MAX = 1000 };

/* How long to wait for all streams of a bulk or ping run to open. */
#define OPEN_LIMIT_S 20.0

struct options {
    int streams; /* 0: the mode's default */
    int count;   /* 0: the mode's default */
    double secs, warm_s;
    const char *side;
};

struct samples {
    double *v;
    size_t n, cap;
};

static struct load ld;
static struct samples lat;
static unsigned char chunk[CHUNK];

static void sample(double seconds)
{
    if (lat.n == lat.cap) {
        lat.cap = lat.cap ? lat.cap * 2 : 65536;
        lat.v = realloc(lat.v, lat.cap * sizeof *lat.v);
        if (!lat.v)
            load_die("out of memory");
    }
    lat.v[lat.n++] = seconds;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double percentile_us(double p)
{
    return lat.n ? lat.v[(size_t)(p * (double)(lat.n - 1) + 0.5)] * 1e6 : -1;
}

static void print_tail(void)
{
    if (lat.n) {
        qsort(lat.v, lat.n, sizeof *lat.v, by_value);
        printf("\"n\":%zu,\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f,", lat.n,
               percentile_us(.5), percentile_us(.9), percentile_us(.99), percentile_us(1));
    }
    printf("\"failures\":%ld,\"error\":\"%s\"}\n", ld.failures, ld.error);
    fflush(stdout);
}

static int put(struct load_conn *c, const char *s)
{
    size_t n = strlen(s);

    if (send(c->fd, s, n, MSG_NOSIGNAL) == (ssize_t)n)
        return 1;
    load_fail(&ld, c, "send failed");
    return 0;
}

static void set_blocking(int fd, long timeout_s)
{
    struct timeval tv = { .tv_sec = timeout_s };

    fcntl(fd, F_SETFL, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
}

/* --- bulk --- */

static int side_open(const char *spec)
{
    char host[LOAD_HOST_MAX];
    int port;
    struct sockaddr_in a = load_parse(spec, host, &port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (connect(fd, (const struct sockaddr *)&a, sizeof a) || send(fd, "Q", 1, MSG_NOSIGNAL) != 1)
        load_die("side stream: %s", strerror(errno));
    load_nodelay(fd);
    uint64_t first;
    if (recv(fd, &first, sizeof first, MSG_WAITALL) != (ssize_t)sizeof first)
        load_die("side stream: no answer");
    return fd;
}

static uint64_t side_ask(int fd)
{
    uint64_t count = 0;

    if (send(fd, "?", 1, MSG_NOSIGNAL) != 1 ||
        recv(fd, &count, sizeof count, MSG_WAITALL) != (ssize_t)sizeof count)
        load_die("side stream: closed");
    return count;
}

/* What has arrived so far on all streams together. */
static uint64_t bulk_total(const struct load_conn *conns, int n, int side)
{
    uint64_t sum = 0;

    if (side >= 0)
        return side_ask(side);
    for (int i = 0; i < n; i++)
        sum += conns[i].octets;
    return sum;
}

static void bulk_closed(struct load_conn *c, ssize_t n)
{
    if (n == 0 || (n < 0 && errno != EAGAIN))
        load_fail(&ld, c, "stream closed");
}

static void bulk_receive(struct load_conn *c)
{
    for (int r = 0; r < CHUNKS_PER_TURN; r++) {
        ssize_t n = recv(c->fd, chunk, CHUNK, 0);
        if (n <= 0) {
            bulk_closed(c, n);
            return;
        }
        c->octets += (uint64_t)n;
        if (n < CHUNK)
            return;
    }
}

static void bulk_count(struct load_conn *c)
{
    ssize_t n = recv(c->fd, c->in + c->got, sizeof c->octets - c->got, 0);

    if (n <= 0) {
        bulk_closed(c, n);
        return;
    }
    c->got += (size_t)n;
    if (c->got == sizeof c->octets) {
        memcpy(&c->octets, c->in, sizeof c->octets);
        c->got = 0;
    }
}

static void bulk_event(struct load_conn *c, uint32_t events, int up)
{
    if (c->state == LOAD_OPEN && (events & (EPOLLIN | EPOLLHUP | EPOLLERR))) {
        if (up)
            bulk_count(c);
        else
            bulk_receive(c);
    }
    if (c->state == LOAD_OPEN && up && (events & EPOLLOUT))
        bulk_closed(c, send(c->fd, chunk, CHUNK, MSG_NOSIGNAL));
}

static int bulk_begin(struct load_conn *conns, int n, int up)
{
    int live = 0;

    for (int i = 0; i < n; i++) {
        if (conns[i].state != LOAD_OPEN || !put(&conns[i], up ? "U" : "D"))
            continue;
        conns[i].got = 0;
        load_watch(&ld, &conns[i], up ? EPOLLIN | EPOLLOUT : EPOLLIN);
        live++;
    }
    return live;
}

static void bulk(int up, const struct options *o)
{
    int n = o->streams ? o->streams : 1;
    struct epoll_event events[EVENTS_AT_ONCE];
    struct load_conn *conns = load_open_all(&ld, n, n, OPEN_LIMIT_S);
    int side = up && o->side ? side_open(o->side) : -1;
    uint64_t zero = bulk_total(conns, n, side), from = zero;
    int live = bulk_begin(conns, n, up);
    long failures = ld.failures;
    double start_s = load_now(), from_s = 0, t = start_s;

    while (ld.failures - failures < live) {
        t = load_now();
        if (from_s <= 0 && t - start_s >= o->warm_s) {
            from = bulk_total(conns, n, side);
            from_s = load_now();
        }
        if (t - start_s >= o->warm_s + o->secs)
            break;
        int k = epoll_wait(ld.ep, events, EVENTS_AT_ONCE, 20);
        for (int i = 0; i < k; i++)
            bulk_event(events[i].data.ptr, events[i].events, up);
    }
    uint64_t total = bulk_total(conns, n, side);
    double dt = from_s > 0 ? load_now() - from_s : 0;
    printf("{\"streams\":%d,\"seconds\":%.3f,\"all_bytes\":%llu,\"gbps\":%.4f,", n, dt,
           (unsigned long long)(total - zero), dt > 0 ? (double)(total - from) * 8e-9 / dt : 0);
    print_tail();
    free(conns);
}

/* --- ping-pong --- */

/* Blocking calls, for the least overhead of our own. */
static void ping_one(struct load_conn *c, const struct options *o)
{
    double start_s = load_now(), t = start_s;
    char octet = 0;

    set_blocking(c->fd, 10);
    if (!put(c, "E"))
        return;
    for (; t - start_s < o->warm_s + o->secs; t = load_now()) {
        if (!put(c, "x"))
            return;
        if (recv(c->fd, &octet, 1, 0) != 1) {
            load_fail(&ld, c, "no echo");
            return;
        }
        if (t - start_s >= o->warm_s)
            sample(load_now() - t);
    }
}

static void pong(struct load_conn *c, double measure_from_s)
{
    char octet;
    ssize_t n = recv(c->fd, &octet, 1, 0);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n != 1) {
        load_fail(&ld, c, "stream closed");
        return;
    }
    double t = load_now();
    if (t >= measure_from_s)
        sample(t - c->began_s);
    c->began_s = t;
    put(c, "x");
}

/* Each stream keeps one octet in flight: more samples where round trips are long. */
static void ping_many(struct load_conn *conns, int n, const struct options *o)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    double start_s = load_now(), t = start_s;

    for (int i = 0; i < n; i++) {
        conns[i].began_s = load_now();
        if (conns[i].state == LOAD_OPEN && put(&conns[i], "Ex"))
            load_watch(&ld, &conns[i], EPOLLIN);
    }
    for (; t - start_s < o->warm_s + o->secs; t = load_now()) {
        int k = epoll_wait(ld.ep, events, EVENTS_AT_ONCE, 20);
        for (int i = 0; i < k; i++) {
            struct load_conn *c = events[i].data.ptr;
            if (c->state == LOAD_OPEN)
                pong(c, start_s + o->warm_s);
        }
    }
    /* An octet that is still out counts with what it has waited. */
    for (int i = 0; i < n; i++)
        if (conns[i].state == LOAD_OPEN && t - conns[i].began_s > 0.5)
            sample(t - conns[i].began_s);
}

static void ping(const struct options *o)
{
    int n = o->streams ? o->streams : 1;
    struct load_conn *conns = load_open_all(&ld, n, n, OPEN_LIMIT_S);

    if (n > 1)
        ping_many(conns, n, o);
    else if (conns->state == LOAD_OPEN)
        ping_one(conns, o);
    else if (!ld.failures)
        load_fail(&ld, conns, "could not open in time");
    printf("{\"streams\":%d,", n);
    print_tail();
    free(conns);
}

/* --- many connections --- */

/* 1 when the connection has had its echo and is closed again. */
static int conn_event(struct load_conn *c, uint32_t events)
{
    char octet;

    if (c->state != LOAD_OPEN) {
        if (load_step(&ld, c, events) && put(c, "Ex"))
            load_watch(&ld, c, EPOLLIN);
        return 0;
    }
    ssize_t n = recv(c->fd, &octet, 1, 0);
    if (n != 1) {
        if (n == 0 || errno != EAGAIN)
            load_fail(&ld, c, "closed before the echo");
        return 0;
    }
    sample(load_now() - c->began_s);
    close(c->fd);
    c->state = LOAD_CLOSED;
    return 1;
}

static void conn(const struct options *o)
{
    int at_once = o->streams ? o->streams : 1;
    struct load_conn *conns = calloc((size_t)at_once, sizeof *conns);
    struct epoll_event events[EVENTS_AT_ONCE];
    double start_s = load_now(), t = start_s;
    long begun = 0, done = 0;

    if (!conns)
        load_die("out of memory");
    while (ld.failures < FAILURES_MAX &&
           (o->count ? done + ld.failures < o->count : t - start_s < o->secs)) {
        for (int i = 0; i < at_once && (!o->count || begun < o->count); i++) {
            if (conns[i].state != LOAD_CLOSED)
                continue;
            load_start(&ld, &conns[i]);
            begun++;
        }
        int k = epoll_wait(ld.ep, events, EVENTS_AT_ONCE, 50);
        for (int i = 0; i < k; i++) {
            struct load_conn *c = events[i].data.ptr;
            if (c->state != LOAD_CLOSED)
                done += conn_event(c, events[i].events);
        }
        t = load_now();
    }
    printf("{\"concurrent\":%d,\"per_s\":%.1f,", at_once, (double)done / (t - start_s));
    print_tail();
    free(conns);
}

static void open_times(const struct options *o)
{
    int n = o->count ? o->count : 20;

    for (int i = 0; i < n; i++) {
        struct load_conn *c = load_open_all(&ld, 1, 1, OPEN_LIMIT_S);
        if (c->state == LOAD_OPEN) {
            sample(load_now() - c->began_s);
            close(c->fd);
        } else if (c->state != LOAD_CLOSED) {
            load_fail(&ld, c, "could not open in time");
        }
        free(c);
    }
    printf("{");
    print_tail();
}

static void idle(const struct options *o)
{
    int n = o->count ? o->count : 1000, open = 0;
    double start_s = load_now();
    struct load_conn *conns = load_open_all(&ld, n, o->streams ? o->streams : 64, o->secs);
    char octet;

    for (int i = 0; i < n; i++)
        if (conns[i].state == LOAD_OPEN)
            put(&conns[i], "Ex");
    for (int i = 0; i < n && load_now() - start_s < o->secs; i++) {
        if (conns[i].state != LOAD_OPEN)
            continue;
        set_blocking(conns[i].fd, 5);
        open += recv(conns[i].fd, &octet, 1, 0) == 1;
    }
    printf("{\"asked\":%d,\"open\":%d,\"open_s\":%.2f,", n, open, load_now() - start_s);
    print_tail();
    while (read(STDIN_FILENO, &octet, 1) > 0)
        ;
    free(conns);
}

/* --- the program --- */

static void raise_descriptor_limit(void)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
        r.rlim_cur = r.rlim_max;
        setrlimit(RLIMIT_NOFILE, &r);
    }
}

static void fill_chunk(void)
{
    uint32_t x = 2463534242u; /* xorshift: nothing on the way can compress it */

    for (size_t i = 0; i < CHUNK; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        chunk[i] = (unsigned char)x;
    }
}

static void run(const char *mode, const struct options *o)
{
    if (!strcmp(mode, "down"))
        bulk(0, o);
    else if (!strcmp(mode, "up"))
        bulk(1, o);
    else if (!strcmp(mode, "ping"))
        ping(o);
    else if (!strcmp(mode, "conn"))
        conn(o);
    else if (!strcmp(mode, "open"))
        open_times(o);
    else if (!strcmp(mode, "idle"))
        idle(o);
    else
        load_die("unknown mode %s", mode);
}

int main(int argc, char **argv)
{
    struct options o = { .secs = 5, .warm_s = 0.5 };
    const char *mode = argc > 1 ? argv[1] : "", *bind_addr = "0.0.0.0";
    int port = 9000, opt;
    char proxy[LOAD_HOST_MAX];

    optind = 2;
    while ((opt = getopt(argc, argv, "x:c:t:w:n:b:p:Q:")) != -1) {
        switch (opt) {
        case 'x':
            ld.is_socks = 1, ld.first = load_parse(optarg, proxy, &port);
            break;
        case 'c':
            o.streams = atoi(optarg);
            break;
        case 't':
            o.secs = atof(optarg);
            break;
        case 'w':
            o.warm_s = atof(optarg);
            break;
        case 'n':
            o.count = atoi(optarg);
            break;
        case 'b':
            bind_addr = optarg;
            break;
        case 'p':
            port = atoi(optarg);
            break;
        case 'Q':
            o.side = optarg;
            break;
        default:
            return 2;
        }
    }
    signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    fill_chunk();
    if (!strcmp(mode, "serve"))
        loadserve_run(bind_addr, port);
    if (optind >= argc)
        load_die("usage: sockload serve|down|up|ping|conn|open|idle [options] [HOST:PORT]");
    struct sockaddr_in target = load_parse(argv[optind], ld.host, &ld.port);
    if (!ld.is_socks)
        ld.first = target;
    if (ld.first.sin_addr.s_addr == INADDR_NONE)
        load_die("an IPv4 address is needed");
    ld.ep = epoll_create1(0);
    run(mode, &o);
    return ld.failures ? 1 : 0;
}
