/* udp_assoc.c - see udp_assoc.h. */
#include "gate/udp_assoc.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "gate/udp_sessions.h"
#include "wire/socks5_udp.h"

_Static_assert(SOCKS5_UDP_HEADER_MAX <= UDP_SESSIONS_HEAD_MAX, "a header fits into a session");

struct udp_assoc {
    struct udp_port *port;
    struct udp_sessions *sessions;
    struct front_target options;
    struct ipaddr client;
    uint16_t client_port; /* 0: nothing came yet */
    bool has_warned;      /* of something dropped; once is enough */
};

static void drop(struct udp_assoc *a, const struct sockaddr_any *from, const char *why)
{
    char text[SOCKADDR_STR_MAX];

    if (!a->has_warned)
        log_warn("socks5-udp from=%s datagram dropped: %s", sockaddr_print(from, text), why);
    a->has_warned = true;
}

/* NULL, or why it is not the client's. */
static const char *check_sender(const struct udp_assoc *a, const struct sockaddr_any *from)
{
    struct ipaddr ip;
    uint16_t port;

    if (sockaddr_to_ip(from, &ip, &port) != 0 || !ipaddr_eq(&ip, &a->client))
        return "not the client's address";
    if (a->client_port && port != a->client_port)
        return "not the client's port";
    return NULL;
}

/* NULL, or what is wrong with it. */
static const char *check_datagram(struct bytes v, struct socks5_udp *m)
{
    int n = socks5_udp_decode(v, m);

    if (n <= 0)
        return n ? gw_strerror(n) : "header cut short";
    return m->frag ? "fragments are not supported" : NULL;
}

static void on_datagram(void *arg, const struct udp_port_path *path, struct bytes v)
{
    struct udp_assoc *a = arg;
    struct front_target target = a->options;
    struct socks5_udp m;
    uint8_t head[SOCKS5_UDP_HEADER_MAX];

    const char *why = check_sender(a, &path->remote);
    if (!why)
        why = check_datagram(v, &m);
    if (why) {
        drop(a, &path->remote, why);
        return;
    }
    a->client_port = sockaddr_port(&path->remote);
    snprintf(target.host, sizeof target.host, "%s", m.dest.host);
    target.port = m.dest.port;
    int n = socks5_udp_encode(head, sizeof head, m.wrote);
    udp_sessions_input(a->sessions, a->port, path, (struct bytes){ head, (size_t)n }, &target,
                       m.data);
}

/* One end of the control connection; a Unix socket stands for IPv4 loopback. */
static void to_ip(const struct sockaddr_any *end, struct ipaddr *out)
{
    uint16_t port;
    if (sockaddr_to_ip(end, out, &port) != 0)
        *out = (struct ipaddr){ .family = 4, .b = { 127, 0, 0, 1 } };
}

int udp_assoc_open(struct ev_loop *loop, struct front *front, const struct sockaddr_any *local,
                   const struct sockaddr_any *client, const struct front_target *options,
                   struct sockaddr_any *bound, struct udp_assoc **out)
{
    struct udp_assoc *a = malloc(sizeof *a);
    struct sockaddr_any at;
    struct ipaddr ip;
    int err = GW_ENOMEM;

    if (!a)
        return err;
    *a = (struct udp_assoc){ .options = *options };
    a->options.is_udp = true;
    a->options.service[0] = '\0';
    to_ip(client, &a->client);
    to_ip(local, &ip);
    sockaddr_from_ip(&ip, 0, &at);
    a->sessions = udp_sessions_new(front, "socks5-udp", UDP_ASSOC_DESTINATIONS_MAX,
                                   UDP_SESSIONS_HOLD_OFF_MS);
    if (!a->sessions || (err = udp_port_open(loop, &at, on_datagram, a, &a->port)) != 0) {
        udp_assoc_close(a);
        return err;
    }
    *bound = *udp_port_addr(a->port);
    *out = a;
    return 0;
}

void udp_assoc_close(struct udp_assoc *a)
{
    if (!a)
        return;
    udp_sessions_free(a->sessions);
    udp_port_close(a->port);
    free(a);
}
