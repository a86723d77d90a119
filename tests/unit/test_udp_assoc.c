/* test_udp_assoc.c - SOCKS5 UDP associations with real clients (RFC 1928 s.7); the front is a fake.
 */
#include "gate/udp_assoc.h"

#include "base/log.h"
#include "fake_front.h"
#include "udprig.h"
#include "vec.h"

#define ALICE      \
    "\0\0\0\3\x09" \
    "dns.alice\0\x35"
#define BOB        \
    "\0\0\0\3\x07" \
    "dns.Bob\0\x35"

struct rig {
    struct looprig loop;
    struct front front;
    struct udp_assoc *assoc;
    struct sockaddr_any bound;
};

static struct rig rig;

static void open_assoc(const char *local, const char *client, struct sockaddr_any *bound,
                       struct udp_assoc **out)
{
    struct sockaddr_any l = addr_of(local), c = addr_of(client);
    struct front_target options = { .path = HOST_PATH_DIRECT, .has_path = true };
    assert_int_equal(udp_assoc_open(rig.loop.loop, &rig.front, &l, &c, &options, bound, out), 0);
}

static int start(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof rig);
    looprig_init(&rig.loop);
    open_assoc("127.0.0.1:1080", "127.0.0.1:40000", &rig.bound, &rig.assoc);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    udp_assoc_close(rig.assoc);
    looprig_fini(&rig.loop);
    return 0;
}

static void say(int fd, struct bytes v)
{
    put(fd, v.p, v.n);
    looprig_run(&rig.loop);
}

#define SAY(fd, literal) say((fd), (struct bytes)B(literal))
#define GOT(fd, literal) assert_got((fd), (literal), sizeof(literal) - 1)

static int add_client(void)
{
    return udp_client("127.0.0.1:0", &rig.bound);
}

static void far_says(size_t i, const char *text)
{
    struct dgrams *d = rig.front.open[i].dgrams;
    assert_non_null(d);
    d->ops->send(d, bytes_of(text));
}

static void assert_far_got(size_t i, const char *text)
{
    assert_bytes((struct bytes){ rig.front.open[i].got, rig.front.open[i].ngot }, bytes_of(text));
}

static void test_bound_is_the_local_address_with_a_port_of_its_own(void **state)
{
    struct sockaddr_any bound;
    struct udp_assoc *other;
    char text[SOCKADDR_STR_MAX];
    (void)state;
    assert_memory_equal(sockaddr_print(&rig.bound, text), "127.0.0.1:", 10);
    assert_int_not_equal(sockaddr_port(&rig.bound), 0);
    assert_int_not_equal(sockaddr_port(&rig.bound), 1080);

    open_assoc("127.0.0.3:1080", "127.0.0.1:40000", &bound, &other);
    assert_memory_equal(sockaddr_print(&bound, text), "127.0.0.3:", 10);
    udp_assoc_close(other);

    open_assoc("[::ffff:127.0.0.1]:1080", "[::ffff:127.0.0.1]:40000", &bound, &other);
    assert_memory_equal(sockaddr_print(&bound, text), "127.0.0.1:", 10);
    int a = udp_client("127.0.0.1:0", &bound);
    SAY(a, ALICE "v4-mapped is v4");
    assert_int_equal(rig.front.n, 1);
    udp_assoc_close(other);
    close(a);
}

static void test_unix_client_is_served_on_ipv4_loopback(void **state)
{
    struct sockaddr_any bound;
    struct udp_assoc *other;
    char text[SOCKADDR_STR_MAX];
    (void)state;
    open_assoc("unix:/run/gw.sock", "unix:/tmp/client", &bound, &other);
    assert_memory_equal(sockaddr_print(&bound, text), "127.0.0.1:", 10);
    int a = udp_client("127.0.0.1:0", &bound), b = udp_client("127.0.0.2:0", &bound);
    SAY(b, ALICE "x");
    SAY(a, ALICE "y");
    assert_int_equal(rig.front.n, 1);
    fake_front_opened(&rig.front, 0, 0);
    assert_far_got(0, "y");
    udp_assoc_close(other);
    close(a);
    close(b);
}

static void test_destination_is_asked_of_the_front_with_the_options(void **state)
{
    static const struct {
        struct bytes wire;
        const char *host;
        uint16_t port;
    } vectors[] = {
        { B(ALICE "?"), "dns.alice", 53 },
        { B("\0\0\0\1\x7f\x40\1\2\0\x35?"), "127.64.1.2", 53 },
        { B("\0\0\0\4\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\1\xbb?"), "fd00::1", 443 },
        { B("\0\0\0\3\x0a"
            "127.64.1.2\0\x35?"),
          "127.64.1.2", 53 },
        { B("\xff\xff\0\3\x01"
            "a\0\x35?"),
          "a", 53 }, /* RSV is not looked at */
    };
    int a = add_client();
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        say(a, vectors[i].wire);
        assert_int_equal(rig.front.n, i + 1);
        const struct front_open *o = &rig.front.open[i];
        assert_string_equal(o->kind, "socks5-udp");
        assert_string_equal(o->target.host, vectors[i].host);
        assert_int_equal(o->target.port, vectors[i].port);
        assert_string_equal(o->target.service, "");
        assert_true(o->target.is_udp);
        assert_int_equal(o->target.path, HOST_PATH_DIRECT);
        assert_true(o->target.has_path);
    }
    close(a);
}

static void test_reply_carries_the_destination_as_the_client_wrote_it(void **state)
{
    int a = add_client();
    (void)state;
    SAY(a, ALICE "to alice");
    SAY(a, BOB "to bob");
    SAY(a, "\1\2\0\1\x7f\x40\1\2\0\x35to an address");
    SAY(a, "\0\0\0\4\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\x40\1\2\0\x35to a v4-mapped one");
    assert_int_equal(rig.front.n, 4);
    for (size_t i = 0; i < 4; i++)
        fake_front_opened(&rig.front, i, 0);
    assert_far_got(0, "to alice");
    assert_far_got(1, "to bob");
    assert_far_got(2, "to an address");
    assert_far_got(3, "to a v4-mapped one");
    far_says(1, "from bob");
    GOT(a, BOB "from bob");
    far_says(0, "from alice");
    GOT(a, ALICE "from alice");
    far_says(2, "hello");
    GOT(a, "\0\0\0\1\x7f\x40\1\2\0\x35hello");
    far_says(3, "hello");
    GOT(a, "\0\0\0\4\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\x40\1\2\0\x35hello");
    far_says(0, "");
    GOT(a, ALICE);
    close(a);
}

static void test_other_address_is_dropped(void **state)
{
    int stranger = udp_client("127.0.0.2:0", &rig.bound), a = add_client();
    (void)state;
    SAY(stranger, ALICE "first, but not from the client");
    assert_int_equal(rig.front.n, 0);
    SAY(a, ALICE "1");
    assert_int_equal(rig.front.n, 1);
    SAY(stranger, ALICE "2");
    fake_front_opened(&rig.front, 0, 0);
    SAY(stranger, ALICE "3");
    assert_int_equal(rig.front.open[0].ndatagrams, 1);
    far_says(0, "answer");
    GOT(a, ALICE "answer");
    assert_nothing(stranger);
    close(a);
    close(stranger);
}

static void test_other_port_is_dropped_once_one_has_sent(void **state)
{
    int a = add_client(), other = add_client();
    (void)state;
    SAY(other, "rubbish fixes no port");
    SAY(a, ALICE "1");
    SAY(other, ALICE "2");
    SAY(other, BOB "3");
    assert_int_equal(rig.front.n, 1);
    fake_front_opened(&rig.front, 0, 0);
    assert_int_equal(rig.front.open[0].ndatagrams, 1);
    far_says(0, "answer");
    GOT(a, ALICE "answer");
    assert_nothing(other);
    close(a);
    close(other);
}

static void test_what_is_not_a_whole_datagram_is_dropped(void **state)
{
    static const struct {
        const char *why;
        struct bytes wire;
    } vectors[] = {
        { "first fragment", B("\0\0\1\3\1a\0\x35?") },
        { "last fragment", B("\0\0\x81\3\1a\0\x35?") },
        { "empty", B("") },
        { "header cut short", B("\0\0\0\3\x09"
                                "dns.al") },
        { "address type", B("\0\0\0\2\1\1\1\1\0\x35?") },
        { "port 0", B("\0\0\0\3\1a\0\0?") },
        { "NUL in the name", B("\0\0\0\3\x0flocalhost\0.evil\0\x35?") },
    };
    int a = add_client();
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        say(a, vectors[i].wire);
        assert_int_equal(rig.front.n, 0);
    }
    SAY(a, ALICE "fine");
    assert_int_equal(rig.front.n, 1);
    close(a);
}

static void test_refused_destination_is_looked_up_once_and_harms_no_other(void **state)
{
    int a = add_client();
    (void)state;
    SAY(a, ALICE "1");
    fake_front_opened(&rig.front, 0, GW_ENONAME);
    for (int i = 0; i < 50; i++)
        SAY(a, ALICE "again");
    assert_int_equal(rig.front.n, 1);
    SAY(a, BOB "1");
    assert_int_equal(rig.front.n, 2);
    fake_front_opened(&rig.front, 1, 0);
    assert_far_got(1, "1");
    close(a);
}

static void test_close_ends_every_pipe_and_the_port(void **state)
{
    int a = add_client();
    uint8_t octet;
    (void)state;
    SAY(a, ALICE "1");
    SAY(a, BOB "2");
    fake_front_opened(&rig.front, 0, 0);
    udp_assoc_close(rig.assoc);
    rig.assoc = NULL;
    assert_null(rig.front.open[0].dgrams);
    assert_true(rig.front.open[1].is_canceled);
    put(a, ALICE, sizeof ALICE);
    assert_int_equal(recv(a, &octet, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, ECONNREFUSED);
    close(a);
}

/* --- many datagrams through several associations --- */

#define ASSOCS    4
#define DATAGRAMS 10000
#define BURST     20 /* of one client, before the loop runs: well within a socket's buffer */
#define EARLY     10 /* before the pipes are open */
#define OCTETS    1200

static unsigned far_count[ASSOCS], near_count[ASSOCS];

/* The payload: whose it is, its number, then octets that follow from both. */
static void make_payload(uint8_t out[OCTETS], unsigned assoc, unsigned number)
{
    for (size_t i = 0; i < OCTETS; i++)
        out[i] = (uint8_t)(assoc * 50 + number + i);
    out[0] = (uint8_t)assoc;
    out[1] = (uint8_t)(number >> 8);
    out[2] = (uint8_t)number;
}

/* The host name tells whose pipe it is; the answer is the same octets. */
static void check_and_echo(struct front_open *o, struct bytes v)
{
    uint8_t want[OCTETS];
    unsigned i = (unsigned)(o->target.host[0] - 'a');
    assert_true(i < ASSOCS);
    make_payload(want, i, far_count[i]++);
    assert_bytes(v, (struct bytes){ want, sizeof want });
    o->dgrams->ops->send(o->dgrams, v);
}

static size_t make_datagram(uint8_t out[OCTETS + 8], unsigned assoc, unsigned number)
{
    memcpy(out, "\0\0\0\3\1?\0\x35", 8);
    out[5] = (uint8_t)('a' + assoc);
    make_payload(out + 8, assoc, number);
    return OCTETS + 8;
}

static void check_answers(int fd, unsigned assoc)
{
    uint8_t want[OCTETS + 8], got[OCTETS + 9];
    ssize_t n;
    while ((n = recv(fd, got, sizeof got, MSG_DONTWAIT)) >= 0) {
        make_datagram(want, assoc, near_count[assoc]++);
        assert_bytes((struct bytes){ got, (size_t)n }, (struct bytes){ want, sizeof want });
    }
}

static void test_ten_thousand_datagrams_keep_their_order_and_their_association(void **state)
{
    struct udp_assoc *assoc[ASSOCS];
    struct sockaddr_any bound[ASSOCS];
    int fd[ASSOCS];
    uint8_t wire[OCTETS + 8];
    (void)state;
    rig.front.on_datagram = check_and_echo;
    for (unsigned i = 0; i < ASSOCS; i++) {
        open_assoc("127.0.0.1:1080", "127.0.0.1:40000", &bound[i], &assoc[i]);
        fd[i] = udp_client("127.0.0.1:0", &bound[i]);
    }
    for (unsigned sent = 0; sent < DATAGRAMS / ASSOCS;) {
        unsigned burst = sent ? BURST : EARLY;
        for (unsigned k = 0; k < burst && sent < DATAGRAMS / ASSOCS; k++, sent++)
            for (unsigned i = 0; i < ASSOCS; i++)
                put(fd[i], wire, make_datagram(wire, i, sent));
        looprig_run(&rig.loop);
        for (size_t i = 0; sent == EARLY && i < ASSOCS; i++)
            fake_front_opened(&rig.front, i, 0);
        for (unsigned i = 0; i < ASSOCS; i++)
            check_answers(fd[i], i);
    }
    assert_int_equal(rig.front.n, ASSOCS);
    for (unsigned i = 0; i < ASSOCS; i++) {
        assert_int_equal(far_count[i], DATAGRAMS / ASSOCS);
        assert_int_equal(near_count[i], DATAGRAMS / ASSOCS);
        udp_assoc_close(assoc[i]);
        close(fd[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bound_is_the_local_address_with_a_port_of_its_own,
                                        start, stop),
        cmocka_unit_test_setup_teardown(test_unix_client_is_served_on_ipv4_loopback, start, stop),
        cmocka_unit_test_setup_teardown(test_destination_is_asked_of_the_front_with_the_options,
                                        start, stop),
        cmocka_unit_test_setup_teardown(test_reply_carries_the_destination_as_the_client_wrote_it,
                                        start, stop),
        cmocka_unit_test_setup_teardown(test_other_address_is_dropped, start, stop),
        cmocka_unit_test_setup_teardown(test_other_port_is_dropped_once_one_has_sent, start, stop),
        cmocka_unit_test_setup_teardown(test_what_is_not_a_whole_datagram_is_dropped, start, stop),
        cmocka_unit_test_setup_teardown(
            test_refused_destination_is_looked_up_once_and_harms_no_other, start, stop),
        cmocka_unit_test_setup_teardown(test_close_ends_every_pipe_and_the_port, start, stop),
        cmocka_unit_test_setup_teardown(
            test_ten_thousand_datagrams_keep_their_order_and_their_association, start, stop),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
