/* child.c - see child.h.
 *
 * By posix_spawn, which does not copy the page tables of a gw that holds much memory, and by a file
 * in memory as the standard input, so that there is nothing to feed. */
#include "net/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "net/process.h"
#include "net/timer.h"

#define SAID_LINES_MAX 20 /* of its standard error, that are logged */
#define READS_MAX      16 /* of one pipe in a turn */

struct said { /* its standard error */
    ev_io io;
    unsigned lines; /* logged */
    size_t n;
    char line[LOG_ESC_MAX];
};

struct child {
    struct ev_loop *loop;
    struct process process;
    bool is_running; /* false: it could not be started, for err */
    int err;
    ev_io out; /* our end of its standard output */
    struct strbuf got;
    struct said said;
    struct timer timer; /* the deadline; at once when it could not be started */
    char name[32];
    child_done_fn *done;
    void *arg;
};

struct ends { /* what the child gets */
    int in, out, err;
};

/* --- what it writes */

/* Reads what lies in the pipe.  Returns how many octets; 0: nothing now, or never again (then it is
 * watched no more). */
static size_t read_some(struct child *c, ev_io *io, uint8_t *buf, size_t room)
{
    ssize_t n = read(io->fd, buf, room);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        ev_io_stop(c->loop, io);
    return n > 0 ? (size_t)n : 0;
}

static void take_out(struct child *c)
{
    uint8_t buf[4096];
    size_t n;

    for (int i = 0; i < READS_MAX && !c->got.err; i++) {
        n = read_some(c, &c->out, buf, sizeof buf);
        strbuf_put(&c->got, (struct bytes){ buf, n });
        if (!n)
            break;
    }
}

static void log_line(struct child *c)
{
    struct said *s = &c->said;
    if (s->n && s->lines++ < SAID_LINES_MAX)
        log_debug("child prog=%s says=\"%s\"", c->name,
                  log_esc((struct bytes){ (const uint8_t *)s->line, s->n }));
    s->n = 0;
}

static void take_said(struct child *c)
{
    uint8_t buf[1024];
    size_t n = 1;

    for (int r = 0; r < READS_MAX && n; r++) {
        n = read_some(c, &c->said.io, buf, sizeof buf);
        for (size_t i = 0; i < n; i++) {
            if (buf[i] == '\n')
                log_line(c);
            else if (c->said.n < sizeof c->said.line)
                c->said.line[c->said.n++] = (char)buf[i];
        }
    }
}

/* --- its end */

static void release(struct child *c)
{
    timer_stop(&c->timer);
    ev_io_stop(c->loop, &c->out);
    ev_io_stop(c->loop, &c->said.io);
    close(c->out.fd);
    close(c->said.io.fd);
    strbuf_free(&c->got);
    free(c);
}

/* Kills what there is of the group.  Returns the status. */
static int stop(struct child *c)
{
    if (!c->is_running)
        return 0;
    kill(-c->process.pid, SIGKILL);
    c->is_running = false;
    return process_reap(&c->process);
}

static void finish(struct child *c, int err)
{
    bool was_running = c->is_running;
    int status = stop(c);

    if (was_running) {
        take_said(c);
        log_line(c);
    }
    if (!err && c->got.err)
        err = c->got.err;
    if (!err && status != 0)
        err = GW_EREFUSED;
    struct bytes out = { (const uint8_t *)(c->got.p ? c->got.p : ""), c->got.n };
    c->done(c->arg, err, status, err ? (struct bytes){ 0 } : out);
    release(c);
}

static void on_end(struct ev_loop *loop, ev_io *w, int revents)
{
    struct child *c = w->data;
    (void)loop;
    (void)revents;
    take_out(c);
    finish(c, 0);
}

static void on_out(struct ev_loop *loop, ev_io *w, int revents)
{
    struct child *c = w->data;
    (void)loop;
    (void)revents;
    take_out(c);
    if (c->got.err)
        finish(c, c->got.err);
}

static void on_said(struct ev_loop *loop, ev_io *w, int revents)
{
    (void)loop;
    (void)revents;
    take_said(w->data);
}

static void on_timer(void *arg)
{
    struct child *c = arg;
    finish(c, c->is_running ? GW_ETIMEOUT : c->err);
}

/* --- its start */

/* Its standard input: a file in memory that holds `input`.  Returns the descriptor, or GW_E*. */
static int input_file(struct bytes input)
{
    int fd = memfd_create("input", MFD_CLOEXEC);
    if (fd < 0)
        return err_from_errno(errno);
    while (input.n) {
        ssize_t n = write(fd, input.p, input.n);
        if (n <= 0) {
            close(fd);
            return GW_ENOMEM;
        }
        input = (struct bytes){ input.p + n, input.n - (size_t)n };
    }
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static int make_pipe(int *ours, int *childs)
{
    int fd[2];
    if (pipe2(fd, O_CLOEXEC) != 0)
        return err_from_errno(errno);
    fcntl(fd[0], F_SETFL, O_NONBLOCK);
    *ours = fd[0];
    *childs = fd[1];
    return 0;
}

/* What of our environment it may see, as `env`. */
static void pick_environment(char *env[4])
{
    static const char *const names[] = { "PATH", "HOME", "LANG" };
    size_t n = 0;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *value = getenv(names[i]);
        if (value) /* what getenv returns stands behind NAME= */
            env[n++] = value - strlen(names[i]) - 1;
    }
    env[n] = NULL;
}

static int set_attributes(posix_spawnattr_t *a)
{
    sigset_t all, none;

    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(a, &all);
    posix_spawnattr_setsigmask(a, &none);
    posix_spawnattr_setpgroup(a, 0);
    return posix_spawnattr_setflags(a, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                           POSIX_SPAWN_SETPGROUP);
}

static int set_files(posix_spawn_file_actions_t *f, const struct ends *e)
{
    return posix_spawn_file_actions_adddup2(f, e->in, 0) ||
                   posix_spawn_file_actions_adddup2(f, e->out, 1) ||
                   posix_spawn_file_actions_adddup2(f, e->err, 2) ||
                   posix_spawn_file_actions_addclosefrom_np(f, 3)
               ? ENOMEM
               : 0;
}

/* Returns 0 with *pid set. */
static int spawn(const char *const *argv, const struct ends *e, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    char *env[4];

    process_prepare();
    pick_environment(env);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attr);
    int failed = set_attributes(&attr);
    if (!failed)
        failed = set_files(&files, e);
    if (!failed)
        failed = posix_spawnp(pid, argv[0], &files, &attr, (char *const *)argv, env);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    return failed == ENOEXEC ? GW_EPERM : err_from_errno(failed);
}

static void watch(struct child *c, ev_io *io,
                  void (*on_read)(struct ev_loop *loop, ev_io *w, int revents), int fd)
{
    ev_io_init(io, on_read, fd, EV_READ);
    io->data = c;
    ev_io_start(c->loop, io);
}

/* The child's ends, and ours as watches. */
static int make_ends(struct child *c, struct bytes input, struct ends *e)
{
    int out, said, err;

    if ((e->in = input_file(input)) < 0)
        return e->in;
    err = make_pipe(&out, &e->out);
    if (err) {
        close(e->in);
        return err;
    }
    err = make_pipe(&said, &e->err);
    if (err) {
        close(e->in);
        close(e->out);
        close(out);
        return err;
    }
    watch(c, &c->out, on_out, out);
    watch(c, &c->said.io, on_said, said);
    return 0;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int child_start(struct ev_loop *loop, const struct child_req *req, child_done_fn *done, void *arg,
                struct child **out)
{
    struct child *c = calloc(1, sizeof *c);
    struct ends e;
    pid_t pid;

    if (!c)
        return GW_ENOMEM;
    c->loop = loop;
    c->got.max = req->max_out;
    c->done = done;
    c->arg = arg;
    snprintf(c->name, sizeof c->name, "%s", last_part(req->argv[0]));
    int err = make_ends(c, req->input, &e);
    if (err) {
        free(c);
        return err;
    }
    c->err = spawn(req->argv, &e, &pid);
    close(e.in);
    close(e.out);
    close(e.err);
    if (!c->err)
        c->err = process_watch(&c->process, loop, pid, on_end, c);
    c->is_running = !c->err;
    ev_now_update(loop);
    timer_init(&c->timer, loop, on_timer, c);
    timer_start(&c->timer, c->err ? 0 : req->timeout_ms);
    *out = c;
    return 0;
}

void child_cancel(struct child *c)
{
    if (!c)
        return;
    stop(c);
    release(c);
}
