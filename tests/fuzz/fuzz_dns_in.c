/* fuzz_dns_in.c - the DNS server on its ports: programs that ask by UDP and by TCP, in any pieces,
 * and a server of [dns] forward that answers anything.
 *
 * The input is a script: each step is an octet, step in the low half and client in the high half,
 * with what enum step says behind it.  What is heard back is a response, and there is at most one
 * for a question. */
#include <stdlib.h>
#include <unistd.h>

#include "../unit/looprun.h"
#include "fuzz.h"
#include "gate/dns_in.h"
#include "net/chunkq.h"
#include "script.h"
#include "wire/dns_msg.h"

#define CLIENTS   3
#define STEPS_MAX 128
#define WANTS_MAX 64
#define LOOKUP_MS 1000
#define QUIET_MS  30000
#define QR        0x80 /* of the third octet: a response (RFC 1035 s.4.1.1) */

enum step {
    STEP_ASK,     /* length, octets: by UDP */
    STEP_CONNECT, /* by TCP; stream by client */
    STEP_SAY,     /* length, octets */
    STEP_MESSAGE, /* likewise, with the length in front (RFC 1035 s.4.2.2) */
    STEP_FIN,
    STEP_LEAVE,
    STEP_UPSTREAM, /* length, octets: the other server answers its latest question */
    STEP_ECHO,     /* flags (2): it answers with the question itself */
    STEP_BY_TCP,   /* length, octets: it goes on answering by TCP, the length of the answer included
                    */
    STEP_OFFERS,   /* octet: 0, or why the peer's services are not known */
    STEP_WAIT,     /* octet: a power of 2, in ms */
    STEP_COUNT,
};

struct virtual_req {
    virtual_done_fn *done;
    void *arg;
};

static struct dns_in *dns;
static int client[CLIENTS], udp;           /* -1: none */
static size_t asked, answered;             /* by UDP */
static struct virtual_req want[WANTS_MAX]; /* done NULL: told, or canceled */

static struct {             /* the other server */
    int udp, listener, tcp; /* tcp -1: none */
    size_t nsaid;           /* octets, by TCP */
    struct sockaddr_any from;
    uint8_t question[512]; /* the latest one, */
    size_t n;
    uint8_t id[2]; /* and the id of the latest one by TCP */
} upstream;

/* ---- what the server leans on: one peer, `home.grewal` ---- */

struct virtual_req *virtual_want(struct virtual *v, const struct name_answer *peer,
                                 virtual_done_fn *done, void *arg)
{
    (void)v;
    (void)peer;
    for (size_t i = 0; i < WANTS_MAX; i++) {
        if (want[i].done)
            continue;
        want[i] = (struct virtual_req){ done, arg };
        return &want[i];
    }
    done(arg, GW_ELIMIT, NULL, NULL, 0);
    return NULL;
}

void virtual_cancel(struct virtual_req *q)
{
    if (q)
        q->done = NULL;
}

static void tell_offers(int err)
{
    static const struct ipaddr ip = { .family = 4, .b = { 127, 64, 1, 2 } };
    static const struct virtual_service services[] = { { "ssh", 22, false }, { "dns", 53, true } };

    for (size_t i = 0; i < WANTS_MAX; i++) {
        struct virtual_req q = want[i];
        if (!q.done)
            continue;
        want[i].done = NULL;
        q.done(q.arg, err, err ? NULL : &ip, services, err ? 0 : 2);
        return;
    }
}

static void lookup(void *tier, const struct name *n, struct tier_query *q)
{
    struct name_answer a = { .peer = { .n = 38, .mh = { 0, 36, 8, 1, 18, 32 } }, .tier = "fuzz" };
    (void)tier;

    if (bytes_eq(name_label(n, 0), bytes_of("home")))
        tier_answer(q, 0, &a, NULL);
    else
        tier_answer(q, GW_ENONAME, NULL, "no line");
}

static void domains(void *tier, void (*each)(void *arg, const char *domain), void *arg)
{
    (void)tier;
    each(arg, "grewal");
}

static const struct tier_ops tier = { .name = "fuzz", .lookup = lookup, .domains = domains };

/* ---- sockets ---- */

static int open_socket(int type, const struct sockaddr_any *to, struct sockaddr_any *bound)
{
    struct sockaddr_any at;
    socklen_t n = sizeof at.un;
    int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);

    assert(fd >= 0 && sockaddr_parse("127.0.0.1:0", &at) == 0 && sockaddr_bind(fd, &at) == 0);
    if (to)
        connect(fd, &to->sa, to->len);
    if (bound) {
        assert(getsockname(fd, &bound->sa, &n) == 0);
        bound->len = n;
    }
    return fd;
}

static void leave(size_t i)
{
    if (client[i] >= 0)
        close(client[i]);
    client[i] = -1;
}

static void say(size_t i, struct bytes v)
{
    if (client[i] >= 0)
        (void)!send(client[i], v.p, v.n, MSG_NOSIGNAL);
}

static void ask(struct bytes v)
{
    if (send(udp, v.p, v.n, 0) >= 0)
        asked++;
}

static void upstream_open(struct sockaddr_any *at)
{
    memset(&upstream, 0, sizeof upstream);
    upstream.tcp = -1;
    upstream.udp = open_socket(SOCK_DGRAM, NULL, at);
    upstream.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (sockaddr_bind(upstream.listener, at) == 0) /* else somebody has that port */
        assert(listen(upstream.listener, 8) == 0);
}

static void upstream_close(void)
{
    close(upstream.udp);
    close(upstream.listener);
    if (upstream.tcp >= 0)
        close(upstream.tcp);
}

static void upstream_hear(void)
{
    struct sockaddr_any from = { .len = sizeof from.un };
    uint8_t v[512];
    ssize_t n;

    while ((n = recvfrom(upstream.udp, v, sizeof v, 0, &from.sa, &from.len)) >= 0) {
        upstream.from = from;
        upstream.n = (size_t)n;
        memcpy(upstream.question, v, upstream.n);
    }
    int fd = accept4(upstream.listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd >= 0) {
        if (upstream.tcp >= 0)
            close(upstream.tcp);
        upstream.tcp = fd;
        upstream.nsaid = 0;
    }
    while (upstream.tcp >= 0 && (n = recv(upstream.tcp, v, sizeof v, 0)) > 0)
        if (n > 4)
            memcpy(upstream.id, v + 2, 2);
}

static void turns(void)
{
    static uint8_t v[65536];
    ssize_t n;

    for (int i = 0; i < 4; i++)
        ev_run(loop, EVRUN_NOWAIT);
    while ((n = recv(udp, v, sizeof v, 0)) >= 0) {
        assert(n >= DNS_HEADER && v[2] & QR);
        answered++;
    }
    assert(answered <= asked);
    for (size_t i = 0; i < CLIENTS; i++)
        while (client[i] >= 0 && recv(client[i], v, sizeof v, 0) > 0)
            ;
    upstream_hear();
}

static void answer(uint8_t *p, size_t n)
{
    memcpy(p, upstream.question, n < 2 ? n : 2); /* the id */
    (void)!sendto(upstream.udp, p, n, 0, &upstream.from.sa, upstream.from.len);
}

/* The id stands behind the length. */
static void answer_by_tcp(struct bytes v)
{
    for (size_t i = 0; i < v.n && upstream.tcp >= 0; i++, upstream.nsaid++) {
        bool is_id = upstream.nsaid == 2 || upstream.nsaid == 3;
        uint8_t octet = is_id ? upstream.id[upstream.nsaid - 2] : v.p[i];
        (void)!send(upstream.tcp, &octet, 1, MSG_NOSIGNAL);
    }
}

/* ---- the script ---- */

static void run_upstream(enum step step, struct rd *r)
{
    uint8_t v[512];
    struct bytes said = step == STEP_UPSTREAM ? rd_bytes(r, rd_u8(r))
                                              : (struct bytes){ upstream.question, upstream.n };
    uint16_t flags = step == STEP_ECHO ? rd_u16(r) : 0;

    if (upstream.n < DNS_HEADER || !said.n)
        return;
    memcpy(v, said.p, said.n);
    if (step == STEP_ECHO) {
        v[2] = (uint8_t)(flags >> 8 | QR);
        v[3] = (uint8_t)flags;
    }
    answer(v, said.n);
}

static void run_step(struct rd *r, uint8_t op)
{
    struct sockaddr_any at = *dns_in_addr(dns);
    size_t i = op / 16 % CLIENTS;
    struct bytes v;

    switch ((enum step)(op % 16 % STEP_COUNT)) {
    case STEP_ASK:
        ask(rd_bytes(r, rd_u8(r)));
        break;
    case STEP_CONNECT:
        leave(i);
        client[i] = open_socket(SOCK_STREAM, &at, NULL);
        break;
    case STEP_SAY:
        say(i, rd_bytes(r, rd_u8(r)));
        break;
    case STEP_MESSAGE:
        v = rd_bytes(r, rd_u8(r));
        say(i, (struct bytes){ (const uint8_t[]){ 0, (uint8_t)v.n }, 2 });
        say(i, v);
        break;
    case STEP_FIN:
        if (client[i] >= 0)
            shutdown(client[i], SHUT_WR);
        break;
    case STEP_LEAVE:
        leave(i);
        break;
    case STEP_UPSTREAM:
    case STEP_ECHO:
        run_upstream((enum step)(op % 16 % STEP_COUNT), r);
        break;
    case STEP_BY_TCP:
        answer_by_tcp(rd_bytes(r, rd_u8(r)));
        break;
    case STEP_OFFERS:
        tell_offers(rd_u8(r) % 2 ? GW_ETIMEOUT : 0);
        break;
    case STEP_WAIT:
        looprun_ms(loop, 1u << rd_u8(r) % 15);
        break;
    case STEP_COUNT:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rd r = rd_init((struct bytes){ data, size });
    struct sockaddr_any at, server = { 0 };

    script_begin();
    assert(sockaddr_parse("127.0.0.1:0", &at) == 0);
    struct dns_in_parts parts = { .loop = loop,
                                  .turn = turn,
                                  .resolver = resolver_new(loop, LOOKUP_MS),
                                  .loopback = loopback_new("/nonexistent/loopback") };
    assert(parts.resolver && parts.loopback);
    assert(resolver_add_tier(parts.resolver, &tier, NULL) == 0);
    assert(dns_in_open(&parts, &at, &dns) == 0);
    upstream_open(&server);
    dns_in_set_forwards(dns, &server, 1);
    udp = open_socket(SOCK_DGRAM, dns_in_addr(dns), NULL);
    memset(client, -1, sizeof client);
    memset(want, 0, sizeof want);
    asked = answered = 0;
    for (int i = 0; i < STEPS_MAX && r.left && !r.short_; i++) {
        run_step(&r, rd_u8(&r));
        turns();
    }
    for (size_t i = 0; i < CLIENTS; i++)
        leave(i);
    looprun_ms(loop, QUIET_MS);
    dns_in_close(dns);
    turns();
    for (size_t i = 0; i < WANTS_MAX; i++)
        assert(!want[i].done);
    close(udp);
    upstream_close();
    resolver_free(parts.resolver);
    loopback_free(parts.loopback);
    script_end();
    assert(chunkq_total() == 0);
    return 0;
}
