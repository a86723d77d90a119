/* test_names_file.c - the names file. */
#include "name/names_file.h"

#include <stdio.h>

#include "testpeers.h"

static int parse(const char *text, struct names_file **out, char err[NAMES_FILE_ERR_MAX])
{
    char *copy = strdup(text); /* its own block: AddressSanitizer sees a read beyond it */
    assert_non_null(copy);
    int e = names_file_parse(copy, "names", out, err);
    free(copy);
    return e;
}

static void test_parse_reads_every_part_of_a_line(void **state)
{
    (void)state;
    struct names_file *f;
    char err[NAMES_FILE_ERR_MAX], addr[MULTIADDR_STR_MAX];
    struct peerid a = peer_of(PEER_A);
    assert_int_equal(parse("# people\n\n"
                           "Alice\t" PEER_A " /ip4/192.0.2.1/udp/4001/quic-v1"
                           " /ip6/2001:db8::1/udp/4001/quic-v1/p2p/" PEER_A
                           " 22=/x/ssh 80=/http/1.1 # laptop 99=/x\n"
                           "bob.net.p2p " PEER_B,
                           &f, err),
                     0);
    assert_int_equal(names_file_count(f), 2);
    const struct names_entry *e = names_file_find(f, bytes_of("alice"));
    assert_non_null(e);
    assert_int_equal(e->line, 3);
    assert_true(peerid_eq(&e->peer, &a));
    assert_int_equal(e->naddrs, 2);
    assert_string_equal(multiaddr_print(&e->addrs[1], addr), "/ip6/2001:db8::1/udp/4001/quic-v1");
    assert_int_equal(e->nmaps, 2);
    assert_int_equal(e->maps[0].port, 22);
    assert_string_equal(e->maps[0].protocol, "/x/ssh");
    assert_non_null(names_file_find(f, bytes_of("bob.net")));
    assert_null(names_file_find(f, bytes_of("Alice")));
    assert_null(names_file_find(f, bytes_of("ali")));
    names_file_free(f);
}

static void test_find_peer_gives_its_first_name(void **state)
{
    (void)state;
    struct names_file *f;
    char err[NAMES_FILE_ERR_MAX];
    struct peerid a = peer_of(PEER_A), b = peer_of(PEER_B);
    assert_int_equal(parse("zoe " PEER_A "\nann " PEER_A "\n", &f, err), 0);
    assert_string_equal(names_file_find_peer(f, &a)->name, "zoe");
    assert_null(names_file_find_peer(f, &b));
    names_file_free(f);
}

static void test_an_empty_file_is_fine(void **state)
{
    (void)state;
    struct names_file *f;
    char err[NAMES_FILE_ERR_MAX];
    assert_int_equal(parse("", &f, err), 0);
    assert_int_equal(names_file_count(f), 0);
    assert_null(names_file_find(f, bytes_of("alice")));
    names_file_free(f);
}

#define ADDR " /ip4/192.0.2.1/udp/1/quic-v1"

#define NEVER(line)                                                                          \
    "names:" #line ": an address that cannot be dialled, as /ip4/ADDR/udp/PORT/quic-v1 and " \
    "/ip4/ADDR/tcp/PORT can"

static void test_parse_says_line_and_reason(void **state)
{
    (void)state;
    static const struct {
        const char *text, *err;
    } bad[] = {
        { "alice\n", "names:1: a peer id must follow the name" },
        { "\n# x\nalice bob\n", "names:3: a peer id must follow the name" },
        { "a..b " PEER_A, "names:1: not a host name" },
        { "*.net " PEER_A, "names:1: not a host name" },
        { "a " PEER_A " b", "names:1: neither an address nor PORT=/protocol" },
        { "a " PEER_A " /ip4/300.1.1.1/udp/1/quic-v1",
          "names:1: neither an address nor PORT=/protocol" },
        { "a " PEER_A ADDR "\nb " PEER_B " /ip4/192.0.2.1/udp/4001", NEVER(2) },
        { "a " PEER_A " /ip4/192.0.2.1/udp/0/quic-v1", NEVER(1) },
        { "a " PEER_A " /ip4/0.0.0.0/udp/1/quic-v1", NEVER(1) },
        { "a " PEER_A " /ip4/192.0.2.1/tcp/1/ws", NEVER(1) },
        { "a " PEER_A " /ip4/192.0.2.1/udp/1/p2p/" PEER_B "/p2p-circuit", NEVER(1) },
        { "a " PEER_A " /dns4/example.org/udp/1/quic-v1",
          "names:1: an address by a host name, which is not looked up: /ip4/... or /ip6/... is" },
        { "a " PEER_A ADDR "/p2p/" PEER_B, "names:1: an address of another peer" },
        { "a " PEER_A ADDR ADDR ADDR ADDR ADDR ADDR ADDR ADDR ADDR,
          "names:1: more than 8 addresses" },
        { "a " PEER_A " 0=/x", "names:1: a port is a number from 1 to 65535" },
        { "a " PEER_A " 65536=/x", "names:1: a port is a number from 1 to 65535" },
        { "a " PEER_A " ssh=/x", "names:1: a port is a number from 1 to 65535" },
        { "a " PEER_A " 22=x", "names:1: a protocol id starts with / and has at most 95 octets" },
        { "a " PEER_A " 22=/", "names:1: a protocol id starts with / and has at most 95 octets" },
        { "a " PEER_A " 22=/x\x01", "names:1: a protocol id is printable ASCII" },
        { "a " PEER_A " 22=/x 22=/y", "names:1: a port that is mapped twice" },
        { "a " PEER_A " 1=/x 2=/x 3=/x 4=/x 5=/x 6=/x 7=/x 8=/x 9=/x",
          "names:1: more than 8 mapped ports" },
        { "a " PEER_A "\nb " PEER_B "\nA.p2p " PEER_B, "names:3: a stands in line 1 already" },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct names_file *f;
        char err[NAMES_FILE_ERR_MAX] = "";
        assert_true(parse(bad[i].text, &f, err) < 0);
        assert_string_equal(err, bad[i].err);
    }
}

static void test_an_address_through_a_relay_keeps_the_relay(void **state)
{
    (void)state;
    struct names_file *f;
    char err[NAMES_FILE_ERR_MAX], addr[MULTIADDR_STR_MAX];
    assert_int_equal(parse("a " PEER_A ADDR "/p2p/" PEER_B "/p2p-circuit/p2p/" PEER_A, &f, err), 0);
    multiaddr_print(&names_file_find(f, bytes_of("a"))->addrs[0], addr);
    assert_string_equal(addr, &(ADDR "/p2p/" PEER_B "/p2p-circuit")[1]);
    names_file_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_reads_every_part_of_a_line),
        cmocka_unit_test(test_find_peer_gives_its_first_name),
        cmocka_unit_test(test_an_empty_file_is_fine),
        cmocka_unit_test(test_parse_says_line_and_reason),
        cmocka_unit_test(test_an_address_through_a_relay_keeps_the_relay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
