/* ctl.c - the control socket: who may come in, how many, and what they ask. */
#include "ctl/ctl.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utlist.h>

#include "base/err.h"
#include "base/log.h"
#include "ctl/ctl_cmd.h"
#include "ctl/ctl_nc.h"
#include "ctl/ctl_session.h"
#include "net/fdstream.h"
#include "net/listen.h"

struct client {
    struct client *prev, *next;
    struct ctl *ctl;
    struct ctl_session *session;
};

struct ctl {
    struct ctl_deps deps;
    struct listen *listen;
    struct client *clients; /* utlist DL */
    size_t nclients;
};

static void on_request(void *arg, struct ctl_session *s, json_t *req)
{
    struct client *cl = arg;
    ctl_cmd_run(&cl->ctl->deps, s, req);
}

static void forget(struct client *cl)
{
    DL_DELETE(cl->ctl->clients, cl);
    cl->ctl->nclients--;
    free(cl);
}

static void on_end(void *arg)
{
    forget(arg);
}

static const struct ctl_session_events session_events = { .on_request = on_request,
                                                          .on_end = on_end };

/* NULL when the client may come in, else why not. */
static const char *why_not(const struct ctl *c, int fd)
{
    struct ucred peer;
    socklen_t n = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0)
        return "the other end's user is not known";
    if (peer.uid != geteuid() && peer.uid != 0)
        return "only the daemon's own user and root may ask it";
    if (c->nclients >= CTL_CLIENTS_MAX)
        return "too many clients on the control socket";
    return NULL;
}

/* One line is always taken by a fresh socket. */
static void refuse(int fd, const char *why)
{
    char line[128];
    int n = snprintf(line, sizeof line, "{\"ok\":false,\"error\":\"%s\"}\n", why);

    if (send(fd, line, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) != n)
        log_debug("ctl refusal not sent");
    close(fd);
}

static int admit(struct ctl *c, int fd)
{
    struct client *cl = calloc(1, sizeof *cl);
    struct stream *stream = cl ? fdstream_new(c->deps.loop, c->deps.turn, fd, fd) : NULL;

    if (!stream) {
        free(cl);
        return GW_ENOMEM;
    }
    cl->ctl = c;
    cl->session = ctl_session_new(c->deps.loop, c->deps.turn, stream, &session_events, cl);
    if (!cl->session) {
        stream_drop(stream, GW_ENOMEM);
        free(cl);
        return 0; /* the descriptor went with the stream */
    }
    DL_APPEND(c->clients, cl);
    c->nclients++;
    return 0;
}

static void on_accept(void *arg, int fd, const struct sockaddr_any *from)
{
    struct ctl *c = arg;
    const char *why = why_not(c, fd);

    (void)from;
    if (!why && admit(c, fd) != 0)
        why = gw_strerror(GW_ENOMEM);
    if (why) {
        log_warn("ctl client refused: %s", why);
        refuse(fd, why);
    }
}

int ctl_open(const struct ctl_deps *deps, const char *path, struct ctl **out)
{
    struct sockaddr_any at;
    struct ctl *c = calloc(1, sizeof *c);

    if (!c)
        return GW_ENOMEM;
    c->deps = *deps;
    c->deps.ncs = ctl_ncs_new();
    int err = c->deps.ncs ? sockaddr_parse(path, &at) : GW_ENOMEM;
    if (!err) {
        mode_t old = umask(0177); /* the socket is 0600 from its first moment */
        err = listen_open(c->deps.loop, &at, on_accept, c, &c->listen);
        umask(old);
    }
    if (err) {
        ctl_ncs_free(c->deps.ncs);
        free(c);
        return err;
    }
    *out = c;
    return 0;
}

void ctl_close(struct ctl *c)
{
    struct client *cl, *tmp;

    if (!c)
        return;
    listen_close(c->listen);
    DL_FOREACH_SAFE (c->clients, cl, tmp) {
        ctl_session_free(cl->session);
        forget(cl);
    }
    ctl_ncs_free(c->deps.ncs);
    free(c);
}
