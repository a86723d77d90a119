/* conf.c - defaults, setting and printing of conf.h; reading a file is in confread.c. */
#include "base/conf.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cursor.h"
#include "base/err.h"
#include "base/units.h"

static const size_t field_width[] = {
    [CONF_BOOL] = sizeof(bool),
    [CONF_INT] = sizeof(int64_t),
    [CONF_SIZE] = sizeof(uint64_t),
    [CONF_DURATION] = sizeof(uint64_t),
    [CONF_STRING] = sizeof(char *),
    [CONF_ENUM] = sizeof(int),
    [CONF_LIST] = sizeof(struct conf_list),
};

/* ---- values as text: 0, GW_ESYNTAX (not of the type), GW_EINVAL (outside the range), GW_ENOMEM
 * ---- */

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

static const char *print_number(const struct conf_key *k, int64_t v, char out[UNITS_STR_MAX])
{
    if (k->type == CONF_SIZE)
        return units_print_size((uint64_t)v, out);
    if (k->type == CONF_DURATION)
        return units_print_duration((uint64_t)v, out);
    snprintf(out, UNITS_STR_MAX, "%" PRId64, v);
    return out;
}

/* ---- fields ---- */

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

/* The next blank-separated word of *p as a view; false at the end. */
static bool next_default(const char **p, struct bytes *word)
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
    while (def && !err && next_default(&def, &word))
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

static int field_parse(const struct conf_key *k, void *field, const char *text)
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

static int field_set_default(const struct conf_key *k, void *field)
{
    assert(k->width == field_width[k->type] && (!k->is_secret || k->type == CONF_STRING));
    memset(field, 0, k->width);
    if (k->type == CONF_LIST)
        return list_set_default(field, k->def);
    int err = k->def ? field_parse(k, field, k->def) : 0;
    assert(err == 0 || err == GW_ENOMEM);
    return err;
}

static void field_free(const struct conf_key *k, void *field)
{
    if (k->type == CONF_STRING)
        string_free(k, *(char **)field);
    else if (k->type == CONF_LIST)
        list_clear(field);
    memset(field, 0, k->width);
}

/* ---- sections ---- */

static const struct conf_section *section_find(const struct conf_schema *s, const char *name)
{
    const struct conf_section *sec = s->sections;
    while (sec->name && strcmp(sec->name, name))
        sec++;
    return sec->name ? sec : NULL;
}

static bool key_is_of(const struct conf_key *k, const struct conf_section *sec)
{
    return !strcmp(k->section, sec->name);
}

static const struct conf_key *key_find(const struct conf_schema *s, const char *section,
                                       const char *key)
{
    const struct conf_key *k = s->keys;
    while (k->section && (strcmp(k->section, section) || strcmp(k->key, key)))
        k++;
    return k->section ? k : NULL;
}

static void *field_at(const void *owner, const struct conf_key *k)
{
    return (char *)owner + k->offset;
}

static struct conf_named *named_at(const void *values, const struct conf_section *sec)
{
    return (void *)((char *)values + sec->offset);
}

static char **name_of(void *element)
{
    return element;
}

/* `owner` holds the section's keys: the values, or one element of a named section. */
static int section_set_defaults(const struct conf_schema *s, const struct conf_section *sec,
                                void *owner)
{
    int err = 0;
    for (const struct conf_key *k = s->keys; k->section; k++) {
        if (key_is_of(k, sec) && field_set_default(k, field_at(owner, k)))
            err = GW_ENOMEM;
    }
    return err;
}

static void section_free(const struct conf_schema *s, const struct conf_section *sec, void *owner)
{
    for (const struct conf_key *k = s->keys; k->section; k++) {
        if (key_is_of(k, sec))
            field_free(k, field_at(owner, k));
    }
}

static void element_free(const struct conf_schema *s, const struct conf_section *sec, void *element)
{
    section_free(s, sec, element);
    free(*name_of(element));
    free(element);
}

static int element_add(void *values, const struct conf_schema *s, const struct conf_section *sec,
                       const char *name, void **out)
{
    struct conf_named *named = named_at(values, sec);
    void **v = realloc(named->v, (named->n + 1) * sizeof *v);
    if (!v)
        return GW_ENOMEM;
    named->v = v;
    void *element = calloc(1, sec->size);
    if (!element)
        return GW_ENOMEM;
    *name_of(element) = strdup(name);
    if (!*name_of(element) || section_set_defaults(s, sec, element)) {
        element_free(s, sec, element);
        return GW_ENOMEM;
    }
    v[named->n++] = element;
    *out = element;
    return 0;
}

static void *element_find(const void *values, const struct conf_section *sec, const char *name)
{
    const struct conf_named *named = named_at(values, sec);
    for (size_t i = 0; i < named->n; i++) {
        if (!strcmp(*name_of(named->v[i]), name))
            return named->v[i];
    }
    return NULL;
}

/* ---- setting ---- */

/* False for what would not read back from a file: control characters, blanks at the ends, and what
 * inih takes for a comment. */
static bool is_writable(const char *value)
{
    size_t n = strlen(value);
    for (size_t i = 0; i < n; i++) {
        if (iscntrl((unsigned char)value[i]) || (value[i] == ';' && (!i || value[i - 1] == ' ')))
            return false;
    }
    return !n || (value[0] != ' ' && value[n - 1] != ' ');
}

static bool is_name(const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < n; i++) {
        if (!isgraph((unsigned char)name[i]) || name[i] == ']')
            return false;
    }
    return n && n <= CONF_NAME_MAX;
}

static int fail_range(const struct conf_key *k, const char *value, char *msg)
{
    char min[UNITS_STR_MAX], max[UNITS_STR_MAX];
    return conf_fail(msg, GW_EINVAL, "%s = %s: must lie between %s and %s", k->key, value,
                     print_number(k, k->min, min),
                     print_number(k, k->max ? k->max : INT64_MAX, max));
}

static int fail_syntax(const struct conf_key *k, const char *value, char *msg)
{
    static const char *const want[] = {
        [CONF_BOOL] = "yes or no",
        [CONF_INT] = "a number",
        [CONF_SIZE] = "a size such as 512, 64k, 16M",
        [CONF_DURATION] = "a duration such as 250ms, 30s, 5m, 2h",
    };
    if (k->type != CONF_ENUM)
        return conf_fail(msg, GW_ESYNTAX, "%s = %s: is not %s", k->key, value, want[k->type]);
    int n = snprintf(msg, CONF_ERR_MAX, "%s = %s: is not one of", k->key, value);
    for (const char *const *name = k->names; *name && n < CONF_ERR_MAX; name++)
        n += snprintf(msg + n, CONF_ERR_MAX - (size_t)n, "%s %s", name == k->names ? "" : ",",
                      *name);
    return GW_ESYNTAX;
}

static int set_field(const struct conf_key *k, void *owner, const char *value, char *msg)
{
    if (!is_writable(value))
        return conf_fail(
            msg, GW_ESYNTAX,
            "%s: a value holds no control characters, no blank at its ends and no ';' after one",
            k->key);
    if (strlen(k->key) + strlen(" = ") + strlen(value) > CONF_LINE_MAX)
        return conf_fail(msg, GW_ELIMIT, "%s: the value is too long, a line holds %d octets",
                         k->key, CONF_LINE_MAX);
    const char *wrong = k->check && *value ? k->check(value) : NULL;
    if (wrong && k->is_secret)
        return conf_fail(msg, GW_EINVAL, "%s: %s", k->key, wrong);
    if (wrong)
        return conf_fail(msg, GW_EINVAL, "%s = %s: %s", k->key, value, wrong);
    int err = field_parse(k, field_at(owner, k), value);
    if (err == GW_ESYNTAX)
        return fail_syntax(k, value, msg);
    if (err == GW_EINVAL)
        return fail_range(k, value, msg);
    return err ? conf_fail_plain(msg, err) : 0;
}

/* Finds or makes what holds the keys of a section. */
static int section_open(void *values, const struct conf_schema *s, const struct conf_section *sec,
                        const char *name, void **owner, char *msg)
{
    if (!sec->size && name)
        return conf_fail(msg, GW_ESYNTAX, "[%s] takes no name", sec->name);
    if (!sec->size) {
        *owner = values;
        return 0;
    }
    if (!name || !is_name(name))
        return conf_fail(msg, GW_ESYNTAX,
                         "[%s NAME]: the name must be 1 to %d printable characters without ']'",
                         sec->name, CONF_NAME_MAX);
    *owner = element_find(values, sec, name);
    int err = *owner ? 0 : element_add(values, s, sec, name, owner);
    return err ? conf_fail_plain(msg, err) : 0;
}

/* ---- printing ---- */

/* The text of a scalar field; NULL field: of the default. */
static const char *scalar_text(const struct conf_key *k, const void *field, char buf[UNITS_STR_MAX])
{
    int64_t v = 0;
    bool b = false;
    int e = 0;

    switch (k->type) {
    case CONF_BOOL:
        if (field)
            b = *(const bool *)field;
        else if (k->def)
            parse_bool(k->def, &b);
        return b ? "yes" : "no";
    case CONF_ENUM:
        if (field)
            e = *(const int *)field;
        else if (k->def)
            parse_enum(k->def, k->names, &e);
        return k->names[e];
    case CONF_STRING: {
        const char *text = field ? *(char *const *)field : k->def;
        return text ? text : "";
    }
    default:
        if (field)
            v = *(const int64_t *)field;
        else if (k->def)
            parse_number(k, k->def, &v);
        return print_number(k, v, buf);
    }
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
    next_default(&def, &word);
    do
        print_line(f, "#", k, word);
    while (next_default(&def, &word));
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
        fprintf(f, "; %s", print_number(k, k->min, a));
        fprintf(f, " to %s", print_number(k, k->max, a));
    }
    if (k->type != CONF_LIST && *scalar_text(k, NULL, a))
        fprintf(f, "; default %s", scalar_text(k, NULL, a));
    fputc('\n', f);
}

/* `owner` NULL: defaults. */
static void print_keys(FILE *f, const struct conf_schema *s, const struct conf_section *sec,
                       const void *owner)
{
    char a[UNITS_STR_MAX], b[UNITS_STR_MAX];

    for (const struct conf_key *k = s->keys; k->section; k++) {
        if (!key_is_of(k, sec))
            continue;
        print_help(f, k);
        const void *field = owner ? field_at(owner, k) : NULL;
        if (k->type == CONF_LIST) {
            print_list(f, k, field);
            continue;
        }
        const char *text = scalar_text(k, field, a);
        bool is_default = !strcmp(text, scalar_text(k, NULL, b));
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
    const struct conf_named *named = values && sec->size ? named_at(values, sec) : NULL;

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
        fprintf(f, "%s[%s %s]\n", i ? "\n" : "", sec->name, *name_of(named->v[i]));
        print_keys(f, s, sec, named->v[i]);
    }
}

/* ---- the face ---- */

int conf_init(void *values, const struct conf_schema *s)
{
    int err = 0;
    for (const struct conf_section *sec = s->sections; sec->name; sec++) {
        if (sec->size)
            *named_at(values, sec) = (struct conf_named){ 0 };
        else if (section_set_defaults(s, sec, values))
            err = GW_ENOMEM;
    }
    if (err)
        conf_free(values, s);
    return err;
}

int conf_set(void *values, const struct conf_schema *s, const char *section, const char *name,
             const char *key, const char *value, char err[CONF_ERR_MAX])
{
    void *owner = NULL;
    const struct conf_section *sec = section_find(s, section);
    if (!sec)
        return conf_fail(err, GW_ESYNTAX, "unknown section [%s]", section);
    int rc = section_open(values, s, sec, name, &owner, err);
    if (rc || !key)
        return rc;
    const struct conf_key *k = key_find(s, section, key);
    if (!k)
        return conf_fail(err, GW_ESYNTAX, "[%s] has no key '%s'", section, key);
    return set_field(k, owner, value, err);
}

void *conf_find(const void *values, const struct conf_schema *s, const char *section,
                const char *name)
{
    const struct conf_section *sec = section_find(s, section);
    return sec && sec->size ? element_find(values, sec, name) : NULL;
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

void conf_free(void *values, const struct conf_schema *s)
{
    for (const struct conf_section *sec = s->sections; sec->name; sec++) {
        if (!sec->size) {
            section_free(s, sec, values);
            continue;
        }
        struct conf_named *named = named_at(values, sec);
        for (size_t i = 0; i < named->n; i++)
            element_free(s, sec, named->v[i]);
        free(named->v);
        *named = (struct conf_named){ 0 };
    }
}

int conf_fail(char msg[CONF_ERR_MAX], int err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(msg, CONF_ERR_MAX, fmt, ap);
    va_end(ap);
    return err;
}

int conf_fail_plain(char msg[CONF_ERR_MAX], int err)
{
    return conf_fail(msg, err, "%s", gw_strerror(err));
}
