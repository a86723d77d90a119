/* cli_table.c - cells in one growing array; widths are measured when it prints. */
#include "cli/cli_table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

struct cli_table {
    size_t columns;
    size_t ncells, cap;
    char **cell; /* owned, row by row */
    bool is_failed;
};

struct cli_table *cli_table_new(size_t columns)
{
    struct cli_table *t = calloc(1, sizeof *t);

    if (t)
        t->columns = columns;
    return t;
}

void cli_table_free(struct cli_table *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->ncells; i++)
        free(t->cell[i]);
    free(t->cell);
    free(t);
}

void cli_table_add(struct cli_table *t, const char *fmt, ...)
{
    va_list ap;
    char *text;

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
    if (vasprintf(&text, fmt, ap) < 0)
        t->is_failed = true;
    else
        t->cell[t->ncells++] = text;
    va_end(ap);
}

static const char *shown(const char *cell)
{
    return cell[0] ? cell : "-";
}

static int width_of(const struct cli_table *t, size_t column)
{
    size_t w = 0;

    for (size_t i = column; i < t->ncells; i += t->columns) {
        size_t n = strlen(shown(t->cell[i]));
        if (n > w)
            w = n;
    }
    return (int)w;
}

int cli_table_print(const struct cli_table *t, FILE *f)
{
    if (t->is_failed)
        return GW_ENOMEM;
    for (size_t i = 0; i < t->ncells; i++) {
        size_t column = i % t->columns;
        if (column + 1 == t->columns)
            fprintf(f, "%s\n", shown(t->cell[i]));
        else
            fprintf(f, "%-*s  ", width_of(t, column), shown(t->cell[i]));
    }
    return 0;
}
