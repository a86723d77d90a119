/* tmpfiles.h - a directory of its own for a test that needs real files, and text in and out of
 * them. */
#ifndef GW_TESTS_TMPFILES_H
#define GW_TESTS_TMPFILES_H

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vec.h"

struct tmpfiles {
    char dir[64];
    char path[96]; /* the one file in it; not made yet */
};

static inline void tmpfiles_init(struct tmpfiles *t)
{
    snprintf(t->dir, sizeof t->dir, "/tmp/gw-test-XXXXXX");
    assert_non_null(mkdtemp(t->dir));
    snprintf(t->path, sizeof t->path, "%s/file", t->dir);
}

static inline void tmpfiles_fini(struct tmpfiles *t)
{
    unlink(t->path);
    assert_int_equal(rmdir(t->dir), 0);
}

static inline void tmpfiles_write(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fchmod(fileno(f), 0600), 0);
    assert_int_equal(fclose(f), 0);
}

static inline void tmpfiles_assert(const char *path, const char *text)
{
    char got[4096];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(got, 1, sizeof got - 1, f);
    fclose(f);
    got[n] = '\0';
    assert_string_equal(got, text);
}

#endif
