/* test_netlink_msg.c - messages of the routing socket.  Built from the kernel's own structs, as
 * their integers are in the order of the machine; what the kernel really sends is in
 * test_netwatch. */
#include "wire/netlink_msg.h"

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "vec.h"

#define FAMILY4 2
#define FAMILY6 10

struct message {
    uint8_t b[512];
    size_t n;
};

static void append(struct message *m, const void *p, size_t n)
{
    assert_true(m->n + n + 3 <= sizeof m->b);
    memcpy(m->b + m->n, p, n);
    m->n = NLMSG_ALIGN(m->n + n); /* `m` was zeroed: so is the padding */
    uint32_t len = (uint32_t)m->n;
    memcpy(m->b, &len, sizeof len);
}

static void begin(struct message *m, unsigned type, const void *body, size_t n)
{
    struct nlmsghdr h = { .nlmsg_type = (uint16_t)type, .nlmsg_seq = 7 };
    *m = (struct message){ 0 };
    append(m, &h, sizeof h);
    append(m, body, n);
}

static void attr(struct message *m, unsigned type, const void *value, size_t n)
{
    struct rtattr a = { .rta_len = (uint16_t)RTA_LENGTH(n), .rta_type = (uint16_t)type };
    append(m, &a, sizeof a);
    append(m, value, n);
}

static struct netlink_msg decoded(const struct message *m)
{
    struct netlink_msg out;
    assert_int_equal(netlink_msg_decode((struct bytes){ m->b, m->n }, &out), m->n);
    return out;
}

static void begin_addr(struct message *m, uint8_t family)
{
    struct ifaddrmsg ifa = { .ifa_family = family, .ifa_flags = IFA_F_TENTATIVE, .ifa_index = 3 };
    begin(m, RTM_NEWADDR, &ifa, sizeof ifa);
}

static void begin_route(struct message *m, uint8_t family)
{
    struct rtmsg rt = { .rtm_family = family, .rtm_type = RTN_UNICAST, .rtm_table = RT_TABLE_MAIN };
    begin(m, RTM_NEWROUTE, &rt, sizeof rt);
}

static void test_decode_takes_one_message_after_the_other(void **state)
{
    (void)state;
    struct message m;
    uint8_t two[64];
    struct netlink_msg out;
    int32_t code = 0;
    begin(&m, NLMSG_ERROR, &code, sizeof code);
    memcpy(two, m.b, m.n);
    memcpy(two + m.n, m.b, m.n);

    struct bytes in = { two, 2 * m.n };
    for (int i = 0; i < 2; i++) {
        int used = netlink_msg_decode(in, &out);
        assert_int_equal(used, m.n);
        assert_int_equal(out.type, NLMSG_ERROR);
        assert_int_equal(out.seq, 7);
        assert_int_equal(out.body.n, sizeof code);
        in.p += used;
        in.n -= (size_t)used;
    }
    assert_int_equal(netlink_msg_decode(in, &out), 0);
}

static int decode(struct bytes in)
{
    struct netlink_msg m;
    return netlink_msg_decode(in, &m);
}

static void test_decode_every_prefix_waits(void **state)
{
    (void)state;
    struct message m;
    begin_addr(&m, FAMILY4);
    attr(&m, IFA_LOCAL, "\xc0\0\2\1", 4);
    assert_every_prefix_waits((struct bytes){ m.b, m.n }, decode);
}

static void test_decode_refuses_a_length_below_the_header(void **state)
{
    (void)state;
    struct message m;
    struct netlink_msg out;
    begin_addr(&m, FAMILY4);
    memset(m.b, 0, 4);
    assert_int_equal(netlink_msg_decode((struct bytes){ m.b, m.n }, &out), 0);
}

static void test_read_addr_takes_the_own_address_and_the_wide_flags(void **state)
{
    (void)state;
    struct message m;
    struct netlink_addr a;
    uint32_t flags = IFA_F_PERMANENT | IFA_F_NOPREFIXROUTE;
    begin_addr(&m, FAMILY4);
    attr(&m, IFA_ADDRESS, "\xc0\0\2\x63", 4); /* the other end of a tunnel */
    attr(&m, IFA_LOCAL, "\xc0\0\2\1", 4);
    attr(&m, IFA_LABEL, "tun0", 5); /* padded */
    attr(&m, IFA_FLAGS, &flags, sizeof flags);
    struct netlink_msg msg = decoded(&m);
    assert_int_equal(netlink_msg_read_addr(&msg, &a), 0);
    assert_bytes(a.ip, (struct bytes)B("\xc0\0\2\1"));
    assert_int_equal(a.ifindex, 3);
    assert_int_equal(a.flags, flags);
}

static void test_read_addr_of_ipv6_has_no_local(void **state)
{
    (void)state;
    struct message m;
    struct netlink_addr a;
    begin_addr(&m, FAMILY6);
    attr(&m, IFA_ADDRESS, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    struct netlink_msg msg = decoded(&m);
    assert_int_equal(netlink_msg_read_addr(&msg, &a), 0);
    assert_int_equal(a.ip.n, 16);
    assert_int_equal(a.flags, IFA_F_TENTATIVE);
}

static void test_read_addr_refuses(void **state)
{
    (void)state;
    struct message m;
    struct netlink_addr a;
    struct netlink_msg msg;

    begin_addr(&m, FAMILY4);
    msg = decoded(&m);
    assert_int_equal(netlink_msg_read_addr(&msg, &a), GW_EPROTO); /* no address */
    attr(&m, IFA_LOCAL, "\xc0\0\2\1\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    msg = decoded(&m);
    assert_int_equal(netlink_msg_read_addr(&msg, &a), GW_EPROTO); /* IPv6's length */
    begin_addr(&m, 7);
    msg = decoded(&m);
    assert_int_equal(netlink_msg_read_addr(&msg, &a), GW_EUNSUP); /* another family */
    msg.type = RTM_DELADDR;
    assert_int_equal(netlink_msg_read_addr(&msg, &a), GW_EINVAL);
    msg = (struct netlink_msg){ .type = RTM_NEWADDR, .body = B("\2\0\0\0") };
    assert_int_equal(netlink_msg_read_addr(&msg, &a), GW_EPROTO); /* half a struct */
}

static void test_attributes_that_lie_about_their_length(void **state)
{
    (void)state;
    struct rtattr lies[] = { { .rta_len = 0, .rta_type = IFA_LABEL },
                             { .rta_len = 3, .rta_type = IFA_LABEL },
                             { .rta_len = 5, .rta_type = IFA_LABEL },
                             { .rta_len = UINT16_MAX, .rta_type = IFA_LABEL } };
    for (size_t i = 0; i < COUNT(lies); i++) {
        struct message m;
        struct netlink_addr a;
        begin_addr(&m, FAMILY4);
        attr(&m, IFA_LOCAL, "\xc0\0\2\1", 4);
        append(&m, &lies[i], sizeof lies[i]);
        struct netlink_msg msg = decoded(&m);
        assert_int_equal(netlink_msg_read_addr(&msg, &a), GW_EPROTO);
    }
}

static void test_read_route_tells_gateway_source_and_link(void **state)
{
    (void)state;
    struct message m;
    struct netlink_route r;
    uint32_t oif = 5;
    begin_route(&m, FAMILY4);
    attr(&m, RTA_GATEWAY, "\xc0\0\2\xfe", 4);
    attr(&m, RTA_PREFSRC, "\xc0\0\2\1", 4);
    attr(&m, RTA_OIF, &oif, sizeof oif);
    struct netlink_msg msg = decoded(&m);
    assert_int_equal(netlink_msg_read_route(&msg, &r), 0);
    assert_bytes(r.gateway, (struct bytes)B("\xc0\0\2\xfe"));
    assert_bytes(r.source, (struct bytes)B("\xc0\0\2\1"));
    assert_int_equal(r.ifindex, 5);

    begin_route(&m, FAMILY6); /* a tunnel */
    attr(&m, RTA_OIF, &oif, sizeof oif);
    msg = decoded(&m);
    assert_int_equal(netlink_msg_read_route(&msg, &r), 0);
    assert_int_equal(r.gateway.n, 0);
}

static void test_read_route_refuses(void **state)
{
    (void)state;
    struct message m;
    struct netlink_route r;
    struct rtmsg nowhere = { .rtm_family = FAMILY4, .rtm_type = RTN_UNREACHABLE };
    begin(&m, RTM_NEWROUTE, &nowhere, sizeof nowhere);
    struct netlink_msg msg = decoded(&m);
    assert_int_equal(netlink_msg_read_route(&msg, &r), GW_EUNSUP);
    begin_route(&m, FAMILY6);
    attr(&m, RTA_GATEWAY, "\xc0\0\2\xfe", 4);
    msg = decoded(&m);
    assert_int_equal(netlink_msg_read_route(&msg, &r), GW_EPROTO);
    begin_route(&m, FAMILY4);
    attr(&m, RTA_OIF, "\0\0", 2);
    msg = decoded(&m);
    assert_int_equal(netlink_msg_read_route(&msg, &r), GW_EPROTO);
}

static void test_read_error_is_an_errno(void **state)
{
    (void)state;
    static const struct {
        int32_t code;
        int rc, e;
    } cases[] = { { 0, 0, 0 }, { -101, 0, 101 }, { 1, GW_EPROTO, 0 }, { INT32_MIN, GW_EPROTO, 0 } };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct message m;
        int e = 0;
        begin(&m, NLMSG_ERROR, &cases[i].code, sizeof cases[i].code);
        struct netlink_msg msg = decoded(&m);
        assert_int_equal(netlink_msg_read_error(&msg, &e), cases[i].rc);
        assert_int_equal(e, cases[i].e);
    }
}

static void test_is_news_leaves_out_what_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        uint16_t type;
        uint8_t table;
        uint32_t flags;
        bool is_news;
    } cases[] = {
        { RTM_NEWROUTE, RT_TABLE_MAIN, 0, true },
        { RTM_DELROUTE, RT_TABLE_UNSPEC, 0, true },
        { RTM_NEWROUTE, RT_TABLE_LOCAL, 0, false },
        { RTM_NEWROUTE, RT_TABLE_MAIN, RTM_F_CLONED, false },
        { RTM_NEWNEIGH, 0, 0, false },
        { RTM_NEWRULE, 0, 0, true },
        { RTM_DELADDR, 0, 0, true },
        { RTM_NEWLINK, 0, 0, true },
        { NLMSG_DONE, 0, 0, false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct message m;
        struct rtmsg rt = { .rtm_table = cases[i].table, .rtm_flags = cases[i].flags };
        begin(&m, cases[i].type, &rt, sizeof rt);
        struct netlink_msg msg = decoded(&m);
        assert_int_equal(netlink_msg_is_news(&msg), cases[i].is_news);
    }
}

static int ask_addrs(uint8_t *dst, size_t cap)
{
    return netlink_msg_ask_addrs(dst, cap, 1);
}

static int ask_route4(uint8_t *dst, size_t cap)
{
    return netlink_msg_ask_route(dst, cap, 1, (struct bytes)B("\xc0\0\2\1"));
}

static int ask_link(uint8_t *dst, size_t cap)
{
    return netlink_msg_ask_link(dst, cap, 1, 5);
}

/* What a request says is judged by the kernel, in test_netwatch. */
static void test_requests_stay_in_their_room(void **state)
{
    (void)state;
    static int (*const ask[])(uint8_t *, size_t) = { ask_addrs, ask_route4, ask_link };
    for (size_t i = 0; i < COUNT(ask); i++) {
        uint8_t whole[NETLINK_ASK_MAX];
        int n = ask[i](whole, sizeof whole);
        assert_in_range(n, 20, NETLINK_ASK_MAX);
        assert_needs_room((struct bytes){ whole, (size_t)n }, ask[i]);
    }
    uint8_t room[NETLINK_ASK_MAX];
    assert_int_equal(
        netlink_msg_ask_route(room, sizeof room, 1, (struct bytes)B("0123456789abcdef")),
        NETLINK_ASK_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode_takes_one_message_after_the_other),
        cmocka_unit_test(test_decode_every_prefix_waits),
        cmocka_unit_test(test_decode_refuses_a_length_below_the_header),
        cmocka_unit_test(test_read_addr_takes_the_own_address_and_the_wide_flags),
        cmocka_unit_test(test_read_addr_of_ipv6_has_no_local),
        cmocka_unit_test(test_read_addr_refuses),
        cmocka_unit_test(test_attributes_that_lie_about_their_length),
        cmocka_unit_test(test_read_route_tells_gateway_source_and_link),
        cmocka_unit_test(test_read_route_refuses),
        cmocka_unit_test(test_read_error_is_an_errno),
        cmocka_unit_test(test_is_news_leaves_out_what_changes_nothing),
        cmocka_unit_test(test_requests_stay_in_their_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
