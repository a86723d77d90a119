/* test_socks5_in.c - SOCKS5 on the proxy port; the front and the UDP association are fakes.
 *
 * test_rule_NN: what RFC 1928 and RFC 1929 come to with the clients that exist, and where servers
 * were seen to go wrong. */
#include "base/log.h"
#include "gate/proxy_client.h"
#include "gate/udp_assoc.h"
#include "proxyrig.h"

#define GREETING "\5\1\0"
#define CONNECT_DB \
    "\5\1\0\3\x8"  \
    "db.alice\x15\x38" /* db.alice:5432 */
#define ASSOCIATE "\5\3\0\1\0\0\0\0\0\0"
#define OK_REPLY  "\5\0\0\1\0\0\0\0\0\0"
#define REPLY_LEN 10

static struct proxyrig rig;

struct udp_assoc {
    struct sockaddr_any local, client;
    enum host_path path;
    bool is_open;
};

static struct {
    struct udp_assoc assoc[4];
    size_t n;
    int err; /* of the next open */
    const char *bound;
} udp;

int udp_assoc_open(struct ev_loop *loop, struct front *front, const struct sockaddr_any *local,
                   const struct sockaddr_any *client, const struct front_target *options,
                   struct sockaddr_any *bound, struct udp_assoc **out)
{
    assert_ptr_equal(loop, rig.loop.loop);
    assert_ptr_equal(front, &rig.front);
    if (udp.err)
        return udp.err;
    assert_true(udp.n < COUNT(udp.assoc));
    struct udp_assoc *a = &udp.assoc[udp.n++];
    *a = (struct udp_assoc){ *local, *client, options->path, true };
    assert_int_equal(sockaddr_parse(udp.bound, bound), 0);
    *out = a;
    return 0;
}

void udp_assoc_close(struct udp_assoc *a)
{
    if (!a)
        return;
    assert_true(a->is_open);
    a->is_open = false;
}

static void start(const struct proxy_in_config *cfg)
{
    memset(&udp, 0, sizeof udp);
    udp.bound = "127.0.0.1:4660";
    proxyrig_start(&rig, cfg);
}

static void next_client(void)
{
    proxyrig_swap(&rig, proxyrig_add(&rig));
}

/* Says the request behind a greeting, whose answer is taken. */
static void request(const void *p, size_t n)
{
    SAY(&rig, GREETING);
    assert_got(rig.fd, "\5\0", 2);
    proxyrig_say(&rig, p, n);
}
#define REQUEST(literal) request(literal, sizeof(literal) - 1)

static void assert_refused(char rep)
{
    char want[] = OK_REPLY;
    want[1] = rep;
    assert_got(rig.fd, want, REPLY_LEN);
    assert_eof(rig.fd);
}

static void assert_connects_to(const char *host, uint16_t port)
{
    assert_target(&rig, 0, "socks5", host, port);
}

static void test_rule_01_any_segments(void **state)
{
    static const char all[] = GREETING CONNECT_DB;
    (void)state;
    start(&proxyrig_open); /* one octet at a time */
    for (size_t i = 0; i < sizeof all - 1; i++) {
        assert_int_equal(rig.front.n, 0);
        if (i == 3)
            assert_got(rig.fd, "\5\0", 2);
        else
            assert_nothing(rig.fd);
        proxyrig_say(&rig, &all[i], 1);
    }
    assert_connects_to("db.alice", 5432);
    proxyrig_stop(&rig);

    start(&proxyrig_closed); /* and all in one */
    SAY(&rig, "\5\2\0\2"
              "\1\5alice\6secret" CONNECT_DB "early octets");
    assert_got(rig.fd, "\5\2\1\0", 4);
    assert_connects_to("db.alice", 5432);
    proxyrig_opened(&rig, 0, 0);
    assert_got(rig.fd, OK_REPLY, REPLY_LEN);
    assert_memory_equal(rig.front.open[0].sent, "early octets", 12);
    proxyrig_stop(&rig);
}

static void test_rule_02_early_octets_are_the_services_first(void **state)
{
    (void)state;
    start(&proxyrig_open);
    REQUEST(CONNECT_DB "\5\1\0"); /* what looks like a greeting, too */
    SAY(&rig, "more");
    proxyrig_opened(&rig, 0, 0);
    assert_got(rig.fd, OK_REPLY, REPLY_LEN);
    SAY(&rig, "later");
    assert_int_equal(rig.front.open[0].nsent, 7);
    assert_memory_equal(rig.front.open[0].sent, "\5\1\0more", 7);
    assert_int_equal(rig.front.open[0].ngot, 5);
    assert_memory_equal(rig.front.open[0].got, "later", 5);
    proxyrig_stop(&rig);
}

static void assert_method(const struct proxy_in_config *cfg, struct bytes greeting, char want)
{
    start(cfg);
    proxyrig_say(&rig, greeting.p, greeting.n);
    assert_got(rig.fd, (char[]){ 5, want }, 2);
    if (want == '\xff')
        assert_eof(rig.fd);
    else
        assert_nothing(rig.fd);
    proxyrig_stop(&rig);
}

static void test_rule_03_method_is_one_that_was_offered(void **state)
{
    static const struct {
        const char *what;
        struct bytes greeting;
        bool is_closed;
        char want;
    } cases[] = {
        { "none", B("\5\1\0"), false, 0 },
        { "user only, nobody set", B("\5\1\2"), false, 2 },
        { "duplicates", B("\5\3\0\0\0"), false, 0 },
        { "unknown ones", B("\5\3\x80\xfe\0"), false, 0 },
        { "unknown ones only", B("\5\2\x80\xfe"), false, '\xff' },
        { "FF offered", B("\5\1\xff"), false, '\xff' },
        { "password needed: both", B("\5\2\0\2"), true, 2 },
        { "password needed: none offered", B("\5\1\0"), true, '\xff' },
    };
    uint8_t longest[257] = { 5, 255 };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_method(cases[i].is_closed ? &proxyrig_closed : &proxyrig_open, cases[i].greeting,
                      cases[i].want);
    memset(longest + 2, 0x90, 254); /* the last one is 0 */
    assert_method(&proxyrig_open, (struct bytes){ longest, sizeof longest }, 0);
}

static void test_rule_04_no_method_at_all(void **state)
{
    (void)state;
    assert_method(&proxyrig_open, (struct bytes)B("\5\0"), '\xff');
    assert_method(&proxyrig_closed, (struct bytes)B("\5\0"), '\xff');
}

static void test_rule_05_gssapi_is_never_chosen(void **state)
{
    (void)state;
    assert_method(&proxyrig_open, (struct bytes)B("\5\1\1"), '\xff');
    assert_method(&proxyrig_open, (struct bytes)B("\5\2\0\1"), 0); /* curl */
    assert_method(&proxyrig_open, (struct bytes)B("\5\2\1\0"), 0);
    assert_method(&proxyrig_closed, (struct bytes)B("\5\3\0\1\2"), 2);
}

static const struct {
    const char *what;
    struct bytes request;
    char rep;
} refused[] = {
    { "rule 11: BIND", B("\5\2\0\1\x7f\0\0\1\0\x50"), 7 },
    { "rule 11: unknown command", B("\5\x99\0\1\x7f\0\0\1\0\x50"), 7 },
    { "rule 11: unknown command with a bad address", B("\5\x99\0\3\0\0\x50"), 7 },
    { "unknown address type", B("\5\1\0\x9\x7f\0\0\1\0\x50"), 8 },
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
    { "rule 13: zone",
      B("\5\1\0\3\xb"
        "fe80::1%eth\0\x50"),
      4 },
    { "rule 14: port 0", B("\5\1\0\3\1a\0\0"), 1 },
};

/* Every refusal of ours, found by rule or by part of it. */
static void assert_refusals_of(const char *rule)
{
    size_t n = 0;
    for (size_t i = 0; i < COUNT(refused); i++) {
        if (!strstr(refused[i].what, rule))
            continue;
        start(&proxyrig_open);
        request(refused[i].request.p, refused[i].request.n);
        assert_refused(refused[i].rep);
        assert_int_equal(rig.front.n, 0);
        proxyrig_stop(&rig);
        n++;
    }
    assert_true(n > 0);
}

static void test_rule_06_every_refusal_is_answered(void **state)
{
    (void)state;
    assert_refusals_of("");
}

/* Every code of ours, so that a new one cannot become a reply that clients take for success. */
static void test_rule_07_replies_are_whole_and_none_is_above_8(void **state)
{
    (void)state;
    for (int err = GW_ERR_BASE_ + 1; err <= GW_ECLOSED; err++) {
        uint8_t reply[REPLY_LEN + 1];
        start(&proxyrig_open);
        REQUEST(CONNECT_DB);
        proxyrig_opened(&rig, 0, err);
        assert_int_equal(recv(rig.fd, reply, sizeof reply, 0), REPLY_LEN);
        assert_int_equal(reply[0], 5);
        assert_in_range(reply[1], 1, 8);
        assert_memory_equal(reply + 2, "\0\1\0\0\0\0\0\0", 8);
        assert_eof(rig.fd);
        proxyrig_stop(&rig);
    }
}

static void test_rule_08_reply_has_an_ip_address(void **state)
{
    (void)state;
    start(&proxyrig_open);
    REQUEST(CONNECT_DB); /* asked by name: nc -X 5 gives up when it gets one back */
    proxyrig_opened(&rig, 0, 0);
    assert_got(rig.fd, OK_REPLY, REPLY_LEN);
    next_client();
    REQUEST(ASSOCIATE);
    assert_got(rig.fd, "\5\0\0\1\x7f\0\0\1\x12\x34", REPLY_LEN);
    next_client();
    udp.bound = "[::1]:4660";
    REQUEST(ASSOCIATE);
    assert_got(rig.fd, "\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x12\x34", 22);
    proxyrig_stop(&rig);
}

static void test_rule_09_reply_tells_what_really_happened(void **state)
{
    /* The table of reply codes that programs were seen to understand. */
    static const struct {
        int err;
        char rep;
    } cases[] = {
        { GW_EIO, 1 },        { GW_ENOMEM, 1 },    { GW_ERESET, 1 },   { GW_EPROTO, 1 },
        { GW_ECANCELED, 1 },  { GW_EDENIED, 2 },   { GW_ENETDOWN, 3 }, { GW_ENONAME, 4 },
        { GW_EOFFLINE, 4 },   { GW_EIDENTITY, 4 }, { GW_EUNREACH, 4 }, { GW_ESYNTAX, 4 },
        { GW_ENOSERVICE, 5 }, { GW_EREFUSED, 5 },  { GW_ENOPROTO, 5 }, { GW_ETIMEOUT, 6 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        start(&proxyrig_open);
        REQUEST(CONNECT_DB);
        assert_nothing(rig.fd); /* not before the service is open, or is not */
        proxyrig_opened(&rig, 0, cases[i].err);
        assert_refused(cases[i].rep);
        proxyrig_stop(&rig);
    }
    start(&proxyrig_open);
    rig.front.is_full = true;
    REQUEST(CONNECT_DB);
    assert_refused(1);
    proxyrig_stop(&rig);
}

static void test_rule_10_reserved_octet_is_sent_as_0_and_not_looked_at(void **state)
{
    (void)state;
    start(&proxyrig_open);
    REQUEST("\5\1\x55\3\1a\0\x50");
    assert_connects_to("a", 80);
    proxyrig_opened(&rig, 0, 0);
    assert_got(rig.fd, OK_REPLY, REPLY_LEN);
    proxyrig_stop(&rig);
}

static void test_rule_11_bind_and_unknown_commands_are_7(void **state)
{
    (void)state;
    assert_refusals_of("rule 11");
}

static void test_rule_12_names(void **state)
{
    static const struct {
        struct bytes request;
        const char *host;
    } cases[] = {
        { B("\5\1\0\3\x8"
            "12D3KooW\0\x50"),
          "12D3KooW" }, /* a peer id in base58 is nobody's in lower case */
        { B("\5\1\0\3\x9"
            "DB.alice.\0\x50"),
          "DB.alice" },
        { B("\5\1\0\3\xd"
            "xn--bcher-kva\0\x50"),
          "xn--bcher-kva" },
    };
    uint8_t longest[4 + 1 + 255 + 2] = { 5, 1, 0, 3, 255 };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        start(&proxyrig_open);
        request(cases[i].request.p, cases[i].request.n);
        assert_connects_to(cases[i].host, 80);
        proxyrig_stop(&rig);
    }
    memset(longest + 5, 'x', 255);
    longest[261] = 80;
    start(&proxyrig_open);
    request(longest, sizeof longest);
    assert_int_equal(strlen(rig.front.open[0].target.host), 255);
    proxyrig_stop(&rig);
    assert_refusals_of("rule 12");
}

static void test_rule_13_address_as_a_name_is_an_address(void **state)
{
    static const struct {
        struct bytes request;
        const char *host;
    } cases[] = {
        { B("\5\1\0\1\x7f\x40\1\2\0\x50"), "127.64.1.2" },
        { B("\5\1\0\3\xa"
            "127.64.1.2\0\x50"),
          "127.64.1.2" }, /* torsocks, Java */
        { B("\5\1\0\3\7"
            "fd00::1\0\x50"),
          "fd00::1" }, /* Chromium, Firefox */
        { B("\5\1\0\3\x9"
            "[FD00::1]\0\x50"),
          "fd00::1" },
        { B("\5\1\0\4\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\x40\1\2\0\x50"), "127.64.1.2" },
        { B("\5\1\0\3\x11"
            "::ffff:127.64.1.2\0\x50"),
          "127.64.1.2" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        start(&proxyrig_open);
        request(cases[i].request.p, cases[i].request.n);
        assert_connects_to(cases[i].host, 80);
        proxyrig_stop(&rig);
    }
    assert_refusals_of("rule 13");
}

static void test_rule_14_port_0_is_an_error(void **state)
{
    (void)state;
    assert_refusals_of("rule 14");
}

static void test_rule_15_half_close_crosses_as_fin(void **state)
{
    (void)state;
    start(&proxyrig_open); /* before the service is open */
    REQUEST(CONNECT_DB "question");
    proxyrig_fin(&rig);
    assert_false(rig.front.open[0].is_canceled);
    proxyrig_opened(&rig, 0, 0);
    assert_int_equal(rig.front.open[0].nsent, 8);
    assert_true(rig.front.open[0].is_last);
    assert_got(rig.fd, OK_REPLY, REPLY_LEN);
    assert_nothing(rig.fd); /* the answer goes on */
    next_client();
    REQUEST(CONNECT_DB); /* and afterwards */
    proxyrig_opened(&rig, 1, 0);
    assert_false(rig.front.open[1].is_last);
    proxyrig_fin(&rig);
    assert_true(rig.front.open[1].has_eof);
    assert_non_null(rig.front.open[1].client);
    proxyrig_stop(&rig);
}

static void test_rule_16_association_lives_as_long_as_its_connection(void **state)
{
    struct sockaddr_any end = { .len = sizeof end.un };
    (void)state;
    start(&proxyrig_open);
    proxyrig_swap(&rig, proxyrig_add_tcp(&rig));
    put(rig.fd, GREETING "\5\3\0\1\1\2\3\4\0\7", 13); /* it will not send from there */
    looprig_run_ms(&rig.loop, 5);
    assert_int_equal(udp.n, 1);
    assert_got(rig.fd, "\5\0\5\0\0\1\x7f\0\0\1\x12\x34", 2 + REPLY_LEN);
    assert_int_equal(getpeername(rig.fd, &end.sa, &end.len), 0);
    assert_true(sockaddr_eq(&udp.assoc[0].local, &end)); /* where to bind */
    assert_int_equal(getsockname(rig.fd, &end.sa, &end.len), 0);
    assert_true(sockaddr_eq(&udp.assoc[0].client, &end)); /* whom to take datagrams from */
    SAY(&rig, "anything");
    assert_true(udp.assoc[0].is_open);
    assert_nothing(rig.fd);
    shutdown(rig.fd, SHUT_WR);
    looprig_run_ms(&rig.loop, 5);
    assert_false(udp.assoc[0].is_open);
    assert_eof(rig.fd);

    proxyrig_swap(&rig, proxyrig_add_tcp(&rig));
    put(rig.fd, GREETING ASSOCIATE, 13);
    looprig_run_ms(&rig.loop, 5);
    assert_true(udp.assoc[1].is_open);
    send_rst(rig.fd);
    looprig_run_ms(&rig.loop, 5);
    assert_false(udp.assoc[1].is_open);
    rig.fd = -1;
    proxyrig_stop(&rig);
}

static void test_rule_16_associations_are_limited(void **state)
{
    int fds[2];
    (void)state;
    start(&proxyrig_open);
    for (size_t i = 0; i < 2; i++) {
        REQUEST(ASSOCIATE);
        assert_got(rig.fd, "\5\0\0\1\x7f\0\0\1\x12\x34", REPLY_LEN);
        fds[i] = rig.fd;
        rig.fd = proxyrig_add(&rig);
    }
    REQUEST(ASSOCIATE);
    assert_refused(1);
    assert_int_equal(udp.n, 2);
    close(fds[0]);
    looprig_run(&rig.loop);
    next_client();
    REQUEST(ASSOCIATE);
    assert_int_equal(udp.n, 3);
    assert_false(udp.assoc[0].is_open);
    close(fds[1]);
    proxyrig_stop(&rig);
    assert_false(udp.assoc[1].is_open || udp.assoc[2].is_open);
}

static void test_rule_16_association_that_cannot_be_is_a_failure(void **state)
{
    (void)state;
    start(&proxyrig_open);
    udp.err = GW_ENOFD;
    REQUEST(ASSOCIATE);
    assert_refused(1);
    udp.err = 0;
    udp.bound = "unix:/tmp/x"; /* no address to tell */
    next_client();
    REQUEST(ASSOCIATE);
    assert_refused(1);
    assert_false(udp.assoc[0].is_open);
    proxyrig_stop(&rig);
}

static void test_rule_17_handshake_is_limited_and_opening_is_not(void **state)
{
    struct proxy_in_config quick = proxyrig_open;
    (void)state;
    quick.handshake_timeout_ms = 30;
    start(&quick);
    SAY(&rig, GREETING "\5");
    looprig_run_ms(&rig.loop, 60);
    assert_got(rig.fd, "\5\0", 2);
    assert_gone(rig.fd);
    next_client();
    REQUEST(CONNECT_DB);
    looprig_run_ms(&rig.loop, 60);
    proxyrig_opened(&rig, 0, 0);
    assert_got(rig.fd, OK_REPLY, REPLY_LEN);
    proxyrig_stop(&rig);
}

static void test_rule_18_version_is_1_and_lengths_may_be_0(void **state)
{
    struct proxy_in_config no_password = proxyrig_closed;
    (void)state;
    start(&proxyrig_closed);
    SAY(&rig, "\5\1\2");
    assert_got(rig.fd, "\5\2", 2);
    SAY(&rig, "\5\5alice\6secret");
    assert_gone(rig.fd);
    proxyrig_stop(&rig);

    no_password.password = NULL;
    start(&no_password);
    SAY(&rig, "\5\1\2\1\5alice\0");
    assert_got(rig.fd, "\5\2\1\0", 4);
    proxyrig_stop(&rig);
}

static void test_rule_19_wrong_password_is_told_and_closed(void **state)
{
    static const struct bytes wrong[] = { B("\1\5alice\6secreT"), B("\1\5alicf\6secret"),
                                          B("\1\5alice\7secrets"), B("\1\0\0") };
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        start(&proxyrig_closed);
        SAY(&rig, "\5\1\2");
        assert_got(rig.fd, "\5\2", 2);
        proxyrig_say(&rig, wrong[i].p, wrong[i].n);
        assert_got(rig.fd, "\1\1", 2);
        SAY(&rig, CONNECT_DB);
        assert_eof(rig.fd);
        assert_int_equal(rig.front.n, 0);
        proxyrig_stop(&rig);
    }
}

static void test_rule_20_nobody_is_asked_without_need(void **state)
{
    struct proxy_in_config tags = proxyrig_open;
    (void)state;
    tags.option_tags = true;
    assert_method(&proxyrig_open, (struct bytes)B("\5\2\0\2"), 0); /* connect-proxy, Java */
    assert_method(&proxyrig_open, (struct bytes)B("\5\2\2\0"), 0);
    assert_method(&proxyrig_open, (struct bytes)B("\5\3\0\1\2"), 2); /* curl that has a name */
    assert_method(&tags, (struct bytes)B("\5\2\0\2"), 2);
    assert_method(&tags, (struct bytes)B("\5\1\0"), 0);
    assert_method(&tags, (struct bytes)B("\5\2\0\1"), 0);
}

static void test_wrong_version_gets_no_answer(void **state)
{
    (void)state;
    start(&proxyrig_open);
    REQUEST("\4");
    assert_gone(rig.fd);
    proxyrig_stop(&rig);
}

static void test_user_name_may_be_an_option_tag(void **state)
{
    static const struct {
        struct bytes said;
        bool is_closed, is_ok;
        int path;
    } cases[] = {
        { B("\1\xbpath=direct\1x"), false, true, HOST_PATH_DIRECT },
        { B("\1\xapath=relay\0"), false, true, HOST_PATH_RELAY },
        { B("\1\3any\3one"), false, true, HOST_PATH_ANY },
        { B("\1\x9path=left\0"), false, false, 0 },
        { B("\1\x10"
            "alice+path=relay\6secret"),
          true, true, HOST_PATH_RELAY },
        { B("\1\xf"
            "alice+path=left\6secret"),
          true, false, 0 },
        { B("\1\xbpath=direct\6secret"), true, false, 0 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        start(cases[i].is_closed ? &proxyrig_closed : &proxyrig_open);
        SAY(&rig, "\5\1\2");
        assert_got(rig.fd, "\5\2", 2);
        proxyrig_say(&rig, cases[i].said.p, cases[i].said.n);
        assert_got(rig.fd, cases[i].is_ok ? "\1\0" : "\1\1", 2);
        if (!cases[i].is_ok) {
            assert_eof(rig.fd);
        } else {
            SAY(&rig, CONNECT_DB);
            assert_int_equal(rig.front.open[0].target.path, cases[i].path);
            assert_int_equal(rig.front.open[0].target.has_path, cases[i].path != HOST_PATH_ANY);
            assert_string_equal(rig.front.open[0].target.host, "db.alice");
        }
        proxyrig_stop(&rig);
    }
    start(&proxyrig_open); /* counts for datagrams as well */
    SAY(&rig, "\5\1\2\1\xapath=relay\0" ASSOCIATE);
    assert_int_equal(udp.assoc[0].path, HOST_PATH_RELAY);
    proxyrig_stop(&rig);
}

/* ---- Tor's socks-extensions ---- */

static void test_resolve_answers_with_the_address(void **state)
{
    struct ipaddr v4 = { .family = 4, .b = { 127, 64, 1, 2 } };
    struct ipaddr v6 = { .family = 6, .b = { 0xfd, [15] = 1 } };
    (void)state;
    start(&proxyrig_open);
    REQUEST("\5\xf0\0\3\x8"
            "db.alice\0\x2a"); /* torsocks: port 42 */
    assert_string_equal(rig.front.lookup[0].host, "db.alice");
    fake_front_address(&rig.front, 0, 0, &v4);
    looprig_run(&rig.loop);
    assert_got(rig.fd, "\5\0\0\1\x7f\x40\1\2\0\0", REPLY_LEN);
    assert_eof(rig.fd);
    next_client();
    REQUEST("\5\xf0\0\3\x8"
            "db.alice\0\0"); /* tor-resolve: port 0 */
    fake_front_address(&rig.front, 1, 0, &v6);
    looprig_run(&rig.loop);
    assert_got(rig.fd, "\5\0\0\4\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0", 22);
    assert_eof(rig.fd);
    assert_int_equal(rig.front.n, 0);
    proxyrig_stop(&rig);
}

static void test_resolve_of_an_address_answers_itself(void **state)
{
    (void)state;
    start(&proxyrig_open);
    REQUEST("\5\xf0\0\3\x9"
            "192.0.2.1\0\0");
    assert_got(rig.fd, "\5\0\0\1\xc0\0\2\1\0\0", REPLY_LEN);
    assert_eof(rig.fd);
    next_client();
    REQUEST("\5\xf0\0\4\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0");
    assert_got(rig.fd, "\5\0\0\4\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0", 22);
    assert_int_equal(rig.front.nlookups, 0);
    proxyrig_stop(&rig);
}

static void test_resolve_that_fails_tells_why(void **state)
{
    static const struct {
        int err;
        char rep;
    } cases[] = { { GW_ENONAME, 4 }, { GW_ETIMEOUT, 6 }, { GW_ENETDOWN, 3 }, { GW_EIO, 1 } };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        start(&proxyrig_open);
        REQUEST("\5\xf0\0\3\1a\0\0");
        fake_front_address(&rig.front, 0, cases[i].err, NULL);
        looprig_run(&rig.loop);
        assert_refused(cases[i].rep);
        proxyrig_stop(&rig);
    }
    start(&proxyrig_open);
    rig.front.is_full = true;
    REQUEST("\5\xf0\0\3\1a\0\0");
    assert_refused(1);
    proxyrig_stop(&rig);
}

static void test_resolve_ptr_answers_with_the_name(void **state)
{
    (void)state;
    start(&proxyrig_open);
    rig.front.addr = (struct ipaddr){ .family = 4, .b = { 127, 64, 1, 2 } };
    rig.front.name = "alice";
    REQUEST("\5\xf1\0\1\x7f\x40\1\2\0\0");
    assert_got(rig.fd,
               "\5\0\0\3\5"
               "alice\0\0",
               12);
    assert_eof(rig.fd);
    next_client();
    REQUEST("\5\xf1\0\3\xa"
            "127.64.1.2\0\0"); /* as text */
    assert_got(rig.fd,
               "\5\0\0\3\5"
               "alice\0\0",
               12);
    next_client();
    REQUEST("\5\xf1\0\1\x7f\x40\1\3\0\0");
    assert_refused(4);
    next_client();
    rig.front.addr = (struct ipaddr){ .family = 6 };
    REQUEST("\5\xf1\0\3\x5"
            "alice\0\0");
    assert_refused(4);
    proxyrig_stop(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rule_01_any_segments),
        cmocka_unit_test(test_rule_02_early_octets_are_the_services_first),
        cmocka_unit_test(test_rule_03_method_is_one_that_was_offered),
        cmocka_unit_test(test_rule_04_no_method_at_all),
        cmocka_unit_test(test_rule_05_gssapi_is_never_chosen),
        cmocka_unit_test(test_rule_06_every_refusal_is_answered),
        cmocka_unit_test(test_rule_07_replies_are_whole_and_none_is_above_8),
        cmocka_unit_test(test_rule_08_reply_has_an_ip_address),
        cmocka_unit_test(test_rule_09_reply_tells_what_really_happened),
        cmocka_unit_test(test_rule_10_reserved_octet_is_sent_as_0_and_not_looked_at),
        cmocka_unit_test(test_rule_11_bind_and_unknown_commands_are_7),
        cmocka_unit_test(test_rule_12_names),
        cmocka_unit_test(test_rule_13_address_as_a_name_is_an_address),
        cmocka_unit_test(test_rule_14_port_0_is_an_error),
        cmocka_unit_test(test_rule_15_half_close_crosses_as_fin),
        cmocka_unit_test(test_rule_16_association_lives_as_long_as_its_connection),
        cmocka_unit_test(test_rule_16_associations_are_limited),
        cmocka_unit_test(test_rule_16_association_that_cannot_be_is_a_failure),
        cmocka_unit_test(test_rule_17_handshake_is_limited_and_opening_is_not),
        cmocka_unit_test(test_rule_18_version_is_1_and_lengths_may_be_0),
        cmocka_unit_test(test_rule_19_wrong_password_is_told_and_closed),
        cmocka_unit_test(test_rule_20_nobody_is_asked_without_need),
        cmocka_unit_test(test_wrong_version_gets_no_answer),
        cmocka_unit_test(test_user_name_may_be_an_option_tag),
        cmocka_unit_test(test_resolve_answers_with_the_address),
        cmocka_unit_test(test_resolve_of_an_address_answers_itself),
        cmocka_unit_test(test_resolve_that_fails_tells_why),
        cmocka_unit_test(test_resolve_ptr_answers_with_the_name),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
