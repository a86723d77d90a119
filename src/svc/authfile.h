/* authfile.h - one authorized_keys file: read and checked, and edited (authedit.h).
 *
 * Whoever edits holds a lock on the file's directory from reading to replacing, so that of two
 * edits at a time, by the daemon and by a command without one for instance, neither is lost. */
#ifndef GW_SVC_AUTHFILE_H
#define GW_SVC_AUTHFILE_H

#include "svc/authkeys.h"

struct authfile {
    char *text; /* owned */
    size_t len;
    struct authkeys_line *lines; /* views into the text */
    size_t n;
};

/* 0 and *out to be authfile_fini'ed; GW_ESYNTAX, GW_EPERM (group or others may write it), GW_ENOMEM
 * or errors of fileio_read with "FILE:LINE: reason" or "FILE: reason" in err. */
int authfile_read(struct authfile *out, const char *path, char *err, size_t cap);
void authfile_fini(struct authfile *f);

bool authfile_mode_ok(const char *path); /* only its owner may write it, or it does not exist */

/* Edit the file as authedit.h says; it keeps its mode and its owner.  One that does not exist is as
 * good as an empty one, and is made 0600.  0, or as authz_allow and authz_deny say. */
int authfile_allow(const char *path, const struct peerid *peer, const char *const *services,
                   const char *comment, char *err, size_t cap);
int authfile_deny(const char *path, const struct peerid *peer, char *err, size_t cap);

#endif
