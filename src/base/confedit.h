/* confedit.h - changes the text of a configuration file (base/conf.h) as a careful person would.
 * No I/O; all lines but those in question stay octet for octet, comments and blank lines too.
 *
 * Sections are [section NAME].  The text is of a file that conf_read has taken.
 */
#ifndef GW_BASE_CONFEDIT_H
#define GW_BASE_CONFEDIT_H

#include "base/cursor.h"

struct confedit_section {
    const char *section, *name;
};

/* Each: 0 and *out owned with a NUL behind its *n octets; GW_EINVAL: a name or value that cannot
 * stand in such a file (control characters, a blank at an end, a comment, too long), GW_ENOMEM. */

/* The key, which is no list, gets this value: on its line, else behind the last key of the section,
 * else in a new section at the end.  "" takes its line away. */
int confedit_set(struct bytes text, const struct confedit_section *s, const char *key,
                 const char *value, char **out, size_t *n);
/* One more value of a list (not ""), unless it has it: behind its last one, else as above. */
int confedit_add(struct bytes text, const struct confedit_section *s, const char *key,
                 const char *value, char **out, size_t *n);
/* Takes the section away, from its heading to its last key; comments behind that may be of what
 * follows, and stay.  GW_ENOTFOUND: there is none. */
int confedit_drop(struct bytes text, const struct confedit_section *s, char **out, size_t *n);

#endif
