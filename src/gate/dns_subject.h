/* dns_subject.h - what a question to the DNS server is about, by the form of its name.  Pure. */
#ifndef GW_GATE_DNS_SUBJECT_H
#define GW_GATE_DNS_SUBJECT_H

#include "id/multiaddr.h"
#include "name/name.h"
#include "svc/registry.h"
#include "wire/dns_msg.h"

enum dns_about {
    DNS_ABOUT_HOST,      /* host */
    DNS_ABOUT_SERVICE,   /* service of host; "": what stands above the services */
    DNS_ABOUT_ADDRESS,   /* ip, of the network of stable addresses */
    DNS_ABOUT_NETWORK,   /* what stands above these addresses */
    DNS_ABOUT_LOCALHOST, /* `localhost` and all below it (RFC 6761 s.6.3) */
    DNS_ABOUT_LOOPBACK,  /* the addresses of localhost: 127.0.0.1, ::1 */
    DNS_ABOUT_NOBODY,    /* `invalid` and all below it (RFC 6761 s.6.4) */
    DNS_ABOUT_ABOVE,     /* above all these addresses: the root, `arpa`, `in-addr.arpa` and so on */
    DNS_ABOUT_ELSEWHERE  /* other addresses */
};

struct dns_subject {
    enum dns_about about;
    char host[NAME_MAX_OCTETS + 1];     /* as asked; "": it is none, for its octets */
    char tail[NAME_MAX_OCTETS + 1];     /* host, or as much of its end as is one */
    char service[SERVICE_NAME_MAX + 1]; /* lower case */
    bool is_udp;
    struct ipaddr ip;      /* family 0: no address at all */
    struct dns_name owner; /* host, of SERVICE, too */
    struct dns_name zone;  /* what is said to have none of it */
};

/* `net`: A.B.0.0, of stable addresses. */
void dns_subject_of(const struct dns_name *name, const struct ipaddr *net, struct dns_subject *out);

#endif
