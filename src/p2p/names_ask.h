/* names_ask.h - one question of /gw/names/1.0.0 to one relay. */
#ifndef GW_P2P_NAMES_ASK_H
#define GW_P2P_NAMES_ASK_H

#include "host/host.h"
#include "wire/names_msg.h"

struct names_ask;
/* err 0: an answer, whatever its status; views for the call, nothing of it verified.  GW_ENOPROTO:
 * the peer is no such relay; GW_ETIMEOUT, GW_EPROTO, ... */
typedef void names_asked_fn(void *arg, int err, const struct names_answer *a);

struct names_ask_req {
    struct peerid relay;
    const struct multiaddr *addrs; /* copied */
    size_t naddrs;
    const struct names_question *question; /* encoded at once */
    uint64_t timeout_ms;                   /* connection included */
};
/* `done` once, from the loop.  Within one round trip when there is a connection.  NULL: out of
 * memory, or the question cannot be encoded. */
struct names_ask *names_ask_start(struct host *h, const struct names_ask_req *req,
                                  names_asked_fn *done, void *arg);
void names_ask_cancel(struct names_ask *a); /* done will not be called; NULL is fine */

#endif
