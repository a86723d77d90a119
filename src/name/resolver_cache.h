/* resolver_cache.h - what tiers have answered, for as long as it holds, and the text that brings it
 * over a restart.  Pure: no I/O; the time is an argument, in milliseconds of the wall clock, which
 * goes on while the machine sleeps.  When that clock is set back what was kept is not trusted.
 *
 * One line a name, blank-separated; the rest of the line is the tier's name:
 *
 *     laptop.grewal 12D3KooW... 1794999999000 300000 - /ip4/... 22=/x/ssh by DHT
 *     (name, peer, end and length of its life in ms, service or -, addresses, mapped ports)
 */
#ifndef GW_NAME_RESOLVER_CACHE_H
#define GW_NAME_RESOLVER_CACHE_H

#include "name/resolver.h"

#define RESOLVER_CACHE_MAX  1024     /* names; the one added first makes room */
#define RESOLVER_TTL_MAX_MS 86400000 /* nothing is kept for longer */

struct resolver_cached {
    char name[NAME_MAX_OCTETS + 1]; /* as typed: a base58 peer id has no lower case */
    uint64_t expires_ms, ttl_ms;
    struct name_answer answer;
    char remark[RESOLVER_WHY_MAX]; /* of the tier; does not outlive a restart */
    bool is_from_disk;             /* it came by resolver_cache_read */
};

struct resolver_cache;

struct resolver_cache *resolver_cache_new(void);    /* owned, or NULL */
void resolver_cache_free(struct resolver_cache *c); /* NULL is fine */

/* What is kept for the name (as typed), a view until something is changed; NULL: nothing, or not
 * any more. */
const struct resolver_cached *resolver_cache_find(struct resolver_cache *c, const char *name,
                                                  uint64_t now_ms);
/* Keeps it for a->ttl_ms (0: not at all), in place of what was there.  `remark` may be NULL.
 * Without memory it is merely not kept. */
void resolver_cache_add(struct resolver_cache *c, const char *name, const struct name_answer *a,
                        const char *remark, uint64_t now_ms);
/* Drops all that leads to this peer.  How many that were. */
size_t resolver_cache_forget(struct resolver_cache *c, const struct peerid *peer);
void resolver_cache_clear(struct resolver_cache *c);
size_t resolver_cache_count(const struct resolver_cache *c);

/* Reads text as printed (NUL-terminated; changed on the way): adds what still holds and was not
 * there.  `tiers`: names of those that there are, static.  A line that is bad, of no such tier or
 * over the number is left out.  How many lines were bad. */
size_t resolver_cache_read(struct resolver_cache *c, char *text, const char *const *tiers,
                           size_t ntiers, uint64_t now_ms);
/* Prints all that holds, in the order of adding, as far as fileio_read would read it again.  0 and
 * *out owned with a NUL behind its *n octets, or GW_ENOMEM. */
int resolver_cache_print(const struct resolver_cache *c, uint64_t now_ms, char **out, size_t *n);

#endif
