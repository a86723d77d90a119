/* dns_subject.c - see dns_subject.h. */
#include "gate/dns_subject.h"

#include <stdio.h>
#include <strings.h>

#define LOOPBACK4 "1.0.0.127.in-addr.arpa"
#define LOOPBACK6 "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa"

/* A name that stands here, in this file. */
static struct dns_name parse(const char *text)
{
    struct dns_name n;
    dns_name_parse(bytes_of(text), &n);
    return n;
}

/* The name from the label at `at` on. */
static struct dns_name suffix(const struct dns_name *n, size_t at)
{
    struct dns_name out = { .n = (uint8_t)(n->n - at) };
    memcpy(out.b, n->b + at, out.n);
    return out;
}

static size_t next_label(const struct dns_name *n, size_t at)
{
    return n->b[at] ? at + 1u + n->b[at] : at;
}

static struct bytes label(const struct dns_name *n, size_t at)
{
    return (struct bytes){ n->b + at + 1, n->b[at] };
}

/* The name as text, from the label at `at` on.  False when it is no host name. */
static bool print_host(const struct dns_name *n, size_t at, char out[NAME_MAX_OCTETS + 1])
{
    struct name unused;
    char *to = out;

    for (; n->b[at]; at = next_label(n, at)) {
        struct bytes l = label(n, at);
        if (memchr(l.p, '.', l.n))
            return false;
        if (to != out)
            *to++ = '.';
        memcpy(to, l.p, l.n);
        to += l.n;
    }
    *to = '\0';
    return name_parse((struct bytes){ (const uint8_t *)out, (size_t)(to - out) }, &unused) == 0;
}

static bool is_label(struct bytes l, const char *text)
{
    return l.n == strlen(text) && strncasecmp((const char *)l.p, text, l.n) == 0;
}

/* `_ssh`, as a service's name. */
static bool read_service_name(struct bytes l, char out[SERVICE_NAME_MAX + 1])
{
    if (l.n < 2 || l.p[0] != '_')
        return false;
    for (size_t i = 1; i < l.n; i++)
        out[i - 1] = (char)(l.p[i] >= 'A' && l.p[i] <= 'Z' ? l.p[i] + ('a' - 'A') : l.p[i]);
    out[l.n - 1] = '\0';
    return service_name_ok((struct bytes){ (uint8_t *)out, l.n - 1 });
}

static bool is_protocol(struct bytes l, bool *is_udp)
{
    *is_udp = is_label(l, "_udp");
    return *is_udp || is_label(l, "_tcp");
}

/* `_ssh._tcp.` or `_tcp.` before a host.  Returns where the host begins; 0: neither. */
static size_t read_service(const struct dns_name *n, struct dns_subject *out)
{
    size_t second = next_label(n, 0);

    if (is_protocol(label(n, 0), &out->is_udp))
        return second;
    if (is_protocol(label(n, second), &out->is_udp) && read_service_name(label(n, 0), out->service))
        return next_label(n, second);
    return 0;
}

static void read_host(const struct dns_name *n, struct dns_subject *out)
{
    size_t at = read_service(n, out);
    char host[NAME_MAX_OCTETS + 1];

    if (!at)
        out->service[0] = '\0';
    out->about = at ? DNS_ABOUT_SERVICE : DNS_ABOUT_HOST;
    out->owner = suffix(n, at);
    out->zone = suffix(n, next_label(n, at));
    if (print_host(n, at, host))
        memcpy(out->host, host, sizeof host);
    for (; n->b[at]; at = next_label(n, at))
        if (print_host(n, at, out->tail))
            return;
    out->tail[0] = '\0';
}

/* A decimal number as inet_ntoa prints it; else -1. */
static int read_octet(struct bytes l)
{
    int v = 0;

    if (l.n == 0 || l.n > 3 || (l.n > 1 && l.p[0] == '0'))
        return -1;
    for (size_t i = 0; i < l.n; i++) {
        if (l.p[i] < '0' || l.p[i] > '9')
            return -1;
        v = v * 10 + (l.p[i] - '0');
    }
    return v <= 255 ? v : -1;
}

/* `nlabels` stand before the zone of the network. */
static void read_address(const struct dns_name *n, size_t nlabels, const struct ipaddr *net,
                         struct dns_subject *out)
{
    int last = nlabels ? read_octet(label(n, 0)) : 0;
    int third = nlabels > 1 ? read_octet(label(n, next_label(n, 0))) : 0;

    out->about = nlabels < 2 && last >= 0 ? DNS_ABOUT_NETWORK : DNS_ABOUT_ADDRESS;
    if (nlabels != 2 || last < 0 || third < 0)
        return;
    out->ip = *net;
    out->ip.b[2] = (uint8_t)third;
    out->ip.b[3] = (uint8_t)last;
}

/* How many labels stand before `end`; -1: the name ends otherwise. */
static int labels_before(const struct dns_name *n, const struct dns_name *end)
{
    size_t at = 0;

    for (int before = 0;; before++) {
        struct dns_name rest = suffix(n, at);
        if (dns_name_eq(&rest, end))
            return before;
        if (!n->b[at])
            return -1;
        at = next_label(n, at);
    }
}

static bool ends_with(const struct dns_name *n, const char *end)
{
    struct dns_name e = parse(end);
    return labels_before(n, &e) >= 0;
}

/* Is it an address of localhost (0 labels before itself), or above one (more of them)? */
static int labels_above_loopback(const struct dns_name *n)
{
    struct dns_name four = parse(LOOPBACK4), six = parse(LOOPBACK6);
    int before = labels_before(&four, n);
    return before >= 0 ? before : labels_before(&six, n);
}

void dns_subject_of(const struct dns_name *name, const struct ipaddr *net, struct dns_subject *out)
{
    char text[sizeof "255.255.in-addr.arpa"];

    snprintf(text, sizeof text, "%d.%d.in-addr.arpa", net->b[1], net->b[0]);
    struct dns_name network = parse(text);
    int before = labels_before(name, &network), above = labels_above_loopback(name);

    *out = (struct dns_subject){ .about = DNS_ABOUT_ELSEWHERE, .zone = parse("") };
    if (before >= 0) {
        out->zone = network;
        read_address(name, (size_t)before, net, out);
    } else if (above == 0) {
        out->about = DNS_ABOUT_LOOPBACK;
        out->zone = *name;
    } else if (above > 0 || labels_before(&network, name) >= 0) {
        out->about = DNS_ABOUT_ABOVE;
    } else if (ends_with(name, "localhost")) {
        out->about = DNS_ABOUT_LOCALHOST;
        out->zone = parse("localhost");
    } else if (ends_with(name, "invalid")) {
        out->about = DNS_ABOUT_NOBODY;
    } else if (!ends_with(name, "in-addr.arpa") && !ends_with(name, "ip6.arpa")) {
        read_host(name, out);
    }
}
