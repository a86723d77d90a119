/* test_cmsg.c - packet information: what is added is what is read, and what the kernel makes of it.
 */
#include "net/cmsg.h"

#include <netinet/in.h>

#include "vec.h"

static struct msghdr message(char *control)
{
    memset(control, 0, 256);
    return (struct msghdr){ .msg_control = control };
}

static void test_pktinfo_comes_back(void **state)
{
    (void)state;
    static const struct {
        struct ipaddr from;
        uint32_t ifindex, want_ifindex;
    } cases[] = {
        { { .family = 4, .b = { 192, 0, 2, 1 } }, 0, 0 },
        { { .family = 4 }, 7, 7 },
        { { .family = 6, .b = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } }, 0, 0 },
        { { .family = 6, .b = { 0xfe, 0x80, [15] = 1 }, .zone = 3 }, 0, 3 }, /* RFC 4007 s.6 */
        { { .family = 6 }, 7, 7 },
    };
    _Alignas(struct cmsghdr) char control[256];

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct msghdr m = message(control);
        struct cmsg_pktinfo info;
        cmsg_add_pktinfo(&m, &cases[i].from, cases[i].ifindex);
        assert_true(m.msg_controllen <= CMSG_PKTINFO_SPACE);
        assert_true(cmsg_read_pktinfo(CMSG_FIRSTHDR(&m), &info));
        assert_true(ipaddr_eq(&info.local, &cases[i].from));
        assert_int_equal(info.local.zone, cases[i].from.zone);
        assert_int_equal(info.ifindex, cases[i].want_ifindex);
    }
}

static void test_add_appends(void **state)
{
    (void)state;
    const struct ipaddr from = { .family = 4, .b = { 192, 0, 2, 1 } };
    _Alignas(struct cmsghdr) char control[256];
    struct msghdr m = message(control);
    struct cmsg_pktinfo info;
    int tos = 2;

    cmsg_add_pktinfo(&m, &from, 0);
    cmsg_add(&m, IPPROTO_IP, IP_TOS, &tos, sizeof tos);
    struct cmsghdr *second = CMSG_NXTHDR(&m, CMSG_FIRSTHDR(&m));
    assert_non_null(second);
    assert_false(cmsg_read_pktinfo(second, &info));
    assert_int_equal(second->cmsg_type, IP_TOS);
    assert_memory_equal(CMSG_DATA(second), &tos, sizeof tos);
    assert_null(CMSG_NXTHDR(&m, second));
}

/* ip(7): ipi_spec_dst is the local address, ipi_addr the destination in the header. */
static void test_read_tells_a_group_from_our_own_address(void **state)
{
    (void)state;
    const struct in_pktinfo raw = { .ipi_ifindex = 2,
                                    .ipi_spec_dst.s_addr = htonl(0xc0000201),
                                    .ipi_addr.s_addr = htonl(0xe00000fb) };
    const struct ipaddr ours = { .family = 4, .b = { 192, 0, 2, 1 } };
    const struct ipaddr group = { .family = 4, .b = { 224, 0, 0, 251 } };
    _Alignas(struct cmsghdr) char control[256];
    struct msghdr m = message(control);
    struct cmsg_pktinfo info;

    cmsg_add(&m, IPPROTO_IP, IP_PKTINFO, &raw, sizeof raw);
    assert_true(cmsg_read_pktinfo(CMSG_FIRSTHDR(&m), &info));
    assert_true(ipaddr_eq(&info.local, &ours));
    assert_true(ipaddr_eq(&info.to, &group));
    assert_int_equal(info.ifindex, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pktinfo_comes_back),
        cmocka_unit_test(test_add_appends),
        cmocka_unit_test(test_read_tells_a_group_from_our_own_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
