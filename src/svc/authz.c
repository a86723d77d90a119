/* authz.c - see authz.h.  Each file's text is kept and its parsed lines are views into it. */
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
#include "svc/authedit.h"
#include "svc/authkeys.h"

#define POLL_S  1.0
#define ERR_MAX 512

struct rules {  /* what a file says */
    char *text; /* owned */
    size_t len;
    struct authkeys_line *lines;
    size_t n;
};

struct keyfile { /* a file that is watched */
    struct keyfile *prev, *next;
    char *path;
    struct rules rules; /* the last good content */
    struct fileio_stamp stamp;
    bool look_again;    /* whatever the stamp says: chmod does not show there */
    char said[ERR_MAX]; /* what was wrong with it and logged; "" = nothing */
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

static void rules_fini(struct rules *r)
{
    free(r->lines);
    free(r->text);
    *r = (struct rules){ 0 };
}

static struct bytes rules_text(const struct rules *r)
{
    return (struct bytes){ (const uint8_t *)r->text, r->len };
}

/* Fills r->lines from r->text. */
static int rules_parse(struct rules *r, const char *path, char *err, size_t cap)
{
    struct bytes line, text = rules_text(r);
    size_t room = 0;
    const char *why;

    for (unsigned no = 1; authkeys_next_line(&text, &line); no++) {
        if (r->n == room) {
            room = room ? 2 * room : 16;
            struct authkeys_line *more = reallocarray(r->lines, room, sizeof *more);
            if (!more) {
                snprintf(err, cap, "%s: %s", path, gw_strerror(GW_ENOMEM));
                return GW_ENOMEM;
            }
            r->lines = more;
        }
        int is_rule = authkeys_parse(line, &r->lines[r->n], &why);
        if (is_rule < 0) {
            snprintf(err, cap, "%s:%u: %s", path, no, why);
            return is_rule;
        }
        r->n += (size_t)is_rule;
    }
    return 0;
}

static bool mode_ok(const char *path)
{
    struct stat st;
    return stat(path, &st) != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* 0 and *out to be rules_fini'ed, or an error with its text. */
static int rules_read(struct rules *out, const char *path, char *err, size_t cap)
{
    *out = (struct rules){ 0 };
    if (!mode_ok(path)) {
        snprintf(err, cap, "%s: group or others may write it: chmod go-w %s", path, path);
        return GW_EPERM;
    }
    int e = fileio_read(path, &out->text, &out->len);
    if (e) {
        snprintf(err, cap, "%s: %s", path, gw_strerror(e));
        return e;
    }
    e = rules_parse(out, path, err, cap);
    if (e)
        rules_fini(out);
    return e;
}

/* Takes the file's content if it is good.  0, or an error with its text, which is logged when it is
 * new. */
static int keyfile_load(struct keyfile *f, char err[ERR_MAX])
{
    struct rules fresh;
    int e = rules_read(&fresh, f->path, err, ERR_MAX);
    f->look_again = e == GW_EPERM && !mode_ok(f->path);
    if (!e)
        err[0] = '\0';
    if (e == GW_ENOTFOUND && strcmp(f->said, err) != 0)
        log_info("authz %s: nobody is allowed", err);
    else if (e && strcmp(f->said, err) != 0)
        log_error("authz %s", err);
    memcpy(f->said, err, ERR_MAX);
    if (e && e != GW_ENOTFOUND)
        return e;
    rules_fini(&f->rules);
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
    rules_fini(&f->rules);
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

int authz_check_file(const char *path, char *err, size_t cap)
{
    struct rules r;
    int e = rules_read(&r, path, err, cap);
    if (!e)
        rules_fini(&r);
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

/* The node's file as it stands now, checked; a missing one is empty. */
static int read_node_file(struct authz *a, struct rules *out, char *err, size_t cap)
{
    int e = rules_read(out, a->files->path, err, cap);
    return e == GW_ENOTFOUND ? 0 : e;
}

/* Takes text, unless it could not be made (e). */
static int replace_node_file(struct authz *a, int e, char *text, size_t n, char *err, size_t cap)
{
    char ignored[ERR_MAX];

    if (!e) {
        e = fileio_replace(a->files->path, (struct bytes){ (uint8_t *)text, n }, 0600);
        free(text);
    }
    if (e) {
        snprintf(err, cap, "%s: %s", a->files->path, gw_strerror(e));
        return e;
    }
    a->files->look_again = true;
    look(a, false, ignored);
    return 0;
}

int authz_allow(struct authz *a, const struct peerid *peer, const char *const *services,
                const char *comment, char *err, size_t cap)
{
    struct rules now;
    char *text;
    size_t n;
    int e = read_node_file(a, &now, err, cap);
    if (e)
        return e;
    e = authedit_allow(rules_text(&now), peer, services, comment, clock_wall_s(), &text, &n);
    rules_fini(&now);
    return replace_node_file(a, e, text, n, err, cap);
}

int authz_deny(struct authz *a, const struct peerid *peer, char *err, size_t cap)
{
    struct rules now;
    char *text;
    size_t n;
    int e = read_node_file(a, &now, err, cap);
    if (e)
        return e;
    e = authedit_deny(rules_text(&now), peer, &text, &n);
    rules_fini(&now);
    return replace_node_file(a, e, text, n, err, cap);
}
