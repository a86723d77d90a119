/* test_holder.c - who has an address, found in /proc. */
#include "main/holder.h"

#include <sys/wait.h>

#include "tmpfiles.h"
#include "vec.h"

/* Another process, named "holder", that has `text` bound until stop() and may be asked by its pid.
 */
struct child {
    pid_t pid;
    int hold; /* closing it ends the child */
    struct sockaddr_any at;
};

static void serve(const char *text, int type, int ready, int hold)
{
    struct sockaddr_any a;
    char c;

    close(hold); /* the parent's end goes with the parent alone */
    if (freopen("/proc/self/comm", "w", stdout))
        printf("holder"), fflush(stdout);
    if (sockaddr_parse(text, &a) != 0)
        _exit(1);
    int fd = socket(a.sa.sa_family, type, 0);
    if (sockaddr_bind(fd, &a) != 0 || (type == SOCK_STREAM && listen(fd, 1) != 0))
        _exit(2);
    a.len = sizeof a.un;
    if (getsockname(fd, &a.sa, &a.len) != 0 || write(ready, &a, sizeof a) != sizeof a)
        _exit(3);
    _exit(read(ready, &c, 1) != 0);
}

static void start(struct child *h, const char *text, int type)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    h->pid = fork();
    assert_true(h->pid >= 0);
    if (h->pid == 0)
        serve(text, type, pair[1], pair[0]);
    close(pair[1]);
    h->hold = pair[0];
    assert_int_equal(read(h->hold, &h->at, sizeof h->at), sizeof h->at);
}

static void stop(struct child *h)
{
    int status;
    close(h->hold);
    assert_int_equal(waitpid(h->pid, &status, 0), h->pid);
}

static void test_print_names_another_process(void **state)
{
    static const struct {
        const char *text;
        int type;
    } cases[] = {
        { "127.0.0.1:0", SOCK_STREAM },
        { "127.0.0.1:0", SOCK_DGRAM },
        { "[::1]:0", SOCK_STREAM },
        { "[::1]:0", SOCK_DGRAM },
    };
    char got[HOLDER_STR_MAX], want[HOLDER_STR_MAX];
    struct child h;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        start(&h, cases[i].text, cases[i].type);
        snprintf(want, sizeof want, " by holder (pid %d)", (int)h.pid);
        assert_string_equal(holder_print(&h.at, cases[i].type == SOCK_DGRAM, got), want);
        assert_string_equal(holder_print(&h.at, cases[i].type != SOCK_DGRAM, got), "");
        stop(&h);
    }
}

static void test_print_finds_the_owner_of_a_socket_file(void **state)
{
    char got[HOLDER_STR_MAX], want[HOLDER_STR_MAX];
    struct tmpfiles tmp;
    struct child h;
    (void)state;
    tmpfiles_init(&tmp);
    start(&h, tmp.path, SOCK_STREAM);
    snprintf(want, sizeof want, " by holder (pid %d)", (int)h.pid);
    assert_string_equal(holder_print(&h.at, false, got), want);
    stop(&h);
    tmpfiles_fini(&tmp);
}

/* 127.0.0.2 and 127.0.0.1 may have the same port; 0.0.0.0 stands in the way of both. */
static void test_print_looks_at_the_address_too(void **state)
{
    struct sockaddr_any other;
    char got[HOLDER_STR_MAX], text[32];
    struct child h;
    (void)state;
    start(&h, "127.0.0.1:0", SOCK_STREAM);
    snprintf(text, sizeof text, "127.0.0.2:%u", sockaddr_port(&h.at));
    assert_int_equal(sockaddr_parse(text, &other), 0);
    assert_string_equal(holder_print(&other, false, got), "");
    snprintf(text, sizeof text, "0.0.0.0:%u", sockaddr_port(&h.at));
    assert_int_equal(sockaddr_parse(text, &other), 0);
    assert_non_null(strstr(holder_print(&other, false, got), " by holder "));
    stop(&h);
}

static void test_print_knows_itself(void **state)
{
    struct sockaddr_any a;
    char got[HOLDER_STR_MAX];
    (void)state;
    assert_int_equal(sockaddr_parse("127.0.0.1:0", &a), 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(sockaddr_bind(fd, &a), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, &a.sa, &a.len), 0);
    assert_string_equal(holder_print(&a, false, got), " by this gw itself");
    close(fd);
    assert_string_equal(holder_print(&a, false, got), "");
}

/* Only root can put on another user's shoes. */
static void test_print_tells_another_user_s_program(void **state)
{
    struct child h;
    int status;
    (void)state;
    if (geteuid() != 0)
        skip();
    start(&h, "127.0.0.1:0", SOCK_STREAM);
    pid_t asker = fork();
    if (asker == 0) {
        char got[HOLDER_STR_MAX];
        if (setuid(65534) != 0)
            _exit(2);
        holder_print(&h.at, false, got);
        _exit(strcmp(got, " by a program of another user (uid 0)") != 0);
    }
    assert_int_equal(waitpid(asker, &status, 0), asker);
    assert_int_equal(status, 0);
    stop(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_print_names_another_process),
        cmocka_unit_test(test_print_finds_the_owner_of_a_socket_file),
        cmocka_unit_test(test_print_looks_at_the_address_too),
        cmocka_unit_test(test_print_knows_itself),
        cmocka_unit_test(test_print_tells_another_user_s_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
