/* fuzz_netlink_msg.c - messages of a datagram follow one another and end; what is read of them lies
 * in it and has the length of an address. */
#include "fuzz.h"
#include "wire/netlink_msg.h"

static void check_ip(struct bytes ip, struct bytes in, bool may_be_empty)
{
    check_inside(ip, in);
    assert(ip.n == 4 || ip.n == 16 || (may_be_empty && ip.n == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = { data, size };
    struct netlink_msg m;
    int used;

    for (; (used = netlink_msg_decode(in, &m)) > 0; in.p += used, in.n -= (size_t)used) {
        struct netlink_addr a;
        struct netlink_route r;
        uint32_t flags;
        int e = 0, read = 0;

        assert((size_t)used >= 16 && (size_t)used <= in.n);
        check_inside(m.body, in);
        netlink_msg_is_news(&m);
        if (netlink_msg_read_addr(&m, &a) == 0) {
            check_ip(a.ip, m.body, false);
            read++;
        }
        if (netlink_msg_read_route(&m, &r) == 0) {
            check_ip(r.gateway, m.body, true);
            check_ip(r.source, m.body, true);
            assert(!r.gateway.n || !r.source.n || r.gateway.n == r.source.n);
            read++;
        }
        read += netlink_msg_read_link(&m, &flags) == 0;
        if (netlink_msg_read_error(&m, &e) == 0) {
            assert(e >= 0);
            read++;
        }
        assert(read <= 1); /* a message has one type */
    }
    assert(used == 0);
    return 0;
}
