/* authz.h - who may use which service: authorized_keys files, one for the node and one per service
 * that wants its own.  Default deny: a peer that no line names may use nothing.
 *
 *   PEER-ID [services=ssh,db] [expires=2027-01-01T00:00Z] [limit=10M] [# comment]
 *
 * A line without services= stands for every service but an exit (registry.h): through that a peer
 * reaches the internet in our name.  An exit opens to those whose line in the node's file lists
 * `exit` in services=, and to those whom the exit's own file names.
 */
#ifndef GW_SVC_AUTHZ_H
#define GW_SVC_AUTHZ_H

#include <ev.h>

#include "id/peerid.h"
#include "net/limit.h"
#include "svc/registry.h"

struct authz;

/* Called after the rules changed (a file was edited, a line expired): whoever has open streams asks
 * again. */
typedef void authz_changed_fn(void *arg);

/* Watches `path` (and the registry's override files) about every second and at authz_reload, which
 * is to be called after the registry has changed.  A file that cannot be read, that group or others
 * may write, or that has a bad line keeps its last good content; the reason is logged once, with
 * file and line.  A file that does not exist names nobody.  Borrows registry.  Returns owned, or
 * NULL. */
struct authz *authz_new(struct ev_loop *loop, const char *path, const struct registry *services,
                        authz_changed_fn *changed, void *arg);
void authz_free(struct authz *a); /* NULL is fine */

/* Re-reads everything.  0, or the first error with "FILE:LINE: reason" in err (cap 0: not told). */
int authz_reload(struct authz *a, char *err, size_t cap);
/* Calls `each` with "FILE:LINE: reason" for each file that was not taken as it stands. */
void authz_each_fault(const struct authz *a, void (*each)(void *arg, const char *text), void *arg);
/* Checks a file without taking it; GW_ENOTFOUND when there is none. */
int authz_check_file(const char *path, char *err, size_t cap);

/* May `peer` stay connected: does any line of any file name it (and has not expired)? */
bool authz_admits(const struct authz *a, const struct peerid *peer);
/* Does a line name it, whether or not it has expired? */
bool authz_knows(const struct authz *a, const struct peerid *peer);
/* May it use the service? 0, GW_EDENIED or GW_ENOMEM.  *limit (may be NULL): the bucket that its
 * streams share, borrowed as long as a stream uses it (authz keeps it alive until authz_free); NULL
 * = no limit.  Of the line's limit (all services together) and the service's own the lower one
 * counts.  A changed rate holds for open streams from the next call on; a limit that is new or gone
 * holds for new streams. */
int authz_allows(struct authz *a, const struct peerid *peer, const struct service *s,
                 struct limit **limit);

/* Edit the node's file as authedit.h says; comments and other lines stay.  `services`:
 * NULL-terminated, or NULL for all.  0; GW_EINVAL (bad service name or comment), GW_ENOTFOUND (deny
 * of a peer that no line names), GW_ESYNTAX or GW_EPERM (the file as it stands is refused), errors
 * of fileio_replace; then "FILE:LINE: reason" or "FILE: reason" in err (cap 0: not told).  Changes
 * are in force on return. */
int authz_allow(struct authz *a, const struct peerid *peer, const char *const *services,
                const char *comment, char *err, size_t cap);
int authz_deny(struct authz *a, const struct peerid *peer, char *err, size_t cap);

#endif
