/* fuzz_dns_msg.c - what is read lies inside the message and within the limits, and records that are
 * written again read as the same. */
#include "fuzz.h"
#include "wire/dns_msg.h"

static void check_name(const struct dns_name *n)
{
    struct dns_name again;
    size_t at = 0;

    assert(n->n > 0 && n->b[n->n - 1] == 0);
    while (n->b[at]) {
        assert(n->b[at] <= DNS_LABEL_MAX);
        at += 1u + n->b[at];
    }
    assert(at + 1 == n->n && dns_name_eq(n, n));
    if (n->n + 2 <= DNS_NAME_MAX) {
        assert(dns_name_join((struct bytes){ (const uint8_t *)"x", 1 }, n, &again) == 0);
        assert(dns_name_is_under(&again, n));
    }
}

static bool put(struct dns_wr *w, const struct dns_record *r)
{
    struct dns_head h = { r->section, &r->name, r->class_, r->ttl_s };
    struct bytes data = r->data, strings[64];
    struct dns_opt o;
    size_t n = 0;

    switch (r->type) {
    case DNS_A:
    case DNS_AAAA:
        return dns_put_ip(w, &h, r->data);
    case DNS_PTR:
        return dns_put_ptr(w, &h, &r->target);
    case DNS_SRV:
        return dns_put_srv(w, &h, r->port, &r->target);
    case DNS_TXT:
        while (n < 64 && dns_txt_next(&data, &strings[n]))
            n++;
        return !data.n && dns_put_txt(w, &h, strings, n);
    case DNS_OPT:
        return r->section == DNS_ADDITIONALS && r->data.n == 0 && dns_opt_read(r, &o) &&
               (r->ttl_s & 0x7fff) == 0 && dns_put_opt(w, &o);
    default:
        return false;
    }
}

static void check_same(const struct dns_record *a, const struct dns_record *b)
{
    assert(a->section == b->section && a->type == b->type && a->class_ == b->class_);
    assert(a->ttl_s == b->ttl_s && a->port == b->port);
    assert(dns_name_eq(&a->name, &b->name) && dns_name_eq(&a->target, &b->target));
    assert(a->type == DNS_PTR || a->type == DNS_SRV || bytes_eq(a->data, b->data));
}

/* Of all that were written; the others are passed over in `in` as they were then. */
static void check_round_trip(struct bytes in, struct bytes out, const bool *written)
{
    struct dns_msg a, b;
    struct dns_record ra, rb;

    assert(dns_msg_read(in, &a) == 0 && dns_msg_read(out, &b) == 0);
    for (size_t i = 0; i < 256 && dns_msg_record(&a, &ra) == 1; i++) {
        if (!written[i])
            continue;
        assert(dns_msg_record(&b, &rb) == 1);
        check_same(&ra, &rb);
    }
    assert(dns_msg_record(&b, &rb) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room[4096];
    struct bytes in = { data, size };
    bool written[256] = { false };
    struct dns_question q;
    struct dns_record r;
    struct dns_msg m;
    struct dns_wr w;
    int rc;

    rc = dns_msg_read(in, &m);
    assert(rc == 0 || (rc == GW_EPROTO && size < DNS_HEADER));
    if (rc)
        return 0;
    dns_wr_init(&w, (struct span){ room, sizeof room }, m.id, m.flags);
    while ((rc = dns_msg_question(&m, &q)) == 1) {
        check_name(&q.name);
        dns_put_question(&w, &q);
    }
    assert(rc == 0 || rc == GW_EPROTO);
    for (size_t i = 0; rc == 0 && (rc = dns_msg_record(&m, &r)) == 1; i++, rc = 0) {
        check_name(&r.name);
        check_name(&r.target);
        check_inside(r.data, in);
        assert(r.section >= DNS_ANSWERS && r.section < DNS_SECTIONS);
        if (i < 256)
            written[i] = put(&w, &r);
        assert(dns_wr_bytes(&w).n <= sizeof room);
    }
    assert(rc == 0 || rc == GW_EPROTO);
    check_round_trip(in, dns_wr_bytes(&w), written);
    return 0;
}
