/* test_quic_conn.c - connections that there is no memory for; ngtcp2's constructors come here. */
#include <ngtcp2/ngtcp2.h>

#include "base/clock.h"
#include "no_headroom.h"
#include "quicrig.h"

static unsigned refusals; /* connections that get no memory */

/* It has freed the connection and does not say that it has left it to be found. */
static int refuse(ngtcp2_conn **out)
{
    static char freed[4096];

    refusals--;
    memset(freed, 0x5a, sizeof freed);
    *out = (ngtcp2_conn *)(void *)freed;
    return NGTCP2_ERR_NOMEM;
}

#define PARAMS                                                                                  \
    ngtcp2_conn **out, const ngtcp2_cid *dcid, const ngtcp2_cid *scid, const ngtcp2_path *path, \
        uint32_t version, int callbacks_version, const ngtcp2_callbacks *callbacks,             \
        int settings_version, const ngtcp2_settings *settings, int params_version,              \
        const ngtcp2_transport_params *params, const ngtcp2_mem *mem, void *user
#define ARGS                                                                                  \
    out, dcid, scid, path, version, callbacks_version, callbacks, settings_version, settings, \
        params_version, params, mem, user

int __real_ngtcp2_conn_client_new_versioned(PARAMS);
int __real_ngtcp2_conn_server_new_versioned(PARAMS);
int __wrap_ngtcp2_conn_client_new_versioned(PARAMS);
int __wrap_ngtcp2_conn_server_new_versioned(PARAMS);

int __wrap_ngtcp2_conn_client_new_versioned(PARAMS)
{
    return refusals ? refuse(out) : __real_ngtcp2_conn_client_new_versioned(ARGS);
}

int __wrap_ngtcp2_conn_server_new_versioned(PARAMS)
{
    return refusals ? refuse(out) : __real_ngtcp2_conn_server_new_versioned(ARGS);
}

static void test_dial_without_memory_is_refused(void **state)
{
    (void)state;
    refusals = 1;
    assert_int_equal(quic_dial(a.quic, &b_addr, key_peerid(b.key), &a.conn), GW_ENOMEM);
    a.conn = NULL;
    connect_both();
}

/* The client sends its first packet again, well within the second that RFC 9002 has it wait, and
 * may come in then. */
static void test_accept_without_memory_is_made_up_for_soon(void **state)
{
    (void)state;
    uint64_t began_ms = clock_mono_ms();
    dial(key_peerid(b.key));
    refusals = 1;
    RUN_UNTIL(a.is_ready && b.is_ready);
    assert_int_equal(refusals, 0);
    assert_in_range(clock_mono_ms() - began_ms, 250, 900);
}

static void test_handshake_without_headroom_ends_at_either_side(void **state)
{
    (void)state;
    for (unsigned looks = 0; looks < 2; looks++) { /* the client's start, the server's */
        headroom_left = looks;
        dial(key_peerid(b.key));
        RUN_UNTIL(a.nclosed == 1);
        assert_int_equal(a.close_err == GW_ENOMEM, looks == 0);
        assert_null(b.conn);
        headroom_left = UINT_MAX;
        a.conn = NULL;
        a.nclosed = 0;
    }
    connect_both();
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, quicrig_setup, quicrig_teardown)
    const struct CMUnitTest tests[] = {
        T(test_dial_without_memory_is_refused),
        T(test_accept_without_memory_is_made_up_for_soon),
        T(test_handshake_without_headroom_ends_at_either_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
