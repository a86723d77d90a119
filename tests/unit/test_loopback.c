/* test_loopback.c - a stable address for every peer, on a real file. */
#include "name/loopback.h"

#include "base/log.h"
#include "net/sockaddr.h"
#include "testpeers.h"
#include "tmpfiles.h"

static int begin(void **state)
{
    static struct tmpfiles tmp;
    tmpfiles_init(&tmp);
    *state = &tmp;
    return 0;
}

static int end(void **state)
{
    tmpfiles_fini(*state);
    return 0;
}

static struct loopback *open_file(const struct tmpfiles *t)
{
    struct loopback *l = loopback_new(t->path);
    assert_non_null(l);
    return l;
}

static struct ipaddr ip_of(const char *text)
{
    struct ipaddr ip;
    assert_int_equal(sockaddr_parse_ip(text, &ip), 0);
    return ip;
}

static struct ipaddr addr_of(struct loopback *l, const struct peerid *peer)
{
    struct ipaddr ip;
    assert_int_equal(loopback_addr(l, peer, &ip), 0);
    assert_true(loopback_is(l, &ip));
    assert_true((ip.b[2] || ip.b[3]) && !(ip.b[2] == 255 && ip.b[3] == 255));
    return ip;
}

/* A peer id of no key: an identity multihash. */
static struct peerid made_up(unsigned i)
{
    uint8_t mh[6] = { 0, 4, (uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i };
    struct peerid id;
    assert_int_equal(peerid_from_bytes((struct bytes){ mh, sizeof mh }, &id), 0);
    return id;
}

static bool same(const struct ipaddr *a, const struct ipaddr *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static void test_address_stays_over_restarts_and_leads_back(void **state)
{
    struct peerid a = peer_of(PEER_A), b = peer_of(PEER_B), back;
    struct loopback *l = open_file(*state);
    struct ipaddr of_a = addr_of(l, &a), of_b = addr_of(l, &b), again = addr_of(l, &a);
    assert_true(same(&of_a, &again));
    assert_false(same(&of_a, &of_b));
    loopback_free(l);

    l = open_file(*state);
    assert_true(loopback_peer(l, &of_a, &back));
    assert_true(peerid_eq(&back, &a));
    assert_true(loopback_peer(l, &of_b, &back));
    assert_true(peerid_eq(&back, &b));
    again = addr_of(l, &b);
    assert_true(same(&of_b, &again));
    loopback_free(l);
}

/* 127.64.44.239: FNV-1a (draft-eastlake-fnv, 32 bits) over the 38 octets of the id, folded to 16.
 */
static void test_first_choice_is_a_hash_that_does_not_change(void **state)
{
    struct peerid a = peer_of(PEER_A);
    struct loopback *l = open_file(*state);
    struct ipaddr ip = addr_of(l, &a), want = ip_of("127.64.44.239");
    assert_true(same(&ip, &want));
    loopback_free(l);
}

static void test_taken_address_gives_the_next_free_one(void **state)
{
    const struct tmpfiles *t = *state;
    struct peerid a = peer_of(PEER_A), b = peer_of(PEER_B);
    char line[128];
    struct loopback *l = open_file(t);
    struct ipaddr first = addr_of(l, &a), next;
    loopback_free(l);
    snprintf(line, sizeof line, "127.64.%u.%u " PEER_B "\n", first.b[2], first.b[3]);
    tmpfiles_write(t->path, line);
    l = open_file(t);
    next = addr_of(l, &b);
    assert_true(same(&first, &next));
    next = addr_of(l, &a);
    assert_int_equal(next.b[2] << 8 | next.b[3], (first.b[2] << 8 | first.b[3]) + 1);
    loopback_free(l);
}

static void test_file_has_a_line_per_peer(void **state)
{
    const struct tmpfiles *t = *state;
    struct peerid b = peer_of(PEER_B);
    char want[256];
    struct stat st;
    tmpfiles_write(t->path, "# mine\n127.64.1.2 " PEER_A "\n");
    struct loopback *l = open_file(t);
    struct ipaddr ip = addr_of(l, &b);
    snprintf(want, sizeof want, "127.64.1.2 " PEER_A "\n127.64.%u.%u " PEER_B "\n", ip.b[2],
             ip.b[3]);
    tmpfiles_assert(t->path, want);
    assert_int_equal(stat(t->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    loopback_free(l);
}

static struct ipaddr net_of(const char *text)
{
    struct ipaddr net;
    assert_int_equal(loopback_parse_net(text, &net), 0);
    return net;
}

static void test_net_may_be_another_one(void **state)
{
    struct peerid a = peer_of(PEER_A), back;
    struct loopback *l = open_file(*state);
    struct ipaddr net = net_of("198.18.0.0/16"), got;
    loopback_set_net(l, &net);
    loopback_get_net(l, &got);
    assert_true(same(&got, &net));
    struct ipaddr ip = addr_of(l, &a), want = ip_of("198.18.44.239"), old = ip_of("127.64.44.239");
    assert_true(same(&ip, &want));
    assert_true(loopback_peer(l, &ip, &back));
    assert_true(peerid_eq(&back, &a));
    assert_false(loopback_is(l, &old));
    assert_false(loopback_peer(l, &old, &back));
    loopback_free(l);
    tmpfiles_assert(((const struct tmpfiles *)*state)->path, "198.18.44.239 " PEER_A "\n");
}

/* 127.64.1.2 is nobody's first choice here: so it was read. */
static void test_peer_keeps_its_last_octets_in_another_net(void **state)
{
    const struct tmpfiles *t = *state;
    struct peerid a = peer_of(PEER_A), b = peer_of(PEER_B), back;
    tmpfiles_write(t->path, "127.64.1.2 " PEER_A "\n10.3.4.5 " PEER_B "\n");
    struct loopback *l = open_file(t);
    struct ipaddr net = net_of("198.18.0.0/16"), want = ip_of("198.18.1.2"), ip;
    loopback_set_net(l, &net);
    ip = addr_of(l, &a);
    assert_true(same(&ip, &want));
    assert_true(loopback_peer(l, &want, &back));
    assert_true(peerid_eq(&back, &a));
    want = ip_of("198.18.4.5");
    ip = addr_of(l, &b);
    assert_true(same(&ip, &want));
    loopback_free(l);
}

static void test_parse_net_takes_a_net_that_has_addresses_to_give(void **state)
{
    static const struct {
        const char *text;
        int err;
    } v[] = {
        { "127.64.0.0/16", 0 },
        { "198.18.0.0/16", 0 },
        { "10.192.0.0/16", 0 },
        { "223.255.0.0/16", 0 },
        { "127.0.0.0/16", GW_EINVAL },
        { "0.1.0.0/16", GW_EINVAL },
        { "224.0.0.0/16", GW_EINVAL },
        { "255.255.0.0/16", GW_EINVAL },
        { "", GW_ESYNTAX },
        { "/16", GW_ESYNTAX },
        { "127.64.0.0", GW_ESYNTAX },
        { "127.64.0.0/8", GW_ESYNTAX },
        { "127.64.0.0/160", GW_ESYNTAX },
        { "127.64.0.1/16", GW_ESYNTAX },
        { "127.64.1.0/16", GW_ESYNTAX },
        { "127.64/16", GW_ESYNTAX },
        { "7f40::/16", GW_ESYNTAX },
        { "255.255.255.255/16", GW_ESYNTAX },
        { "127.64.0.0 /16", GW_ESYNTAX },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(v); i++) {
        struct ipaddr net;
        if (loopback_parse_net(v[i].text, &net) != v[i].err)
            fail_msg("%s", v[i].text);
    }
}

static void test_bad_lines_are_left_out(void **state)
{
    static const char *const bad[] = {
        "127.64.1.2\n",
        "127.64.1.2 nobody\n",
        "127.64.0.0 " PEER_B "\n",
        "127.64.255.255 " PEER_B "\n",
        "127.64.1 " PEER_B "\n",
        "::1 " PEER_B "\n",
        PEER_B "\n",
        "127.64.9.9 " PEER_B "\n", /* the address is taken */
        "127.64.8.8 " PEER_A "\n", /* the peer has one */
    };
    const struct tmpfiles *t = *state;
    struct peerid a = peer_of(PEER_A), back;
    for (size_t i = 0; i < COUNT(bad); i++) {
        char text[256];
        snprintf(text, sizeof text, "127.64.9.9 " PEER_A "\n%s", bad[i]);
        tmpfiles_write(t->path, text);
        struct loopback *l = open_file(t);
        struct ipaddr of_a = ip_of("127.64.9.9"), ip;
        assert_true(loopback_peer(l, &of_a, &back));
        assert_true(peerid_eq(&back, &a));
        ip = ip_of("127.64.1.2");
        assert_false(loopback_peer(l, &ip, &back));
        ip = ip_of("127.64.8.8");
        assert_false(loopback_peer(l, &ip, &back));
        loopback_free(l);
    }
}

static void test_file_that_cannot_be_read_is_left_as_it_is(void **state)
{
    const struct tmpfiles *t = *state;
    struct peerid a = peer_of(PEER_A), back;
    struct stat st;
    assert_int_equal(mkdir(t->path, 0700), 0);
    struct loopback *l = open_file(t);
    struct ipaddr ip = addr_of(l, &a); /* holds for this run */
    assert_true(loopback_peer(l, &ip, &back));
    loopback_free(l);
    assert_int_equal(stat(t->path, &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_int_equal(rmdir(t->path), 0);
}

static void test_directory_that_is_gone_costs_only_the_memory(void **state)
{
    struct peerid a = peer_of(PEER_A);
    struct loopback *l = loopback_new("/nonexistent/loopback");
    (void)state;
    assert_non_null(l);
    struct ipaddr ip = addr_of(l, &a), again = addr_of(l, &a);
    assert_true(same(&ip, &again));
    loopback_free(l);
    loopback_free(NULL);
}

static void test_peers_are_bounded_and_all_have_their_own(void **state)
{
    static bool is_taken[65536];
    struct peerid peer;
    struct ipaddr ip;
    (void)state;
    struct loopback *l = loopback_new("/nonexistent/loopback");
    for (unsigned i = 0; i < LOOPBACK_MAX; i++) {
        peer = made_up(i);
        ip = addr_of(l, &peer);
        bool *taken = &is_taken[ip.b[2] << 8 | ip.b[3]];
        assert_false(*taken);
        *taken = true;
    }
    peer = made_up(LOOPBACK_MAX);
    assert_int_equal(loopback_addr(l, &peer, &ip), GW_ELIMIT);
    peer = made_up(0);
    assert_int_equal(loopback_addr(l, &peer, &ip), 0);
    loopback_free(l);
}

static void test_only_the_network_is_ours(void **state)
{
    static const struct {
        const char *text;
        bool is;
    } v[] = { { "127.64.0.0", true },  { "127.64.255.255", true }, { "127.63.255.255", false },
              { "127.65.0.0", false }, { "127.0.0.1", false },     { "10.64.1.1", false },
              { "7f40::1", false } };
    struct loopback *l = open_file(*state);
    for (size_t i = 0; i < COUNT(v); i++) {
        struct ipaddr ip = ip_of(v[i].text);
        assert_int_equal(loopback_is(l, &ip), v[i].is);
    }
    loopback_free(l);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_address_stays_over_restarts_and_leads_back),
        T(test_first_choice_is_a_hash_that_does_not_change),
        T(test_taken_address_gives_the_next_free_one),
        T(test_file_has_a_line_per_peer),
        T(test_net_may_be_another_one),
        T(test_peer_keeps_its_last_octets_in_another_net),
        T(test_parse_net_takes_a_net_that_has_addresses_to_give),
        T(test_bad_lines_are_left_out),
        T(test_file_that_cannot_be_read_is_left_as_it_is),
        T(test_directory_that_is_gone_costs_only_the_memory),
        T(test_peers_are_bounded_and_all_have_their_own),
        T(test_only_the_network_is_ours),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
