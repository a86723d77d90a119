/* ctl_cmd.h - the commands of the control socket, in one table.
 *
 * A request is {"cmd": NAME, arguments...}.  {"cmd":"help"} answers with the table. */
#ifndef GW_CTL_CTL_CMD_H
#define GW_CTL_CTL_CMD_H

#include "ctl/ctl_deps.h"
#include "ctl/ctl_session.h"

/* Carries out one request: the handler answers through the session, from inside or later.  An
 * unknown command is answered here.  `d` is borrowed until the session ends. */
void ctl_cmd_run(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

#endif
