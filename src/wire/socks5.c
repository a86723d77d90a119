/* socks5.c - SOCKS5 messages, the server's side. */
#include "wire/socks5.h"

#include <arpa/inet.h>
#include <assert.h>

#include "base/err.h"

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

enum socks5_method socks5_choose_method(struct bytes methods, bool need_auth)
{
    if (!need_auth && methods.n && memchr(methods.p, SOCKS5_METHOD_NONE, methods.n))
        return SOCKS5_METHOD_NONE;
    if (methods.n && memchr(methods.p, SOCKS5_METHOD_USERPASS, methods.n))
        return SOCKS5_METHOD_USERPASS;
    return SOCKS5_METHOD_UNACCEPTABLE;
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

static void set_ipv4(struct socks5_request *out, const uint8_t ip[4])
{
    out->kind = SOCKS5_IPV4;
    memcpy(out->ip, ip, 4);
    inet_ntop(AF_INET, out->ip, out->host, sizeof out->host);
}

static void set_ipv6(struct socks5_request *out, const uint8_t ip[16])
{
    static const uint8_t v4_mapped[12] = { [10] = 0xff, [11] = 0xff }; /* RFC 4291 s.2.5.5.2 */
    if (memcmp(ip, v4_mapped, sizeof v4_mapped) == 0) {
        set_ipv4(out, ip + sizeof v4_mapped);
        return;
    }
    out->kind = SOCKS5_IPV6;
    memcpy(out->ip, ip, 16);
    inet_ntop(AF_INET6, out->ip, out->host, sizeof out->host);
}

/* Copies the name into out->host in the form that socks5.h promises. */
static int copy_name(struct bytes name, struct socks5_request *out)
{
    bool is_ascii = true;
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        if (c < 0x20 || c == 0x7f)
            return GW_EINVAL;
        is_ascii = is_ascii && c < 0x80;
        out->host[i] = (char)c;
    }
    if (!is_ascii)
        return GW_ENONAME;
    size_t n = name.n;
    if (n && out->host[n - 1] == '.')
        n--;
    out->host[n] = '\0';
    return n == 0 || out->host[n - 1] == '.' ? GW_EINVAL : 0;
}

/* Chromium, Firefox and Java send addresses as names; nobody may resolve those. */
static int set_name(struct bytes name, struct socks5_request *out)
{
    int err = copy_name(name, out);
    if (err)
        return err;

    uint8_t ip[16];
    if (inet_pton(AF_INET, out->host, ip) == 1) {
        set_ipv4(out, ip);
        return 0;
    }
    if (!strpbrk(out->host, ":[]")) {
        out->kind = SOCKS5_NAME;
        return 0;
    }
    char text[sizeof out->host];
    size_t n = strlen(out->host);
    bool in_brackets = out->host[0] == '[' && out->host[n - 1] == ']';
    memcpy(text, out->host + in_brackets, n - 2 * in_brackets);
    text[n - 2 * in_brackets] = '\0';
    if (inet_pton(AF_INET6, text, ip) != 1) /* also refuses a zone, which means nothing elsewhere */
        return GW_ENONAME;
    set_ipv6(out, ip);
    return 0;
}

static int set_host(uint8_t atyp, struct bytes addr, struct socks5_request *out)
{
    if (atyp == ATYP_NAME)
        return set_name(addr, out);
    if (atyp == ATYP_IPV4)
        set_ipv4(out, addr.p);
    else
        set_ipv6(out, addr.p);
    return 0;
}

int socks5_decode_request(struct bytes in, struct socks5_request *out)
{
    *out = (struct socks5_request){ 0 };
    struct rd r = rd_init(in);
    if (rd_u8(&r) != SOCKS5_VERSION && !r.short_)
        return GW_EPROTO;
    out->cmd = rd_u8(&r);
    rd_u8(&r); /* reserved */
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
    if (err)
        return err;
    if (out->cmd == SOCKS5_CMD_CONNECT && out->port == 0)
        return GW_EINVAL;
    return (int)(in.n - r.left);
}

int socks5_encode_reply(uint8_t *dst, size_t cap, enum socks5_rep rep, struct bytes ip,
                        uint16_t port)
{
    static const uint8_t none[4];
    assert(ip.n == 0 || ip.n == 4 || ip.n == 16);
    struct wr w = wr_init((struct span){ dst, cap });
    wr_u8(&w, SOCKS5_VERSION);
    wr_u8(&w, (uint8_t)rep);
    wr_u8(&w, 0); /* reserved */
    wr_u8(&w, ip.n == 16 ? ATYP_IPV6 : ATYP_IPV4);
    wr_bytes(&w, ip.n ? ip : (struct bytes){ none, sizeof none });
    wr_u16(&w, ip.n ? port : 0);
    return w.full ? GW_ENOMEM : (int)(cap - w.left);
}
