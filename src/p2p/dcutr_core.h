/* dcutr_core.h - how a relayed connection to one peer becomes a direct one (dcutr.h): whose turn it
 * is, what is said, when both set out, and when to try again.  Pure: no I/O, the time is an
 * argument, what is to be done is the answer.
 *
 *     NONE -> OPENING -> CONNECT -> WAITING -> PUNCHING    we were called, so we begin
 *     NONE ------------> CONNECT -> SYNC ----> PUNCHING    the peer begins
 *     NONE ------------------------------> DIALLING        nobody does
 *     any -> NONE when the try has failed, or a direct connection stands
 *
 * When both have called each other both could begin.  Of the two connections both ends use the one
 * that the smaller peer id dialled (host/conns.h), so it is the greater id that begins, and what it
 * has begun goes on whatever the other one does.
 *
 * A direct connection that falls silent under its streams is taken for lost until it is heard
 * again: a round begins, and where nothing leads through a relay the peer is called by one first.
 *
 * Where nobody begins, since the peer does not know the protocol or we called and hear nothing,
 * its public addresses are dialled as they are.
 *
 * After a call that answers with a set the caller does what is in it, in the order of the bits,
 * tells of what fails (dcutr_core_failed), and comes back at dcutr_core_due.
 */
#ifndef GW_P2P_DCUTR_CORE_H
#define GW_P2P_DCUTR_CORE_H

#include "id/multiaddr.h"
#include "wire/dcutr_msg.h"

#define DCUTR_TRIES          3     /* in a round */
#define DCUTR_RETRY_MS       500   /* between them */
#define DCUTR_AGAIN_MIN_MS   30000 /* pause after the tries failed, growing to */
#define DCUTR_AGAIN_MAX_MS   600000
#define DCUTR_ANSWER_MS      10000 /* for each message of the other end */
#define DCUTR_STALE_MS       3000  /* who sets out so much too late meets nobody */
#define DCUTR_PATIENCE_MS    5000  /* for the peer to begin */
#define DCUTR_SETTLE_MS      1000  /* for the peer to notice the silence, and where it is now */
#define DCUTR_CANDIDATES_MAX 8

enum dcutr_state { DCUTR_IDLE, DCUTR_UPGRADING, DCUTR_FAILED };

struct dcutr_info { /* of one peer */
    enum dcutr_state state;
    unsigned tries;
    int err;            /* of the last try */
    uint64_t last_ms;   /* clock_mono_ms() of its end; 0: none */
    uint64_t rtt_us;    /* over the relay, as measured by the last CONNECT */
    size_t ncandidates; /* of the other end */
    struct multiaddr candidates[DCUTR_CANDIDATES_MAX];
};

enum dcutr_step {
    DCUTR_STEP_NONE,
    DCUTR_STEP_OPENING, /* a stream, our CONNECT in its first flight */
    DCUTR_STEP_CONNECT, /* the other end's is to come */
    DCUTR_STEP_SYNC,    /* the same of its SYNC */
    DCUTR_STEP_WAITING, /* for half a round trip */
    DCUTR_STEP_PUNCHING,
    DCUTR_STEP_DIALLING,
};

enum {                         /* what is to be done now: a set, in this order */
       DCUTR_DROP = 1,         /* the try under way: its stream, punch or dial, unsaid */
       DCUTR_REFRESH = 1 << 1, /* the candidates we told may be old: asks how others see us */
       DCUTR_OPEN = 1 << 2,    /* a stream through the relay, with our CONNECT */
       DCUTR_SAY_CONNECT = 1 << 3,
       DCUTR_SAY_SYNC = 1 << 4,
       DCUTR_PART = 1 << 5,  /* the stream has done its work */
       DCUTR_PUNCH = 1 << 6, /* to the candidates; as the end that serves if is_ours (punch.h) */
       DCUTR_DIAL = 1 << 7,  /* the public addresses that the peer is known to have */
       DCUTR_CALL = 1 << 8,  /* a relayed connection, if a relay of the peer is known */
};

struct dcutr_core { /* of a peer; to be read only */
    bool is_smaller;
    bool has_direct;  /* nothing is to be done */
    bool is_mute;     /* the peer does not speak the protocol */
    bool peer_begins; /* it has done so once */
    bool is_ours;     /* the try under way: we began it */
    unsigned called;  /* relayed connections that the peer dialled, */
    unsigned calling; /* and that we did */
    enum dcutr_step step;
    unsigned left;     /* tries of this round */
    uint64_t again_us; /* the next pause between rounds */
    uint64_t sent_us;  /* our CONNECT */
    uint64_t due_us;   /* 0: nothing is */
    struct dcutr_info info;
};

/* No connection to the peer.  `is_smaller`: our peer id is. */
void dcutr_core_init(struct dcutr_core *c, bool is_smaller);

uint64_t dcutr_core_due(const struct dcutr_core *c); /* UINT64_MAX: never */
unsigned dcutr_core_tick(struct dcutr_core *c, uint64_t now_us);

/* A relayed connection stands; what is known of the peer is told next. */
void dcutr_core_relayed(struct dcutr_core *c, bool is_inbound);
/* The peer has told over a relayed connection which protocols it speaks. */
unsigned dcutr_core_identified(struct dcutr_core *c, bool speaks, uint64_t now_us);
/* One of them is gone. */
unsigned dcutr_core_unrelayed(struct dcutr_core *c, bool was_inbound, uint64_t now_us);
/* A direct connection stands, whoever dialled it; the last one is gone. */
unsigned dcutr_core_direct(struct dcutr_core *c, uint64_t now_us);
unsigned dcutr_core_indirect(struct dcutr_core *c, uint64_t now_us);
/* A direct connection has fallen silent under its streams: a NAT may have forgotten it.
 * dcutr_core_direct when it is heard again. */
unsigned dcutr_core_silent(struct dcutr_core *c, uint64_t now_us);
unsigned dcutr_core_network_changed(struct dcutr_core *c, uint64_t now_us);

/* The stream of DCUTR_OPEN stands. */
void dcutr_core_opened(struct dcutr_core *c, uint64_t now_us);
/* The peer has opened one, on a connection that we dialled.  DCUTR_DROP: it takes the place of what
 * is under way; 0: it is refused. */
unsigned dcutr_core_called(struct dcutr_core *c, uint64_t now_us);
/* A message on the stream.  Of its addresses those are taken that can be dialled directly and lead
 * to another machine. */
unsigned dcutr_core_message(struct dcutr_core *c, const struct dcutr_msg *m, uint64_t now_us);
/* What is under way has failed: the stream, the punch, the dial, ... */
unsigned dcutr_core_failed(struct dcutr_core *c, int err, uint64_t now_us);

#endif
