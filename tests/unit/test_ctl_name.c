/* test_ctl_name.c - networks and names as commands: what goes into gw.conf, what the relays are
 * asked, and what is told of their answers. */
#include "ctl/ctl_name.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "ctl/ctl_network.h"
#include "ctlrig.h"
#include "fake_discovery.h"
#include "id/name_record.h"
#include "testpeers.h"
#include "tmpfiles.h"

struct fixture {
    struct networks networks;
    struct ctl_deps deps;
    struct key *key;
    char edits[256]; /* "alice host=lap +r1 +r2;" per edit */
    int edit_err;
    struct tmpfiles tmp;
};

static int edit_network(void *arg, const struct ctl_network_edit *e, char *err, size_t cap)
{
    struct fixture *x = arg;
    char *p = x->edits + strlen(x->edits), *end = x->edits + sizeof x->edits;

    p += snprintf(p, (size_t)(end - p), "%s%s", e->is_leave ? "-" : "", e->network);
    if (e->host)
        p += snprintf(p, (size_t)(end - p), " host=%s", e->host);
    for (size_t i = 0; i < e->nrelays; i++)
        p += snprintf(p, (size_t)(end - p), " +%s", e->relays[i]);
    snprintf(p, (size_t)(end - p), ";");
    if (x->edit_err)
        snprintf(err, cap, "gw.conf:3: bad");
    return x->edit_err;
}

/* What the list of networks asks besides. */
struct conn *host_conn(const struct host *h, const struct peerid *peer)
{
    struct peerid a = peer_of(PEER_A);
    (void)h;
    return peerid_eq(peer, &a) ? (struct conn *)&rig : NULL;
}

const char *tier_static_name_of(const struct tier_static *t, const struct peerid *peer)
{
    struct peerid a = peer_of(PEER_A);
    (void)t;
    return peerid_eq(peer, &a) ? "r1" : NULL;
}

static int begin(void **state)
{
    struct fixture *x = calloc(1, sizeof *x);

    fake_discovery = (struct fake_discovery){ 0 };
    x->networks.n = 2;
    strcpy(x->networks.v[0].name, "alice");
    strcpy(x->networks.v[0].host, "lap");
    x->networks.v[0].nrelays = 2;
    x->networks.v[0].relays[0].peer = peer_of(PEER_A);
    x->networks.v[0].relays[1].peer = peer_of(PEER_B);
    strcpy(x->networks.v[1].name, "carol");
    x->networks.v[1].trust = NETWORK_TRUST_FULL;
    x->deps = (struct ctl_deps){
        .loop = ev_loop_new(0), .networks = &x->networks, .arg = x, .edit_network = edit_network
    };
    assert_int_equal(key_generate(&x->key), 0);
    tmpfiles_init(&x->tmp);
    *state = x;
    return 0;
}

static int end(void **state)
{
    struct fixture *x = *state;

    rig_reset();
    ev_loop_destroy(x->deps.loop);
    key_free(x->key);
    tmpfiles_fini(&x->tmp);
    free(x);
    return 0;
}

typedef void command_fn(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

static void run(struct fixture *x, command_fn *fn, const char *text)
{
    json_t *req = json_loads(text, 0, NULL);

    rig_reset();
    assert_non_null(req);
    fn(&x->deps, NULL, req);
    json_decref(req);
}

/* ---- gw network ---- */

static void test_join_and_leave_edit_the_file(void **state)
{
    struct fixture *x = *state;

    run(x, ctl_network_join, "{\"network\":\"bob\",\"relays\":[\"r1\",\"r2\"],\"host\":\"pc\"}");
    assert_reply("{}");
    run(x, ctl_network_join, "{\"network\":\"bob\",\"relays\":[\"r1\"]}");
    run(x, ctl_network_leave, "{\"network\":\"bob\"}");
    assert_reply("{}");
    assert_string_equal(x->edits, "bob host=pc +r1 +r2;bob +r1;-bob;");
    x->edit_err = GW_EINVAL;
    run(x, ctl_network_leave, "{\"network\":\"bob\"}");
    assert_string_equal(rig.failed, "gw.conf:3: bad");
}

static void test_join_of_anything_else_changes_nothing(void **state)
{
    static const char *const bad[] = {
        "{}",
        "{\"network\":\"a\"}",
        "{\"network\":\"a\",\"relays\":[]}",
        "{\"network\":\"a\",\"relays\":\"r\"}",
        "{\"network\":\"a\",\"relays\":[7]}",
        "{\"network\":\"a\",\"relays\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]}",
    };
    struct fixture *x = *state;

    for (size_t i = 0; i < COUNT(bad); i++) {
        run(x, ctl_network_join, bad[i]);
        assert_string_not_equal(rig.failed, "");
    }
    assert_string_equal(x->edits, "");
}

static void test_list_tells_relays_and_claims(void **state)
{
    struct fixture *x = *state;

    fake_discovery.nclaims = 2;
    fake_discovery.claims[0] = (struct names_claim_info){
        .network = "alice", .host = "lap", .relay = peer_of(PEER_A), .claimed_s = 7
    };
    fake_discovery.claims[1] = (struct names_claim_info){
        .network = "alice", .host = "lap", .relay = peer_of(PEER_B), .status = NAMES_TAKEN
    };
    run(x, ctl_network_list, "{}");
    json_t *alice = json_array_get(json_object_get(rig.reply, "networks"), 0);
    json_t *relays = json_object_get(alice, "relays");
    json_t *taken = json_object_get(json_array_get(relays, 1), "status");
    assert_string_equal(json_string_value(taken), names_status_text(NAMES_TAKEN));
    json_string_set(taken, "S");
    assert_reply("{\"own\":\"\",\"names\":0,\"transit\":false,\"networks\":["
                 "{\"name\":\"alice\",\"host\":\"lap\",\"trust\":\"none\",\"relays\":["
                 "{\"peer\":\"" PEER_A "\",\"name\":\"r1\",\"connected\":true,\"claimed_s\":7,"
                 "\"status\":\"\",\"error\":\"\"},"
                 "{\"peer\":\"" PEER_B "\",\"name\":\"\",\"connected\":false,\"claimed_s\":0,"
                 "\"status\":\"S\",\"error\":\"\"}]},"
                 "{\"name\":\"carol\",\"host\":\"\",\"trust\":\"full\",\"relays\":[]}]}");
}

/* ---- gw name claim ---- */

static void spin(struct fixture *x, unsigned ms)
{
    uint64_t until_ms = clock_mono_ms() + ms;

    while (!rig.reply && clock_mono_ms() < until_ms)
        ev_run(x->deps.loop, EVRUN_ONCE);
}

static void test_claim_waits_for_every_relay(void **state)
{
    struct fixture *x = *state;
    struct names_claim_info *c = fake_discovery.claims;

    fake_discovery.nclaims = 3;
    c[0] = (struct names_claim_info){ "alice", "pc", peer_of(PEER_A), 0, NAMES_OK, 1 };
    c[1] = (struct names_claim_info){ "alice", "pc", peer_of(PEER_B), 0, NAMES_OK, 0 };
    c[2] = (struct names_claim_info){ "carol", "pc", peer_of(PEER_B), 0, NAMES_OK, 0 };
    run(x, ctl_name_claim, "{\"name\":\"PC.alice.p2p\"}");
    assert_string_equal(x->edits, "alice host=pc;");
    spin(x, 120);
    assert_null(rig.reply);
    c[1].err = GW_EOFFLINE;
    spin(x, 1000);
    assert_reply("{\"name\":\"pc.alice\",\"done\":true,\"relays\":["
                 "{\"peer\":\"" PEER_A "\",\"status\":\"\",\"error\":\"\"},"
                 "{\"peer\":\"" PEER_B "\",\"status\":\"\",\"error\":\"peer is not reachable\"}]}");
}

static void test_claim_of_a_taken_name_is_not_done(void **state)
{
    struct fixture *x = *state;

    fake_discovery.nclaims = 1;
    fake_discovery.claims[0] = (struct names_claim_info){ "alice", "pc",        peer_of(PEER_A),
                                                          0,       NAMES_TAKEN, 0 };
    run(x, ctl_name_claim, "{\"name\":\"pc.alice\"}");
    spin(x, 1000);
    assert_true(json_is_false(json_object_get(rig.reply, "done")));
    assert_string_equal(x->edits, "alice host=pc;alice host=lap;");
}

static void test_claim_stays_wanted_while_a_relay_does_not_answer(void **state)
{
    struct fixture *x = *state;
    struct names_claim_info *c = fake_discovery.claims;

    fake_discovery.nclaims = 2;
    c[0] = (struct names_claim_info){ "alice", "pc", peer_of(PEER_A), 0, NAMES_TAKEN, 0 };
    c[1] = (struct names_claim_info){ "alice", "pc", peer_of(PEER_B), GW_EOFFLINE, NAMES_OK, 0 };
    run(x, ctl_name_claim, "{\"name\":\"pc.alice\"}");
    spin(x, 1000);
    assert_true(json_is_false(json_object_get(rig.reply, "done")));
    assert_string_equal(x->edits, "alice host=pc;");
}

static void test_claim_ends_with_its_client_and_needs_the_network(void **state)
{
    static const char *const bad[] = {
        "{}",
        "{\"name\":\"pc\"}",
        "{\"name\":\"db.pc.alice\"}",
        "{\"name\":\"p_c.alice\"}",
        "{\"name\":\"pc.bob\"}",
    };
    struct fixture *x = *state;

    run(x, ctl_name_claim, "{\"name\":\"pc.alice\"}");
    rig_cancel();
    x->edits[0] = '\0';
    for (size_t i = 0; i < COUNT(bad); i++) {
        run(x, ctl_name_claim, bad[i]);
        assert_string_not_equal(rig.failed, "");
    }
    assert_string_equal(x->edits, "");
    x->edit_err = GW_EINVAL;
    run(x, ctl_name_claim, "{\"name\":\"pc.alice\"}");
    assert_string_equal(rig.failed, "gw.conf:3: bad");
}

/* ---- gw name release ---- */

static void test_release_asks_all_relays_at_once(void **state)
{
    struct fixture *x = *state;
    struct names_answer unknown = { .status = NAMES_UNKNOWN };

    run(x, ctl_name_release, "{\"name\":\"lap.alice\"}");
    assert_string_equal(x->edits, "alice host=;");
    assert_int_equal(fake_discovery.nasks, 2);
    assert_int_equal(fake_discovery.asks[0].type, NAMES_RELEASE);
    assert_string_equal(fake_discovery.asks[1].network, "alice");
    assert_string_equal(fake_discovery.asks[1].host, "lap");
    fake_names_answer(1, GW_ETIMEOUT, NULL);
    assert_null(rig.reply);
    fake_names_answer(0, 0, &unknown); /* the daemon was quicker */
    assert_reply("{\"name\":\"lap.alice\",\"done\":true,\"relays\":["
                 "{\"peer\":\"" PEER_A "\",\"status\":\"\",\"error\":\"\"},"
                 "{\"peer\":\"" PEER_B "\",\"status\":\"\",\"error\":\"deadline passed\"}]}");
}

static void test_release_of_somebody_elses_name_stays_a_refusal(void **state)
{
    struct fixture *x = *state;
    struct names_answer unknown = { .status = NAMES_UNKNOWN }, denied = { .status = NAMES_DENIED };

    run(x, ctl_name_release, "{\"name\":\"pc.alice\"}");
    assert_string_equal(x->edits, "");
    fake_names_answer(0, 0, &unknown);
    fake_names_answer(1, 0, &denied);
    assert_true(json_is_false(json_object_get(rig.reply, "done")));
}

static void test_release_ends_with_its_client(void **state)
{
    struct fixture *x = *state;
    struct names_answer ok = { .status = NAMES_OK };

    run(x, ctl_name_release, "{\"name\":\"pc.alice\"}");
    fake_names_answer(0, 0, &ok);
    rig_cancel();
    assert_true(fake_discovery.asks[1].is_cancelled);
}

/* ---- on a relay ---- */

static size_t seal(struct fixture *x, const char *name, uint8_t out[NAME_RECORD_MAX])
{
    struct name_record r = { .peer = *key_peerid(x->key), .sequence = 1 };

    r.expires_s = (uint64_t)clock_wall_s() + 3600;
    snprintf(r.name, sizeof r.name, "%s", name);
    int n = name_record_seal(x->key, &r, out, NAME_RECORD_MAX);
    assert_true(n > 0);
    return (size_t)n;
}

static void open_book(struct fixture *x)
{
    const struct names_book_config cfg = {
        .network = "grewal", .life_s = 3600, .max_names = 10, .max_per_peer = 5
    };
    static const char *const names[] = { "b.grewal", "a.grewal" };
    uint8_t claim[NAME_RECORD_MAX];

    strcpy(x->networks.own, "grewal");
    x->deps.book = names_book_new(&cfg, x->tmp.path);
    assert_non_null(x->deps.book);
    for (size_t i = 0; i < COUNT(names); i++)
        assert_int_equal(names_book_claim(x->deps.book, key_peerid(x->key),
                                          (struct bytes){ claim, seal(x, names[i], claim) },
                                          (uint64_t)clock_wall_s()),
                         0);
}

static const char *nth_name(size_t i)
{
    json_t *names = json_object_get(rig.reply, "names");
    return json_string_value(json_object_get(json_array_get(names, i), "name"));
}

static void test_the_admin_of_a_relay_takes_any_name_away(void **state)
{
    struct fixture *x = *state;

    open_book(x);
    run(x, ctl_name_list, "{\"network\":\"grewal\"}");
    assert_int_equal(json_array_size(json_object_get(rig.reply, "names")), 2);
    assert_string_equal(nth_name(0), "a.grewal");
    run(x, ctl_name_release, "{\"name\":\"a.grewal\"}");
    assert_reply("{\"name\":\"a.grewal\",\"done\":true,\"relays\":[]}");
    run(x, ctl_name_release, "{\"name\":\"a.grewal\"}");
    assert_string_equal(rig.failed, "a.grewal: nobody is called so");
    assert_int_equal(names_book_count(x->deps.book), 1);
    assert_int_equal(fake_discovery.nasks, 0);
    names_book_free(x->deps.book);
}

/* ---- gw name list ---- */

static void test_names_come_page_by_page_from_the_first_relay_that_answers(void **state)
{
    struct fixture *x = *state;
    static struct names_answer page;
    uint8_t a[NAME_RECORD_MAX], b[NAME_RECORD_MAX], other[NAME_RECORD_MAX];

    run(x, ctl_name_list, "{\"network\":\"Alice\"}");
    assert_int_equal(fake_discovery.asks[0].type, NAMES_LIST);
    assert_string_equal(fake_discovery.asks[0].network, "alice");
    fake_names_answer(0, GW_EOFFLINE, NULL);
    assert_string_equal(fake_discovery.asks[1].host, "");
    page = (struct names_answer){ .nentries = 3 };
    page.entries[0].claim = (struct bytes){ other, seal(x, "z.carol", other) }; /* not of alice */
    page.entries[1].claim = (struct bytes){ a, seal(x, "a.alice", a) };
    page.entries[2].claim = (struct bytes){ b, seal(x, "b.alice", b) };
    fake_names_answer(1, 0, &page);
    assert_string_equal(fake_discovery.asks[2].host, "b");
    fake_names_answer(2, 0, &page); /* the same once more: a relay that has no end */
    assert_int_equal(fake_discovery.nasks, 3);
    assert_int_equal(json_array_size(json_object_get(rig.reply, "names")), 2);
    assert_string_equal(nth_name(0), "a.alice");
    assert_string_equal(nth_name(1), "b.alice");
    json_t *silent = json_array_get(json_object_get(rig.reply, "relays"), 0);
    assert_string_equal(json_string_value(json_object_get(silent, "peer")), PEER_A);
    assert_true(json_is_true(json_object_get(rig.reply, "done")));
    assert_null(json_object_get(rig.reply, "error"));
}

static const char *list_error(void)
{
    assert_true(json_is_false(json_object_get(rig.reply, "done")));
    return json_string_value(json_object_get(rig.reply, "error"));
}

static void test_networks_that_no_relay_tells_of_are_named(void **state)
{
    struct fixture *x = *state;
    static struct names_answer page, denied = { .status = NAMES_DENIED };
    uint8_t a[NAME_RECORD_MAX];

    run(x, ctl_name_list, "{}"); /* carol has no relay that we know */
    fake_names_answer(0, GW_EOFFLINE, NULL);
    fake_names_answer(1, 0, &denied);
    assert_string_equal(list_error(), "no relay tells the names of alice, carol");
    run(x, ctl_name_list, "{\"network\":\"alice\"}");
    page = (struct names_answer){ .nentries = 1 };
    page.entries[0].claim = (struct bytes){ a, seal(x, "a.alice", a) };
    fake_names_answer(2, 0, &page);
    fake_names_answer(3, GW_EOFFLINE, NULL); /* in the midst of it */
    fake_names_answer(4, GW_EOFFLINE, NULL);
    assert_int_equal(json_array_size(json_object_get(rig.reply, "names")), 1);
    assert_string_equal(list_error(), "no relay tells the names of alice");
}

static void test_without_a_network_all_are_listed(void **state)
{
    struct fixture *x = *state;
    static struct names_answer none;

    x->networks.v[1].nrelays = 1;
    x->networks.v[1].relays[0].peer = peer_of(PEER_B);
    run(x, ctl_name_list, "{}");
    fake_names_answer(0, 0, &none);
    assert_string_equal(fake_discovery.asks[1].network, "carol");
    rig_cancel();
    assert_true(fake_discovery.asks[1].is_cancelled);
    run(x, ctl_name_list, "{\"network\":\"bob\"}");
    assert_string_equal(rig.failed, "this node is not in the network bob");
}

static void test_a_probe_asks_every_relay_and_tells_no_names(void **state)
{
    struct fixture *x = *state;
    static struct names_answer page = { .nentries = 1 }, none = { .status = NAMES_NO_NETWORK };
    uint8_t a[NAME_RECORD_MAX];

    page.entries[0].claim = (struct bytes){ a, seal(x, "a.alice", a) };
    run(x, ctl_name_list, "{\"network\":\"alice\",\"probe\":true}");
    fake_names_answer(0, 0, &page);
    fake_names_answer(1, 0, &none);
    assert_int_equal(fake_discovery.nasks, 2);
    assert_int_equal(json_array_size(json_object_get(rig.reply, "names")), 0);
    assert_int_equal(json_array_size(json_object_get(rig.reply, "relays")), 1);
    assert_true(json_is_true(json_object_get(rig.reply, "done")));
    run(x, ctl_name_list, "{\"network\":\"alice\",\"probe\":true}");
    fake_names_answer(2, GW_ENOPROTO, NULL);
    fake_names_answer(3, 0, &none);
    assert_string_equal(list_error(), "no relay tells the names of alice");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_join_and_leave_edit_the_file),
        TEST(test_join_of_anything_else_changes_nothing),
        TEST(test_list_tells_relays_and_claims),
        TEST(test_claim_waits_for_every_relay),
        TEST(test_claim_of_a_taken_name_is_not_done),
        TEST(test_claim_stays_wanted_while_a_relay_does_not_answer),
        TEST(test_claim_ends_with_its_client_and_needs_the_network),
        TEST(test_release_asks_all_relays_at_once),
        TEST(test_release_of_somebody_elses_name_stays_a_refusal),
        TEST(test_release_ends_with_its_client),
        TEST(test_the_admin_of_a_relay_takes_any_name_away),
        TEST(test_names_come_page_by_page_from_the_first_relay_that_answers),
        TEST(test_networks_that_no_relay_tells_of_are_named),
        TEST(test_without_a_network_all_are_listed),
        TEST(test_a_probe_asks_every_relay_and_tells_no_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
