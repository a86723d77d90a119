/* test_dns.c - lookups at a name server that the test plays, on a loopback socket of the same loop;
 * connecting to what it answers. */
#include "net/dns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "looprun.h"
#include "tmpfiles.h"

#define TYPE_A    1
#define TYPE_AAAA 28

struct zone { /* what the server knows of a name */
    const char *name;
    int rcode;      /* RFC 1035 s.4.1.1 */
    bool is_silent; /* never answered */
    const char *addrs[20];
};

static const struct zone zones[] = {
    { "both.test", .addrs = { "192.0.2.1", "192.0.2.2", "2001:db8::1" } },
    { "mapped.test", .addrs = { "::ffff:192.0.2.3" } },
    { "many.test", .addrs = { "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5",
                              "192.0.2.6", "192.0.2.7", "192.0.2.8", "192.0.2.9", "192.0.2.10",
                              "192.0.2.11", "192.0.2.12", "192.0.2.13", "192.0.2.14", "192.0.2.15",
                              "192.0.2.16", "192.0.2.17", "192.0.2.18" } },
    { .name = "empty.test" },
    { "broken.test", .rcode = 2 },
    { "silent.test", .is_silent = true },
    { "one.test", .addrs = { "127.0.0.1" } },
    { "two.test", .addrs = { "127.0.0.2", "127.0.0.1" } },
    { "turns.test", .addrs = { "127.0.0.2", "127.0.0.3", "127.0.0.4", "::1" } },
    { "turns6.test", .addrs = { "::1", "::1", "::1", "127.0.0.1" } },
};

static struct fixture {
    struct tmpfiles tmp; /* resolv.conf */
    struct ev_loop *loop;
    ev_io io;
    int fd;
    unsigned asked;    /* questions that reached the server */
    bool has_searched; /* one of them was of the search list of resolv.conf */
    struct dns *dns;
    int calls, err, got_fd;
    struct ipaddr ips[DNS_ADDRS_MAX];
    size_t n;
} x;

/* ---- the server ---- */

/* The name of the question as text; returns the octets it took. */
static size_t read_name(const uint8_t *p, char *out)
{
    size_t n = 0;
    while (p[n]) {
        size_t label = p[n];
        memcpy(out + n, p + n + 1, label);
        n += label + 1;
        out[n - 1] = '.';
    }
    out[n ? n - 1 : 0] = '\0';
    return n + 1;
}

static size_t put_record(uint8_t *p, int type, const char *addr)
{
    static const uint8_t head[] = {
        0xc0, 12, 0, 0, 0, 1, 0, 0, 0, 60, 0
    }; /* of the question's name */
    size_t n = type == TYPE_A ? 4 : 16;

    memcpy(p, head, sizeof head);
    p[3] = (uint8_t)type;
    p[sizeof head] = (uint8_t)n;
    assert_int_equal(inet_pton(n == 4 ? AF_INET : AF_INET6, addr, p + sizeof head + 1), 1);
    return sizeof head + 1 + n;
}

static const struct zone *find_zone(const char *name)
{
    for (size_t i = 0; i < COUNT(zones); i++)
        if (strcmp(zones[i].name, name) == 0)
            return &zones[i];
    return NULL;
}

static void on_question(struct ev_loop *loop, ev_io *w, int revents)
{
    uint8_t m[1500] = { 0 };
    struct sockaddr_in from;
    socklen_t len = sizeof from;
    (void)loop;
    (void)revents;
    ssize_t got = recvfrom(w->fd, m, 512, 0, (struct sockaddr *)&from, &len);
    assert_true(got > 12);
    char name[256];
    size_t n = 12 + read_name(m + 12, name) + 4; /* type and class */
    int type = m[n - 3];
    const struct zone *z = find_zone(name);
    x.has_searched |= strstr(name, "example.net") != NULL;
    x.asked++;
    if (z && z->is_silent)
        return;
    m[2] |= 0x80;                                /* a response */
    m[3] = (uint8_t)(0x80 | (z ? z->rcode : 3)); /* NXDOMAIN */
    memset(m + 6, 0, 6);                         /* no records, no EDNS */
    for (size_t i = 0; z && z->addrs[i]; i++)
        if ((strchr(z->addrs[i], ':') != NULL) == (type == TYPE_AAAA)) {
            n += put_record(m + n, type, z->addrs[i]);
            m[7]++;
        }
    assert_int_equal(sendto(w->fd, m, n, 0, (struct sockaddr *)&from, len), n);
}

/* ---- the rig ---- */

static void write_conf(const char *addr)
{
    char text[64];
    snprintf(text, sizeof text, "nameserver %s\nsearch example.net\n", addr);
    tmpfiles_write(x.tmp.path, text);
}

static uint16_t port_of(int fd)
{
    struct sockaddr_any a = { .len = sizeof a.in6 };
    assert_int_equal(getsockname(fd, &a.sa, &a.len), 0);
    return sockaddr_port(&a);
}

static int setup(void **state)
{
    struct sockaddr_any a;
    (void)state;
    x = (struct fixture){ .got_fd = -1 };
    x.loop = ev_loop_new(EVFLAG_AUTO);
    tmpfiles_init(&x.tmp);
    assert_int_equal(sockaddr_parse("127.0.0.1:0", &a), 0);
    x.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(x.fd, &a.sa, a.len), 0);
    ev_io_init(&x.io, on_question, x.fd, EV_READ);
    ev_io_start(x.loop, &x.io);
    write_conf("127.0.0.1");
    x.dns = dns_new_at(x.loop, x.tmp.path, port_of(x.fd));
    assert_non_null(x.dns);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    dns_free(x.dns);
    if (x.got_fd >= 0)
        close(x.got_fd);
    ev_io_stop(x.loop, &x.io);
    close(x.fd);
    ev_run(x.loop, EVRUN_NOWAIT); /* returns at once: nothing is left running */
    ev_loop_destroy(x.loop);
    tmpfiles_fini(&x.tmp);
    return 0;
}

static void on_done(void *arg, int err, const struct ipaddr *ips, size_t n)
{
    assert_ptr_equal(arg, &x);
    assert_int_equal(!err, n > 0);
    x.calls++;
    x.err = err;
    x.n = n;
    if (n)
        memcpy(x.ips, ips, n * sizeof *ips);
}

static struct dns_query *start(const char *host, uint64_t timeout_ms)
{
    x.calls = 0;
    struct dns_query *q = dns_lookup(x.dns, host, timeout_ms, on_done, &x);
    assert_non_null(q);
    assert_int_equal(x.calls, 0);
    return q;
}

static void run(void)
{
    LOOPRUN_UNTIL(x.loop, x.calls);
    ev_run(x.loop, EVRUN_NOWAIT);
    assert_int_equal(x.calls, 1);
}

static int ask(const char *host)
{
    start(host, 5000);
    run();
    return x.err;
}

static bool has(const char *text)
{
    struct ipaddr ip;
    assert_int_equal(sockaddr_parse_ip(text, &ip), 0);
    for (size_t i = 0; i < x.n; i++)
        if (memcmp(&x.ips[i], &ip, sizeof ip) == 0)
            return true;
    return false;
}

/* ---- looking up ---- */

static void test_lookup_gives_both_families_once(void **state)
{
    (void)state;
    assert_int_equal(ask("both.test"), 0);
    assert_int_equal(x.n, 3);
    assert_true(has("192.0.2.1") && has("192.0.2.2") && has("2001:db8::1"));
    assert_int_equal(x.asked, 2);
}

static void test_v4_mapped_answer_is_v4(void **state)
{
    (void)state;
    assert_int_equal(ask("mapped.test"), 0);
    assert_true(has("192.0.2.3"));
}

static void test_answers_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(ask("many.test"), 0);
    assert_int_equal(x.n, DNS_ADDRS_MAX);
}

static void test_literal_is_its_own_answer(void **state)
{
    static const char *const literals[] = { "192.0.2.9", "2001:db8::9", "[2001:db8::9]" };
    (void)state;
    for (size_t i = 0; i < COUNT(literals); i++) {
        assert_int_equal(ask(literals[i]), 0);
        assert_int_equal(x.n, 1);
        assert_true(has(literals[i]));
    }
    assert_int_equal(x.asked, 0);
}

static void test_unknown_names_and_names_without_addresses_are_none(void **state)
{
    (void)state;
    assert_int_equal(ask("nobody.test"), GW_ENONAME);
    assert_int_equal(ask("empty.test"), GW_ENONAME);
    assert_int_equal(ask("a..test"), GW_ENONAME);
}

static void test_names_are_asked_for_as_they_are(void **state)
{
    (void)state;
    assert_int_equal(ask("printer"), GW_ENONAME);
    assert_true(x.asked > 0);
    assert_false(x.has_searched); /* for printer.example.net */
}

static void test_broken_or_absent_servers_are_no_answer(void **state)
{
    (void)state;
    assert_int_equal(ask("broken.test"), GW_ENETDOWN);
    ev_io_stop(x.loop, &x.io);
    close(x.fd);
    assert_int_equal(ask("both.test"), GW_ENETDOWN);
    x.fd = dup(STDIN_FILENO); /* for teardown */
}

static void test_silence_ends_at_the_deadline(void **state)
{
    (void)state;
    uint64_t start_ms = clock_mono_ms();
    start("silent.test", 50);
    run();
    assert_int_equal(x.err, GW_ETIMEOUT);
    assert_int_equal(clock_mono_ms() - start_ms, 50);
}

static void test_cancel_and_free_are_silent(void **state)
{
    (void)state;
    dns_cancel(start("both.test", 5000)); /* the answer comes all the same */
    start("192.0.2.1", 5000);
    run();
    dns_cancel(start("192.0.2.1", 5000));
    dns_cancel(NULL);
    start("silent.test", 5000);
    start("both.test", 5000);
    dns_free(x.dns);
    x.dns = NULL;
    dns_free(NULL);
    x.calls = 0;
    ev_run(x.loop, EVRUN_NOWAIT);
    assert_int_equal(x.calls, 0);
}

/* The old server is silent; what waits for it is asked again. */
static void test_change_of_resolv_conf_counts_at_once(void **state)
{
    (void)state;
    dns_free(x.dns);
    int deaf = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_any a;
    assert_int_equal(sockaddr_parse("127.0.0.2:0", &a), 0);
    a.in.sin_port = htons(port_of(x.fd));
    assert_int_equal(bind(deaf, &a.sa, a.len), 0);
    write_conf("127.0.0.2");
    x.dns = dns_new_at(x.loop, x.tmp.path, port_of(x.fd));
    start("both.test", 2000);
    ev_run(x.loop, EVRUN_NOWAIT);
    assert_int_equal(x.asked, 0);

    unlink(x.tmp.path); /* another inode, whatever the clock of the file system */
    write_conf("127.0.0.1");
    dns_cancel(start("one.test", 2000));
    run();
    assert_int_equal(x.err, 0);
    assert_true(has("2001:db8::1"));
    close(deaf);
}

/* ---- connecting ---- */

static void on_dialled(void *arg, int err, int fd)
{
    assert_ptr_equal(arg, &x);
    assert_int_equal(!err, fd >= 0);
    x.calls++;
    x.err = err;
    if (x.got_fd >= 0)
        close(x.got_fd);
    x.got_fd = fd;
}

static int serve(const char *addr, uint16_t port)
{
    struct sockaddr_any a;
    char text[64];
    snprintf(text, sizeof text, strchr(addr, ':') ? "[%s]:%u" : "%s:%u", addr, port);
    assert_int_equal(sockaddr_parse(text, &a), 0);
    int fd = socket(a.sa.sa_family, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
    if (bind(fd, &a.sa, a.len) != 0 || listen(fd, 5) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* A listener whose queue is full: who comes now hears nothing.  fd[0] listens, the others fill. */
static void serve_silence(const char *addr, uint16_t port, int fd[3])
{
    struct sockaddr_any a = { .len = sizeof a.in6 };
    fd[0] = serve(addr, port);
    assert_true(fd[0] >= 0);
    assert_int_equal(listen(fd[0], 0), 0);
    assert_int_equal(getsockname(fd[0], &a.sa, &a.len), 0);
    for (int i = 1; i < 3; i++) {
        fd[i] = socket(a.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
        assert_true(connect(fd[i], &a.sa, a.len) == 0 || errno == EINPROGRESS);
    }
}

static void close_all(int *fd, size_t n)
{
    for (size_t i = 0; i < n; i++)
        close(fd[i]);
}

static struct dns_dial *dial(const char *host, uint16_t port, uint64_t timeout_ms, dns_may_fn *may)
{
    x.calls = 0;
    struct dns_dial *d = dns_dial(x.dns, host, port, timeout_ms, may, on_dialled, &x);
    assert_non_null(d);
    assert_int_equal(x.calls, 0);
    return d;
}

static bool may_none(void *arg, const struct ipaddr *ip)
{
    (void)arg;
    (void)ip;
    return false;
}

static bool may_not_2(void *arg, const struct ipaddr *ip)
{
    assert_ptr_equal(arg, &x);
    return ip->b[3] != 2;
}

static void test_dial_connects_to_names_and_literals(void **state)
{
    static const char *const hosts[] = { "one.test", "127.0.0.1" };
    (void)state;
    int server = serve("127.0.0.1", 0);
    for (size_t i = 0; i < COUNT(hosts); i++) {
        dial(hosts[i], port_of(server), 5000, NULL);
        run();
        assert_int_equal(x.err, 0);
        int peer = accept(server, NULL, NULL);
        assert_true(peer >= 0);
        close(peer);
    }
    close(server);
}

static void test_dial_tells_why_not(void **state)
{
    (void)state;
    int server = serve("127.0.0.1", 0);
    uint16_t port = port_of(server);
    dial("nobody.test", port, 5000, NULL);
    run();
    assert_int_equal(x.err, GW_ENONAME);
    dial("one.test", port, 5000, may_none);
    run();
    assert_int_equal(x.err, GW_EDENIED);
    dial("127.0.0.1", port, 5000, may_none);
    run();
    assert_int_equal(x.err, GW_EDENIED);
    close(server);
    dial("two.test", port, 5000, NULL);
    run();
    assert_int_equal(x.err, GW_EREFUSED);
}

static void test_dial_goes_on_at_once_after_a_refusal(void **state)
{
    (void)state;
    int server = serve("127.0.0.1", 0);
    uint64_t start_ms = clock_mono_ms();
    dial("two.test", port_of(server), 5000, NULL);
    run();
    assert_int_equal(x.err, 0);
    assert_int_equal(clock_mono_ms() - start_ms, 0);
    close(server);
}

/* RFC 8305 s.5: the next attempt begins 250 ms after the one before, and the first to connect wins.
 */
static void test_dial_does_not_wait_for_a_silent_address(void **state)
{
    int silent[3];
    (void)state;
    int server = serve("127.0.0.1", 0);
    serve_silence("127.0.0.2", port_of(server), silent);
    uint64_t start_ms = clock_mono_ms();
    dial("two.test", port_of(server), 5000, NULL);
    run();
    assert_int_equal(x.err, 0);
    assert_int_equal(clock_mono_ms() - start_ms, 250);

    start_ms = clock_mono_ms(); /* what may not be tried costs no time */
    dial("two.test", port_of(server), 5000, may_not_2);
    run();
    assert_int_equal(x.err, 0);
    assert_int_equal(clock_mono_ms() - start_ms, 0);
    close_all(silent, 3);
    close(server);
}

/* RFC 8305 s.4: three silent addresses of one family do not stand before the one of the other.
 * Which family comes first is the machine's to say, so each is tried. */
static void test_dial_lets_the_families_take_turns(void **state)
{
    int silent[9], silent6[3];
    (void)state;
    int server6 = serve("::1", 0), server = serve("127.0.0.1", 0);
    if (server6 < 0)
        skip(); /* a machine without IPv6 */
    for (int i = 0; i < 3; i++) {
        char addr[] = "127.0.0.2";
        addr[8] = (char)('2' + i);
        serve_silence(addr, port_of(server6), silent + (ptrdiff_t)(3 * i));
    }
    uint64_t start_ms = clock_mono_ms();
    dial("turns.test", port_of(server6), 5000, NULL);
    run();
    assert_int_equal(x.err, 0);
    assert_true(clock_mono_ms() - start_ms <= 250);

    serve_silence("::1", port_of(server), silent6);
    start_ms = clock_mono_ms();
    dial("turns6.test", port_of(server), 5000, NULL);
    run();
    assert_int_equal(x.err, 0);
    assert_true(clock_mono_ms() - start_ms <= 250);
    close_all(silent, COUNT(silent));
    close_all(silent6, COUNT(silent6));
    close(server);
    close(server6);
}

static void test_dial_ends_at_its_deadline_and_by_cancel(void **state)
{
    int silent[3];
    (void)state;
    serve_silence("127.0.0.1", 0, silent);
    dial("one.test", port_of(silent[0]), 100, NULL);
    run();
    assert_int_equal(x.err, GW_ETIMEOUT);
    dial("silent.test", 9, 100, NULL);
    run();
    assert_int_equal(x.err, GW_ETIMEOUT);

    dns_dial_cancel(dial("silent.test", 9, 100, NULL));
    struct dns_dial *d = dial("127.0.0.1", port_of(silent[0]), 100, NULL);
    ev_run(x.loop, EVRUN_NOWAIT); /* now it connects */
    ev_run(x.loop, EVRUN_NOWAIT);
    dns_dial_cancel(d);
    dns_dial_cancel(NULL);
    ev_run(x.loop, EVRUN_NOWAIT);
    assert_int_equal(x.calls, 0);
    close_all(silent, 3);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_lookup_gives_both_families_once),
        T(test_v4_mapped_answer_is_v4),
        T(test_answers_are_bounded),
        T(test_literal_is_its_own_answer),
        T(test_unknown_names_and_names_without_addresses_are_none),
        T(test_names_are_asked_for_as_they_are),
        T(test_broken_or_absent_servers_are_no_answer),
        T(test_silence_ends_at_the_deadline),
        T(test_cancel_and_free_are_silent),
        T(test_change_of_resolv_conf_counts_at_once),
        T(test_dial_connects_to_names_and_literals),
        T(test_dial_tells_why_not),
        T(test_dial_goes_on_at_once_after_a_refusal),
        T(test_dial_does_not_wait_for_a_silent_address),
        T(test_dial_lets_the_families_take_turns),
        T(test_dial_ends_at_its_deadline_and_by_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
