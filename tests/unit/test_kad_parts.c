/* test_kad_parts.c - what the DHT's host is made of and needs no host for: whom addresses may be
 * told, peers in messages, keys for a bucket, the table's file. */
#include "p2p/kad_contacts.h"
#include "p2p/kad_file.h"
#include "p2p/kad_refresh.h"
#include "testpeers.h"
#include "tmpfiles.h"

static struct multiaddr maddr(const char *text)
{
    struct multiaddr m;
    assert_int_equal(multiaddr_parse(bytes_of(text), &m), 0);
    return m;
}

static const char *const places[] = { "/ip4/127.0.0.1/udp/1/quic-v1", "/ip4/10.0.0.1/udp/1/quic-v1",
                                      "/ip4/192.0.2.1/udp/1/quic-v1" };

static void list_places(struct multiaddr out[3])
{
    for (size_t i = 0; i < 3; i++)
        out[i] = maddr(places[i]);
}

static void test_who_is_told_gets_addresses_of_its_scope(void **state)
{
    struct peerid peer = peer_of(PEER_A);
    struct multiaddr addrs[3];
    (void)state;
    list_places(addrs);
    for (int scope = ADDR_SCOPE_WORLD; scope <= ADDR_SCOPE_MACHINE; scope++) {
        struct kad_peers to = { 0 };
        kad_contacts_tell(&to, &peer, addrs, 3, (enum addr_scope)scope);
        assert_int_equal(to.n, 1);
        assert_int_equal(to.v[0].addrs.n, scope + 1);
    }
}

static void test_who_tells_is_believed_in_its_scope(void **state)
{
    static struct kad_contacts to;
    struct peerid a = peer_of(PEER_A), b = peer_of(PEER_B);
    struct multiaddr addrs[3], other = maddr("/ip4/192.0.2.1/udp/1/quic-v1/p2p/" PEER_B),
                               dns = maddr("/dns4/example.org/tcp/1");
    struct kad_peers from = { .n = 4 };
    (void)state;
    list_places(addrs);
    from.v[0].id = (struct bytes){ a.mh, a.n };
    for (size_t i = 0; i < 3; i++)
        pb_list_add(&from.v[0].addrs, (struct bytes){ addrs[i].b, addrs[i].n });
    pb_list_add(&from.v[0].addrs, (struct bytes){ other.b, other.n }); /* another's */
    pb_list_add(&from.v[0].addrs, (struct bytes){ dns.b, dns.n });     /* cannot be dialled */
    pb_list_add(&from.v[0].addrs, (struct bytes)B("\xff\xff"));
    from.v[1] = from.v[0];                  /* twice */
    from.v[2].id = (struct bytes)B("\0\1"); /* no peer */
    from.v[3].id = (struct bytes){ b.mh, b.n };
    pb_list_add(&from.v[3].addrs, (struct bytes){ other.b, other.n });
    for (int scope = ADDR_SCOPE_WORLD; scope <= ADDR_SCOPE_MACHINE; scope++) {
        to = (struct kad_contacts){ 0 };
        kad_contacts_read(&to, &from, (enum addr_scope)scope);
        assert_int_equal(to.n, 2);
        assert_true(peerid_eq(&to.v[0].peer, &a));
        assert_int_equal(to.v[0].naddrs, scope + 1);
        assert_true(peerid_eq(&to.v[1].peer, &b));
        assert_int_equal(to.v[1].naddrs, 1);
        multiaddr_strip_peer(&other);
        assert_true(multiaddr_eq(&to.v[1].addrs[0], &other));
        multiaddr_append_peer(&other, &b);
        struct kad_id id;
        kad_id_of_peer(&b, &id);
        assert_memory_equal(&to.v[1].id, &id, sizeof id);
    }
}

static void test_contacts_are_bounded(void **state)
{
    static struct kad_contacts to;
    struct peerid peer = peer_of(PEER_A);
    struct multiaddr many[KAD_ADDRS_MAX + 3];
    (void)state;
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = maddr("/ip4/192.0.2.1/udp/1/quic-v1");
    to = (struct kad_contacts){ 0 };
    for (size_t i = 0; i < KAD_MSG_PEERS_MAX + 3; i++)
        kad_contacts_add(&to, &peer, many, COUNT(many), ADDR_SCOPE_WORLD);
    assert_int_equal(to.n, KAD_MSG_PEERS_MAX);
    assert_int_equal(to.v[KAD_MSG_PEERS_MAX - 1].naddrs, KAD_ADDRS_MAX);
}

static void test_a_key_is_found_for_each_bucket(void **state)
{
    struct peerid peer = peer_of(PEER_A);
    struct kad_id self, id;
    uint8_t key[KAD_REFRESH_KEY];
    (void)state;
    kad_id_of_peer(&peer, &self);
    for (unsigned shared = 0; shared <= 10; shared++) {
        assert_true(kad_refresh_key(&self, shared, key));
        kad_id_of_key((struct bytes){ key, sizeof key }, &id);
        assert_int_equal(kad_id_shared(&self, &id), shared);
    }
    assert_false(kad_refresh_key(&self, 60, key)); /* nobody has so much time */
}

struct loaded {
    size_t n, naddrs;
    struct peerid last;
    struct multiaddr addr; /* its first */
};

static void note_loaded(void *arg, const struct peerid *peer, const struct multiaddr *addrs,
                        size_t naddrs)
{
    struct loaded *l = arg;
    l->n++;
    l->naddrs = naddrs;
    l->last = *peer;
    l->addr = addrs[0];
}

static void test_a_table_is_read_as_it_was_written(void **state)
{
    struct tmpfiles t;
    struct loaded l = { 0 };
    struct multiaddr addrs[2] = { maddr(places[2]), maddr("/ip6/2001:db8::1/tcp/2") };
    struct kad_contact c = { .peer = peer_of(PEER_B), .addrs = addrs, .naddrs = 2 };
    struct peerid self = peer_of(PEER_A);
    struct kad_table *table = kad_table_new(&self);
    (void)state;
    tmpfiles_init(&t);
    assert_int_equal(kad_file_load(t.path, note_loaded, &l), GW_ENOTFOUND);
    assert_int_equal(kad_file_save(t.path, table), 0); /* empty: no file is made */
    assert_int_equal(kad_file_load(t.path, note_loaded, &l), GW_ENOTFOUND);
    kad_id_of_peer(&c.peer, &c.id);
    assert_int_equal(kad_table_heard(table, &c, 1), KAD_HEARD_ADDED);
    assert_int_equal(kad_file_save(t.path, table), 0);
    tmpfiles_assert(t.path, PEER_B " /ip4/192.0.2.1/udp/1/quic-v1 /ip6/2001:db8::1/tcp/2\n");
    assert_int_equal(kad_file_load(t.path, note_loaded, &l), 1);
    assert_int_equal(l.naddrs, 2);
    assert_true(peerid_eq(&l.last, &c.peer));
    assert_true(multiaddr_eq(&l.addr, &addrs[0]));
    kad_table_free(table);
    tmpfiles_fini(&t);
}

static void test_bad_lines_are_left_out(void **state)
{
    struct tmpfiles t;
    struct loaded l = { 0 };
    (void)state;
    tmpfiles_init(&t);
    tmpfiles_write(t.path, "\n# a comment\n" PEER_A "\nnobody /ip4/192.0.2.1/tcp/1\n" PEER_A
                           " /ip4/192.0.2.1/tcp/99999\n" PEER_A
                           " /ip4/192.0.2.1/tcp/1 nonsense\n" PEER_B " /ip4/192.0.2.7/tcp/1\n");
    assert_int_equal(kad_file_load(t.path, note_loaded, &l), 1);
    assert_int_equal(l.n, 1);
    struct peerid b = peer_of(PEER_B);
    assert_true(peerid_eq(&l.last, &b));
    tmpfiles_fini(&t);
}

static void test_no_more_is_read_than_allowed(void **state)
{
    enum { LINE = sizeof PEER_B " /ip4/192.0.2.7/tcp/1\n" - 1, LINES = KAD_FILE_MAX + 5 };
    static char text[LINE * LINES + 1];
    struct tmpfiles t;
    struct loaded l = { 0 };
    (void)state;
    tmpfiles_init(&t);
    for (size_t i = 0; i < LINES; i++)
        memcpy(text + i * LINE, PEER_B " /ip4/192.0.2.7/tcp/1\n", LINE);
    tmpfiles_write(t.path, text);
    assert_int_equal(kad_file_load(t.path, note_loaded, &l), KAD_FILE_MAX);
    tmpfiles_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_told_gets_addresses_of_its_scope),
        cmocka_unit_test(test_who_tells_is_believed_in_its_scope),
        cmocka_unit_test(test_contacts_are_bounded),
        cmocka_unit_test(test_a_key_is_found_for_each_bucket),
        cmocka_unit_test(test_a_table_is_read_as_it_was_written),
        cmocka_unit_test(test_bad_lines_are_left_out),
        cmocka_unit_test(test_no_more_is_read_than_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
