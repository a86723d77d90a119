/* confedit.c - see confedit.h.  A text is looked through once for the lines that matter, and then
 * put together anew around them. */
#include "base/confedit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"

static const char bom[] = "\xef\xbb\xbf";

/* Where things are in the text; offsets. */
struct place {
    bool is_there;     /* the section */
    size_t heading;    /* where its heading begins */
    size_t end;        /* behind its last key's line, or its heading's when it has none */
    size_t key, value; /* the first line of the key, and behind its last one; both 0: none */
    bool has_value;    /* one of the lines has the value looked for */
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct bytes trim(struct bytes v)
{
    while (v.n && is_blank(v.p[0])) {
        v.p++;
        v.n--;
    }
    while (v.n && is_blank(v.p[v.n - 1]))
        v.n--;
    return v;
}

static struct bytes slice(struct bytes v, size_t from, size_t to)
{
    return (struct bytes){ v.p + from, to - from };
}

/* The line at `at`, without its newline; *next: where the one behind it begins. */
static struct bytes line_at(struct bytes text, size_t at, size_t *next)
{
    const uint8_t *nl = memchr(text.p + at, '\n', text.n - at);
    size_t end = nl ? (size_t)(nl - text.p) : text.n;

    *next = nl ? end + 1 : end;
    return slice(text, at, end);
}

static size_t word_length(struct bytes v)
{
    size_t n = 0;

    while (n < v.n && !is_blank(v.p[n]))
        n++;
    return n;
}

/* `[section NAME]`, trimmed. */
static bool is_heading_of(struct bytes line, const struct confedit_section *s)
{
    const uint8_t *close = memchr(line.p, ']', line.n);

    if (!close)
        return false;
    struct bytes in = trim(slice(line, 1, (size_t)(close - line.p)));
    size_t n = word_length(in);
    return bytes_eq(slice(in, 0, n), bytes_of(s->section)) &&
           bytes_eq(trim(slice(in, n, in.n)), bytes_of(s->name));
}

static bool is_comment(struct bytes line)
{
    return !line.n || line.p[0] == '#' || line.p[0] == ';';
}

/* Without the comment that a ';' behind a blank begins. */
static struct bytes value_of(struct bytes v)
{
    for (size_t i = 1; i < v.n; i++)
        if (v.p[i] == ';' && is_blank(v.p[i - 1]))
            return trim(slice(v, 0, i));
    return trim(v);
}

/* Splits `key = value`, or with ':' as inih allows it. */
static bool split_key(struct bytes line, struct bytes *key, struct bytes *value)
{
    size_t i = 0;

    while (i < line.n && line.p[i] != '=' && line.p[i] != ':')
        i++;
    if (i == line.n)
        return false;
    *key = trim(slice(line, 0, i));
    *value = value_of(slice(line, i + 1, line.n));
    return true;
}

static void look_at_key(struct place *p, struct bytes line, size_t at, size_t next, const char *key,
                        const char *value)
{
    struct bytes k, v;

    p->end = next;
    if (!key || !split_key(line, &k, &v) || !bytes_eq(k, bytes_of(key)))
        return;
    if (!p->value)
        p->key = at;
    p->value = next;
    p->has_value = p->has_value || (value && bytes_eq(v, bytes_of(value)));
}

/* `key` and `value` may be NULL. */
static struct place find(struct bytes text, const struct confedit_section *s, const char *key,
                         const char *value)
{
    struct place p = { 0 };
    bool is_in = false;
    size_t start = text.n >= 3 && memcmp(text.p, bom, 3) == 0 ? 3 : 0;

    for (size_t at = start, next; at < text.n; at = next) {
        struct bytes line = trim(line_at(text, at, &next));
        if (line.n && line.p[0] == '[') {
            is_in = !p.is_there && is_heading_of(line, s);
            if (is_in)
                p = (struct place){ .is_there = true, .heading = at, .end = next };
        } else if (is_in && !is_comment(line)) {
            look_at_key(&p, line, at, next, key, value);
        }
    }
    return p;
}

/* ---- writing ---- */

static void put(FILE *f, struct bytes v)
{
    fwrite(v.p, 1, v.n, f);
}

/* A part of the text that lines are put behind: it ends in a newline. */
static void put_whole(FILE *f, struct bytes v)
{
    put(f, v);
    if (v.n && v.p[v.n - 1] != '\n')
        fputc('\n', f);
}

static int finish(FILE *f, char **out)
{
    bool is_bad = ferror(f);

    if (fclose(f) == 0 && !is_bad)
        return 0;
    free(*out);
    *out = NULL;
    return GW_ENOMEM;
}

static bool is_word(const char *text)
{
    for (const char *p = text; *p; p++)
        if (*p <= ' ' || *p > '~' || *p == ']')
            return false;
    return *text && strlen(text) <= CONF_NAME_MAX;
}

static bool is_good(const struct confedit_section *s, const char *key, const char *value)
{
    struct bytes v = bytes_of(value);

    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < ' ' || v.p[i] == 0x7f)
            return false;
    return is_word(s->section) && is_word(s->name) && is_word(key) && bytes_eq(value_of(v), v) &&
           (!v.n || v.p[0] != ';') && strlen(key) + 3 + v.n <= CONF_LINE_MAX;
}

/* The text with octets from..to replaced by a line of the key, or by nothing when value is "". */
static int splice(struct bytes text, size_t from, size_t to, const char *key, const char *value,
                  char **out, size_t *n)
{
    FILE *f = open_memstream(out, n);

    if (!f)
        return GW_ENOMEM;
    if (*value) {
        put_whole(f, slice(text, 0, from));
        fprintf(f, "%s = %s\n", key, value);
    } else {
        put(f, slice(text, 0, from));
    }
    put(f, slice(text, to, text.n));
    return finish(f, out);
}

static int append_section(struct bytes text, const struct confedit_section *s, const char *key,
                          const char *value, char **out, size_t *n)
{
    FILE *f = open_memstream(out, n);

    if (!f)
        return GW_ENOMEM;
    put_whole(f, text);
    if (text.n && !(text.n > 1 && memcmp(text.p + text.n - 2, "\n\n", 2) == 0))
        fputc('\n', f);
    fprintf(f, "[%s %s]\n", s->section, s->name);
    if (*value)
        fprintf(f, "%s = %s\n", key, value);
    return finish(f, out);
}

int confedit_set(struct bytes text, const struct confedit_section *s, const char *key,
                 const char *value, char **out, size_t *n)
{
    struct place p = find(text, s, key, NULL);

    if (!is_good(s, key, value))
        return GW_EINVAL;
    if (p.value)
        return splice(text, p.key, p.value, key, value, out, n);
    if (p.is_there || !*value)
        return splice(text, p.end, p.end, key, value, out, n);
    return append_section(text, s, key, value, out, n);
}

int confedit_add(struct bytes text, const struct confedit_section *s, const char *key,
                 const char *value, char **out, size_t *n)
{
    struct place p = find(text, s, key, value);
    size_t at = p.value ? p.value : p.end;

    if (!*value || !is_good(s, key, value))
        return GW_EINVAL;
    if (!p.is_there)
        return append_section(text, s, key, value, out, n);
    return splice(text, at, at, key, p.has_value ? "" : value, out, n);
}

/* Is there a blank line, or nothing, at that place? */
static bool is_gap(struct bytes text, size_t at)
{
    size_t next;
    return at >= text.n || !trim(line_at(text, at, &next)).n;
}

/* The start of the blank line right before `at`; `at` when there is none. */
static size_t before_gap(struct bytes text, size_t at)
{
    size_t from = at ? at - 1 : 0;

    while (from && text.p[from - 1] != '\n')
        from--;
    return at && is_gap(text, from) ? from : at;
}

int confedit_drop(struct bytes text, const struct confedit_section *s, char **out, size_t *n)
{
    struct place p = find(text, s, NULL, NULL);

    if (!p.is_there)
        return GW_ENOTFOUND;
    FILE *f = open_memstream(out, n);
    if (!f)
        return GW_ENOMEM;
    put(f, slice(text, 0, is_gap(text, p.end) ? before_gap(text, p.heading) : p.heading));
    put(f, slice(text, p.end, text.n));
    return finish(f, out);
}
