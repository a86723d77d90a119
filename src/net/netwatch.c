/* netwatch.c - see netwatch.h. */
#include "net/netwatch.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "net/clockjump.h"
#include "net/netsnap.h"
#include "net/rtnl.h"

#define RTMGRP_IPV6_RULE (1u << (RTNLGRP_IPV6_RULE - 1)) /* the one that the header lacks */
#define GROUPS                                                                   \
    (RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | \
     RTMGRP_IPV6_ROUTE | RTMGRP_IPV4_RULE | RTMGRP_IPV6_RULE)

#define ROUNDS 64 /* datagrams per wake-up: others want their turn, too */

struct netwatch {
    struct ev_loop *loop;
    ev_io events;    /* the routing socket; fd -1: refused */
    ev_io clock;     /* readable: the wall clock was set, or the machine woke; fd -1: refused */
    ev_timer settle; /* runs while a burst of events lasts */
    ev_timer poll;   /* runs where one of the two is refused */
    ev_tstamp first; /* of the burst */
    uint64_t snap;
    struct clockjump jump;
    netwatch_fn *on_change;
    void *arg;
};

/* Compares with what was told last.  `w` may be gone on return. */
static void look_at_net(struct netwatch *w)
{
    uint64_t snap = netsnap_take();

    if (snap == w->snap)
        return;
    w->snap = snap;
    w->on_change(w->arg, NETWATCH_ADDRS);
}

static int64_t read_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static enum clockjump_what look_at_clocks(struct netwatch *w)
{
    const struct clockjump_now now = { .mono = read_ms(CLOCK_MONOTONIC),
                                       .boot = read_ms(CLOCK_BOOTTIME),
                                       .wall = read_ms(CLOCK_REALTIME) };
    return clockjump_look(&w->jump, &now);
}

/* Returns whether there was a jump: `w` may be gone then. */
static bool tell_jump(struct netwatch *w)
{
    static const enum netwatch_why why[] = {
        [CLOCKJUMP_SLEPT] = NETWATCH_WAKE, [CLOCKJUMP_SET] = NETWATCH_CLOCK
    };
    enum clockjump_what jump = look_at_clocks(w);

    if (jump == CLOCKJUMP_NONE)
        return false;
    w->on_change(w->arg, why[jump]);
    return true;
}

static void on_settle(struct ev_loop *loop, ev_timer *t, int revents)
{
    (void)loop;
    (void)revents;
    look_at_net(t->data);
}

static void note_event(struct netwatch *w)
{
    ev_tstamp now = ev_now(w->loop);

    if (!ev_is_active(&w->settle))
        w->first = now;
    ev_tstamp wait = w->first + NETWATCH_LATEST_MS / 1e3 - now;
    if (wait > NETWATCH_SETTLE_MS / 1e3)
        wait = NETWATCH_SETTLE_MS / 1e3;
    ev_timer_stop(w->loop, &w->settle);
    ev_timer_set(&w->settle, wait > 0 ? wait : 0., 0.);
    ev_timer_start(w->loop, &w->settle);
}

static void on_events(struct ev_loop *loop, ev_io *io, int revents)
{
    struct netwatch *w = io->data;
    struct bytes in;
    struct netlink_msg m;
    bool is_news = false;
    int err = 0, used;
    (void)loop;
    (void)revents;

    for (int i = 0; i < ROUNDS && (err = rtnl_receive(io->fd, &in)) == 0; i++)
        for (; (used = netlink_msg_decode(in, &m)) > 0; in.p += used, in.n -= (size_t)used)
            is_news = is_news || netlink_msg_is_news(&m);
    if (is_news || err == GW_ELIMIT) /* some were lost */
        note_event(w);
}

/* Armed for a time that never comes: setting the clock, as waking up does, cancels it. */
static void arm_clock(int fd)
{
    const struct itimerspec never = { .it_value.tv_sec = INT32_MAX };
    timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

static void on_clock(struct ev_loop *loop, ev_io *io, int revents)
{
    uint64_t expired;
    (void)loop;
    (void)revents;
    if (read(io->fd, &expired, sizeof expired) >= 0)
        return; /* 2038 */
    arm_clock(io->fd);
    tell_jump(io->data);
}

static void on_poll(struct ev_loop *loop, ev_timer *t, int revents)
{
    struct netwatch *w = t->data;
    (void)loop;
    (void)revents;
    if (!tell_jump(w)) /* a jump now, what else has changed at the next look */
        look_at_net(w);
}

static void watch(struct netwatch *w, ev_io *io, void (*cb)(struct ev_loop *, ev_io *, int), int fd)
{
    ev_io_init(io, cb, fd, EV_READ);
    io->data = w;
    if (fd >= 0)
        ev_io_start(w->loop, io);
}

struct netwatch *netwatch_new(struct ev_loop *loop, netwatch_fn *on_change, void *arg)
{
    struct netwatch *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->loop = loop;
    w->on_change = on_change;
    w->arg = arg;
    int events = rtnl_open(GROUPS);
    int clock = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (clock >= 0)
        arm_clock(clock);
    watch(w, &w->events, on_events, events);
    watch(w, &w->clock, on_clock, clock);
    ev_init(&w->settle, on_settle);
    w->settle.data = w;
    ev_timer_init(&w->poll, on_poll, NETWATCH_POLL_S, NETWATCH_POLL_S);
    w->poll.data = w;
    if (events < 0 || clock < 0) {
        log_info("netwatch poll_s=%d the system does not tell of changes: %s", NETWATCH_POLL_S,
                 events < 0 ? gw_strerror(events) : "no timer");
        ev_timer_start(loop, &w->poll);
    }
    look_at_clocks(w);
    w->snap = netsnap_take();
    return w;
}

void netwatch_free(struct netwatch *w)
{
    if (!w)
        return;
    ev_timer_stop(w->loop, &w->settle);
    ev_timer_stop(w->loop, &w->poll);
    ev_io_stop(w->loop, &w->events);
    ev_io_stop(w->loop, &w->clock);
    if (w->events.fd >= 0)
        close(w->events.fd);
    if (w->clock.fd >= 0)
        close(w->clock.fd);
    free(w);
}
