#include "name/names_file.h"

#include <stdio.h>
#include <stdlib.h>
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/err.h"
#include "base/fileio.h"
#include "host/dial_order.h"
#include "name/name_words.h"

struct node {
    struct names_entry e;   /* first: names_file_next comes back from it */
    UT_hash_handle by_name; /* keeps the order of the file */
};

struct names_file {
    struct node *nodes;
};

struct draft { /* a line while it is read */
    struct name name;
    struct name_answer a; /* its peer, addresses and mapped ports */
};

/* NULL, or what is wrong. */
static const char *read_line(const char *name, char *rest, struct draft *d)
{
    if (name_parse(bytes_of(name), &d->name) != 0)
        return "not a host name";
    const char *word = fileio_next_word(&rest);
    if (!word || peerid_parse(bytes_of(word), &d->a.peer) != 0)
        return "a peer id must follow the name";
    const char *why = NULL;
    while (!why && (word = fileio_next_word(&rest)) != NULL)
        why = name_words_read(word, &d->a);
    for (size_t i = 0; i < d->a.naddrs && !why; i++)
        why = dial_why_never(&d->a.addrs[i]);
    return why;
}

static void node_free(struct node *n)
{
    free(n->e.name);
    free(n->e.addrs);
    free(n->e.maps);
    free(n);
}

/* A copy of n elements; NULL when n is 0 or memory is out (then *failed). */
static void *copy_of(const void *v, size_t n, size_t size, bool *failed)
{
    if (n == 0)
        return NULL;
    void *c = reallocarray(NULL, n, size);
    if (c)
        memcpy(c, v, n * size);
    else
        *failed = true;
    return c;
}

static struct node *node_new(const struct draft *d, unsigned line)
{
    bool failed = false;
    struct node *n = calloc(1, sizeof *n);
    if (!n)
        return NULL;
    n->e = (struct names_entry){
        .name = copy_of(d->name.text, strlen(d->name.text) + 1, 1, &failed),
        .line = line,
        .peer = d->a.peer,
        .addrs = copy_of(d->a.addrs, d->a.naddrs, sizeof *d->a.addrs, &failed),
        .naddrs = d->a.naddrs,
        .maps = copy_of(d->a.maps, d->a.nmaps, sizeof *d->a.maps, &failed),
        .nmaps = d->a.nmaps,
    };
    if (!failed)
        return n;
    node_free(n);
    return NULL;
}

static int add(struct names_file *f, const struct draft *d, unsigned line)
{
    struct node *n = node_new(d, line);
    if (!n)
        return GW_ENOMEM;
    HASH_ADD_KEYPTR(by_name, f->nodes, n->e.name, strlen(n->e.name), n);
    if (n->by_name.tbl)
        return 0;
    node_free(n);
    return GW_ENOMEM;
}

/* Reads one line into the file.  The reason is put behind "PATH:LINE: ". */
static int take_line(struct names_file *f, char *line, const char *path, unsigned no,
                     char err[NAMES_FILE_ERR_MAX])
{
    struct draft d = { 0 };
    const char *name = fileio_next_word(&line);
    if (!name)
        return 0;
    const char *why = read_line(name, line, &d);
    if (why) {
        snprintf(err, NAMES_FILE_ERR_MAX, "%s:%u: %s", path, no, why);
        return GW_ESYNTAX;
    }
    const struct names_entry *old = names_file_find(f, bytes_of(d.name.text));
    if (old) {
        snprintf(err, NAMES_FILE_ERR_MAX, "%s:%u: %s stands in line %u already", path, no,
                 d.name.text, old->line);
        return GW_EEXISTS;
    }
    int e = add(f, &d, no);
    if (e)
        snprintf(err, NAMES_FILE_ERR_MAX, "%s:%u: %s", path, no, gw_strerror(e));
    return e;
}

int names_file_parse(char *text, const char *path, struct names_file **out,
                     char err[NAMES_FILE_ERR_MAX])
{
    struct names_file *f = calloc(1, sizeof *f);
    int e = f ? 0 : GW_ENOMEM;
    if (!f)
        snprintf(err, NAMES_FILE_ERR_MAX, "%s: %s", path, gw_strerror(e));
    char *line;
    for (unsigned no = 1; !e && (line = fileio_next_line(&text)) != NULL; no++)
        e = take_line(f, line, path, no, err);
    if (e) {
        names_file_free(f);
        return e;
    }
    *out = f;
    return 0;
}

int names_file_load(const char *path, struct names_file **out, char err[NAMES_FILE_ERR_MAX])
{
    char *text;
    size_t n;
    int e = fileio_read(path, &text, &n);
    if (e) {
        snprintf(err, NAMES_FILE_ERR_MAX, "%s: %s", path, gw_strerror(e));
        return e;
    }
    if (memchr(text, 0, n)) {
        snprintf(err, NAMES_FILE_ERR_MAX, "%s: not a text file", path);
        e = GW_ESYNTAX;
    } else {
        e = names_file_parse(text, path, out, err);
    }
    free(text);
    return e;
}

void names_file_free(struct names_file *f)
{
    struct node *n, *next;
    if (!f)
        return;
    HASH_ITER (by_name, f->nodes, n, next) {
        HASH_DELETE(by_name, f->nodes, n);
        node_free(n);
    }
    free(f);
}

const struct names_entry *names_file_find(const struct names_file *f, struct bytes name)
{
    struct node *n;
    HASH_FIND(by_name, f->nodes, name.p, name.n, n);
    return n ? &n->e : NULL;
}

const struct names_entry *names_file_find_peer(const struct names_file *f,
                                               const struct peerid *peer)
{
    for (const struct node *n = f->nodes; n; n = n->by_name.next)
        if (peerid_eq(&n->e.peer, peer))
            return &n->e;
    return NULL;
}

const struct names_entry *names_file_next(const struct names_file *f, const struct names_entry *e)
{
    const struct node *n = e ? ((const struct node *)e)->by_name.next : f->nodes;
    return n ? &n->e : NULL;
}

size_t names_file_count(const struct names_file *f)
{
    return HASH_CNT(by_name, f->nodes);
}
