/* pb.h - protobuf fields, read and written one at a time (protobuf.dev, "Encoding").
 * Pure: no I/O, no allocation.
 *
 * A message decoder is a loop over the fields.  It passes over those that it does not know, and of
 * several single fields with one number the last counts:
 *
 *     struct pb_rd r = pb_rd_init(msg);
 *     while (pb_next(&r)) {
 *         if (pb_is(&r.f, 1, PB_LEN))
 *             out->service = r.f.v;
 *         else if (pb_is(&r.f, 2, PB_VARINT))
 *             out->port = r.f.u;
 *     }
 *     return r.rc;
 */
#ifndef GW_WIRE_PB_H
#define GW_WIRE_PB_H

#include "base/cursor.h"

/* The wire types.  Groups (3, 4) are long gone from protobuf and refused. */
enum pb_type {
    PB_VARINT = 0,
    PB_I64 = 1,
    PB_LEN = 2, /* bytes, string, sub-message */
    PB_I32 = 5,
};

struct pb_field {
    uint32_t num; /* field number, 1 .. 2^29-1 */
    enum pb_type type;
    uint64_t u;     /* PB_VARINT, PB_I64, PB_I32: the value; else 0 */
    struct bytes v; /* PB_LEN: a view into the message; else empty */
};

static inline bool pb_is(const struct pb_field *f, uint32_t num, enum pb_type type)
{
    return f->num == num && f->type == type;
}

struct pb_rd {
    struct rd rest;    /* of the message, behind f */
    struct pb_field f; /* read last */
    int rc; /* GW_EPROTO: malformed, or it ends inside a field; else what pb_rd_prefixed has made
             * it, or 0 */
};

struct pb_rd pb_rd_init(struct bytes msg); /* a whole message */
/* One that has its length before it, of `max` octets at most without that.  True: r->rc octets of
 * `in` are used.  False: r->rc is 0 (need more input) or GW_EPROTO (too long). */
bool pb_rd_prefixed(struct pb_rd *r, struct bytes in, size_t max);
/* Reads the next field into r->f.  False at the end and at a fault, which sticks.  Varints are
 * protobuf's: 64 bits, any form up to 10 octets. */
bool pb_next(struct pb_rd *r);

/* Put one field, sticky like every writer of base/cursor.h. */
void pb_put_uint(struct wr *w, uint32_t num, uint64_t v);
void pb_put_bytes(struct wr *w, uint32_t num, struct bytes v);

/* The same, but a value of 0 or an empty one is left out, as proto3 does it. */
void pb_opt_uint(struct wr *w, uint32_t num, uint64_t v);
void pb_opt_bytes(struct wr *w, uint32_t num, struct bytes v);
void pb_opt_i64(struct wr *w, uint32_t num, uint64_t v); /* fixed64 */

/* A sub-message: what is put between the two calls becomes field `num`.  `opened` is what pb_open
 * returned; the octets move up to make room for their length. */
uint8_t *pb_open(struct wr *w, uint32_t num);
void pb_close(struct wr *w, uint8_t *opened);

/* A repeated bytes field: the addresses of a peer, and the like. */
#define PB_LIST_MAX 16

struct pb_list {
    size_t n;
    struct bytes v[PB_LIST_MAX]; /* views; they may be empty */
};

void pb_list_add(struct pb_list *l, struct bytes v); /* passed over when there is no room */
void pb_put_list(struct wr *w, uint32_t num, const struct pb_list *l);

#endif
