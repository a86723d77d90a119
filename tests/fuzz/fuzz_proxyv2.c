/* fuzz_proxyv2.c - what is put reads back the same to a reader made from the specification. */
#include "fuzz.h"
#include "wire/proxyv2.h"

/* The reader of proxy-protocol.txt s.2.2 with the TLVs of s.2.2.7; only what we send. */
static void decode(struct bytes wire, struct proxyv2 *out, uint8_t *family)
{
    struct rd r = rd_init(wire);
    struct bytes sign = rd_bytes(&r, 12);
    assert(memcmp(sign.p, "\x0D\x0A\x0D\x0A\x00\x0D\x0A\x51\x55\x49\x54\x0A", 12) == 0);
    assert(rd_u8(&r) == 0x21);
    *family = rd_u8(&r);
    assert(rd_u16(&r) == r.left);
    *out = (struct proxyv2){ 0 };
    if (*family) {
        size_t n = *family == 0x11 ? 4 : 16;
        out->src = rd_bytes(&r, n);
        out->dst = rd_bytes(&r, n);
        out->src_port = rd_u16(&r);
        out->dst_port = rd_u16(&r);
    }
    assert(rd_u8(&r) == 0xE0);
    out->peer = rd_bytes(&r, rd_u16(&r));
    assert(!r.short_ && !r.left);
}

/* Input: octets of src, of dst, ports, both addresses, and the peer is the rest. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t lengths[] = { 0, 4, 16, 5 };
    struct rd r = rd_init((struct bytes){ data, size });
    struct proxyv2 h = { 0 }, got;
    uint8_t out[PROXYV2_WIRE_MAX], family, kinds = rd_u8(&r);

    h.src_port = rd_u16(&r);
    h.dst_port = rd_u16(&r);
    h.src = rd_bytes(&r, lengths[kinds & 3]);
    h.dst = rd_bytes(&r, lengths[kinds >> 2 & 3]);
    h.peer = rd_bytes(&r, r.left);
    int n = proxyv2_encode(out, sizeof out, &h);
    if (h.peer.n > PROXYV2_PEER_MAX) {
        assert(n == GW_EINVAL);
        return 0;
    }
    assert(n > 0 && (size_t)n <= sizeof out);
    assert(proxyv2_encode(out, (size_t)n - 1, &h) == GW_ENOMEM);
    decode((struct bytes){ out, (size_t)n }, &got, &family);
    assert(bytes_eq(got.peer, h.peer));
    assert((family == 0x11) == (h.src.n == 4 && h.dst.n == 4));
    assert((family == 0x21) == (h.src.n == 16 && h.dst.n == 16));
    if (family) {
        assert(bytes_eq(got.src, h.src) && bytes_eq(got.dst, h.dst));
        assert(got.src_port == h.src_port && got.dst_port == h.dst_port);
    }
    return 0;
}
