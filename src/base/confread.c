/* confread.c - conf_read of conf.h.
 *
 * inih splits `key = value` lines.  It cuts long lines and names silently and never mentions a
 * section without keys, so the function that hands it the lines (next_line) checks the length,
 * keeps the line number and takes the section headings itself.
 */
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/fileio.h"

struct reader {
    void *values;
    const struct conf_schema *s;
    const char *path;
    char *next; /* text not yet handed to inih */
    int line;   /* of the line handed out last */
    char section[CONF_NAME_MAX + 1];
    char name[CONF_NAME_MAX + 1]; /* "": a plain section, or none yet */
    int *set_on; /* by index in s->keys: line of the current section where it was set; 0: not */
    int err;
    char *msg;
};

__attribute__((format(printf, 3, 4))) static int fail(struct reader *r, int err, const char *fmt,
                                                      ...)
{
    va_list ap;
    int n = snprintf(r->msg, CONF_ERR_MAX, "%s:%d: ", r->path, r->line);
    if (n < CONF_ERR_MAX) {
        va_start(ap, fmt);
        vsnprintf(r->msg + n, CONF_ERR_MAX - (size_t)n, fmt, ap);
        va_end(ap);
    }
    r->err = err;
    return err;
}

static size_t count_keys(const struct conf_schema *s)
{
    size_t n = 0;
    while (s->keys[n].section)
        n++;
    return n;
}

/* Forgets which keys the section called `section` has set. */
static void forget_keys(struct reader *r, const char *section)
{
    for (size_t i = 0; r->s->keys[i].section; i++) {
        if (!strcmp(r->s->keys[i].section, section))
            r->set_on[i] = 0;
    }
}

/* `[section]` or `[section NAME]`; `text` starts at the bracket and may be spoilt. */
static int read_heading(struct reader *r, char *text)
{
    char why[CONF_ERR_MAX];
    char *end = strchr(text, ']');
    if (!end || end[1 + strspn(end + 1, " \t\r")] != '\0')
        return fail(r, GW_ESYNTAX, "a heading is [section] or [section NAME], alone on its line");
    *end = '\0';
    text++;
    const char *section = fileio_next_word(&text), *name = fileio_next_word(&text);
    if (!section || fileio_next_word(&text) || strlen(section) > CONF_NAME_MAX)
        return fail(r, GW_ESYNTAX, "a heading is [section] or [section NAME], alone on its line");
    if (name && conf_find(r->values, r->s, section, name))
        return fail(r, GW_EEXISTS, "[%s %s] is there already", section, name);
    int err = conf_set(r->values, r->s, section, name, NULL, NULL, why);
    if (err)
        return fail(r, err, "%s", why);
    snprintf(r->section, sizeof r->section, "%s", section);
    snprintf(r->name, sizeof r->name, "%s", name ? name : "");
    if (name)
        forget_keys(r, section);
    return 0;
}

/* ini_reader.  Leading blanks go, or inih would take the line for the continuation of the one
 * before. */
static char *next_line(char *buf, int size, void *stream)
{
    struct reader *r = stream;

    if (r->err || !*r->next)
        return NULL;
    r->line++;
    size_t n = strcspn(r->next, "\n");
    char *line = r->next;
    r->next += n + (line[n] == '\n');
    size_t blanks = strspn(line, " \t\r");
    blanks = blanks < n ? blanks : n;
    line += blanks;
    n -= blanks;
    if (n + 3 > (size_t)size) {
        fail(r, GW_ELIMIT, "the line is longer than %d octets", size - 3);
        return NULL;
    }
    memcpy(buf, line, n);
    memcpy(buf + n, "\n", 2);
    line[n] = '\0';
    if (*line == '[' && read_heading(r, line))
        return NULL;
    return buf;
}

/* ini_handler: returns 0 on an error. */
static int read_key(void *user, const char *section, const char *key, const char *value)
{
    struct reader *r = user;
    char why[CONF_ERR_MAX];
    (void)section; /* inih's copy is cut to 49 octets */

    if (!*r->section)
        return !fail(r, GW_ESYNTAX, "'%s' stands before the first [section]", key);
    const struct conf_key *k = conf_key_find(r->s, r->section, key);
    int *set_on = k ? &r->set_on[k - r->s->keys] : NULL;
    if (k && k->type != CONF_LIST && *set_on)
        return !fail(r, GW_EEXISTS, "'%s' is set already on line %d", key, *set_on);
    if (k)
        *set_on = r->line;
    int err = conf_set(r->values, r->s, r->section, *r->name ? r->name : NULL, key, value, why);
    if (err)
        fail(r, err, "%s", why);
    return !err;
}

static int read_text(struct reader *r, char *text, size_t n)
{
    static const char bom[] = "\xef\xbb\xbf";

    if (strlen(text) != n)
        return fail(r, GW_ESYNTAX, "not a text file");
    r->next = strncmp(text, bom, sizeof bom - 1) ? text : text + sizeof bom - 1;
    /* > 0: first line at fault; < 0: no memory */
    int bad = ini_parse_stream(next_line, r, read_key, r);
    if (bad > 0 && (!r->err || bad < r->line)) {
        r->line = bad;
        return fail(r, GW_ESYNTAX, "neither a [section] nor key = value");
    }
    return bad < 0 ? fail(r, GW_ENOMEM, "%s", gw_strerror(GW_ENOMEM)) : r->err;
}

int conf_read(void *values, const struct conf_schema *s, const char *path, char err[CONF_ERR_MAX])
{
    char *text = NULL;
    size_t n = 0;
    struct reader r = { .values = values, .s = s, .path = path, .msg = err };

    int rc = fileio_read(path, &text, &n);
    if (rc == 0) {
        r.set_on = calloc(count_keys(s) + 1, sizeof *r.set_on);
        rc = r.set_on ? read_text(&r, text, n) : GW_ENOMEM;
    }
    if (rc && !r.err)
        snprintf(err, CONF_ERR_MAX, "%s: %s", path, gw_strerror(rc));
    free(r.set_on);
    if (text)
        explicit_bzero(text, n); /* there may be secrets in it */
    free(text);
    return rc;
}
