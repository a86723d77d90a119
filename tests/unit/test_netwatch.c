/* test_netwatch.c - what the kernel tells of its network, in one made here: netwatch, netsnap,
 * route, rtnl and, with them, netlink_msg. */
#include "net/netwatch.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "looprun.h"
#include "net/netsnap.h"
#include "net/route.h"
#include "netns.h"
#include "vec.h"

struct rig {
    struct ev_loop *loop;
    struct netwatch *w;
    unsigned calls;
    enum netwatch_why why;
    ev_tstamp last;
};

static bool has_netns;

static void on_change(void *arg, enum netwatch_why why)
{
    struct rig *r = arg;
    r->calls++;
    r->why = why;
    r->last = ev_time();
}

/* The kernel tells some of it from a work queue of its own: who is to be told waits for it. */
static void wait_for_calls(struct rig *r, unsigned n)
{
    LOOPRUN_UNTIL(r->loop, r->calls >= n);
    assert_int_equal(r->calls, n);
}

static int setup(void **state)
{
    static struct rig r;
    *state = &r;
    if (!has_netns)
        return 0;
    NETNS_RUN(
        "ip link set lo up && ip link add gwa type veth peer name gwb && ip link set gwa up &&"
        "ip link set gwb up && ip addr add 10.9.0.2/24 dev gwa && sleep 0.1");
    r = (struct rig){ .loop = ev_loop_new(EVFLAG_AUTO) };
    assert_non_null(r.loop);
    r.w = netwatch_new(r.loop, on_change, &r);
    assert_non_null(r.w);
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    if (!has_netns)
        return 0;
    netwatch_free(r->w);
    ev_loop_destroy(r->loop);
    NETNS_RUN("ip link del gwa");
    return 0;
}

static struct rig *rig(void **state)
{
    if (!has_netns)
        skip();
    return *state;
}

static void test_a_burst_of_addresses_is_one_change(void **state)
{
    struct rig *r = rig(state);
    ev_tstamp start = ev_time();
    NETNS_RUN("ip addr add 10.9.0.3/24 dev gwa; ip addr add 10.9.0.4/24 dev gwa");
    NETNS_RUN("ip -6 addr add 2001:db8::2/64 dev gwa nodad");
    wait_for_calls(r, 1);
    looprun_ms(r->loop, 2 * NETWATCH_SETTLE_MS);
    assert_int_equal(r->calls, 1);
    assert_int_equal(r->why, NETWATCH_ADDRS);
    assert_true(r->last - start >= NETWATCH_SETTLE_MS / 1e3 - 0.01);
    NETNS_RUN("ip addr del 10.9.0.4/24 dev gwa");
    wait_for_calls(r, 2);
}

static void test_what_changes_nothing_is_not_told(void **state)
{
    struct rig *r = rig(state);
    NETNS_RUN("ip -6 addr add 2001:db8::2/64 dev gwa nodad");
    wait_for_calls(r, 1);
    NETNS_RUN("ip -6 addr change 2001:db8::2/64 dev gwa valid_lft 3000 preferred_lft 2000");
    NETNS_RUN("ip neigh add 10.9.0.7 lladdr 02:00:00:00:00:07 dev gwa");
    NETNS_RUN("ip route add 10.77.0.0/16 via 10.9.0.7");
    NETNS_RUN("ip link add gwc type veth peer name gwd && ip link set gwc up && ip link del gwc");
    NETNS_RUN("ip addr add 10.9.0.9/24 dev gwa && ip addr del 10.9.0.9/24 dev gwa");
    looprun_ms(r->loop, 300);
    assert_int_equal(r->calls, 1);
}

static void test_an_address_that_is_still_checked_for_duplicates_is_none(void **state)
{
    struct rig *r = rig(state);
    NETNS_RUN("ip link set gwb down; ip -6 addr add 2001:db8::3/64 dev gwa");
    looprun_ms(r->loop, 300); /* without a carrier it stays so */
    assert_int_equal(r->calls, 0);
}

static void test_the_way_to_the_internet_is_told_with_its_carrier(void **state)
{
    struct rig *r = rig(state);
    struct route way;
    assert_int_equal(route_to_internet(4, &way), GW_ENETDOWN);
    NETNS_RUN("ip route add default via 10.9.0.1");
    wait_for_calls(r, 1);
    assert_int_equal(route_to_internet(4, &way), 0);
    assert_int_equal(way.gateway.family, 4);
    assert_memory_equal(way.gateway.b, "\x0a\x09\0\1", 4);
    assert_memory_equal(way.source.b, "\x0a\x09\0\2", 4);
    assert_true(way.is_running);
    NETNS_RUN("ip link set gwb down");
    wait_for_calls(r, 2);
    assert_int_equal(route_to_internet(4, &way), 0);
    assert_false(way.is_running);
    NETNS_RUN("ip link set gwb up");
    wait_for_calls(r, 3);
    /* as a VPN does it: the table stays, a rule leads around it */
    NETNS_RUN("ip route add default via 10.9.0.99 table 77 && ip rule add table 77 pref 99");
    wait_for_calls(r, 4);
    assert_int_equal(route_to_internet(4, &way), 0);
    assert_int_equal(way.gateway.b[3], 99);
    NETNS_RUN("ip rule del pref 99");
}

static void test_an_ipv6_gateway_has_its_zone(void **state)
{
    rig(state);
    struct route way;
    assert_int_equal(route_to_internet(6, &way), GW_ENETDOWN);
    NETNS_RUN(
        "ip -6 addr add 2600:77::2/64 dev gwa nodad; ip -6 route add default via fe80::1 dev gwa");
    assert_int_equal(route_to_internet(6, &way), 0);
    assert_memory_equal(way.gateway.b, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    assert_int_equal(way.gateway.zone, way.ifindex);
    assert_int_not_equal(way.ifindex, 0);
    assert_memory_equal(way.source.b, "\x26\0\0\x77\0\0\0\0\0\0\0\0\0\0\0\2", 16);
}

static void test_a_burst_without_end_is_told_within_a_second(void **state)
{
    struct rig *r = rig(state);
    pid_t pid = fork();
    if (pid == 0) {
        NETNS_RUN("for i in $(seq 10 60); do ip addr add 10.9.0.$i/24 dev gwa; sleep 0.04; done");
        _exit(0);
    }
    wait_for_calls(r, 1);
    assert_int_equal(waitpid(pid, NULL, WNOHANG), 0); /* it goes on */
    waitpid(pid, NULL, 0);
}

/* Has the system refuse routing sockets, as some sandboxes do. */
static void refuse_netlink(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog prog = { .len = COUNT(code), .filter = code };
    assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    assert_int_equal(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog), 0);
}

/* The child is in the sandbox; the network is changed from outside of it. */
static int sandboxed(int go)
{
    struct route way;
    char octet;

    refuse_netlink();
    uint64_t before = netsnap_take();
    if (before != netsnap_take() || read(go, &octet, 1) != 1 || before == netsnap_take())
        return 1;
    if (route_to_internet(4, &way) != 0 || way.gateway.family != 4)
        return 2;
    return memcmp(way.gateway.b, "\x0a\x09\0\1", 4) == 0 && way.source.b[3] == 2 ? 0 : 3;
}

static void test_without_routing_sockets_the_way_is_still_seen(void **state)
{
    rig(state);
    int go[2], status;
    assert_int_equal(pipe(go), 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(sandboxed(go[0]));
    usleep(100000);
    NETNS_RUN("ip route add default via 10.9.0.1");
    assert_int_equal(write(go[1], "", 1), 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(go[0]);
    close(go[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_burst_of_addresses_is_one_change, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_changes_nothing_is_not_told, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_an_address_that_is_still_checked_for_duplicates_is_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_way_to_the_internet_is_told_with_its_carrier,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_ipv6_gateway_has_its_zone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_burst_without_end_is_told_within_a_second, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_without_routing_sockets_the_way_is_still_seen, setup,
                                        teardown),
    };
    has_netns = netns_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
