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
