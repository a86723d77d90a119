/* chunkq.h - a queue of octets in pooled chunks.  An empty queue holds no memory.
 *
 * Octets are put at the tail (reserve, commit) and looked at from any offset (peek) until they are
 * dropped from the head: a QUIC stream keeps what was sent until it is acknowledged.  Chunks grow
 * with what flows: the first of a quiet queue holds 2 KiB, those of a busy one 64 KiB.  All queues
 * of the process share one budget and one pool of free chunks (not for several threads).
 */
#ifndef GW_NET_CHUNKQ_H
#define GW_NET_CHUNKQ_H

#include <sys/uio.h>

#include "base/cursor.h"

struct chunk;

struct chunkq { /* zeroed means empty */
    struct chunk *head, *tail;
    struct chunk *cursor; /* where the last peek began; NULL: nowhere */
    size_t len;           /* octets held */
    uint8_t size_class;   /* of the next chunk */
};

/* Sets the budget of all queues.  Past it reserve gives a queue that holds something no new chunk
 * (its source has to wait); past twice the budget no queue gets one.  Default 256 MiB. */
void chunkq_set_budget(size_t octets);
size_t chunkq_total(void); /* octets of memory that all queues hold now */

/* Contiguous room at the tail, at most `want` (> 0) octets, good until the next call that changes
 * the queue; n == 0: over budget or out of memory. */
struct span chunkq_reserve(struct chunkq *q, size_t want);
/* The first n octets reserved join the queue.  n == 0 gives the room back: an empty queue then
 * holds no memory again. */
void chunkq_commit(struct chunkq *q, size_t n);

/* Copies v; it has come already and cannot wait, so only twice the budget stops it.
 * Returns 0, or GW_ENOMEM (nothing appended). */
int chunkq_append(struct chunkq *q, struct bytes v);

/* Fills up to `max` vectors with what lies from `offset` on; returns how many.  Costs one step per
 * chunk between this offset and that of the last peek; going back costs one per chunk from the
 * head. */
size_t chunkq_peek(struct chunkq *q, size_t offset, struct iovec *v, size_t max);
void chunkq_drop(struct chunkq *q, size_t n); /* n <= len */
void chunkq_clear(struct chunkq *q);

#endif
