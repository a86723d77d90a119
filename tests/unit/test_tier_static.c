/* test_tier_static.c - the tier of the names file, on a real file. */
#include "name/tier_static.h"

#include "fake_host.h"
#include "handclock.h"
#include "testpeers.h"
#include "tmpfiles.h"

struct fixture {
    struct tmpfiles tmp;
    struct ev_loop *loop;
    struct tier_static *tier;
    struct resolver *r;
    bool has_changed;
    int err;
    struct name_answer answer;
    char trail[RESOLVER_TRAIL_MAX];
};

static void on_changed(void *arg)
{
    struct fixture *x = arg;
    x->has_changed = true;
    resolver_flush(x->r);
}

static void begin(struct fixture *x, const char *text)
{
    *x = (struct fixture){ 0 };
    tmpfiles_init(&x->tmp);
    if (text)
        tmpfiles_write(x->tmp.path, text);
    x->loop = ev_loop_new(EVFLAG_AUTO);
    x->r = resolver_new(x->loop, 1000);
    x->tier = tier_static_new(x->loop, x->tmp.path, on_changed, x);
    assert_non_null(x->tier);
    assert_int_equal(resolver_add_tier(x->r, &tier_static_ops, x->tier), 0);
}

static void end(struct fixture *x)
{
    resolver_free(x->r);
    tier_static_free(x->tier);
    ev_loop_destroy(x->loop);
    tmpfiles_fini(&x->tmp);
}

static void on_done(void *arg, int err, const struct name_answer *a, const char *trail)
{
    struct fixture *x = arg;
    x->err = err;
    if (a)
        x->answer = *a;
    snprintf(x->trail, sizeof x->trail, "%s", trail);
}

static int ask(struct fixture *x, const char *host)
{
    x->answer = (struct name_answer){ 0 };
    assert_null(resolver_lookup(x->r, host, on_done, x)); /* answers at once */
    return x->err;
}

static bool is_peer(const struct fixture *x, const char *id)
{
    struct peerid p = peer_of(id);
    return peerid_eq(&x->answer.peer, &p);
}

static void test_exact_name_comes_first(void **state)
{
    struct fixture x;
    (void)state;
    begin(&x, "alice " PEER_A "\ndb.alice " PEER_B "\n");
    assert_int_equal(ask(&x, "DB.alice"), 0);
    assert_true(is_peer(&x, PEER_B));
    assert_string_equal(x.answer.service, "");
    assert_string_equal(x.answer.tier, "names file");
    end(&x);
}

static void test_label_in_front_of_a_name_is_a_service(void **state)
{
    struct fixture x;
    (void)state;
    begin(&x, "alice " PEER_A " /ip4/192.0.2.1/udp/1/quic-v1 22=/x/ssh\nlap.net " PEER_B "\n");
    assert_int_equal(ask(&x, "db.Alice.p2p"), 0);
    assert_true(is_peer(&x, PEER_A));
    assert_string_equal(x.answer.service, "db");
    assert_int_equal(x.answer.naddrs, 1);
    assert_int_equal(x.answer.maps[0].port, 22);
    assert_string_equal(x.answer.maps[0].protocol, "/x/ssh");
    assert_int_equal(ask(&x, "web.lap.net"), 0);
    assert_true(is_peer(&x, PEER_B));
    assert_string_equal(x.answer.service, "web");
    end(&x);
}

static void test_peer_id_takes_the_first_line_of_its_peer(void **state)
{
    struct fixture x;
    struct peerid a = peer_of(PEER_A);
    char base36[PEERID_STR_MAX], host[2 * PEERID_STR_MAX];
    (void)state;
    begin(&x, "b " PEER_B " /ip4/192.0.2.9/udp/9/quic-v1\n"
              "alice " PEER_A " /ip4/192.0.2.1/udp/1/quic-v1 22=/x/ssh\n"
              "again " PEER_A " /ip4/192.0.2.1/udp/1/quic-v1 /ip4/192.0.2.2/udp/2/quic-v1\n");
    assert_int_equal(ask(&x, PEER_A), 0);
    assert_true(is_peer(&x, PEER_A));
    assert_int_equal(x.answer.naddrs, 1);
    assert_int_equal(x.answer.nmaps, 1);
    assert_string_equal(x.answer.service, "");
    snprintf(host, sizeof host, "db.%s.p2p", peerid_print_base36(&a, base36));
    assert_int_equal(ask(&x, host), 0);
    assert_true(is_peer(&x, PEER_A));
    assert_int_equal(x.answer.naddrs, 1);
    assert_string_equal(x.answer.service, "db");
    end(&x);
}

static void test_peer_id_without_a_line_is_not_answered(void **state)
{
    struct fixture x;
    (void)state;
    begin(&x, "alice " PEER_A "\n");
    assert_int_equal(ask(&x, PEER_B), GW_ENONAME);
    assert_int_equal(ask(&x, "_x." PEER_A), GW_ENONAME);
    assert_int_equal(ask(&x, "a.db." PEER_A), GW_ENONAME);
    end(&x);
}

static void test_only_one_label_and_only_a_service_name(void **state)
{
    struct fixture x;
    (void)state;
    begin(&x, "alice " PEER_A "\n");
    assert_int_equal(ask(&x, "a.db.alice"), GW_ENONAME);
    assert_int_equal(ask(&x, "_x.alice"), GW_ENONAME);
    assert_int_equal(ask(&x, "-x.alice"), GW_ENONAME);
    assert_int_equal(ask(&x, "alice.db"), GW_ENONAME);
    assert_string_equal(x.trail, "names file: no line");
    end(&x);
}

static void test_without_a_file_there_are_no_names(void **state)
{
    struct fixture x;
    struct peerid a = peer_of(PEER_A);
    (void)state;
    begin(&x, NULL);
    assert_int_equal(ask(&x, "alice"), GW_ENONAME);
    assert_string_equal(x.trail, "names file: no file");
    assert_null(tier_static_name_of(x.tier, &a));
    end(&x);
}

static void test_a_fault_in_the_file_is_told_instead_of_no_line(void **state)
{
    struct fixture x;
    (void)state;
    begin(&x, "alice " PEER_A "\nbob nonsense\n");
    assert_int_equal(ask(&x, "alice"), GW_ENONAME);
    const char *name = strrchr(x.tmp.path, '/') + 1;
    char want[256];
    snprintf(want, sizeof want, "names file: %s:2: ", name);
    assert_int_equal(strncmp(x.trail, want, strlen(want)), 0);
    tmpfiles_write(x.tmp.path, "alice " PEER_A "\n");
    assert_true(fake_run_until(x.loop, &x.has_changed));
    assert_int_equal(ask(&x, "bob"), GW_ENONAME);
    assert_string_equal(x.trail, "names file: no line");
    end(&x);
}

static void test_an_edit_is_noticed_by_itself(void **state)
{
    struct fixture x;
    (void)state;
    begin(&x, "alice " PEER_A "\n");
    tmpfiles_write(x.tmp.path, "alice " PEER_B "\nbob " PEER_A "\n");
    assert_true(fake_run_until(x.loop, &x.has_changed));
    assert_int_equal(ask(&x, "alice"), 0);
    assert_true(is_peer(&x, PEER_B));
    end(&x);
}

static void test_a_lookup_sees_an_edit_without_the_timer(void **state)
{
    struct fixture x;
    (void)state;
    begin(&x, NULL);
    assert_int_equal(ask(&x, "alice"), GW_ENONAME);
    tmpfiles_write(x.tmp.path, "alice " PEER_A "\n");
    assert_int_equal(ask(&x, "alice"), 0); /* at once when there was no such name */
    assert_true(x.has_changed);
    tmpfiles_write(x.tmp.path, "alice " PEER_B "\n");
    handclock_pass(110);
    assert_int_equal(ask(&x, "alice"), 0);
    assert_true(is_peer(&x, PEER_B));
    end(&x);
}

static void test_a_bad_line_keeps_the_last_good_content(void **state)
{
    struct fixture x;
    char err[256], want[256];
    (void)state;
    begin(&x, "alice " PEER_A "\n");
    tmpfiles_write(x.tmp.path, "bob " PEER_A "\nalice\n");
    snprintf(want, sizeof want, "%s:2: a peer id must follow the name", x.tmp.path);
    assert_int_equal(tier_static_reload(x.tier, err, sizeof err), GW_ESYNTAX);
    assert_string_equal(err, want);
    assert_int_equal(ask(&x, "alice"), 0);
    assert_int_equal(ask(&x, "bob"), GW_ENONAME);
    end(&x);
}

static void test_a_removed_file_takes_its_names(void **state)
{
    struct fixture x;
    (void)state;
    begin(&x, "alice " PEER_A "\n");
    unlink(x.tmp.path);
    assert_int_equal(tier_static_reload(x.tier, NULL, 0), 0);
    assert_int_equal(ask(&x, "alice"), GW_ENONAME);
    end(&x);
}

static void test_fault_is_that_of_the_file_as_it_stands(void **state)
{
    struct fixture x;
    char want[160];
    (void)state;
    begin(&x, "alice " PEER_A "\n");
    assert_string_equal(tier_static_fault(x.tier), "");
    tmpfiles_write(x.tmp.path, "alice bob\n");
    assert_int_equal(tier_static_reload(x.tier, NULL, 0), GW_ESYNTAX);
    snprintf(want, sizeof want, "%s:1: a peer id must follow the name", x.tmp.path);
    assert_string_equal(tier_static_fault(x.tier), want);
    tmpfiles_write(x.tmp.path, "bob " PEER_A "\n");
    assert_int_equal(tier_static_reload(x.tier, NULL, 0), 0);
    assert_string_equal(tier_static_fault(x.tier), "");
    end(&x);
}

static void test_name_of_gives_the_first_name(void **state)
{
    struct fixture x;
    struct peerid a = peer_of(PEER_A);
    (void)state;
    begin(&x, "Zoe " PEER_A "\nann " PEER_A "\n");
    assert_string_equal(tier_static_name_of(x.tier, &a), "zoe");
    end(&x);
}

static void add_domain(void *arg, const char *domain)
{
    char *all = arg;
    strcat(all, domain);
    strcat(all, " ");
}

static void test_names_of_the_file_are_the_domains(void **state)
{
    struct fixture x;
    struct peerid a = peer_of(PEER_A), b = peer_of(PEER_B);
    char all[64] = "";
    (void)state;
    begin(&x, "Lap.Grewal.p2p " PEER_A "\nalice " PEER_A "\n");
    resolver_domains(x.r, add_domain, all);
    assert_string_equal(all, "lap.grewal alice ");
    assert_string_equal(resolver_name_of(x.r, &a), "lap.grewal");
    assert_null(resolver_name_of(x.r, &b));
    end(&x);
    begin(&x, NULL);
    resolver_domains(x.r, add_domain, all);
    assert_string_equal(all, "lap.grewal alice ");
    assert_null(resolver_name_of(x.r, &a));
    end(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_name_comes_first),
        cmocka_unit_test(test_label_in_front_of_a_name_is_a_service),
        cmocka_unit_test(test_peer_id_takes_the_first_line_of_its_peer),
        cmocka_unit_test(test_peer_id_without_a_line_is_not_answered),
        cmocka_unit_test(test_names_of_the_file_are_the_domains),
        cmocka_unit_test(test_only_one_label_and_only_a_service_name),
        cmocka_unit_test(test_without_a_file_there_are_no_names),
        cmocka_unit_test(test_a_fault_in_the_file_is_told_instead_of_no_line),
        cmocka_unit_test(test_an_edit_is_noticed_by_itself),
        cmocka_unit_test(test_a_lookup_sees_an_edit_without_the_timer),
        cmocka_unit_test(test_a_bad_line_keeps_the_last_good_content),
        cmocka_unit_test(test_a_removed_file_takes_its_names),
        cmocka_unit_test(test_fault_is_that_of_the_file_as_it_stands),
        cmocka_unit_test(test_name_of_gives_the_first_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
