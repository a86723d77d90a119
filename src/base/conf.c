/* conf.c - sections, defaults and setting of conf.h; a field is conffield.h's, a file that is read
 * confread.c's, one that is printed confprint.c's. */
#include "base/conf.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/conffield.h"
#include "base/err.h"
#include "base/guess.h"

/* ---- sections ---- */

const struct conf_section *conf_section_find(const struct conf_schema *s, const char *name)
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

const struct conf_key *conf_key_find(const struct conf_schema *s, const char *section,
                                     const char *key)
{
    const struct conf_key *k = s->keys;
    while (k->section && (strcmp(k->section, section) || strcmp(k->key, key)))
        k++;
    return k->section ? k : NULL;
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
        if (key_is_of(k, sec) && conffield_set_default(k, conffield_at(owner, k)))
            err = GW_ENOMEM;
    }
    return err;
}

static void section_free(const struct conf_schema *s, const struct conf_section *sec, void *owner)
{
    for (const struct conf_key *k = s->keys; k->section; k++) {
        if (key_is_of(k, sec))
            conffield_free(k, conffield_at(owner, k));
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
    struct conf_named *named = conf_named_at(values, sec);
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
    const struct conf_named *named = conf_named_at(values, sec);
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
                     conffield_number(k, k->min, min),
                     conffield_number(k, k->max ? k->max : INT64_MAX, max));
}

/* What is no comment here looks like one. */
static const char *hint_at(const char *value)
{
    return strstr(value, " #") ? "; behind a value a comment begins with ';'" : "";
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
        return conf_fail(msg, GW_ESYNTAX, "%s = %s: is not %s%s", k->key, value, want[k->type],
                         hint_at(value));
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
        return conf_fail(msg, GW_EINVAL, "%s = %s: %s%s", k->key, value, wrong, hint_at(value));
    int err = conffield_parse(k, conffield_at(owner, k), value);
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

/* ---- the face ---- */

int conf_init(void *values, const struct conf_schema *s)
{
    int err = 0;
    for (const struct conf_section *sec = s->sections; sec->name; sec++) {
        if (sec->size)
            *conf_named_at(values, sec) = (struct conf_named){ 0 };
        else if (section_set_defaults(s, sec, values))
            err = GW_ENOMEM;
    }
    if (err)
        conf_free(values, s);
    return err;
}

/* The i-th section, as guess wants it. */
static const char *nth_section(const void *arg, size_t i)
{
    const struct conf_schema *s = arg;
    return s->sections[i].name; /* NULL behind the last */
}

struct section_keys {
    const struct conf_schema *schema;
    const char *section;
};

/* The i-th key of a section, as guess wants it. */
static const char *nth_key(const void *arg, size_t i)
{
    const struct section_keys *keys = arg;

    for (const struct conf_key *k = keys->schema->keys; k->section; k++)
        if (strcmp(k->section, keys->section) == 0 && i-- == 0)
            return k->key;
    return NULL;
}

/* Says what may have been meant, or where the key belongs. */
static int fail_key(const struct conf_schema *s, const char *section, const char *key,
                    char err[CONF_ERR_MAX])
{
    const struct section_keys keys = { s, section };
    const char *meant = guess(key, nth_key, &keys);

    if (meant)
        return conf_fail(err, GW_ESYNTAX, "[%s] has no key '%s'; did you mean '%s'?", section, key,
                         meant);
    for (const struct conf_key *k = s->keys; k->section; k++)
        if (strcmp(k->key, key) == 0)
            return conf_fail(err, GW_ESYNTAX, "[%s] has no key '%s'; [%s] has", section, key,
                             k->section);
    return conf_fail(err, GW_ESYNTAX, "[%s] has no key '%s'", section, key);
}

int conf_set(void *values, const struct conf_schema *s, const char *section, const char *name,
             const char *key, const char *value, char err[CONF_ERR_MAX])
{
    void *owner = NULL;
    const struct conf_section *sec = conf_section_find(s, section);
    if (!sec) {
        const char *meant = guess(section, nth_section, s);
        return conf_fail(err, GW_ESYNTAX, "unknown section [%s]%s%s%s", section,
                         meant ? "; did you mean [" : "", meant ? meant : "", meant ? "]?" : "");
    }
    int rc = section_open(values, s, sec, name, &owner, err);
    if (rc || !key)
        return rc;
    const struct conf_key *k = conf_key_find(s, section, key);
    if (!k)
        return fail_key(s, section, key, err);
    return set_field(k, owner, value, err);
}

void *conf_find(const void *values, const struct conf_schema *s, const char *section,
                const char *name)
{
    const struct conf_section *sec = conf_section_find(s, section);
    return sec && sec->size ? element_find(values, sec, name) : NULL;
}

void conf_free(void *values, const struct conf_schema *s)
{
    for (const struct conf_section *sec = s->sections; sec->name; sec++) {
        if (!sec->size) {
            section_free(s, sec, values);
            continue;
        }
        struct conf_named *named = conf_named_at(values, sec);
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
