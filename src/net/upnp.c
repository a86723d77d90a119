/* upnp.c - see upnp.h.
 *
 * A fork, not a program of its own: it shares gw's memory as of the start, and nothing else. */
#include "net/upnp.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "net/process.h"
#include "net/timer.h"

_Static_assert(sizeof(struct upnp_report) <= PIPE_BUF, "it goes through the pipe in one piece");

struct upnp {
    struct ev_loop *loop;
    int result; /* the pipe's end that the report comes out of */
    struct process process;
    struct timer deadline;
    bool is_late;
    size_t n;
    upnp_done_fn *done;
    void *arg;
};

/* --- in the child */

/* Leaves the child `keep` (-1: nothing) and a null device for the library's complaints.  `on_term`:
 * what SIGTERM does to it, SIG_DFL or SIG_IGN. */
static bool shed(int keep, unsigned deadline_s, void (*on_term)(int))
{
    const struct rlimit no_core = { 0 };
    sigset_t none;

    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, sig == SIGTERM ? on_term : SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    alarm(deadline_s);
    setrlimit(RLIMIT_CORE, &no_core); /* it would hold the node's key */
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd <= 2; fd++)
        if (dup2(null, fd) < 0)
            return false;
    unsigned up_to = keep < 0 ? ~0u : (unsigned)keep - 1;
    return (up_to < 3 || close_range(3, up_to, 0) == 0) &&
           (keep < 0 || close_range((unsigned)keep + 1, ~0u, 0) == 0);
}

_Noreturn static void run_map(struct upnp_report *r, int to)
{
    if (shed(to, UPNP_DEADLINE_S + 5, SIG_DFL)) {
        upnp_igd_map(r);
        _exit(write(to, r, sizeof *r) == sizeof *r ? 0 : 1);
    }
    _exit(1);
}

/* --- in gw */

static bool is_string(const char *s, size_t room)
{
    return memchr(s, '\0', room) != NULL;
}

/* The child has read what anybody on the network wrote: it is not believed. */
static int check(const struct upnp *u, struct upnp_report *r)
{
    if (r->err)
        return r->err < 0 ? r->err : GW_EIO;
    if (r->n != u->n || !is_string(r->control_url, sizeof r->control_url) ||
        !is_string(r->service_type, sizeof r->service_type))
        return GW_EIO;
    bool any = false;
    for (size_t i = 0; i < r->n; i++)
        any |= r->v[i].external_port != 0;
    return any && r->addr.family == 4 && mapping_is_possible(&r->addr, 1) ? 0 : GW_EREFUSED;
}

static int take_report(struct upnp *u, struct upnp_report *r)
{
    if (u->is_late)
        return GW_ETIMEOUT;
    if (read(u->result, r, sizeof *r) != sizeof *r)
        return GW_EIO;
    return check(u, r);
}

static void release(struct upnp *u)
{
    process_reap(&u->process); /* it has ended, or been killed */
    timer_stop(&u->deadline);
    close(u->result);
    free(u);
}

static void on_ended(struct ev_loop *loop, ev_io *io, int revents)
{
    struct upnp *u = io->data;
    upnp_done_fn *done = u->done;
    void *arg = u->arg;
    struct upnp_report r = { 0 };
    (void)loop;
    (void)revents;

    int err = take_report(u, &r);
    release(u);
    done(arg, err, &r);
}

static void on_deadline(void *arg)
{
    struct upnp *u = arg;
    u->is_late = true;
    kill(u->process.pid, SIGKILL);
}

/* Returns 0 with the process watched and the pipe's end set. */
static int spawn(struct upnp *u, struct upnp_report *r)
{
    int fd[2];

    if (pipe2(fd, O_CLOEXEC) != 0)
        return err_from_errno(errno);
    fcntl(fd[0], F_SETFL, O_NONBLOCK);
    process_prepare();
    pid_t pid = fork();
    if (pid == 0)
        run_map(r, fd[1]);
    int err = pid < 0 ? err_from_errno(errno) : 0;
    close(fd[1]);
    if (!err)
        err = process_watch(&u->process, u->loop, pid, on_ended, u);
    if (err)
        close(fd[0]);
    u->result = fd[0];
    return err;
}

struct upnp *upnp_start(struct ev_loop *loop, const struct mapping_port *ports, size_t n,
                        upnp_done_fn *done, void *arg, int *err)
{
    struct upnp_report r = { .n = n < MAPPING_MAX ? n : MAPPING_MAX };
    struct upnp *u = upnp_igd_is_built() ? malloc(sizeof *u) : NULL;

    *err = upnp_igd_is_built() ? GW_ENOMEM : GW_EUNSUP;
    if (!u)
        return NULL;
    *u = (struct upnp){ .loop = loop, .n = r.n, .done = done, .arg = arg };
    for (size_t i = 0; i < r.n; i++)
        r.v[i].internal = ports[i];
    *err = spawn(u, &r);
    if (*err) {
        free(u);
        return NULL;
    }
    timer_init(&u->deadline, loop, on_deadline, u);
    timer_start(&u->deadline, UPNP_DEADLINE_S * 1000);
    return u;
}

void upnp_cancel(struct upnp *u)
{
    if (!u)
        return;
    kill(u->process.pid, SIGKILL);
    release(u);
}

/* By a grandchild, which init inherits: nobody has to wait for it.  A service manager sends SIGTERM
 * to what gw leaves behind; it has a deadline of its own, so it goes on. */
void upnp_release(const struct upnp_report *r)
{
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGTERM, SIG_IGN); /* inherited: at no moment can it be ended so */
        if (fork() == 0 && shed(-1, UPNP_RELEASE_DEADLINE_S, SIG_IGN))
            upnp_igd_unmap(r);
        _exit(0);
    }
    if (pid > 0)
        waitpid(pid, NULL, 0); /* it only forks */
}
