/* kad_serve.h - the streams on which others ask us: any number of messages on one, each answered in
 * turn (kad_server.h answers).
 *
 * Strangers ask, so all is bounded: streams of a peer and in all (the one quiet for longest makes
 * room), how long a stream may be quiet, questions of a peer in a minute, what waits to be read by
 * the other end, and how long a connection stays that was made to ask us.
 */
#ifndef GW_P2P_KAD_SERVE_H
#define GW_P2P_KAD_SERVE_H

#include "p2p/kad_env.h"

#define KAD_SERVE_STREAMS_MAX  1024
#define KAD_SERVE_PER_PEER     32 /* 16 lookups: the next question may come before the last's FIN */
#define KAD_SERVE_IDLE_S       60
#define KAD_SERVE_CONN_IDLE_MS 120000            /* of a connection without any stream */
#define KAD_SERVE_PER_MINUTE   6000              /* questions of one peer */
#define KAD_SERVE_QUEUE_MAX    (4 * KAD_MSG_MAX) /* octets of answers that have not left */

struct kad_serve;

/* Borrows env.  Nothing is served yet.  Owned, or NULL. */
struct kad_serve *kad_serve_new(const struct kad_env *env);
void kad_serve_free(struct kad_serve *s); /* between host_stop and host_free; NULL is fine */

int kad_serve_start(struct kad_serve *s); /* 0, GW_EEXISTS, GW_ENOMEM */
void kad_serve_stop(struct kad_serve *s); /* no new streams; those there are reset */

#endif
