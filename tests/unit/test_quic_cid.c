/* test_quic_cid.c - the table of connection ids and reset tokens: whose entry is whose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "transport/quic_cid.h"

static const uint8_t id[16] = "what both gave", other[16] = "only the second";

/* The table never looks into a connection. */
static struct quic_conn *const first = (struct quic_conn *)&id, *const second = (void *)&other;

static void test_find_tells_whose_an_id_is(void **state)
{
    (void)state;
    struct quic_cids *t = quic_cids_new();
    struct quic_cid *mine = NULL;

    assert_int_equal(quic_cids_add(t, &mine, id, sizeof id, first), 0);
    assert_ptr_equal(quic_cids_find(t, id, sizeof id), first);
    assert_null(quic_cids_find(t, id, sizeof id - 1));
    assert_null(quic_cids_find(t, other, sizeof other));
    assert_int_equal(quic_cids_add(t, &mine, id, QUIC_CID_MAX + 1, first), GW_EINVAL);
    quic_cids_del(t, &mine, id, sizeof id);
    assert_null(quic_cids_find(t, id, sizeof id));
    assert_null(mine);
    quic_cids_free(t);
}

/* A peer may give the same reset token on two connections, and retire it on the second. */
static void test_del_leaves_another_connections_entry(void **state)
{
    (void)state;
    struct quic_cids *t = quic_cids_new();
    struct quic_cid *of_first = NULL, *of_second = NULL;

    assert_int_equal(quic_cids_add(t, &of_first, id, sizeof id, first), 0);
    assert_int_equal(quic_cids_add(t, &of_second, other, sizeof other, second), 0);
    assert_int_equal(quic_cids_add(t, &of_second, id, sizeof id, second), GW_EEXISTS);
    quic_cids_del(t, &of_second, id, sizeof id);
    assert_ptr_equal(quic_cids_find(t, id, sizeof id), first);
    quic_cids_del_all(t, &of_second);
    assert_null(quic_cids_find(t, other, sizeof other));
    assert_ptr_equal(quic_cids_find(t, id, sizeof id), first);
    quic_cids_del_all(t, &of_first);
    assert_null(quic_cids_find(t, id, sizeof id));
    quic_cids_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find_tells_whose_an_id_is),
        cmocka_unit_test(test_del_leaves_another_connections_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
