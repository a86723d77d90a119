/* ctl_connect.h - what the commands that measure a peer do once it is found: from its id and
 * addresses to a connection. */
#ifndef GW_CTL_CTL_CONNECT_H
#define GW_CTL_CTL_CONNECT_H

#include "ctl/ctl_deps.h"
#include "ctl/ctl_session.h"

/* Goes on with the request: the session is busy, and this or what it starts must answer.  `req` is
 * borrowed for the call. */
typedef void ctl_connected_fn(struct ctl_session *s, json_t *req, struct conn *c);

/* Calls `connected` with the connection to the peer, from inside or later; when there is none it
 * dials.  Failures, and a client that goes away, are dealt with here.  `a` is borrowed for the
 * call, `req` is kept as long as needed. */
void ctl_connect(const struct ctl_deps *d, struct ctl_session *s, json_t *req,
                 const struct name_answer *a, ctl_connected_fn *connected);

/* Answers with the name that was asked for, in req.name, and why it failed. */
void ctl_connect_fail(struct ctl_session *s, const json_t *req, int err);

#endif
