/* ctl_doctor.h - the command doctor: how a peer is reached, and why not better.
 *
 *     {"cmd":"doctor","name":"alice"}
 *     {"ok":true, name, peer, tier, trail, connected, error, path, transport, addr, relay, rtt_ms,
 *      loss {packets, out_percent, in_percent, jitter_ms} or null, loss_error,
 *      here: {...}, there: {...} or null, there_error,
 *      candidates[] {addr, path, result, error, ms},
 *      punch {state, tries, error}, why[] {cause, text}, cure[]}
 *
 * One line, after DOCTOR_MS at the latest with what is known by then.  gw(1) says what the members
 * mean.  It finds the peer, connects, asks it for its checkup, tries each of its addresses by a
 * connection of its own (host_probe), counts what gets lost on the path in use, if that is direct,
 * and looks at it when all that is done.
 */
#ifndef GW_CTL_CTL_DOCTOR_H
#define GW_CTL_CTL_DOCTOR_H

#include "ctl/ctl_deps.h"
#include "ctl/ctl_session.h"

#define DOCTOR_MS         10000
#define DOCTOR_CONNECT_MS 4000 /* of that: to get a connection, */
#define DOCTOR_ASK_MS     2000 /* the peer's checkup, */
#define DOCTOR_PROBE_MS   3000 /* an answer from each address */
#define DOCTOR_PINGS      3
#define DOCTOR_ADDRS_MAX  16 /* more are not tried */

void ctl_doctor_run(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

#endif
