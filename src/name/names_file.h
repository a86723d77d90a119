/* names_file.h - the names file, like hosts(5):
 *
 *   NAME  PEER-ID  [MULTIADDR...]  [PORT=/protocol/id...]  [# comment]
 *
 * One name a line, without regard to case, each once.  Addresses are hints where to find the peer,
 * and such as can be dialled; an address may end in /p2p/ and this peer's id.  PORT=/protocol/id:
 * what to speak to the peer for that port instead of the usual.
 */
#ifndef GW_NAME_NAMES_FILE_H
#define GW_NAME_NAMES_FILE_H

#include "name/resolver.h"

#define NAMES_FILE_ERR_MAX 512

struct names_entry {
    char *name; /* lower case, without .p2p */
    unsigned line;
    struct peerid peer;
    struct multiaddr *addrs; /* without /p2p */
    size_t naddrs;           /* <= RESOLVER_ADDRS_MAX */
    struct name_map *maps;
    size_t nmaps; /* <= RESOLVER_MAPS_MAX */
};

struct names_file;

/* Reads the text (NUL-terminated; changed on the way).  `path` is for messages only.  0 and *out
 * owned, or GW_ESYNTAX, GW_EEXISTS (a name twice), GW_ENOMEM with "FILE:LINE: reason" in err. */
int names_file_parse(char *text, const char *path, struct names_file **out,
                     char err[NAMES_FILE_ERR_MAX]);
/* Reads the file; errors of fileio_read too ("FILE: reason"; GW_ENOTFOUND when there is none). */
int names_file_load(const char *path, struct names_file **out, char err[NAMES_FILE_ERR_MAX]);
void names_file_free(struct names_file *f);

/* The entry of a lower-case name, borrowed; NULL when there is none. */
const struct names_entry *names_file_find(const struct names_file *f, struct bytes name);
/* The first entry of the peer in the order of the file; NULL when there is none. */
const struct names_entry *names_file_find_peer(const struct names_file *f,
                                               const struct peerid *peer);
/* The entries in the order of the file: the one after `e`, the first one for NULL; NULL at the end.
 */
const struct names_entry *names_file_next(const struct names_file *f, const struct names_entry *e);
size_t names_file_count(const struct names_file *f);

#endif
