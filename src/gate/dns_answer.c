/* dns_answer.c - see dns_answer.h. */
#include "gate/dns_answer.h"

#include <stdio.h>

#include "base/err.h"

#define OPCODE_QUERY 0

static const struct ipaddr localhost4 = { .family = 4, .b = { 127, 0, 0, 1 } };
static const struct ipaddr localhost6 = { .family = 6, .b = { [15] = 1 } };

/* --- the query */

/* The records behind the question, of which OPT alone is of interest. */
static enum dns_rcode read_records(struct dns_msg *m, struct dns_query *out)
{
    struct dns_record r;
    struct dns_opt opt;
    uint8_t version = 0;
    int rc;

    while ((rc = dns_msg_record(m, &r)) == 1) {
        if (r.type != DNS_OPT)
            continue;
        if (out->has_opt || r.section != DNS_ADDITIONALS || !dns_opt_read(&r, &opt))
            return DNS_FORMERR;
        out->has_opt = true;
        out->udp_size = opt.udp_size;
        out->wants_security = opt.wants_security;
        version = opt.version;
    }
    if (rc < 0)
        return DNS_FORMERR;
    return version ? DNS_BADVERS : DNS_NOERROR;
}

static enum dns_rcode judge_question(const struct dns_question *q)
{
    if (q->type == DNS_OPT || q->type == 0)
        return DNS_FORMERR;
    if (q->class_ != DNS_IN || (q->type >= DNS_TKEY && q->type < DNS_ANY))
        return DNS_REFUSED;
    return DNS_NOERROR;
}

int dns_query_read(struct bytes in, struct dns_query *out)
{
    struct dns_msg m;
    struct dns_question second;

    *out = (struct dns_query){ 0 };
    if (dns_msg_read(in, &m) != 0 || m.flags & DNS_IS_ANSWER)
        return GW_EPROTO;
    out->id = m.id;
    out->flags = m.flags;
    if ((m.flags & DNS_OPCODE) != OPCODE_QUERY) {
        out->fault = DNS_NOTIMP;
        return 0;
    }
    out->has_question = dns_msg_question(&m, &out->question) == 1 &&
                        dns_msg_question(&m, &second) == 0;
    out->fault = out->has_question ? read_records(&m, out) : DNS_FORMERR;
    if (!out->fault)
        out->fault = judge_question(&out->question);
    return 0;
}

size_t dns_query_limit(const struct dns_query *q)
{
    if (!q->has_opt || q->udp_size < DNS_ANSWER_UDP_MIN)
        return DNS_ANSWER_UDP_MIN;
    return q->udp_size < DNS_ANSWER_UDP_MAX ? q->udp_size : DNS_ANSWER_UDP_MAX;
}

/* --- the answer */

bool dns_answer_needs_peer(const struct dns_query *q, const struct dns_subject *s)
{
    uint16_t t = q->question.type;

    if (s->about == DNS_ABOUT_SERVICE)
        return *s->service != '\0';
    return s->about == DNS_ABOUT_HOST && (t == DNS_A || t == DNS_TXT || t == DNS_ANY);
}

enum extent { EVERYTHING, NO_EXTRAS, NO_DATA }; /* of what there is to say, until it fits */

struct answer {
    const struct dns_query *q;
    const struct dns_subject *s;
    const struct dns_known *k;
    struct dns_wr *w;
    bool is_short; /* something did not fit */
};

static struct dns_head head(enum dns_section section, const struct dns_name *name, uint32_t ttl_s)
{
    return (struct dns_head){ section, name, DNS_IN, ttl_s };
}

static bool asks(const struct answer *a, enum dns_type type)
{
    return a->q->question.type == type;
}

/* Ports of the names file have no name to be asked for by. */
static const struct virtual_service *find_service(const struct answer *a)
{
    for (size_t i = 0; i < a->k->n && *a->s->service; i++)
        if (strcmp(a->k->services[i].name, a->s->service) == 0 &&
            a->k->services[i].is_udp == a->s->is_udp)
            return &a->k->services[i];
    return NULL;
}

static bool has_services(const struct answer *a)
{
    for (size_t i = 0; i < a->k->n; i++)
        if (*a->k->services[i].name)
            return true;
    return false;
}

static bool put_address(struct answer *a, enum dns_section section, const struct dns_name *of,
                        const struct ipaddr *ip)
{
    struct dns_head h = head(section, of, DNS_ANSWER_TTL_S);
    return dns_put_ip(a->w, &h, (struct bytes){ ip->b, ip->family == 4 ? 4 : 16 });
}

/* The one for the type asked for; false: it has none. */
static bool put_own_address(struct answer *a, const struct ipaddr *four, const struct ipaddr *six)
{
    const struct ipaddr *ip = asks(a, DNS_A) || asks(a, DNS_ANY) ? four
                              : asks(a, DNS_AAAA)                ? six
                                                                 : NULL;
    if (ip)
        a->is_short |= !put_address(a, DNS_ANSWERS, &a->q->question.name, ip);
    return ip != NULL;
}

static bool put_services(struct answer *a)
{
    static char text[VIRTUAL_PORTS_MAX][SERVICE_NAME_MAX + sizeof "=65535/udp"];
    struct bytes strings[VIRTUAL_PORTS_MAX];
    struct dns_head h = head(DNS_ANSWERS, &a->q->question.name, DNS_ANSWER_TTL_S);
    size_t n = 0;

    for (size_t i = 0; i < a->k->n && n < VIRTUAL_PORTS_MAX; i++) {
        const struct virtual_service *v = &a->k->services[i];
        if (!*v->name)
            continue;
        snprintf(text[n], sizeof text[n], "%s=%u%s", v->name, v->port, v->is_udp ? "/udp" : "");
        strings[n] = bytes_of(text[n]);
        n++;
    }
    if (!n)
        return false;
    a->is_short |= !dns_put_txt(a->w, &h, strings, n);
    return true;
}

static bool put_name(struct answer *a)
{
    struct dns_head h = head(DNS_ANSWERS, &a->q->question.name, DNS_ANSWER_TTL_S);
    struct dns_name name;

    if (!a->k->name || dns_name_parse(bytes_of(a->k->name), &name) != 0)
        return false;
    a->is_short |= !dns_put_ptr(a->w, &h, &name);
    return true;
}

static bool put_srv(struct answer *a, enum extent extent)
{
    const struct virtual_service *v = find_service(a);
    struct dns_head h = head(DNS_ANSWERS, &a->q->question.name, DNS_ANSWER_TTL_S);

    if (!v)
        return false;
    a->is_short |= !dns_put_srv(a->w, &h, v->port, &a->s->owner);
    if (extent == EVERYTHING && a->k->ip)
        a->is_short |= !put_address(a, DNS_ADDITIONALS, &a->s->owner, a->k->ip);
    return true;
}

/* The records that were asked for; false when there are none. */
static bool put_data(struct answer *a, enum extent extent)
{
    switch (a->s->about) {
    case DNS_ABOUT_HOST:
        return put_own_address(a, a->k->ip, NULL) || (asks(a, DNS_TXT) && put_services(a));
    case DNS_ABOUT_LOCALHOST:
        return put_own_address(a, &localhost4, &localhost6);
    case DNS_ABOUT_SERVICE:
        return (asks(a, DNS_SRV) || asks(a, DNS_ANY)) && put_srv(a, extent);
    case DNS_ABOUT_ADDRESS:
    case DNS_ABOUT_LOOPBACK:
        return (asks(a, DNS_PTR) || asks(a, DNS_ANY)) && put_name(a);
    default:
        return false;
    }
}

static void put_soa(struct answer *a)
{
    struct dns_head h = head(DNS_AUTHORITIES, &a->s->zone, DNS_ANSWER_NO_TTL_S);
    struct dns_name server, mailbox;

    dns_name_parse(bytes_of("localhost"), &server);
    dns_name_parse(bytes_of("nobody.invalid"), &mailbox);
    a->is_short |= !dns_put_soa(a->w, &h, &server, &mailbox, DNS_ANSWER_NO_TTL_S);
}

/* Header and question.  Recursion is there for who asks us: we look our names up in full, and
 * clients like nslookup pass over a server without it. */
static void begin(struct dns_wr *w, const struct dns_query *q, unsigned flags, struct span room)
{
    flags |= DNS_IS_ANSWER | DNS_HAS_RECURSION |
             (q->flags & (DNS_OPCODE | DNS_WANTS_RECURSION | DNS_UNCHECKED_WANTED));
    dns_wr_init(w, room, q->id, (uint16_t)flags);
    if (q->has_question)
        dns_put_question(w, &q->question);
}

static bool put_opt(struct dns_wr *w, const struct dns_query *q, enum dns_rcode rcode)
{
    struct dns_opt o = { .udp_size = DNS_ANSWER_UDP_MAX,
                         .rcode_high = (uint8_t)((unsigned)rcode >> 4),
                         .wants_security = q->wants_security };
    return !q->has_opt || dns_put_opt(w, &o);
}

struct bytes dns_answer_code(const struct dns_query *q, enum dns_rcode rcode, struct span room)
{
    struct dns_wr w;

    begin(&w, q, rcode & DNS_RCODE, room);
    put_opt(&w, q, rcode);
    return dns_wr_bytes(&w);
}

/* A service or the services of a peer that has not said what it has. */
static bool is_unknown(const struct answer *a)
{
    if (!a->k->is_there || a->k->is_complete)
        return false;
    return (a->s->about == DNS_ABOUT_SERVICE && *a->s->service && !find_service(a)) ||
           (a->s->about == DNS_ABOUT_HOST && asks(a, DNS_TXT) && !has_services(a));
}

static bool is_there(const struct answer *a)
{
    if (a->s->about == DNS_ABOUT_SERVICE && *a->s->service)
        return a->k->is_there && find_service(a);
    return a->k->is_there;
}

struct bytes dns_answer_write(const struct dns_query *q, const struct dns_subject *s,
                              const struct dns_known *k, size_t limit, struct span room)
{
    struct dns_wr w;
    struct answer a = { .q = q, .s = s, .k = k, .w = &w };
    unsigned flags = DNS_IS_AUTHORITATIVE;

    if (is_unknown(&a))
        return dns_answer_code(q, DNS_SERVFAIL, room);
    if (!is_there(&a))
        flags |= DNS_NXDOMAIN;
    if (room.n > limit)
        room.n = limit;
    for (enum extent extent = EVERYTHING; extent <= NO_DATA; extent++) {
        unsigned truncated = extent == NO_DATA ? DNS_IS_TRUNCATED : 0;
        a.is_short = false;
        begin(&w, q, flags | truncated, room);
        if (extent != NO_DATA && (flags & DNS_NXDOMAIN || !put_data(&a, extent)))
            put_soa(&a);
        a.is_short |= !put_opt(&w, q, DNS_NOERROR);
        if (!a.is_short)
            break;
    }
    return dns_wr_bytes(&w);
}
