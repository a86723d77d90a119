/* cli_table.h - rows of text in aligned columns. */
#ifndef GW_CLI_CLI_TABLE_H
#define GW_CLI_CLI_TABLE_H

#include <stddef.h>
#include <stdio.h>

struct cli_table;

struct cli_table *cli_table_new(size_t columns); /* returns owned, or NULL */
void cli_table_free(struct cli_table *t);        /* NULL is fine */

/* Adds the next cell, row after row; an empty text prints as `-`.  Out of memory sticks until
 * cli_table_print. */
void cli_table_add(struct cli_table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Prints all rows, two blanks between columns, none at the end of a line.  Returns 0 or
 * GW_ENOMEM (nothing printed). */
int cli_table_print(const struct cli_table *t, FILE *f);

#endif
