/* test_upnp.c - the process that talks to a UPnP router; the conversation is one made here. */
#include "net/upnp.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vec.h"

static const struct mapping_port ports[] = { { IPPROTO_UDP, 4001 }, { IPPROTO_TCP, 4002 } };

enum router {
    GRANTS,
    GRANTS_ONE,
    GRANTS_NONE,
    LIES_ADDR,
    LIES_URL,
    LIES_COUNT,
    FAILS,
    DIES,
    HANGS,
    COUNTS_FILES,
};
static enum router does;  /* what the router of this test does */
static char unmapped[64]; /* a file that upnp_igd_unmap makes */

bool upnp_igd_is_built(void)
{
    return true;
}

static unsigned open_files(void)
{
    DIR *d = opendir("/proc/self/fd");
    unsigned n = 0;
    while (d && readdir(d))
        n++;
    return n ? n - 3 : 0; /* ".", "..", the directory's own */
}

void upnp_igd_map(struct upnp_report *r)
{
    static const uint8_t outside[4] = { 198, 41, 0, 9 };

    r->addr.family = 4;
    memcpy(r->addr.b, outside, sizeof outside);
    snprintf(r->control_url, sizeof r->control_url, "http://192.168.77.1/ctl");
    for (size_t i = 0; i < r->n; i++)
        r->v[i].external_port = (uint16_t)(does == GRANTS_NONE || (does == GRANTS_ONE && i)
                                               ? 0
                                               : r->v[i].internal.port + 1);
    if (does == LIES_ADDR)
        r->addr.b[0] = 127;
    if (does == LIES_URL)
        memset(r->control_url, 'x', sizeof r->control_url);
    if (does == LIES_COUNT)
        r->n = MAPPING_MAX + 1;
    if (does == FAILS)
        r->err = GW_EUNREACH;
    if (does == DIES)
        raise(SIGKILL);
    if (does == COUNTS_FILES)
        r->v[0].external_port = (uint16_t)open_files();
    while (does == HANGS)
        pause();
}

void upnp_igd_unmap(const struct upnp_report *r)
{
    if (does == HANGS)
        for (unsigned left = 1; left;)
            left = sleep(left);
    FILE *f = fopen(unmapped, "w");
    if (f && r->v[0].external_port == 4002)
        fputs("4002", f);
}

struct rig {
    struct ev_loop *loop;
    unsigned calls;
    int err;
    struct upnp_report r;
};

static void on_done(void *arg, int err, const struct upnp_report *r)
{
    struct rig *rig = arg;
    rig->calls++;
    rig->err = err;
    rig->r = *r;
}

static struct upnp *start(struct rig *r)
{
    int err;
    *r = (struct rig){ .loop = ev_loop_new(EVFLAG_AUTO) };
    assert_non_null(r->loop);
    struct upnp *u = upnp_start(r->loop, ports, COUNT(ports), on_done, r, &err);
    assert_non_null(u);
    assert_int_equal(err, 0);
    return u;
}

static void assert_no_child(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void test_what_is_granted_is_told(void **state)
{
    (void)state;
    struct rig r;
    does = GRANTS;
    start(&r);
    ev_run(r.loop, 0); /* to its end: nothing is watched any more */
    assert_int_equal(r.calls, 1);
    assert_int_equal(r.err, 0);
    assert_int_equal(r.r.n, 2);
    assert_int_equal(r.r.v[0].external_port, 4002);
    assert_int_equal(r.r.v[1].internal.port, 4002);
    assert_int_equal(r.r.v[1].external_port, 4003);
    assert_string_equal(r.r.control_url, "http://192.168.77.1/ctl");
    assert_no_child();
    ev_loop_destroy(r.loop);
}

static void test_what_the_process_says_is_checked(void **state)
{
    (void)state;
    static const struct {
        enum router does;
        int err;
    } cases[] = { { GRANTS_ONE, 0 },    { GRANTS_NONE, GW_EREFUSED }, { LIES_ADDR, GW_EREFUSED },
                  { LIES_URL, GW_EIO }, { LIES_COUNT, GW_EIO },       { FAILS, GW_EUNREACH },
                  { DIES, GW_EIO } };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct rig r;
        does = cases[i].does;
        start(&r);
        ev_run(r.loop, 0);
        assert_int_equal(r.calls, 1);
        assert_int_equal(r.err, cases[i].err);
        ev_loop_destroy(r.loop);
    }
    assert_no_child();
}

static void test_the_process_has_no_file_of_ours(void **state)
{
    (void)state;
    struct rig r;
    int pair[2];
    assert_int_equal(pipe(pair), 0);
    int high = dup2(pair[0], 200);
    does = COUNTS_FILES;
    start(&r);
    ev_run(r.loop, 0);
    assert_int_equal(r.err, 0);
    assert_int_equal(r.r.v[0].external_port, 4); /* 0, 1, 2 and the pipe */
    close(pair[0]);
    close(pair[1]);
    close(high);
    ev_loop_destroy(r.loop);
}

static void test_cancel_ends_the_process_and_calls_nobody(void **state)
{
    (void)state;
    struct rig r;
    does = HANGS;
    upnp_cancel(start(&r));
    ev_run(r.loop, 0);
    assert_int_equal(r.calls, 0);
    assert_no_child();
    upnp_cancel(NULL);
    ev_loop_destroy(r.loop);
}

static void test_release_unmaps_without_a_child_to_wait_for(void **state)
{
    (void)state;
    struct upnp_report r = { .n = 1, .v = { { { IPPROTO_UDP, 4001 }, 4002 } } };
    snprintf(unmapped, sizeof unmapped, "/tmp/gw-test-upnp.%d", (int)getpid());
    upnp_release(&r);
    assert_no_child();
    for (int i = 0; i < 500 && access(unmapped, F_OK) != 0; i++)
        usleep(10000);
    assert_int_equal(unlink(unmapped), 0);
}

/* As systemd does it: SIGTERM to all that is left of the service, at once and again. */
static void test_release_goes_on_when_the_rest_of_gw_is_ended(void **state)
{
    (void)state;
    struct upnp_report r = { .n = 1, .v = { { { IPPROTO_UDP, 4001 }, 4002 } } };
    snprintf(unmapped, sizeof unmapped, "/tmp/gw-test-upnp.%d", (int)getpid());
    does = HANGS; /* for a second */
    pid_t service = fork();
    if (service == 0) {
        setpgid(0, 0);
        upnp_release(&r);
        _exit(0);
    }
    assert_int_equal(waitpid(service, NULL, 0), service);
    for (int i = 0; i < 500 && access(unmapped, F_OK) != 0; i++) {
        kill(-service, SIGTERM);
        usleep(10000);
    }
    assert_int_equal(unlink(unmapped), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_granted_is_told),
        cmocka_unit_test(test_what_the_process_says_is_checked),
        cmocka_unit_test(test_the_process_has_no_file_of_ours),
        cmocka_unit_test(test_cancel_ends_the_process_and_calls_nobody),
        cmocka_unit_test(test_release_unmaps_without_a_child_to_wait_for),
        cmocka_unit_test(test_release_goes_on_when_the_rest_of_gw_is_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
