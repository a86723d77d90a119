/* pcp_msg.h - messages of PCP (RFC 6887 s.7, s.11.1) and of NAT-PMP (RFC 6886 s.3), which share a
 * port of the router: asking for the mapping of a port.  Pure: no I/O, no allocation.
 *
 * A message is a datagram, so what is cut short is malformed.
 */
#ifndef GW_WIRE_PCP_MSG_H
#define GW_WIRE_PCP_MSG_H

#include "base/cursor.h"

#define PCP_PORT        5351
#define PCP_MAX         1100 /* octets of any message, RFC 6887 s.7 */
#define PCP_REQUEST_MAX 60   /* octets of our longest */
#define PCP_NONCE_LEN   12

enum pcp_version { PCP_V0_NATPMP = 0, PCP_V2 = 2 };

enum pcp_proto { PCP_TCP = 6, PCP_UDP = 17 }; /* as in IP */

/* Results of PCP, RFC 6887 s.7.4; of NAT-PMP only 0 to 5, with other meanings but for these. */
enum pcp_result { PCP_SUCCESS = 0, PCP_UNSUPP_VERSION = 1, PCP_NOT_AUTHORIZED = 2 };

struct pcp_map {   /* what both say of one mapping */
    uint8_t proto; /* enum pcp_proto */
    uint16_t internal_port;
    uint16_t external_port;       /* of a request: wished for; 0: any */
    uint32_t lifetime_s;          /* of a request: 0 deletes */
    uint8_t nonce[PCP_NONCE_LEN]; /* PCP only */
    uint8_t external[16];         /* PCP only: the address; IPv4 ones are v4-mapped */
};

enum pcp_kind {
    PCP_IS_MAP,   /* `map` is of this mapping, also beside an error */
    PCP_IS_ADDR,  /* NAT-PMP: map.external is the router's address (zero beside an error) */
    PCP_IS_ERROR, /* of no mapping that it names: the request was not understood */
};

struct pcp_answer {
    uint8_t version; /* enum pcp_version, but any in an UNSUPP_VERSION: what the router speaks */
    enum pcp_kind kind;
    uint16_t result;  /* enum pcp_result; 0 is success */
    uint32_t epoch_s; /* the age of the router's table */
    uint32_t retry_s; /* PCP, beside an error: how long it will last */
    struct pcp_map map;
};

/* 0; GW_EPROTO: malformed; GW_EUNSUP: a request, an answer to what is not asked here. */
int pcp_msg_decode(struct bytes in, struct pcp_answer *out);

/* Requests for a mapping; `client` is the address that it is sent from.  And NAT-PMP's for the
 * router's address.  Return the octets put, or GW_ENOMEM. */
int pcp_msg_encode_map(uint8_t *dst, size_t cap, const struct pcp_map *m, const uint8_t client[16]);
int pcp_msg_encode_natpmp_map(uint8_t *dst, size_t cap, const struct pcp_map *m);
int pcp_msg_encode_natpmp_addr(uint8_t *dst, size_t cap);

#endif
