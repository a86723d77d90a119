/* ctl_nc.h - the command nc: a service of a peer on the control connection itself.
 *
 *     {"cmd":"nc","name":"alice","port":"ssh"}     port: a number or a service name, as a string
 *     {"ok":true}                                  from here on the service's octets, both ways
 */
#ifndef GW_CTL_CTL_NC_H
#define GW_CTL_CTL_NC_H

#include "ctl/ctl_deps.h"
#include "ctl/ctl_session.h"

void ctl_nc_run(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

#endif
