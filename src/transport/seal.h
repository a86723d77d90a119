/* seal.h - a stream whose octets travel encrypted over another one.
 *
 * What is written in one turn is gathered and sealed at its end, or earlier when a unit is full, so
 * small frames share one unit.  Buffers exist only while they hold something.
 */
#ifndef GW_TRANSPORT_SEAL_H
#define GW_TRANSPORT_SEAL_H

#include "net/stream.h"
#include "net/turn.h"
#include "transport/cipher.h"

/* Takes raw and cipher; `in`: ciphertext that has come already (copied; not credited yet), opened
 * in the next turn.  Returns the stream; its owner sets the events at once.  NULL: out of memory
 * (both stay the caller's). */
struct stream *seal_new(struct turn *turn, struct stream *raw, const struct cipher_ops *ops,
                        void *cipher, struct bytes in);

#endif
