/* ctl.h - the control socket: how the commands of `gw` talk to the running daemon.
 *
 * A Unix socket, mode 0600, in the node's private directory; only the same user and root may use it
 * (SO_PEERCRED).  One request is one line of JSON, and so is one answer:
 *
 *     {"cmd":"resolve","name":"db.alice"}
 *     {"ok":true,"peer":"12D3KooW...","service":"db",...}
 *     {"ok":false,"error":"one sentence"}
 *
 * A client may send several requests; they run one after another.  Some commands answer with
 * more than one line: all but the last hold `"more":true` in place of `ok`.  The commands:
 * ctl/ctl_cmd.h.
 *
 * Limits: a request of CTL_LINE_MAX octets, CTL_CLIENTS_MAX clients, CTL_IDLE_S seconds without
 * a request.
 */
#ifndef GW_CTL_CTL_H
#define GW_CTL_CTL_H

#include "ctl/ctl_deps.h"

#define CTL_CLIENTS_MAX 64

struct ctl;

/* Listens on the Unix socket `path`; from then on commands are answered, so call it when
 * everything else stands.  `deps` is copied, what it points to is borrowed until ctl_close.
 * Returns 0 and *out owned, or GW_E* of listen_open (GW_EINUSE: another daemon answers there). */
int ctl_open(const struct ctl_deps *deps, const char *path, struct ctl **out);

/* Stops listening and drops every client and what it asked for (an `nc` that carries octets
 * already is the front's).  Call it before anything in `deps` goes.  NULL is fine. */
void ctl_close(struct ctl *c);

#endif
