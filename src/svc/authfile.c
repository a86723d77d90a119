/* authfile.c - see authfile.h. */
#include "svc/authfile.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fileio.h"
#include "svc/authedit.h"

void authfile_fini(struct authfile *f)
{
    free(f->lines);
    free(f->text);
    *f = (struct authfile){ 0 };
}

static struct bytes text_of(const struct authfile *f)
{
    return (struct bytes){ (const uint8_t *)f->text, f->len };
}

/* Fills f->lines from f->text. */
static int parse(struct authfile *f, const char *path, char *err, size_t cap)
{
    struct bytes line, text = text_of(f);
    size_t room = 0;
    const char *why;

    for (unsigned no = 1; authkeys_next_line(&text, &line); no++) {
        if (f->n == room) {
            room = room ? 2 * room : 16;
            struct authkeys_line *more = reallocarray(f->lines, room, sizeof *more);
            if (!more) {
                snprintf(err, cap, "%s: %s", path, gw_strerror(GW_ENOMEM));
                return GW_ENOMEM;
            }
            f->lines = more;
        }
        int is_rule = authkeys_parse(line, &f->lines[f->n], &why);
        if (is_rule < 0) {
            snprintf(err, cap, "%s:%u: %s", path, no, why);
            return is_rule;
        }
        f->n += (size_t)is_rule;
    }
    return 0;
}

bool authfile_mode_ok(const char *path)
{
    struct stat st;
    return stat(path, &st) != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

int authfile_read(struct authfile *out, const char *path, char *err, size_t cap)
{
    *out = (struct authfile){ 0 };
    if (!authfile_mode_ok(path)) {
        snprintf(err, cap, "%s: group or others may write it: chmod go-w %s", path, path);
        return GW_EPERM;
    }
    int e = fileio_read(path, &out->text, &out->len);
    if (e) {
        snprintf(err, cap, "%s: %s", path, gw_strerror(e));
        return e;
    }
    e = parse(out, path, err, cap);
    if (e)
        authfile_fini(out);
    return e;
}

/* A descriptor that holds the lock; -1: there is none to be had, and the edit goes on without. */
static int lock_directory(const char *path)
{
    char copy[PATH_MAX];

    if (strlen(path) >= sizeof copy)
        return -1;
    int fd = open(dirname(strcpy(copy, path)), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        flock(fd, LOCK_EX); /* nobody holds it longer than it takes to write a small file */
    return fd;
}

static void unlock_directory(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* The file as it stands now, checked; a missing one is empty. */
static int read_now(struct authfile *out, const char *path, char *err, size_t cap)
{
    int e = authfile_read(out, path, err, cap);
    return e == GW_ENOTFOUND ? 0 : e;
}

/* Takes text, unless it could not be made (e). */
static int replace(const char *path, int e, char *text, size_t n, char *err, size_t cap)
{
    char real[PATH_MAX]; /* where a symbolic link leads to: it stays one */

    if (!e) {
        const struct bytes content = { (uint8_t *)text, n };
        e = fileio_rewrite(realpath(path, real) ? real : path, content);
        if (e == GW_ENOTFOUND)
            e = fileio_replace(path, content, 0600);
        free(text);
    }
    if (e)
        snprintf(err, cap, "%s: %s", path, gw_strerror(e));
    return e;
}

int authfile_allow(const char *path, const struct peerid *peer, const char *const *services,
                   const char *comment, char *err, size_t cap)
{
    int lock = lock_directory(path);
    struct authfile now;
    char *text;
    size_t n;
    int e = read_now(&now, path, err, cap);

    if (!e) {
        e = authedit_allow(text_of(&now), peer, services, comment, clock_wall_s(), &text, &n);
        e = replace(path, e, text, n, err, cap);
        authfile_fini(&now);
    }
    unlock_directory(lock);
    return e;
}

int authfile_deny(const char *path, const struct peerid *peer, char *err, size_t cap)
{
    int lock = lock_directory(path);
    struct authfile now;
    char *text;
    size_t n;
    int e = read_now(&now, path, err, cap);

    if (!e) {
        e = authedit_deny(text_of(&now), peer, &text, &n);
        e = replace(path, e, text, n, err, cap);
        authfile_fini(&now);
    }
    unlock_directory(lock);
    return e;
}
