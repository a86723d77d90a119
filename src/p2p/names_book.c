/* names_book.c - see names_book.h.  The entries lie in an array in the order of their hosts. */
#include "p2p/names_book.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/err.h"
#include "base/fileio.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "p2p/lan_peers.h"

#define FILE_MODE   0600
#define PAST_MAX    64 /* lines of the past that are always let stand */
#define LINE_OCTETS (NAMES_HOST_MAX + PEERID_STR_MAX + 24 + BASE64_LEN(NAME_RECORD_MAX))

struct held {
    struct names_book_entry e; /* must be first; its claim is a view into `claim` */
    uint64_t sequence;
    bool has_run_out; /* as it was told last */
    uint8_t claim[];
};

struct names_book {
    struct names_book_config cfg;
    char network[NAMES_HOST_MAX + 1]; /* cfg.network */
    char *path;
    struct held **v; /* owned; by host */
    size_t n, cap;
    size_t lines; /* of the file */
    bool is_torn; /* its last line may not be whole: it is to be written anew */
};

static bool is_live(const struct names_book *b, const struct held *h, uint64_t now_s)
{
    return now_s < h->e.renewed_s || now_s - h->e.renewed_s < b->cfg.life_s;
}

/* ---- the array ---- */

static int compare(const struct held *h, struct bytes host)
{
    size_t n = strlen(h->e.host), common = n < host.n ? n : host.n;
    int by = common ? memcmp(h->e.host, host.p, common) : 0;
    return by ? by : (n > host.n) - (n < host.n);
}

/* The place of the first one that is not before `host`. */
static size_t place_of(const struct names_book *b, struct bytes host)
{
    size_t low = 0, high = b->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(b->v[middle], host) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct held *at(const struct names_book *b, size_t i, struct bytes host)
{
    return i < b->n && compare(b->v[i], host) == 0 ? b->v[i] : NULL;
}

static bool make_room(struct names_book *b)
{
    if (b->n < b->cap)
        return true;
    size_t cap = b->cap ? 2 * b->cap : 16;
    struct held **v = realloc(b->v, cap * sizeof(struct held *));
    if (!v)
        return false;
    b->v = v;
    b->cap = cap;
    return true;
}

/* Takes h; there is room. */
static void put(struct names_book *b, struct held *h)
{
    size_t i = place_of(b, bytes_of(h->e.host));
    struct held *old = at(b, i, bytes_of(h->e.host));

    if (!old)
        memmove(b->v + i + 1, b->v + i, (b->n++ - i) * sizeof(struct held *));
    free(old);
    b->v[i] = h;
}

static void drop(struct names_book *b, size_t i)
{
    free(b->v[i]);
    memmove(b->v + i, b->v + i + 1, (--b->n - i) * sizeof(struct held *));
}

static void drop_forgotten(struct names_book *b, uint64_t now_s)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n; i++) {
        if (is_live(b, b->v[i], now_s))
            b->v[n++] = b->v[i];
        else
            free(b->v[i]);
    }
    b->n = n;
}

/* ---- claims ---- */

/* The host of "HOST.NETWORK", a view; n == 0: no such name. */
static struct bytes host_of(const struct names_book *b, const char *name)
{
    const char *dot = strchr(name, '.');
    struct bytes host = { (const uint8_t *)name, dot ? (size_t)(dot - name) : 0 };

    if (!dot || strcmp(dot + 1, b->network) != 0 || !lan_name_ok(host))
        host.n = 0;
    return host;
}

/* Verifies a claim as of `at_s`, when it was made or renewed.  0 and *out owned. */
static int open_claim(const struct names_book *b, struct bytes claim, uint64_t at_s,
                      struct held **out)
{
    struct name_record r;
    int err = name_record_open(claim, at_s, &r);

    if (err)
        return err == GW_EUNSUP ? GW_EDENIED : err;
    if (!peerid_eq(&r.peer, &r.owner))
        return GW_EDENIED;
    struct bytes host = host_of(b, r.name);
    if (!host.n)
        return GW_EINVAL;
    struct held *h = malloc(sizeof *h + claim.n);
    if (!h)
        return GW_ENOMEM;
    *h = (struct held){ .sequence = r.sequence };
    h->e =
        (struct names_book_entry){ .holder = r.owner, .renewed_s = at_s, .expires_s = r.expires_s };
    memcpy(h->e.host, host.p, host.n);
    memcpy(h->claim, claim.p, claim.n);
    h->e.claim = (struct bytes){ h->claim, claim.n };
    *out = h;
    return 0;
}

/* ---- the file ---- */

static void put_line(struct strbuf *to, const struct held *h)
{
    char claim[BASE64_LEN(NAME_RECORD_MAX)], id[PEERID_STR_MAX];

    base64_encode(h->e.claim, claim);
    strbuf_printf(to, "%s %s %" PRIu64 " ", h->e.host, peerid_print(&h->e.holder, id),
                  h->e.renewed_s);
    strbuf_put(to, (struct bytes){ (const uint8_t *)claim, BASE64_LEN(h->e.claim.n) });
    strbuf_puts(to, "\n");
}

static int write_anew(struct names_book *b)
{
    struct strbuf all = { .max = (b->n + 1) * LINE_OCTETS };

    for (size_t i = 0; i < b->n; i++)
        put_line(&all, b->v[i]);
    int err = all.err ? all.err : fileio_replace(b->path, strbuf_bytes(&all), FILE_MODE);
    strbuf_free(&all);
    if (err)
        return err;
    b->lines = b->n;
    b->is_torn = false;
    return 0;
}

static int write_line(struct names_book *b, const struct strbuf *line, bool is_synced)
{
    if (b->is_torn || b->lines >= 2 * b->n + PAST_MAX) {
        int err = write_anew(b);
        if (err)
            return err;
    }
    int err = line->err ? line->err
                        : fileio_append(b->path, strbuf_bytes(line), FILE_MODE, is_synced);
    b->is_torn = err != 0;
    b->lines++;
    return err;
}

static int write_held(struct names_book *b, const struct held *h, bool is_synced)
{
    struct strbuf line = { .max = LINE_OCTETS };

    put_line(&line, h);
    int err = write_line(b, &line, is_synced);
    strbuf_free(&line);
    return err;
}

static int write_release(struct names_book *b, struct bytes host, uint64_t now_s)
{
    struct strbuf line = { .max = LINE_OCTETS };

    strbuf_put(&line, host);
    strbuf_printf(&line, " - %" PRIu64 "\n", now_s);
    int err = write_line(b, &line, true);
    strbuf_free(&line);
    return err;
}

static bool parse_time(const char *text, uint64_t *out)
{
    char *end;
    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end;
}

static int take_held(struct names_book *b, const char *host, const char *id, uint64_t renewed_s,
                     const char *text)
{
    uint8_t claim[NAME_RECORD_MAX];
    struct peerid holder;
    struct held *h;
    int n = base64_decode(bytes_of(text), claim, sizeof claim);

    if (n < 0 || peerid_parse(bytes_of(id), &holder) != 0)
        return GW_ESYNTAX;
    int err = open_claim(b, (struct bytes){ claim, (size_t)n }, renewed_s, &h);
    if (err)
        return err;
    if (strcmp(h->e.host, host) != 0 || !peerid_eq(&h->e.holder, &holder))
        err = GW_EDENIED;
    else if (!make_room(b))
        err = GW_ENOMEM;
    if (err)
        free(h);
    else
        put(b, h);
    return err;
}

static int take_line(struct names_book *b, char *line)
{
    const char *host = fileio_next_word(&line), *id = fileio_next_word(&line);
    const char *time = fileio_next_word(&line), *claim = fileio_next_word(&line);
    uint64_t time_s;

    if (!host || !id || !time || !parse_time(time, &time_s) || fileio_next_word(&line))
        return GW_ESYNTAX;
    if (strcmp(id, "-") != 0)
        return claim ? take_held(b, host, id, time_s, claim) : GW_ESYNTAX;
    size_t i = place_of(b, bytes_of(host));
    if (at(b, i, bytes_of(host)))
        drop(b, i);
    return claim ? GW_ESYNTAX : 0;
}

/* 0, or GW_E*: it cannot be read. */
static int load(struct names_book *b)
{
    char line[LINE_OCTETS + 2];
    FILE *f = fopen(b->path, "re");

    if (!f)
        return errno == ENOENT ? 0 : err_from_errno(errno);
    while (fgets(line, sizeof line, f)) {
        char *end = strchr(line, '\n');
        b->is_torn = !end;
        b->lines++;
        if (end)
            *end = '\0';
        int err = end ? take_line(b, line) : GW_ESYNTAX;
        if (err)
            log_warn("names %s:%zu left out: %s", b->path, b->lines, gw_strerror(err));
    }
    int err = ferror(f) ? GW_EIO : 0;
    fclose(f);
    return err;
}

/* ---- */

struct names_book *names_book_new(const struct names_book_config *cfg, const char *path)
{
    struct names_book *b = calloc(1, sizeof *b);

    if (!b || !(b->path = strdup(path))) {
        free(b);
        return NULL;
    }
    b->cfg = *cfg;
    snprintf(b->network, sizeof b->network, "%s", cfg->network);
    b->cfg.network = b->network;
    int err = load(b);
    if (err) {
        log_error("names %s: %s", path, gw_strerror(err));
        names_book_free(b);
        return NULL;
    }
    return b;
}

void names_book_free(struct names_book *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->n; i++)
        free(b->v[i]);
    free(b->v);
    free(b->path);
    free(b);
}

static size_t count_of(const struct names_book *b, const struct peerid *peer)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++)
        n += peerid_eq(&b->v[i]->e.holder, peer);
    return n;
}

/* May `fresh` have the name that `old` (NULL: nobody) has? */
static int judge(struct names_book *b, const struct held *old, const struct held *fresh)
{
    if (old && !peerid_eq(&old->e.holder, &fresh->e.holder))
        return GW_EEXISTS;
    if (old)
        return fresh->sequence < old->sequence ? GW_EDENIED : 0;
    if (b->n >= b->cfg.max_names || count_of(b, &fresh->e.holder) >= b->cfg.max_per_peer)
        return GW_ELIMIT;
    return make_room(b) ? 0 : GW_ENOMEM;
}

static void tell(const struct names_book *b, struct bytes host)
{
    char copy[NAMES_HOST_MAX + 1] = "";

    memcpy(copy, host.p, host.n);
    if (b->cfg.changed)
        b->cfg.changed(b->cfg.arg, copy);
}

int names_book_claim(struct names_book *b, const struct peerid *from, struct bytes claim,
                     uint64_t now_s)
{
    struct held *fresh;
    int err = open_claim(b, claim, now_s, &fresh);

    if (err)
        return err;
    names_book_expire(b, now_s);
    drop_forgotten(b, now_s);
    struct bytes host = bytes_of(fresh->e.host);
    const struct held *old = at(b, place_of(b, host), host);
    bool is_new = !old || old->has_run_out;
    err = peerid_eq(&fresh->e.holder, from) ? judge(b, old, fresh) : GW_EDENIED;
    if (!err)
        err = write_held(b, fresh, !old);
    if (err) {
        free(fresh);
        return err;
    }
    put(b, fresh);
    if (is_new)
        tell(b, host);
    return 0;
}

int names_book_release(struct names_book *b, const struct peerid *from, struct bytes host,
                       uint64_t now_s)
{
    size_t i = place_of(b, host);
    const struct held *h = at(b, i, host);

    if (!h || !is_live(b, h, now_s))
        return GW_ENOTFOUND;
    if (from && !peerid_eq(from, &h->e.holder))
        return GW_EDENIED;
    int err = write_release(b, host, now_s);
    if (err)
        return err;
    drop(b, i);
    tell(b, host);
    return 0;
}

void names_book_expire(struct names_book *b, uint64_t now_s)
{
    for (size_t i = 0; i < b->n; i++) {
        struct held *h = b->v[i];
        bool has_run_out = h->e.expires_s <= now_s || !is_live(b, h, now_s);
        if (has_run_out == h->has_run_out)
            continue;
        h->has_run_out = has_run_out;
        tell(b, bytes_of(h->e.host));
    }
}

const struct names_book_entry *names_book_find(const struct names_book *b, struct bytes host,
                                               uint64_t now_s)
{
    const struct held *h = at(b, place_of(b, host), host);
    return h && is_live(b, h, now_s) ? &h->e : NULL;
}

const struct names_book_entry *names_book_next(const struct names_book *b, struct bytes host,
                                               uint64_t now_s)
{
    size_t i = place_of(b, host);

    if (at(b, i, host))
        i++;
    while (i < b->n && !is_live(b, b->v[i], now_s))
        i++;
    return i < b->n ? &b->v[i]->e : NULL;
}

const struct names_book_entry *names_book_of(const struct names_book *b, const struct peerid *peer,
                                             uint64_t now_s)
{
    for (size_t i = 0; i < b->n; i++)
        if (peerid_eq(&b->v[i]->e.holder, peer) && is_live(b, b->v[i], now_s))
            return &b->v[i]->e;
    return NULL;
}

size_t names_book_count(const struct names_book *b)
{
    return b->n;
}
