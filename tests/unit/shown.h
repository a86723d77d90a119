/* shown.h - what a cli_show function prints of a piece of JSON, for a test to look at. */
#ifndef GW_TESTS_SHOWN_H
#define GW_TESTS_SHOWN_H

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "vec.h"

static char *shown; /* what was printed last; owned */

static inline int forget(void **state)
{
    (void)state;
    free(shown);
    shown = NULL;
    return 0;
}

static inline void show(int (*fn)(FILE *f, const json_t *v), const char *json)
{
    size_t n;
    json_t *v = json_loads(json, 0, NULL);

    assert_non_null(v);
    free(shown);
    FILE *f = open_memstream(&shown, &n);
    assert_non_null(f);
    assert_int_equal(fn(f, v), 0);
    fclose(f);
    json_decref(v);
}

/* One line holds all of these, in this order. */
static inline void find_line(const char *const *words)
{
    for (const char *at = shown; *at; at += strcspn(at, "\n") + 1) {
        char *line = strndup(at, strcspn(at, "\n"));
        const char *from = line;
        size_t i = 0;
        assert_non_null(line);
        while (words[i] && (from = strstr(from, words[i])) != NULL)
            from += strlen(words[i++]);
        free(line);
        if (!words[i])
            return;
    }
    fail_msg("no line with %s in:\n%s", words[0], shown);
}
#define assert_line(...) find_line((const char *const[]){ __VA_ARGS__ })

#endif
