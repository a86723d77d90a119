/* test_registry.c - the services of this node, and -S. */
#include "svc/registry.h"

#include <stdio.h>

#include "vec.h"

static struct service service(const char *name, uint16_t port)
{
    struct service s = { .port = port, .is_enabled = true };
    snprintf(s.name, sizeof s.name, "%s", name);
    return s;
}

static void test_add_copies_and_refuses_what_is_taken(void **state)
{
    (void)state;
    struct registry *r = registry_new();
    char file[] = "keys";
    struct service ssh = service("ssh", 22), same_name = service("ssh", 23),
                   same_port = service("other", 22), unnamed = service("UPPER", 1);
    ssh.authorized_keys = file;
    assert_int_equal(registry_add(r, &ssh), 0);
    file[0] = 'x';
    assert_string_equal(registry_at(r, 0)->authorized_keys, "keys");
    assert_int_equal(registry_add(r, &same_name), GW_EEXISTS);
    assert_int_equal(registry_add(r, &same_port), GW_EEXISTS);
    assert_int_equal(registry_add(r, &unnamed), GW_EINVAL);
    assert_int_equal(registry_count(r), 1);
    registry_free(r);
}

static void test_services_without_a_port_do_not_collide(void **state)
{
    (void)state;
    struct registry *r = registry_new();
    struct service a = service("a", 0), b = service("b", 0);
    assert_int_equal(registry_add(r, &a), 0);
    assert_int_equal(registry_add(r, &b), 0);
    assert_null(registry_by_port(r, 0));
    assert_string_equal(registry_by_name(r, bytes_of("b"))->name, "b");
    registry_free(r);
}

static void test_lookups_pass_over_disabled_services(void **state)
{
    (void)state;
    struct registry *r = registry_new();
    struct service off = service("off", 80);
    off.is_enabled = false;
    assert_int_equal(registry_add(r, &off), 0);
    assert_null(registry_by_name(r, bytes_of("off")));
    assert_null(registry_by_port(r, 80));
    assert_non_null(registry_at(r, 0));
    assert_null(registry_at(r, 1));
    registry_clear(r);
    assert_int_equal(registry_count(r), 0);
    registry_free(r);
}

static void test_many_services_keep_their_addresses(void **state)
{
    (void)state;
    struct registry *r = registry_new();
    struct service first = service("first", 1);
    assert_int_equal(registry_add(r, &first), 0);
    const struct service *kept = registry_at(r, 0);
    for (uint16_t i = 2; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "s%u", i);
        struct service s = service(name, i);
        assert_int_equal(registry_add(r, &s), 0);
    }
    assert_ptr_equal(registry_by_name(r, bytes_of("first")), kept);
    assert_string_equal(registry_by_port(r, 99)->name, "s99");
    registry_free(r);
}

static void test_name_ok_is_a_dns_label_in_lower_case(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a", "ssh", "db-2", "0", "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"
    };
    static const char *const bad[] = {
        "",    "-a",       "a-",
        "A",   "a.b",      "a_b",
        "a b", "\xc3\xa9", "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01"
    };
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(service_name_ok(bytes_of(good[i])));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(service_name_ok(bytes_of(bad[i])));
}

static void test_parse_reads_name_port_and_target(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name, *target;
        uint16_t port;
    } good[] = { /* DESIGN, "Command line": -S */
                 { "ssh:22=127.0.0.1:22", "ssh", "127.0.0.1:22", 22 },
                 { "db:5432=unix:/run/postgresql/.s.PGSQL.5432", "db",
                   "unix:/run/postgresql/.s.PGSQL.5432", 5432 },
                 { "web=127.0.0.1:8080", "web", "127.0.0.1:8080", 8080 },
                 { "web:80=[::1]:8080", "web", "[::1]:8080", 80 },
                 { "x=unix:/x=y", "x", "unix:/x=y", 0 }
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        struct service s;
        char target[SOCKADDR_STR_MAX];
        assert_int_equal(service_parse(good[i].text, &s), 0);
        assert_string_equal(s.name, good[i].name);
        assert_int_equal(s.port, good[i].port);
        assert_true(s.is_enabled);
        assert_string_equal(sockaddr_print(&s.target, target), good[i].target);
        assert_int_equal(s.udp_target.len, 0);
    }
}

static void test_parse_reads_a_target_of_datagrams(void **state)
{
    (void)state;
    static const struct {
        const char *text, *target;
        uint16_t port;
    } good[] = {
        { "dns:53/udp=127.0.0.1:5353", "127.0.0.1:5353", 53 },
        { "dns/udp=[::1]:53", "[::1]:53", 53 },
        { "dns/udp=unix:/run/x/udp=y", "unix:/run/x/udp=y", 0 },
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        struct service s;
        char target[SOCKADDR_STR_MAX];
        assert_int_equal(service_parse(good[i].text, &s), 0);
        assert_string_equal(s.name, "dns");
        assert_int_equal(s.port, good[i].port);
        assert_int_equal(s.target.len, 0);
        assert_string_equal(sockaddr_print(&s.udp_target, target), good[i].target);
    }
}

static void test_parse_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int err;
    } bad[] = {
        { "ssh", GW_ESYNTAX },
        { "=127.0.0.1:22", GW_EINVAL },
        { "SSH=127.0.0.1:22", GW_EINVAL },
        { "ssh:0=127.0.0.1:22", GW_EINVAL },
        { "ssh:65536=127.0.0.1:22", GW_EINVAL },
        { "ssh:x=127.0.0.1:22", GW_ESYNTAX },
        { "ssh:=127.0.0.1:22", GW_ESYNTAX },
        { "ssh:99999999999=127.0.0.1:22", GW_ESYNTAX },
        { "ssh=127.0.0.1:0", GW_EINVAL },
        { "/udp=127.0.0.1:53", GW_EINVAL },
        { "dns/tcp=127.0.0.1:53", GW_EINVAL },
        { "dns/udp:53=127.0.0.1:53", GW_EINVAL },
        { "dns:53/udp/udp=127.0.0.1:53", GW_ESYNTAX },
        { "dns:/udp=127.0.0.1:53", GW_ESYNTAX },
        { "dns/udp=127.0.0.1:0", GW_EINVAL },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct service s;
        assert_int_equal(service_parse(bad[i].text, &s), bad[i].err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add_copies_and_refuses_what_is_taken),
        cmocka_unit_test(test_services_without_a_port_do_not_collide),
        cmocka_unit_test(test_lookups_pass_over_disabled_services),
        cmocka_unit_test(test_many_services_keep_their_addresses),
        cmocka_unit_test(test_name_ok_is_a_dns_label_in_lower_case),
        cmocka_unit_test(test_parse_reads_name_port_and_target),
        cmocka_unit_test(test_parse_reads_a_target_of_datagrams),
        cmocka_unit_test(test_parse_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
