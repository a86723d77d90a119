/* msgask.h - one question to a peer on a stream of its own, and the one message that answers it:
 * both with their length (a varint) in front, as msgread.h has it.
 *
 * FIN follows the answer and not the question: js-libp2p 2 over QUIC resets a stream whose end it
 * has seen, and takes along what it was about to answer. */
#ifndef GW_P2P_MSGASK_H
#define GW_P2P_MSGASK_H

#include "host/host.h"

struct msgask;

struct msgask_req {
    struct peerid peer;
    const struct multiaddr *addrs; /* copied, as all below is but `protocol` */
    size_t naddrs;
    const char *protocol; /* borrowed */
    struct bytes
        question;        /* leaves with the protocol's name, in one flight; n 0: that says it all */
    size_t max;          /* octets of an answer without its length */
    bool is_statement;   /* no answer is due */
    uint64_t timeout_ms; /* all of it, a connection included */
    uint64_t dialled_idle_ms; /* conn_set_idle of a connection that had to be dialled; 0: as all */
};

/* err 0: `answer` is the whole message, its length included, borrowed for the call; n 0: none was
 * due, and the question has left.  Else GW_E*: GW_ETIMEOUT, what host_open and msgread say. */
typedef void msgask_done_fn(void *arg, int err, struct bytes answer);

/* `done` is called once, from the loop; the object is gone then.  NULL: out of memory. */
struct msgask *msgask_start(struct host *h, const struct msgask_req *req, msgask_done_fn *done,
                            void *arg);
void msgask_cancel(struct msgask *q); /* done will not be called; NULL is fine */

#endif
