/* hex.h - hex text of test vectors, and the vector files themselves. */
#ifndef GW_TESTS_HEX_H
#define GW_TESTS_HEX_H

#include <stdio.h>

#include "base/fileio.h"
#include "vec.h"

/* Turns hex text into octets of out; returns how many. */
static inline size_t hex_read(const char *hex, uint8_t *out, size_t cap)
{
    size_t n = strlen(hex) / 2;
    assert_int_equal(strlen(hex) % 2, 0);
    assert_true(n <= cap);
    for (size_t i = 0; i < n; i++) {
        unsigned v;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &v), 1);
        out[i] = (uint8_t)v;
    }
    return n;
}

/* Reads tests/vectors/NAME, from the source tree when built outside it.  The text is owned. */
static inline char *vectors_read(const char *name)
{
    const char *top = getenv("srcdir");
    char path[512], *text;
    size_t n;

    snprintf(path, sizeof path, "%s/tests/vectors/%s", top ? top : ".", name);
    if (fileio_read(path, &text, &n) != 0)
        fail_msg("cannot read %s", path);
    return text;
}

/* The next line of vectors that is not empty; NULL at the end. */
static inline char *vectors_next(char **text)
{
    char *line;
    while ((line = fileio_next_line(text)) && !*line)
        ;
    return line;
}

#endif
