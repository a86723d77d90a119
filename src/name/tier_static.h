/* tier_static.h - the tier of the names file (names_file.h).
 *
 * A name matches its line.  Else, when it has several labels, the line of what follows the first
 * one, and the first label names the service: `db.alice` is service `db` of alice.  A peer id
 * (tier_direct.h) matches the first line of that peer, so its addresses count for the id as well.
 */
#ifndef GW_NAME_TIER_STATIC_H
#define GW_NAME_TIER_STATIC_H

#include <ev.h>

#include "name/resolver.h"

struct tier_static;
extern const struct tier_ops tier_static_ops;

/* Called after the content has changed: cached answers of other tiers may be wrong now
 * (resolver_flush). */
typedef void tier_static_changed_fn(void *arg);

/* Watches the file about every second, and at lookups.  A file that cannot be read or has a bad
 * line keeps its last good content, and the reason is logged with file and line; no file means no
 * names.  Returns owned, or NULL. */
struct tier_static *tier_static_new(struct ev_loop *loop, const char *path,
                                    tier_static_changed_fn *changed, void *arg);
void tier_static_free(struct tier_static *t); /* NULL is fine */

/* Reads the file now.  0, or an error with "FILE:LINE: reason" in err (cap 0: not told). */
int tier_static_reload(struct tier_static *t, char *err, size_t cap);

/* Why the file as it stands was not taken, "FILE:LINE: reason", borrowed; "": it was. */
const char *tier_static_fault(const struct tier_static *t);

/* The first name of a peer, borrowed until the next lookup or turn of the loop; NULL when it has
 * none. */
const char *tier_static_name_of(const struct tier_static *t, const struct peerid *peer);

#endif
