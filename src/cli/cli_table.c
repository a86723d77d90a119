/* cli_table.c - cells in one growing array. */
#include "cli/cli_table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/err.h"

struct cli_table {
    size_t columns;
    int width[CLI_TABLE_COLUMNS_MAX]; /* of the longest cell so far */
    size_t ncells, cap;
    char **cell; /* owned, row by row */
    bool is_failed;
};

struct cli_table *cli_table_new(size_t columns)
{
    struct cli_table *t = calloc(1, sizeof *t);

    assert(columns <= CLI_TABLE_COLUMNS_MAX);
    if (!t)
        return NULL;
    t->columns = columns;
    for (size_t i = 0; i < columns; i++)
        t->width[i] = 1; /* of the `-` of an empty one */
    return t;
}

void cli_table_add(struct cli_table *t, const char *fmt, ...)
{
    va_list ap;
    char *text;

    if (!t)
        return;
    if (t->ncells == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 64;
        char **p = realloc(t->cell, cap * sizeof *p);
        if (!p) {
            t->is_failed = true;
            return;
        }
        t->cell = p;
        t->cap = cap;
    }
    va_start(ap, fmt);
    int n = vasprintf(&text, fmt, ap), *width = &t->width[t->ncells % t->columns];
    va_end(ap);
    if (n < 0) {
        t->is_failed = true;
        return;
    }
    t->cell[t->ncells++] = text;
    *width = n > *width ? n : *width;
}

struct cli_table *cli_table_headed(const char *const *head, size_t columns)
{
    struct cli_table *t = cli_table_new(columns);

    for (size_t i = 0; i < columns; i++)
        cli_table_add(t, "%s", head[i]);
    return t;
}

static const char *shown(const char *cell)
{
    return cell[0] ? cell : "-";
}

static void release(struct cli_table *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->ncells; i++)
        free(t->cell[i]);
    free(t->cell);
    free(t);
}

int cli_table_print(struct cli_table *t, FILE *f)
{
    int err = !t || t->is_failed ? GW_ENOMEM : 0;

    for (size_t i = 0; !err && i < t->ncells; i++) {
        size_t column = i % t->columns;
        if (column + 1 == t->columns)
            fprintf(f, "%s\n", shown(t->cell[i]));
        else
            fprintf(f, "%-*s  ", t->width[column], shown(t->cell[i]));
    }
    release(t);
    return err;
}
