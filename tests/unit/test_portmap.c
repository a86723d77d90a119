/* test_portmap.c - portmap against a router made here, in a network of its own beside ours.  UPnP
 * does not reach that one: what it would answer is said here. */
#include "net/portmap.h"

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "looprun.h"
#include "net/upnp_igd.h"
#include "netns.h"
#include "vec.h"
#include "wire/pcp_msg.h"

#define REQUEST 60

struct rig {
    struct ev_loop *loop;
    struct portmap *pm;
    pid_t router;
    int requests; /* every one that the router gets */
    unsigned mapped, lost;
    struct mapping what;
    const char *how;
};

static bool has_netns;
static bool is_deaf;    /* the router, to PCP and NAT-PMP */
static bool igd_grants; /* what it says to UPnP */

bool upnp_igd_is_built(void)
{
    return true;
}

void upnp_igd_map(struct upnp_report *r)
{
    static const uint8_t outside[4] = { 10, 0, 0, 9 };

    r->err = igd_grants ? 0 : GW_EUNREACH;
    r->addr.family = 4;
    memcpy(r->addr.b, outside, sizeof outside);
    for (size_t i = 0; i < r->n; i++)
        r->v[i].external_port = 7001;
}

void upnp_igd_unmap(const struct upnp_report *r)
{
    (void)r;
}

/* --- the router: grants everything, one port higher (RFC 6887 s.11.1) */

static void serve(int fd, int requests)
{
    static const uint8_t outside[4] = { 198, 41, 0, 9 };
    uint8_t b[PCP_MAX];
    struct sockaddr_in from;

    for (;;) {
        socklen_t len = sizeof from;
        ssize_t n = recvfrom(fd, b, sizeof b, 0, (struct sockaddr *)&from, &len);
        if (n != REQUEST || write(requests, b, REQUEST) != REQUEST)
            continue;
        b[1] |= 0x80;
        memset(b + 8, 0, 16); /* epoch 0, reserved: where the client's address was */
        b[43]++;
        memcpy(b + 56, outside, sizeof outside);
        sendto(fd, b, REQUEST, 0, (struct sockaddr *)&from, len);
    }
}

static void run_router(int ready, int requests)
{
    struct sockaddr_in me = { .sin_family = AF_INET, .sin_port = htons(is_deaf ? 9 : PCP_PORT) };
    char octet = 0;

    if (unshare(CLONE_NEWNET) == 0) {
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        if (bind(fd, (struct sockaddr *)&me, sizeof me) == 0 && write(ready, &octet, 1) == 1)
            serve(fd, requests);
    }
    _exit(1);
}

static void run_in_router(const struct rig *r, const char *command)
{
    char line[256];
    snprintf(line, sizeof line, "PATH=$PATH:/usr/sbin:/sbin; nsenter -n -t %d %s", (int)r->router,
             command);
    assert_int_equal(system(line), 0);
}

/* --- the rig */

static void on_mapped(void *arg, const struct mapping *m, const char *how)
{
    struct rig *r = arg;
    r->mapped++;
    r->what = *m;
    r->how = how;
}

static void on_lost(void *arg, const struct mapping *m)
{
    struct rig *r = arg;
    (void)m;
    r->lost++;
}

static const struct portmap_events events = { on_mapped, on_lost };

static void start_router(struct rig *r)
{
    int ready[2], requests[2];
    char octet, line[128];

    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(requests), 0);
    r->router = fork();
    if (r->router == 0)
        run_router(ready[1], requests[1]);
    close(ready[1]);
    close(requests[1]);
    assert_int_equal(read(ready[0], &octet, 1), 1);
    close(ready[0]);
    r->requests = requests[0];
    snprintf(line, sizeof line, "PATH=$PATH:/usr/sbin:/sbin; ip link set gwb netns %d",
             (int)r->router);
    assert_int_equal(system(line), 0);
    run_in_router(r, "ip link set gwb up");
    run_in_router(r, "ip addr add 10.9.0.1/24 dev gwb");
}

static int setup(void **state)
{
    static struct rig r;
    *state = &r;
    if (!has_netns)
        return 0;
    r = (struct rig){ .loop = ev_loop_new(EVFLAG_AUTO) };
    NETNS_RUN("ip link add gwa type veth peer name gwb && ip link set gwa up &&"
              "ip addr add 10.9.0.2/24 dev gwa");
    start_router(&r);
    NETNS_RUN("ip route add default via 10.9.0.1");
    r.pm = portmap_new(r.loop, &events, &r);
    assert_non_null(r.pm);
    return 0;
}

static int setup_deaf(void **state)
{
    is_deaf = igd_grants = true;
    int rc = setup(state);
    is_deaf = false;
    return rc;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    igd_grants = false;
    if (!has_netns)
        return 0;
    portmap_free(r->pm);
    ev_loop_destroy(r->loop);
    kill(r->router, SIGKILL);
    waitpid(r->router, NULL, 0);
    close(r->requests);
    NETNS_RUN("ip link del gwa 2>/dev/null || true");
    return 0;
}

static struct rig *rig(void **state)
{
    if (!has_netns)
        skip();
    return *state;
}

static void wait_for_mapped(struct rig *r, unsigned n)
{
    LOOPRUN_UNTIL(r->loop, r->mapped >= n);
    assert_int_equal(r->mapped, n);
}

static bool has_request(const struct rig *r, int ms)
{
    struct pollfd p = { .fd = r->requests, .events = POLLIN };
    return poll(&p, 1, ms) == 1;
}

/* The next request that the router got. */
static void next_request(const struct rig *r, uint8_t out[REQUEST])
{
    assert_true(has_request(r, 10000));
    assert_int_equal(read(r->requests, out, REQUEST), REQUEST);
}

static void test_a_port_wanted_is_mapped(void **state)
{
    struct rig *r = rig(state);
    uint8_t request[REQUEST];
    assert_int_equal(portmap_want(r->pm, 4, IPPROTO_UDP, 4001), 0);
    assert_int_equal(portmap_want(r->pm, 4, IPPROTO_UDP, 4001), 0); /* said twice */
    wait_for_mapped(r, 1);
    assert_string_equal(r->how, "pcp");
    assert_int_equal(r->what.internal.proto, IPPROTO_UDP);
    assert_int_equal(r->what.internal.port, 4001);
    assert_int_equal(r->what.port, 4002);
    assert_memory_equal(r->what.addr.b, "\xc6\x29\0\x09", 4);
    assert_true(r->what.is_public);
    next_request(r, request);
    assert_memory_equal(request + 8, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\x09\0\2", 16); /* who asks */
    assert_false(has_request(r, 300));
}

static void test_no_more_ports_than_there_is_room_for(void **state)
{
    struct rig *r = rig(state);
    for (uint16_t i = 0; i < MAPPING_MAX; i++)
        assert_int_equal(portmap_want(r->pm, 4, IPPROTO_TCP, (uint16_t)(4001 + i)), 0);
    assert_int_equal(portmap_want(r->pm, 4, IPPROTO_TCP, 5001), GW_ELIMIT);
    wait_for_mapped(r, MAPPING_MAX);
}

static void test_the_same_network_is_asked_again_at_once(void **state)
{
    struct rig *r = rig(state);
    uint8_t request[REQUEST];
    portmap_want(r->pm, 4, IPPROTO_UDP, 4001);
    wait_for_mapped(r, 1);
    next_request(r, request);
    portmap_network_changed(r->pm);
    wait_for_mapped(r, 2);
    next_request(r, request);
    assert_int_equal(r->lost, 1); /* it wished for 4002 and got 4003 */
    assert_int_equal(r->what.port, 4003);
}

static void test_without_its_way_a_mapping_is_lost_and_comes_back_with_it(void **state)
{
    struct rig *r = rig(state);
    portmap_want(r->pm, 4, IPPROTO_UDP, 4001);
    wait_for_mapped(r, 1);
    NETNS_RUN("ip route del default");
    portmap_network_changed(r->pm);
    LOOPRUN_UNTIL(r->loop, r->lost == 1);
    NETNS_RUN("ip route add default via 10.9.0.1");
    portmap_network_changed(r->pm);
    wait_for_mapped(r, 2);
}

static void test_a_machine_with_a_public_address_asks_for_nothing(void **state)
{
    struct rig *r = rig(state);
    NETNS_RUN("ip addr add 198.41.1.2/24 dev gwa &&"
              "ip route replace default via 10.9.0.1 src 198.41.1.2");
    portmap_network_changed(r->pm);
    portmap_want(r->pm, 4, IPPROTO_UDP, 4001);
    looprun_ms(r->loop, 200);
    assert_false(has_request(r, 300));
}

static void test_a_router_that_refuses_pcp_is_asked_by_upnp(void **state)
{
    struct rig *r = rig(state);
    portmap_want(r->pm, 4, IPPROTO_UDP, 4001);
    wait_for_mapped(r, 1);
    assert_string_equal(r->how, "upnp");
    assert_int_equal(r->what.internal.port, 4001);
    assert_int_equal(r->what.port, 7001);
    assert_int_equal(r->what.lifetime_s, UPNP_LEASE_S);
    assert_false(r->what.is_public); /* double NAT */
}

static void test_free_deletes_the_mappings(void **state)
{
    struct rig *r = rig(state);
    uint8_t request[REQUEST];
    portmap_want(r->pm, 4, IPPROTO_UDP, 4001);
    portmap_want(r->pm, 4, IPPROTO_TCP, 4001);
    wait_for_mapped(r, 2);
    portmap_free(r->pm);
    r->pm = NULL;
    assert_int_equal(r->lost, 0); /* nobody is told */
    for (int i = 0; i < 4; i++) {
        next_request(r, request);
        assert_memory_equal(request + 4, i < 2 ? "\0\0\x04\xb0" : "\0\0\0\0", 4);
    }
    assert_false(has_request(r, 300));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_port_wanted_is_mapped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_more_ports_than_there_is_room_for, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_same_network_is_asked_again_at_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_without_its_way_a_mapping_is_lost_and_comes_back_with_it, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_machine_with_a_public_address_asks_for_nothing,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_router_that_refuses_pcp_is_asked_by_upnp, setup_deaf,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_free_deletes_the_mappings, setup, teardown),
    };
    has_netns = netns_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
