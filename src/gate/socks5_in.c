/* socks5_in.c - SOCKS5 on the proxy port (proxy_client.h): RFC 1928, RFC 1929, and Tor's RESOLVE
 * and RESOLVE_PTR.  BIND is not served.
 *
 *   GREETING -> USERPASS -> REQUEST -> the client connects, is held beside its UDP association,
 *       |                      ^       has an address looked up, or is refused
 *       +----------------------+
 *
 * A reply says what really happened: it is sent after the far service was opened.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "gate/proxy_auth.h"
#include "gate/proxy_client.h"
#include "gate/udp_assoc.h"
#include "wire/socks5.h"

enum phase { PH_GREETING, PH_USERPASS, PH_REQUEST };
static const char *const phase_name[] = {
    [PH_GREETING] = "greeting",
    [PH_USERPASS] = "userpass",
    [PH_REQUEST] = "request",
};

/* The one place where a failure becomes a reply (RFC 1928 s.6); others are a general one. */
static const struct {
    int err;
    enum socks5_rep rep;
} replies[] = {
    { GW_EDENIED, SOCKS5_REP_DENIED },
    { GW_ENETDOWN, SOCKS5_REP_NET_UNREACH },
    { GW_ENONAME, SOCKS5_REP_HOST_UNREACH },
    { GW_ESYNTAX, SOCKS5_REP_HOST_UNREACH }, /* not a host name */
    { GW_EOFFLINE, SOCKS5_REP_HOST_UNREACH },
    { GW_ESELF, SOCKS5_REP_HOST_UNREACH },
    { GW_EIDENTITY, SOCKS5_REP_HOST_UNREACH },
    { GW_EUNREACH, SOCKS5_REP_HOST_UNREACH },
    { GW_ENOSERVICE, SOCKS5_REP_REFUSED },
    { GW_ENOPROTO, SOCKS5_REP_REFUSED },
    { GW_EREFUSED, SOCKS5_REP_REFUSED },
    { GW_ETIMEOUT, SOCKS5_REP_TIMEOUT },
    { GW_EUNSUP, SOCKS5_REP_BAD_ATYP },
};

static enum socks5_rep rep_of(int err)
{
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++)
        if (replies[i].err == err)
            return replies[i].rep;
    return SOCKS5_REP_FAILURE;
}

static void enter(struct proxy_client *c, enum phase to)
{
    int *phase = proxy_client_phase(c);
    log_debug("%s %s -> %s", proxy_client_label(c), phase_name[*phase], phase_name[to]);
    *phase = (int)to;
}

static void log_refusal(struct proxy_client *c, const char *why)
{
    log_info("%s state=%s refused: %s", proxy_client_label(c), phase_name[*proxy_client_phase(c)],
             why);
}

static int say(struct proxy_client *c, const uint8_t *p, int n)
{
    assert(n > 0);
    return proxy_client_say(c, (struct bytes){ p, (size_t)n });
}

static void say_last(struct proxy_client *c, const uint8_t *p, int n)
{
    assert(n > 0);
    proxy_client_part(c, (struct bytes){ p, (size_t)n });
}

static void refuse(struct proxy_client *c, enum socks5_rep rep)
{
    uint8_t reply[SOCKS5_REPLY_MAX];
    log_debug("%s rep=%d", proxy_client_label(c), rep);
    say_last(c, reply, socks5_encode_reply(reply, sizeof reply, rep, (struct bytes){ 0 }, 0));
}

static int put_address(uint8_t reply[SOCKS5_REPLY_MAX], const struct ipaddr *ip, uint16_t port)
{
    struct bytes b = { ip->b, ip->family == 4 ? 4 : 16 };
    return socks5_encode_reply(reply, SOCKS5_REPLY_MAX, SOCKS5_REP_OK, b, port);
}

/* ---- greeting, user and password ---- */

static enum socks5_auth auth_of(const struct proxy_client *c)
{
    if (proxy_auth_is_needed(c))
        return SOCKS5_AUTH_NEEDED;
    return proxy_client_config(c)->option_tags ? SOCKS5_AUTH_NAMES : SOCKS5_AUTH_NONE;
}

static int read_greeting(struct proxy_client *c, struct bytes in)
{
    struct bytes methods;
    uint8_t out[2];
    int n = socks5_decode_greeting(in, &methods);
    if (n <= 0)
        return n;
    enum socks5_method m = socks5_choose_method(methods, auth_of(c));
    int len = socks5_encode_method(out, sizeof out, m);
    if (m == SOCKS5_METHOD_UNACCEPTABLE) {
        log_refusal(c, "no acceptable method");
        say_last(c, out, len);
        return 0;
    }
    enter(c, m == SOCKS5_METHOD_USERPASS ? PH_USERPASS : PH_REQUEST);
    int err = say(c, out, len);
    return err ? err : n;
}

/* Keeps what the name asks for until the request.  Returns 0, GW_EINVAL or GW_ENOMEM. */
static int keep_tag(struct proxy_client *c, struct bytes user)
{
    struct front_target asked = { 0 };
    int err = proxy_auth_read_tag(c, user, &asked);
    if (err)
        return err;
    struct front_target *kept = malloc(sizeof *kept);
    if (!kept)
        return GW_ENOMEM;
    *kept = asked;
    proxy_client_keep(c, kept);
    return 0;
}

static int read_userpass(struct proxy_client *c, struct bytes in)
{
    struct socks5_userpass up;
    uint8_t out[2];
    int n = socks5_decode_userpass(in, &up);
    if (n <= 0)
        return n;
    bool is_known = proxy_auth_ok(c, up.user, up.pass);
    int err = is_known ? keep_tag(c, up.user) : GW_EDENIED;
    int len = socks5_encode_userpass_status(out, sizeof out, !err);
    if (err) {
        log_refusal(c, !is_known          ? "wrong user or password"
                       : err == GW_EINVAL ? "unknown option in the user name"
                                          : gw_strerror(err));
        say_last(c, out, len);
        return 0;
    }
    enter(c, PH_REQUEST);
    err = say(c, out, len);
    return err ? err : n;
}

/* ---- requests: each leaves the client in another state, or returns GW_E* ---- */

/* A target with what the client's name asked for. */
static struct front_target target_of(const struct proxy_client *c)
{
    const struct front_target *kept = proxy_client_kept(c);
    return kept ? *kept : (struct front_target){ 0 };
}

static int serve_connect(struct proxy_client *c, const struct socks5_dest *d)
{
    struct front_target t = target_of(c);

    snprintf(t.host, sizeof t.host, "%s", d->host);
    t.port = d->port;
    proxy_client_connect(c, &t);
    return 0;
}

static void end_association(void *arg)
{
    udp_assoc_close(arg);
}

static int open_association(struct proxy_client *c, struct ipaddr *ip, uint16_t *port,
                            struct udp_assoc **out)
{
    struct front_target options = target_of(c);
    struct sockaddr_any local, bound;

    if (proxy_client_count_held(c) >= proxy_client_config(c)->max_udp)
        return GW_ELIMIT;
    proxy_client_local(c, &local);
    int err = udp_assoc_open(proxy_client_loop(c), proxy_client_front(c), &local,
                             proxy_client_from(c), &options, &bound, out);
    return err ? err : sockaddr_to_ip(&bound, ip, port);
}

/* The address in the request is not looked at: it is where the client says that it will send from,
 * and few know. */
static int serve_udp(struct proxy_client *c, const struct socks5_dest *d)
{
    uint8_t reply[SOCKS5_REPLY_MAX];
    struct udp_assoc *assoc = NULL;
    struct ipaddr ip;
    uint16_t port;
    int err = open_association(c, &ip, &port, &assoc);
    (void)d;

    if (err) {
        udp_assoc_close(assoc);
        log_warn("%s no UDP association: %s", proxy_client_label(c), gw_strerror(err));
        refuse(c, SOCKS5_REP_FAILURE);
        return 0;
    }
    proxy_client_hold(c, end_association, assoc);
    return say(c, reply, put_address(reply, &ip, port));
}

static void tell_address(struct proxy_client *c, const struct ipaddr *ip)
{
    uint8_t reply[SOCKS5_REPLY_MAX];
    say_last(c, reply, put_address(reply, ip, 0));
}

static struct ipaddr ip_of(const struct socks5_dest *d)
{
    struct ipaddr ip = { .family = d->kind == SOCKS5_IPV4 ? 4 : 6 };
    memcpy(ip.b, d->ip, sizeof ip.b);
    return ip;
}

static void on_found(struct proxy_client *c, int err, const struct ipaddr *ip, const char *why)
{
    if (!err) {
        tell_address(c, ip);
        return;
    }
    log_info("%s no address: %s", proxy_client_label(c), why);
    refuse(c, rep_of(err));
}

static int serve_resolve(struct proxy_client *c, const struct socks5_dest *d)
{
    struct ipaddr ip = ip_of(d);

    if (d->kind == SOCKS5_NAME)
        proxy_client_look_up(c, d->host, on_found);
    else
        tell_address(c, &ip);
    return 0;
}

static int serve_resolve_ptr(struct proxy_client *c, const struct socks5_dest *d)
{
    struct ipaddr ip = ip_of(d);
    char name[NAME_MAX_OCTETS + 1];
    uint8_t reply[SOCKS5_REPLY_MAX];

    if (d->kind == SOCKS5_NAME || !front_name_of(proxy_client_front(c), &ip, name))
        refuse(c, SOCKS5_REP_HOST_UNREACH);
    else
        say_last(c, reply, socks5_encode_name_reply(reply, sizeof reply, bytes_of(name)));
    return 0;
}

typedef int serve_fn(struct proxy_client *c, const struct socks5_dest *d);
static const struct {
    uint8_t cmd;
    serve_fn *serve;
} commands[] = {
    { SOCKS5_CMD_CONNECT, serve_connect },
    { SOCKS5_CMD_UDP_ASSOCIATE, serve_udp },
    { SOCKS5_CMD_RESOLVE, serve_resolve },
    { SOCKS5_CMD_RESOLVE_PTR, serve_resolve_ptr },
};

static serve_fn *serve_of(uint8_t cmd)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (commands[i].cmd == cmd)
            return commands[i].serve;
    return NULL;
}

static int read_request(struct proxy_client *c, struct bytes in)
{
    struct socks5_request q;
    int n = socks5_decode_request(in, &q), err = 0;
    if (n == 0 || n == GW_EPROTO)
        return n;
    serve_fn *serve = serve_of(q.cmd);
    if (!serve)
        refuse(c, SOCKS5_REP_BAD_CMD);
    else if (n < 0)
        refuse(c, rep_of(n));
    else
        err = serve(c, &q.dest);
    return err ? err : n < 0 ? 0 : n;
}

/* ---- the protocol ---- */

static int (*const readers[])(struct proxy_client *, struct bytes) = {
    [PH_GREETING] = read_greeting,
    [PH_USERPASS] = read_userpass,
    [PH_REQUEST] = read_request,
};

static int read_message(struct proxy_client *c, struct bytes in)
{
    return readers[*proxy_client_phase(c)](c, in);
}

static void on_opened(struct proxy_client *c, int err, const char *why)
{
    uint8_t reply[SOCKS5_REPLY_MAX];
    (void)why; /* the front has logged it */

    if (err) {
        refuse(c, rep_of(err));
        return;
    }
    int n = socks5_encode_reply(reply, sizeof reply, SOCKS5_REP_OK, (struct bytes){ 0 }, 0);
    proxy_client_join(c, (struct bytes){ reply, (size_t)n }, (struct bytes){ 0 });
}

const struct proxy_proto socks5_proto = { "socks5", read_message, on_opened };
