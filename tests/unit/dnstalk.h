/* dnstalk.h - DNS messages, and sockets that play a client or a server. */
#ifndef GW_TESTS_DNSTALK_H
#define GW_TESTS_DNSTALK_H

#include "udprig.h"
#include "vec.h"
#include "wire/dns_msg.h"

/* A question with this id; returns its octets, in room that the next call takes again. */
static inline struct bytes dns_question_of(uint16_t id, const char *name, uint16_t type)
{
    static uint8_t room[512];
    struct dns_question q = { .type = type, .class_ = DNS_IN };
    struct dns_wr w;

    assert_int_equal(dns_name_parse(bytes_of(name), &q.name), 0);
    dns_wr_init(&w, (struct span){ room, sizeof room }, id, DNS_WANTS_RECURSION);
    assert_true(dns_put_question(&w, &q));
    return dns_wr_bytes(&w);
}

/* The answer to a question: its octets with other flags. */
static inline struct bytes dns_answer_to(struct bytes question, uint16_t flags)
{
    static uint8_t room[512];

    assert_true(question.n <= sizeof room);
    memcpy(room, question.p, question.n);
    room[2] = (uint8_t)(flags >> 8);
    room[3] = (uint8_t)flags;
    return (struct bytes){ room, question.n };
}

static inline uint16_t dns_id_of(struct bytes m)
{
    return (uint16_t)(m.p[0] << 8 | m.p[1]);
}

static inline unsigned dns_rcode_of(struct bytes m)
{
    return m.p[3] & DNS_RCODE;
}

/* What comes to a socket within a second, in room that the next call takes again; n 0: nothing. */
static inline struct bytes dns_receive(struct looprig *r, int fd, struct sockaddr_any *from)
{
    static uint8_t room[65536];
    ssize_t n;

    *from = (struct sockaddr_any){ .len = sizeof from->un };
    LOOPRUN_UNTIL_MS(r->loop, 1000,
                     (n = recvfrom(fd, room, sizeof room, MSG_DONTWAIT, &from->sa, &from->len)) >
                         0);
    return (struct bytes){ room, n > 0 ? (size_t)n : 0 };
}

static inline void dns_send(int fd, const struct sockaddr_any *to, struct bytes v)
{
    assert_int_equal(sendto(fd, v.p, v.n, 0, &to->sa, to->len), (ssize_t)v.n);
}

/* A TCP socket at 127.0.0.1 that listens; *at is where. */
static inline int tcp_server(struct sockaddr_any *at)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    *at = addr_of("127.0.0.1:0");
    assert_int_equal(bind(fd, &at->sa, at->len), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, &at->sa, &at->len), 0);
    return fd;
}

static inline int tcp_client(const struct sockaddr_any *to)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, &to->sa, to->len), 0);
    return fd;
}

static inline void tcp_put(int fd, struct bytes message)
{
    uint8_t length[2] = { (uint8_t)(message.n >> 8), (uint8_t)message.n };

    put(fd, length, sizeof length);
    put(fd, message.p, message.n);
}

/* The next message behind its length, within a second; n 0: none came as a whole. */
static inline struct bytes tcp_get(struct looprig *r, int fd)
{
    static uint8_t room[65536];
    size_t n = 0, want = 2;

    for (int i = 0; i < 1000; i++) {
        ssize_t got = recv(fd, room + n, want - n, MSG_DONTWAIT);
        if (got > 0)
            n += (size_t)got;
        if (n == 2 && want == 2)
            want = 2 + (size_t)(room[0] << 8 | room[1]);
        if (n == want)
            return (struct bytes){ room + 2, n - 2 };
        if (got <= 0)
            looprig_run_ms(r, 1);
    }
    return (struct bytes){ 0 };
}

#endif
