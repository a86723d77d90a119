/* autonat_request.h - one request of a peer to be dialled back, AutoNAT v1 or v2: which address is
 * dialled, at what price, and what is answered (autonat_server.h).  Pure: no I/O; time, randomness
 * and the addresses of this machine are arguments.
 *
 *   v1   ASKED -------------> DIALLING (up to four at once) -> OVER
 *   v2   ASKED -> (PAYING) -> DIALLING (one) ----------------> OVER
 */
#ifndef GW_P2P_AUTONAT_REQUEST_H
#define GW_P2P_AUTONAT_REQUEST_H

#include "p2p/autonat_quota.h"
#include "p2p/autonat_wire.h"

#define AUTONAT_REQUEST_MS    30000 /* for the request and its data to come */
#define AUTONAT_DATA_MIN      30000 /* octets demanded, */
#define AUTONAT_DATA_MAX      100000
#define AUTONAT_PIECE_MIN     100 /* and how many a message has at least, unless it is the last */
#define AUTONAT_REQUEST_DIALS 4
#define AUTONAT_WORDS_MAX     (2 * MULTIADDR_MAX)

enum autonat_request_state {
    AUTONAT_REQUEST_ASKED,
    AUTONAT_REQUEST_PAYING,
    AUTONAT_REQUEST_DIALLING, /* `dials`; nothing more is read */
    AUTONAT_REQUEST_OVER,     /* err: the stream is reset; 0: `words` are the answer */
};

struct autonat_request { /* to be read only, but for nwords */
    enum autonat_request_state state;
    bool is_v2;
    struct peerid peer;
    struct ipaddr from; /* where the asker is seen */
    uint64_t due_ms;    /* until it is DIALLING; UINT64_MAX: never */
    uint64_t nonce;     /* v2, as the next two */
    uint32_t index;     /* of the address */
    size_t owed;        /* octets of data */
    size_t ndials, nleft;
    bool has_dialled; /* at least one of them was made */
    struct multiaddr dials[AUTONAT_REQUEST_DIALS];
    int err;
    int status, dial_status; /* of the answer, for the log */
    size_t nwords;           /* to be said now; the caller sets it to 0 */
    uint8_t words[AUTONAT_WORDS_MAX];
};

void autonat_request_init(struct autonat_request *r, bool is_v2, const struct peerid *peer,
                          const struct ipaddr *from, uint64_t now_ms);

struct autonat_request_env { /* borrowed */
    struct autonat_quota *quota;
    const struct ipaddr *own; /* the addresses of this machine */
    size_t nown;
    uint32_t random;
};
/* Takes a message, if there is a whole one.  Octets used, or 0: more is needed, or nothing more. */
size_t autonat_request_input(struct autonat_request *r, struct bytes in,
                             const struct autonat_request_env *env, uint64_t now_ms);
void autonat_request_dialled(struct autonat_request *r, size_t at, enum autonat_back back);
/* The stream has ended before all was said. */
void autonat_request_failed(struct autonat_request *r, int err);
void autonat_request_tick(struct autonat_request *r, uint64_t now_ms);

/* Puts the words for a request that is not looked at: we are busy, or know not where the asker is.
 * Octets put. */
size_t autonat_request_refuse(bool is_v2, uint8_t out[AUTONAT_WORDS_MAX]);

#endif
