/* dns_texts.c - see dns_texts.h. */
#include "net/dns_texts.h"

#include "base/err.h"
#include "wire/dns_msg.h"

/* Joins the strings of a record in the room.  Returns the octets used, fewer than the data has. */
static size_t join(struct bytes data, uint8_t *room)
{
    struct bytes s;
    size_t n = 0;

    while (dns_txt_next(&data, &s)) {
        memcpy(room + n, s.p, s.n);
        n += s.n;
    }
    return n;
}

int dns_texts_read(struct bytes message, uint8_t *room, struct dns_texts *out)
{
    struct dns_msg m;
    struct dns_record r;
    int more = 0;

    out->n = 0;
    out->ttl_s = UINT32_MAX;
    if (dns_msg_read(message, &m) != 0)
        return GW_EPROTO;
    while (out->n < DNS_TEXTS_MAX && (more = dns_msg_record(&m, &r)) == 1) {
        if (r.section != DNS_ANSWERS)
            break;
        if (r.ttl_s < out->ttl_s)
            out->ttl_s = r.ttl_s;
        if (r.type != DNS_TXT || DNS_CLASS(r.class_) != DNS_IN)
            continue;
        size_t n = join(r.data, room);
        out->v[out->n++] = (struct bytes){ room, n };
        room += n;
    }
    if (more < 0)
        return more;
    return out->n ? 0 : GW_ENONAME;
}
