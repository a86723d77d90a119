/* dns_msg.c - see dns_msg.h. */
#include "wire/dns_msg.h"

#include <assert.h>

#include "base/err.h"

#define POINTER     0xc0u   /* the two bits of a length octet that make it one, RFC 1035 s.4.1.4 */
#define POINTER_MAX 0x3fffu /* where it may lead */
#define OPT_DO      0x8000u

static const struct dns_name root = { .n = 1 };

/* --- names */

/* Appends a label; room for the final zero stays. */
static bool add_label(struct dns_name *n, struct bytes label)
{
    if (label.n == 0 || label.n > DNS_LABEL_MAX || n->n + 1 + label.n + 1 > DNS_NAME_MAX)
        return false;
    n->b[n->n] = (uint8_t)label.n;
    memcpy(n->b + n->n + 1, label.p, label.n);
    n->n = (uint8_t)(n->n + 1 + label.n);
    return true;
}

static void end_name(struct dns_name *n)
{
    n->b[n->n++] = 0;
}

int dns_name_parse(struct bytes text, struct dns_name *out)
{
    *out = (struct dns_name){ 0 };
    if (text.n && text.p[text.n - 1] == '.')
        text.n--;
    for (size_t at = 0; at < text.n;) {
        const uint8_t *dot = memchr(text.p + at, '.', text.n - at);
        size_t end = dot ? (size_t)(dot - text.p) : text.n;
        if (!add_label(out, (struct bytes){ text.p + at, end - at }) || end + 1 == text.n)
            return GW_ESYNTAX;
        at = end + 1;
    }
    end_name(out);
    return 0;
}

int dns_name_join(struct bytes label, const struct dns_name *parent, struct dns_name *out)
{
    struct dns_name joined = { 0 };

    if (!add_label(&joined, label) || joined.n + parent->n > DNS_NAME_MAX)
        return GW_ESYNTAX;
    memcpy(joined.b + joined.n, parent->b, parent->n);
    joined.n = (uint8_t)(joined.n + parent->n);
    *out = joined;
    return 0;
}

struct bytes dns_name_first(const struct dns_name *n)
{
    return (struct bytes){ n->b + 1, n->b[0] };
}

static uint8_t lower(uint8_t c)
{
    return (uint8_t)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* Lengths of labels are below 64, where there are no letters. */
static bool same(const uint8_t *a, size_t na, const uint8_t *b, size_t nb)
{
    if (na != nb)
        return false;
    for (size_t i = 0; i < na; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

bool dns_name_eq(const struct dns_name *a, const struct dns_name *b)
{
    return same(a->b, a->n, b->b, b->n);
}

bool dns_name_is_under(const struct dns_name *n, const struct dns_name *parent)
{
    size_t label = 1u + n->b[0];
    return label > 1 && n->n > label && same(n->b + label, n->n - label, parent->b, parent->n);
}

/* Reads the name at `at`.  Each pointer has to lead before the one that led here and before the
 * name itself, so there is an end.  Returns the offset behind the name, or 0: malformed. */
static size_t read_name(struct bytes in, size_t at, struct dns_name *out)
{
    size_t limit = at, end = 0;

    *out = (struct dns_name){ 0 };
    while (at < in.n) {
        uint8_t n = in.p[at];
        if ((n & POINTER) == POINTER) {
            if (at + 1 >= in.n)
                return 0;
            size_t to = (size_t)(n & ~POINTER & 0xffu) << 8 | in.p[at + 1];
            if (to >= limit)
                return 0;
            end = end ? end : at + 2;
            limit = at = to;
        } else if (n == 0) {
            end_name(out);
            return end ? end : at + 1;
        } else { /* of the other two types all are too long */
            if (in.n - at - 1 < n || !add_label(out, (struct bytes){ in.p + at + 1, n }))
                return 0;
            at += 1u + n;
        }
    }
    return 0;
}

/* --- reading */

int dns_msg_read(struct bytes in, struct dns_msg *out)
{
    struct rd r = rd_init(in);

    *out = (struct dns_msg){ .in = in, .at = DNS_HEADER };
    out->id = rd_u16(&r);
    out->flags = rd_u16(&r);
    for (size_t i = 0; i < DNS_SECTIONS; i++)
        out->left[i] = rd_u16(&r);
    return r.short_ ? GW_EPROTO : 0;
}

/* A cursor behind the name at m->at. */
static bool rd_name(const struct dns_msg *m, struct dns_name *name, struct rd *r)
{
    size_t at = read_name(m->in, m->at, name);

    if (!at)
        return false;
    *r = rd_init((struct bytes){ m->in.p + at, m->in.n - at });
    return true;
}

static bool advance(struct dns_msg *m, const struct rd *r)
{
    m->at = m->in.n - r->left;
    return !r->short_;
}

int dns_msg_question(struct dns_msg *m, struct dns_question *out)
{
    struct rd r;

    if (m->left[DNS_QUESTIONS] == 0)
        return 0;
    if (!rd_name(m, &out->name, &r))
        return GW_EPROTO;
    out->type = rd_u16(&r);
    out->class_ = rd_u16(&r);
    m->left[DNS_QUESTIONS]--;
    return advance(m, &r) ? 1 : GW_EPROTO;
}

/* The target of PTR or SRV fills what the data has left; it may point anywhere before. */
static bool read_target(const struct dns_msg *m, size_t at, const struct bytes *data,
                        struct dns_name *out)
{
    size_t end = (size_t)(data->p - m->in.p) + data->n;
    struct bytes until_end = { m->in.p, end };
    return read_name(until_end, at, out) == end;
}

static bool read_data(const struct dns_msg *m, struct dns_record *r)
{
    size_t at = (size_t)(r->data.p - m->in.p);
    struct bytes data = r->data, string;
    struct rd rd = rd_init(data);

    switch (r->type) {
    case DNS_A:
        return data.n == 4;
    case DNS_AAAA:
        return data.n == 16;
    case DNS_PTR:
        return read_target(m, at, &data, &r->target);
    case DNS_SRV:
        rd_u32(&rd); /* priority, weight */
        r->port = rd_u16(&rd);
        return !rd.short_ && read_target(m, at + 6, &data, &r->target);
    case DNS_TXT:
        while (dns_txt_next(&data, &string)) {
        }
        return data.n == 0;
    default:
        return true;
    }
}

int dns_msg_record(struct dns_msg *m, struct dns_record *out)
{
    struct dns_question passed;
    enum dns_section s = DNS_ANSWERS;
    struct rd r;

    while (m->left[DNS_QUESTIONS])
        if (dns_msg_question(m, &passed) < 0)
            return GW_EPROTO;
    while (s < DNS_SECTIONS && m->left[s] == 0)
        s++;
    if (s == DNS_SECTIONS)
        return 0;
    *out = (struct dns_record){ .section = s, .target = root };
    if (!rd_name(m, &out->name, &r))
        return GW_EPROTO;
    out->type = rd_u16(&r);
    out->class_ = rd_u16(&r);
    out->ttl_s = rd_u32(&r);
    out->data = rd_bytes(&r, rd_u16(&r));
    m->left[s]--;
    return advance(m, &r) && read_data(m, out) ? 1 : GW_EPROTO;
}

bool dns_txt_next(struct bytes *data, struct bytes *string)
{
    if (data->n == 0 || data->p[0] > data->n - 1)
        return false;
    *string = (struct bytes){ data->p + 1, data->p[0] };
    data->p += 1 + string->n;
    data->n -= 1 + string->n;
    return true;
}

bool dns_opt_read(const struct dns_record *r, struct dns_opt *out)
{
    if (r->type != DNS_OPT || r->name.n != 1)
        return false;
    *out = (struct dns_opt){ .udp_size = r->class_,
                             .rcode_high = (uint8_t)(r->ttl_s >> 24),
                             .version = (uint8_t)(r->ttl_s >> 16),
                             .wants_security = (r->ttl_s & OPT_DO) != 0 };
    return true;
}

/* --- writing */

static struct wr tail(const struct dns_wr *w)
{
    return wr_init((struct span){ w->p + w->n, w->cap - w->n });
}

static void write_header(struct dns_wr *w)
{
    struct wr c = wr_init((struct span){ w->p + 4, DNS_HEADER - 4 });
    for (size_t i = 0; i < DNS_SECTIONS; i++)
        wr_u16(&c, w->count[i]);
}

void dns_wr_init(struct dns_wr *w, struct span room, uint16_t id, uint16_t flags)
{
    assert(room.n >= DNS_HEADER);
    *w = (struct dns_wr){ .p = room.p, .cap = room.n };
    struct wr c = tail(w);
    wr_u16(&c, id);
    wr_u16(&c, flags);
    w->n = DNS_HEADER;
    write_header(w);
}

struct bytes dns_wr_bytes(const struct dns_wr *w)
{
    return (struct bytes){ w->p, w->n };
}

/* Where the rest of a name stands already, up to `c`; 0: nowhere. */
static uint16_t find_suffix(const struct dns_wr *w, const struct wr *c, const uint8_t *b, size_t n)
{
    struct bytes written = { w->p, (size_t)(c->p - w->p) };
    struct dns_name there;

    for (size_t i = 0; i < w->nsuffixes; i++)
        if (read_name(written, w->suffixes[i], &there) && there.n == n &&
            memcmp(there.b, b, n) == 0)
            return w->suffixes[i];
    return 0;
}

static void put_name(struct dns_wr *w, struct wr *c, const struct dns_name *name)
{
    for (size_t at = 0; name->b[at]; at += 1u + name->b[at]) {
        uint16_t to = find_suffix(w, c, name->b + at, name->n - at);
        if (to) {
            wr_u16(c, (uint16_t)(POINTER << 8 | to));
            return;
        }
        size_t here = (size_t)(c->p - w->p);
        if (here <= POINTER_MAX && w->nsuffixes < DNS_SUFFIXES_MAX)
            w->suffixes[w->nsuffixes++] = (uint16_t)here;
        wr_bytes(c, (struct bytes){ name->b + at, 1u + name->b[at] });
    }
    wr_u8(c, 0);
}

/* Ends what `c` has written.  When there was no room, all is as with `before`. */
static bool commit(struct dns_wr *w, const struct dns_wr *before, const struct wr *c,
                   enum dns_section s)
{
    for (size_t later = s + 1u; later < DNS_SECTIONS; later++)
        assert(w->count[later] == 0);
    if (c->full || w->count[s] == UINT16_MAX) {
        *w = *before;
        return false;
    }
    w->n = (size_t)(c->p - w->p);
    w->count[s]++;
    write_header(w);
    return true;
}

bool dns_put_question(struct dns_wr *w, const struct dns_question *q)
{
    struct dns_wr before = *w;
    struct wr c = tail(w);

    put_name(w, &c, &q->name);
    wr_u16(&c, q->type);
    wr_u16(&c, q->class_);
    return commit(w, &before, &c, DNS_QUESTIONS);
}

/* All before the data; *length is where its length will stand. */
static struct wr begin(struct dns_wr *w, const struct dns_head *h, enum dns_type type,
                       struct wr *length)
{
    struct wr c = tail(w);

    put_name(w, &c, h->name);
    wr_u16(&c, (uint16_t)type);
    wr_u16(&c, h->class_);
    wr_u32(&c, h->ttl_s);
    *length = c;
    wr_u16(&c, 0);
    return c;
}

static bool finish(struct dns_wr *w, const struct dns_wr *before, struct wr *c, struct wr *length,
                   enum dns_section s)
{
    if (!c->full) {
        size_t n = (size_t)(c->p - length->p) - 2;
        if (n > UINT16_MAX)
            c->full = true;
        else
            wr_u16(length, (uint16_t)n);
    }
    return commit(w, before, c, s);
}

bool dns_put_ptr(struct dns_wr *w, const struct dns_head *h, const struct dns_name *target)
{
    struct dns_wr before = *w;
    struct wr length, c = begin(w, h, DNS_PTR, &length);

    put_name(w, &c, target);
    return finish(w, &before, &c, &length, h->section);
}

bool dns_put_txt(struct dns_wr *w, const struct dns_head *h, const struct bytes *strings, size_t n)
{
    struct dns_wr before = *w;
    struct wr length, c = begin(w, h, DNS_TXT, &length);

    for (size_t i = 0; i < n; i++) {
        c.full = c.full || strings[i].n > DNS_STRING_MAX;
        wr_u8(&c, (uint8_t)strings[i].n);
        wr_bytes(&c, strings[i]);
    }
    return finish(w, &before, &c, &length, h->section);
}

bool dns_put_srv(struct dns_wr *w, const struct dns_head *h, uint16_t port,
                 const struct dns_name *target)
{
    struct dns_wr before = *w;
    struct wr length, c = begin(w, h, DNS_SRV, &length);

    wr_u32(&c, 0); /* priority, weight: there is no other */
    wr_u16(&c, port);
    wr_bytes(&c, (struct bytes){ target->b, target->n });
    return finish(w, &before, &c, &length, h->section);
}

bool dns_put_ip(struct dns_wr *w, const struct dns_head *h, struct bytes ip)
{
    struct dns_wr before = *w;
    struct wr length, c = begin(w, h, ip.n == 4 ? DNS_A : DNS_AAAA, &length);

    assert(ip.n == 4 || ip.n == 16);
    wr_bytes(&c, ip);
    return finish(w, &before, &c, &length, h->section);
}

bool dns_put_soa(struct dns_wr *w, const struct dns_head *h, const struct dns_name *server,
                 const struct dns_name *mailbox, uint32_t negative_s)
{
    struct dns_wr before = *w;
    struct wr length, c = begin(w, h, DNS_SOA, &length);

    put_name(w, &c, server);
    put_name(w, &c, mailbox);
    wr_u32(&c, 1);      /* serial */
    wr_u32(&c, 3600);   /* refresh */
    wr_u32(&c, 1200);   /* retry */
    wr_u32(&c, 604800); /* expire */
    wr_u32(&c, negative_s);
    return finish(w, &before, &c, &length, h->section);
}

bool dns_put_opt(struct dns_wr *w, const struct dns_opt *o)
{
    struct dns_head h = { .section = DNS_ADDITIONALS,
                          .name = &root,
                          .class_ = o->udp_size,
                          .ttl_s = (uint32_t)o->rcode_high << 24 | (uint32_t)o->version << 16 |
                                   (o->wants_security ? OPT_DO : 0) };
    struct dns_wr before = *w;
    struct wr length, c = begin(w, &h, DNS_OPT, &length);

    return finish(w, &before, &c, &length, h.section);
}
