/* confprint.c - conf_print of conf.h. */
#include <string.h>

#include "base/conffield.h"
#include "base/err.h"

/* Of a key that is no list. */
static const char *default_text(const struct conf_key *k, char out[UNITS_STR_MAX])
{
    union {
        bool b;
        int e;
        int64_t v;
    } field;

    if (k->type == CONF_STRING)
        return k->def ? k->def : "";
    conffield_set_default(k, &field);
    return conffield_text(k, &field, out);
}

static void print_line(FILE *f, const char *lead, const struct conf_key *k, struct bytes text)
{
    fprintf(f, "%s%s =%s%.*s\n", lead, k->key, text.n ? " " : "", (int)text.n,
            (const char *)text.p);
}

static void print_list(FILE *f, const struct conf_key *k, const struct conf_list *l)
{
    struct bytes word = bytes_of("");

    if (l && !l->is_default) {
        for (size_t i = 0; i < l->n; i++)
            print_line(f, "", k, bytes_of(l->v[i]));
        if (!l->n)
            print_line(f, "", k, word);
        return;
    }
    const char *def = k->def ? k->def : "";
    conffield_next_default(&def, &word);
    do
        print_line(f, "#", k, word);
    while (conffield_next_default(&def, &word));
}

/* The comment above a key: help, unit, what may be written, default. */
static void print_help(FILE *f, const struct conf_key *k)
{
    char a[UNITS_STR_MAX];

    fprintf(f, "# %s", k->help ? k->help : k->key);
    if (k->unit)
        fprintf(f, ", in %s", k->unit);
    if (k->type == CONF_LIST)
        fprintf(f, "; may be repeated");
    for (int i = 0; k->type == CONF_ENUM && k->names[i]; i++)
        fprintf(f, "%s%s", i ? " | " : ": ", k->names[i]);
    if (k->max) {
        fprintf(f, "; %s", conffield_number(k, k->min, a));
        fprintf(f, " to %s", conffield_number(k, k->max, a));
    }
    if (k->type != CONF_LIST && *default_text(k, a))
        fprintf(f, "; default %s", default_text(k, a));
    fputc('\n', f);
}

/* `owner` NULL: defaults. */
static void print_keys(FILE *f, const struct conf_schema *s, const struct conf_section *sec,
                       const void *owner)
{
    char a[UNITS_STR_MAX], b[UNITS_STR_MAX];

    for (const struct conf_key *k = s->keys; k->section; k++) {
        if (strcmp(k->section, sec->name) != 0)
            continue;
        print_help(f, k);
        const void *field = owner ? conffield_at(owner, k) : NULL;
        if (k->type == CONF_LIST) {
            print_list(f, k, field);
            continue;
        }
        const char *text = field ? conffield_text(k, field, a) : default_text(k, a);
        bool is_default = strcmp(text, default_text(k, b)) == 0;
        if (k->is_secret && !is_default) {
            print_line(f, "#", k, bytes_of("(set)"));
            continue;
        }
        print_line(f, is_default ? "#" : "", k, bytes_of(text));
    }
}

static void print_section(FILE *f, const struct conf_schema *s, const struct conf_section *sec,
                          const void *values)
{
    const struct conf_named *named = values && sec->size ? conf_named_at(values, sec) : NULL;

    if (sec->help)
        fprintf(f, "# %s\n", sec->help);
    if (!sec->size) {
        fprintf(f, "[%s]\n", sec->name);
        print_keys(f, s, sec, values);
    } else if (!named || !named->n) {
        fprintf(f, "#[%s NAME]\n", sec->name);
        print_keys(f, s, sec, NULL);
    }
    for (size_t i = 0; named && i < named->n; i++) {
        fprintf(f, "%s[%s %s]\n", i ? "\n" : "", sec->name, *(char **)named->v[i]);
        print_keys(f, s, sec, named->v[i]);
    }
}

int conf_print(FILE *f, const struct conf_schema *s, const void *values)
{
    for (const struct conf_section *sec = s->sections; sec->name; sec++) {
        if (sec != s->sections)
            fputc('\n', f);
        print_section(f, s, sec, values);
    }
    return fflush(f) || ferror(f) ? GW_EIO : 0;
}
