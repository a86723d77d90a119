/* autonat_wire.h - what the parts of AutoNAT share: the protocol ids, what came of a dial-back, and
 * what has come on a stream and is no whole message yet.
 */
#ifndef GW_P2P_AUTONAT_WIRE_H
#define GW_P2P_AUTONAT_WIRE_H

#include "wire/autonat2_msg.h"
#include "wire/autonat_msg.h"

#define AUTONAT_PROTOCOL           "/libp2p/autonat/1.0.0"
#define AUTONAT2_DIAL_PROTOCOL     "/libp2p/autonat/2/dial-request"
#define AUTONAT2_DIALBACK_PROTOCOL "/libp2p/autonat/2/dial-back"

enum autonat_back {
    AUTONAT_BACK_OK,
    AUTONAT_BACK_FAILED, /* no connection to that peer there */
    AUTONAT_BACK_UNTOLD, /* a connection, but who is there did not hear the nonce */
    AUTONAT_BACK_NONE,   /* it was not dialled: our own fault */
};

struct autonat_inbox { /* zeroed: empty */
    size_t n;
    uint8_t b[AUTONAT2_MSG_WIRE_MAX]; /* the longest message of both versions */
};

static inline struct bytes autonat_inbox_view(const struct autonat_inbox *in)
{
    return (struct bytes){ in->b, in->n };
}

/* Moves as much of *v in as there is room for. */
static inline void autonat_inbox_fill(struct autonat_inbox *in, struct bytes *v)
{
    size_t n = v->n < sizeof in->b - in->n ? v->n : sizeof in->b - in->n;

    if (!n)
        return;
    memcpy(in->b + in->n, v->p, n);
    in->n += n;
    v->p += n;
    v->n -= n;
}

static inline void autonat_inbox_drop(struct autonat_inbox *in, size_t used)
{
    in->n -= used;
    memmove(in->b, in->b + used, in->n);
}

#endif
