/* dns_texts.h - the TXT records of a DNS answer.  Pure: no I/O, no allocation. */
#ifndef GW_NET_DNS_TEXTS_H
#define GW_NET_DNS_TEXTS_H

#include "base/cursor.h"

#define DNS_TEXTS_MAX 64

struct dns_texts {
    struct bytes v[DNS_TEXTS_MAX]; /* of each record its strings as one; views */
    size_t n;                      /* further records are not looked at */
    uint32_t ttl_s;                /* the least of all records of the answer, CNAMEs included */
};

/* Reads the answers of a message, whatever their names: who asks knows what for.  `room` holds
 * message.n octets, the texts.  0, GW_ENONAME: no TXT record, GW_EPROTO: malformed. */
int dns_texts_read(struct bytes message, uint8_t *room, struct dns_texts *out);

#endif
