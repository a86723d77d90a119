/* dns_answer.h - from the octets of a query to its question, and from what is known of its subject
 * (gate/dns_subject.h) to the octets of the answer.  Pure.
 *
 *   NAME              A      the stable address (so does ANY, RFC 8482)
 *                     TXT    "ssh=22" "dns=53/udp": the services
 *   _ssh._tcp.NAME    SRV    port 22 of NAME (RFC 2782), and its address besides
 *   y.x.B.A.in-addr.arpa     PTR of a stable address: the name of its peer
 *   localhost         A, AAAA  127.0.0.1, ::1; PTR back
 *
 * Anything else of these is no data: NOERROR with the SOA that says for how long (RFC 2308).
 */
#ifndef GW_GATE_DNS_ANSWER_H
#define GW_GATE_DNS_ANSWER_H

#include "gate/dns_subject.h"
#include "gate/virtual.h"

#define DNS_ANSWER_UDP_MIN  512  /* octets that a client without EDNS takes, RFC 1035 s.2.3.4 */
#define DNS_ANSWER_UDP_MAX  1232 /* that we send and ask for: what passes every network */
#define DNS_ANSWER_MAX      8192 /* of any answer made here */
#define DNS_ANSWER_TTL_S    60
#define DNS_ANSWER_NO_TTL_S 10 /* of what is not there: it may be a moment later */

struct dns_query {
    uint16_t id, flags;
    bool has_question;
    struct dns_question question;
    bool has_opt;
    uint16_t udp_size;    /* of it */
    bool wants_security;  /* likewise */
    enum dns_rcode fault; /* that it is answered with, whatever the question; DNS_NOERROR: none */
};

/* 0, or GW_EPROTO: it gets no answer at all (no whole header, or an answer itself).  Faults: an
 * opcode other than QUERY (NOTIMP); not one question (FORMERR, RFC 9619), malformed, more than one
 * OPT; a version of EDNS above 0 (BADVERS); a class other than IN, and types that are no data of a
 * name, ANY excepted (REFUSED). */
int dns_query_read(struct bytes in, struct dns_query *out);
/* How long an answer by UDP may be. */
size_t dns_query_limit(const struct dns_query *q);

/* Is it about what the peer has, rather than about whether the name is there? */
bool dns_answer_needs_peer(const struct dns_query *q, const struct dns_subject *s);

struct dns_known {
    bool is_there;           /* else NXDOMAIN */
    const struct ipaddr *ip; /* of the host; NULL: not looked up, no question needs it */
    const struct virtual_service *services; /* of the host */
    size_t n;
    bool is_complete; /* else there may be more of them: SERVFAIL for one that is not here */
    const char *name; /* of an address: its peer's */
};

/* Writes the answer, of `limit` octets at most and of room.n, both DNS_ANSWER_UDP_MIN or more; what
 * does not fit leaves TC set.  Returns a view of the
 * room. */
struct bytes dns_answer_write(const struct dns_query *q, const struct dns_subject *s,
                              const struct dns_known *k, size_t limit, struct span room);
/* The same when there is nothing to say but a code. */
struct bytes dns_answer_code(const struct dns_query *q, enum dns_rcode rcode, struct span room);

#endif
