/* authedit.h - change the text of an authorized_keys file.  No I/O; lines of other peers, comments
 * and blank lines stay octet for octet. */
#ifndef GW_SVC_AUTHEDIT_H
#define GW_SVC_AUTHEDIT_H

#include "id/peerid.h"

/* Lets `peer` use `services` (NULL-terminated; NULL: all).  Its first line gets them added and
 * keeps what else it says; a line that has expired gives nothing to add to and loses its expiry;
 * without a line one is put at the end.  A line for every service cannot say that it is for the
 * exit, too (authz.h): these two go into lines of their own.  `comment` (NULL: as it was) stands
 * without '#'.
 *
 * 0 and *out owned with a NUL behind its *n octets; GW_EINVAL: a bad service name, no service, or a
 * comment with control characters; GW_ENOMEM. */
int authedit_allow(struct bytes text, const struct peerid *peer, const char *const *services,
                   const char *comment, int64_t now_s, char **out, size_t *n);

/* Drops all lines of `peer`.  0 and *out as above, GW_ENOTFOUND (there is none), GW_ENOMEM. */
int authedit_deny(struct bytes text, const struct peerid *peer, char **out, size_t *n);

#endif
