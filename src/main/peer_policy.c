/* peer_policy.c - see peer_policy.h. */
#include "main/peer_policy.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "main/named.h"

struct wish { /* of one section */
    enum host_path path;
    bool is_kept;
    struct peerid peer; /* n == 0: not known yet, or another section's */
};

struct peer_policy {
    struct named *named;
    struct paths *paths;
    const struct peerid *self;
    size_t n;
    struct wish wishes[NAMED_MAX];
};

static const struct wish *find(const struct peer_policy *p, const struct peerid *peer)
{
    for (size_t i = 0; i < p->n; i++)
        if (peerid_eq(&p->wishes[i].peer, peer))
            return &p->wishes[i];
    return NULL;
}

static void take_peers(struct peer_policy *p, const struct named_peer *peers, size_t n)
{
    for (size_t i = 0; i < p->n; i++)
        p->wishes[i].peer = (struct peerid){ 0 };
    for (size_t i = 0; i < p->n && i < n; i++) {
        if (!peers[i].is_known || peerid_eq(&peers[i].peer, p->self))
            continue;
        if (find(p, &peers[i].peer))
            log_warn("[peer %s] is peer=%s, of which another section tells", peers[i].name,
                     peerid_short(&peers[i].peer));
        else
            p->wishes[i].peer = peers[i].peer;
    }
}

static void on_names(void *arg, const struct named_peer *peers, size_t n)
{
    struct peer_policy *p = arg;
    struct path_kept kept[NAMED_MAX];
    size_t nkept = 0;

    take_peers(p, peers, n);
    for (size_t i = 0; i < p->n; i++)
        if (p->wishes[i].is_kept && p->wishes[i].peer.n)
            kept[nkept++] = (struct path_kept){ .peer = p->wishes[i].peer,
                                                .path = p->wishes[i].path,
                                                .addrs = peers[i].addrs,
                                                .naddrs = peers[i].naddrs };
    int err = p->paths ? paths_keep(p->paths, kept, nkept) : 0;
    if (err)
        log_error("[peer] keep: %s", gw_strerror(err));
}

struct peer_policy *peer_policy_new(struct ev_loop *loop, struct resolver *r,
                                    const struct peerid *self, struct paths *paths)
{
    struct peer_policy *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->paths = paths;
    p->self = self;
    p->named = named_new(loop, r, on_names, p);
    if (p->named)
        return p;
    free(p);
    return NULL;
}

void peer_policy_free(struct peer_policy *p)
{
    if (!p)
        return;
    named_free(p->named);
    free(p);
}

int peer_policy_set_config(struct peer_policy *p, const struct config *c)
{
    char *names[NAMED_MAX];

    p->n = c->peers.n < NAMED_MAX ? c->peers.n : NAMED_MAX;
    for (size_t i = 0; i < p->n; i++) {
        const struct config_peer *from = c->peers.v[i];
        p->wishes[i] = (struct wish){ .path = (enum host_path)from->path, .is_kept = from->keep };
        names[i] = from->name;
    }
    return named_set(p->named, names, p->n);
}

void peer_policy_names_changed(struct peer_policy *p)
{
    named_refresh(p->named);
}

enum host_path peer_policy_path(void *arg, const struct peerid *peer)
{
    const struct peer_policy *p = arg;
    const struct wish *w = find(p, peer);

    return w ? w->path : HOST_PATH_ANY;
}
