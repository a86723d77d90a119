/* proxy_auth.h - user name and password of a client of the proxy port (RFC 1929, RFC 7617): who it
 * is, and the options that it asks for in the name. */
#ifndef GW_GATE_PROXY_AUTH_H
#define GW_GATE_PROXY_AUTH_H

#include "gate/proxy_client.h"

/* Is a user or password configured? */
bool proxy_auth_is_needed(const struct proxy_client *c);
/* Are name and password the configured ones?  `user` may end in an option tag.  With none
 * configured any are.  Takes as long whatever was given. */
bool proxy_auth_ok(const struct proxy_client *c, struct bytes user, struct bytes password);
/* Reads an option tag (`path=any`, `direct`, `relay` or `both`; several by `,`, the last of a kind
 * counts; behind `NAME+` when a user is configured) into the target's options, which keep what no
 * tag changes.  0, or GW_EINVAL: a tag of a form that is ours (`word=...`, or anything behind
 * `NAME+`), with an unknown option or value.  A name of another form is no tag and is fine. */
int proxy_auth_read_tag(const struct proxy_client *c, struct bytes user, struct front_target *out);

#endif
