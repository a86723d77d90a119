/* ctl_client.c - one line out, one line in, over a blocking Unix socket. */
#include "cli/ctl_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"

#define BUF_FIRST 4096

struct ctl_client {
    int fd;
    char *buf;
    size_t cap;
    size_t start, end; /* what was received and not given out yet */
};

const char *ctl_client_path(const char *dir, char out[CTL_CLIENT_PATH_MAX])
{
    snprintf(out, CTL_CLIENT_PATH_MAX, "%s/ctl.sock", dir);
    return out;
}

static int connect_unix(const char *path, int *fd)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };

    if (strlen(path) >= sizeof sun.sun_path)
        return GW_EINVAL;
    strcpy(sun.sun_path, path);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return err_from_errno(errno);
    if (connect(*fd, (struct sockaddr *)&sun, sizeof sun) == 0)
        return 0;
    int err = err_from_errno(errno);
    close(*fd);
    return err;
}

int ctl_client_open(const char *dir, struct ctl_client **out)
{
    char path[CTL_CLIENT_PATH_MAX];
    struct ctl_client *c = calloc(1, sizeof *c);

    if (!c)
        return GW_ENOMEM;
    int err = connect_unix(ctl_client_path(dir, path), &c->fd);
    if (err) {
        free(c);
        return err;
    }
    *out = c;
    return 0;
}

void ctl_client_close(struct ctl_client *c)
{
    if (!c)
        return;
    close(c->fd);
    free(c->buf);
    free(c);
}

static int send_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t w = send(fd, p, n, MSG_NOSIGNAL);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return errno == EPIPE ? GW_ECLOSED : err_from_errno(errno);
        p += w;
        n -= (size_t)w;
    }
    return 0;
}

int ctl_client_send(struct ctl_client *c, json_t *req)
{
    if (!req)
        return GW_EINVAL;
    char *line = json_dumps(req, JSON_COMPACT);
    json_decref(req);
    if (!line)
        return GW_ENOMEM;
    size_t n = strlen(line);
    line[n] = '\n'; /* in place of the NUL: one write, one line */
    int err = send_all(c->fd, line, n + 1);
    free(line);
    return err;
}

/* Makes room behind `end`: moves what is left to the front, then grows. */
static int make_room(struct ctl_client *c)
{
    if (c->start > 0) {
        memmove(c->buf, c->buf + c->start, c->end - c->start);
        c->end -= c->start;
        c->start = 0;
    }
    if (c->end < c->cap)
        return 0;
    if (c->cap >= CTL_CLIENT_LINE_MAX)
        return GW_ELIMIT;
    size_t cap = c->cap ? c->cap * 2 : BUF_FIRST;
    char *p = realloc(c->buf, cap);
    if (!p)
        return GW_ENOMEM;
    c->buf = p;
    c->cap = cap;
    return 0;
}

static int receive_more(struct ctl_client *c, uint64_t deadline_ms)
{
    uint64_t now = clock_mono_ms();
    struct pollfd p = { .fd = c->fd, .events = POLLIN };
    int n = poll(&p, 1, deadline_ms > now ? (int)(deadline_ms - now) : 0);

    if (n < 0)
        return errno == EINTR ? 0 : err_from_errno(errno);
    if (n == 0)
        return GW_ETIMEOUT;
    ssize_t r = recv(c->fd, c->buf + c->end, c->cap - c->end, 0);
    if (r < 0)
        return errno == EINTR ? 0 : err_from_errno(errno);
    if (r == 0)
        return GW_ECLOSED;
    c->end += (size_t)r;
    return 0;
}

int ctl_client_recv(struct ctl_client *c, int timeout_ms, json_t **out)
{
    uint64_t deadline_ms = clock_mono_ms() + (uint64_t)timeout_ms;
    size_t seen = 0; /* octets from start on that hold no newline */
    char *nl = NULL;

    while (c->end - c->start == seen ||
           !(nl = memchr(c->buf + c->start + seen, '\n', c->end - c->start - seen))) {
        seen = c->end - c->start;
        int err = make_room(c);
        if (!err)
            err = receive_more(c, deadline_ms);
        if (err)
            return err;
    }
    size_t n = (size_t)(nl - (c->buf + c->start));
    json_t *v = json_loadb(c->buf + c->start, n, 0, NULL);
    c->start += n + 1;
    if (!json_is_object(v)) {
        json_decref(v);
        return GW_EPROTO;
    }
    *out = v;
    return 0;
}

int ctl_client_fd(const struct ctl_client *c)
{
    return c->fd;
}

struct bytes ctl_client_rest(const struct ctl_client *c)
{
    return (struct bytes){ (const uint8_t *)c->buf + c->start, c->end - c->start };
}
