/* multiaddr.c - multiaddr.h, but for IP addresses and ports (multiaddr_ip.c).
 *
 * An address is a row of components: a protocol code (varint), then what its kind says.  Text and
 * binary form say the same: whatever is accepted in one is accepted in the other and comes back
 * unchanged.
 */
#include "id/multiaddr.h"

#include <arpa/inet.h>
#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/basex.h"
#include "base/err.h"
#include "wire/varint.h"

enum kind {
    NO_VALUE,
    IP4,
    IP6,
    PORT,
    NAME,     /* length, then printable ASCII without '/' */
    PEER,     /* length, then a multihash; base58 as text */
    CERTHASH, /* length, then a multihash; multibase base64url as text */
    PATH,     /* length, then an absolute path; ends the address */
};

struct proto {
    uint16_t code;
    enum kind kind;
    const char *name;
};

static const struct proto protos[] = {
    { MULTIADDR_IP4, IP4, "ip4" },
    { MULTIADDR_TCP, PORT, "tcp" },
    { MULTIADDR_IP6, IP6, "ip6" },
    { MULTIADDR_IP6ZONE, NAME, "ip6zone" },
    { 53, NAME, "dns" },
    { 54, NAME, "dns4" },
    { 55, NAME, "dns6" },
    { MULTIADDR_DNSADDR, NAME, "dnsaddr" },
    { MULTIADDR_UDP, PORT, "udp" },
    { 280, NO_VALUE, "webrtc-direct" },
    { MULTIADDR_P2P_CIRCUIT, NO_VALUE, "p2p-circuit" },
    { 400, PATH, "unix" },
    { MULTIADDR_P2P, PEER, "p2p" },
    { MULTIADDR_P2P, PEER, "ipfs" }, /* the old name: read, never printed */
    { 448, NO_VALUE, "tls" },
    { 454, NO_VALUE, "noise" },
    { 460, NO_VALUE, "quic" },
    { MULTIADDR_QUIC_V1, NO_VALUE, "quic-v1" },
    { 465, NO_VALUE, "webtransport" },
    { 466, CERTHASH, "certhash" },
    { 477, NO_VALUE, "ws" },
    { 478, NO_VALUE, "wss" },
};
#define NPROTOS        (sizeof protos / sizeof protos[0])

#define TEXT_PER_OCTET 7u /* characters at most: "/webrtc-direct" has two octets */

#define VALUE_MAX      128 /* octets of a multihash, a name or a number; the address bounds paths */

struct comp { /* one component, a view into the address */
    const struct proto *proto;
    struct bytes v;
};

static const struct proto *proto_by_code(uint64_t code)
{
    for (size_t i = 0; i < NPROTOS; i++) {
        if (protos[i].code == code)
            return &protos[i];
    }
    return NULL;
}

static const struct proto *proto_by_name(struct bytes name)
{
    for (size_t i = 0; i < NPROTOS; i++) {
        if (bytes_eq(name, bytes_of(protos[i].name)))
            return &protos[i];
    }
    return NULL;
}

/* ---- values ---- */

static bool is_name(struct bytes v)
{
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] <= ' ' || v.p[i] >= 0x7f || v.p[i] == '/')
            return false;
    }
    return v.n > 0 && v.n <= VALUE_MAX;
}

static bool is_path(struct bytes v)
{
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < ' ' || v.p[i] == 0x7f)
            return false;
    }
    return v.n > 1 && v.p[0] == '/';
}

static bool is_peer(struct bytes v)
{
    struct peerid id;
    return peerid_from_bytes(v, &id) == 0;
}

/* Any multihash: code, length, that many octets. */
static bool is_multihash(struct bytes v)
{
    uint64_t code, n;
    int a = varint_decode(v, &code);
    if (a <= 0)
        return false;
    int b = varint_decode((struct bytes){ v.p + a, v.n - (size_t)a }, &n);
    return b > 0 && n > 0 && n == v.n - (size_t)(a + b) && v.n <= VALUE_MAX;
}

static bool is_value(enum kind kind, struct bytes v)
{
    switch (kind) {
    case NAME:
        return is_name(v);
    case PEER:
        return is_peer(v);
    case CERTHASH:
        return is_multihash(v);
    case PATH:
        return is_path(v);
    default:
        return true; /* their length says it all */
    }
}

/* ---- the binary form ---- */

/* Reads the code or length that comes next; false when there is none. */
static bool read_varint(struct bytes *in, uint64_t *out)
{
    int n = varint_decode(*in, out);
    if (n <= 0)
        return false;
    *in = (struct bytes){ in->p + n, in->n - (size_t)n };
    return true;
}

/* Splits the first component off *in.  Returns 0, GW_EPROTO or GW_EUNSUP. */
static int next_comp(struct bytes *in, struct comp *c)
{
    static const uint8_t fixed[] = { [NO_VALUE] = 0, [IP4] = 4, [IP6] = 16, [PORT] = 2 };
    uint64_t code, n;

    if (!read_varint(in, &code))
        return GW_EPROTO;
    c->proto = proto_by_code(code);
    if (!c->proto)
        return GW_EUNSUP;
    if (c->proto->kind <= PORT)
        n = fixed[c->proto->kind];
    else if (!read_varint(in, &n))
        return GW_EPROTO;
    if (n > in->n)
        return GW_EPROTO;
    c->v = (struct bytes){ in->p, (size_t)n };
    *in = (struct bytes){ in->p + n, in->n - (size_t)n };
    if (!is_value(c->proto->kind, c->v) || (c->proto->kind == PATH && in->n))
        return GW_EPROTO;
    return 0;
}

static struct bytes bytes_in(const struct multiaddr *a)
{
    return (struct bytes){ a->b, a->n };
}

/* For addresses that have been checked: false at the end. */
static bool walk(struct bytes *in, struct comp *c)
{
    return in->n && next_comp(in, c) == 0;
}

static void put_comp(struct wr *w, const struct proto *p, struct bytes v)
{
    varint_put(w, p->code);
    if (p->kind > PORT)
        varint_put(w, v.n);
    wr_bytes(w, v);
}

/* ---- the text form ---- */

/* Returns the octets of the value put, or -1. */
static int parse_port(const char *text, uint8_t *out)
{
    size_t n = strspn(text, "0123456789");
    unsigned long v = strtoul(text, NULL, 10);
    if (n < 1 || n > 5 || text[n] || v > UINT16_MAX)
        return -1;
    out[0] = (uint8_t)(v >> 8);
    out[1] = (uint8_t)v;
    return 2;
}

static int parse_peer(struct bytes text, uint8_t *out)
{
    struct peerid id;
    if (peerid_parse(text, &id) != 0)
        return -1;
    memcpy(out, id.mh, id.n);
    return id.n;
}

static int parse_certhash(struct bytes text, uint8_t *out)
{
    struct bytes rest = { text.p + 1, text.n - 1 };
    size_t n;

    switch (text.p[0]) {
    case 'u':
        if (sodium_base642bin(out, VALUE_MAX, (const char *)rest.p, rest.n, NULL, &n, NULL,
                              sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
            return -1;
        return (int)n;
    case 'b':
        return basex_decode32(rest, out, VALUE_MAX);
    case 'z':
        return basex_decode58(rest, out, VALUE_MAX);
    default:
        return -1;
    }
}

/* Turns a value of text into octets of `out`; returns how many, or < 0. */
static int parse_value(enum kind kind, struct bytes text, uint8_t out[VALUE_MAX])
{
    char z[VALUE_MAX + 1];

    if (text.n < 1 || text.n > VALUE_MAX || memchr(text.p, '\0', text.n))
        return -1;
    memcpy(z, text.p, text.n);
    z[text.n] = '\0';
    switch (kind) {
    case IP4:
        return inet_pton(AF_INET, z, out) == 1 ? 4 : -1;
    case IP6:
        return inet_pton(AF_INET6, z, out) == 1 ? 16 : -1;
    case PORT:
        return parse_port(z, out);
    case PEER:
        return parse_peer(text, out);
    case CERTHASH:
        return parse_certhash(text, out);
    default:
        memcpy(out, text.p, text.n);
        return (int)text.n;
    }
}

/* Splits `/word` off *text; false when there is none. */
static bool next_word(struct bytes *text, struct bytes *word)
{
    if (!text->n || text->p[0] != '/')
        return false;
    struct bytes rest = { text->p + 1, text->n - 1 };
    const uint8_t *slash = rest.n ? memchr(rest.p, '/', rest.n) : NULL;
    *word = (struct bytes){ rest.p, slash ? (size_t)(slash - rest.p) : rest.n };
    *text = (struct bytes){ rest.p + word->n, rest.n - word->n };
    return word->n > 0;
}

static int parse_comp(struct bytes *text, struct wr *w)
{
    uint8_t out[VALUE_MAX];
    struct bytes word, v = { out, 0 };

    if (!next_word(text, &word))
        return GW_ESYNTAX;
    const struct proto *p = proto_by_name(word);
    if (!p)
        return GW_EUNSUP;
    if (p->kind == PATH) {
        v = *text;
        text->n = 0;
    } else if (p->kind != NO_VALUE) {
        int n = next_word(text, &word) ? parse_value(p->kind, word, out) : -1;
        if (n < 0)
            return GW_ESYNTAX;
        v.n = (size_t)n;
    }
    if (!is_value(p->kind, v))
        return GW_ESYNTAX;
    put_comp(w, p, v);
    return 0;
}

static void print_certhash(struct bytes v, char *out, size_t cap)
{
    out[0] = 'u';
    sodium_bin2base64(out + 1, cap - 1, v.p, v.n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* The text of a value of any kind but a name and a path, which are their own text. */
static void print_value(const struct comp *c, char *out, size_t cap)
{
    struct peerid id;

    switch (c->proto->kind) {
    case IP4:
        inet_ntop(AF_INET, c->v.p, out, (socklen_t)cap);
        return;
    case IP6:
        inet_ntop(AF_INET6, c->v.p, out, (socklen_t)cap);
        return;
    case PORT:
        snprintf(out, cap, "%u", c->v.p[0] << 8 | c->v.p[1]);
        return;
    case PEER:
        if (peerid_from_bytes(c->v, &id) == 0)
            peerid_print(&id, out);
        return;
    default:
        print_certhash(c->v, out, cap);
    }
}

static void print_comp(struct wr *w, const struct comp *c)
{
    char text[VALUE_MAX * 2];

    wr_u8(w, '/');
    wr_bytes(w, bytes_of(c->proto->name));
    if (c->proto->kind == NO_VALUE)
        return;
    if (c->proto->kind == PATH) {
        wr_bytes(w, c->v); /* brings its slash */
        return;
    }
    wr_u8(w, '/');
    if (c->proto->kind == NAME) {
        wr_bytes(w, c->v);
        return;
    }
    print_value(c, text, sizeof text);
    wr_bytes(w, bytes_of(text));
}

/* False when the text does not fit. */
static bool print(const struct multiaddr *a, char out[MULTIADDR_STR_MAX])
{
    struct wr w = wr_init((struct span){ (uint8_t *)out, MULTIADDR_STR_MAX });
    struct bytes in = bytes_in(a);
    struct comp c;

    while (walk(&in, &c))
        print_comp(&w, &c);
    wr_u8(&w, '\0');
    return !w.full;
}

static bool has_text(const struct multiaddr *a)
{
    char text[MULTIADDR_STR_MAX];
    return a->n * TEXT_PER_OCTET < sizeof text || print(a, text);
}

int multiaddr_parse(struct bytes text, struct multiaddr *out)
{
    struct wr w = wr_init((struct span){ out->b, sizeof out->b });

    *out = (struct multiaddr){ 0 };
    do {
        int err = parse_comp(&text, &w);
        if (err)
            return err;
        if (text.n == 1 && text.p[0] == '/') /* one slash at the end is allowed */
            text.n = 0;
    } while (text.n);
    if (w.full)
        return GW_ESYNTAX;
    out->n = (uint16_t)(sizeof out->b - w.left);
    return has_text(out) ? 0 : GW_ESYNTAX;
}

int multiaddr_from_bytes(struct bytes bin, struct multiaddr *out)
{
    struct bytes in = bin;
    struct comp c;

    *out = (struct multiaddr){ 0 };
    if (!bin.n || bin.n > sizeof out->b)
        return GW_EPROTO;
    while (in.n) {
        int err = next_comp(&in, &c);
        if (err)
            return err;
    }
    memcpy(out->b, bin.p, bin.n);
    out->n = (uint16_t)bin.n;
    return has_text(out) ? 0 : GW_EPROTO;
}

const char *multiaddr_print(const struct multiaddr *a, char out[MULTIADDR_STR_MAX])
{
    if (!print(a, out))
        out[0] = '\0';
    return out;
}

bool multiaddr_next(const struct multiaddr *a, size_t *at, uint32_t *code, struct bytes *value)
{
    struct bytes in = { a->b + *at, a->n - *at };
    struct comp c;

    if (!walk(&in, &c))
        return false;
    *at = a->n - in.n;
    *code = c.proto->code;
    *value = c.v;
    return true;
}

/* What is not used is zero. */
static void cut(struct multiaddr *a, size_t n)
{
    memset(a->b + n, 0, sizeof a->b - n);
    a->n = (uint16_t)n;
}

int multiaddr_append(struct multiaddr *a, enum multiaddr_code code, struct bytes value)
{
    const struct proto *p = proto_by_code(code);
    size_t n = a->n;
    struct wr w = wr_init((struct span){ a->b + n, sizeof a->b - n });

    assert(p && is_value(p->kind, value));
    put_comp(&w, p, value);
    a->n = (uint16_t)(sizeof a->b - w.left);
    if (!w.full && has_text(a))
        return 0;
    cut(a, n);
    return GW_ENOMEM;
}

bool multiaddr_peer(const struct multiaddr *a, struct peerid *out)
{
    struct bytes in = bytes_in(a);
    struct comp c;
    bool found = false;

    while (walk(&in, &c))
        found = c.proto->code == MULTIADDR_P2P && peerid_from_bytes(c.v, out) == 0;
    return found;
}

int multiaddr_append_peer(struct multiaddr *a, const struct peerid *id)
{
    return multiaddr_append(a, MULTIADDR_P2P, (struct bytes){ id->mh, id->n });
}

void multiaddr_strip_peer(struct multiaddr *a)
{
    struct bytes in = bytes_in(a);
    struct comp c = { 0 };
    size_t last = 0;

    for (size_t at = 0; walk(&in, &c); at = a->n - in.n)
        last = at;
    if (c.proto && c.proto->code == MULTIADDR_P2P)
        cut(a, last);
}

bool multiaddr_eq(const struct multiaddr *a, const struct multiaddr *b)
{
    return bytes_eq(bytes_in(a), bytes_in(b));
}

bool multiaddr_is_among(const struct multiaddr *a, const struct multiaddr *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (multiaddr_eq(a, &v[i]))
            return true;
    return false;
}

bool multiaddrs_eq(const struct multiaddr *a, size_t na, const struct multiaddr *b, size_t nb)
{
    if (na != nb)
        return false;
    for (size_t i = 0; i < na; i++)
        if (!multiaddr_eq(&a[i], &b[i]))
            return false;
    return true;
}
