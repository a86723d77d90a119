/* names_msg.h - /gw/names/1.0.0: asking a network's relay who has a name, claiming one, giving it
 * back.  One question and one answer on a stream, each behind its length, a varint.  Pure: no I/O,
 * no allocation.
 *
 *     message Question {
 *         enum Type { FIND = 0; CLAIM = 1; RELEASE = 2; LIST = 3; }
 *         Type type = 1;
 *         string network = 2;
 *         string host = 3;          // FIND, RELEASE; LIST: those behind it
 *         bytes claim = 4;          // CLAIM: a name record "HOST.NETWORK" (id/name_record.h)
 *         repeated bytes via = 5;   // FIND: the relays that have handed it on, binary peer ids
 *     }
 *     message Answer {
 *         enum Status { ... } status = 1;
 *         repeated Entry entries = 2; // FIND: one; LIST: in the order of the hosts
 *         repeated Peer route = 3;    // FIND: relays between the one asked and the one that knows,
 *         string why = 4;             //       in this order (wire/peer_msg.h).  why: for people
 *     }
 *     message Entry { bytes claim = 1; repeated bytes addrs = 2; }  // addrs: binary multiaddrs
 *
 * An entry is worth what its claim is: signed by the peer that is to be called so.
 *
 * Decoders:  > 0  octets used   |  0  need more input   |  < 0  GW_EPROTO
 */
#ifndef GW_WIRE_NAMES_MSG_H
#define GW_WIRE_NAMES_MSG_H

#include "wire/peer_msg.h"

#define NAMES_PROTOCOL     "/gw/names/1.0.0"
#define NAMES_MSG_MAX      65536 /* octets of an answer without its length */
#define NAMES_QUESTION_MAX 8192  /* of a question */
#define NAMES_ENTRIES_MAX  64    /* of LIST more are asked for behind the last one: host */
#define NAMES_VIA_MAX      4     /* relays that a question may pass */
#define NAMES_WHY_MAX      200   /* octets; what is longer is cut */

enum names_type { NAMES_FIND, NAMES_CLAIM, NAMES_RELEASE, NAMES_LIST };

/* As on the wire. */
enum names_status {
    NAMES_OK,
    NAMES_UNKNOWN,     /* nobody has it */
    NAMES_TAKEN,       /* CLAIM: somebody else has it */
    NAMES_DENIED,      /* the asker may not */
    NAMES_NO_NETWORK,  /* not ours, and no relay of it is known */
    NAMES_LOOP,        /* the question has been here before, or has passed too many */
    NAMES_UNREACHABLE, /* the relay to hand it on to does not answer */
    NAMES_BUSY,        /* too much is asked */
    NAMES_MALFORMED,   /* also a claim that does not verify */
    NAMES_STATUSES
};
const char *names_status_text(enum names_status s); /* a phrase for people; static */

struct names_question { /* views */
    enum names_type type;
    struct bytes network, host, claim;
    struct pb_list via;
};

struct names_entry_msg {
    struct bytes claim;
    struct pb_list addrs;
};

struct names_answer {
    enum names_status status;
    size_t nentries;
    struct names_entry_msg entries[NAMES_ENTRIES_MAX];
    size_t nroute;
    struct peer_msg route[NAMES_VIA_MAX];
    struct bytes why;
};

/* GW_EPROTO: malformed or too long; a type or status that nobody knows, an entry without a claim, a
 * route of more than NAMES_VIA_MAX.  Entries above NAMES_ENTRIES_MAX are passed over. */
int names_question_decode(struct bytes in, struct names_question *out);
int names_answer_decode(struct bytes in, struct names_answer *out);
/* Behind its length.  The octets put, or GW_EINVAL (what decode would refuse), GW_ENOMEM. */
int names_question_encode(uint8_t *dst, size_t cap, const struct names_question *m);
int names_answer_encode(uint8_t *dst, size_t cap, const struct names_answer *m);

#endif
