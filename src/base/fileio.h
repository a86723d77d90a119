/* fileio.h - small files: read whole, replace atomically, watch for change, private modes. */
#ifndef GW_BASE_FILEIO_H
#define GW_BASE_FILEIO_H

#include <sys/stat.h>

#include "base/cursor.h"

#define FILEIO_MAX (4u << 20) /* octets of the largest file read */

/* Reads the whole file.  Returns 0 and *out malloc'ed with a NUL behind its *n octets;
 * GW_ENOTFOUND, GW_EPERM, GW_ELIMIT (over FILEIO_MAX), GW_EIO. */
int fileio_read(const char *path, char **out, size_t *n);

/* Writes `path` through a temporary file beside it, fsync and rename: after a crash or on a full
 * disk the old content stands whole.  Made by root it is the directory's owner's.  Returns 0,
 * GW_ENOSPACE, GW_EPERM, GW_EIO. */
int fileio_replace(const char *path, struct bytes content, mode_t mode);

/* The same for a file that is there: it keeps its mode, its owner and its group.  Also
 * GW_ENOTFOUND; GW_EPERM when they cannot be given to the new one: then the old one stays. */
int fileio_rewrite(const char *path, struct bytes content);

/* As fileio_replace, but never over an existing file: then GW_EEXISTS. */
int fileio_create(const char *path, struct bytes content, mode_t mode);

/* Adds to the end of `path`, which is made when it is missing.  is_synced: it is on the disk when
 * this returns 0.  After an error a part of it may stand there. */
int fileio_append(const char *path, struct bytes content, mode_t mode, bool is_synced);

/* Makes a directory 0700 with its parents (0755 & ~umask); fine when it exists. */
int fileio_mkdir_private(const char *path);

/* What a later fileio_changed compares with; zeroed: the file did not exist. */
struct fileio_stamp {
    struct timespec mtime;
    off_t size;
    ino_t ino;
};
bool fileio_changed(const char *path, struct fileio_stamp *stamp); /* updates the stamp */

/* Splits the next line off *text (no newline, comment from '#' at the start of a word cut off,
 * blanks trimmed).  Returns NULL at the end.  Modifies the text. */
char *fileio_next_line(char **text);
char *fileio_next_word(char **line); /* blank-separated; NULL at the end */

#endif
