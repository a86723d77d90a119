/* names_book.h - who is called what in the network of a relay: first come, first kept.  Pure but
 * for the file it is kept in; the time is an argument.
 *
 * An entry is a claim (id/name_record.h): "HOST.NETWORK", signed by the peer.  Its holder renews it
 * by claiming again; one that was not renewed for `life_s` is anybody's.  A claim that has expired
 * by its own word still holds the name for its holder until then, but nobody believes it any more
 * (expires_s): the name has run out.
 *
 * The file has a line for each change, the last of a host counts:
 *     HOST PEER-ID RENEWED CLAIM     seconds since 1970; the sealed claim in base64
 *     HOST - RELEASED                it is free again
 * and is written anew when more than half of it is of the past.  A name that was given or taken
 * back is on the disk before anybody is told; a mere renewal may be lost in a power failure.
 */
#ifndef GW_P2P_NAMES_BOOK_H
#define GW_P2P_NAMES_BOOK_H

#include "id/name_record.h"

#define NAMES_HOST_MAX 63 /* a DNS label: a-z 0-9 and - within */

struct names_book;

struct names_book_config {
    const char *network; /* copied */
    uint64_t life_s;
    uint32_t max_names;
    uint32_t max_per_peer;
    /* A name has another holder, or none any more, or has run out; called last, from inside of what
     * sets it off.  It may read the book, and not change it.  May be NULL. */
    void (*changed)(void *arg, const char *host);
    void *arg;
};

struct names_book_entry {
    char host[NAMES_HOST_MAX + 1];
    struct peerid holder;
    uint64_t renewed_s; /* when it was claimed last */
    uint64_t expires_s; /* by the claim's own word */
    struct bytes claim; /* sealed; a view until the book changes */
};

/* Reads the file (none is as good as an empty one; a line that is bad or does not verify is left
 * out and logged, and gone when the file is written anew).  A clock that is not right yet does no
 * harm.  Returns owned, or NULL: out of memory, or the file is there and cannot be read (logged).
 */
struct names_book *names_book_new(const struct names_book_config *cfg, const char *path);
void names_book_free(struct names_book *b); /* NULL is fine */

/* A claim by `from`, who must have signed it.  0; GW_EPROTO, GW_EDENIED (does not verify, is
 * another's, or is older than the one that stands), GW_ETIMEOUT (expired), GW_EINVAL (no name of
 * this network), GW_EEXISTS (somebody else's), GW_ELIMIT, GW_ENOMEM, or what writing the file says:
 * then it is not taken. */
int names_book_claim(struct names_book *b, const struct peerid *from, struct bytes claim,
                     uint64_t now_s);
/* By its holder, or with from NULL by the admin of the relay.  0, GW_ENOTFOUND, GW_EDENIED, errors
 * of writing. */
int names_book_release(struct names_book *b, const struct peerid *from, struct bytes host,
                       uint64_t now_s);
/* Tells of the names that have run out by now; and of those that have not, after all, when the
 * clock was put back. */
void names_book_expire(struct names_book *b, uint64_t now_s);
/* NULL: nobody's. */
const struct names_book_entry *names_book_find(const struct names_book *b, struct bytes host,
                                               uint64_t now_s);
/* In the order of the hosts: the first behind `host` ("": the first of all); NULL at the end. */
const struct names_book_entry *names_book_next(const struct names_book *b, struct bytes host,
                                               uint64_t now_s);
/* A name of this peer; NULL: it has none. */
const struct names_book_entry *names_book_of(const struct names_book *b, const struct peerid *peer,
                                             uint64_t now_s);
size_t names_book_count(const struct names_book *b); /* those that nobody has renewed, too */

#endif
