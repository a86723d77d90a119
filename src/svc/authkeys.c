#include "svc/authkeys.h"

#include "base/err.h"
#include "base/units.h"
#include "base/utctime.h"
#include "svc/registry.h"

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

bool authkeys_next_line(struct bytes *text, struct bytes *line)
{
    if (text->n == 0)
        return false;
    const uint8_t *nl = memchr(text->p, '\n', text->n);
    *line = (struct bytes){ text->p, nl ? (size_t)(nl - text->p) : text->n };
    size_t used = line->n + (nl != NULL);
    text->p += used;
    text->n -= used;
    return true;
}

struct bytes authkeys_next_word(struct bytes *line)
{
    while (line->n && is_blank(line->p[0])) {
        line->p++;
        line->n--;
    }
    struct bytes word = { line->p, 0 };
    if (line->n && line->p[0] == '#')
        word.n = line->n;
    else
        while (word.n < line->n && !is_blank(line->p[word.n]))
            word.n++;
    line->p += word.n;
    line->n -= word.n;
    while (word.n && is_blank(word.p[word.n - 1]))
        word.n--;
    return word;
}

bool authkeys_option(struct bytes word, const char *key, struct bytes *value)
{
    size_t n = strlen(key);
    if (word.n <= n || memcmp(word.p, key, n) != 0 || word.p[n] != '=')
        return false;
    *value = (struct bytes){ word.p + n + 1, word.n - n - 1 };
    return true;
}

/* Splits the next name off a comma-separated list; false at the end. */
static bool next_service(struct bytes *list, struct bytes *name)
{
    if (!list->p)
        return false;
    const uint8_t *comma = memchr(list->p, ',', list->n);
    *name = (struct bytes){ list->p, comma ? (size_t)(comma - list->p) : list->n };
    *list = comma ? (struct bytes){ comma + 1, list->n - name->n - 1 } : (struct bytes){ 0 };
    return true;
}

static const char *parse_services(struct bytes v, struct authkeys_line *out)
{
    struct bytes name, list = v;
    if (out->services.n)
        return "services= given twice";
    while (next_service(&list, &name))
        if (!service_name_ok(name))
            return "services= wants names of a-z 0-9 - between commas";
    out->services = v;
    return NULL;
}

static const char *parse_expires(struct bytes v, struct authkeys_line *out)
{
    if (out->expires_s)
        return "expires= given twice";
    return utctime_parse(v, &out->expires_s) == 0
               ? NULL
               : "expires= wants a UTC time like 2027-01-01T00:00Z";
}

static const char *parse_limit(struct bytes v, struct authkeys_line *out)
{
    char text[UNITS_STR_MAX] = "";
    if (out->limit)
        return "limit= given twice";
    if (v.n < sizeof text)
        memcpy(text, v.p, v.n);
    if (units_parse_size(text, &out->limit) != 0 || memchr(v.p, 0, v.n))
        return "limit= wants octets per second like 10M";
    return out->limit ? NULL : "limit= must be above 0; leave it out for none";
}

static const char *parse_word(struct bytes w, struct authkeys_line *out)
{
    static const struct {
        const char *key;
        const char *(*parse)(struct bytes v, struct authkeys_line *out);
    } options[] = {
        { "services", parse_services },
        { "expires", parse_expires },
        { "limit", parse_limit },
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct bytes v;
        if (authkeys_option(w, options[i].key, &v))
            return options[i].parse(v, out);
    }
    return "unknown option; known are services= expires= limit=";
}

int authkeys_parse(struct bytes line, struct authkeys_line *out, const char **why)
{
    *out = (struct authkeys_line){ 0 };
    struct bytes w = authkeys_next_word(&line);
    if (w.n && w.p[0] != '#' && peerid_parse(w, &out->peer) != 0) {
        *why = "the line must start with a peer id";
        return GW_ESYNTAX;
    }
    for (bool is_first = true; w.n; w = authkeys_next_word(&line), is_first = false) {
        if (w.p[0] == '#')
            out->comment = w;
        else if (!is_first && (*why = parse_word(w, out)) != NULL)
            return GW_ESYNTAX;
    }
    return out->peer.n != 0;
}

bool authkeys_is_live(const struct authkeys_line *l, int64_t now_s)
{
    return l->expires_s == 0 || now_s < l->expires_s;
}

bool authkeys_has_service(const struct authkeys_line *l, struct bytes name)
{
    struct bytes one, list = l->services;
    if (list.n == 0)
        return true;
    while (next_service(&list, &one))
        if (bytes_eq(one, name))
            return true;
    return false;
}
