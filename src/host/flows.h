/* flows.h - the flows of one connection: to whom a datagram goes that came in (host.h says what a
 * flow is).
 *
 * A flow is bound by who opened it or serves it and lives with that one's stream, so the limits on
 * streams bound them too.
 */
#ifndef GW_HOST_FLOWS_H
#define GW_HOST_FLOWS_H

#include "host/host.h"
#include "wire/varint.h"

#define FLOWS_ID_MAX   (UINT64_C(1) << 60)
#define FLOWS_HEAD_MAX VARINT_MAX

struct flow;

struct flows { /* zeroed means empty */
    struct flow *by_wire_id;
};

/* As conn_bind_flow and conn_unbind_flow. */
int flows_bind(struct flows *fs, uint64_t id, bool is_opener, conn_datagram_fn *fn, void *arg);
void flows_unbind(struct flows *fs, uint64_t id, bool is_opener);

/* What stands before a datagram of this flow that we send.  Returns the octets put; id <=
 * FLOWS_ID_MAX. */
size_t flows_head(uint64_t id, bool is_opener, uint8_t head[FLOWS_HEAD_MAX]);

/* Hands on a datagram that came in.  False: of no flow that is bound (or no datagram of a flow at
 * all).  fs may be gone after a call that returned true. */
bool flows_deliver(const struct flows *fs, struct bytes datagram);

void flows_fini(struct flows *fs); /* unbinds all */

#endif
