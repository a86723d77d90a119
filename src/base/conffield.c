/* conffield.c - see conffield.h. */
#include "base/conffield.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"

static const size_t field_width[] = {
    [CONF_BOOL] = sizeof(bool),
    [CONF_INT] = sizeof(int64_t),
    [CONF_SIZE] = sizeof(uint64_t),
    [CONF_DURATION] = sizeof(uint64_t),
    [CONF_STRING] = sizeof(char *),
    [CONF_ENUM] = sizeof(int),
    [CONF_LIST] = sizeof(struct conf_list),
};

/* ---- values as text ---- */

static int parse_bool(const char *text, bool *out)
{
    static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!strcasecmp(text, words[i])) {
            *out = i % 2;
            return 0;
        }
    }
    return GW_ESYNTAX;
}

static int parse_enum(const char *text, const char *const *names, int *out)
{
    for (int i = 0; names[i]; i++) {
        if (!strcmp(text, names[i])) {
            *out = i;
            return 0;
        }
    }
    return GW_ESYNTAX;
}

static int parse_int(const char *text, int64_t *out)
{
    char *end;
    if (!isdigit((unsigned char)text[*text == '-']))
        return GW_ESYNTAX;
    errno = 0;
    intmax_t v = strtoimax(text, &end, 10);
    if (*end)
        return GW_ESYNTAX;
    *out = v;
    return errno ? GW_EINVAL : 0;
}

/* Reads a CONF_INT, _SIZE or _DURATION as a number of the field's unit. */
static int parse_number(const struct conf_key *k, const char *text, int64_t *out)
{
    int64_t v = 0;
    uint64_t u = 0;
    int err;

    if (k->type == CONF_INT) {
        err = parse_int(text, &v);
    } else {
        err = k->type == CONF_SIZE ? units_parse_size(text, &u) : units_parse_duration(text, &u);
        v = (int64_t)u;
    }
    if (err)
        return err;
    if (v < k->min || (k->max && v > k->max))
        return GW_EINVAL;
    *out = v;
    return 0;
}

/* ---- what a field owns ---- */

static void list_clear(struct conf_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->v[i]);
    free(l->v);
    *l = (struct conf_list){ 0 };
}

static int list_append(struct conf_list *l, const char *text, size_t n)
{
    char **v = realloc(l->v, (l->n + 1) * sizeof *v);
    if (!v)
        return GW_ENOMEM;
    l->v = v;
    v[l->n] = strndup(text, n);
    if (!v[l->n])
        return GW_ENOMEM;
    l->n++;
    return 0;
}

static int list_add(struct conf_list *l, const char *text)
{
    if (l->is_default || !*text)
        list_clear(l);
    return *text ? list_append(l, text, strlen(text)) : 0;
}

bool conffield_next_default(const char **p, struct bytes *word)
{
    *p += strspn(*p, " ");
    *word = (struct bytes){ (const uint8_t *)*p, strcspn(*p, " ") };
    *p += word->n;
    return word->n;
}

static int list_set_default(struct conf_list *l, const char *def)
{
    struct bytes word;
    int err = 0;
    while (def && !err && conffield_next_default(&def, &word))
        err = list_append(l, (const char *)word.p, word.n);
    l->is_default = true;
    return err;
}

static void string_free(const struct conf_key *k, char *text)
{
    if (k->is_secret && text)
        explicit_bzero(text, strlen(text));
    free(text);
}

static int string_set(const struct conf_key *k, char **field, const char *text)
{
    char *copy = *text ? strdup(text) : NULL;
    if (*text && !copy)
        return GW_ENOMEM;
    string_free(k, *field);
    *field = copy;
    return 0;
}

int conffield_parse(const struct conf_key *k, void *field, const char *text)
{
    switch (k->type) {
    case CONF_BOOL:
        return parse_bool(text, field);
    case CONF_ENUM:
        return parse_enum(text, k->names, field);
    case CONF_STRING:
        return string_set(k, field, text);
    case CONF_LIST:
        return list_add(field, text);
    default:
        return parse_number(k, text, field);
    }
}

int conffield_set_default(const struct conf_key *k, void *field)
{
    assert(k->width == field_width[k->type] && (!k->is_secret || k->type == CONF_STRING));
    memset(field, 0, k->width);
    if (k->type == CONF_LIST)
        return list_set_default(field, k->def);
    int err = k->def ? conffield_parse(k, field, k->def) : 0;
    assert(err == 0 || err == GW_ENOMEM);
    return err;
}

void conffield_free(const struct conf_key *k, void *field)
{
    if (k->type == CONF_STRING)
        string_free(k, *(char **)field);
    else if (k->type == CONF_LIST)
        list_clear(field);
    memset(field, 0, k->width);
}

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

bool conffield_eq(const struct conf_key *k, const void *a, const void *b)
{
    switch (k->type) {
    case CONF_STRING:
        return is_same_text(*(char *const *)a, *(char *const *)b);
    case CONF_LIST:
        return is_same_list(a, b);
    default:
        return memcmp(a, b, k->width) == 0;
    }
}

const char *conffield_number(const struct conf_key *k, int64_t v, char out[UNITS_STR_MAX])
{
    if (k->type == CONF_SIZE)
        return units_print_size((uint64_t)v, out);
    if (k->type == CONF_DURATION)
        return units_print_duration((uint64_t)v, out);
    snprintf(out, UNITS_STR_MAX, "%" PRId64, v);
    return out;
}

const char *conffield_text(const struct conf_key *k, const void *field, char out[UNITS_STR_MAX])
{
    const char *text;

    switch (k->type) {
    case CONF_BOOL:
        return *(const bool *)field ? "yes" : "no";
    case CONF_ENUM:
        return k->names[*(const int *)field];
    case CONF_STRING:
        text = *(char *const *)field;
        return text ? text : "";
    default:
        return conffield_number(k, *(const int64_t *)field, out);
    }
}
