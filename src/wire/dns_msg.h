/* dns_msg.h - messages of DNS (RFC 1035 s.4), also over multicast (RFC 6762): names with
 * compression, questions, records PTR, TXT, SRV, A and AAAA, the EDNS(0) record OPT (RFC 6891).
 * Pure: no I/O, no allocation.
 *
 * A message is a datagram, so what is cut short is malformed.  Records of other types are read with
 * their data left as it is.
 */
#ifndef GW_WIRE_DNS_MSG_H
#define GW_WIRE_DNS_MSG_H

#include "base/cursor.h"

#define DNS_HEADER     12
#define DNS_NAME_MAX   255 /* octets of a name, RFC 1035 s.3.1 */
#define DNS_LABEL_MAX  63
#define DNS_STRING_MAX 255 /* of one string of a TXT record */

enum dns_type {
    DNS_A = 1,
    DNS_SOA = 6,
    DNS_PTR = 12,
    DNS_TXT = 16,
    DNS_AAAA = 28,
    DNS_SRV = 33,
    DNS_OPT = 41,
    DNS_TKEY = 249, /* from here up to DNS_ANY: of questions only, and about no data (RFC 6895) */
    DNS_ANY = 255   /* of questions */
};

enum { DNS_IN = 1 };
/* The top bit of the class is another thing in mDNS (RFC 6762 s.18.12, s.18.13). */
#define DNS_UNICAST_WANTED   0x8000u /* of a question: an answer to us alone will do */
#define DNS_CACHE_FLUSH      0x8000u /* of a record: those of before hold no more */
#define DNS_CLASS(class)     ((uint16_t)((class) & 0x7fffu))

#define DNS_IS_ANSWER        0x8000u /* flags */
#define DNS_IS_AUTHORITATIVE 0x0400u
#define DNS_IS_TRUNCATED     0x0200u
#define DNS_WANTS_RECURSION  0x0100u
#define DNS_HAS_RECURSION    0x0080u
#define DNS_UNCHECKED_WANTED 0x0010u /* CD, RFC 4035 */
#define DNS_OPCODE           0x7800u
#define DNS_RCODE            0x000fu

enum dns_rcode {
    DNS_NOERROR = 0,
    DNS_FORMERR = 1,
    DNS_SERVFAIL = 2,
    DNS_NXDOMAIN = 3,
    DNS_NOTIMP = 4,
    DNS_REFUSED = 5,
    DNS_BADVERS = 16 /* the upper bits stand in OPT */
};

enum dns_section { DNS_QUESTIONS, DNS_ANSWERS, DNS_AUTHORITIES, DNS_ADDITIONALS, DNS_SECTIONS };

/* --- names */

struct dns_name { /* without compression: labels, each behind its length, and a zero at the end */
    uint8_t n;    /* octets used in b, the zero included */
    uint8_t b[DNS_NAME_MAX];
};

/* Reads `a.b.c`, with or without a final dot; any octet but a dot may stand in a label.  "" is the
 * root.  0, or GW_ESYNTAX: an empty label, too long. */
int dns_name_parse(struct bytes text, struct dns_name *out);
/* Puts a label before a name.  0 or GW_ESYNTAX, as above. */
int dns_name_join(struct bytes label, const struct dns_name *parent, struct dns_name *out);
struct bytes dns_name_first(const struct dns_name *n); /* label, a view; empty: the root */
bool dns_name_eq(const struct dns_name *a, const struct dns_name *b); /* whatever the case */
/* Is it one label and then the other name? */
bool dns_name_is_under(const struct dns_name *n, const struct dns_name *parent);

/* --- reading */

struct dns_msg { /* a message that is being read; the fields are dns_msg.c's but for id and flags */
    uint16_t id, flags;
    struct bytes in;
    size_t at;
    uint16_t left[DNS_SECTIONS]; /* not read yet, as the header counts them */
};

struct dns_question {
    struct dns_name name;
    uint16_t type, class_;
};

struct dns_record {
    enum dns_section section;
    struct dns_name name;
    uint16_t type, class_;
    uint32_t ttl_s;
    struct bytes data;      /* as it stands in the message; of A 4 octets, of AAAA 16; a view */
    struct dns_name target; /* PTR, SRV; else the root */
    uint16_t port;          /* SRV */
};

int dns_msg_read(struct bytes in, struct dns_msg *out); /* 0, or GW_EPROTO: no whole header */
/* The next one: 1; 0: no more; GW_EPROTO: malformed, and the rest of the message cannot be read.
 * Records come behind the questions: those not read yet are passed over. */
int dns_msg_question(struct dns_msg *m, struct dns_question *out);
int dns_msg_record(struct dns_msg *m, struct dns_record *out);

/* Takes the next string off the data of a TXT record.  False at the end. */
bool dns_txt_next(struct bytes *data, struct bytes *string);

struct dns_opt {         /* RFC 6891 s.6.1.3 */
    uint16_t udp_size;   /* octets of the largest UDP message that the sender takes */
    uint8_t rcode_high;  /* the upper bits of the answer's code */
    uint8_t version;     /* 0 */
    bool wants_security; /* DO, RFC 3225 */
};
/* False: the record is no OPT. */
bool dns_opt_read(const struct dns_record *r, struct dns_opt *out);

/* --- writing */

#define DNS_SUFFIXES_MAX 32 /* names that later ones may point to */

struct dns_wr { /* the fields are dns_msg.c's */
    uint8_t *p;
    size_t n, cap;
    uint16_t count[DNS_SECTIONS];
    uint16_t suffixes[DNS_SUFFIXES_MAX]; /* where they stand */
    size_t nsuffixes;
};

/* Begins a message, in room that the caller keeps until its end.  Sections are written in their
 * order.  Every put returns whether there was room; if not, the message is as before, and it is a
 * whole one after each. */
void dns_wr_init(struct dns_wr *w, struct span room, uint16_t id,
                 uint16_t flags); /* >= DNS_HEADER */
struct bytes dns_wr_bytes(const struct dns_wr *w);

bool dns_put_question(struct dns_wr *w, const struct dns_question *q);

struct dns_head { /* what all records begin with */
    enum dns_section section;
    const struct dns_name *name;
    uint16_t class_;
    uint32_t ttl_s;
};
bool dns_put_ptr(struct dns_wr *w, const struct dns_head *h, const struct dns_name *target);
/* False also when a string is longer than DNS_STRING_MAX. */
bool dns_put_txt(struct dns_wr *w, const struct dns_head *h, const struct bytes *strings, size_t n);
/* The target is not compressed (RFC 2782). */
bool dns_put_srv(struct dns_wr *w, const struct dns_head *h, uint16_t port,
                 const struct dns_name *target);
bool dns_put_ip(struct dns_wr *w, const struct dns_head *h, struct bytes ip); /* 4 or 16 octets */
/* A zone of one server: the times of its copies mean nothing, but `negative_s` is for how long an
 * answer without data holds (RFC 2308 s.4). */
bool dns_put_soa(struct dns_wr *w, const struct dns_head *h, const struct dns_name *server,
                 const struct dns_name *mailbox, uint32_t negative_s);
bool dns_put_opt(struct dns_wr *w, const struct dns_opt *o); /* among the additionals */

#endif
