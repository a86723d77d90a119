/* resolver_cache.c - see resolver_cache.h. */
#include "name/resolver_cache.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/err.h"
#include "base/fileio.h"
#include "base/strbuf.h"
#include "name/name_words.h"
#include "svc/registry.h"

#define LINE_MAX_OCTETS 8192 /* of one that is printed; a name with 8 long addresses has 6000 */

static const char no_service[] = "-";
static const char by[] = "by";

struct node {
    struct resolver_cached c; /* first: what is found leads back to it */
    UT_hash_handle by_name;   /* in the order of adding */
};

struct resolver_cache {
    struct node *nodes;
};

static void drop(struct resolver_cache *c, struct node *n)
{
    HASH_DELETE(by_name, c->nodes, n);
    free(n);
}

static bool holds(const struct resolver_cached *e, uint64_t now_ms)
{
    return now_ms < e->expires_ms && e->expires_ms - now_ms <= e->ttl_ms;
}

static struct node *find(const struct resolver_cache *c, const char *name)
{
    struct node *n;

    HASH_FIND(by_name, c->nodes, name, strlen(name), n);
    return n;
}

/* Takes the node, whose name nobody else has. */
static void insert(struct resolver_cache *c, struct node *n)
{
    if (HASH_CNT(by_name, c->nodes) >= RESOLVER_CACHE_MAX)
        drop(c, c->nodes);
    HASH_ADD(by_name, c->nodes, c.name, strlen(n->c.name), n);
    if (!n->by_name.tbl)
        free(n);
}

struct resolver_cache *resolver_cache_new(void)
{
    return calloc(1, sizeof(struct resolver_cache));
}

void resolver_cache_free(struct resolver_cache *c)
{
    if (!c)
        return;
    resolver_cache_clear(c);
    free(c);
}

const struct resolver_cached *resolver_cache_find(struct resolver_cache *c, const char *name,
                                                  uint64_t now_ms)
{
    struct node *n = find(c, name);

    if (n && holds(&n->c, now_ms))
        return &n->c;
    if (n)
        drop(c, n);
    return NULL;
}

void resolver_cache_add(struct resolver_cache *c, const char *name, const struct name_answer *a,
                        const char *remark, uint64_t now_ms)
{
    struct node *n = find(c, name);

    if (n)
        drop(c, n);
    if (!a->ttl_ms || strlen(name) > NAME_MAX_OCTETS || !(n = malloc(sizeof *n)))
        return;
    strcpy(n->c.name, name);
    n->c.ttl_ms = a->ttl_ms < RESOLVER_TTL_MAX_MS ? a->ttl_ms : RESOLVER_TTL_MAX_MS;
    n->c.expires_ms = now_ms + n->c.ttl_ms;
    n->c.answer = *a;
    snprintf(n->c.remark, sizeof n->c.remark, "%s", remark ? remark : "");
    n->c.is_from_disk = false;
    insert(c, n);
}

size_t resolver_cache_forget(struct resolver_cache *c, const struct peerid *peer)
{
    struct node *n, *next;
    size_t dropped = 0;

    HASH_ITER (by_name, c->nodes, n, next) {
        if (!peerid_eq(&n->c.answer.peer, peer))
            continue;
        drop(c, n);
        dropped++;
    }
    return dropped;
}

void resolver_cache_clear(struct resolver_cache *c)
{
    while (c->nodes)
        drop(c, c->nodes);
}

size_t resolver_cache_count(const struct resolver_cache *c)
{
    return HASH_CNT(by_name, c->nodes);
}

/* ---- the text ---- */

static bool read_number(const char *word, uint64_t *out)
{
    char *end;

    if (!word || *word < '0' || *word > '9')
        return false;
    *out = strtoull(word, &end, 10);
    return !*end;
}

static bool read_service(const char *word, struct name_answer *a)
{
    if (!word)
        return false;
    if (strcmp(word, no_service) == 0)
        return true;
    if (strlen(word) >= sizeof a->service || !service_name_ok(bytes_of(word)))
        return false;
    strcpy(a->service, word);
    return true;
}

/* Addresses and mapped ports, up to `by`. */
static bool read_words(char **line, struct name_answer *a)
{
    const char *word;

    while ((word = fileio_next_word(line)) != NULL) {
        if (strcmp(word, by) == 0)
            return true;
        if (name_words_read(word, a) != NULL)
            return false;
    }
    return false;
}

static const char *tier_called(const char *name, const char *const *tiers, size_t ntiers)
{
    for (size_t i = 0; i < ntiers; i++)
        if (strcmp(tiers[i], name) == 0)
            return tiers[i];
    return NULL;
}

static bool read_line(char *line, const char *const *tiers, size_t ntiers,
                      struct resolver_cached *out)
{
    struct name name;
    const char *word = fileio_next_word(&line);

    *out = (struct resolver_cached){ .is_from_disk = true };
    if (!word || name_parse(bytes_of(word), &name) != 0)
        return false;
    strcpy(out->name, name.raw);
    word = fileio_next_word(&line);
    if (!word || peerid_parse(bytes_of(word), &out->answer.peer) != 0 ||
        !read_number(fileio_next_word(&line), &out->expires_ms) ||
        !read_number(fileio_next_word(&line), &out->ttl_ms) || out->ttl_ms > RESOLVER_TTL_MAX_MS ||
        !read_service(fileio_next_word(&line), &out->answer) || !read_words(&line, &out->answer))
        return false;
    out->answer.ttl_ms = out->ttl_ms;
    out->answer.tier = tier_called(line, tiers, ntiers);
    return out->answer.tier != NULL;
}

size_t resolver_cache_read(struct resolver_cache *c, char *text, const char *const *tiers,
                           size_t ntiers, uint64_t now_ms)
{
    char *line;
    size_t bad = 0;

    while ((line = fileio_next_line(&text)) != NULL) {
        struct node *n = *line ? malloc(sizeof *n) : NULL;
        if (!n)
            continue;
        bool is_good = read_line(line, tiers, ntiers, &n->c);
        bad += !is_good;
        if (is_good && holds(&n->c, now_ms) && !find(c, n->c.name) &&
            resolver_cache_count(c) < RESOLVER_CACHE_MAX)
            insert(c, n);
        else
            free(n);
    }
    return bad;
}

static void print_line(const struct resolver_cached *e, struct strbuf *out)
{
    const struct name_answer *a = &e->answer;
    char id[PEERID_STR_MAX], addr[MULTIADDR_STR_MAX];

    strbuf_printf(out, "%s %s %" PRIu64 " %" PRIu64 " %s", e->name, peerid_print(&a->peer, id),
                  e->expires_ms, e->ttl_ms, *a->service ? a->service : no_service);
    for (size_t i = 0; i < a->naddrs; i++)
        strbuf_printf(out, " %s", multiaddr_print(&a->addrs[i], addr));
    for (size_t i = 0; i < a->nmaps; i++)
        strbuf_printf(out, " %u=%s", a->maps[i].port, a->maps[i].protocol);
    strbuf_printf(out, " %s %s\n", by, a->tier);
}

/* What a tier has answered does not make up a second one. */
static bool is_one_line(const struct strbuf *line)
{
    return line->n && memchr(line->p, '\n', line->n) == line->p + line->n - 1;
}

int resolver_cache_print(const struct resolver_cache *c, uint64_t now_ms, char **out, size_t *n)
{
    struct strbuf all = { .max = FILEIO_MAX };

    strbuf_puts(&all, "# What was answered for names, for the next start of gw.\n");
    for (const struct node *e = c->nodes; e && !all.err; e = e->by_name.next) {
        struct strbuf line = { .max = LINE_MAX_OCTETS };
        if (holds(&e->c, now_ms))
            print_line(&e->c, &line);
        if (!line.err && is_one_line(&line))
            strbuf_put(&all, strbuf_bytes(&line));
        strbuf_free(&line);
    }
    if (all.err == GW_ENOMEM) {
        strbuf_free(&all);
        return GW_ENOMEM;
    }
    *out = all.p;
    *n = all.n;
    return 0;
}
