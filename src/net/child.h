/* child.h - a program run to ask it something: octets in, octets out, an end in time.
 *
 * It gets the input on its standard input, an empty environment but for PATH, HOME and LANG, and no
 * descriptor of ours; its standard error goes to our log, a line at a time (debug).  It is killed,
 * with all of its process group, when it takes too long, says too much, or nobody waits for it any
 * more.  libev's SIGCHLD handling reaps it.
 */
#ifndef GW_NET_CHILD_H
#define GW_NET_CHILD_H

#include <ev.h>

#include "base/cursor.h"

struct child;

/* err 0: it ended with status 0, and `out` is what it wrote (borrowed for the call; a NUL follows
 * it). GW_ETIMEOUT, GW_ELIMIT (more than max_out), GW_EREFUSED (another status, or killed by a
 * signal: *status as waitpid gives it), GW_ENOTFOUND, GW_EPERM (it cannot be run), GW_ENOMEM, ...
 */
typedef void child_done_fn(void *arg, int err, int status, struct bytes out);

struct child_req {
    const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH when it has no slash;
                                copied by the start */
    struct bytes input;      /* copied */
    size_t max_out;
    uint64_t timeout_ms;
};
/* `done` once, from the loop.  0 and *out owned by itself until then; or GW_ENOMEM, GW_ENFILE. */
int child_start(struct ev_loop *loop, const struct child_req *req, child_done_fn *done, void *arg,
                struct child **out);
void child_cancel(struct child *c); /* done will not be called; NULL is fine */

#endif
