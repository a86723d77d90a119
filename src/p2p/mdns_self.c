/* mdns_self.c - see mdns_self.h. */
#include "p2p/mdns_self.h"

#include <stdio.h>

#include "base/basex.h"

#define LABEL_LEN 32 /* MDNS_RANDOM octets in base32 */

void mdns_self_init(struct mdns_self *s, const struct peerid *peer, const char *name,
                    const uint8_t random[MDNS_RANDOM])
{
    char label[LABEL_LEN + 1] = "";
    struct dns_name p2p;

    *s = (struct mdns_self){ .peer = *peer };
    if (*name)
        snprintf(s->name, sizeof s->name, MDNS_NAME_IS "%s", name);
    basex_encode32((struct bytes){ random, MDNS_RANDOM }, label, sizeof label);
    dns_name_parse(bytes_of("_services._dns-sd._udp.local"), &s->meta);
    dns_name_parse(bytes_of("_p2p._udp.local"), &s->service);
    dns_name_parse(bytes_of("p2p.local"), &p2p);
    dns_name_join(bytes_of(label), &s->service, &s->instance);
    dns_name_join(bytes_of(label), &p2p, &s->host);
}

bool mdns_self_set_addrs(struct mdns_self *s, const struct multiaddr *addrs, size_t n)
{
    char text[MULTIADDR_STR_MAX];

    if (multiaddrs_eq(s->addrs, s->naddrs, addrs, n))
        return false;
    s->naddrs = 0;
    for (size_t i = 0; i < n && s->naddrs < MDNS_ADDRS_MAX; i++) {
        struct multiaddr whole = addrs[i];
        char *to = s->texts[s->naddrs];
        if (multiaddr_append_peer(&whole, &s->peer) != 0 ||
            snprintf(to, DNS_STRING_MAX + 1, MDNS_ATTRIBUTE "%s", multiaddr_print(&whole, text)) >
                DNS_STRING_MAX)
            continue;
        s->addrs[s->naddrs++] = addrs[i];
    }
    return true;
}

unsigned mdns_self_wanted(const struct mdns_self *s, const struct dns_question *q)
{
    static const struct {
        uint16_t type;
        unsigned service, meta, instance, host;
    } table[] = {
        { DNS_PTR, MDNS_WANT_PEER, MDNS_WANT_META, 0, 0 },
        { DNS_TXT, 0, 0, MDNS_WANT_TXT, 0 },
        { DNS_SRV, 0, 0, MDNS_WANT_SRV, 0 },
        { DNS_A, 0, 0, 0, MDNS_WANT_HOST },
        { DNS_AAAA, 0, 0, 0, MDNS_WANT_HOST },
        { DNS_ANY, MDNS_WANT_PEER, MDNS_WANT_META, MDNS_WANT_TXT | MDNS_WANT_SRV, MDNS_WANT_HOST },
    };

    if (DNS_CLASS(q->class_) != DNS_IN)
        return 0;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].type != q->type)
            continue;
        return (dns_name_eq(&q->name, &s->service) ? table[i].service : 0) |
               (dns_name_eq(&q->name, &s->meta) ? table[i].meta : 0) |
               (dns_name_eq(&q->name, &s->instance) ? table[i].instance : 0) |
               (dns_name_eq(&q->name, &s->host) ? table[i].host : 0);
    }
    return 0;
}

/* As many addresses from *told on as there is room for, in one record: some read no second one. The
 * name is with the first of them. */
static void put_addrs(const struct mdns_self *s, struct dns_wr *w, const struct dns_head *h,
                      size_t *told)
{
    struct bytes v[1 + MDNS_ADDRS_MAX];
    size_t n = 0;

    if (*s->name && *told == 0)
        v[n++] = bytes_of(s->name);
    for (size_t i = *told; i < s->naddrs; i++)
        v[n++] = bytes_of(s->texts[i]);
    size_t named = n - (s->naddrs - *told);
    while (n > named && !dns_put_txt(w, h, v, n))
        n--;
    *told += n - named;
}

/* The port that SRV tells: of QUIC, if there is one. */
static uint16_t port_of(const struct mdns_self *s)
{
    uint16_t port = 0;
    struct ipaddr ip;

    for (size_t i = 0; i < s->naddrs; i++)
        if (multiaddr_as_quic(&s->addrs[i], &ip, &port))
            return port;
    if (s->naddrs)
        multiaddr_as_socket(&s->addrs[0], &ip, &port);
    return port;
}

static void put_host(const struct mdns_self *s, struct dns_wr *w, const struct dns_head *h)
{
    struct ipaddr said[MDNS_ADDRS_MAX];
    size_t n = 0;
    uint16_t port;

    for (size_t i = 0; i < s->naddrs; i++) {
        struct ipaddr *ip = &said[n];
        size_t k = 0;
        if (!multiaddr_as_socket(&s->addrs[i], ip, &port))
            continue;
        while (!ipaddr_eq(&said[k], ip))
            k++;
        if (k == n && dns_put_ip(w, h, (struct bytes){ ip->b, ip->family == 4 ? 4 : 16 }))
            n++;
    }
}

void mdns_self_put(const struct mdns_self *s, struct dns_wr *w, unsigned want, uint32_t ttl_s,
                   uint16_t flush, size_t *told)
{
    enum dns_section place = want & MDNS_WANT_PEER ? DNS_ADDITIONALS : DNS_ANSWERS;
    struct dns_head shared = { DNS_ANSWERS, &s->meta, DNS_IN, ttl_s };
    struct dns_head own = { place, &s->instance, (uint16_t)(DNS_IN | flush), ttl_s };

    if (want & MDNS_WANT_META)
        dns_put_ptr(w, &shared, &s->service);
    shared.name = &s->service;
    if (want & MDNS_WANT_PEER)
        dns_put_ptr(w, &shared, &s->instance);
    if (want & (MDNS_WANT_PEER | MDNS_WANT_TXT))
        put_addrs(s, w, &own, told);
    else
        *told = s->naddrs;
    if (want & (MDNS_WANT_PEER | MDNS_WANT_SRV))
        dns_put_srv(w, &own, port_of(s), &s->host);
    own.name = &s->host;
    own.section = want & MDNS_WANT_HOST ? place : DNS_ADDITIONALS;
    if (want & (MDNS_WANT_PEER | MDNS_WANT_SRV | MDNS_WANT_HOST))
        put_host(s, w, &own);
}
