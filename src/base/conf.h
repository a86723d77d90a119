/* conf.h - configuration from one table, over inih.
 *
 * The caller owns a struct of values and describes it once, in a schema: a table of sections and a
 * table of keys.  Everything else comes from these: defaults, reading with range checks,
 * command-line options through the same checks, and the commented file that `gw config --show` and
 * gw.conf.example print.
 *
 *     struct forward { char *name; char *target; };      (name must come first)
 *     struct opts {
 *         int64_t port;
 *         uint64_t idle_ms;
 *         struct conf_list listen;
 *         struct conf_named forwards;
 *     };
 *     #define IN(field) CONF_AT(struct opts, field)
 *
 *     static const struct conf_section sections[] = {
 *         { .name = "node", .help = "this node" },
 *         { .name = "forward", CONF_NAMED(struct opts, forwards, struct forward) },
 *         { 0 } };
 *     static const struct conf_key keys[] = {
 *         { "node", "port", CONF_INT, IN(port), .def = "0", .max = 65535, .help = "UDP port" },
 *         { "node", "idle", CONF_DURATION, IN(idle_ms), .def = "30s", .min = 5000 },
 *         { "node", "listen", CONF_LIST, IN(listen), .def = "/ip4/0.0.0.0 /ip6/::" },
 *         { "forward", "target", CONF_STRING, CONF_AT(struct forward, target) },
 *         { 0 } };
 *     static const struct conf_schema schema = { sections, keys };
 *
 * The file: `[section]` or `[section NAME]`, then `key = value` lines.  A line that starts with
 * '#' or ';' is a comment, and so is the rest of a line from a ';' after a blank.  Unknown
 * sections and keys, values that do not parse or lie outside their range, a key given twice
 * (unless it is a list) and a [section NAME] given twice are errors.  A line is at most as long as
 * inih was built for (197 octets on Debian), and `key = value` CONF_LINE_MAX however it was given.
 *
 * What two keys mean together is the caller's to check.
 */
#ifndef GW_BASE_CONF_H
#define GW_BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CONF_ERR_MAX  320 /* octets of a message with its NUL */
#define CONF_LINE_MAX 197 /* octets of `key = value`, so that what is printed reads back */
#define CONF_NAME_MAX 63  /* octets of a NAME in [section NAME]: printable, no blank, no ']' */

/* CONF_LIST */
struct conf_list {
    char **v; /* n owned strings */
    size_t n;
    bool is_default; /* still what .def said: the next value given replaces all of it */
};

/* Every [section NAME], in the order they came. */
struct conf_named {
    void **v; /* n owned structs; one stays where it is as long as it lives */
    size_t n;
};

/* The C type of the field, and what may be written. */
enum conf_type {
    CONF_BOOL,     /* bool: yes no true false on off 1 0 */
    CONF_INT,      /* int64_t: decimal */
    CONF_SIZE,     /* uint64_t, octets: 512, 64k, 16M, 2G (powers of 1024) */
    CONF_DURATION, /* uint64_t, ms: 250ms, 30s, 5m, 2h, 7d; a bare number is seconds */
    CONF_STRING,   /* char *, owned: anything; NULL when empty or unset */
    CONF_ENUM,     /* int: the index of one of .names */
    CONF_LIST,     /* struct conf_list: one value each time; an empty value empties it */
};

/* Looks at a value that is not empty before it is set.  Returns NULL when it is fine, else what is
 * wrong with it (static). */
typedef const char *conf_check_fn(const char *value);

struct conf_key {
    const char *section; /* NULL ends the table */
    const char *key;
    enum conf_type type;
    size_t offset, width; /* of the field: CONF_AT */
    /* As it would be written; NULL: 0, false, index 0, unset.  A list: values between blanks. */
    const char *def;
    int64_t min, max; /* CONF_INT, _SIZE, _DURATION: in the field's unit; max 0: no upper limit */
    const char *const *names; /* CONF_ENUM: NULL-terminated */
    conf_check_fn *check;     /* NULL: the type and the range say it all */
    bool is_secret;           /* CONF_STRING: no message and no print shows it; wiped when freed */
    bool is_fixed;            /* a change takes effect with the next start: the caller's to say */
    const char *unit;         /* for people: "streams", "peers"; NULL when the type says it */
    const char *help;         /* one line, no full stop */
};

struct conf_section {
    const char *name; /* NULL ends the table */
    const char *help; /* one line */
    size_t size;      /* CONF_NAMED: octets of one struct; 0: a plain [section] */
    size_t offset;    /* CONF_NAMED: of the struct conf_named in the values */
};

/* Where the field of a key lies. */
#define CONF_AT(st, field) .offset = offsetof(st, field), .width = sizeof(((st *)NULL)->field)
/* Where the structs of a named section go, and what one of them is. */
#define CONF_NAMED(st, field, element) .size = sizeof(element), .offset = offsetof(st, field)

/* Keys of a plain section lie in the caller's values; keys of a named one lie in its own struct,
 * whose first member is `char *name` (owned). */
struct conf_schema {
    const struct conf_section *sections;
    const struct conf_key *keys;
};

/* In the tables; NULL: there is none. */
const struct conf_section *conf_section_find(const struct conf_schema *s, const char *name);
const struct conf_key *conf_key_find(const struct conf_schema *s, const char *section,
                                     const char *key);

/* Every [section NAME] of a named section in the values. */
static inline struct conf_named *conf_named_at(const void *values, const struct conf_section *sec)
{
    return (struct conf_named *)(void *)((char *)values + sec->offset);
}

/* Fills every field of the schema with its default, whatever it held; other members of `values`
 * stay.  Returns 0 or GW_ENOMEM (then there is nothing to free). */
int conf_init(void *values, const struct conf_schema *s);

/* Reads a file over what `values` hold.  Returns 0, or GW_E* with "FILE:LINE: what is wrong" in
 * `err`: the first thing found.  GW_ENOTFOUND when there is no file.  After an error `values` are
 * half set and good only for conf_free: read into fresh ones, then swap. */
int conf_read(void *values, const struct conf_schema *s, const char *path, char err[CONF_ERR_MAX]);

/* Sets one key as a line of a file would, except that a key set earlier is overridden; a list
 * grows.  `name` is that of a named section, which is made with its defaults when it does not
 * exist yet, and NULL for a plain one.  `key` may be NULL: then only the named section is made.
 * Returns 0, or GW_E* with a message in `err`. */
int conf_set(void *values, const struct conf_schema *s, const char *section, const char *name,
             const char *key, const char *value, char err[CONF_ERR_MAX]);

/* The struct of [section NAME], borrowed; NULL when there is none. */
void *conf_find(const void *values, const struct conf_schema *s, const char *section,
                const char *name);

/* Prints a complete file with help, ranges and defaults.  Keys that have their default value stand
 * as comments.  `values` may be NULL: all defaults, named sections as commented samples.  What is
 * printed for values reads back as the same values, but for secrets: of those a comment says that
 * they are set.  Returns 0 or GW_EIO. */
int conf_print(FILE *f, const struct conf_schema *s, const void *values);

/* Frees what the fields own and zeroes them. */
void conf_free(void *values, const struct conf_schema *s);

/* Writes the message, returns `err`: for those who check on. */
__attribute__((format(printf, 3, 4))) int conf_fail(char msg[CONF_ERR_MAX], int err,
                                                    const char *fmt, ...);
/* The same where the error says all there is to say: the message is what gw_strerror has. */
int conf_fail_plain(char msg[CONF_ERR_MAX], int err);

#endif
