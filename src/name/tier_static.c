#include "name/tier_static.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fileio.h"
#include "base/log.h"
#include "name/names_file.h"
#include "name/tier_direct.h"
#include "svc/registry.h"

#define POLL_S  1.0
#define LOOK_MS 100 /* at lookups the file is looked at no more often */

struct tier_static {
    struct ev_loop *loop;
    ev_timer poll;
    char *path;
    struct names_file *file;        /* the last good content; NULL: none yet */
    char fault[NAMES_FILE_ERR_MAX]; /* why the file as it is now was not taken; "" = it was */
    struct fileio_stamp stamp;
    uint64_t looked_ms;
    tier_static_changed_fn *changed;
    void *arg;
};

/* 0, or an error with its text in t->fault. */
static int load(struct tier_static *t)
{
    struct names_file *fresh = NULL;
    int e = names_file_load(t->path, &fresh, t->fault);
    if (e && e != GW_ENOTFOUND)
        return e;
    t->fault[0] = '\0';
    names_file_free(t->file);
    t->file = fresh;
    if (t->changed)
        t->changed(t->arg);
    return 0;
}

static void look(struct tier_static *t)
{
    t->looked_ms = clock_mono_ms();
    if (fileio_changed(t->path, &t->stamp) && load(t) != 0)
        log_error("names %s", t->fault);
}

static void on_poll(struct ev_loop *loop, ev_timer *w, int revents)
{
    (void)loop;
    (void)revents;
    look(w->data);
}

static const struct names_entry *find(const struct tier_static *t, const struct name *n,
                                      struct bytes *service)
{
    *service = (struct bytes){ 0 };
    if (!t->file)
        return NULL;
    const struct names_entry *e = names_file_find(t->file, name_suffix(n, 0));
    if (!e && n->nlabels > 1 && service_name_ok(name_label(n, 0))) {
        *service = name_label(n, 0);
        e = names_file_find(t->file, name_suffix(n, 1));
    }
    struct peerid peer;
    if (!e && !tier_direct_read(n, &peer, service))
        e = names_file_find_peer(t->file, &peer);
    return e;
}

/* Who has just written a line with a fault in it looks for this name. */
static const char *why_not(const struct tier_static *t)
{
    const char *slash = strrchr(t->path, '/');

    if (*t->fault) /* it starts with the path, of which the last part will do */
        return t->fault + (slash ? slash + 1 - t->path : 0);
    return t->file ? "no line" : "no file";
}

static void lookup(void *tier, const struct name *n, struct tier_query *q)
{
    struct tier_static *t = tier;
    struct bytes service;

    if (clock_mono_ms() - t->looked_ms >= LOOK_MS)
        look(t);
    const struct names_entry *e = find(t, n, &service);
    if (!e) { /* its line may have been written just now */
        look(t);
        e = find(t, n, &service);
    }
    if (!e) {
        tier_answer(q, GW_ENONAME, NULL, why_not(t));
        return;
    }
    struct name_answer a = {
        .peer = e->peer, .naddrs = e->naddrs, .nmaps = e->nmaps, .tier = tier_static_ops.name
    }; /* ttl 0: to look again costs nothing */
    if (service.n)
        memcpy(a.service, service.p, service.n);
    if (e->naddrs)
        memcpy(a.addrs, e->addrs, e->naddrs * sizeof *e->addrs);
    if (e->nmaps)
        memcpy(a.maps, e->maps, e->nmaps * sizeof *e->maps);
    tier_answer(q, 0, &a, NULL);
}

static void domains(void *tier, void (*each)(void *arg, const char *domain), void *arg)
{
    const struct tier_static *t = tier;
    const struct names_entry *e = NULL;

    while (t->file && (e = names_file_next(t->file, e)) != NULL)
        each(arg, e->name);
}

static const char *name_of(void *tier, const struct peerid *peer)
{
    return tier_static_name_of(tier, peer);
}

const struct tier_ops tier_static_ops = {
    .name = "names file", .lookup = lookup, .domains = domains, .name_of = name_of
};

struct tier_static *tier_static_new(struct ev_loop *loop, const char *path,
                                    tier_static_changed_fn *changed, void *arg)
{
    struct tier_static *t = calloc(1, sizeof *t);
    if (!t || !(t->path = strdup(path))) {
        free(t);
        return NULL;
    }
    t->loop = loop;
    look(t);
    t->changed = changed; /* from now on */
    t->arg = arg;
    ev_timer_init(&t->poll, on_poll, POLL_S, POLL_S);
    t->poll.data = t;
    ev_timer_start(loop, &t->poll);
    return t;
}

void tier_static_free(struct tier_static *t)
{
    if (!t)
        return;
    ev_timer_stop(t->loop, &t->poll);
    names_file_free(t->file);
    free(t->path);
    free(t);
}

int tier_static_reload(struct tier_static *t, char *err, size_t cap)
{
    fileio_changed(t->path, &t->stamp);
    int e = load(t);
    snprintf(err, cap, "%s", t->fault);
    return e;
}

const char *tier_static_fault(const struct tier_static *t)
{
    return t->fault;
}

const char *tier_static_name_of(const struct tier_static *t, const struct peerid *peer)
{
    const struct names_entry *e = t->file ? names_file_find_peer(t->file, peer) : NULL;
    return e ? e->name : NULL;
}
