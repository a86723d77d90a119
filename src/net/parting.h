/* parting.h - the last words on a stream: octets, FIN, and some time for the other end to take
 * both. */
#ifndef GW_NET_PARTING_H
#define GW_NET_PARTING_H

#include <ev.h>

#include "net/stream.h"

#define PARTING_MS 5000 /* what another node is given */

struct parting;

/* Takes the stream: sends `words` (may be empty) and FIN, and drops what still comes.  A socket is
 * read on, for closing it with octets unread would take the words from the other end; a stream that
 * is steered by credit gets none, so its sender stops.
 * Who has not closed after `ms` is reset with `err`, and so is the stream at once when memory is
 * out.
 * `list` (NULL: none) is the head of the partings of one owner, who is to end sooner than its
 * streams: parting_drop_all resets them.  It starts as NULL and lives until they are over. */
void parting_start(struct ev_loop *loop, struct stream *s, struct bytes words, uint64_t ms, int err,
                   struct parting **list);

void parting_drop_all(struct parting **list);

#endif
