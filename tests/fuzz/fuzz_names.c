/* fuzz_names.c - the names file: a good file answers for the name of every line, a bad one says
 * which line. */
#include <stdlib.h>

#include "base/fileio.h"
#include "fuzz.h"
#include "name/names_file.h"

static char *copy_of(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    assert(text);
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

static void check_all(const struct names_file *f, char *text)
{
    size_t n = 0;
    char *line;
    for (unsigned no = 1; (line = fileio_next_line(&text)) != NULL; no++) {
        struct name name;
        const char *word = fileio_next_word(&line);
        if (!word)
            continue;
        assert(name_parse(bytes_of(word), &name) == 0);
        const struct names_entry *e = names_file_find(f, name_suffix(&name, 0));
        assert(e && e->line == no && e->peer.n);
        assert(e->naddrs <= RESOLVER_ADDRS_MAX && e->nmaps <= RESOLVER_MAPS_MAX);
        for (size_t i = 0; i < e->nmaps; i++)
            assert(e->maps[i].port && e->maps[i].protocol[0] == '/');
        const struct names_entry *first = names_file_find_peer(f, &e->peer);
        assert(first && first->line <= no);
        n++;
    }
    assert(n == names_file_count(f));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char err[NAMES_FILE_ERR_MAX] = "";
    struct names_file *f;
    char *text = copy_of(data, size);
    int e = names_file_parse(text, "names", &f, err);
    free(text);
    if (e) {
        assert(strncmp(err, "names:", 6) == 0 && err[6] >= '1' && err[6] <= '9');
        return 0;
    }
    text = copy_of(data, size);
    check_all(f, text);
    free(text);
    names_file_free(f);
    return 0;
}
