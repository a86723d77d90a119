/* kad_shelf.c - see kad_shelf.h. */
#include "p2p/kad_shelf.h"

#include <stdlib.h>

#include "base/err.h"

#define CAP_FIRST 16

/* Where it is, or would be. */
static size_t place(const struct kad_shelf *s, const struct kad_id *id)
{
    size_t from = 0, to = s->n;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (kad_id_cmp(&s->at, &s->v[middle]->id, id) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

struct kad_shelf_item **kad_shelf_find(const struct kad_shelf *s, const struct kad_id *id)
{
    size_t i = place(s, id);
    return i < s->n && memcmp(&s->v[i]->id, id, sizeof *id) == 0 ? &s->v[i] : NULL;
}

static bool grow(struct kad_shelf *s)
{
    size_t cap = s->cap ? 2 * s->cap : CAP_FIRST;
    if (cap > s->max)
        cap = s->max;
    struct kad_shelf_item **v = realloc(s->v, cap * sizeof *v);
    if (!v)
        return false;
    s->v = v;
    s->cap = cap;
    return true;
}

int kad_shelf_add(struct kad_shelf *s, struct kad_shelf_item *it, struct kad_shelf_item **out)
{
    size_t i = place(s, &it->id);

    *out = NULL;
    if (i == s->max)
        return GW_ELIMIT;
    if (s->n == s->max)
        *out = s->v[--s->n];
    else if (s->n == s->cap && !grow(s))
        return GW_ENOMEM;
    memmove(s->v + i + 1, s->v + i, (s->n - i) * sizeof *s->v);
    s->v[i] = it;
    s->n++;
    return 0;
}

void kad_shelf_sift(struct kad_shelf *s, bool (*stays)(void *arg, struct kad_shelf_item *it),
                    void *arg)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->n; i++) {
        if (stays(arg, s->v[i]))
            s->v[kept++] = s->v[i];
    }
    s->n = kept;
}

void kad_shelf_fini(struct kad_shelf *s)
{
    free(s->v);
    s->v = NULL;
    s->n = s->cap = 0;
}
