/* udp_sessions.h - the sessions behind one local UDP port: each a pipe of datagrams to one service
 * of a peer (front.h), found again by where its answers go and what stands in front of them.
 *
 *   OPENING -> JOINED -> gone       (the other end, or nothing for the front's udp idle time)
 *      |
 *      +-----> REFUSED              what comes is dropped; after a while the next one asks again
 *
 * While a session is OPENING its datagrams wait, bounded, and go first.  When there is no room for
 * a new session the one that was idle longest ends.
 */
#ifndef GW_GATE_UDP_SESSIONS_H
#define GW_GATE_UDP_SESSIONS_H

#include "gate/front.h"
#include "net/udp_port.h"

#define UDP_SESSIONS_WAITING_MAX 16    /* datagrams of one session before it is open, */
#define UDP_SESSIONS_OCTETS_MAX  32768 /* and their octets; more are dropped */
#define UDP_SESSIONS_HOLD_OFF_MS 5000  /* what users of this have */
#define UDP_SESSIONS_HEAD_MAX    262   /* octets in front of every answer */

struct udp_sessions;

/* Borrows front and kind (for the log); max: sessions, > 0; hold_off_ms: from a refusal to the next
 * asking.  Returns owned, or NULL. */
struct udp_sessions *udp_sessions_new(struct front *front, const char *kind, size_t max,
                                      uint64_t hold_off_ms);
/* Every pipe ends, in order; what is being opened is cancelled.  NULL is fine. */
void udp_sessions_free(struct udp_sessions *t);

/* A datagram for the session of `path` and `head`, which sends its answers to `path` through `port`
 * with `head` (<= UDP_SESSIONS_HEAD_MAX octets) in front.  A new session is opened to `target`
 * (is_udp set).  Borrows port until the sessions are freed; all else for the call.  Call it from
 * the loop. */
void udp_sessions_input(struct udp_sessions *t, struct udp_port *port,
                        const struct udp_port_path *path, struct bytes head,
                        const struct front_target *target, struct bytes v);

size_t udp_sessions_count(const struct udp_sessions *t); /* refused ones included */

#endif
