/* udp_in.c - see udp_in.h. */
#include "gate/udp_in.h"

#include <stdlib.h>

#include "base/err.h"
#include "gate/udp_sessions.h"

struct udp_in {
    struct udp_port *port;
    struct udp_sessions *sessions;
    struct front_target target;
    uint64_t count;
};

static void on_datagram(void *arg, const struct udp_port_path *path, struct bytes v)
{
    struct udp_in *u = arg;

    u->count++;
    udp_sessions_input(u->sessions, u->port, path, (struct bytes){ 0 }, &u->target, v);
}

int udp_in_open(struct ev_loop *loop, struct front *front, const struct sockaddr_any *at,
                const struct front_target *target, struct udp_in **out)
{
    struct udp_in *u = calloc(1, sizeof *u);
    int err = GW_ENOMEM;

    if (!u)
        return err;
    udp_in_set_target(u, target);
    u->sessions = udp_sessions_new(front, "forward-udp", UDP_IN_SENDERS_MAX,
                                   UDP_SESSIONS_HOLD_OFF_MS);
    if (!u->sessions || (err = udp_port_open(loop, at, on_datagram, u, &u->port)) != 0) {
        udp_in_close(u);
        return err;
    }
    *out = u;
    return 0;
}

void udp_in_close(struct udp_in *u)
{
    if (!u)
        return;
    udp_sessions_free(u->sessions);
    udp_port_close(u->port);
    free(u);
}

void udp_in_set_target(struct udp_in *u, const struct front_target *t)
{
    u->target = *t;
    u->target.is_udp = true;
}

const struct sockaddr_any *udp_in_addr(const struct udp_in *u)
{
    return udp_port_addr(u->port);
}

const struct front_target *udp_in_target(const struct udp_in *u)
{
    return &u->target;
}

uint64_t udp_in_count(const struct udp_in *u)
{
    return u->count;
}
