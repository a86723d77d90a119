/* socks5.c - SOCKS5 messages, the server's side. */
#include "wire/socks5.h"

#include <arpa/inet.h>
#include <assert.h>

#include "base/err.h"

#define METHOD_GSSAPI    1 /* never chosen */
#define USERPASS_VERSION 1 /* RFC 1929 s.2 */

enum { ATYP_IPV4 = 1, ATYP_NAME = 3, ATYP_IPV6 = 4 };

int socks5_decode_greeting(struct bytes in, struct bytes *methods)
{
    struct rd r = rd_init(in);
    if (rd_u8(&r) != SOCKS5_VERSION && !r.short_)
        return GW_EPROTO;
    *methods = rd_bytes(&r, rd_u8(&r));
    return r.short_ ? 0 : (int)(in.n - r.left);
}

static bool has_method(struct bytes methods, uint8_t m)
{
    return methods.n && memchr(methods.p, m, methods.n);
}

enum socks5_method socks5_choose_method(struct bytes methods, enum socks5_auth auth)
{
    bool is_named = has_method(methods, SOCKS5_METHOD_USERPASS);
    bool is_asked = auth != SOCKS5_AUTH_NONE || has_method(methods, METHOD_GSSAPI);

    if (is_named && is_asked)
        return SOCKS5_METHOD_USERPASS;
    if (auth != SOCKS5_AUTH_NEEDED && has_method(methods, SOCKS5_METHOD_NONE))
        return SOCKS5_METHOD_NONE;
    return is_named ? SOCKS5_METHOD_USERPASS : SOCKS5_METHOD_UNACCEPTABLE;
}

static int encode_pair(uint8_t *dst, size_t cap, uint8_t version, uint8_t value)
{
    struct wr w = wr_init((struct span){ dst, cap });
    wr_u8(&w, version);
    wr_u8(&w, value);
    return w.full ? GW_ENOMEM : 2;
}

int socks5_encode_method(uint8_t *dst, size_t cap, enum socks5_method method)
{
    return encode_pair(dst, cap, SOCKS5_VERSION, (uint8_t)method);
}

int socks5_decode_userpass(struct bytes in, struct socks5_userpass *out)
{
    struct rd r = rd_init(in);
    if (rd_u8(&r) != USERPASS_VERSION && !r.short_)
        return GW_EPROTO;
    out->user = rd_bytes(&r, rd_u8(&r));
    out->pass = rd_bytes(&r, rd_u8(&r));
    return r.short_ ? 0 : (int)(in.n - r.left);
}

int socks5_encode_userpass_status(uint8_t *dst, size_t cap, bool is_ok)
{
    return encode_pair(dst, cap, USERPASS_VERSION, is_ok ? 0 : 1);
}

void socks5_dest_set_ipv4(struct socks5_dest *d, const uint8_t ip[4])
{
    d->kind = SOCKS5_IPV4;
    memset(d->ip, 0, sizeof d->ip);
    memcpy(d->ip, ip, 4);
    inet_ntop(AF_INET, d->ip, d->host, sizeof d->host);
}

static void set_ipv6(struct socks5_dest *d, const uint8_t ip[16])
{
    static const uint8_t v4_mapped[12] = { [10] = 0xff, [11] = 0xff }; /* RFC 4291 s.2.5.5.2 */
    if (memcmp(ip, v4_mapped, sizeof v4_mapped) == 0) {
        socks5_dest_set_ipv4(d, ip + sizeof v4_mapped);
        return;
    }
    d->kind = SOCKS5_IPV6;
    memcpy(d->ip, ip, 16);
    inet_ntop(AF_INET6, d->ip, d->host, sizeof d->host);
}

/* Copies the name into d->host in the form that socks5.h promises. */
static int copy_name(struct bytes name, struct socks5_dest *d)
{
    bool is_ascii = true;
    if (name.n >= sizeof d->host)
        return GW_EINVAL;
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        if (c < 0x20 || c == 0x7f)
            return GW_EINVAL;
        is_ascii = is_ascii && c < 0x80;
        d->host[i] = (char)c;
    }
    if (!is_ascii)
        return GW_ENONAME;
    size_t n = name.n;
    if (n && d->host[n - 1] == '.')
        n--;
    d->host[n] = '\0';
    return n == 0 || d->host[n - 1] == '.' ? GW_EINVAL : 0;
}

/* Chromium, Firefox and Java send addresses as names; nobody may resolve those. */
int socks5_dest_set_name(struct socks5_dest *d, struct bytes name)
{
    int err = copy_name(name, d);
    if (err)
        return err;

    uint8_t ip[16];
    if (inet_pton(AF_INET, d->host, ip) == 1) {
        socks5_dest_set_ipv4(d, ip);
        return 0;
    }
    if (!strpbrk(d->host, ":[]")) {
        d->kind = SOCKS5_NAME;
        memset(d->ip, 0, sizeof d->ip);
        return 0;
    }
    char text[sizeof d->host];
    size_t n = strlen(d->host);
    bool in_brackets = d->host[0] == '[' && d->host[n - 1] == ']';
    memcpy(text, d->host + in_brackets, n - 2 * in_brackets);
    text[n - 2 * in_brackets] = '\0';
    if (inet_pton(AF_INET6, text, ip) != 1) /* also refuses a zone, which means nothing elsewhere */
        return GW_ENONAME;
    set_ipv6(d, ip);
    return 0;
}

static int set_host(uint8_t atyp, struct bytes addr, struct socks5_dest *d)
{
    if (atyp == ATYP_NAME)
        return socks5_dest_set_name(d, addr);
    if (atyp == ATYP_IPV4)
        socks5_dest_set_ipv4(d, addr.p);
    else
        set_ipv6(d, addr.p);
    return 0;
}

int socks5_decode_dest(struct bytes in, struct socks5_dest *out)
{
    *out = (struct socks5_dest){ 0 };
    struct rd r = rd_init(in);
    uint8_t atyp = rd_u8(&r);
    if (r.short_)
        return 0;

    size_t n = 0;
    switch (atyp) {
    case ATYP_IPV4:
        n = 4;
        break;
    case ATYP_NAME:
        n = rd_u8(&r);
        break;
    case ATYP_IPV6:
        n = 16;
        break;
    default:
        return GW_EUNSUP;
    }
    struct bytes addr = rd_bytes(&r, n);
    out->port = rd_u16(&r);
    if (r.short_)
        return 0;
    int err = set_host(atyp, addr, out);
    return err ? err : (int)(in.n - r.left);
}

int socks5_decode_request(struct bytes in, struct socks5_request *out)
{
    *out = (struct socks5_request){ 0 };
    struct rd r = rd_init(in);
    if (rd_u8(&r) != SOCKS5_VERSION && !r.short_)
        return GW_EPROTO;
    out->cmd = rd_u8(&r);
    rd_u8(&r); /* reserved */
    if (r.short_)
        return 0;
    int n = socks5_decode_dest((struct bytes){ r.p, r.left }, &out->dest);
    if (n <= 0)
        return n;
    if (out->cmd == SOCKS5_CMD_CONNECT && out->dest.port == 0)
        return GW_EINVAL;
    return (int)(in.n - r.left) + n;
}

static struct wr begin_reply(uint8_t *dst, size_t cap, enum socks5_rep rep, uint8_t atyp)
{
    struct wr w = wr_init((struct span){ dst, cap });
    wr_u8(&w, SOCKS5_VERSION);
    wr_u8(&w, (uint8_t)rep);
    wr_u8(&w, 0); /* reserved */
    wr_u8(&w, atyp);
    return w;
}

int socks5_encode_reply(uint8_t *dst, size_t cap, enum socks5_rep rep, struct bytes ip,
                        uint16_t port)
{
    static const uint8_t none[4];
    assert(ip.n == 0 || ip.n == 4 || ip.n == 16);
    struct wr w = begin_reply(dst, cap, rep, ip.n == 16 ? ATYP_IPV6 : ATYP_IPV4);
    wr_bytes(&w, ip.n ? ip : (struct bytes){ none, sizeof none });
    wr_u16(&w, ip.n ? port : 0);
    return w.full ? GW_ENOMEM : (int)(cap - w.left);
}

int socks5_encode_name_reply(uint8_t *dst, size_t cap, struct bytes name)
{
    assert(name.n > 0 && name.n <= 255);
    struct wr w = begin_reply(dst, cap, SOCKS5_REP_OK, ATYP_NAME);
    wr_u8(&w, (uint8_t)name.n);
    wr_bytes(&w, name);
    wr_u16(&w, 0);
    return w.full ? GW_ENOMEM : (int)(cap - w.left);
}
