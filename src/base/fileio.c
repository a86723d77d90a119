/* fileio.c - see fileio.h. */
#include "base/fileio.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"

#define READ_STEP 4096u

/* Reads to the end rather than trusting st_size, so that files of /proc work too.  One octet above
 * the limit is read to notice that there is more. */
static int read_all(int fd, char **out, size_t *n)
{
    char *buf = NULL;
    size_t used = 0, cap = 0;

    for (;;) {
        if (cap - used < 2) {
            size_t grown = cap ? cap * 2 : READ_STEP;
            char *p = realloc(buf, grown);
            if (!p) {
                free(buf);
                return GW_ENOMEM;
            }
            buf = p;
            cap = grown;
        }
        ssize_t r = read(fd, buf + used, cap - used - 1);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0 || used + (size_t)r > FILEIO_MAX) {
            int err = r < 0 ? err_from_errno(errno) : GW_ELIMIT;
            free(buf);
            return err;
        }
        if (r == 0)
            break;
        used += (size_t)r;
    }
    buf[used] = '\0';
    *out = buf;
    *n = used;
    return 0;
}

int fileio_read(const char *path, char **out, size_t *n)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_from_errno(errno);
    int err = read_all(fd, out, n);
    close(fd);
    return err;
}

static int write_all(int fd, struct bytes v)
{
    while (v.n) {
        ssize_t w = write(fd, v.p, v.n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return err_from_errno(errno);
        v.p += w;
        v.n -= (size_t)w;
    }
    return 0;
}

/* Makes the rename itself last.  A file system that cannot sync a directory is no error of ours. */
static void sync_parent(const char *path)
{
    char dir[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int n = slash ? (int)(slash - path) + 1 : 1;
    snprintf(dir, sizeof dir, "%.*s", n, slash ? path : ".");
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

/* What root makes in the directory of somebody else is theirs: they could not read it else.  Where
 * that cannot be it stays root's. */
static void give_to_owner_of_directory(int fd, const char *path)
{
    char dir[PATH_MAX];
    struct stat st;

    if (geteuid() == 0 && snprintf(dir, sizeof dir, "%s", path) < PATH_MAX &&
        stat(dirname(dir), &st) == 0 && st.st_uid != 0 && fchown(fd, st.st_uid, st.st_gid) != 0)
        return;
}

/* Writes a complete, synced file next to `path`; its name goes into tmp.  `old`, which may be NULL,
 * says whose it is to be.  After an error it is gone again. */
static int write_beside(const char *path, struct bytes content, mode_t mode, const struct stat *old,
                        char tmp[PATH_MAX])
{
    if (snprintf(tmp, PATH_MAX, "%s.XXXXXX", path) >= PATH_MAX)
        return GW_EINVAL;
    int fd = mkostemp(tmp, O_CLOEXEC);
    if (fd < 0)
        return err_from_errno(errno);
    int err = write_all(fd, content);
    if (!old)
        give_to_owner_of_directory(fd, path);
    if (!err && old && fchown(fd, old->st_uid, old->st_gid) < 0)
        err = err_from_errno(errno);
    if (!err && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
        err = err_from_errno(errno);
    if (close(fd) < 0 && !err)
        err = err_from_errno(errno);
    if (err)
        unlink(tmp);
    return err;
}

static int replace(const char *path, struct bytes content, mode_t mode, const struct stat *old)
{
    char tmp[PATH_MAX];
    int err = write_beside(path, content, mode, old, tmp);
    if (err)
        return err;
    if (rename(tmp, path) < 0) {
        err = err_from_errno(errno);
        unlink(tmp);
        return err;
    }
    sync_parent(path);
    return 0;
}

int fileio_replace(const char *path, struct bytes content, mode_t mode)
{
    return replace(path, content, mode, NULL);
}

int fileio_rewrite(const char *path, struct bytes content)
{
    struct stat old;

    if (stat(path, &old) < 0)
        return err_from_errno(errno);
    return replace(path, content, old.st_mode & 07777, &old);
}

int fileio_create(const char *path, struct bytes content, mode_t mode)
{
    char tmp[PATH_MAX];
    int err = write_beside(path, content, mode, NULL, tmp);
    if (err)
        return err;
    if (link(tmp, path) < 0)
        err = err_from_errno(errno);
    unlink(tmp);
    if (!err)
        sync_parent(path);
    return err;
}

int fileio_append(const char *path, struct bytes content, mode_t mode, bool is_synced)
{
    bool is_new = is_synced && access(path, F_OK) != 0;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, mode);
    if (fd < 0)
        return err_from_errno(errno);
    int err = write_all(fd, content);
    if (!err && is_synced && fdatasync(fd) < 0)
        err = err_from_errno(errno);
    if (close(fd) < 0 && !err)
        err = err_from_errno(errno);
    if (!err && is_new)
        sync_parent(path);
    return err;
}

static bool is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int make_dir(const char *path, mode_t mode)
{
    if (mkdir(path, mode) == 0 || (errno == EEXIST && is_dir(path)))
        return 0;
    return err_from_errno(errno);
}

int fileio_mkdir_private(const char *path)
{
    char dir[PATH_MAX];

    if (snprintf(dir, sizeof dir, "%s", path) >= (int)sizeof dir)
        return GW_EINVAL;
    for (size_t n = strlen(dir); n > 1 && dir[n - 1] == '/'; n--)
        dir[n - 1] = '\0';
    for (char *slash = strchr(dir + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int err = is_dir(dir) ? 0 : make_dir(dir, 0755);
        if (err)
            return err;
        *slash = '/';
    }
    return make_dir(dir, 0700);
}

bool fileio_changed(const char *path, struct fileio_stamp *stamp)
{
    struct fileio_stamp now = { 0 };
    struct stat st;

    if (stat(path, &st) == 0)
        now = (struct fileio_stamp){ .mtime = st.st_mtim, .size = st.st_size, .ino = st.st_ino };
    bool changed = now.mtime.tv_sec != stamp->mtime.tv_sec ||
                   now.mtime.tv_nsec != stamp->mtime.tv_nsec || now.size != stamp->size ||
                   now.ino != stamp->ino;
    *stamp = now;
    return changed;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

char *fileio_next_line(char **text)
{
    char *line = *text;

    if (!*line)
        return NULL;
    size_t n = strcspn(line, "\n");
    *text = line + n + (line[n] == '\n');
    line[n] = '\0';
    while (is_blank(*line))
        line++;
    char *end = line;
    for (char *p = line; *p; p++) {
        if (*p == '#' && (p == line || is_blank(p[-1])))
            break;
        if (!is_blank(*p))
            end = p + 1;
    }
    *end = '\0';
    return line;
}

char *fileio_next_word(char **line)
{
    char *p = *line;
    while (is_blank(*p))
        p++;
    if (!*p) {
        *line = p;
        return NULL;
    }
    char *word = p;
    while (*p && !is_blank(*p))
        p++;
    if (*p)
        *p++ = '\0';
    *line = p;
    return word;
}
