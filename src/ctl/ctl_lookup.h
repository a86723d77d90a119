/* ctl_lookup.h - the beginning of every command that names a peer: from the text to its id and
 * addresses. */
#ifndef GW_CTL_CTL_LOOKUP_H
#define GW_CTL_CTL_LOOKUP_H

#include "ctl/ctl_deps.h"
#include "ctl/ctl_session.h"

/* Goes on with the request: the session is busy, and this or what it starts must answer.  `a` is
 * borrowed for the call, `req` too. */
typedef void ctl_found_fn(const struct ctl_deps *d, struct ctl_session *s, json_t *req,
                          const struct name_answer *a);

/* Asks the resolver for the name in req[key] and calls `found`, from inside or later.  A missing
 * member, a name that is not known, and a client that goes away are dealt with here. */
void ctl_lookup(const struct ctl_deps *d, struct ctl_session *s, json_t *req, const char *key,
                ctl_found_fn *found);

/* The same, but it is for `unfound` to answer for a name that is not known: err and trail as
 * resolver_done_fn has them. */
typedef void ctl_unfound_fn(const struct ctl_deps *d, struct ctl_session *s, json_t *req, int err,
                            const char *trail);
void ctl_lookup_either(const struct ctl_deps *d, struct ctl_session *s, json_t *req,
                       const char *key, ctl_found_fn *found, ctl_unfound_fn *unfound);

#endif
