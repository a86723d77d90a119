/* cmsg.c - see cmsg.h. */
#include "net/cmsg.h"

#include <netinet/in.h>
#include <string.h>

_Static_assert(CMSG_PKTINFO_SPACE == CMSG_SPACE(sizeof(struct in6_pktinfo)) &&
                   CMSG_PKTINFO_SPACE >= CMSG_SPACE(sizeof(struct in_pktinfo)),
               "of either family");

static void read_pktinfo4(const struct cmsghdr *c, struct cmsg_pktinfo *out)
{
    struct in_pktinfo info;

    memcpy(&info, CMSG_DATA(c), sizeof info);
    *out = (struct cmsg_pktinfo){ .local.family = 4,
                                  .to.family = 4,
                                  .ifindex = (uint32_t)info.ipi_ifindex };
    memcpy(out->local.b, &info.ipi_spec_dst, 4);
    memcpy(out->to.b, &info.ipi_addr, 4);
}

static void read_pktinfo6(const struct cmsghdr *c, struct cmsg_pktinfo *out)
{
    struct in6_pktinfo info;

    memcpy(&info, CMSG_DATA(c), sizeof info);
    *out = (struct cmsg_pktinfo){ .local.family = 6, .ifindex = info.ipi6_ifindex };
    memcpy(out->local.b, &info.ipi6_addr, 16);
    if (ipaddr_is_link_local6(&out->local))
        out->local.zone = out->ifindex;
    out->to = out->local;
}

bool cmsg_read_pktinfo(const struct cmsghdr *c, struct cmsg_pktinfo *out)
{
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
        read_pktinfo4(c, out);
    else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
        read_pktinfo6(c, out);
    else
        return false;
    return true;
}

void cmsg_add(struct msghdr *m, int level, int type, const void *data, size_t n)
{
    struct cmsghdr *c = (struct cmsghdr *)((char *)m->msg_control + m->msg_controllen);

    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(n);
    memcpy(CMSG_DATA(c), data, n);
    m->msg_controllen += CMSG_SPACE(n);
}

void cmsg_add_pktinfo(struct msghdr *m, const struct ipaddr *from, uint32_t ifindex)
{
    struct in6_pktinfo info6 = { .ipi6_ifindex = ifindex ? ifindex : from->zone };
    struct in_pktinfo info4 = { .ipi_ifindex = (int)ifindex };

    if (from->family == 6) {
        memcpy(&info6.ipi6_addr, from->b, 16);
        cmsg_add(m, IPPROTO_IPV6, IPV6_PKTINFO, &info6, sizeof info6);
    } else {
        memcpy(&info4.ipi_spec_dst, from->b, 4);
        cmsg_add(m, IPPROTO_IP, IP_PKTINFO, &info4, sizeof info4);
    }
}
