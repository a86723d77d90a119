/* alone.c - see alone.h. */
#include "main/alone.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "main/discovery.h"
#include "main/reachable.h"
#include "net/fdstream.h"

struct alone {
    struct ev_loop *loop;
    struct nodedir dir;
    struct config config;
    struct node node;
    struct discovery discovery;
    struct reachable reachable;
    struct front_open *open;
    int err;
    char why[CONF_ERR_MAX];
};

static bool admit_nobody(void *arg, const struct peerid *peer)
{
    (void)arg;
    (void)peer;
    return false;
}

/* Makes a standard descriptor non-blocking.  Terminals and pipes are opened once more, because the
 * flag belongs to all who share an opening; a regular file never blocks, and is left alone. */
static int unblock(int fd, int mode)
{
    struct stat st;
    char path[32];

    if (fstat(fd, &st) != 0)
        return err_from_errno(errno);
    if (S_ISREG(st.st_mode))
        return 0;
    if (!S_ISSOCK(st.st_mode)) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        int own = open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (own >= 0) {
            int moved = dup3(own, fd, O_CLOEXEC);
            close(own);
            return moved < 0 ? err_from_errno(errno) : 0;
        }
    }
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? err_from_errno(errno) : 0;
}

static void finish(struct alone *a, int err, const char *why)
{
    a->err = err;
    snprintf(a->why, sizeof a->why, "%s", why);
    ev_break(a->loop, EVBREAK_ALL);
}

/* When nobody reads our output any more (head, ssh at its end) all is over: that is no failure. */
static void on_done(void *arg, int err, const struct bridge_stats *st)
{
    if (err == GW_ERESET && st->a_failed)
        err = 0;
    finish(arg, err, gw_strerror(err));
}

static void on_opened(void *arg, int err, const char *why)
{
    struct alone *a = arg;
    struct front_open *open = a->open;
    struct stream *s = NULL;

    a->open = NULL;
    if (err) {
        finish(a, err, why);
        return;
    }
    err = unblock(STDIN_FILENO, O_RDONLY);
    if (!err)
        err = unblock(STDOUT_FILENO, O_WRONLY);
    if (!err && !(s = fdstream_new(a->loop, a->node.turn, STDIN_FILENO, STDOUT_FILENO)))
        err = GW_ENOMEM;
    if (!err) {
        front_join(open, s, on_done, a);
        return;
    }
    front_cancel(open, err);
    finish(a, err, gw_strerror(err));
}

static int start(struct alone *a, const struct options *o, const struct front_target *t)
{
    static char *any[] = { "/ip4/0.0.0.0/udp/0/quic-v1", "/ip6/::/udp/0/quic-v1" };
    static const struct conf_list listen = { .v = any, .n = 2, .is_default = true };

    int rc = nodedir_open(&a->dir, o->dir, o->conf, a->why);
    if (!rc)
        rc = config_load(&a->config, a->dir.conf, o->conf != NULL, o->over, o->nover, a->why);
    if (rc)
        return rc;
    if (a->config.log_level == LOG_LEVEL_INFO) /* what was asked for is the stream, not its story */
        a->config.log_level = LOG_LEVEL_WARN;
    log_set_level((enum log_level)a->config.log_level);
    rc = node_open(&a->node, a->loop, &a->config, &a->dir, admit_nobody, NULL, a->why);
    if (!rc)
        rc = node_listen(&a->node, &listen, NULL, NULL, a->why);
    if (rc)
        return rc;
    if ((rc = discovery_open(&a->discovery, &a->node, &a->config, NULL, NULL, NULL)) != 0 ||
        (rc = reachable_open(&a->reachable, &a->node, &a->config, NULL, NULL, NULL)) != 0 ||
        (rc = front_open(a->node.front, "nc", t, on_opened, a, &a->open)) != 0)
        return conf_fail_plain(a->why, rc);
    return 0;
}

int alone_nc(const struct options *o, const char *name, const char *service)
{
    struct alone a = { .dir.lock = -1, .loop = ev_loop_new(EVFLAG_AUTO) };
    struct front_target t;
    char text[FRONT_TARGET_STR_MAX];
    int n = snprintf(text, sizeof text, "%s:%s", name, service);

    if (!a.loop || (size_t)n >= sizeof text || front_target_parse(text, &t) != 0) {
        fprintf(stderr, "gw nc: needs NAME and PORT or SERVICE\n");
        ev_loop_destroy(a.loop);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    a.err = start(&a, o, &t);
    if (!a.err)
        ev_run(a.loop, 0);
    if (a.err)
        fprintf(stderr, "gw: %s %s: %s\n", name, service, a.why);
    node_stop(&a.node);
    reachable_close(&a.reachable);
    discovery_close(&a.discovery);
    node_close(&a.node);
    config_free(&a.config);
    nodedir_close(&a.dir);
    ev_loop_destroy(a.loop);
    return a.err ? EXIT_FAILURE : EXIT_SUCCESS;
}
