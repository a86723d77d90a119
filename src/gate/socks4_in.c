/* socks4_in.c - SOCKS4 and SOCKS4a on the proxy port (proxy_client.h): CONNECT, and Tor's RESOLVE.
 * It has no password, so it is refused where one is configured. */
#include <stdio.h>

#include "base/err.h"
#include "base/log.h"
#include "gate/proxy_auth.h"
#include "gate/proxy_client.h"
#include "wire/socks4.h"

static struct bytes put_reply(uint8_t reply[SOCKS4_REPLY_LEN], bool is_granted, const uint8_t ip[4])
{
    socks4_encode_reply(reply, SOCKS4_REPLY_LEN, is_granted, ip);
    return (struct bytes){ reply, SOCKS4_REPLY_LEN };
}

static void refuse(struct proxy_client *c)
{
    uint8_t reply[SOCKS4_REPLY_LEN];
    proxy_client_part(c, put_reply(reply, false, NULL));
}

/* A reply has room for an IPv4 address. */
static void on_found(struct proxy_client *c, int err, const struct ipaddr *ip, const char *why)
{
    uint8_t reply[SOCKS4_REPLY_LEN];

    if (!err && ip->family == 4) {
        proxy_client_part(c, put_reply(reply, true, ip->b));
        return;
    }
    log_info("%s no address: %s", proxy_client_label(c), err ? why : "it has only an IPv6 one");
    refuse(c);
}

static void resolve(struct proxy_client *c, const struct socks5_dest *d)
{
    struct ipaddr ip = { .family = d->kind == SOCKS5_IPV4 ? 4 : 6 };

    memcpy(ip.b, d->ip, sizeof ip.b);
    if (d->kind == SOCKS5_NAME)
        proxy_client_look_up(c, d->host, on_found);
    else
        on_found(c, 0, &ip, "");
}

/* `n`: what the decoder said.  Returns why the request is not served, or NULL. */
static const char *refusal_of(const struct proxy_client *c, int n, const struct socks4_request *q,
                              struct front_target *t)
{
    if (proxy_auth_is_needed(c))
        return "a password is needed, and SOCKS4 has none";
    if (n < 0)
        return n == GW_ENONAME ? "not a host name" : gw_strerror(n);
    if (q->cmd != SOCKS4_CMD_CONNECT && q->cmd != SOCKS4_CMD_RESOLVE)
        return "neither CONNECT nor RESOLVE";
    return proxy_auth_read_tag(c, q->user, t) ? "unknown option in the user name" : NULL;
}

static int read_request(struct proxy_client *c, struct bytes in)
{
    struct socks4_request q;
    struct front_target t = { 0 };
    int n = socks4_decode_request(in, &q);
    if (n == 0 || n == GW_EPROTO)
        return n;
    const char *why = refusal_of(c, n, &q, &t);
    if (why) {
        log_info("%s refused: %s", proxy_client_label(c), why);
        refuse(c);
        return 0;
    }
    if (q.cmd == SOCKS4_CMD_RESOLVE) {
        resolve(c, &q.dest);
        return 0;
    }
    snprintf(t.host, sizeof t.host, "%s", q.dest.host);
    t.port = q.dest.port;
    proxy_client_connect(c, &t);
    return n;
}

static void on_opened(struct proxy_client *c, int err, const char *why)
{
    uint8_t reply[SOCKS4_REPLY_LEN];
    (void)why; /* the front has logged it */

    if (err)
        refuse(c);
    else
        proxy_client_join(c, put_reply(reply, true, NULL), (struct bytes){ 0 });
}

const struct proxy_proto socks4_proto = { "socks4", read_request, on_opened };
