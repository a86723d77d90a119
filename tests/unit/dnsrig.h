/* dnsrig.h - a name server on loopback sockets of the test's loop, UDP and TCP on one port: TXT
 * records and CNAMEs of the test's zones, and answers that are none. */
#ifndef GW_TESTS_DNSRIG_H
#define GW_TESTS_DNSRIG_H

#include <ev.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>

#include "tmpfiles.h"
#include "wire/dns_msg.h"

#define DNSRIG_TEXTS_MAX 100
#define DNSRIG_UDP_MAX   512 /* octets of an answer; longer ones are truncated, for TCP */

struct dnsrig_zone {
    const char *name;
    uint32_t ttl_s;
    uint16_t rcode; /* RFC 1035 s.4.1.1 */
    bool is_silent; /* never answered */
    const char *texts[DNSRIG_TEXTS_MAX];
    const char *cname;   /* stands before the texts, which are of this name then */
    unsigned nfilled;    /* texts before those, of 255 octets each: "xxx..." */
    struct bytes spoilt; /* instead of records: what stands behind the question, one "answer" */
};

struct dnsrig {
    struct ev_loop *loop;
    struct tmpfiles tmp; /* .path: a resolv.conf that names this server */
    const struct dnsrig_zone *zones;
    size_t nzones;
    ev_io udp, tcp, conn; /* conn: the one connection; fd -1: none */
    uint16_t port;
    unsigned asked; /* questions that arrived */
    char last[256]; /* name of the last one */
    uint8_t out[65535];
};

static inline const struct dnsrig_zone *dnsrig_find(const struct dnsrig *r, const char *name)
{
    for (size_t i = 0; i < r->nzones; i++)
        if (strcasecmp(r->zones[i].name, name) == 0)
            return &r->zones[i];
    return NULL;
}

static inline void dnsrig_print(const struct dns_name *n, char out[256])
{
    size_t at = 0, len = 0;
    while (n->b[at]) {
        memcpy(out + len, n->b + at + 1, n->b[at]);
        len += n->b[at];
        out[len++] = '.';
        at += n->b[at] + 1u;
    }
    out[len ? len - 1 : 0] = '\0';
}

static inline bool dnsrig_put_text(struct dns_wr *w, const struct dns_head *h, struct bytes text)
{
    struct bytes parts[300];
    size_t n = 0;
    do {
        size_t len = text.n < DNS_STRING_MAX ? text.n : DNS_STRING_MAX;
        parts[n++] = (struct bytes){ text.p, len };
        text = (struct bytes){ text.p + len, text.n - len };
    } while (text.n);
    return dns_put_txt(w, h, parts, n);
}

/* A CNAME is a PTR with another number. */
static inline bool dnsrig_put_cname(struct dns_wr *w, const struct dns_head *h, const char *target)
{
    struct dns_name name;
    size_t before = w->n;
    assert_int_equal(dns_name_parse(bytes_of(target), &name), 0);
    if (!dns_put_ptr(w, h, &name))
        return false;
    assert_int_equal(w->p[before], 0xc0); /* the owner's name: a pointer to the question's */
    assert_int_equal(w->p[before + 3], DNS_PTR);
    w->p[before + 3] = 5;
    return true;
}

static inline bool dnsrig_put_records(struct dns_wr *w, const struct dnsrig_zone *z,
                                      const struct dns_name *asked)
{
    uint8_t filler[DNS_STRING_MAX];
    struct dns_name owner = *asked;
    struct dns_head h = { DNS_ANSWERS, &owner, DNS_IN, z->ttl_s };
    bool fits = true;
    memset(filler, 'x', sizeof filler);
    if (z->cname) {
        fits = dnsrig_put_cname(w, &h, z->cname);
        assert_int_equal(dns_name_parse(bytes_of(z->cname), &owner), 0);
    }
    for (unsigned i = 0; i < z->nfilled; i++)
        fits = fits && dnsrig_put_text(w, &h, (struct bytes){ filler, sizeof filler });
    for (size_t i = 0; i < DNSRIG_TEXTS_MAX && z->texts[i]; i++)
        fits = fits && dnsrig_put_text(w, &h, bytes_of(z->texts[i]));
    return fits;
}

/* Answers the question in r->out; 0: not at all. */
static inline size_t dnsrig_answer(struct dnsrig *r, struct bytes in, size_t cap)
{
    struct dns_msg m;
    struct dns_question q;
    struct dns_wr w;
    assert_int_equal(dns_msg_read(in, &m), 0);
    assert_int_equal(dns_msg_question(&m, &q), 1);
    dnsrig_print(&q.name, r->last);
    r->asked++;
    const struct dnsrig_zone *z = dnsrig_find(r, r->last);
    if (z && z->is_silent)
        return 0;
    const uint16_t flags = (uint16_t)(DNS_IS_ANSWER | 0x0080 | (z ? z->rcode : 3)); /* NXDOMAIN */
    dns_wr_init(&w, (struct span){ r->out, cap }, m.id, flags);
    assert_true(dns_put_question(&w, &q));
    if (z && z->spoilt.n) {
        memcpy(r->out + w.n, z->spoilt.p, z->spoilt.n);
        r->out[7] = 1; /* answers */
        return w.n + z->spoilt.n;
    }
    if (z && q.type == DNS_TXT && !dnsrig_put_records(&w, z, &q.name)) {
        dns_wr_init(&w, (struct span){ r->out, cap }, m.id, flags | DNS_IS_TRUNCATED);
        dns_put_question(&w, &q);
    }
    return dns_wr_bytes(&w).n;
}

static inline void dnsrig_on_udp(struct ev_loop *loop, ev_io *w, int revents)
{
    struct dnsrig *r = w->data;
    struct sockaddr_in from;
    socklen_t len = sizeof from;
    uint8_t in[1500];
    (void)loop;
    (void)revents;
    ssize_t got = recvfrom(w->fd, in, sizeof in, 0, (struct sockaddr *)&from, &len);
    assert_true(got > 0);
    size_t n = dnsrig_answer(r, (struct bytes){ in, (size_t)got }, DNSRIG_UDP_MAX);
    if (n)
        assert_int_equal(sendto(w->fd, r->out, n, 0, (struct sockaddr *)&from, len), n);
}

static inline void dnsrig_hang_up(struct dnsrig *r)
{
    ev_io_stop(r->loop, &r->conn);
    if (r->conn.fd >= 0)
        close(r->conn.fd);
    r->conn.fd = -1;
}

/* Small questions on loopback arrive whole. */
static inline void dnsrig_on_conn(struct ev_loop *loop, ev_io *w, int revents)
{
    struct dnsrig *r = w->data;
    uint8_t in[1500], length[2];
    (void)loop;
    (void)revents;
    ssize_t got = read(w->fd, in, sizeof in);
    if (got <= 2) {
        dnsrig_hang_up(r);
        return;
    }
    assert_int_equal(got, 2 + (in[0] << 8 | in[1]));
    size_t n = dnsrig_answer(r, (struct bytes){ in + 2, (size_t)got - 2 }, sizeof r->out);
    length[0] = (uint8_t)(n >> 8);
    length[1] = (uint8_t)n;
    assert_int_equal(write(w->fd, length, 2), 2);
    assert_int_equal(write(w->fd, r->out, n), n);
}

static inline void dnsrig_on_tcp(struct ev_loop *loop, ev_io *w, int revents)
{
    struct dnsrig *r = w->data;
    (void)revents;
    dnsrig_hang_up(r);
    int fd = accept(w->fd, NULL, NULL);
    assert_true(fd >= 0);
    ev_io_set(&r->conn, fd, EV_READ);
    ev_io_start(loop, &r->conn);
}

static inline int dnsrig_bind(int type, uint16_t *port)
{
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_port = htons(*port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, type, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
    if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0) {
        close(fd);
        return -1;
    }
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    *port = ntohs(a.sin_port);
    return fd;
}

/* The kernel chooses a port for TCP, which somebody may have for UDP: then another. */
static inline void dnsrig_bind_both(struct dnsrig *r, int *udp, int *tcp)
{
    do {
        r->port = 0;
        *tcp = dnsrig_bind(SOCK_STREAM, &r->port);
        assert_true(*tcp >= 0);
        *udp = dnsrig_bind(SOCK_DGRAM, &r->port);
        if (*udp < 0)
            close(*tcp);
    } while (*udp < 0);
}

static inline void dnsrig_init(struct dnsrig *r, struct ev_loop *loop,
                               const struct dnsrig_zone *zones, size_t nzones)
{
    int udp, tcp;
    *r = (struct dnsrig){ .loop = loop, .zones = zones, .nzones = nzones };
    tmpfiles_init(&r->tmp);
    tmpfiles_write(r->tmp.path, "nameserver 127.0.0.1\n");
    dnsrig_bind_both(r, &udp, &tcp);
    ev_io_init(&r->udp, dnsrig_on_udp, udp, EV_READ);
    ev_io_init(&r->tcp, dnsrig_on_tcp, tcp, EV_READ);
    assert_int_equal(listen(r->tcp.fd, 4), 0);
    ev_io_init(&r->conn, dnsrig_on_conn, -1, EV_READ);
    r->udp.data = r->tcp.data = r->conn.data = r;
    ev_io_start(loop, &r->udp);
    ev_io_start(loop, &r->tcp);
}

/* The server is gone: nobody listens at its port. */
static inline void dnsrig_end(struct dnsrig *r)
{
    if (!ev_is_active(&r->udp))
        return;
    dnsrig_hang_up(r);
    ev_io_stop(r->loop, &r->udp);
    ev_io_stop(r->loop, &r->tcp);
    close(r->udp.fd);
    close(r->tcp.fd);
}

static inline void dnsrig_fini(struct dnsrig *r)
{
    dnsrig_end(r);
    tmpfiles_fini(&r->tmp);
}

#endif
