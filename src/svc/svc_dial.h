/* svc_dial.h - dials what a service stands for, from this machine: its target, or the destination
 * that the caller of an exit names; a stream or a pipe of datagrams. */
#ifndef GW_SVC_SVC_DIAL_H
#define GW_SVC_SVC_DIAL_H

#include "net/dgrams.h"
#include "net/dns.h"
#include "net/stream.h"
#include "net/turn.h"
#include "svc/registry.h"

struct svc_dial;

struct svc_dial_req { /* all borrowed for the call, but dns */
    const struct service *service;
    bool is_udp;
    struct bytes destination; /* of an exit: HOST:PORT, [ADDR6]:PORT */
    struct dns *dns;          /* of an exit */
    uint64_t timeout_ms;
};

/* err 0: takes one of both, the other is NULL.  Else GW_E*, as dialtcp.h, udp_pipe.h and dns.h say;
 * of an exit GW_EINVAL (no destination HOST:PORT) and GW_EDENIED (it is not outside: dns.h). */
typedef void svc_dial_done_fn(void *arg, int err, struct stream *s, struct dgrams *d);

/* Calls `done` once, from the loop, and is gone.  NULL with *err: it could not start. */
struct svc_dial *svc_dial_start(struct ev_loop *loop, struct turn *turn,
                                const struct svc_dial_req *req, svc_dial_done_fn *done, void *arg,
                                int *err);
void svc_dial_cancel(struct svc_dial *d); /* NULL is fine; done will not be called */

#endif
