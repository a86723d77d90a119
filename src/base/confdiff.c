/* confdiff.c - see confdiff.h. */
#include "base/confdiff.h"

#include "base/conffield.h"

static bool is_plain(const struct conf_schema *s, const char *section)
{
    const struct conf_section *sec = conf_section_find(s, section);
    return sec && !sec->size;
}

void confdiff(const struct conf_schema *s, const void *a, const void *b,
              void (*each)(void *arg, const struct conf_key *k), void *arg)
{
    for (const struct conf_key *k = s->keys; k->section; k++)
        if (is_plain(s, k->section) && !conffield_eq(k, conffield_at(a, k), conffield_at(b, k)))
            each(arg, k);
}
