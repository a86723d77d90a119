/* child.h - a program run to ask it something: octets in, octets out, an end in time.
 *
 * Its standard input is a file that holds the input; its environment is empty but for PATH, HOME
 * and LANG; it has no descriptor of ours, and the signals as they are by default.  What it says on
 * its standard error goes to our log, the first lines, one at a time (debug).  It leads a process
 * group, and whatever is left of the group is killed when it ends, takes too long, says too much,
 * or nobody waits for it any more.
 */
#ifndef GW_NET_CHILD_H
#define GW_NET_CHILD_H

#include <ev.h>

#include "base/cursor.h"

struct child;

/* err 0: it ended with status 0, and `out` is what it wrote (borrowed for the call; a NUL follows
 * it).  GW_ETIMEOUT, GW_ELIMIT (more than max_out), GW_EREFUSED (another status, or killed by a
 * signal: *status as waitpid gives it), GW_ENOTFOUND, GW_EPERM (it cannot be run), GW_ENOMEM, ...
 */
typedef void child_done_fn(void *arg, int err, int status, struct bytes out);

struct child_req {
    const char *const *argv; /* NULL-terminated, read by the start; argv[0] is looked up in PATH
                                when it has no slash */
    struct bytes input;      /* copied */
    size_t max_out;
    uint64_t timeout_ms;
};
/* `done` once, from the loop; the child is gone then.  0 and *out owned by itself until then; or
 * GW_ENOMEM, GW_ENOFD. */
int child_start(struct ev_loop *loop, const struct child_req *req, child_done_fn *done, void *arg,
                struct child **out);
void child_cancel(struct child *c); /* done will not be called; NULL is fine */

#endif
