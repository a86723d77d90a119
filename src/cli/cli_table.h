/* cli_table.h - rows of text in aligned columns. */
#ifndef GW_CLI_CLI_TABLE_H
#define GW_CLI_CLI_TABLE_H

#include <stddef.h>
#include <stdio.h>

#define CLI_TABLE_COLUMNS_MAX 16

struct cli_table;

/* Owned; NULL is a table, too, for which memory was out.  With `head` as its first row, or none. */
struct cli_table *cli_table_new(size_t columns);
struct cli_table *cli_table_headed(const char *const *head, size_t columns);

/* Adds the next cell, row after row; an empty text prints as `-`.  Out of memory sticks until
 * cli_table_print. */
void cli_table_add(struct cli_table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Prints all rows, two blanks between columns, none at the end of a line, and frees the table.
 * Returns 0 or GW_ENOMEM (nothing printed). */
int cli_table_print(struct cli_table *t, FILE *f);

#endif
