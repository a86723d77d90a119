/* conffield.h - one field of a configuration: the value of a key (conf.h) where it lies, and as
 * text. */
#ifndef GW_BASE_CONFFIELD_H
#define GW_BASE_CONFFIELD_H

#include "base/conf.h"
#include "base/cursor.h"
#include "base/units.h"

/* The field of a key in the struct that holds its section. */
static inline void *conffield_at(const void *owner, const struct conf_key *k)
{
    return (char *)owner + k->offset;
}

/* Sets it; a list grows.  0; GW_ESYNTAX: not of the type, GW_EINVAL: outside the range, GW_ENOMEM:
 * then it is as it was. */
int conffield_parse(const struct conf_key *k, void *field, const char *text);
/* Whatever it holds, which is not freed.  0 or GW_ENOMEM. */
int conffield_set_default(const struct conf_key *k, void *field);
void conffield_free(const struct conf_key *k, void *field); /* and zeroes it; secrets are wiped */
bool conffield_eq(const struct conf_key *k, const void *a, const void *b);

/* As it would be written, in `out` or where it lies; not of a list. */
const char *conffield_text(const struct conf_key *k, const void *field, char out[UNITS_STR_MAX]);
/* A number of the key's unit, such as its range; CONF_INT, _SIZE, _DURATION.  Returns out. */
const char *conffield_number(const struct conf_key *k, int64_t v, char out[UNITS_STR_MAX]);
/* The next of the values that a list has by default: a view.  *def begins as k->def, which is not
 * NULL.  False at the end. */
bool conffield_next_default(const char **def, struct bytes *word);

#endif
