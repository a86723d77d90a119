/* netlink_msg.c - see netlink_msg.h.  The structs are the kernel's; they are copied out and in, as
 * a message in a buffer is aligned for nothing. */
#include "wire/netlink_msg.h"

#include <assert.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "base/err.h"

#define FAMILY4 2 /* AF_INET, AF_INET6: of Linux everywhere, and in messages one octet */
#define FAMILY6 10

struct attr {
    uint16_t type;
    struct bytes value;
};

/* Copies the struct at the front of `r`, and skips its padding. */
static bool take_struct(struct rd *r, void *out, size_t n)
{
    struct bytes v = rd_bytes(r, n);
    if (r->short_)
        return false;
    memcpy(out, v.p, n);
    size_t pad = NLMSG_ALIGN(n) - n;
    rd_bytes(r, pad < r->left ? pad : r->left);
    return true;
}

/* Returns false at the end, and with r->short_ at an attribute that claims more than there is. */
static bool take_attr(struct rd *r, struct attr *out)
{
    struct rtattr h;

    if (r->left == 0 || !take_struct(r, &h, sizeof h))
        return false;
    if (h.rta_len < sizeof h) {
        r->short_ = true;
        return false;
    }
    out->type = h.rta_type & (uint16_t)NLA_TYPE_MASK;
    out->value = rd_bytes(r, h.rta_len - sizeof h);
    size_t pad = RTA_ALIGN(h.rta_len) - h.rta_len;
    if (!r->short_)
        rd_bytes(r, pad < r->left ? pad : r->left); /* the last one may go without */
    return !r->short_;
}

static bool read_u32(struct bytes v, uint32_t *out)
{
    if (v.n != sizeof *out)
        return false;
    memcpy(out, v.p, sizeof *out);
    return true;
}

/* Octets of an address; 0: another family. */
static size_t family_len(uint8_t family)
{
    return family == FAMILY4 ? 4 : family == FAMILY6 ? 16 : 0;
}

int netlink_msg_decode(struct bytes in, struct netlink_msg *out)
{
    struct rd r = rd_init(in);
    struct nlmsghdr h;

    *out = (struct netlink_msg){ 0 };
    if (!take_struct(&r, &h, sizeof h))
        return 0;
    if (h.nlmsg_len < sizeof h || h.nlmsg_len > in.n)
        return 0;
    out->type = h.nlmsg_type;
    out->seq = h.nlmsg_seq;
    out->body = rd_bytes(&r, h.nlmsg_len - sizeof h);
    size_t used = NLMSG_ALIGN(h.nlmsg_len);
    return (int)(used < in.n ? used : in.n);
}

static bool is_route_news(struct bytes body)
{
    struct rd r = rd_init(body);
    struct rtmsg rt;

    if (!take_struct(&r, &rt, sizeof rt))
        return false;
    return !(rt.rtm_flags & RTM_F_CLONED) && rt.rtm_table != RT_TABLE_LOCAL;
}

bool netlink_msg_is_news(const struct netlink_msg *m)
{
    switch (m->type) {
    case RTM_NEWADDR:
    case RTM_DELADDR:
    case RTM_NEWLINK:
    case RTM_DELLINK:
    case RTM_NEWRULE:
    case RTM_DELRULE:
        return true;
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
        return is_route_news(m->body);
    default:
        return false;
    }
}

int netlink_msg_read_addr(const struct netlink_msg *m, struct netlink_addr *out)
{
    struct rd r = rd_init(m->body);
    struct bytes local = { 0 };
    struct ifaddrmsg ifa;
    struct attr a;

    *out = (struct netlink_addr){ 0 };
    if (m->type != RTM_NEWADDR)
        return GW_EINVAL;
    if (!take_struct(&r, &ifa, sizeof ifa))
        return GW_EPROTO;
    size_t len = family_len(ifa.ifa_family);
    if (!len)
        return GW_EUNSUP;
    out->ifindex = ifa.ifa_index;
    out->flags = ifa.ifa_flags;
    while (take_attr(&r, &a)) {
        if (a.type == IFA_ADDRESS)
            out->ip = a.value;
        else if (a.type == IFA_LOCAL) /* then IFA_ADDRESS is the other end's */
            local = a.value;
        else if (a.type == IFA_FLAGS && !read_u32(a.value, &out->flags))
            return GW_EPROTO;
    }
    if (local.n)
        out->ip = local;
    return r.short_ || out->ip.n != len ? GW_EPROTO : 0;
}

int netlink_msg_read_route(const struct netlink_msg *m, struct netlink_route *out)
{
    struct rd r = rd_init(m->body);
    struct rtmsg rt;
    struct attr a;

    *out = (struct netlink_route){ 0 };
    if (m->type != RTM_NEWROUTE)
        return GW_EINVAL;
    if (!take_struct(&r, &rt, sizeof rt))
        return GW_EPROTO;
    size_t len = family_len(rt.rtm_family);
    if (!len || rt.rtm_type != RTN_UNICAST)
        return GW_EUNSUP;
    while (take_attr(&r, &a)) {
        if (a.type == RTA_GATEWAY)
            out->gateway = a.value;
        else if (a.type == RTA_PREFSRC)
            out->source = a.value;
        else if (a.type == RTA_OIF && !read_u32(a.value, &out->ifindex))
            return GW_EPROTO;
    }
    if (r.short_ || (out->gateway.n && out->gateway.n != len) ||
        (out->source.n && out->source.n != len))
        return GW_EPROTO;
    return 0;
}

int netlink_msg_read_link(const struct netlink_msg *m, uint32_t *flags)
{
    struct rd r = rd_init(m->body);
    struct ifinfomsg ifi;

    if (m->type != RTM_NEWLINK)
        return GW_EINVAL;
    if (!take_struct(&r, &ifi, sizeof ifi))
        return GW_EPROTO;
    *flags = ifi.ifi_flags;
    return 0;
}

int netlink_msg_read_error(const struct netlink_msg *m, int *e)
{
    struct rd r = rd_init(m->body);
    int32_t code;

    if (m->type != NLMSG_ERROR)
        return GW_EINVAL;
    if (!take_struct(&r, &code, sizeof code) || code > 0 || code == INT32_MIN)
        return GW_EPROTO;
    *e = -code;
    return 0;
}

/* A header and the struct of the request's type. */
static int ask(uint8_t *dst, size_t cap, struct nlmsghdr h, const void *body, size_t n)
{
    struct wr w = wr_init((struct span){ dst, cap });

    h.nlmsg_len = (uint32_t)(sizeof h + n);
    h.nlmsg_flags |= NLM_F_REQUEST;
    wr_bytes(&w, (struct bytes){ (const uint8_t *)&h, sizeof h });
    wr_bytes(&w, (struct bytes){ body, n });
    return w.full ? GW_ENOMEM : (int)(cap - w.left);
}

int netlink_msg_ask_addrs(uint8_t *dst, size_t cap, uint32_t seq)
{
    struct ifaddrmsg ifa = { 0 };
    struct nlmsghdr h = { .nlmsg_type = RTM_GETADDR, .nlmsg_flags = NLM_F_DUMP, .nlmsg_seq = seq };
    return ask(dst, cap, h, &ifa, sizeof ifa);
}

int netlink_msg_ask_route(uint8_t *dst, size_t cap, uint32_t seq, struct bytes to)
{
    struct {
        struct rtmsg rt;
        struct rtattr attr;
        uint8_t to[16];
    } body = { .rt = { .rtm_family = to.n == 4 ? FAMILY4 : FAMILY6,
                       .rtm_dst_len = (uint8_t)(to.n * 8) },
               .attr = { .rta_len = (uint16_t)RTA_LENGTH(to.n), .rta_type = RTA_DST } };
    struct nlmsghdr h = { .nlmsg_type = RTM_GETROUTE, .nlmsg_seq = seq };

    assert(to.n == 4 || to.n == 16);
    memcpy(body.to, to.p, to.n);
    return ask(dst, cap, h, &body, sizeof body - sizeof body.to + to.n);
}

int netlink_msg_ask_link(uint8_t *dst, size_t cap, uint32_t seq, uint32_t ifindex)
{
    struct ifinfomsg ifi = { .ifi_index = (int)ifindex };
    struct nlmsghdr h = { .nlmsg_type = RTM_GETLINK, .nlmsg_seq = seq };
    return ask(dst, cap, h, &ifi, sizeof ifi);
}
