/* mdns_self.h - the records by which this node is found on the LAN (mdns_core.h has the picture).
 * Pure. */
#ifndef GW_P2P_MDNS_SELF_H
#define GW_P2P_MDNS_SELF_H

#include "p2p/lan_peers.h"
#include "wire/dns_msg.h"

#define MDNS_ADDRS_MAX 32
#define MDNS_RANDOM    20 /* octets that the label is made of */
#define MDNS_ATTRIBUTE "dnsaddr="
#define MDNS_NAME_IS   "gw-name="

enum mdns_want {                     /* what is asked for */
                 MDNS_WANT_PEER = 1, /* the PTR, and all that hangs on it */
                 MDNS_WANT_META = 2, /* which services there are, RFC 6763 s.9 */
                 MDNS_WANT_TXT = 4,
                 MDNS_WANT_SRV = 8,
                 MDNS_WANT_HOST = 16,
};

struct mdns_self { /* to be read */
    struct peerid peer;
    struct dns_name service, meta, instance, host;
    char name[sizeof MDNS_NAME_IS + LAN_LABEL_MAX]; /* with its attribute; "" = none */
    struct multiaddr addrs[MDNS_ADDRS_MAX];
    char texts[MDNS_ADDRS_MAX][DNS_STRING_MAX + 1]; /* with their attribute */
    size_t naddrs;
};

/* `name` as lan_name_ok has it, or "". */
void mdns_self_init(struct mdns_self *s, const struct peerid *peer, const char *name,
                    const uint8_t random[MDNS_RANDOM]);
/* Those that do not fit a string of a TXT record are left out.  False: they are as before. */
bool mdns_self_set_addrs(struct mdns_self *s, const struct multiaddr *addrs, size_t n);

/* What of ours a question asks for: of enum mdns_want; 0: nothing. */
unsigned mdns_self_wanted(const struct mdns_self *s, const struct dns_question *q);
/* Puts it into an answer that has no records yet.  Of the addresses those from *told on, as many as
 * there is room for, at least one when there is room for MDNS_MSG_MAX; *told goes on by them. */
void mdns_self_put(const struct mdns_self *s, struct dns_wr *w, unsigned want, uint32_t ttl_s,
                   uint16_t flush, size_t *told);

#endif
