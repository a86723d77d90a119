/* simlink.c - see simlink.h. */
#include "simlink.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "vtime.h"

#define NS_PER_S    1000000000
#define NS_PER_MS   1000000
#define NS_PER_US   1000
#define BEGIN_S     1000000
#define WALL_S      1700000000 /* when it begins */
#define LOOK_NS     1000       /* a look for events takes so long */
#define GATHER_NS   60000      /* packets that arrive within it come in one wake-up */
#define PACKET_MAX  1500
#define HEADERS     28    /* IPv4 and UDP */
#define RING        16384 /* packets under way, each way */
#define SOCKET_ROOM (64 << 20)

struct packet {
    int64_t due_ns;
    uint16_t len;
    uint8_t data[PACKET_MAX];
};

struct way {
    int in, out;
    struct sockaddr_in to;
    int64_t free_ns; /* when the link has sent what is queued */
    struct packet *ring;
    size_t head, n;
    struct simlink_count count;
};

static struct simlink_config config;
static struct way ways[2]; /* towards the port, and back */
static int64_t now_ns = (int64_t)BEGIN_S * NS_PER_S;
static uint64_t random_state;

/* --- the clock --- */

int clock_gettime(clockid_t id, struct timespec *out)
{
    int64_t ns = now_ns + (id == CLOCK_REALTIME ? (int64_t)WALL_S * NS_PER_S : 0);

    *out = (struct timespec){ .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };
    return 0;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    (void)zone;
    *out = (struct timeval){ .tv_sec = WALL_S + now_ns / NS_PER_S,
                             .tv_usec = now_ns % NS_PER_S / NS_PER_US };
    return 0;
}

uint64_t simlink_now_us(void)
{
    return (uint64_t)now_ns / NS_PER_US;
}

/* --- packets --- */

static bool is_lost(void)
{
    return (double)(vtime_random(&random_state) >> 11) < config.loss * (double)(1ull << 53);
}

static void enter(struct way *w, const uint8_t *data, size_t n)
{
    int64_t start_ns = w->free_ns > now_ns ? w->free_ns : now_ns;
    uint64_t queued = (uint64_t)(start_ns - now_ns) * config.rate / 8 / NS_PER_S;
    struct packet *p = &w->ring[(w->head + w->n) % RING];

    w->count.sent++;
    if (is_lost()) {
        w->count.lost++;
        return;
    }
    if (queued > config.queue || w->n == RING) {
        w->count.dropped++;
        return;
    }
    w->free_ns = start_ns + (int64_t)((n + HEADERS) * 8 * NS_PER_S / config.rate);
    p->due_ns = w->free_ns + (int64_t)config.delay_us * NS_PER_US;
    p->len = (uint16_t)n;
    memcpy(p->data, data, n);
    w->n++;
}

/* All that the endpoint has sent by now; `back` leads to where it sends from. */
static void take(struct way *w, struct way *back)
{
    uint8_t data[PACKET_MAX];
    socklen_t len = sizeof back->to;
    ssize_t n;

    while ((n = recvfrom(w->in, data, sizeof data, MSG_DONTWAIT, (struct sockaddr *)&back->to,
                         &len)) >= 0)
        enter(w, data, (size_t)n);
}

static void give(struct way *w)
{
    while (w->n && w->ring[w->head].due_ns <= now_ns) {
        const struct packet *p = &w->ring[w->head];
        if (sendto(w->out, p->data, p->len, 0, (struct sockaddr *)&w->to, sizeof w->to) < 0)
            w->count.dropped++;
        w->head = (w->head + 1) % RING;
        w->n--;
    }
}

static int64_t next_ns(int64_t end_ns)
{
    for (int i = 0; i < 2; i++) {
        const struct way *w = &ways[i];
        if (w->n && w->ring[w->head].due_ns + GATHER_NS < end_ns)
            end_ns = w->ring[w->head].due_ns + GATHER_NS;
    }
    return end_ns;
}

int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
    int64_t end_ns = timeout < 0 ? INT64_MAX : now_ns + (int64_t)timeout * NS_PER_MS;

    take(&ways[0], &ways[1]);
    take(&ways[1], &ways[0]);
    now_ns += LOOK_NS;
    for (;;) {
        give(&ways[0]);
        give(&ways[1]);
        int n = (int)syscall(SYS_epoll_pwait, fd, events, max, 0, NULL, (size_t)0);
        int64_t then_ns = next_ns(end_ns);
        if (n || now_ns >= end_ns || then_ns == INT64_MAX)
            return n;
        if (then_ns > now_ns)
            now_ns = then_ns;
    }
}

/* --- the link --- */

/* Returns the port, or 0. */
static uint16_t open_end(int *fd)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int room = SOCKET_ROOM;

    *fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (*fd < 0 || bind(*fd, (struct sockaddr *)&at, sizeof at) < 0 ||
        setsockopt(*fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0 ||
        getsockname(*fd, (struct sockaddr *)&at, &len) < 0)
        return 0;
    return ntohs(at.sin_port);
}

uint16_t simlink_open(const struct simlink_config *cfg, uint16_t port)
{
    int near, far;
    uint16_t near_port = open_end(&near);

    if (!near_port || !open_end(&far))
        return 0;
    config = *cfg;
    random_state = cfg->seed;
    ways[0] = (struct way){ .in = near, .out = far };
    ways[1] = (struct way){ .in = far, .out = near };
    ways[0].to = (struct sockaddr_in){ .sin_family = AF_INET,
                                       .sin_port = htons(port),
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    for (int i = 0; i < 2; i++)
        ways[i].ring = vtime_alloc(RING * sizeof *ways[i].ring);
    return near_port;
}

struct simlink_count simlink_count(void)
{
    return ways[0].count;
}
