/* cursor.h - bounds-checked reading and writing of wire bytes.
 *
 * A cursor borrows memory; it never allocates and never frees.  The first fault sticks: later calls
 * do nothing and yield zero, so a codec checks once, at the end.  All integers are big-endian.
 */
#ifndef GW_BASE_CURSOR_H
#define GW_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes { /* a borrowed view; never free .p */
    const uint8_t *p;
    size_t n;
};

struct span { /* borrowed room to write into; n == 0: none */
    uint8_t *p;
    size_t n;
};

struct rd { /* read cursor */
    const uint8_t *p;
    size_t left; /* octets not read yet */
    bool short_; /* ran off the end at least once */
};

struct wr { /* write cursor */
    uint8_t *p;
    size_t left;
    bool full; /* ran out of room at least once */
};

static inline struct bytes bytes_of(const char *s)
{
    return (struct bytes){ (const uint8_t *)s, strlen(s) };
}

static inline bool bytes_eq(struct bytes a, struct bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline struct rd rd_init(struct bytes in)
{
    return (struct rd){ .p = in.p, .left = in.n };
}

static inline struct bytes rd_bytes(struct rd *r, size_t n)
{
    if (r->short_ || n > r->left) {
        r->short_ = true;
        return (struct bytes){ 0 };
    }
    struct bytes v = { r->p, n };
    r->p += n;
    r->left -= n;
    return v;
}

static inline uint8_t rd_u8(struct rd *r)
{
    struct bytes v = rd_bytes(r, 1);
    return v.n ? v.p[0] : 0;
}

static inline uint16_t rd_u16(struct rd *r)
{
    struct bytes v = rd_bytes(r, 2);
    return (uint16_t)(v.n ? v.p[0] << 8 | v.p[1] : 0);
}

static inline uint32_t rd_u32(struct rd *r)
{
    uint32_t hi = rd_u16(r), lo = rd_u16(r);
    return r->short_ ? 0 : hi << 16 | lo;
}

static inline uint64_t rd_u64(struct rd *r)
{
    uint64_t hi = rd_u32(r), lo = rd_u32(r);
    return r->short_ ? 0 : hi << 32 | lo;
}

static inline struct wr wr_init(struct span out)
{
    return (struct wr){ .p = out.p, .left = out.n };
}

static inline void wr_bytes(struct wr *w, struct bytes v)
{
    if (w->full || v.n > w->left) {
        w->full = true;
        return;
    }
    if (v.n)
        memcpy(w->p, v.p, v.n);
    w->p += v.n;
    w->left -= v.n;
}

static inline void wr_u8(struct wr *w, uint8_t v)
{
    wr_bytes(w, (struct bytes){ &v, 1 });
}

static inline void wr_u16(struct wr *w, uint16_t v)
{
    uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };
    wr_bytes(w, (struct bytes){ b, 2 });
}

static inline void wr_u32(struct wr *w, uint32_t v)
{
    wr_u16(w, (uint16_t)(v >> 16));
    wr_u16(w, (uint16_t)v);
}

static inline void wr_u64(struct wr *w, uint64_t v)
{
    wr_u32(w, (uint32_t)(v >> 32));
    wr_u32(w, (uint32_t)v);
}

#endif
