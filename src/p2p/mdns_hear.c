/* mdns_hear.c - see mdns_hear.h. */
#include "p2p/mdns_hear.h"

#include "id/ipaddr.h"

static bool is_dialable(const struct multiaddr *a)
{
    struct ipaddr ip;
    uint16_t port;

    return multiaddr_as_socket(a, &ip, &port) && port && !ipaddr_is_wildcard(&ip) &&
           !ipaddr_is_loopback(&ip) && !ipaddr_is_link_local6(&ip) &&
           !(ip.family == 4 && ip.b[0] >= 224) && !(ip.family == 6 && ip.b[0] == 0xff);
}

static bool cut_prefix(struct bytes *s, const char *prefix)
{
    size_t n = strlen(prefix);
    if (s->n < n || memcmp(s->p, prefix, n) != 0)
        return false;
    s->p += n;
    s->n -= n;
    return true;
}

/* The first address says who the peer is; those of others are not its own. */
static void read_addr(struct lan_news *n, struct bytes text)
{
    struct multiaddr a;
    struct peerid peer;

    if (multiaddr_parse(text, &a) != 0 || !multiaddr_peer(&a, &peer))
        return;
    if (n->peer.n == 0)
        n->peer = peer;
    multiaddr_strip_peer(&a);
    if (peerid_eq(&peer, &n->peer) && n->naddrs < LAN_ADDRS_MAX && is_dialable(&a))
        n->addrs[n->naddrs++] = a;
}

static void read_string(struct lan_news *n, struct bytes s)
{
    if (cut_prefix(&s, MDNS_ATTRIBUTE)) {
        read_addr(n, s);
    } else if (cut_prefix(&s, MDNS_NAME_IS) && lan_name_ok(s)) {
        memcpy(n->name, s.p, s.n);
        n->name[s.n] = '\0';
    }
}

static void put_label(char to[LAN_LABEL_MAX + 1], const struct dns_name *instance)
{
    struct bytes label = dns_name_first(instance);
    memcpy(to, label.p, label.n);
    to[label.n] = '\0';
}

static void tell(struct lan_peers *peers, const struct mdns_self *self, const struct lan_news *n,
                 uint64_t now_ms)
{
    if (n->naddrs && !peerid_eq(&n->peer, &self->peer))
        lan_peers_hear(peers, n, now_ms);
}

/* Whose record it is, if it is one of another libp2p peer's. */
static const struct dns_name *owner(const struct mdns_self *self, const struct dns_record *r)
{
    const struct dns_name *instance = r->type == DNS_PTR ? &r->target : &r->name;

    if ((r->type != DNS_PTR && r->type != DNS_TXT) || DNS_CLASS(r->class_) != DNS_IN ||
        !dns_name_is_under(instance, &self->service) || dns_name_eq(instance, &self->instance))
        return NULL;
    return instance;
}

/* TXT records of one peer stand together. */
void mdns_hear(struct lan_peers *peers, const struct mdns_self *self, const struct mdns_peer *from,
               struct dns_msg *m, uint64_t now_ms)
{
    struct lan_news n = { 0 };
    struct dns_name whose = { 0 };
    struct dns_record r;
    struct bytes string;

    while (dns_msg_record(m, &r) > 0) {
        const struct dns_name *instance = owner(self, &r);
        if (instance && r.ttl_s == 0)
            lan_peers_bye(peers, dns_name_first(instance), &from->ip, now_ms);
        if (!instance || r.ttl_s == 0 || r.type != DNS_TXT)
            continue;
        if (!dns_name_eq(instance, &whose)) {
            tell(peers, self, &n, now_ms);
            n = (struct lan_news){ .from = from->ip, .ttl_s = r.ttl_s };
            put_label(n.label, instance);
            whose = *instance;
        }
        n.is_all |= (r.class_ & DNS_CACHE_FLUSH) != 0;
        while (dns_txt_next(&r.data, &string))
            read_string(&n, string);
    }
    tell(peers, self, &n, now_ms);
}
