/* ctl_nc.h - the command nc: a service of a peer on the control connection itself.
 *
 *     {"cmd":"nc","name":"alice","port":"ssh","ticket":"4711"}
 *                                       port: a number or a service name, as a string
 *     {"ok":true}                       from here on the service's octets, both ways
 *
 * A Unix socket tells an end, but no reset.  Who gave a ticket, any text of its own, asks on
 * another connection once the octets have ended whether they were all:
 *
 *     {"cmd":"nc-end","ticket":"4711"}  {"ok":true}, or as the error why the stream broke
 */
#ifndef GW_CTL_CTL_NC_H
#define GW_CTL_CTL_NC_H

#include "ctl/ctl_deps.h"
#include "ctl/ctl_session.h"

#define CTL_NC_BROKEN_MAX 64 /* streams of which is kept why they broke */

struct ctl_ncs *ctl_ncs_new(void); /* owned, or NULL */
/* NULL is fine.  The streams stay the front's, which calls nobody back any more. */
void ctl_ncs_free(struct ctl_ncs *all);

void ctl_nc_run(const struct ctl_deps *d, struct ctl_session *s, json_t *req);
void ctl_nc_end(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

#endif
