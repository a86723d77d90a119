/* introduce.c - see introduce.h. */
#include "svc/introduce.h"

#include "svc/http_tag.h"
#include "wire/proxyv2.h"

/* The IP address of a, or none: then there is nothing to tell but the peer. */
static struct bytes address_of(const struct multiaddr *a, struct ipaddr *ip, uint16_t *port)
{
    if (!multiaddr_as_socket(a, ip, port))
        return (struct bytes){ 0 };
    return (struct bytes){ ip->b, ip->family == 4 ? 4 : 16 };
}

/* False when memory is out. */
static bool write_header(struct stream *target, const struct conn *c)
{
    uint8_t out[PROXYV2_WIRE_MAX];
    char peer[PEERID_STR_MAX];
    struct muxed_info info;
    struct ipaddr src, dst;
    struct proxyv2 h = { .peer = bytes_of(peerid_print(conn_peer(c), peer)) };

    conn_info(c, &info);
    h.src = address_of(&info.remote, &src, &h.src_port);
    h.dst = address_of(&info.local, &dst, &h.dst_port);
    int n = proxyv2_encode(out, sizeof out, &h);
    return n > 0 && target->ops->write(target, (struct bytes){ out, (size_t)n }) >= 0;
}

struct stream *introduce(struct stream *target, const struct service *s, struct conn *c)
{
    if (s->proxy_v2 && !write_header(target, c))
        return NULL;
    return s->is_http ? http_tag_new(target, conn_peer(c), host_turn(conn_host(c))) : target;
}
