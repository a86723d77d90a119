/* replay.c - runs a fuzz target over its corpus, so that `make check` does so with any compiler.
 *
 *   replay_<stem>            every file of $srcdir/tests/fuzz/corpus/<stem>
 *   replay_<stem> FILE...    these files
 */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The target gets a block of exactly the file's size: AddressSanitizer sees a read beyond it. */
static int replay_file(const char *path)
{
    static uint8_t content[INPUT_MAX];
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        return -1;
    }
    size_t n = fread(content, 1, sizeof content, f);
    int err = ferror(f);
    fclose(f);
    uint8_t *input = malloc(n ? n : 1);
    if (err || !input) {
        fprintf(stderr, "%s: cannot be read\n", path);
        free(input);
        return -1;
    }
    memcpy(input, content, n);
    LLVMFuzzerTestOneInput(input, n);
    free(input);
    return 0;
}

/* Returns how many files were replayed, or -1. */
static int replay_corpus(const char *stem)
{
    const char *srcdir = getenv("srcdir");
    char dir[PATH_MAX], path[PATH_MAX + NAME_MAX + 2];
    snprintf(dir, sizeof dir, "%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".", stem);
    DIR *d = opendir(dir);
    if (!d) {
        perror(dir);
        return -1;
    }
    int count = 0;
    struct dirent *e;
    while (count >= 0 && (e = readdir(d)) != NULL) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        count = replay_file(path) == 0 ? count + 1 : -1;
    }
    closedir(d);
    return count;
}

static const char *stem_of(const char *program)
{
    const char *slash = strrchr(program, '/');
    const char *name = slash ? slash + 1 : program;
    const char *underscore = strchr(name, '_');
    return underscore ? underscore + 1 : name;
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        for (int i = 1; i < argc; i++) {
            if (replay_file(argv[i]) != 0)
                return 1;
        }
        return 0;
    }
    const char *stem = stem_of(argv[0]);
    int count = replay_corpus(stem);
    printf("%s: %d inputs\n", stem, count < 0 ? 0 : count);
    return count <= 0;
}
