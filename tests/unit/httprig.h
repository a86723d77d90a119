/* httprig.h - an HTTP server on a loopback socket of the test's loop: one connection at a time, one
 * request each, answered as the test says. */
#ifndef GW_TESTS_HTTPRIG_H
#define GW_TESTS_HTTPRIG_H

#include <ev.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vec.h"

#define HTTP_OK "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"

struct httprig {
    struct ev_loop *loop;
    ev_io accepts, reads;
    int listener, client; /* client -1: none */
    uint16_t port;
    const char *answer; /* whole; NULL: none, ever */
    unsigned served;
    size_t n;
    char request[65536]; /* the last one */
};

/* What stands behind the head of the last request; NULL: it has not come yet. */
static inline const char *httprig_body(const struct httprig *h)
{
    const char *end = strstr(h->request, "\r\n\r\n");
    return end ? end + 4 : NULL;
}

static inline bool httprig_is_whole(const struct httprig *h)
{
    const char *length = strstr(h->request, "Content-Length: "), *body = httprig_body(h);
    size_t want = length ? strtoul(length + strlen("Content-Length: "), NULL, 10) : 0;
    return body && strlen(body) >= want;
}

static inline void httprig_hang_up(struct httprig *h)
{
    ev_io_stop(h->loop, &h->reads);
    if (h->client >= 0)
        close(h->client);
    h->client = -1;
}

static inline void httprig_on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
    struct httprig *h = w->data;
    ssize_t n = read(w->fd, h->request + h->n, sizeof h->request - 1 - h->n);
    (void)loop;
    (void)revents;
    if (n <= 0) {
        httprig_hang_up(h);
        return;
    }
    h->n += (size_t)n;
    h->request[h->n] = '\0';
    if (!httprig_is_whole(h) || !h->answer)
        return;
    assert_int_equal(write(w->fd, h->answer, strlen(h->answer)), strlen(h->answer));
    h->served++;
    httprig_hang_up(h);
}

static inline void httprig_on_connection(struct ev_loop *loop, ev_io *w, int revents)
{
    struct httprig *h = w->data;
    (void)revents;
    httprig_hang_up(h);
    h->client = accept(w->fd, NULL, NULL);
    assert_true(h->client >= 0);
    h->n = 0;
    h->request[0] = '\0';
    ev_io_set(&h->reads, h->client, EV_READ);
    ev_io_start(loop, &h->reads);
}

static inline void httprig_init(struct httprig *h, struct ev_loop *loop)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof a;

    *h = (struct httprig){ .loop = loop, .client = -1 };
    h->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(h->listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(h->listener, 8), 0);
    assert_int_equal(getsockname(h->listener, (struct sockaddr *)&a, &len), 0);
    h->port = ntohs(a.sin_port);
    ev_init(&h->reads, httprig_on_readable);
    h->reads.data = h;
    ev_io_init(&h->accepts, httprig_on_connection, h->listener, EV_READ);
    h->accepts.data = h;
    ev_io_start(loop, &h->accepts);
}

static inline void httprig_fini(struct httprig *h)
{
    httprig_hang_up(h);
    ev_io_stop(h->loop, &h->accepts);
    close(h->listener);
}

/* In one static buffer. */
static inline const char *httprig_url(const struct httprig *h, const char *path)
{
    static char url[128];
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", h->port, path);
    return url;
}

#endif
