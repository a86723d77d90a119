/* options.h - the command line of gw (doc/gw.1). */
#ifndef GW_MAIN_OPTIONS_H
#define GW_MAIN_OPTIONS_H

#include "main/config.h"

struct options {
    char *
        dir; /* -d, or what stands for it; owned; may be NULL when only help or version is wanted */
    const char *conf; /* -f; NULL: DIR/gw.conf */
    bool wants_help, wants_version;
    struct config_override *over; /* nover of what -D -L -U -S -l -v -q set; owned */
    size_t nover;
    int argc; /* COMMAND and its arguments; 0: run the node */
    char **argv;
};

/* Reads argv (borrowed).  Returns 0, or GW_E* with a sentence in `err`: wrong usage; then there is
 * nothing to free. */
int options_parse(int argc, char **argv, struct options *out, char err[CONF_ERR_MAX]);
void options_free(struct options *o);

/* What a person types to reach the daemon of o->dir, which exists, ready for a shell: "gw", or with
 * another directory than the usual one "gw -d DIR".  Owned; NULL: out of memory. */
char *options_command(const struct options *o);

enum options_kind {
    OPTIONS_FLAG, /* takes no argument */
    OPTIONS_DIR,
    OPTIONS_FILE,
    OPTIONS_TEXT, /* what the argument is */
};

struct options_row {
    int letter;       /* over UCHAR_MAX: there is only the long name */
    const char *name; /* --name; NULL: there is only the letter */
    const char *arg;  /* for people; NULL: takes none */
    enum options_kind kind;
    const char *help; /* lines, without an end of the last */
};
const struct options_row *options_row(size_t i); /* NULL behind the last */

/* What `gw --help` prints ahead of the commands. */
void options_help(FILE *f);

#endif
