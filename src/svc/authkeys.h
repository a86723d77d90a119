/* authkeys.h - one line of an authorized_keys file.  Pure: no I/O, no allocation, no clock.
 *
 *   PEER-ID [services=ssh,db] [expires=2027-01-01T00:00Z] [limit=10M] [# comment]
 *
 * Words stand between blanks, options in any order and once each; a word that starts with '#'
 * begins the comment.  expires: ISO 8601 in UTC, as a date, or with hours and minutes, or with
 * seconds too.  limit: octets per second; k, M, G are powers of 1024 as in gw.conf.  There is no
 * wildcard for a peer.
 */
#ifndef GW_SVC_AUTHKEYS_H
#define GW_SVC_AUTHKEYS_H

#include "id/peerid.h"

struct authkeys_line { /* views: into the line */
    struct peerid peer;
    struct bytes services; /* `ssh,db`, each a valid service name; n == 0: every service */
    int64_t expires_s;     /* seconds since 1970 UTC from which on the line is void; 0: never */
    uint64_t limit;        /* octets per second; 0: none */
    struct bytes comment;  /* from its '#' on; n == 0: none */
};

/* Returns 1 with *out; 0 when the line is blank or only a comment; GW_ESYNTAX with a phrase in
 * *why. */
int authkeys_parse(struct bytes line, struct authkeys_line *out, const char **why);

bool authkeys_is_live(const struct authkeys_line *l, int64_t now_s);
/* Does the services list say so?  Without a look at the expiry. */
bool authkeys_has_service(const struct authkeys_line *l, struct bytes name);

/* Splits the next line (without its newline) off *text; false at the end. */
bool authkeys_next_line(struct bytes *text, struct bytes *line);
/* Splits the next word off *line; n == 0 at the end.  A comment, without the blanks behind it, is
 * one word. */
struct bytes authkeys_next_word(struct bytes *line);
/* If the word is `key=...` gives what follows the '='. */
bool authkeys_option(struct bytes word, const char *key, struct bytes *value);

#endif
