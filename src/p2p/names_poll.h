/* names_poll.h - one name looked for at several relays at once: the first good answer wins. */
#ifndef GW_P2P_NAMES_POLL_H
#define GW_P2P_NAMES_POLL_H

#include "id/name_record.h"
#include "p2p/names_ask.h"
#include "p2p/networks.h"

#define NAMES_POLL_MAX 16  /* relays of one poll */
#define NAMES_SAID_MAX 256 /* octets, with the NUL; what is longer is cut */

/* Is this the claim of HOST.NETWORK, signed by who is to be called so?  0 and *out; GW_EPROTO (also
 * another name), GW_EDENIED, GW_ETIMEOUT (expired), GW_EUNSUP. */
int names_claim_open(struct bytes claim, struct bytes host, struct bytes network, uint64_t now_s,
                     struct name_record *out);

struct names_polled { /* borrowed for the call */
    /* The good answer: whose, as it came, and what its claim says.  Not found: all NULL. */
    const struct network_relay *relay;
    const struct names_answer *answer;
    const struct name_record *record;
    /* Not found: the most that any of them knew. */
    enum names_status status;
    /* What was said by those that did not know, or lied: "relay Wk3aQz7p: nobody has this name;
     * relay
     * ..." */
    const char *said;
};

struct names_poll;
typedef void names_polled_fn(void *arg, const struct names_polled *p);

struct names_poll_req {
    struct bytes host, network;
    const struct pb_list *via;                 /* relays that it has passed; NULL: none */
    const struct network_relay *const *relays; /* copied */
    size_t nrelays;                            /* 1 to NAMES_POLL_MAX */
    uint64_t timeout_ms;
};

/* `done` once, from the loop; the object is gone then.  NULL: out of memory, or no name that can
 * be one. */
struct names_poll *names_poll_start(struct host *h, const struct names_poll_req *req,
                                    names_polled_fn *done, void *arg);
void names_poll_cancel(struct names_poll *p); /* done will not be called; NULL is fine */

#endif
