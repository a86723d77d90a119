/* wanlink.c - a user-space WAN between two network namespaces, for kernels without sch_netem.
 *
 * Opens a TUN device "wan0" in each namespace and carries packets between them with a rate limit,
 * a drop-tail queue, a fixed one-way delay and independent random loss, alike in both directions.
 *
 *   wanlink NS_A NS_B [-d DELAY_MS] [-l LOSS] [-r MBIT] [-q QUEUE_OCTETS] [-s SEED]
 *
 * Prints "up" when both devices exist.  Lines on stdin change it while it runs ("loss 0.01",
 * "delay 20", "rate 500", "queue 2500000"; anything else only asks) and are answered with one
 * line of counters.  Ends at the end of stdin.  */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { PACKET_MAX = 1600, RING = 65536, PACKETS_PER_TURN = 64 };

#define NS_PER_S 1000000000u

struct packet {
    uint64_t due_ns;
    uint16_t len;
    unsigned char data[PACKET_MAX];
};

struct direction {
    int in, out;
    struct packet *ring;
    unsigned head, tail;
    uint64_t free_ns; /* when the link has sent what it was given so far */
    unsigned long long sent, lost, tail_drop;
};

struct link {
    double delay_ms, loss, mbit, queue;
    uint64_t rng;
    struct direction dir[2];
};

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

/* Uniform in [0, 1), xorshift64. */
static double chance(struct link *l)
{
    l->rng ^= l->rng << 13;
    l->rng ^= l->rng >> 7;
    l->rng ^= l->rng << 17;
    return (double)(l->rng >> 11) * 0x1p-53;
}

static int tun_in(const char *ns)
{
    struct ifreq req = { .ifr_name = "wan0", .ifr_flags = IFF_TUN | IFF_NO_PI };
    char path[128];

    snprintf(path, sizeof path, "/var/run/netns/%s", ns);
    int fd = open(path, O_RDONLY);
    if (fd < 0 || setns(fd, CLONE_NEWNET)) {
        perror(path);
        exit(2);
    }
    close(fd);
    fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &req)) {
        perror("/dev/net/tun");
        exit(2);
    }
    return fd;
}

/* Delivers what is due.  Returns when the next packet is, or UINT64_MAX. */
static uint64_t deliver(struct direction *d, uint64_t t)
{
    for (; d->head != d->tail; d->tail++) {
        struct packet *p = &d->ring[d->tail % RING];
        if (p->due_ns > t)
            return p->due_ns;
        if (write(d->out, p->data, p->len) < 0 && errno == EAGAIN)
            return t;
        d->sent++;
    }
    return UINT64_MAX;
}

/* Puts the packet that was read into the ring's next place on the line, or drops it. */
static void enqueue(struct link *l, struct direction *d, size_t len)
{
    struct packet *p = &d->ring[d->head % RING];
    uint64_t t = now_ns(), start = d->free_ns > t ? d->free_ns : t;
    double octets_per_ns = l->mbit / 8e3;

    if (l->loss > 0 && chance(l) < l->loss) {
        d->lost++;
        return;
    }
    if ((double)(start - t) * octets_per_ns + (double)len > l->queue) {
        d->tail_drop++;
        return;
    }
    d->free_ns = start + (uint64_t)((double)len / octets_per_ns);
    p->len = (uint16_t)len;
    p->due_ns = d->free_ns + (uint64_t)(l->delay_ms * 1e6);
    d->head++;
}

static void take_in(struct link *l, struct direction *d)
{
    unsigned char scratch[PACKET_MAX];

    for (int k = 0; k < PACKETS_PER_TURN; k++) {
        int is_full = d->head - d->tail >= RING;
        ssize_t n = read(d->in, is_full ? scratch : d->ring[d->head % RING].data, PACKET_MAX);
        if (n <= 0)
            return;
        if (is_full)
            d->tail_drop++;
        else
            enqueue(l, d, (size_t)n);
    }
}

/* 0 at the end of stdin. */
static int command(struct link *l)
{
    char line[256];
    ssize_t n = read(STDIN_FILENO, line, sizeof line - 1);

    if (n <= 0)
        return n < 0 && errno == EAGAIN;
    line[n] = '\0';
    for (char *s = strtok(line, "\n"); s; s = strtok(NULL, "\n")) {
        if (!sscanf(s, "loss %lf", &l->loss) && !sscanf(s, "delay %lf", &l->delay_ms) &&
            !sscanf(s, "rate %lf", &l->mbit))
            sscanf(s, "queue %lf", &l->queue);
        printf("{\"sent\":[%llu,%llu],\"lost\":[%llu,%llu],\"tail_drop\":[%llu,%llu]}\n",
               l->dir[0].sent, l->dir[1].sent, l->dir[0].lost, l->dir[1].lost, l->dir[0].tail_drop,
               l->dir[1].tail_drop);
    }
    return 1;
}

static int run(struct link *l)
{
    for (;;) {
        uint64_t t = now_ns(), a = deliver(&l->dir[0], t), b = deliver(&l->dir[1], t);
        uint64_t next = a < b ? a : b, wait = next > t ? next - t : 0;
        struct timespec ts = { .tv_sec = (time_t)(wait / NS_PER_S),
                               .tv_nsec = (long)(wait % NS_PER_S) };
        struct pollfd fds[] = { { .fd = l->dir[0].in, .events = POLLIN },
                                { .fd = l->dir[1].in, .events = POLLIN },
                                { .fd = STDIN_FILENO, .events = POLLIN } };
        if (ppoll(fds, 3, next == UINT64_MAX ? NULL : &ts, NULL) < 0 && errno != EINTR)
            return 1;
        if (fds[2].revents && !command(l))
            return 0;
        for (int i = 0; i < 2; i++)
            if (fds[i].revents & POLLIN)
                take_in(l, &l->dir[i]);
    }
}

int main(int argc, char **argv)
{
    struct link l = { .delay_ms = 20, .mbit = 500, .queue = 2.5e6, .rng = 88172645463325252u };
    int opt;

    if (argc < 3) {
        fputs("usage: wanlink NS_A NS_B [-d ms] [-l loss] [-r mbit] [-q octets] [-s seed]\n",
              stderr);
        return 2;
    }
    optind = 3;
    while ((opt = getopt(argc, argv, "d:l:r:q:s:")) != -1) {
        switch (opt) {
        case 'd':
            l.delay_ms = atof(optarg);
            break;
        case 'l':
            l.loss = atof(optarg);
            break;
        case 'r':
            l.mbit = atof(optarg);
            break;
        case 'q':
            l.queue = atof(optarg);
            break;
        case 's':
            l.rng ^= strtoull(optarg, NULL, 0) * 0x9e3779b97f4a7c15u;
            break;
        default:
            return 2;
        }
    }
    int a = tun_in(argv[1]), b = tun_in(argv[2]);
    l.dir[0] =
        (struct direction){ .in = a, .out = b, .ring = malloc(sizeof(struct packet) * RING) };
    l.dir[1] =
        (struct direction){ .in = b, .out = a, .ring = malloc(sizeof(struct packet) * RING) };
    if (!l.dir[0].ring || !l.dir[1].ring)
        return 1;
    prctl(PR_SET_TIMERSLACK, 1);
    setvbuf(stdout, NULL, _IOLBF, 0);
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    puts("up");
    return run(&l);
}
