/* test_proxy_in.c - the life of a client of the proxy port.  The protocols are fakes: what a client
 * says to the one behind a letter is one command an octet. */
#include "gate/proxy_in.h"

#include <linux/sockios.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include "base/log.h"
#include "gate/http_exchange.h"
#include "gate/proxy_auth.h"
#include "gate/proxy_client.h"
#include "proxyrig.h"

static struct {
    const char *proto;        /* that read last */
    struct proxy_client *c;   /* that it read from */
    int err;                  /* of opened or found */
    unsigned nopened, nended; /* calls */
    bool wraps;               /* opened joins a stream around the client's */
    struct ipaddr ip;
} seen;

static void on_ended(void *arg)
{
    assert_ptr_equal(arg, &seen);
    seen.nended++;
}

static void on_found(struct proxy_client *c, int err, const struct ipaddr *ip, const char *why)
{
    assert_non_null(why);
    seen.err = err;
    if (ip)
        seen.ip = *ip;
    proxy_client_part(c, (struct bytes)B("found"));
}

/* What an octet tells the protocol to do.  Any other one is a message that waits for its second
 * octet. */
static int obey(struct proxy_client *c, struct bytes in)
{
    struct front_target t = { .host = "db.alice", .port = 5432 };

    switch (in.p[0]) {
    case 'C':
        proxy_client_connect(c, &t);
        return 1;
    case 'L':
        proxy_client_look_up(c, "db.alice", on_found);
        return 1;
    case 'H':
        proxy_client_hold(c, on_ended, &seen);
        return proxy_client_say(c, (struct bytes)B("held")) ? GW_ENOMEM : 1;
    case 'P':
        proxy_client_part(c, (struct bytes)B("bye"));
        return 0;
    case 'D':
        proxy_client_drop(c, GW_EDENIED);
        return 0;
    case 'E':
        return GW_EPROTO;
    case 'z': /* a message that never ends */
        return 0;
    case 'K':
        proxy_client_keep(c, malloc(10));
        ++*proxy_client_phase(c);
        return 1;
    default:
        return in.n > 1 ? 2 : 0;
    }
}

static int read_http(struct proxy_client *c, struct bytes in)
{
    seen.proto = "http";
    seen.c = c;
    return obey(c, in);
}

/* The others only show that they were asked. */
static int read_socks5(struct proxy_client *c, struct bytes in)
{
    seen.proto = "socks5";
    seen.c = c;
    return (int)in.n;
}

static int read_socks4(struct proxy_client *c, struct bytes in)
{
    seen.proto = "socks4";
    seen.c = c;
    return (int)in.n;
}

static void join_wrapped(struct proxy_client *c)
{
    const struct http_request q = { .minor = 1 };
    struct stream *s = http_exchange_new(proxy_client_loop(c), proxy_client_stream(c), &q, 1000);

    assert_non_null(s);
    assert_bytes(proxy_client_behind(c), (struct bytes)B("early and late"));
    proxy_client_wrap(c, s, 5);
    proxy_client_join(c, (struct bytes){ 0 }, (struct bytes)B("ahead "));
}

static void on_opened(struct proxy_client *c, int err, const char *why)
{
    assert_non_null(why);
    seen.nopened++;
    seen.err = err;
    if (err)
        proxy_client_part(c, (struct bytes)B("no"));
    else if (seen.wraps)
        join_wrapped(c);
    else
        proxy_client_join(c, (struct bytes)B("ok"), (struct bytes)B("ahead "));
}

const struct proxy_proto socks5_proto = { "socks5", read_socks5, on_opened };
const struct proxy_proto socks4_proto = { "socks4", read_socks4, on_opened };
const struct proxy_proto http_proto = { "http", read_http, on_opened };

static struct proxyrig rig;

static void start(const struct proxy_in_config *cfg)
{
    memset(&seen, 0, sizeof seen);
    proxyrig_start(&rig, cfg);
}

static const struct proxy_in_config quick = { .handshake_timeout_ms = 30,
                                              .max_half_open = 16,
                                              .max_udp = 2 };

static void test_first_octet_tells_the_protocol(void **state)
{
    (void)state;
    for (int first = 0; first < 256; first++) {
        const char *want = first == 5 ? "socks5" : first == 4 ? "socks4" : NULL;
        if ((first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z'))
            want = "http";
        if (first == 'D' || first == 'E')
            continue;
        start(&proxyrig_open);
        proxyrig_say(&rig, &(uint8_t){ (uint8_t)first }, 1);
        if (want)
            assert_string_equal(seen.proto, want);
        else
            assert_gone(rig.fd); /* TLS among them */
        assert_int_equal(seen.proto == NULL, want == NULL);
        proxyrig_stop(&rig);
    }
}

static void test_read_is_called_until_it_waits(void **state)
{
    (void)state;
    start(&proxyrig_open);
    SAY(&rig, "aaKbbKx");
    assert_int_equal(*proxy_client_phase(seen.c), 2);
    assert_non_null(proxy_client_kept(seen.c));
    SAY(&rig, "xK");
    assert_int_equal(*proxy_client_phase(seen.c), 3);
    proxyrig_stop(&rig);
}

static void test_label_names_protocol_and_client(void **state)
{
    (void)state;
    start(&proxyrig_open);
    SAY(&rig, "\5");
    assert_string_equal(proxy_client_label(seen.c), "socks5 c=1");
    proxyrig_stop(&rig);
}

static void test_join_says_answer_then_ahead_then_what_came_early(void **state)
{
    (void)state;
    start(&proxyrig_open);
    SAY(&rig, "Cearly");
    assert_target(&rig, 0, "http", "db.alice", 5432);
    SAY(&rig, " octets");
    assert_nothing(rig.fd);
    proxyrig_opened(&rig, 0, 0);
    assert_got(rig.fd, "ok", 2);
    assert_int_equal(rig.front.open[0].nsent, 18);
    assert_memory_equal(rig.front.open[0].sent, "ahead early octets", 18);
    assert_false(rig.front.open[0].is_last);
    SAY(&rig, "hello");
    assert_int_equal(rig.front.open[0].ngot, 5);
    assert_memory_equal(rig.front.open[0].got, "hello", 5);
    proxyrig_stop(&rig);
}

static void test_wrap_joins_another_stream_and_a_part_of_what_came(void **state)
{
    (void)state;
    start(&proxyrig_open);
    seen.wraps = true;
    SAY(&rig, "Cearly and late");
    proxyrig_opened(&rig, 0, 0);
    assert_bytes(((struct bytes){ rig.front.open[0].sent, rig.front.open[0].nsent }),
                 (struct bytes)B("ahead early"));
    SAY(&rig, "later");
    assert_int_equal(rig.front.open[0].ngot, 0); /* the stream around sees to it */
    proxyrig_stop(&rig);
}

static void test_early_data_is_bounded_and_loses_nothing(void **state)
{
    static uint8_t early[40000], got[40000];
    (void)state;
    for (size_t i = 0; i < sizeof early; i++)
        early[i] = (uint8_t)(i * 7 + i / 251);
    start(&proxyrig_open);
    SAY(&rig, "C");
    proxyrig_say(&rig, early, sizeof early);
    proxyrig_opened(&rig, 0, 0);
    const struct front_open *o = &rig.front.open[0];
    assert_int_equal(o->nsent, 6 + PROXY_IN_MAX);
    assert_int_equal(o->nsent + o->ngot, 6 + sizeof early);
    memcpy(got, o->sent + 6, PROXY_IN_MAX);
    memcpy(got + PROXY_IN_MAX, o->got, o->ngot);
    assert_memory_equal(got, early, sizeof early);
    proxyrig_stop(&rig);
}

static void test_request_that_fills_the_room_is_closed(void **state)
{
    static uint8_t big[PROXY_IN_MAX];
    (void)state;
    memset(big, 'z', sizeof big);
    start(&proxyrig_open);
    put(rig.fd, big, sizeof big);
    looprig_run(&rig.loop);
    assert_gone(rig.fd);
    proxyrig_stop(&rig);
}

static void test_fin_behind_early_data_crosses_as_fin(void **state)
{
    (void)state;
    start(&proxyrig_open);
    SAY(&rig, "Cquestion");
    proxyrig_fin(&rig);
    assert_false(rig.front.open[0].is_canceled);
    proxyrig_opened(&rig, 0, 0);
    assert_true(rig.front.open[0].is_last);
    assert_got(rig.fd, "ok", 2); /* and the answer still comes */
    proxyrig_stop(&rig);
}

static void test_failed_open_is_told_and_the_client_parts(void **state)
{
    (void)state;
    start(&proxyrig_open);
    SAY(&rig, "C");
    proxyrig_opened(&rig, 0, GW_EDENIED);
    assert_int_equal(seen.err, GW_EDENIED);
    assert_got(rig.fd, "no", 2);
    assert_eof(rig.fd);
    proxyrig_stop(&rig);
}

static void test_front_that_is_full_is_told_from_the_loop(void **state)
{
    (void)state;
    start(&proxyrig_open);
    rig.front.is_full = true;
    SAY(&rig, "C");
    assert_int_equal(seen.nopened, 1);
    assert_int_equal(seen.err, GW_ELIMIT);
    assert_got(rig.fd, "no", 2);
    assert_eof(rig.fd);
    proxyrig_swap(&rig, proxyrig_add(&rig));
    seen.err = 0;
    SAY(&rig, "L");
    assert_int_equal(seen.err, GW_ELIMIT);
    assert_got(rig.fd, "found", 5);
    assert_eof(rig.fd);
    proxyrig_stop(&rig);
}

static void test_look_up_tells_the_address(void **state)
{
    struct ipaddr ip = { .family = 4, .b = { 127, 64, 1, 2 } };
    (void)state;
    start(&proxyrig_open);
    SAY(&rig, "L");
    assert_string_equal(rig.front.lookup[0].host, "db.alice");
    proxyrig_fin(&rig); /* it may have closed its writing side only */
    assert_false(rig.front.lookup[0].is_canceled);
    fake_front_address(&rig.front, 0, 0, &ip);
    looprig_run(&rig.loop);
    assert_int_equal(seen.err, 0);
    assert_memory_equal(seen.ip.b, ip.b, 4);
    assert_got(rig.fd, "found", 5);
    proxyrig_stop(&rig);
}

/* What was sent to the proxy and not read by it. */
static int unread(void)
{
    int n;
    assert_int_equal(ioctl(rig.fd, SIOCOUTQ, &n), 0);
    return n;
}

/* A socket that is closed with unread octets resets the connection, and the client may lose the
 * answer. */
static void test_parted_client_is_read_to_its_end(void **state)
{
    static uint8_t more[30000];
    (void)state;
    start(&proxyrig_open);
    SAY(&rig, "C");
    proxyrig_say(&rig, more, sizeof more);
    assert_int_not_equal(unread(), 0);
    proxyrig_opened(&rig, 0, GW_EDENIED);
    assert_int_equal(unread(), 0);
    proxyrig_say(&rig, more, sizeof more);
    assert_int_equal(unread(), 0);
    assert_got(rig.fd, "no", 2);
    assert_eof(rig.fd);
    proxyrig_stop(&rig);
}

static void test_fault_and_drop_close_the_client(void **state)
{
    static const char *const last[] = { "aaE", "aaD" };
    (void)state;
    for (size_t i = 0; i < COUNT(last); i++) {
        start(&proxyrig_open);
        proxyrig_say(&rig, last[i], 3);
        assert_gone(rig.fd);
        proxyrig_stop(&rig);
    }
}

static void test_handshake_has_a_deadline_and_opening_has_none(void **state)
{
    (void)state;
    start(&quick);
    for (int i = 0; i < 12; i++) { /* a message now and then does not put it off */
        if (i < 4 && send(rig.fd, "aa", 2, MSG_NOSIGNAL) != 2)
            break;
        looprig_run_ms(&rig.loop, 5);
    }
    assert_gone(rig.fd);
    proxyrig_swap(&rig, proxyrig_add(&rig));
    SAY(&rig, "C");
    looprig_run_ms(&rig.loop, 60);
    assert_nothing(rig.fd);
    proxyrig_opened(&rig, 0, 0);
    assert_got(rig.fd, "ok", 2);
    proxyrig_stop(&rig);
}

static void test_client_that_resets_cancels_what_is_under_way_at_once(void **state)
{
    static uint8_t more[60000];
    static const struct {
        const char *what, *said;
        size_t nmore; /* behind it */
        bool has_fin;
    } cases[] = {
        { "an open", "C", 0, false },
        { "a lookup", "L", 0, false },
        { "an open, with a full buffer: it is not read from", "C", sizeof more, false },
        { "an open, after it ended its side", "C", 10, true },
        { "a hold", "H", 0, false },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        start(&proxyrig_open);
        proxyrig_swap(&rig, proxyrig_add_tcp(&rig));
        put(rig.fd, cases[i].said, 1);
        if (cases[i].nmore)
            put(rig.fd, more, cases[i].nmore);
        if (cases[i].has_fin)
            shutdown(rig.fd, SHUT_WR);
        looprig_run_ms(&rig.loop, 5);
        assert_int_equal(rig.front.n + rig.front.nlookups + (*cases[i].said == 'H'), 1);
        assert_false(rig.front.open[0].is_canceled || rig.front.lookup[0].is_canceled ||
                     seen.nended);
        send_rst(rig.fd);
        looprig_run_ms(&rig.loop, 5);
        assert_int_equal(
            rig.front.open[0].is_canceled + rig.front.lookup[0].is_canceled + (int)seen.nended, 1);
        rig.fd = -1;
        proxyrig_stop(&rig);
    }
}

static void test_client_that_ends_without_a_word_is_given_up(void **state)
{
    (void)state;
    start(&quick);
    SAY(&rig, "C");
    proxyrig_fin(&rig);
    assert_false(rig.front.open[0].is_canceled); /* a half-close at first */
    looprig_run_ms(&rig.loop, 60);
    assert_true(rig.front.open[0].is_canceled);
    proxyrig_stop(&rig);
}

static void test_client_that_ends_in_the_handshake_is_closed(void **state)
{
    (void)state;
    start(&proxyrig_open);
    SAY(&rig, "aab");
    proxyrig_fin(&rig);
    assert_gone(rig.fd);
    proxyrig_stop(&rig);
}

/* ---- hold ---- */

static void test_hold_has_no_deadline_and_drops_what_comes(void **state)
{
    static uint8_t much[50000];
    (void)state;
    start(&quick);
    SAY(&rig, "HCP");
    assert_got(rig.fd, "held", 4);
    assert_int_equal(proxy_client_count_held(seen.c), 1);
    proxyrig_say(&rig, much, sizeof much);
    assert_int_equal(unread(), 0);
    looprig_run_ms(&rig.loop, 60);
    assert_nothing(rig.fd);
    assert_int_equal(rig.front.n + seen.nended, 0);
    proxyrig_stop(&rig);
    assert_int_equal(seen.nended, 1);
}

static void test_hold_ends_with_the_clients_fin(void **state)
{
    uint8_t said[512]; /* fills the first buffer: the FIN is seen in the same read */
    (void)state;
    memset(said, 'K', sizeof said);
    said[sizeof said - 1] = 'H';
    start(&proxyrig_open);
    put(rig.fd, said, sizeof said);
    proxyrig_fin(&rig);
    assert_int_equal(seen.nended, 1);
    assert_got(rig.fd, "held", 4); /* what was on the way is not lost */
    assert_eof(rig.fd);
    proxyrig_stop(&rig);
    assert_int_equal(seen.nended, 1);
}

static void test_hold_ends_with_drop_and_is_told_of_once(void **state)
{
    (void)state;
    start(&proxyrig_open);
    SAY(&rig, "H");
    proxy_client_drop(seen.c, GW_ECLOSED);
    proxy_client_drop(seen.c, GW_ECLOSED);
    assert_int_equal(seen.nended, 0); /* from the loop */
    looprig_run(&rig.loop);
    assert_int_equal(seen.nended, 1);
    proxyrig_stop(&rig);
    assert_int_equal(seen.nended, 1);
}

/* ---- too many ---- */

static void test_one_half_open_too_many_closes_the_oldest(void **state)
{
    struct proxy_in_config two = proxyrig_open;
    int opening, second, third;
    (void)state;
    two.max_half_open = 2;
    start(&two);
    opening = rig.fd;
    SAY(&rig, "C"); /* no longer half-open */
    rig.fd = proxyrig_add(&rig);
    second = proxyrig_add(&rig);
    looprig_run(&rig.loop);
    assert_nothing(rig.fd);
    third = proxyrig_add(&rig);
    looprig_run(&rig.loop);
    assert_gone(rig.fd);
    assert_nothing(second);
    assert_nothing(third);
    assert_nothing(opening);
    close(opening);
    close(second);
    close(third);
    proxyrig_stop(&rig);
}

#define FLOOD 5000

/* Two descriptors each; max_half_open bounds the proxy's. */
static void allow_descriptors(void)
{
    struct rlimit l;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &l), 0);
    l.rlim_cur = l.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &l), 0);
    if (l.rlim_max < FLOOD + 200)
        skip();
}

/* Whatever the flood says, a client that is slow itself gets through. */
static void test_half_open_flood_does_not_stop_a_real_client(void **state)
{
    static const char *const said[] = { "", "a", "aa" }; /* nothing, half a message, a whole one */
    static int fds[FLOOD];
    struct proxy_in_config hundred = proxyrig_open;
    (void)state;
    allow_descriptors();
    hundred.max_half_open = 100;
    for (size_t k = 0; k < COUNT(said); k++) {
        start(&hundred);
        for (int i = 0; i < FLOOD; i++) {
            fds[i] = proxyrig_add(&rig);
            if (*said[k])
                put(fds[i], said[k], strlen(said[k]));
            if (i % 40 == 0)
                looprig_run(&rig.loop);
            if (i == FLOOD / 2) { /* it comes in the midst, and takes its time */
                proxyrig_swap(&rig, proxyrig_add(&rig));
                if (k < 2)
                    SAY(&rig, "aa");
            }
        }
        SAY(&rig, "aaC");
        assert_int_equal(rig.front.n, 1);
        proxyrig_opened(&rig, 0, 0);
        assert_got(rig.fd, "ok", 2);
        proxyrig_stop(&rig);
        for (int i = 0; i < FLOOD; i++)
            close(fds[i]);
    }
}

static void test_free_ends_clients_in_every_state(void **state)
{
    static const char *const said[] = { "", "aab", "C", "L", "H", "P" };
    int fds[COUNT(said)];
    (void)state;
    start(&proxyrig_open);
    for (size_t i = 0; i < COUNT(said); i++) {
        fds[i] = rig.fd = i ? proxyrig_add(&rig) : rig.fd;
        proxyrig_say(&rig, said[i], strlen(said[i]));
    }
    rig.front.is_full = true; /* one that is owed a call, too */
    rig.fd = proxyrig_add(&rig);
    put(rig.fd, "C", 1);
    ev_run(rig.loop.loop, EVRUN_NOWAIT);
    proxy_in_free(rig.in);
    rig.in = NULL;
    assert_true(rig.front.open[0].is_canceled && rig.front.lookup[0].is_canceled);
    assert_int_equal(seen.nended, 1);
    looprig_run(&rig.loop);
    for (size_t i = 0; i < 4; i++)
        assert_gone(fds[i]);
    for (size_t i = 0; i < COUNT(said); i++)
        close(fds[i]);
    proxyrig_stop(&rig);
}

/* ---- who it is, and what it asks for with its name ---- */

static void test_auth_ok_takes_the_configured_name_and_password_only(void **state)
{
    static const struct {
        const char *what, *user, *password; /* set */
        struct bytes given_user, given_password;
        bool is_ok;
    } cases[] = {
        { "right", "alice", "secret", B("alice"), B("secret"), true },
        { "with a tag", "alice", "secret", B("alice+path=direct"), B("secret"), true },
        { "wrong password", "alice", "secret", B("alice"), B("secreT"), false },
        { "wrong user", "alice", "secret", B("alicf"), B("secret"), false },
        { "wrong user with a tag", "alice", "secret", B("alicf+path=direct"), B("secret"), false },
        { "shorter", "alice", "secret", B("alic"), B("secre"), false },
        { "longer password", "alice", "secret", B("alice"), B("secrets"), false },
        { "longer user", "alice", "secret", B("alices"), B("secret"), false },
        { "nothing", "alice", "secret", B(""), B(""), false },
        { "NUL behind it", "alice", "secret", B("alice"), B("secret\0"), false },
        { "tag in the password", "alice", "secret", B("alice"), B("secret+path=direct"), false },
        { "no password set, none given", "alice", NULL, B("alice"), B(""), true },
        { "no password set, one given", "alice", NULL, B("alice"), B("x"), false },
        { "no user set, none given", NULL, "secret", B(""), B("secret"), true },
        { "nobody set: any", NULL, NULL, B("any"), B("one"), true },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct proxy_in_config cfg = proxyrig_open;
        cfg.user = cases[i].user;
        cfg.password = cases[i].password;
        start(&cfg);
        SAY(&rig, "a");
        assert_int_equal(proxy_auth_ok(seen.c, cases[i].given_user, cases[i].given_password),
                         cases[i].is_ok);
        assert_int_equal(proxy_auth_is_needed(seen.c), cases[i].user || cases[i].password);
        proxyrig_stop(&rig);
    }
}

static void test_read_tag_knows_a_tag_from_a_name(void **state)
{
    enum host_path any = HOST_PATH_ANY, direct = HOST_PATH_DIRECT, relay = HOST_PATH_RELAY;
    enum host_path both = HOST_PATH_BOTH;
    const struct {
        struct bytes user;
        bool is_closed; /* the user alice is configured */
        int want;
        enum host_path path;
        bool has_path;
    } cases[] = {
        { B("path=direct"), false, 0, direct, true },
        { B("path=relay"), false, 0, relay, true },
        { B("path=both"), false, 0, both, true },
        { B("path=both,path=any"), false, 0, any, true },
        { B("path=relay,path=direct"), false, 0, direct, true },
        { B(""), false, 0, any, false },
        { B("anonymous"), false, 0, any, false }, /* socat */
        { B("path"), false, 0, any, false },
        { B("dXNlcg=="), false, 0, any, false }, /* of another form */
        { B("example.com:path=direct"), false, 0, any, false },
        { B("=direct"), false, 0, any, false },
        { B("path="), false, GW_EINVAL, any, false },
        { B("path=Direct"), false, GW_EINVAL, any, false },
        { B("path=direct "), false, GW_EINVAL, any, false },
        { B("path=direct\0"), false, GW_EINVAL, any, false },
        { B("path=direct,"), false, GW_EINVAL, direct, true },
        { B("path=direct,,path=relay"), false, GW_EINVAL, direct, true },
        { B("colour=red"), false, GW_EINVAL, any, false },
        { B("alice"), true, 0, any, false },
        { B("alice+"), true, 0, any, false },
        { B("alice+path=relay"), true, 0, relay, true },
        { B("alice+relay"), true, GW_EINVAL, any, false },
        { B("path=relay"), true, 0, any, false }, /* a name, and a wrong one */
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct front_target t = { .port = 7 };
        start(cases[i].is_closed ? &proxyrig_closed : &proxyrig_open);
        SAY(&rig, "a");
        assert_int_equal(proxy_auth_read_tag(seen.c, cases[i].user, &t), cases[i].want);
        assert_int_equal(t.path, cases[i].path);
        assert_int_equal(t.has_path, cases[i].has_path);
        assert_int_equal(t.port, 7);
        proxyrig_stop(&rig);
    }
}

static void test_set_config_counts_for_the_next_client(void **state)
{
    (void)state;
    start(&proxyrig_open);
    assert_int_equal(proxy_in_set_config(rig.in, &proxyrig_closed), 0);
    SAY(&rig, "a");
    assert_string_equal(proxy_client_config(seen.c)->password, "secret");
    proxyrig_stop(&rig);
}

static void test_client_knows_its_two_ends(void **state)
{
    struct sockaddr_any local, remote = { .len = sizeof remote.un };
    (void)state;
    start(&proxyrig_open);
    proxyrig_swap(&rig, proxyrig_add_tcp(&rig));
    SAY(&rig, "a");
    looprig_run_ms(&rig.loop, 3);
    assert_int_equal(getpeername(rig.fd, &remote.sa, &remote.len), 0);
    proxy_client_local(seen.c, &local);
    assert_true(sockaddr_eq(&local, &remote));
    assert_int_equal(getsockname(rig.fd, &remote.sa, &remote.len), 0);
    assert_true(sockaddr_eq(proxy_client_from(seen.c), &remote));
    proxyrig_stop(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_octet_tells_the_protocol),
        cmocka_unit_test(test_read_is_called_until_it_waits),
        cmocka_unit_test(test_label_names_protocol_and_client),
        cmocka_unit_test(test_join_says_answer_then_ahead_then_what_came_early),
        cmocka_unit_test(test_wrap_joins_another_stream_and_a_part_of_what_came),
        cmocka_unit_test(test_early_data_is_bounded_and_loses_nothing),
        cmocka_unit_test(test_request_that_fills_the_room_is_closed),
        cmocka_unit_test(test_fin_behind_early_data_crosses_as_fin),
        cmocka_unit_test(test_failed_open_is_told_and_the_client_parts),
        cmocka_unit_test(test_front_that_is_full_is_told_from_the_loop),
        cmocka_unit_test(test_look_up_tells_the_address),
        cmocka_unit_test(test_parted_client_is_read_to_its_end),
        cmocka_unit_test(test_fault_and_drop_close_the_client),
        cmocka_unit_test(test_handshake_has_a_deadline_and_opening_has_none),
        cmocka_unit_test(test_client_that_resets_cancels_what_is_under_way_at_once),
        cmocka_unit_test(test_client_that_ends_without_a_word_is_given_up),
        cmocka_unit_test(test_client_that_ends_in_the_handshake_is_closed),
        cmocka_unit_test(test_hold_has_no_deadline_and_drops_what_comes),
        cmocka_unit_test(test_hold_ends_with_the_clients_fin),
        cmocka_unit_test(test_hold_ends_with_drop_and_is_told_of_once),
        cmocka_unit_test(test_one_half_open_too_many_closes_the_oldest),
        cmocka_unit_test(test_half_open_flood_does_not_stop_a_real_client),
        cmocka_unit_test(test_free_ends_clients_in_every_state),
        cmocka_unit_test(test_auth_ok_takes_the_configured_name_and_password_only),
        cmocka_unit_test(test_read_tag_knows_a_tag_from_a_name),
        cmocka_unit_test(test_set_config_counts_for_the_next_client),
        cmocka_unit_test(test_client_knows_its_two_ends),
    };
    log_set_level(LOG_LEVEL_ERROR);
    signal(SIGPIPE, SIG_IGN); /* a client that was closed is an assertion's business */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
