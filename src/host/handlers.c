/* handlers.c - see handlers.h. */
#include "host/handlers.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#include "base/err.h"

struct handler {
    struct handler_target to;
    host_wants_fn *wants;   /* NULL: all */
    struct handler *next;   /* of the prefixes */
    UT_hash_handle by_name; /* of the exact ids */
    size_t len;             /* octets of the name, a prefix without its '*' */
    char name[];
};

static struct handler *find_exact(const struct handlers *hs, struct bytes protocol)
{
    struct handler *h;
    HASH_FIND(by_name, hs->exact, protocol.p, protocol.n, h);
    return h;
}

static struct handler *find_prefix(const struct handlers *hs, struct bytes prefix)
{
    struct handler *h;
    LL_FOREACH (hs->prefixes, h)
        if (bytes_eq(prefix, (struct bytes){ (const uint8_t *)h->name, h->len }))
            break;
    return h;
}

static bool wants(const struct handler *h, const struct peerid *peer, struct bytes protocol)
{
    return !h->wants || h->wants(h->to.arg, peer, protocol);
}

int handlers_add(struct handlers *hs, const char *protocol, host_wants_fn *wants_fn,
                 host_handler_fn *fn, void *arg)
{
    struct bytes name = bytes_of(protocol);
    bool is_prefix = name.n && name.p[name.n - 1] == '*';
    if (is_prefix)
        name.n--;
    if (is_prefix ? find_prefix(hs, name) : find_exact(hs, name))
        return GW_EEXISTS;

    struct handler *h = calloc(1, sizeof *h + name.n + 1);
    if (!h)
        return GW_ENOMEM;
    h->to = (struct handler_target){ fn, arg };
    h->wants = wants_fn;
    h->len = name.n;
    memcpy(h->name, name.p, name.n);
    if (is_prefix) {
        LL_APPEND(hs->prefixes, h);
        return 0;
    }
    HASH_ADD_KEYPTR(by_name, hs->exact, h->name, h->len, h);
    if (h->by_name.tbl)
        return 0;
    free(h);
    return GW_ENOMEM;
}

void handlers_remove(struct handlers *hs, const char *protocol)
{
    struct handler *h = find_exact(hs, bytes_of(protocol));

    if (!h)
        return;
    HASH_DELETE(by_name, hs->exact, h);
    free(h);
}

bool handlers_find(const struct handlers *hs, const struct peerid *peer, struct bytes protocol,
                   struct handler_target *out)
{
    struct handler *h = find_exact(hs, protocol);

    if (!h || !wants(h, peer, protocol))
        LL_FOREACH (hs->prefixes, h)
            if (protocol.n > h->len && memcmp(protocol.p, h->name, h->len) == 0 &&
                wants(h, peer, protocol))
                break;
    if (h && out)
        *out = h->to;
    return h != NULL;
}

void handlers_each(const struct handlers *hs, void (*each)(void *arg, const char *protocol),
                   void *arg)
{
    for (struct handler *h = hs->exact; h; h = h->by_name.next)
        each(arg, h->name);
}

void handlers_fini(struct handlers *hs)
{
    struct handler *h, *tmp;

    HASH_ITER (by_name, hs->exact, h, tmp) {
        HASH_DELETE(by_name, hs->exact, h);
        free(h);
    }
    LL_FOREACH_SAFE (hs->prefixes, h, tmp)
        free(h);
    hs->prefixes = NULL;
}
