/* test_mdns_port.c - the sockets of multicast DNS on a cable between two networks made here, with
 * plain sockets at its other end. */
#include "net/mdns_port.h"

#include <net/if.h>
#include <sys/socket.h>

#include "net/sockaddr.h"
#include "netns.h"
#include "vec.h"

#define GROUP 0xe00000fbu
#define US    0x0a090002u

static struct rig {
    struct ev_loop *loop;
    struct mdns_port *port;
    struct mdns_link links[MDNS_LINKS_MAX];
    size_t nlinks;
    unsigned heard;
    struct mdns_peer from;
    char text[64];
} rig;

static int here = -1, there = -1; /* the two networks; -1: they cannot be made */

static void on_datagram(void *arg, const struct mdns_peer *from, struct bytes v)
{
    struct rig *r = arg;
    r->heard++;
    r->from = *from;
    assert_true(v.n < sizeof r->text);
    memcpy(r->text, v.p, v.n);
    r->text[v.n] = '\0';
}

static void enter(int network)
{
    assert_int_equal(setns(network, CLONE_NEWNET), 0);
}

static void join(size_t want)
{
    rig.nlinks = mdns_port_join(rig.port, rig.links);
    for (int i = 0; i < 100 && rig.nlinks != want; i++) { /* IPv6 takes a moment */
        usleep(10000);
        rig.nlinks = mdns_port_join(rig.port, rig.links);
    }
    assert_int_equal(rig.nlinks, want);
}

static int setup(void **state)
{
    char move[80];
    (void)state;
    if (there < 0)
        return 0;
    NETNS_RUN("ip link set lo up && ip link add gwa type veth peer name gwb");
    snprintf(move, sizeof move, "PATH=$PATH:/usr/sbin:/sbin; ip link set gwb netns /proc/%d/fd/%d",
             (int)getpid(), there);
    assert_int_equal(system(move), 0);
    NETNS_RUN("sysctl -qw net.ipv6.conf.gwa.accept_dad=0 && ip link set gwa up &&"
              "ip addr add 10.9.0.2/24 dev gwa");
    enter(there);
    NETNS_RUN("ip link set lo up && ip link set gwb up && ip addr add 10.9.0.3/24 dev gwb &&"
              "ip addr replace 192.0.2.1/32 dev lo && sysctl -qw net.ipv4.conf.gwb.arp_ignore=1");
    enter(here);
    rig = (struct rig){ .loop = ev_loop_new(EVFLAG_AUTO) };
    assert_int_equal(mdns_port_open(rig.loop, on_datagram, &rig, &rig.port), 0);
    join(2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (there < 0)
        return 0;
    mdns_port_close(rig.port);
    ev_loop_destroy(rig.loop);
    NETNS_RUN("ip link del gwa");
    return 0;
}

static void on_timer(struct ev_loop *loop, ev_timer *t, int revents)
{
    (void)t;
    (void)revents;
    ev_break(loop, EVBREAK_ALL);
}

static void run_ms(unsigned ms)
{
    ev_timer t;
    ev_now_update(rig.loop);
    ev_timer_init(&t, on_timer, ms / 1e3, 0.);
    ev_timer_start(rig.loop, &t);
    ev_run(rig.loop, 0);
}

/* A socket of another program, on one of the networks. */
static int other(int network, const char *interface)
{
    struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(MDNS_PORT) };
    struct ip_mreqn m = { .imr_multiaddr.s_addr = htonl(GROUP) };
    int one = 1;

    enter(network);
    m.imr_ifindex = (int)if_nametoindex(interface);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof any), 0);
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof m), 0);
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &m, sizeof m), 0);
    setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &one, sizeof one);
    enter(here);
    return fd;
}

static void send_to(int fd, uint32_t ip, int ttl)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(MDNS_PORT),
                              .sin_addr.s_addr = htonl(ip) };
    setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl);
    assert_int_equal(sendto(fd, "hello", 5, 0, (struct sockaddr *)&to, sizeof to), 5);
    run_ms(50);
}

/* The hops that the next datagram has left; -1: none comes. */
static int hops_of_next(int fd)
{
    _Alignas(struct cmsghdr) char control[64];
    char text[64];
    struct iovec iov = { text, sizeof text };
    struct msghdr m = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
    };
    int hops = -1;

    usleep(50000);
    if (recvmsg(fd, &m, MSG_DONTWAIT) != 5)
        return -1;
    assert_memory_equal(text, "hello", 5);
    memcpy(&hops, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof hops);
    return hops;
}

static struct mdns_link link_of(uint8_t family)
{
    return (struct mdns_link){ if_nametoindex("gwa"), family };
}

static void need_networks(void)
{
    if (there < 0)
        skip();
}

static void test_links_are_those_that_are_up_and_not_loopback(void **state)
{
    (void)state;
    need_networks();
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(rig.links[i].ifindex, if_nametoindex("gwa"));
    assert_int_equal(rig.links[0].family + rig.links[1].family, 4 + 6);
    NETNS_RUN("ip link set lo multicast on");
    join(2);
    NETNS_RUN("ip link set gwa down");
    join(0);
    NETNS_RUN("ip link set gwa up");
    join(2);
    NETNS_RUN("ip link add gwc type veth peer name gwd && ip addr add 10.10.0.1/24 dev gwc &&"
              "ip link set gwc up && ip link set gwd up");
    join(5); /* gwd has IPv6 only */
    NETNS_RUN("ip link del gwc");
    join(2);
}

static void test_the_group_is_heard_with_its_link(void **state)
{
    (void)state;
    need_networks();
    int fd = other(there, "gwb");
    send_to(fd, GROUP, 1);
    assert_int_equal(rig.heard, 1);
    assert_string_equal(rig.text, "hello");
    assert_int_equal(rig.from.link.ifindex, if_nametoindex("gwa"));
    assert_int_equal(rig.from.link.family, 4);
    assert_memory_equal(rig.from.ip.b, "\x0a\x09\0\3", 4);
    assert_int_equal(rig.from.port, MDNS_PORT);
    assert_true(rig.from.is_to_group);
    close(fd);
}

static void test_what_was_sent_to_us_alone_has_to_be_of_the_link(void **state)
{
    (void)state;
    need_networks();
    int fd = other(there, "gwb");
    send_to(fd, US, 254); /* it has passed a router, or may have */
    assert_int_equal(rig.heard, 0);
    send_to(fd, US, 255);
    assert_int_equal(rig.heard, 1);
    assert_false(rig.from.is_to_group);
    close(fd);
}

static void test_a_link_that_is_not_joined_is_not_heard(void **state)
{
    (void)state;
    need_networks();
    mdns_port_close(rig.port);
    assert_int_equal(mdns_port_open(rig.loop, on_datagram, &rig, &rig.port), 0);
    int fd = other(there, "gwb");
    send_to(fd, US, 255);
    send_to(fd, GROUP, 255);
    assert_int_equal(rig.heard, 0);
    close(fd);
}

static void test_all_on_the_link_hear_what_is_sent_this_machine_too(void **state)
{
    (void)state;
    need_networks();
    struct mdns_link to = link_of(4);
    int far = other(there, "gwb"), near = other(here, "gwa");
    mdns_port_send(rig.port, &to, (struct bytes)B("hello"));
    assert_int_equal(hops_of_next(far), 255);
    assert_int_equal(hops_of_next(near), 255);
    close(far);
    close(near);
}

static void test_ipv6_is_heard_and_sent(void **state)
{
    (void)state;
    need_networks();
    struct mdns_link to = link_of(6);
    mdns_port_send(rig.port, &to, (struct bytes)B("hello"));
    run_ms(50); /* our own comes back */
    assert_int_equal(rig.heard, 1);
    assert_int_equal(rig.from.link.family, 6);
    assert_int_equal(rig.from.link.ifindex, to.ifindex);
    assert_int_equal(rig.from.ip.b[0], 0xfe);
}

static void test_an_answer_to_one_does_not_go_by_a_router(void **state)
{
    (void)state;
    need_networks();
    int fd = other(there, "gwb");
    struct mdns_peer on_link = {
        link_of(4), { .family = 4, .b = { 10, 9, 0, 3 } }, MDNS_PORT, true
    };
    struct mdns_peer beyond = {
        link_of(4), { .family = 4, .b = { 192, 0, 2, 1 } }, MDNS_PORT, true
    };
    NETNS_RUN("ip route add default via 10.9.0.3");
    mdns_port_reply(rig.port, &beyond, (struct bytes)B("hello"));
    assert_int_equal(hops_of_next(fd), -1);
    mdns_port_reply(rig.port, &on_link, (struct bytes)B("hello"));
    assert_int_equal(hops_of_next(fd), 255);
    close(fd);
}

#define RIGGED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIGGED(test_links_are_those_that_are_up_and_not_loopback),
        RIGGED(test_the_group_is_heard_with_its_link),
        RIGGED(test_what_was_sent_to_us_alone_has_to_be_of_the_link),
        RIGGED(test_a_link_that_is_not_joined_is_not_heard),
        RIGGED(test_all_on_the_link_hear_what_is_sent_this_machine_too),
        RIGGED(test_ipv6_is_heard_and_sent),
        RIGGED(test_an_answer_to_one_does_not_go_by_a_router),
    };
    if (netns_enter()) {
        here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
        if (unshare(CLONE_NEWNET) == 0)
            there = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
        if (there < 0 || setns(here, CLONE_NEWNET) != 0)
            there = -1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
