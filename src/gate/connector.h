/* connector.h - from a target to something open that leads there: the host's peer (aim.h), then a
 * service of it (svc_out.h), its exit, or a socket from here (direct.h). */
#ifndef GW_GATE_CONNECTOR_H
#define GW_GATE_CONNECTOR_H

#include "gate/aim.h"
#include "gate/direct.h"

/* err 0: takes the stream (early: what it delivered already, not credited), or the pipe when the
 * target is_udp.  Else GW_E* and why, borrowed for the call. */
typedef void connector_done_fn(void *arg, int err, struct stream *s, struct dgrams *d,
                               struct bytes early, const char *why);

struct connector { /* embedded */
    struct aim aim;
    struct host *host;
    const struct front_target *target;
    uint64_t start_ms, timeout_ms;
    struct svc_out *out; /* one of both, while it is being opened */
    struct direct *direct;
    struct peerid peer; /* n 0: not known yet, or none */
    const char *tier;   /* that knew the peer; static */
    const char *via;    /* the transport; static */
    connector_done_fn *done;
    void *arg;
};

/* Borrows all; the target until done.  Calls done once, from inside or later. */
void connector_start(struct connector *k, struct host *h, const struct aim_rules *rules,
                     const struct front_target *t, uint64_t timeout_ms, connector_done_fn *done,
                     void *arg);
void connector_fini(struct connector *k); /* done will not be called; fine when zeroed */

#endif
