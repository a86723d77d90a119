#include "name/name.h"

#include <strings.h>

#include "base/err.h"
#include "id/peerid.h"

#define LABEL_MAX 63

static bool octet_ok(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

static bool label_ok(struct bytes label)
{
    struct peerid unused;
    if (label.n == 0)
        return false;
    for (size_t i = 0; i < label.n; i++)
        if (!octet_ok(label.p[i]))
            return false;
    return label.n <= LABEL_MAX || peerid_parse(label, &unused) == 0;
}

static bool ends_in_p2p(struct bytes text)
{
    return text.n > 4 && strncasecmp((const char *)text.p + text.n - 4, ".p2p", 4) == 0;
}

/* Notes where the labels start and checks each of them. */
static int split(struct bytes text, struct name *out)
{
    for (size_t at = 0; at <= text.n;) {
        const uint8_t *dot = memchr(text.p + at, '.', text.n - at);
        size_t end = dot ? (size_t)(dot - text.p) : text.n;
        if (out->nlabels == NAME_LABELS_MAX || !label_ok((struct bytes){ text.p + at, end - at }))
            return GW_ESYNTAX;
        out->label_at[out->nlabels++] = (uint8_t)at;
        at = end + 1;
    }
    return 0;
}

int name_parse(struct bytes text, struct name *out)
{
    *out = (struct name){ 0 };
    if (text.n && text.p[text.n - 1] == '.')
        text.n--;
    if (text.n == 0 || text.n > NAME_MAX_OCTETS)
        return GW_ESYNTAX;
    memcpy(out->raw, text.p, text.n);
    out->is_p2p = ends_in_p2p(text);
    if (out->is_p2p)
        text.n -= 4;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        out->text[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    return split(text, out);
}

static struct bytes part(const struct name *n, const char *of, size_t from, size_t to)
{
    size_t start = n->label_at[from];
    size_t end = to < n->nlabels ? n->label_at[to] - 1u : strlen(n->text);
    return (struct bytes){ (const uint8_t *)of + start, end - start };
}

struct bytes name_label(const struct name *n, size_t i)
{
    return part(n, n->text, i, i + 1);
}

struct bytes name_raw_label(const struct name *n, size_t i)
{
    return part(n, n->raw, i, i + 1);
}

struct bytes name_suffix(const struct name *n, size_t i)
{
    return part(n, n->text, i, n->nlabels);
}
