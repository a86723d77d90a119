/* flows.c - see flows.h. */
#include "host/flows.h"

#include <assert.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/err.h"

struct flow {
    uint64_t wire_id; /* of datagrams to us */
    conn_datagram_fn *fn;
    void *arg;
    UT_hash_handle by_wire_id;
};

static uint64_t wire_id(uint64_t id, bool is_to_opener)
{
    return 2 * id + is_to_opener;
}

static struct flow *find(const struct flows *fs, uint64_t key)
{
    struct flow *f;
    HASH_FIND(by_wire_id, fs->by_wire_id, &key, sizeof key, f);
    return f;
}

static void forget(struct flows *fs, struct flow *f)
{
    HASH_DELETE(by_wire_id, fs->by_wire_id, f);
    free(f);
}

int flows_bind(struct flows *fs, uint64_t id, bool is_opener, conn_datagram_fn *fn, void *arg)
{
    if (id > FLOWS_ID_MAX)
        return GW_EINVAL;
    if (find(fs, wire_id(id, is_opener)))
        return GW_EEXISTS;
    struct flow *f = calloc(1, sizeof *f);
    if (!f)
        return GW_ENOMEM;
    f->wire_id = wire_id(id, is_opener);
    f->fn = fn;
    f->arg = arg;
    HASH_ADD(by_wire_id, fs->by_wire_id, wire_id, sizeof f->wire_id, f);
    if (f->by_wire_id.tbl)
        return 0;
    free(f);
    return GW_ENOMEM;
}

void flows_unbind(struct flows *fs, uint64_t id, bool is_opener)
{
    struct flow *f = id <= FLOWS_ID_MAX ? find(fs, wire_id(id, is_opener)) : NULL;
    if (f)
        forget(fs, f);
}

size_t flows_head(uint64_t id, bool is_opener, uint8_t head[FLOWS_HEAD_MAX])
{
    assert(id <= FLOWS_ID_MAX);
    return (size_t)varint_encode(head, FLOWS_HEAD_MAX, wire_id(id, !is_opener));
}

bool flows_deliver(const struct flows *fs, struct bytes datagram)
{
    uint64_t key;
    int n = varint_decode(datagram, &key);
    const struct flow *f = n > 0 ? find(fs, key) : NULL;

    if (!f)
        return false;
    f->fn(f->arg, (struct bytes){ datagram.p + n, datagram.n - (size_t)n });
    return true;
}

void flows_fini(struct flows *fs)
{
    struct flow *f, *tmp;

    HASH_ITER (by_wire_id, fs->by_wire_id, f, tmp)
        forget(fs, f);
}
