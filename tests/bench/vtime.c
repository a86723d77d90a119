/* vtime.c - see vtime.h.  The events are a binary heap. */
#include "vtime.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define GOLDEN 0x9e3779b97f4a7c15u

struct vtime_event {
    uint64_t at_ms, order;
    vtime_fn *fn;
    void *arg;
};

static void *check(void *p)
{
    if (p)
        return p;
    fputs("out of memory\n", stderr);
    exit(2);
}

void *vtime_alloc(size_t n)
{
    return check(calloc(1, n));
}

static bool is_before(const struct vtime_event *a, const struct vtime_event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

void vtime_at(struct vtime *t, uint64_t at_ms, vtime_fn *fn, void *arg)
{
    struct vtime_event e = { at_ms, t->count++, fn, arg };
    size_t i = t->n++;

    if (t->n > t->cap) {
        t->cap = t->cap ? 2 * t->cap : 1024;
        t->heap = check(realloc(t->heap, t->cap * sizeof *t->heap));
    }
    for (; i > 0 && is_before(&e, &t->heap[(i - 1) / 2]); i = (i - 1) / 2)
        t->heap[i] = t->heap[(i - 1) / 2];
    t->heap[i] = e;
}

static struct vtime_event take_first(struct vtime *t)
{
    struct vtime_event first = t->heap[0], last = t->heap[--t->n];
    size_t i = 0, child;

    while ((child = 2 * i + 1) < t->n) {
        if (child + 1 < t->n && is_before(&t->heap[child + 1], &t->heap[child]))
            child++;
        if (!is_before(&t->heap[child], &last))
            break;
        t->heap[i] = t->heap[child];
        i = child;
    }
    t->heap[i] = last;
    return first;
}

void vtime_run(struct vtime *t, uint64_t until_ms)
{
    while (t->n && t->heap[0].at_ms <= until_ms) {
        struct vtime_event e = take_first(t);
        t->now_ms = e.at_ms;
        e.fn(e.arg);
    }
    if (until_ms != UINT64_MAX)
        t->now_ms = until_ms;
}

void vtime_fini(struct vtime *t)
{
    free(t->heap);
    *t = (struct vtime){ 0 };
}

uint64_t vtime_mix(uint64_t v)
{
    v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9u;
    v = (v ^ v >> 27) * 0x94d049bb133111ebu;
    return v ^ v >> 31;
}

uint64_t vtime_random(uint64_t *state)
{
    return vtime_mix(*state += GOLDEN);
}

uint32_t vtime_below(uint64_t *state, uint32_t n)
{
    return (uint32_t)((vtime_random(state) >> 32) * n >> 32);
}
