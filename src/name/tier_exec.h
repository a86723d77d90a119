/* tier_exec.h - a tier that is somebody's program: `resolver = exec:PATH`.
 *
 * For each name but peer ids it is run once: the name on a line on its standard input, and on its
 * standard output one line,
 *
 *     PEER-ID [MULTIADDR...] [ttl=SECONDS]
 *
 * or nothing, when it knows none.  It has TIER_EXEC_MS; then it is killed (net/child.h).  Names are
 * told as lower case, without .p2p and without a final dot.  ERRANDS_RUN_MAX run at a time; more
 * wait.
 */
#ifndef GW_NAME_TIER_EXEC_H
#define GW_NAME_TIER_EXEC_H

#include "name/resolver.h"

#define TIER_EXEC_MS      5000
#define TIER_EXEC_OUT_MAX 4096

struct tier_exec;
extern const struct tier_ops tier_exec_ops; /* "exec" */

/* `path` copied.  Returns owned, or NULL.  Free it when the resolver has stopped. */
struct tier_exec *tier_exec_new(struct ev_loop *loop, const char *path);
void tier_exec_free(struct tier_exec *t); /* NULL is fine */

/* Reads a line as above into `out` (peer, addrs, ttl).  Addresses of kinds unknown here are left
 * out, as are those behind the RESOLVER_ADDRS_MAX-th.  0, GW_ENONAME (an empty line), GW_ESYNTAX
 * (also: an address that ends in another peer's id).  Pure. */
int tier_exec_read(struct bytes line, struct name_answer *out);

#endif
