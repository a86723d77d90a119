/* ctl_status.h - what the daemon is doing, as JSON (the fields that DESIGN fixes for `gw status
 * --json`, and more).
 *
 *   status    version, peer_id, pid, uptime_s
 *             listen[]   multiaddrs without /p2p
 *             proxy[]    "ADDR:PORT"
 *             dns[]      "ADDR:PORT"   where we are a DNS server
 *             forwards[] {listen: "ADDR:PORT", target: "NAME:PORT", protocol: "tcp" or "udp"}
 *             services[] {name, port, target, udp_target, exit, enabled}     port 0: by name only;
 *                        target is "" and udp_target is not there when it takes none of these
 *             peers[]    {id, name, state, path, relay, transport, addr, inbound, agent,
 *                         rtt_ms, streams, rx_bytes, tx_bytes}
 *             kept[]     {id, name, state, next_try_s, error}   the peers of [peer] keep = yes,
 *                        connected or not; next_try_s 0: none is due; error "": none
 *             addresses[]   what others are told to reach us by: multiaddrs without our id
 *             reach      "unknown", "public", "private": whether strangers can
 *             nat        how our UDP port is mapped: "unknown", "none", "independent" or
 *                        "dependent" (of the peer)
 *             reservations[]   {relay, state, address, expires, rtt_ms, error}   slots at relays;
 *                        state "connecting", "held", "refused", "down"; expires: seconds since 1970
 *             relay      {reservations, circuits, bytes, month_bytes, refused}   when we are one
 *             faults[]   "FILE:LINE: reason": names and authorized_keys files that are not in
 *                        force as they stand
 *             streams    {out: {active, opening, opened, failed},
 *                         in: {active, opened, failed, denied}}
 *             failures[] {age_s, kind, target, error, why}   what clients could not open, the
 *                        latest first, FRONT_FAILURES_MAX at most
 *             memory     {rss_bytes, queued_bytes}
 *
 * A peer is listed in peers[] while it is connected.  Its state is one of p2p/paths.h; path is
 * "direct", or "relayed" and then relay the id of the relay; name is "" when the names file has
 * none; rtt_ms is 0 until it was measured.
 */
#ifndef GW_CTL_CTL_STATUS_H
#define GW_CTL_CTL_STATUS_H

#include <jansson.h>

#include "ctl/ctl_deps.h"

/* Each returns an owned object, or NULL when out of memory. */
json_t *ctl_status_make(const struct ctl_deps *d);
json_t *ctl_status_peers(const struct ctl_deps *d);    /* {peers: [...], kept: [...]} */
json_t *ctl_status_services(const struct ctl_deps *d); /* {services: [...]} */

/* A string that may hold any octets (what a peer sent): those outside printable ASCII as \xHH. */
json_t *ctl_status_foreign(struct bytes text);

#endif
