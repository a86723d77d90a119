/* hangup.c - see hangup.h. */
#include "net/hangup.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_MAX 16

struct hangup {
    struct ev_loop *loop;
    ev_io io;
    int fd;
};

static void on_events(struct ev_loop *loop, ev_io *io, int revents)
{
    struct hangup *h = io->data;
    struct epoll_event e[EVENTS_MAX];
    int n = epoll_wait(h->fd, e, EVENTS_MAX, 0);
    (void)loop;
    (void)revents;

    for (int i = 0; i < n; i++) {
        struct hangup_watch *w = e[i].data.ptr;
        w->on_hangup(w);
    }
}

struct hangup *hangup_new(struct ev_loop *loop)
{
    struct hangup *h = malloc(sizeof *h);
    if (!h)
        return NULL;
    *h = (struct hangup){ .loop = loop, .fd = epoll_create1(EPOLL_CLOEXEC) };
    if (h->fd < 0) {
        free(h);
        return NULL;
    }
    ev_io_init(&h->io, on_events, h->fd, EV_READ);
    h->io.data = h;
    ev_io_start(loop, &h->io);
    ev_unref(loop); /* it keeps no loop alive */
    return h;
}

void hangup_free(struct hangup *h)
{
    if (!h)
        return;
    ev_ref(h->loop);
    ev_io_stop(h->loop, &h->io);
    close(h->fd);
    free(h);
}

void hangup_add(struct hangup *h, int fd, struct hangup_watch *w)
{
    struct epoll_event e = { .events = EPOLLET, .data.ptr = w };
    epoll_ctl(h->fd, EPOLL_CTL_ADD, fd, &e);
}

void hangup_del(struct hangup *h, int fd)
{
    epoll_ctl(h->fd, EPOLL_CTL_DEL, fd, NULL);
}
