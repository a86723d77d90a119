/* cache_file.h - the file that brings what tiers have answered over a restart.
 *
 * It is written a while after a change, so that many changes are one.  When that fails (the disk is
 * full) it is tried again with growing pauses; that it fails is logged once. */
#ifndef GW_NAME_CACHE_FILE_H
#define GW_NAME_CACHE_FILE_H

#include <ev.h>

#include "name/resolver_cache.h"

#define CACHE_FILE_RETRY_MAX_MS 600000 /* between two tries */

struct cache_file;

/* Reads the file into the cache (as resolver_cache_read has it); one that cannot be read is logged
 * and does no harm.  `save_ms`: so long after a change it is written.  Borrows loop and cache, and
 * the tiers' names for the call.  Returns owned, or NULL when out of memory. */
struct cache_file *cache_file_open(struct ev_loop *loop, struct resolver_cache *cache,
                                   const char *path, uint64_t save_ms, const char *const *tiers,
                                   size_t ntiers);
void cache_file_changed(struct cache_file *f); /* the cache is another now; NULL is fine */
/* Writes what is not written yet.  Before the cache ends.  NULL is fine. */
void cache_file_close(struct cache_file *f);

#endif
