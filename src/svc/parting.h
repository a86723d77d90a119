/* parting.h - the last words on a stream: an answer, FIN, and some seconds for the other end to
 * take both. */
#ifndef GW_SVC_PARTING_H
#define GW_SVC_PARTING_H

#include <ev.h>

#include "net/stream.h"

#define PARTING_S 5.0

/* Takes the stream, sends `words` and FIN, and drops what still comes.  Who has not closed after
 * PARTING_S is reset with `err`, and so is the stream at once when memory is out. */
void parting_start(struct ev_loop *loop, struct stream *s, struct bytes words, int err);

#endif
