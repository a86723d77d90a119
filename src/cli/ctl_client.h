/* ctl_client.h - the other end of the control socket: blocking, with deadlines.
 *
 * One JSON object per line in each direction (ctl/ctl.h).
 */
#ifndef GW_CLI_CTL_CLIENT_H
#define GW_CLI_CTL_CLIENT_H

#include <jansson.h>

#include "base/cursor.h"

#define CTL_CLIENT_LINE_MAX (16u << 20) /* octets of an answer */
#define CTL_CLIENT_PATH_MAX 4096

struct ctl_client;

/* Writes DIR/ctl.sock into out; returns out. */
const char *ctl_client_path(const char *dir, char out[CTL_CLIENT_PATH_MAX]);

/* Connects.  Returns 0 and *out owned; GW_ENOTFOUND or GW_EREFUSED: no daemon there; GW_EPERM;
 * GW_EINVAL: the path is longer than a Unix socket's may be; GW_ENOMEM, ... */
int ctl_client_open(const char *dir, struct ctl_client **out);
void ctl_client_close(struct ctl_client *c); /* NULL is fine */

/* Sends one request.  Takes `req` (NULL is GW_EINVAL: a text was not UTF-8, or out of memory).
 * 0, GW_ECLOSED, GW_EIO, ... */
int ctl_client_send(struct ctl_client *c, json_t *req);

/* The next line of an answer, waiting `timeout_ms` at most.  Returns 0 and *out owned (an object);
 * GW_ETIMEOUT, GW_ECLOSED, GW_EPROTO (not an object), GW_ELIMIT (a longer line), GW_ENOMEM. */
int ctl_client_recv(struct ctl_client *c, int timeout_ms, json_t **out);

/* For who goes on with raw octets: the socket, and what came behind the last line.  Both
 * borrowed until the next call with `c`. */
int ctl_client_fd(const struct ctl_client *c);
struct bytes ctl_client_rest(const struct ctl_client *c);

#endif
