/* hangup.h - tells when the other end of a socket has reset it, while nobody reads from it.
 *
 * A socket that is paused, or whose other end has half-closed, is not watched for reading: it would
 * be readable all the time.  Then a reset goes unnoticed until the next write.  Here a second epoll
 * set, with no events asked for, reports exactly that (epoll_ctl(2): EPOLLERR, EPOLLHUP), once for
 * every socket.
 */
#ifndef GW_NET_HANGUP_H
#define GW_NET_HANGUP_H

#include <ev.h>

struct hangup;

struct hangup_watch { /* embedded; lives until hangup_del */
    void (*on_hangup)(
        struct hangup_watch *w); /* from the loop; may not free what it is embedded in */
};

struct hangup *hangup_new(struct ev_loop *loop); /* returns owned, or NULL */
void hangup_free(struct hangup *h);              /* NULL is fine */

/* Out of memory the watch is not there; nothing else is lost. */
void hangup_add(struct hangup *h, int fd, struct hangup_watch *w);
/* Before the descriptor is closed: that alone ends no watch while a forked child has it, too. */
void hangup_del(struct hangup *h, int fd);

#endif
