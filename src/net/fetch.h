/* fetch.h - an octet string from a URL (http, https) by curl(1): off gw's own path, so a kept
 * program does it.  With a body it is a POST of JSON; without, up to 3 redirections are followed.
 */
#ifndef GW_NET_FETCH_H
#define GW_NET_FETCH_H

#include "net/child.h"

#define FETCH_BODY_MAX 16384

struct fetch_req {
    const char *url;   /* fetch_url_ok */
    struct bytes body; /* text, FETCH_BODY_MAX at most; n == 0: GET */
    size_t max;        /* octets of the answer */
    uint64_t timeout_ms;
};
bool fetch_url_ok(const char *url); /* http:// or https://, printable, no blank */
/* 0, or GW_EUNREACH (a host that is not known), GW_EREFUSED, GW_EDENIED (an HTTP status of 400 or
 * above), GW_EIDENTITY (TLS), GW_ETIMEOUT, GW_ELIMIT, GW_ENOTFOUND: no curl on this machine,
 * others. `done` once, from the loop; the fetch is gone then. */
typedef void fetch_done_fn(void *arg, int err, struct bytes body);
struct fetch;
/* NULL: out of memory or descriptors, or a body that cannot be sent. */
struct fetch *fetch_start(struct ev_loop *loop, const struct fetch_req *req, fetch_done_fn *done,
                          void *arg);
void fetch_cancel(struct fetch *f); /* done will not be called; NULL is fine */

#endif
