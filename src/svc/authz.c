/* authz.c - see authz.h. */
#include "svc/authz.h"

#include <stdio.h>
#include <stdlib.h>
#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fileio.h"
#include "base/log.h"
#include "svc/authfile.h"

#define POLL_S  1.0
#define ERR_MAX 512

struct keyfile { /* a file that is watched */
    struct keyfile *prev, *next;
    char *path;
    struct authfile rules; /* the last good content */
    struct fileio_stamp stamp;
    bool look_again;    /* whatever the stamp says: chmod does not show there */
    char said[ERR_MAX]; /* what was wrong with it and logged; "" = nothing */
    bool is_faulty;     /* it is there, and was not taken */
};

struct bucket_key { /* only octets: no padding to compare */
    struct peerid peer;
    char service[SERVICE_NAME_MAX + 1]; /* "" = all of the peer's */
};

struct bucket {
    struct bucket_key key;
    struct limit *limit;
    uint64_t rate;
    UT_hash_handle by_key;
};

struct authz {
    struct ev_loop *loop;
    ev_timer poll;
    const struct registry *services;
    struct keyfile *files; /* the node's, then those of services */
    struct bucket *buckets;
    int64_t next_expiry_s; /* 0 = none */
    authz_changed_fn *changed;
    void *arg;
};

/* Takes the file's content if it is good.  0, or an error with its text, which is logged when it is
 * new. */
static int keyfile_load(struct keyfile *f, char err[ERR_MAX])
{
    struct authfile fresh;
    int e = authfile_read(&fresh, f->path, err, ERR_MAX);
    f->look_again = e == GW_EPERM && !authfile_mode_ok(f->path);
    if (!e)
        err[0] = '\0';
    if (e == GW_ENOTFOUND && strcmp(f->said, err) != 0)
        log_info("authz %s: nobody is allowed", err);
    else if (e && strcmp(f->said, err) != 0)
        log_error("authz %s", err);
    memcpy(f->said, err, ERR_MAX);
    f->is_faulty = e && e != GW_ENOTFOUND;
    if (f->is_faulty)
        return e;
    authfile_fini(&f->rules);
    f->rules = fresh;
    return 0;
}

static struct keyfile *keyfile_find(const struct authz *a, const char *path)
{
    struct keyfile *f;
    DL_FOREACH (a->files, f)
        if (strcmp(f->path, path) == 0)
            return f;
    return NULL;
}

static struct keyfile *keyfile_add(struct authz *a, const char *path)
{
    struct keyfile *f = calloc(1, sizeof *f);
    if (!f || !(f->path = strdup(path))) {
        free(f);
        return NULL;
    }
    f->look_again = true;
    DL_APPEND(a->files, f);
    return f;
}

static void keyfile_remove(struct authz *a, struct keyfile *f)
{
    DL_DELETE(a->files, f);
    authfile_fini(&f->rules);
    free(f->path);
    free(f);
}

static bool is_override(const struct registry *services, const char *path)
{
    for (size_t i = 0; i < registry_count(services); i++) {
        const struct service *s = registry_at(services, i);
        if (s->is_enabled && s->authorized_keys && strcmp(s->authorized_keys, path) == 0)
            return true;
    }
    return false;
}

/* Watches the override files that the registry names now, and no others.  Returns whether that is
 * new. */
static bool follow_registry(struct authz *a)
{
    struct keyfile *f, *tmp, *node = a->files;
    bool is_new = false;

    DL_FOREACH_SAFE (a->files, f, tmp) {
        if (f == node || is_override(a->services, f->path))
            continue;
        keyfile_remove(a, f);
        is_new = true;
    }
    for (size_t i = 0; i < registry_count(a->services); i++) {
        const struct service *s = registry_at(a->services, i);
        if (s->is_enabled && s->authorized_keys && !keyfile_find(a, s->authorized_keys))
            is_new |= keyfile_add(a, s->authorized_keys) != NULL;
    }
    return is_new;
}

static void rules_changed(struct authz *a)
{
    int64_t now = clock_wall_s();
    struct keyfile *f;

    a->next_expiry_s = 0;
    DL_FOREACH (a->files, f)
        for (size_t i = 0; i < f->rules.n; i++) {
            int64_t e = f->rules.lines[i].expires_s;
            if (e > now && (!a->next_expiry_s || e < a->next_expiry_s))
                a->next_expiry_s = e;
        }
    if (a->changed)
        a->changed(a->arg);
}

/* Loads what changed, or everything.  0, or the first error with its text in err. */
static int look(struct authz *a, bool everything, char err[ERR_MAX])
{
    bool is_new = follow_registry(a);
    int first = 0;
    struct keyfile *f;
    char text[ERR_MAX];

    DL_FOREACH (a->files, f) {
        bool has_changed = fileio_changed(f->path, &f->stamp);
        if (!has_changed && !f->look_again && !everything)
            continue;
        int e = keyfile_load(f, text);
        is_new |= e == 0;
        if (e && !first) {
            first = e;
            memcpy(err, text, ERR_MAX);
        }
    }
    if (is_new || (a->next_expiry_s && clock_wall_s() >= a->next_expiry_s))
        rules_changed(a);
    return first;
}

static void on_poll(struct ev_loop *loop, ev_timer *w, int revents)
{
    char err[ERR_MAX];
    (void)loop;
    (void)revents;
    look(w->data, false, err);
}

struct authz *authz_new(struct ev_loop *loop, const char *path, const struct registry *services,
                        authz_changed_fn *changed, void *arg)
{
    char err[ERR_MAX];
    struct authz *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    a->loop = loop;
    a->services = services;
    if (!keyfile_add(a, path)) {
        free(a);
        return NULL;
    }
    look(a, true, err);
    a->changed = changed; /* from now on */
    a->arg = arg;
    ev_timer_init(&a->poll, on_poll, POLL_S, POLL_S);
    a->poll.data = a;
    ev_timer_start(loop, &a->poll);
    return a;
}

void authz_free(struct authz *a)
{
    struct bucket *b, *next;
    if (!a)
        return;
    ev_timer_stop(a->loop, &a->poll);
    while (a->files)
        keyfile_remove(a, a->files);
    HASH_ITER (by_key, a->buckets, b, next) {
        HASH_DELETE(by_key, a->buckets, b);
        limit_free(b->limit);
        free(b);
    }
    free(a);
}

int authz_reload(struct authz *a, char *err, size_t cap)
{
    char text[ERR_MAX] = "";
    int e = look(a, true, text);
    snprintf(err, cap, "%s", text);
    return e;
}

void authz_each_fault(const struct authz *a, void (*each)(void *arg, const char *text), void *arg)
{
    const struct keyfile *f;
    DL_FOREACH (a->files, f)
        if (f->is_faulty)
            each(arg, f->said);
}

int authz_check_file(const char *path, char *err, size_t cap)
{
    struct authfile f;
    int e = authfile_read(&f, path, err, cap);
    if (!e)
        authfile_fini(&f);
    return e;
}

/* The next live line of `peer` behind `after` (NULL: the first). */
static const struct authkeys_line *next_line_of(const struct keyfile *f, const struct peerid *peer,
                                                const struct authkeys_line *after)
{
    int64_t now = clock_wall_s();
    for (size_t i = after ? (size_t)(after - f->rules.lines) + 1 : 0; i < f->rules.n; i++) {
        const struct authkeys_line *l = &f->rules.lines[i];
        if (peerid_eq(&l->peer, peer) && authkeys_is_live(l, now))
            return l;
    }
    return NULL;
}

bool authz_admits(const struct authz *a, const struct peerid *peer)
{
    const struct keyfile *f;
    DL_FOREACH (a->files, f)
        if (next_line_of(f, peer, NULL))
            return true;
    return false;
}

bool authz_knows(const struct authz *a, const struct peerid *peer)
{
    const struct keyfile *f;
    DL_FOREACH (a->files, f)
        for (size_t i = 0; i < f->rules.n; i++)
            if (peerid_eq(&f->rules.lines[i].peer, peer))
                return true;
    return false;
}

/* The bucket of a key, made when there is none; NULL when out of memory. */
static struct limit *bucket_get(struct authz *a, const struct bucket_key *key, uint64_t rate)
{
    struct bucket *b;
    HASH_FIND(by_key, a->buckets, key, sizeof *key, b);
    if (!b) {
        b = calloc(1, sizeof *b);
        if (!b || !(b->limit = limit_new(a->loop, rate))) {
            free(b);
            return NULL;
        }
        b->key = *key;
        b->rate = rate;
        HASH_ADD(by_key, a->buckets, key, sizeof b->key, b);
        if (!b->by_key.tbl) {
            limit_free(b->limit);
            free(b);
            return NULL;
        }
    }
    if (b->rate != rate)
        limit_set_rate(b->limit, rate);
    b->rate = rate;
    return b->limit;
}

static int pick_limit(struct authz *a, const struct authkeys_line *l, const struct service *s,
                      struct limit **out)
{
    struct bucket_key key = { .peer = l->peer };
    uint64_t rate = l->limit;

    if (s->limit && (!rate || s->limit < rate)) {
        rate = s->limit;
        memcpy(key.service, s->name, strlen(s->name));
    }
    *out = rate ? bucket_get(a, &key, rate) : NULL;
    return rate && !*out ? GW_ENOMEM : 0;
}

/* A line for every service does not open an exit, but in a file that is the exit's own. */
static bool line_opens(const struct authkeys_line *l, const struct service *s)
{
    if (s->is_exit && !s->authorized_keys && l->services.n == 0)
        return false;
    return authkeys_has_service(l, bytes_of(s->name));
}

int authz_allows(struct authz *a, const struct peerid *peer, const struct service *s,
                 struct limit **limit)
{
    const struct keyfile *f = s->authorized_keys ? keyfile_find(a, s->authorized_keys) : a->files;
    if (!f)
        return GW_EDENIED;
    for (const struct authkeys_line *l = NULL; (l = next_line_of(f, peer, l)) != NULL;)
        if (line_opens(l, s))
            return limit ? pick_limit(a, l, s, limit) : 0;
    return GW_EDENIED;
}

/* What has just been written is in force at once. */
static int take_edit(struct authz *a, int e)
{
    char ignored[ERR_MAX];

    if (e)
        return e;
    a->files->look_again = true;
    look(a, false, ignored);
    return 0;
}

int authz_allow(struct authz *a, const struct peerid *peer, const char *const *services,
                const char *comment, char *err, size_t cap)
{
    return take_edit(a, authfile_allow(a->files->path, peer, services, comment, err, cap));
}

int authz_deny(struct authz *a, const struct peerid *peer, char *err, size_t cap)
{
    return take_edit(a, authfile_deny(a->files->path, peer, err, cap));
}
