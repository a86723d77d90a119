/* test_socks5_in.c - a client of the proxy port over a socket pair; the front is a fake.
 * Rules by number: RFC 1928 and RFC 1929 as clients really use them. */
#include "gate/socks5_in.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "base/log.h"
#include "fake_front.h"
#include "looprig.h"
#include "vec.h"

#define GREETING "\5\1\0"
#define CONNECT_DB \
    "\5\1\0\3\x8"  \
    "db.alice\x15\x38" /* db.alice:5432 */
#define OK_REPLY  "\5\0\0\1\0\0\0\0\0\0"
#define REPLY_LEN 10

struct rig {
    struct looprig loop;
    struct front front;
    struct socks5_in *in;
    int fd; /* the client's end */
};

static const struct socks5_in_config open_cfg = { .handshake_timeout_ms = 60000,
                                                  .max_half_open = 16 };

static int add_client(struct rig *r)
{
    int sv[2];
    struct sockaddr_any from = { .sa.sa_family = AF_UNIX, .len = sizeof(sa_family_t) };
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv), 0);
    socks5_in_accept(r->in, sv[0], &from);
    return sv[1];
}

static void start(struct rig *r, const struct socks5_in_config *cfg)
{
    looprig_init(&r->loop);
    r->front.n = 0;
    r->front.is_full = false;
    r->in = socks5_in_new(r->loop.loop, r->loop.turn, &r->front, cfg);
    assert_non_null(r->in);
    r->fd = add_client(r);
}

static void stop(struct rig *r)
{
    fake_front_drop(&r->front);
    socks5_in_free(r->in);
    looprig_fini(&r->loop);
    close(r->fd);
}

/* Sends, and lets the proxy work. */
static void say(struct rig *r, const void *p, size_t n)
{
    put(r->fd, p, n);
    looprig_run(&r->loop);
}
#define SAY(r, literal) say(r, literal, sizeof(literal) - 1)

static void assert_target(const struct rig *r, size_t i, const char *host, uint16_t port)
{
    assert_int_equal(r->front.n, i + 1);
    assert_string_equal(r->front.open[i].target.host, host);
    assert_string_equal(r->front.open[i].target.service, "");
    assert_int_equal(r->front.open[i].target.port, port);
    assert_string_equal(r->front.open[i].kind, "socks5");
}

static void open_service(struct rig *r, size_t i, int err)
{
    fake_front_opened(&r->front, i, err);
    looprig_run(&r->loop);
}

static struct rig rig;

static void test_connect_one_octet_at_a_time(void **state)
{
    static const char request[] = CONNECT_DB;
    (void)state;
    start(&rig, &open_cfg);
    for (size_t i = 0; i < 3; i++) {
        assert_nothing(rig.fd);
        say(&rig, &GREETING[i], 1);
    }
    assert_got(rig.fd, "\5\0", 2);
    for (size_t i = 0; i < sizeof request - 1; i++) {
        assert_int_equal(rig.front.n, 0);
        say(&rig, &request[i], 1);
    }
    assert_target(&rig, 0, "db.alice", 5432);
    assert_nothing(rig.fd); /* rule 9: nothing before the service is open */
    open_service(&rig, 0, 0);
    assert_got(rig.fd, OK_REPLY, REPLY_LEN);
    SAY(&rig, "hello");
    assert_int_equal(rig.front.open[0].ngot, 5);
    assert_memory_equal(rig.front.open[0].got, "hello", 5);
    stop(&rig);
}

static void test_connect_takes_all_in_one_segment_with_early_data(void **state)
{
    static const struct socks5_in_config cfg = { "alice", "secret", 60000, 16 };
    (void)state;
    start(&rig, &cfg);
    SAY(&rig, "\5\2\0\2"
              "\1\5alice\6secret" CONNECT_DB "early octets");
    assert_got(rig.fd, "\5\2\1\0", 4);
    assert_target(&rig, 0, "db.alice", 5432);
    open_service(&rig, 0, 0);
    assert_got(rig.fd, OK_REPLY, REPLY_LEN);
    assert_int_equal(rig.front.open[0].nsent, 12);
    assert_memory_equal(rig.front.open[0].sent, "early octets", 12);
    assert_false(rig.front.open[0].is_last);
    stop(&rig);
}

static void test_early_data_is_bounded_and_loses_nothing(void **state)
{
    uint8_t early[20000], got[20000];
    (void)state;
    for (size_t i = 0; i < sizeof early; i++)
        early[i] = (uint8_t)(i * 7 + i / 251);
    start(&rig, &open_cfg);
    SAY(&rig, GREETING CONNECT_DB);
    say(&rig, early, sizeof early);
    open_service(&rig, 0, 0);
    const struct front_open *o = &rig.front.open[0];
    assert_int_equal(o->nsent, 4096);
    assert_int_equal(o->nsent + o->ngot, sizeof early);
    memcpy(got, o->sent, o->nsent);
    memcpy(got + o->nsent, o->got, o->ngot);
    assert_memory_equal(got, early, sizeof early);
    stop(&rig);
}

static void test_fin_behind_early_data_crosses_as_fin(void **state)
{
    (void)state;
    start(&rig, &open_cfg);
    SAY(&rig, GREETING CONNECT_DB "question");
    shutdown(rig.fd, SHUT_WR);
    looprig_run(&rig.loop);
    assert_false(rig.front.open[0].is_canceled);
    open_service(&rig, 0, 0);
    assert_int_equal(rig.front.open[0].nsent, 8);
    assert_true(rig.front.open[0].is_last);
    stop(&rig);
}

static void test_method_is_one_that_was_offered(void **state)
{
    static const struct socks5_in_config with_auth = { "u", "p", 60000, 16 };
    static const struct {
        const char *what;
        struct bytes greeting;
        bool need_auth;
        char want[3];
    } cases[] = {
        { "rule 4: no method at all", B("\5\0"), false, "\5\xff" },
        { "rule 5: GSSAPI alone", B("\5\1\1"), false, "\5\xff" },
        { "rule 5: GSSAPI first, as curl offers it", B("\5\2\1\0"), false, "\5\0" },
        { "rule 20: both", B("\5\2\0\2"), false, "\5\0" },
        { "rule 20: both, the other way round", B("\5\2\2\0"), false, "\5\0" },
        { "user only, nobody set", B("\5\1\2"), false, "\5\2" },
        { "rule 3: duplicates", B("\5\3\0\0\0"), false, "\5\0" },
        { "rule 3: unknown ones", B("\5\3\x80\xfe\0"), false, "\5\0" },
        { "rule 3: unknown ones only", B("\5\2\x80\xfe"), false, "\5\xff" },
        { "rule 3: FF offered", B("\5\1\xff"), false, "\5\xff" },
        { "password needed: both", B("\5\2\0\2"), true, "\5\2" },
        { "password needed: none offered", B("\5\1\0"), true, "\5\xff" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        start(&rig, cases[i].need_auth ? &with_auth : &open_cfg);
        say(&rig, cases[i].greeting.p, cases[i].greeting.n);
        assert_got(rig.fd, cases[i].want, 2);
        if (cases[i].want[1] == '\xff')
            assert_eof(rig.fd);
        else
            assert_nothing(rig.fd);
        stop(&rig);
    }
}

static void test_method_list_may_hold_255(void **state)
{
    uint8_t greeting[257] = { 5, 255 };
    (void)state;
    memset(greeting + 2, 0x90, 254);
    start(&rig, &open_cfg);
    say(&rig, greeting, sizeof greeting); /* the last one is 0 */
    assert_got(rig.fd, "\5\0", 2);
    stop(&rig);
}

static void test_password_decides(void **state)
{
    static const struct {
        const char *what;
        const char *user, *password; /* set */
        struct bytes said;
        bool is_ok;
    } cases[] = {
        { "right", "alice", "secret", B("\1\5alice\6secret"), true },
        { "wrong password", "alice", "secret", B("\1\5alice\6secreT"), false },
        { "wrong user", "alice", "secret", B("\1\5alicf\6secret"), false },
        { "shorter", "alice", "secret", B("\1\5alice\5secre"), false },
        { "longer", "alice", "secret", B("\1\5alice\7secrets"), false },
        { "empty", "alice", "secret", B("\1\0\0"), false },
        { "NUL behind it", "alice", "secret", B("\1\5alice\7secret\0"), false },
        { "rule 18: empty password, as set", "alice", NULL, B("\1\5alice\0"), true },
        { "nobody set: any passes", NULL, NULL, B("\1\3any\3one"), true },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct socks5_in_config cfg = { cases[i].user, cases[i].password, 60000, 16 };
        start(&rig, &cfg);
        SAY(&rig, "\5\1\2");
        assert_got(rig.fd, "\5\2", 2);
        say(&rig, cases[i].said.p, cases[i].said.n);
        assert_got(rig.fd, cases[i].is_ok ? "\1\0" : "\1\1", 2);
        if (!cases[i].is_ok) {
            SAY(&rig, CONNECT_DB); /* rule 19: it is over */
            assert_eof(rig.fd);
        }
        SAY(&rig, CONNECT_DB);
        assert_int_equal(rig.front.n, cases[i].is_ok);
        stop(&rig);
    }
}

static void test_http_is_answered_in_http(void **state)
{
    static const char *const requests[] = {
        "GET http://db.alice/ HTTP/1.1\r\nHost: db.alice\r\n\r\n",
        "POST / HTTP/1.0\r\n\r\n",
        "CONNECT db.alice:443 HTTP/1.1\r\n\r\n",
        "DELETE",
        "H",
    };
    static const char status[] = "HTTP/1.1 501 Not Implemented\r\n"; /* RFC 9110 s.15.6.2 */
    char got[1024];

    (void)state;
    for (size_t i = 0; i < COUNT(requests); i++) {
        start(&rig, &open_cfg);
        say(&rig, requests[i], strlen(requests[i]));
        ssize_t n = read(rig.fd, got, sizeof got - 1);
        assert_true(n > 0);
        got[n] = '\0';
        assert_memory_equal(got, status, sizeof status - 1);
        assert_non_null(strstr(got, "\r\nConnection: close\r\n"));
        assert_non_null(strstr(strstr(got, "\r\n\r\n"), "socks5h://"));
        assert_eof(rig.fd);
        stop(&rig);
    }
}

static void test_socks4_is_rejected_in_socks4(void **state)
{
    (void)state;
    start(&rig, &open_cfg);
    SAY(&rig, "\4\1\0\x50\0\0\0\1user\0db.alice\0");
    assert_got(rig.fd, "\0\x5b\0\0\0\0\0\0", 8);
    assert_eof(rig.fd);
    stop(&rig);
}

static void test_wrong_version_gets_no_answer(void **state)
{
    static const struct bytes first[] = { B("\0"), B("\x16\3\1"), B("\1"), B("\6\1\0"), B("\xff") };
    static const struct socks5_in_config with_auth = { "u", "p", 60000, 16 };
    (void)state;
    for (size_t i = 0; i < COUNT(first); i++) {
        start(&rig, &open_cfg);
        say(&rig, first[i].p, first[i].n);
        assert_gone(rig.fd);
        stop(&rig);
    }
    start(&rig, &open_cfg); /* in the request */
    SAY(&rig, GREETING);
    assert_got(rig.fd, "\5\0", 2);
    SAY(&rig, "\4");
    assert_gone(rig.fd);
    stop(&rig);

    start(&rig, &with_auth); /* rule 18: the version is 1 there */
    SAY(&rig, "\5\1\2");
    assert_got(rig.fd, "\5\2", 2);
    SAY(&rig, "\5\1u\1p");
    assert_gone(rig.fd);
    stop(&rig);
}

static void test_refused_request_gets_a_whole_reply(void **state)
{
    static const struct {
        const char *what;
        struct bytes request;
        char rep;
    } cases[] = {
        { "rule 11: BIND", B("\5\2\0\1\x7f\0\0\1\0\x50"), 7 },
        { "rule 11: UDP ASSOCIATE", B("\5\3\0\1\0\0\0\0\0\0"), 7 },
        { "rule 11: unknown command", B("\5\x99\0\1\x7f\0\0\1\0\x50"), 7 },
        { "rule 6: unknown address type", B("\5\1\0\x9\x7f\0\0\1\0\x50"), 8 },
        { "rule 12: NUL in a name",
          B("\5\1\0\3\xf"
            "localhost\0.evil\0\x50"),
          1 },
        { "rule 12: empty name", B("\5\1\0\3\0\0\x50"), 1 },
        { "rule 12: control character", B("\5\1\0\3\3a\nb\0\x50"), 1 },
        { "rule 12: not ASCII",
          B("\5\1\0\3\4b\xc3\xbc"
            "b\0\x50"),
          4 },
        { "rule 14: port 0", B("\5\1\0\3\1a\0\0"), 1 },
    };
    char want[] = OK_REPLY;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        start(&rig, &open_cfg);
        SAY(&rig, GREETING);
        assert_got(rig.fd, "\5\0", 2);
        say(&rig, cases[i].request.p, cases[i].request.n);
        want[1] = cases[i].rep;
        assert_got(rig.fd, want, REPLY_LEN); /* rule 7 */
        assert_eof(rig.fd);
        assert_int_equal(rig.front.n, 0);
        stop(&rig);
    }
}

static void test_address_as_name_is_an_address(void **state)
{
    (void)state;
    start(&rig, &open_cfg); /* rule 13 */
    SAY(&rig, GREETING "\5\1\x55\3\7"
                       "fd00::1"
                       "\0\x50"); /* rule 10: the reserved octet is not looked at */
    assert_target(&rig, 0, "fd00::1", 80);
    stop(&rig);
}

static void test_name_keeps_its_case(void **state)
{
    (void)state;
    start(&rig, &open_cfg); /* a peer id in base58 is nobody's in lower case */
    SAY(&rig, GREETING "\5\1\0\3\x8"
                       "12D3KooW"
                       "\0\x16");
    assert_target(&rig, 0, "12D3KooW", 22);
    stop(&rig);
}

static void test_failure_becomes_its_reply(void **state)
{
    /* The table of reply codes that programs were seen to understand; none is above 8. */
    static const struct {
        int err;
        char rep;
    } cases[] = {
        { GW_EIO, 1 },        { GW_ENOMEM, 1 },    { GW_ERESET, 1 },   { GW_EPROTO, 1 },
        { GW_ECANCELED, 1 },  { GW_EDENIED, 2 },   { GW_ENETDOWN, 3 }, { GW_ENONAME, 4 },
        { GW_EOFFLINE, 4 },   { GW_EIDENTITY, 4 }, { GW_EUNREACH, 4 }, { GW_ESYNTAX, 4 },
        { GW_ENOSERVICE, 5 }, { GW_EREFUSED, 5 },  { GW_ENOPROTO, 5 }, { GW_ETIMEOUT, 6 },
    };
    char want[] = OK_REPLY;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        start(&rig, &open_cfg);
        SAY(&rig, GREETING CONNECT_DB);
        assert_got(rig.fd, "\5\0", 2);
        open_service(&rig, 0, cases[i].err);
        want[1] = cases[i].rep;
        assert_got(rig.fd, want, REPLY_LEN);
        assert_eof(rig.fd);
        stop(&rig);
    }
}

/* Every code of ours, so that a new one cannot become a reply that clients take for success. */
static void test_no_reply_is_above_8(void **state)
{
    (void)state;
    for (int err = GW_ERR_BASE_ + 1; err <= GW_ECLOSED; err++) {
        uint8_t reply[REPLY_LEN];
        start(&rig, &open_cfg);
        SAY(&rig, GREETING CONNECT_DB);
        assert_got(rig.fd, "\5\0", 2);
        open_service(&rig, 0, err);
        assert_int_equal(recv(rig.fd, reply, sizeof reply, 0), REPLY_LEN);
        assert_in_range(reply[1], 1, 8);
        stop(&rig);
    }
}

static void test_front_that_is_full_is_a_failure(void **state)
{
    (void)state;
    start(&rig, &open_cfg);
    rig.front.is_full = true;
    SAY(&rig, GREETING CONNECT_DB);
    assert_got(rig.fd, "\5\0\5\1\0\1\0\0\0\0\0\0", 2 + REPLY_LEN);
    assert_eof(rig.fd);
    stop(&rig);
}

/* What was sent to the proxy and not read by it. */
static int unread(const struct rig *r)
{
    int n;
    assert_int_equal(ioctl(r->fd, SIOCOUTQ, &n), 0);
    return n;
}

/* A socket that is closed with unread octets resets the connection, and the client may lose the
 * reply. */
static void test_refused_client_is_read_to_its_end(void **state)
{
    uint8_t more[9000] = { 0 };
    (void)state;
    start(&rig, &open_cfg);
    SAY(&rig, GREETING CONNECT_DB);
    say(&rig, more, sizeof more);
    assert_int_not_equal(unread(&rig), 0);
    open_service(&rig, 0, GW_EDENIED);
    assert_int_equal(unread(&rig), 0);
    say(&rig, more, sizeof more);
    assert_int_equal(unread(&rig), 0);
    assert_got(rig.fd, "\5\0\5\2\0\1\0\0\0\0\0\0", 2 + REPLY_LEN);
    assert_eof(rig.fd);
    stop(&rig);
}

static void test_handshake_has_a_deadline(void **state)
{
    static const struct socks5_in_config cfg = { NULL, NULL, 30, 16 };
    (void)state;
    start(&rig, &cfg);
    for (int i = 0; i < 12; i++) { /* one octet now and then does not put it off */
        if (i < 2)
            say(&rig, &GREETING[i], 1);
        looprig_run_ms(&rig.loop, 5);
    }
    assert_gone(rig.fd);
    close(rig.fd);
    rig.fd = add_client(&rig); /* rule 17: a long open is another matter */
    SAY(&rig, GREETING CONNECT_DB);
    assert_got(rig.fd, "\5\0", 2);
    looprig_run_ms(&rig.loop, 60);
    assert_nothing(rig.fd);
    open_service(&rig, 0, 0);
    assert_got(rig.fd, OK_REPLY, REPLY_LEN);
    stop(&rig);
}

static void test_client_that_resets_cancels_the_open(void **state)
{
    int fd[2];
    struct sockaddr_any from = { .sa.sa_family = AF_INET };
    (void)state;
    start(&rig, &open_cfg);
    tcp_pair(fd);
    socks5_in_accept(rig.in, fd[0], &from);
    put(fd[1], GREETING CONNECT_DB, 3 + 15);
    looprig_run_ms(&rig.loop, 5);
    assert_int_equal(rig.front.n, 1);
    send_rst(fd[1]);
    looprig_run_ms(&rig.loop, 5);
    assert_true(rig.front.open[0].is_canceled);
    stop(&rig);
}

static void test_client_that_ends_without_a_word_is_given_up(void **state)
{
    static const struct socks5_in_config cfg = { NULL, NULL, 30, 16 };
    (void)state;
    start(&rig, &cfg);
    SAY(&rig, GREETING CONNECT_DB);
    shutdown(rig.fd, SHUT_WR);
    looprig_run(&rig.loop);
    assert_false(rig.front.open[0].is_canceled); /* a half-close at first */
    looprig_run_ms(&rig.loop, 60);
    assert_true(rig.front.open[0].is_canceled);
    stop(&rig);
}

static void test_client_that_ends_in_the_handshake_is_closed(void **state)
{
    (void)state;
    start(&rig, &open_cfg);
    SAY(&rig, "\5\2");
    shutdown(rig.fd, SHUT_WR);
    looprig_run(&rig.loop);
    assert_gone(rig.fd);
    stop(&rig);
}

static void test_one_half_open_too_many_closes_the_oldest(void **state)
{
    static const struct socks5_in_config cfg = { NULL, NULL, 60000, 2 };
    int opening, second, third;
    (void)state;
    start(&rig, &cfg);
    opening = rig.fd;
    SAY(&rig, GREETING CONNECT_DB); /* no longer half-open */
    assert_got(opening, "\5\0", 2);
    rig.fd = add_client(&rig);
    second = add_client(&rig);
    looprig_run(&rig.loop);
    assert_nothing(rig.fd);
    third = add_client(&rig);
    looprig_run(&rig.loop);
    assert_gone(rig.fd);
    assert_nothing(second);
    assert_nothing(third);
    assert_nothing(opening);
    close(opening);
    close(second);
    close(third);
    stop(&rig);
}

static void test_free_ends_clients_in_every_state(void **state)
{
    int fds[3];
    (void)state;
    start(&rig, &open_cfg);
    SAY(&rig, GREETING CONNECT_DB);
    fds[0] = rig.fd;
    fds[1] = rig.fd = add_client(&rig);
    SAY(&rig, GREETING "\5\7\0\1\1\1\1\1\0\x50"); /* answered, lingers */
    fds[2] = rig.fd = add_client(&rig);
    SAY(&rig, "\5");
    socks5_in_free(rig.in);
    looprig_run(&rig.loop);
    assert_true(rig.front.open[0].is_canceled);
    rig.in = NULL;
    assert_gone(fds[2]);
    close(fds[0]);
    close(fds[1]);
    stop(&rig);
}

static void test_set_config_counts_for_the_next_client(void **state)
{
    struct socks5_in_config cfg = { "u", "p", 60000, 16 };
    (void)state;
    start(&rig, &open_cfg);
    assert_int_equal(socks5_in_set_config(rig.in, &cfg), 0);
    SAY(&rig, GREETING);
    assert_got(rig.fd, "\5\xff", 2);
    stop(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connect_one_octet_at_a_time),
        cmocka_unit_test(test_connect_takes_all_in_one_segment_with_early_data),
        cmocka_unit_test(test_early_data_is_bounded_and_loses_nothing),
        cmocka_unit_test(test_fin_behind_early_data_crosses_as_fin),
        cmocka_unit_test(test_method_is_one_that_was_offered),
        cmocka_unit_test(test_method_list_may_hold_255),
        cmocka_unit_test(test_password_decides),
        cmocka_unit_test(test_http_is_answered_in_http),
        cmocka_unit_test(test_socks4_is_rejected_in_socks4),
        cmocka_unit_test(test_wrong_version_gets_no_answer),
        cmocka_unit_test(test_refused_request_gets_a_whole_reply),
        cmocka_unit_test(test_address_as_name_is_an_address),
        cmocka_unit_test(test_name_keeps_its_case),
        cmocka_unit_test(test_failure_becomes_its_reply),
        cmocka_unit_test(test_no_reply_is_above_8),
        cmocka_unit_test(test_front_that_is_full_is_a_failure),
        cmocka_unit_test(test_refused_client_is_read_to_its_end),
        cmocka_unit_test(test_handshake_has_a_deadline),
        cmocka_unit_test(test_client_that_resets_cancels_the_open),
        cmocka_unit_test(test_client_that_ends_without_a_word_is_given_up),
        cmocka_unit_test(test_client_that_ends_in_the_handshake_is_closed),
        cmocka_unit_test(test_one_half_open_too_many_closes_the_oldest),
        cmocka_unit_test(test_free_ends_clients_in_every_state),
        cmocka_unit_test(test_set_config_counts_for_the_next_client),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
