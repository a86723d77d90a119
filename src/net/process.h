/* process.h - waiting for a process of ours without a signal: its end is an event of its descriptor
 * (pidfd_open(2)), which every loop can watch; libev's SIGCHLD handling works in the default loop
 * only.
 */
#ifndef GW_NET_PROCESS_H
#define GW_NET_PROCESS_H

#include <ev.h>
#include <sys/types.h>

struct process {
    struct ev_loop *loop;
    pid_t pid; /* nobody else's until process_reap */
    ev_io end; /* of its descriptor */
};

/* Before the start of one: whoever started us may have SIGCHLD ignored, and then the kernel keeps
 * no status of those that end, nor their pid from being another's.  A handler stays as it is. */
void process_prepare(void);

/* Watches a child just started: `on_end` is called from the loop once it has ended, with w->data
 * `data`, and has to call process_reap.  0; or GW_ENOFD, GW_ENOMEM: it has been killed and reaped.
 */
int process_watch(struct process *p, struct ev_loop *loop, pid_t pid,
                  void (*on_end)(struct ev_loop *loop, ev_io *w, int revents), void *data);

/* Ends the watching.  Returns the status as waitpid gives it.  A process that was killed a moment
 * ago is waited for, 100 ms at most: one that may not be killed (setuid) is left to itself, and the
 * status is -1. */
int process_reap(struct process *p);

#endif
