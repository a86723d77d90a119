/* fuzz_socks5.c - views lie inside the input, a host keeps the form that socks5.h promises, and
 * sent again as a name it means the same. */
#include "socks5_dest.h"

static int decode_greeting(struct bytes in)
{
    struct bytes methods;
    return socks5_decode_greeting(in, &methods);
}

static int decode_userpass(struct bytes in)
{
    struct socks5_userpass m;
    return socks5_decode_userpass(in, &m);
}

static int decode_request(struct bytes in)
{
    struct socks5_request m;
    return socks5_decode_request(in, &m);
}

static void check_greeting(struct bytes in)
{
    struct bytes methods;
    int used = socks5_decode_greeting(in, &methods);
    check_used(used, in, decode_greeting);
    if (used <= 0)
        return;
    check_inside(methods, in);
    enum socks5_method m = socks5_choose_method(methods, (enum socks5_auth)(methods.n % 3));
    assert(m == SOCKS5_METHOD_UNACCEPTABLE || memchr(methods.p, (int)m, methods.n));
}

static void check_userpass(struct bytes in)
{
    struct socks5_userpass m;
    int used = socks5_decode_userpass(in, &m);
    check_used(used, in, decode_userpass);
    if (used <= 0)
        return;
    check_inside(m.user, in);
    check_inside(m.pass, in);
    assert(m.user.n <= 255 && m.pass.n <= 255 && m.user.n + m.pass.n + 3 == (size_t)used);
}

static void check_request(struct bytes in)
{
    struct socks5_request m, again;
    int used = socks5_decode_request(in, &m);
    check_used(used, in, decode_request);
    if (used <= 0)
        return;
    check_socks5_dest(&m.dest);
    assert(m.dest.port > 0 || m.cmd != SOCKS5_CMD_CONNECT);

    uint8_t out[SOCKS5_REQUEST_MAX];
    struct wr w = wr_init((struct span){ out, sizeof out });
    wr_bytes(&w, (struct bytes){ (const uint8_t[]){ SOCKS5_VERSION, m.cmd, 0, 3 }, 4 });
    wr_u8(&w, (uint8_t)strlen(m.dest.host));
    wr_bytes(&w, bytes_of(m.dest.host));
    wr_u16(&w, m.dest.port);
    struct bytes whole = { out, sizeof out - w.left };
    int n = socks5_decode_request(whole, &again);
    assert(n == (int)whole.n && again.cmd == m.cmd);
    check_same_socks5_dest(&again.dest, &m.dest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = { data, size };
    check_greeting(in);
    check_userpass(in);
    check_request(in);
    return 0;
}
