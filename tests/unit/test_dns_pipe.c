/* test_dns_pipe.c - the choice among the addresses of a name; sockets are real, the DNS is not. */
#include "net/dns_pipe.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake_dns.h"
#include "looprig.h"
#include "vec.h"

#define ANSWER_MS 30 /* fake_dns takes 20 */

static struct {
    struct looprig loop;
    struct dns dns;
    const char *forbidden; /* an address that may not pass; "": none may */
    unsigned ndone;
    int err;
    struct dgrams *pipe;
} rig;

static bool may(void *arg, const struct ipaddr *ip)
{
    struct ipaddr no;

    assert_ptr_equal(arg, &rig);
    if (!*rig.forbidden)
        return false;
    assert_int_equal(sockaddr_parse_ip(rig.forbidden, &no), 0);
    return !ipaddr_eq(ip, &no);
}

static void on_done(void *arg, int err, struct dgrams *d)
{
    assert_ptr_equal(arg, &rig);
    rig.ndone++;
    rig.err = err;
    rig.pipe = d;
}

static void ignore_datagram(struct dgrams *d, struct bytes v)
{
    (void)d;
    (void)v;
}

static void ignore_close(struct dgrams *d, int err)
{
    (void)d;
    (void)err;
}

static const struct dgrams_events no_events = { .on_datagram = ignore_datagram,
                                                .on_close = ignore_close };

static struct dns_pipe *open_pipe(uint16_t port)
{
    struct dns_pipe *p = dns_pipe_open(&rig.dns, "echo.example", port, 1000, may, on_done, &rig);
    assert_non_null(p);
    assert_int_equal(rig.ndone, 0); /* never from inside */
    return p;
}

static int start(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof rig);
    looprig_init(&rig.loop);
    rig.dns = (struct dns){ .loop = rig.loop.loop, .ips = { "127.0.0.2", "127.0.0.3" } };
    rig.forbidden = "127.0.0.2";
    return 0;
}

static int stop(void **state)
{
    (void)state;
    if (rig.pipe) {
        dgrams_own(rig.pipe, &no_events, NULL);
        rig.pipe->ops->close(rig.pipe, GW_ECANCELED);
    }
    looprig_run(&rig.loop);
    looprig_fini(&rig.loop);
    return 0;
}

static void test_datagrams_go_to_the_first_address_that_may_pass(void **state)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = inet_addr("127.0.0.3") };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    char got[8];
    (void)state;

    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    open_pipe(ntohs(at.sin_port));
    looprig_run_ms(&rig.loop, ANSWER_MS);
    assert_int_equal(rig.ndone, 1);
    assert_int_equal(rig.err, 0);
    assert_string_equal(rig.dns.host, "echo.example");
    dgrams_own(rig.pipe, &no_events, NULL);
    rig.pipe->ops->send(rig.pipe, bytes_of("hello"));
    looprig_run(&rig.loop);
    assert_int_equal(recv(fd, got, sizeof got, MSG_DONTWAIT), 5);
    close(fd);
}

static void test_where_no_address_may_pass_it_is_denied(void **state)
{
    (void)state;
    rig.forbidden = "";
    open_pipe(53);
    looprig_run_ms(&rig.loop, ANSWER_MS);
    assert_int_equal(rig.ndone, 1);
    assert_int_equal(rig.err, GW_EDENIED);
    assert_null(rig.pipe);
}

static void test_a_name_that_is_not_found_is_what_is_told(void **state)
{
    (void)state;
    rig.dns.err = GW_ENONAME;
    open_pipe(53);
    looprig_run_ms(&rig.loop, ANSWER_MS);
    assert_int_equal(rig.ndone, 1);
    assert_int_equal(rig.err, GW_ENONAME);
}

static void test_a_cancelled_one_is_told_nothing(void **state)
{
    (void)state;
    dns_pipe_cancel(open_pipe(53));
    looprig_run_ms(&rig.loop, ANSWER_MS);
    assert_int_equal(rig.ndone, 0);
    assert_true(rig.dns.is_cancelled);
    dns_pipe_cancel(NULL);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_datagrams_go_to_the_first_address_that_may_pass),
        T(test_where_no_address_may_pass_it_is_denied),
        T(test_a_name_that_is_not_found_is_what_is_told),
        T(test_a_cancelled_one_is_told_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
