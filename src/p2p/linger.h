/* linger.h - let a stream end in order when its owner has no more use for it. */
#ifndef GW_P2P_LINGER_H
#define GW_P2P_LINGER_H

#include <ev.h>

#include "net/stream.h"

#define LINGER_MS 10000

/* Takes the stream: sends FIN behind what was written, drops what still comes, and resets it when
 * the other end has not ended its side after LINGER_MS. */
void linger_start(struct ev_loop *loop, struct stream *s);

#endif
