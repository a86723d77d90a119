/* test_svc_proto.c - protocol ids that name a service (peer-up and shurli: SEEDS, F1). */
#include "svc/svc_proto.h"

#include "vec.h"

static void test_service_is_read_out_of_an_id(void **state)
{
    (void)state;
    assert_bytes(svc_proto_service(bytes_of("/peerup/ssh/1.0.0")), bytes_of("ssh"));
    assert_bytes(svc_proto_service(bytes_of("/shurli/db-2/1.0.0")), bytes_of("db-2"));
}

static void test_other_ids_name_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "/peerup/",
        "/peerup//1.0.0",
        "/peerup/1.0.0",
        "/peerup/ssh/1.0.1",
        "/peerup/ssh/1.0.0/",
        "/peerup/SSH/1.0.0",
        "/shurli/a/b/1.0.0",
        "/other/ssh/1.0.0",
        "/gw/tunnel/1.0.0",
        "/1.0.0",
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(svc_proto_service(bytes_of(bad[i])).n, 0);
}

static void test_print_and_read_agree_up_to_the_longest_name(void **state)
{
    (void)state;
    char name[SERVICE_NAME_MAX + 1], id[SVC_PROTO_MAX];
    memset(name, 'a', SERVICE_NAME_MAX);
    name[SERVICE_NAME_MAX] = '\0';
    assert_string_equal(svc_proto_print(SVC_PROTO_SHURLI, "ssh", id), "/shurli/ssh/1.0.0");
    svc_proto_print(SVC_PROTO_PEERUP, name, id);
    assert_bytes(svc_proto_service(bytes_of(id)), bytes_of(name));
}

static void test_port_names(void **state)
{
    (void)state;
    assert_string_equal(svc_proto_port_name(22), "ssh");
    assert_string_equal(svc_proto_port_name(5432), "postgres");
    assert_null(svc_proto_port_name(0));
    assert_null(svc_proto_port_name(23));
    assert_int_equal(svc_proto_name_port(bytes_of("ssh")), 22);
    assert_int_equal(svc_proto_name_port(bytes_of("ss")), 0);
    assert_int_equal(svc_proto_name_port(bytes_of("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_service_is_read_out_of_an_id),
        cmocka_unit_test(test_other_ids_name_none),
        cmocka_unit_test(test_print_and_read_agree_up_to_the_longest_name),
        cmocka_unit_test(test_port_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
