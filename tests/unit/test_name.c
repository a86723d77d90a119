/* test_name.c - host names as users type them. */
#include "name/name.h"

#include <stdio.h>

#include "testpeers.h"

#define L63  "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"
#define L255 L63 "." L63 "." L63 "." L63

static void test_parse_reads(void **state)
{
    (void)state;
    static const struct {
        const char *in, *raw, *text;
        size_t nlabels;
        bool is_p2p;
    } good[] = {
        { "alice", "alice", "alice", 1, false },
        { "Laptop.Grewal.P2P.", "Laptop.Grewal.P2P", "laptop.grewal", 2, true },
        { "db.alice.", "db.alice", "db.alice", 2, false },
        { "p2p", "p2p", "p2p", 1, false },
        { "p2p.p2p", "p2p.p2p", "p2p", 1, true },
        { "_x-1.y", "_x-1.y", "_x-1.y", 2, false },
        { L63, L63, L63, 1, false },
        { L255, L255, L255, 4, false },
        { L255 ".", L255, L255, 4, false },
        { "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.1.2.3.4.5.6",
          "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.1.2.3.4.5.6",
          "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.1.2.3.4.5.6", 32, false },
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        struct name n;
        assert_int_equal(name_parse(bytes_of(good[i].in), &n), 0);
        assert_string_equal(n.raw, good[i].raw);
        assert_string_equal(n.text, good[i].text);
        assert_int_equal(n.nlabels, good[i].nlabels);
        assert_int_equal(n.is_p2p, good[i].is_p2p);
    }
}

static void test_parse_refuses(void **state)
{
    (void)state;
    static const struct bytes bad[] = {
        B(""),
        B("."),
        B(".."),
        B(".a"),
        B("a..b"),
        B("a.."),
        B(".p2p"),
        B("a b"),
        B("a\0b"),
        B("a/b"),
        B("a:1"),
        B("*.a"),
        B("\xc3\xa9.x"),
        B("[::1]"),
        B("a\n"),
        B(L63 "0"),
        B("a@b"),
        B(L255 "0"),
        B("a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.1.2.3.4.5.6.7"),
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct name n;
        if (name_parse(bad[i], &n) != GW_ESYNTAX)
            fail_msg("taken: %s", (const char *)bad[i].p);
    }
}

static void test_a_peer_id_may_be_longer_than_a_label(void **state)
{
    (void)state;
    struct name n;
    char base32[PEERID_STR_MAX], host[2 * PEERID_STR_MAX];
    struct peerid a = peer_of(PEER_A);
    peerid_print_base32(&a, base32);
    assert_true(strlen(base32) > 63);
    snprintf(host, sizeof host, "ssh.%s.p2p", base32);
    assert_int_equal(name_parse(bytes_of(host), &n), 0);
    assert_bytes(name_label(&n, 1), bytes_of(base32));
}

static void test_labels_and_suffixes(void **state)
{
    (void)state;
    struct name n;
    assert_int_equal(name_parse(bytes_of("DB.Alice.Net.P2P"), &n), 0);
    assert_bytes(name_label(&n, 0), bytes_of("db"));
    assert_bytes(name_label(&n, 2), bytes_of("net"));
    assert_bytes(name_raw_label(&n, 0), bytes_of("DB"));
    assert_bytes(name_raw_label(&n, 2), bytes_of("Net"));
    assert_bytes(name_suffix(&n, 0), bytes_of("db.alice.net"));
    assert_bytes(name_suffix(&n, 1), bytes_of("alice.net"));
    assert_bytes(name_suffix(&n, 2), bytes_of("net"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_reads),
        cmocka_unit_test(test_parse_refuses),
        cmocka_unit_test(test_a_peer_id_may_be_longer_than_a_label),
        cmocka_unit_test(test_labels_and_suffixes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
