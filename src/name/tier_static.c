#include "name/tier_static.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fileio.h"
#include "base/log.h"
#include "name/names_file.h"
#include "svc/registry.h"

#define POLL_S  1.0
#define LOOK_MS 100 /* at lookups the file is looked at no more often */

struct tier_static {
    struct ev_loop *loop;
    ev_timer poll;
    char *path;
    struct names_file *file; /* the last good content; NULL: none yet */
    struct fileio_stamp stamp;
    uint64_t looked_ms;
    tier_static_changed_fn *changed;
    void *arg;
};

/* 0, or an error with its text. */
static int load(struct tier_static *t, char err[NAMES_FILE_ERR_MAX])
{
    struct names_file *fresh = NULL;
    int e = names_file_load(t->path, &fresh, err);
    if (e && e != GW_ENOTFOUND)
        return e;
    names_file_free(t->file);
    t->file = fresh;
    if (t->changed)
        t->changed(t->arg);
    return 0;
}

static void look(struct tier_static *t)
{
    char err[NAMES_FILE_ERR_MAX];
    t->looked_ms = clock_mono_ms();
    if (fileio_changed(t->path, &t->stamp) && load(t, err) != 0)
        log_error("names %s", err);
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
    if (e || n->nlabels < 2 || !service_name_ok(name_label(n, 0)))
        return e;
    *service = name_label(n, 0);
    return names_file_find(t->file, name_suffix(n, 1));
}

static void lookup(void *tier, const struct name *n, struct tier_query *q)
{
    struct tier_static *t = tier;
    struct bytes service;

    if (clock_mono_ms() - t->looked_ms >= LOOK_MS)
        look(t);
    const struct names_entry *e = find(t, n, &service);
    if (!e) {
        tier_answer(q, GW_ENONAME, NULL, t->file ? "no line" : "no file");
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

const struct tier_ops tier_static_ops = { .name = "names file", .lookup = lookup };

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
    char text[NAMES_FILE_ERR_MAX] = "";
    fileio_changed(t->path, &t->stamp);
    int e = load(t, text);
    snprintf(err, cap, "%s", text);
    return e;
}

const char *tier_static_name_of(const struct tier_static *t, const struct peerid *peer)
{
    const struct names_entry *e = t->file ? names_file_find_peer(t->file, peer) : NULL;
    return e ? e->name : NULL;
}
