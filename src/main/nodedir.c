/* nodedir.c - see nodedir.h. */
#include "main/nodedir.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fileio.h"
#include "base/log.h"

/* DIR/FILE, owned; NULL when out of memory. */
static char *path_in(const char *dir, const char *file)
{
    char *path;
    return asprintf(&path, "%s/%s", dir, file) < 0 ? NULL : path;
}

static const struct {
    size_t at; /* of its path in struct nodedir */
    const char *file;
} files[] = {
    { offsetof(struct nodedir, conf), "gw.conf" },
    { offsetof(struct nodedir, key), "key" },
    { offsetof(struct nodedir, names), "names" },
    { offsetof(struct nodedir, authorized_keys), "authorized_keys" },
    { offsetof(struct nodedir, ctl), "ctl.sock" },
    { offsetof(struct nodedir, lock_path), "ctl.lock" },
    { offsetof(struct nodedir, ports), "state/ports" },
    { offsetof(struct nodedir, loopback), "state/loopback" },
    { offsetof(struct nodedir, relay_state), "state/relay" },
    { offsetof(struct nodedir, names_book), "state/names" },
    { offsetof(struct nodedir, names_cache), "state/names-cache" },
    { offsetof(struct nodedir, dht), "state/dht" },
};
#define NFILES (sizeof files / sizeof files[0])

static char **path_of(struct nodedir *d, size_t i)
{
    return (char **)((char *)d + files[i].at);
}

int nodedir_name(struct nodedir *d, const char *dir, const char *conf, char err[CONF_ERR_MAX])
{
    *d = (struct nodedir){ .lock = -1, .dir = strdup(dir), .conf = conf ? strdup(conf) : NULL };
    bool is_whole = d->dir && (d->conf || !conf);
    for (size_t i = 0; i < NFILES; i++) {
        char **path = path_of(d, i);
        if (!*path)
            *path = path_in(dir, files[i].file);
        is_whole = is_whole && *path;
    }
    return is_whole ? 0 : conf_fail_plain(err, GW_ENOMEM);
}

int nodedir_open(struct nodedir *d, const char *dir, const char *conf, char err[CONF_ERR_MAX])
{
    int rc = nodedir_name(d, dir, conf, err);
    if (rc)
        return rc;
    rc = fileio_mkdir_private(dir);
    if (rc == GW_EEXISTS)
        return conf_fail(err, rc, "%s: is not a directory", dir);
    return rc ? conf_fail(err, rc, "%s: %s", dir, gw_strerror(rc)) : 0;
}

void nodedir_close(struct nodedir *d)
{
    for (size_t i = 0; i < NFILES; i++)
        free(*path_of(d, i));
    free(d->dir);
    if (d->lock >= 0)
        close(d->lock);
    *d = (struct nodedir){ .lock = -1 };
}

int nodedir_lock(struct nodedir *d, char err[CONF_ERR_MAX])
{
    char pid[16] = "";

    d->lock = open(d->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (d->lock < 0) {
        int rc = err_from_errno(errno);
        return conf_fail(err, rc, "%s: %s", d->lock_path, gw_strerror(rc));
    }
    if (flock(d->lock, LOCK_EX | LOCK_NB) != 0) {
        ssize_t n = read(d->lock, pid, sizeof pid - 1);
        return conf_fail(err, GW_EINUSE, "another gw (pid %.*s) runs on %s", n > 0 ? (int)n : 1,
                         n > 0 ? pid : "?", d->dir);
    }
    int n = snprintf(pid, sizeof pid, "%ld", (long)getpid());
    if (ftruncate(d->lock, 0) != 0 || pwrite(d->lock, pid, (size_t)n, 0) != n)
        log_warn("lock %s: the pid cannot be written, going on", d->lock_path);
    return 0;
}

static int make_key(const struct nodedir *d, struct key **out, char err[CONF_ERR_MAX])
{
    int rc = key_generate(out);
    if (rc)
        return conf_fail_plain(err, rc);
    rc = key_save(*out, d->key);
    if (rc) {
        key_free(*out);
        return conf_fail(err, rc, "%s: %s", d->key, gw_strerror(rc));
    }
    log_info("key %s made peer=%s", d->key, peerid_short(key_peerid(*out)));
    return 0;
}

static int load_key(const struct nodedir *d, struct key **out, char err[CONF_ERR_MAX])
{
    struct stat st;
    int rc = key_load(d->key, out);

    if (rc == GW_EPERM && stat(d->key, &st) == 0 && (st.st_mode & 077))
        return conf_fail(err, rc, "%s: others than its owner can read it; mend with: chmod 600 %s",
                         d->key, d->key);
    if (rc == GW_ESYNTAX)
        return conf_fail(err, rc, "%s: is not a private key of libp2p", d->key);
    return rc ? conf_fail(err, rc, "%s: %s", d->key, gw_strerror(rc)) : 0;
}

int nodedir_key(const struct nodedir *d, struct key **out, char err[CONF_ERR_MAX])
{
    int rc = load_key(d, out, err);

    if (rc == GW_ENOTFOUND)
        rc = make_key(d, out, err);
    return rc == GW_EEXISTS ? load_key(d, out, err) : rc; /* another process has just made it */
}

int nodedir_check_key(const struct nodedir *d, char err[CONF_ERR_MAX])
{
    struct key *k = NULL;
    int rc = load_key(d, &k, err);

    key_free(k);
    return rc == GW_ENOTFOUND ? 0 : rc;
}

void nodedir_read_ports(const struct nodedir *d, struct nodedir_ports *out)
{
    char *text;
    size_t n;

    *out = (struct nodedir_ports){ 0 };
    if (fileio_read(d->ports, &text, &n) != 0)
        return;
    sscanf(text, "udp4 %hu udp6 %hu tcp4 %hu tcp6 %hu", &out->udp4, &out->udp6, &out->tcp4,
           &out->tcp6);
    free(text);
}

bool nodedir_is_newer(const char *file, const char *than)
{
    struct stat a, b;

    if (stat(file, &a) != 0 || stat(than, &b) != 0)
        return false;
    return a.st_mtim.tv_sec != b.st_mtim.tv_sec ? a.st_mtim.tv_sec > b.st_mtim.tv_sec
                                                : a.st_mtim.tv_nsec > b.st_mtim.tv_nsec;
}

int nodedir_make_state(const struct nodedir *d)
{
    char *state = path_in(d->dir, "state");
    int rc = state ? fileio_mkdir_private(state) : GW_ENOMEM;

    free(state);
    return rc;
}

int nodedir_write_ports(const struct nodedir *d, const struct nodedir_ports *p)
{
    char text[80];
    int rc = nodedir_make_state(d);

    snprintf(text, sizeof text, "udp4 %u\nudp6 %u\ntcp4 %u\ntcp6 %u\n", p->udp4, p->udp6, p->tcp4,
             p->tcp6);
    return rc ? rc : fileio_replace(d->ports, bytes_of(text), 0600);
}
