/* fetch.h - an octet string from a URL (http, https) by curl(1): off gw's own path, so a kept
 * program does it.  With a body it is a POST of JSON. */
#ifndef GW_NET_FETCH_H
#define GW_NET_FETCH_H

#include "net/child.h"

struct fetch_req {
    const char *url;
    struct bytes body; /* n == 0: GET */
    size_t max;        /* octets of the answer */
    uint64_t timeout_ms;
};
bool fetch_url_ok(const char *url); /* http:// or https://, printable, no blank */
/* err as child_done_fn; GW_ENOTFOUND: no curl on this machine.  `done` once, from the loop. */
typedef void fetch_done_fn(void *arg, int err, struct bytes body);
struct fetch;
struct fetch *fetch_start(struct ev_loop *loop, const struct fetch_req *req, fetch_done_fn *done,
                          void *arg); /* NULL: out of memory */
void fetch_cancel(struct fetch *f);   /* done will not be called; NULL is fine */

#endif
