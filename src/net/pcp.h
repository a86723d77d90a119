/* pcp.h - the client side of PCP (RFC 6887 s.8, s.9, s.11) and NAT-PMP (RFC 6886) towards one
 * router, without a socket or a clock.
 *
 *     ASKING -> ANSWERED      an answer to a mapping has come
 *     ASKING -> ABSENT        silence, no version in common, pcp_refused
 *     ANSWERED -> ASKING      every mapping has run out: it may be another router now
 *
 * PCP is asked first; NAT-PMP when the router says that it speaks only that, or nothing to PCP.
 * After every call that takes a struct pcp the caller sends what pcp_output has, looks with
 * pcp_get what is mapped now, and comes back at pcp_next.
 */
#ifndef GW_NET_PCP_H
#define GW_NET_PCP_H

#include "net/mapping.h"
#include "wire/pcp_msg.h"

#define PCP_LIFETIME_S   1200 /* asked for: a router that lost its table is found in half of that */
#define PCP_LIFETIME_MIN 30   /* granted ones are taken to be within these */
#define PCP_LIFETIME_MAX 86400

enum pcp_state { PCP_ASKING, PCP_ANSWERED, PCP_ABSENT };

struct pcp_due {
    uint64_t at_ms;
    uint32_t wait_ms; /* for the answer to the last request; 0: none is out */
};

struct pcp_entry {      /* a port, and what there is of its mapping */
    struct pcp_map map; /* wanted and, when is_mapped, granted */
    struct pcp_due due;
    uint64_t expires_ms;
    bool is_mapped;
    bool is_refused; /* the last answer was an error */
};

struct pcp { /* the fields are pcp.c's */
    enum pcp_state state;
    enum pcp_version version;
    struct ipaddr source;
    uint8_t nonce[PCP_NONCE_LEN];
    uint32_t rand;
    bool has_epoch;
    uint32_t epoch_s; /* of the last answer */
    uint64_t epoch_ms;
    struct pcp_due addr;  /* NAT-PMP: the question for the router's address */
    uint8_t external[16]; /* its answer; zero: none yet */
    struct pcp_entry v[MAPPING_MAX];
    size_t n;
};

/* `source` is the address of this machine that the router sees; `nonce` is random. */
void pcp_init(struct pcp *p, const struct ipaddr *source, const uint8_t nonce[PCP_NONCE_LEN]);
int pcp_want(struct pcp *p, const struct mapping_port *port, uint64_t now_ms); /* 0, GW_ELIMIT */
void pcp_refresh(struct pcp *p, uint64_t now_ms); /* asks for everything again, now */
void pcp_refused(struct pcp *p);                  /* nobody listens there (ICMP) */

/* The next request that is due: octets put into dst, which has room for PCP_REQUEST_MAX; 0: none.
 */
size_t pcp_output(struct pcp *p, uint64_t now_ms, uint8_t dst[PCP_REQUEST_MAX]);
/* A datagram from the router.  What is malformed or answers nothing is dropped. */
void pcp_input(struct pcp *p, struct bytes msg, uint64_t now_ms);
uint64_t pcp_next(const struct pcp *p); /* UINT64_MAX: never */

enum pcp_state pcp_state(const struct pcp *p);
const char *pcp_name(const struct pcp *p); /* of the protocol spoken: "pcp", "nat-pmp" */
bool pcp_is_refused(const struct pcp *p);  /* not all are mapped, and the router will not */
/* Of the i-th port wanted: true and *out when it is mapped. */
bool pcp_get(const struct pcp *p, size_t i, struct mapping *out);

/* A request to delete one mapping, which is forgotten; 0 when none is left. */
size_t pcp_delete(struct pcp *p, uint8_t dst[PCP_REQUEST_MAX]);

#endif
