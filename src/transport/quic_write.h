/* quic_write.h - from streams and datagrams to packets to the socket: who sends next, how packets
 * gather into batches.
 *
 * Datagrams go before streams in a packet.  While streams wait too they begin every other packet
 * only, so neither can starve the other.
 */
#ifndef GW_TRANSPORT_QUIC_WRITE_H
#define GW_TRANSPORT_QUIC_WRITE_H

#include <ngtcp2/ngtcp2.h>

#include "net/udp.h"
#include "transport/quic_dgrams.h"
#include "transport/sched.h"

#define QUIC_UDP_PAYLOAD_MAX 8952 /* octets of the largest datagram tried (jumbo frames) */

/* Writes what congestion control and pacing allow now, at most one quantum of the pacer.  *unpaced
 * (0 at first): octets written since pacing was last told.  0, or a fatal NGTCP2_ERR_*. */
int quic_write(ngtcp2_conn *nc, struct sched *sched, struct quic_dgrams *dgrams, struct udp *udp,
               size_t *unpaced, uint64_t now_ns);

/* ngtcp2's view of a path; borrows it. */
ngtcp2_path quic_path(const struct udp_path *path);
void quic_path_copy(struct udp_path *to, const ngtcp2_path *from);

#endif
