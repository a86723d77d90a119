/* fdstream.h - a stream over a connected socket (TCP or Unix), or over a pair of descriptors.
 *
 * Writes leave at the end of the turn, so write() always returns 0 and on_drained tells of every
 * octet.  A reset by the other end is noticed while the stream is paused, too.  reserve() gives no
 * room while 256 KiB or more are queued; write() takes all.
 */
#ifndef GW_NET_FDSTREAM_H
#define GW_NET_FDSTREAM_H

#include "net/stream.h"
#include "net/turn.h"

/* Takes the non-blocking descriptors (closed with the stream).  rfd == wfd is a socket: FIN is
 * shutdown(SHUT_WR), and reset is an RST on TCP.  Two are a pair of anything that can be read and
 * written (pipes, terminals, regular files): FIN closes wfd; the process has to ignore SIGPIPE.
 * Returns NULL when out of memory (the descriptors then stay the caller's). */
struct stream *fdstream_new(struct ev_loop *loop, struct turn *turn, int rfd, int wfd);

/* The descriptor read from; borrowed.  -1 once the stream has ended and on_close is to come. */
int fdstream_fd(const struct stream *s);

#endif
