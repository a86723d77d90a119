/* chunkq.c - see chunkq.h.
 *
 * A chunk is one allocation of its class's size with its head inside.  `pos` numbers the octets of
 * a queue from the first one since it was last empty, so a chunk tells by itself which offsets it
 * holds and dropping from the head leaves the cursor right. */
#include "net/chunkq.h"

#include <assert.h>
#include <stdlib.h>

#include "base/err.h"

#define BUDGET_DEFAULT (256u << 20)
#define POOL_MAX       (1u << 20) /* octets kept free per class; more goes back to malloc */

struct chunk {
    struct chunk *next;
    uint64_t pos;        /* of data[0] */
    uint32_t start, end; /* data[start..end) is held */
    uint32_t cap;        /* octets of data */
    uint8_t size_class;
    uint8_t data[];
};

static const uint32_t class_size[] = { 2u << 10, 16u << 10, 64u << 10 };
#define CLASSES (sizeof class_size / sizeof *class_size)

static struct {
    struct chunk *free[CLASSES];
    size_t nfree[CLASSES];
    size_t held; /* octets in queues */
    size_t budget;
} pool = { .budget = BUDGET_DEFAULT };

static struct chunk *chunk_new(uint8_t size_class)
{
    struct chunk *c = pool.free[size_class];

    if (c) {
        pool.free[size_class] = c->next;
        pool.nfree[size_class]--;
    } else if (!(c = malloc(class_size[size_class]))) {
        return NULL;
    }
    pool.held += class_size[size_class];
    *c = (struct chunk){ .cap = class_size[size_class] - (uint32_t)offsetof(struct chunk, data),
                         .size_class = size_class };
    return c;
}

static void chunk_free(struct chunk *c)
{
    uint8_t k = c->size_class;

    pool.held -= class_size[k];
    if ((pool.nfree[k] + 1) * class_size[k] > POOL_MAX) {
        free(c);
        return;
    }
    c->next = pool.free[k];
    pool.free[k] = c;
    pool.nfree[k]++;
}

static void free_from(struct chunk *c)
{
    while (c) {
        struct chunk *next = c->next;
        chunk_free(c);
        c = next;
    }
}

/* Adds a chunk behind the tail; one class larger when the queue has filled its last one. */
static bool grow(struct chunkq *q, size_t budget)
{
    uint8_t k = q->size_class;
    if (q->tail && k + 1u < CLASSES)
        k++;
    if (budget < class_size[k] || pool.held > budget - class_size[k])
        return false;
    struct chunk *c = chunk_new(k);
    if (!c)
        return false;
    if (q->tail) {
        c->pos = q->tail->pos + q->tail->end;
        q->tail->next = c;
    } else {
        q->head = c;
    }
    q->tail = c;
    q->size_class = k;
    return true;
}

/* Up to `want` octets of room, in a new chunk when the tail has less than `least`. */
static struct span room(struct chunkq *q, size_t want, size_t least, size_t budget)
{
    if ((!q->tail || q->tail->cap - q->tail->end < least) && !grow(q, budget))
        return (struct span){ 0 };
    size_t n = q->tail->cap - q->tail->end;
    return (struct span){ q->tail->data + q->tail->end, n < want ? n : want };
}

/* What a queue that became empty gives back.  The class follows what it was good for. */
static void release(struct chunkq *q)
{
    if (q->size_class && q->tail->end < q->tail->cap / 4)
        q->size_class--;
    free_from(q->head);
    q->head = q->tail = q->cursor = NULL;
}

void chunkq_set_budget(size_t octets)
{
    pool.budget = octets < SIZE_MAX / 2 ? octets : SIZE_MAX / 2; /* twice of it is a size, too */
}

size_t chunkq_total(void)
{
    return pool.held;
}

struct span chunkq_reserve(struct chunkq *q, size_t want)
{
    size_t quarter = q->tail ? q->tail->cap / 4 : 0;
    return room(q, want, want < quarter ? want : quarter, q->len ? pool.budget : 2 * pool.budget);
}

void chunkq_commit(struct chunkq *q, size_t n)
{
    assert(n == 0 || n <= q->tail->cap - q->tail->end);
    if (n)
        q->tail->end += (uint32_t)n;
    q->len += n;
    if (!q->len && q->head)
        release(q);
}

/* Takes back everything behind the first `end` octets of `tail` (NULL: everything). */
static void cut(struct chunkq *q, struct chunk *tail, uint32_t end, size_t len)
{
    if (!tail) {
        chunkq_clear(q);
        return;
    }
    free_from(tail->next);
    tail->next = NULL;
    tail->end = end;
    q->tail = tail;
    q->len = len;
}

int chunkq_append(struct chunkq *q, struct bytes v)
{
    struct chunk *tail = q->tail;
    uint32_t end = tail ? tail->end : 0;
    size_t len = q->len;

    while (v.n) {
        struct span to = room(q, v.n, 1, 2 * pool.budget);
        if (!to.n) {
            cut(q, tail, end, len);
            return GW_ENOMEM;
        }
        memcpy(to.p, v.p, to.n);
        chunkq_commit(q, to.n);
        v = (struct bytes){ v.p + to.n, v.n - to.n };
    }
    return 0;
}

size_t chunkq_peek(struct chunkq *q, size_t offset, struct iovec *v, size_t max)
{
    if (offset >= q->len)
        return 0;

    uint64_t pos = q->head->pos + q->head->start + offset;
    struct chunk *c = q->cursor && q->cursor->pos <= pos ? q->cursor : q->head;
    while (pos >= c->pos + c->end)
        c = c->next;
    q->cursor = c;

    size_t n = 0;
    for (size_t skip = (size_t)(pos - c->pos); c && n < max && c->end > skip; c = c->next, skip = 0)
        v[n++] = (struct iovec){ c->data + skip, c->end - skip };
    return n;
}

void chunkq_drop(struct chunkq *q, size_t n)
{
    assert(n <= q->len);
    q->len -= n;
    if (!q->len) {
        if (q->head)
            release(q);
        return;
    }
    while (n >= q->head->end - q->head->start) {
        struct chunk *c = q->head;
        n -= c->end - c->start;
        q->head = c->next;
        if (q->cursor == c)
            q->cursor = NULL;
        chunk_free(c);
    }
    q->head->start += (uint32_t)n;
}

void chunkq_clear(struct chunkq *q)
{
    free_from(q->head);
    *q = (struct chunkq){ 0 };
}
