/* keep.c - see keep.h. */
#include "main/keep.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "main/named.h"

struct wish { /* of one section */
    enum host_path path;
    bool is_kept;
    struct peerid peer; /* n == 0: not known yet, or another section's */
};

struct keep {
    struct named *named;
    struct paths *paths;
    const struct peerid *self;
    size_t n;
    struct wish wishes[NAMED_MAX];
};

static const struct wish *find(const struct keep *k, const struct peerid *peer)
{
    for (size_t i = 0; i < k->n; i++)
        if (peerid_eq(&k->wishes[i].peer, peer))
            return &k->wishes[i];
    return NULL;
}

static void take_peers(struct keep *k, const struct named_peer *peers, size_t n)
{
    for (size_t i = 0; i < k->n; i++)
        k->wishes[i].peer = (struct peerid){ 0 };
    for (size_t i = 0; i < k->n && i < n; i++) {
        if (!peers[i].is_known || peerid_eq(&peers[i].peer, k->self))
            continue;
        if (find(k, &peers[i].peer))
            log_warn("[peer %s] is peer=%s, of which another section tells", peers[i].name,
                     peerid_short(&peers[i].peer));
        else
            k->wishes[i].peer = peers[i].peer;
    }
}

static void on_names(void *arg, const struct named_peer *peers, size_t n)
{
    struct keep *k = arg;
    struct path_kept kept[NAMED_MAX];
    size_t nkept = 0;

    take_peers(k, peers, n);
    for (size_t i = 0; i < k->n; i++)
        if (k->wishes[i].is_kept && k->wishes[i].peer.n)
            kept[nkept++] = (struct path_kept){ .peer = k->wishes[i].peer,
                                                .path = k->wishes[i].path,
                                                .addrs = peers[i].addrs,
                                                .naddrs = peers[i].naddrs };
    int err = k->paths ? paths_keep(k->paths, kept, nkept) : 0;
    if (err)
        log_error("[peer] keep: %s", gw_strerror(err));
}

struct keep *keep_new(struct ev_loop *loop, struct resolver *r, const struct peerid *self,
                      struct paths *paths)
{
    struct keep *k = calloc(1, sizeof *k);
    if (!k)
        return NULL;
    k->paths = paths;
    k->self = self;
    k->named = named_new(loop, r, on_names, k);
    if (k->named)
        return k;
    free(k);
    return NULL;
}

void keep_free(struct keep *k)
{
    if (!k)
        return;
    named_free(k->named);
    free(k);
}

int keep_set_config(struct keep *k, const struct config *c)
{
    char *names[NAMED_MAX];

    k->n = c->peers.n < NAMED_MAX ? c->peers.n : NAMED_MAX;
    for (size_t i = 0; i < k->n; i++) {
        const struct config_peer *p = c->peers.v[i];
        k->wishes[i] = (struct wish){ .path = (enum host_path)p->path, .is_kept = p->keep };
        names[i] = p->name;
    }
    return named_set(k->named, names, k->n);
}

void keep_names_changed(struct keep *k)
{
    named_refresh(k->named);
}

enum host_path keep_path(void *arg, const struct peerid *peer)
{
    const struct keep *k = arg;
    const struct wish *w = find(k, peer);

    return w ? w->path : HOST_PATH_ANY;
}
