/* relay_slots.c - see relay_slots.h. */
#include "p2p/relay_slots.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct origin { /* where slots are held from; at least one is */
    struct ipaddr net;
    uint32_t slots;
    UT_hash_handle by_net;
};

struct held {
    struct relay_slot slot; /* must be first */
    struct origin *origin;
    UT_hash_handle by_peer;
};

struct relay_slots {
    const struct relay_config *cfg;
    struct held *held;
    struct origin *origins;
};

struct relay_slots *relay_slots_new(const struct relay_config *cfg)
{
    struct relay_slots *s = calloc(1, sizeof *s);
    if (s)
        s->cfg = cfg;
    return s;
}

void relay_slots_free(struct relay_slots *s)
{
    if (!s)
        return;
    while (s->held)
        relay_slots_drop(s, &s->held->slot);
    free(s);
}

static struct origin *get_origin(struct relay_slots *s, const struct ipaddr *ip)
{
    struct ipaddr net = ipaddr_net(ip);
    struct origin *o;

    HASH_FIND(by_net, s->origins, &net, sizeof net, o);
    if (o || !(o = calloc(1, sizeof *o)))
        return o;
    o->net = net;
    HASH_ADD(by_net, s->origins, net, sizeof o->net, o);
    if (o->by_net.tbl)
        return o;
    free(o);
    return NULL;
}

static void drop_origin_if_empty(struct relay_slots *s, struct origin *o)
{
    if (!o || o->slots)
        return;
    HASH_DELETE(by_net, s->origins, o);
    free(o);
}

static struct held *find(const struct relay_slots *s, const struct peerid *peer)
{
    struct held *h;
    HASH_FIND(by_peer, s->held, peer, sizeof *peer, h);
    return h;
}

static struct held *add(struct relay_slots *s, const struct peerid *peer)
{
    struct held *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->slot.peer = *peer;
    HASH_ADD(by_peer, s->held, slot.peer, sizeof h->slot.peer, h);
    if (h->by_peer.tbl)
        return h;
    free(h);
    return NULL;
}

static bool has_room(const struct relay_slots *s, const struct held *h, const struct origin *o)
{
    if (!h && relay_slots_count(s) >= s->cfg->max_reservations)
        return false;
    return (h && h->origin == o) || o->slots < s->cfg->max_reservations_per_ip;
}

enum circuit_status relay_slots_take(struct relay_slots *s, const struct peerid *peer,
                                     const struct ipaddr *ip, uint64_t now_ms)
{
    struct held *h = find(s, peer);
    struct origin *to = get_origin(s, ip);

    if (!to || !has_room(s, h, to) || (!h && !(h = add(s, peer)))) {
        drop_origin_if_empty(s, to);
        return CIRCUIT_RESERVATION_REFUSED;
    }
    to->slots++;
    if (h->origin) {
        h->origin->slots--;
        drop_origin_if_empty(s, h->origin);
    }
    h->origin = to;
    h->slot.expires_ms = now_ms + s->cfg->reservation_ms;
    return CIRCUIT_OK;
}

struct relay_slot *relay_slots_find(const struct relay_slots *s, const struct peerid *peer)
{
    struct held *h = find(s, peer);
    return h ? &h->slot : NULL;
}

void relay_slots_drop(struct relay_slots *s, struct relay_slot *slot)
{
    struct held *h = (struct held *)slot;

    h->origin->slots--;
    drop_origin_if_empty(s, h->origin);
    HASH_DELETE(by_peer, s->held, h);
    free(h);
}

uint32_t relay_slots_count(const struct relay_slots *s)
{
    return HASH_CNT(by_peer, s->held);
}

void relay_slots_each(struct relay_slots *s, void (*each)(void *arg, struct relay_slot *slot),
                      void *arg)
{
    struct held *h, *next;

    HASH_ITER (by_peer, s->held, h, next)
        each(arg, &h->slot);
}
