/* process.c - see process.h. */
#include "net/process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"

#define REAP_MS 100

void process_prepare(void)
{
    struct sigaction now;

    if (sigaction(SIGCHLD, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
        signal(SIGCHLD, SIG_DFL);
}

int process_watch(struct process *p, struct ev_loop *loop, pid_t pid,
                  void (*on_end)(struct ev_loop *loop, ev_io *w, int revents), void *data)
{
    int fd = pidfd_open(pid, 0);
    if (fd < 0) {
        int err = err_from_errno(errno);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        return err;
    }
    p->loop = loop;
    p->pid = pid;
    ev_io_init(&p->end, on_end, fd, EV_READ);
    p->end.data = data;
    ev_io_start(loop, &p->end);
    return 0;
}

int process_reap(struct process *p)
{
    struct pollfd end = { .fd = p->end.fd, .events = POLLIN };
    int status;

    ev_io_stop(p->loop, &p->end);
    poll(&end, 1, REAP_MS);
    close(end.fd);
    return waitpid(p->pid, &status, WNOHANG) == p->pid ? status : -1;
}
