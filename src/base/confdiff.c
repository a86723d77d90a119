/* confdiff.c - see confdiff.h. */
#include "base/confdiff.h"

#include <string.h>

static bool is_same_text(const char *a, const char *b) /* either may be NULL: unset */
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same_list(const struct conf_list *a, const struct conf_list *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(a->v[i], b->v[i]) != 0)
            return false;
    return true;
}

static bool is_same(const struct conf_key *k, const void *a, const void *b)
{
    const char *fa = (const char *)a + k->offset, *fb = (const char *)b + k->offset;

    switch (k->type) {
    case CONF_STRING:
        return is_same_text(*(char *const *)(const void *)fa, *(char *const *)(const void *)fb);
    case CONF_LIST:
        return is_same_list((const void *)fa, (const void *)fb);
    default:
        return memcmp(fa, fb, k->width) == 0;
    }
}

static bool is_plain(const struct conf_schema *s, const char *section)
{
    for (const struct conf_section *sec = s->sections; sec->name; sec++)
        if (strcmp(sec->name, section) == 0)
            return sec->size == 0;
    return false;
}

void confdiff(const struct conf_schema *s, const void *a, const void *b,
              void (*each)(void *arg, const struct conf_key *k), void *arg)
{
    for (const struct conf_key *k = s->keys; k->section; k++)
        if (is_plain(s, k->section) && !is_same(k, a, b))
            each(arg, k);
}
