/* kad_file.c - see kad_file.h. */
#include "p2p/kad_file.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/fileio.h"
#include "base/strbuf.h"

#define LINE_MAX_OCTETS (PEERID_STR_MAX + KAD_ADDRS_MAX * (MULTIADDR_STR_MAX + 1))

struct writer {
    struct strbuf text;
    size_t n;
};

static void write_one(void *arg, const struct kad_contact *c, uint64_t heard_ms)
{
    struct writer *w = arg;
    char id[PEERID_STR_MAX], addr[MULTIADDR_STR_MAX];
    (void)heard_ms;

    if (w->n == KAD_FILE_MAX || !c->naddrs)
        return;
    w->n++;
    strbuf_puts(&w->text, peerid_print(&c->peer, id));
    for (size_t i = 0; i < c->naddrs; i++)
        strbuf_printf(&w->text, " %s", multiaddr_print(&c->addrs[i], addr));
    strbuf_puts(&w->text, "\n");
}

int kad_file_save(const char *path, const struct kad_table *t)
{
    struct writer w = { .text = { .max = KAD_FILE_MAX * LINE_MAX_OCTETS } };
    int err = 0;

    kad_table_each(t, write_one, &w);
    if (w.n)
        err = w.text.err ? w.text.err : fileio_replace(path, strbuf_bytes(&w.text), 0600);
    strbuf_free(&w.text);
    return err;
}

static bool read_line(char *line, struct peerid *peer, struct multiaddr addrs[KAD_ADDRS_MAX],
                      size_t *naddrs)
{
    char *word = fileio_next_word(&line);

    *naddrs = 0;
    if (!word || peerid_parse(bytes_of(word), peer))
        return false;
    while (*naddrs < KAD_ADDRS_MAX && (word = fileio_next_word(&line)))
        if (multiaddr_parse(bytes_of(word), &addrs[(*naddrs)++]))
            return false;
    return *naddrs > 0;
}

int kad_file_load(const char *path,
                  void (*each)(void *arg, const struct peerid *peer, const struct multiaddr *addrs,
                               size_t naddrs),
                  void *arg)
{
    struct multiaddr addrs[KAD_ADDRS_MAX];
    struct peerid peer;
    char *text, *line;
    size_t len, naddrs;
    int n = 0, err = fileio_read(path, &text, &len);

    if (err)
        return err;
    for (char *at = text; n < KAD_FILE_MAX && (line = fileio_next_line(&at));)
        if (read_line(line, &peer, addrs, &naddrs)) {
            each(arg, &peer, addrs, naddrs);
            n++;
        }
    free(text);
    return n;
}
