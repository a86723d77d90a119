/* ctl_reach.h - what the commands that measure a peer do once it is found: from its id and
 * addresses to a connection. */
#ifndef GW_CTL_CTL_REACH_H
#define GW_CTL_CTL_REACH_H

#include "ctl/ctl_deps.h"
#include "ctl/ctl_session.h"

/* Goes on with the request: the session is busy, and this or what it starts must answer.  `req` is
 * borrowed for the call. */
typedef void ctl_reached_fn(struct ctl_session *s, json_t *req, struct conn *c);

/* Calls `reached` with the connection to the peer, from inside or later.  When there is none it
 * dials, by way of a stream on `protocol` that is not used.  Failures, and a client that goes away,
 * are dealt with here.  `a` is borrowed for the call, `req` is kept as long as needed. */
void ctl_reach(const struct ctl_deps *d, struct ctl_session *s, json_t *req,
               const struct name_answer *a, const char *protocol, ctl_reached_fn *reached);

/* Answers with the name that was asked for, in req.name, and why it failed. */
void ctl_reach_fail(struct ctl_session *s, const json_t *req, int err);

#endif
