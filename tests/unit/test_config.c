/* test_config.c - what gw.conf may say, and what the messages are when it says something else. */
#include "main/config.h"

#include "base/fileio.h"
#include "tmpfiles.h"
#include "vec.h"

static struct tmpfiles tmp;

static int make_dir(void **state)
{
    (void)state;
    tmpfiles_init(&tmp);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    tmpfiles_fini(&tmp);
    return 0;
}

static int load(const char *text, struct config *out, char err[CONF_ERR_MAX])
{
    tmpfiles_write(tmp.path, text);
    return config_load(out, tmp.path, true, NULL, 0, err);
}

static void test_load_without_file_gives_the_documented_defaults(void **state)
{
    struct config c;
    const char *via;
    char err[CONF_ERR_MAX];
    (void)state;
    assert_int_equal(config_load(&c, "/nonexistent/gw.conf", false, NULL, 0, err), 0);
    assert_int_equal(c.listen.n, 4);
    assert_string_equal(c.listen.v[0], "/ip4/0.0.0.0/udp/0/quic-v1");
    assert_string_equal(c.listen.v[1], "/ip6/::/udp/0/quic-v1");
    assert_string_equal(c.listen.v[2], "/ip4/0.0.0.0/tcp/0");
    assert_string_equal(c.listen.v[3], "/ip6/::/tcp/0");
    assert_int_equal(c.proxy_listen.n, 1);
    assert_string_equal(c.proxy_listen.v[0], "127.0.0.1:1080");
    assert_int_equal(c.handshake_timeout_ms, 15000);
    assert_int_equal(c.proxy_half_open, 1024);
    assert_int_equal(c.log_level, LOG_LEVEL_INFO);
    assert_int_equal(config_other(&c, &via), FRONT_REFUSE);
    assert_false(c.option_tags);
    assert_int_equal(c.udp_idle_ms, 120000);
    assert_int_equal(c.max_udp, 256);
    assert_int_equal(c.forwards.n + c.services.n + c.peers.n, 0);
    assert_int_equal(c.probe_ms, 30000);
    assert_int_equal(c.probe_slow_ms, 2000);
    assert_int_equal(c.probe_failures, 3);
    config_free(&c);
    assert_int_equal(config_load(&c, "/nonexistent/gw.conf", true, NULL, 0, err), GW_ENOTFOUND);
}

static void test_load_reads_every_section(void **state)
{
    struct config c;
    char err[CONF_ERR_MAX];
    (void)state;
    assert_int_equal(load("[node]\nlisten = /ip4/127.0.0.1/udp/4001/quic-v1\nmax-peers = 7\n"
                          "congestion = cubic\nlog-level = debug\n"
                          "[proxy]\nlisten =\nuser = u\npassword = p w\n"
                          "[forward db]\nlisten = /tmp/db.sock\ntarget = db.alice:postgres\n"
                          "[peer alice]\npath = both\nkeep = yes\n[peer bob]\n"
                          "[service ssh]\ntarget = 127.0.0.1:22\nlimit = 10M\n",
                          &c, err),
                     0);
    assert_int_equal(c.listen.n, 1);
    assert_int_equal(c.max_peers, 7);
    assert_int_equal(c.congestion, CONFIG_CUBIC);
    assert_int_equal(c.log_level, LOG_LEVEL_DEBUG);
    assert_int_equal(c.proxy_listen.n, 0);
    assert_string_equal(c.password, "p w");
    const struct config_forward *f = c.forwards.v[0];
    assert_string_equal(f->name, "db");
    assert_string_equal(f->target, "db.alice:postgres");
    const struct config_peer *p = c.peers.v[0];
    assert_string_equal(p->name, "alice");
    assert_int_equal(p->path, HOST_PATH_BOTH);
    assert_true(p->keep);
    p = c.peers.v[1];
    assert_int_equal(p->path, HOST_PATH_ANY);
    assert_false(p->keep);
    const struct config_service *s = c.services.v[0];
    assert_int_equal(s->limit, 10 << 20);
    assert_true(s->enabled);
    config_free(&c);
}

static void test_load_refuses_with_file_and_line(void **state)
{
    static const struct {
        const char *text;
        int line; /* 0: the whole is at fault */
        const char *says;
    } cases[] = {
        { "[node]\nbogus = 1\n", 2, "no key 'bogus'" },
        { "[nodes]\n", 1, "unknown section" },
        { "\n[node]\nmax-peers = 0\n", 3, "max-peers" },
        { "[node]\nlisten = /ip4/0.0.0.0/udp/1\n", 2, "listen" },
        { "[node]\nlisten = 0.0.0.0:1\n", 2, "listen" },
        { "[node]\nlog-level = loud\n", 2, "log-level" },
        { "[proxy]\nlisten = 127.0.0.1:99999\n", 2, "listen" },
        { "[proxy]\nlisten = example.com:80\n", 2, "listen" },
        { "[proxy]\nhandshake-timeout = 15 parsecs\n", 2, "handshake-timeout" },
        { "[proxy]\nother = maybe\n", 2, "other" },
        { "[proxy]\nother = via\n", 2, "other" },
        { "[proxy]\nother = via a b\n", 2, "other" },
        { "[proxy]\nother = viahome\n", 2, "other" },
        { "[proxy]\nvirtual-net = 127.64.0.0\n", 2, "is not of the form A.B.0.0/16" },
        { "[proxy]\nvirtual-net = 127.0.0.0/16\n", 2, "has no addresses to give" },
        { "[proxy]\nudp-idle = 10ms\n", 2, "udp-idle" },
        { "[forward x]\nlisten = 80\ntarget = alice\n", 3, "target" },
        { "[forward x]\nlisten = 80\n", 0, "[forward x] has no target" },
        { "[forward x]\ntarget = a:1\n", 0, "[forward x] has no listen" },
        { "[forward x]\nlisten = 80\ntarget = a:1\nprotocol = sctp\n", 4, "protocol" },
        { "[forward x]\nlisten = /a\ntarget = a:1\nprotocol = udp\n", 0, "not to /a" },
        { "[node]\nprobe-failures = 0\n", 2, "probe-failures" },
        { "[node]\nprobe-slow = 0\n", 2, "probe-slow" },
        { "[node]\nrelay = /ip4/192.0.2.1/udp/1/p2p/"
          "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA\n",
          2, "is neither a name nor" },
        { "[node]\nrelay = 192.0.2.1\n", 2, "is neither a name nor" },
        { "[node]\nrelay = ip4/192.0.2.1/udp/1/quic-v1\n", 2, "is neither a name nor" },
        { "[peer alice]\npath = left\n", 2, "path" },
        { "[peer a/b]\n", 0, "[peer a/b] is neither a name nor a peer id" },
        { "[service x]\nport = 80\n", 0, "[service x] has no target" },
        { "[service x]\nudp-target = /a\n", 2, "udp-target" },
        { "[service x]\nudp-target = 0\n", 2, "udp-target" },
        { "[service x]\ntarget = 80\nproxy-protocol = v1\n", 3, "proxy-protocol" },
        { "[service x]\nexit = yes\n", 0, "[service x]: exit = yes belongs to [service exit]" },
        { "[service exit]\nexit = yes\ntarget = 80\n", 0, "[service exit]" },
        { "[service exit]\nexit = yes\nudp-target = 80\n", 0, "[service exit]" },
        { "[service exit]\nexit = yes\nhttp = yes\n", 0, "[service exit]" },
        { "[service exit]\nexit = yes\nproxy-protocol = v2\n", 0, "[service exit]" },
        { "[service x]\ntarget = 127.0.0.1:0\n", 2, "target" },
        { "[service X_Y]\ntarget = 80\n", 0, "[service X_Y]" },
        { "[service a]\ntarget = 80\n[service b]\ntarget = 127.0.0.1:80\n", 0, "port 80" },
        { "[proxy]\nuser = u\n", 0, "user without a password" },
        { "[dht]\nlist = peers.txt\n", 2, "neither /PATH" }, /* of which directory? */
        { "[dht]\nlist = ftp://example.com/peers\n", 2, "nor https://" },
    };
    struct config c;
    char err[CONF_ERR_MAX], at[128];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(load(cases[i].text, &c, err) < 0);
        if (cases[i].line)
            snprintf(at, sizeof at, "%s:%d: ", tmp.path, cases[i].line);
        else
            snprintf(at, sizeof at, "%s: ", tmp.path);
        assert_memory_equal(err, at, strlen(at));
        assert_non_null(strstr(err, cases[i].says));
    }
}

static void test_sections_of_peers_are_bounded(void **state)
{
    struct config c;
    char err[CONF_ERR_MAX], text[65 * 16], *p = text;
    (void)state;
    for (unsigned i = 0; i < 65; i++) {
        if (i == 64) {
            assert_int_equal(load(text, &c, err), 0);
            assert_int_equal(c.peers.n, 64);
            config_free(&c);
        }
        p += sprintf(p, "[peer p%u]\n", i);
    }
    assert_int_equal(load(text, &c, err), GW_ELIMIT);
    assert_non_null(strstr(err, "more than 64 sections [peer]"));
}

static void test_what_would_be_left_out_is_refused(void **state)
{
    struct config c;
    char err[CONF_ERR_MAX], text[9 * 160] = "[node]\n", *p = text + strlen(text);
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        p += sprintf(p, "resolver = exec:/bin/%u\n", i);
    assert_int_equal(load(text, &c, err), 0);
    config_free(&c);
    sprintf(p, "resolver = exec:/bin/4\n");
    assert_int_equal(load(text, &c, err), GW_ELIMIT);
    assert_non_null(strstr(err, "more than 4 programs"));
    p = text;
    for (unsigned i = 0; i < 64; i++) {
        if (i % 8 == 0)
            p += sprintf(p, "[network n%u]\n", i);
        p += sprintf(p, "relay = r%u\n", i);
    }
    assert_int_equal(load(text, &c, err), 0);
    config_free(&c);
    sprintf(p, "[network n]\nrelay = r\n");
    assert_int_equal(load(text, &c, err), GW_ELIMIT);
    assert_non_null(strstr(err, "more than 64 relays"));
}

static void test_overrides_win_over_the_file(void **state)
{
    static struct config_override over[] = { { "node", NULL, "max-peers", "9" },
                                             { "proxy", NULL, "listen", "" },
                                             { "proxy", NULL, "listen", "1081" },
                                             { "service", "ssh", "target", "2222" } };
    struct config c;
    char err[CONF_ERR_MAX];
    (void)state;
    tmpfiles_write(tmp.path, "[node]\nmax-peers = 7\n[proxy]\nlisten = 1\nlisten = 2\n"
                             "[service ssh]\ntarget = 22\n");
    assert_int_equal(config_load(&c, tmp.path, true, over, COUNT(over), err), 0);
    assert_int_equal(c.max_peers, 9);
    assert_int_equal(c.proxy_listen.n, 1);
    assert_string_equal(c.proxy_listen.v[0], "1081");
    const struct config_service *s = c.services.v[0];
    assert_string_equal(s->target, "2222");
    config_free(&c);
}

static void test_services_take_the_port_of_the_target_and_the_directory(void **state)
{
    struct registry *r = registry_new();
    struct config c;
    char err[CONF_ERR_MAX];
    (void)state;
    assert_int_equal(load("[service ssh]\ntarget = 127.0.0.1:22\nauthorized_keys = ssh.keys\n"
                          "[service web]\ntarget = 8080\nport = 80\nauthorized_keys = /etc/k\n"
                          "[service db]\ntarget = unix:/run/db\nenabled = no\n",
                          &c, err),
                     0);
    assert_int_equal(config_services(&c, "/home/gw", r, err), 0);
    assert_int_equal(registry_count(r), 3);
    assert_int_equal(registry_at(r, 0)->port, 22);
    assert_string_equal(registry_at(r, 0)->authorized_keys, "/home/gw/ssh.keys");
    assert_int_equal(registry_at(r, 1)->port, 80);
    assert_int_equal(sockaddr_port(&registry_at(r, 1)->target), 8080);
    assert_string_equal(registry_at(r, 1)->authorized_keys, "/etc/k");
    assert_int_equal(registry_at(r, 2)->port, 0);
    assert_false(registry_at(r, 2)->is_enabled);
    registry_free(r);
    config_free(&c);
}

static void test_a_service_takes_connections_datagrams_or_both(void **state)
{
    struct registry *r = registry_new();
    struct config c;
    char err[CONF_ERR_MAX];
    (void)state;
    assert_int_equal(load("[service dns]\ntarget = 127.0.0.1:53\nudp-target = 127.0.0.1:5353\n"
                          "[service game]\nudp-target = 7777\n"
                          "[service web]\ntarget = unix:/w\nproxy-protocol = v2\nhttp = yes\n",
                          &c, err),
                     0);
    assert_int_equal(config_services(&c, "", r, err), 0);
    const struct service *dns = registry_at(r, 0), *game = registry_at(r, 1);
    assert_int_equal(dns->port, 53); /* of the target, not of the udp-target */
    assert_int_equal(sockaddr_port(&dns->udp_target), 5353);
    assert_int_equal(game->port, 7777);
    assert_int_equal(game->target.len, 0);
    assert_false(game->proxy_v2 || game->is_http || game->is_exit);
    assert_true(registry_at(r, 2)->proxy_v2 && registry_at(r, 2)->is_http);
    registry_free(r);
    config_free(&c);
}

static void test_an_exit_has_no_targets(void **state)
{
    struct registry *r = registry_new();
    struct config c;
    char err[CONF_ERR_MAX];
    (void)state;
    assert_int_equal(load("[service exit]\nexit = yes\nauthorized_keys = exit.keys\n", &c, err), 0);
    assert_int_equal(config_services(&c, "/d", r, err), 0);
    const struct service *s = registry_at(r, 0);
    assert_true(s->is_exit);
    assert_int_equal(s->target.len + s->udp_target.len + s->port, 0);
    assert_string_equal(s->authorized_keys, "/d/exit.keys");
    registry_free(r);
    config_free(&c);
}

static void test_other_says_where_foreign_names_go(void **state)
{
    static const struct {
        const char *text;
        enum front_other other;
        const char *via;
    } cases[] = {
        { "other = refuse", FRONT_REFUSE, NULL },
        { "other =", FRONT_REFUSE, NULL },
        { "other = direct", FRONT_DIRECT, NULL },
        { "other = via home", FRONT_VIA, "home" },
        { "other = via   laptop.grewal.p2p", FRONT_VIA, "laptop.grewal.p2p" },
    };
    struct config c;
    char err[CONF_ERR_MAX], text[128];
    const char *via;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        snprintf(text, sizeof text, "[proxy]\n%s\n", cases[i].text);
        assert_int_equal(load(text, &c, err), 0);
        assert_int_equal(config_other(&c, &via), cases[i].other);
        if (cases[i].via)
            assert_string_equal(via, cases[i].via);
        else
            assert_null(via);
        config_free(&c);
    }
}

static void test_virtual_net_is_a_net_or_the_usual_one(void **state)
{
    static const struct {
        const char *text;
        uint8_t a, b;
    } cases[] = { { "", 127, 64 },
                  { "[proxy]\nvirtual-net =\n", 127, 64 },
                  { "[proxy]\nvirtual-net = 198.18.0.0/16\n", 198, 18 } };
    struct config c;
    struct ipaddr net;
    char err[CONF_ERR_MAX];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(load(cases[i].text, &c, err), 0);
        config_virtual_net(&c, &net);
        assert_int_equal(net.family, 4);
        assert_int_equal(net.b[0], cases[i].a);
        assert_int_equal(net.b[1], cases[i].b);
        assert_int_equal(net.b[2] | net.b[3], 0);
        config_free(&c);
    }
}

static void test_port_range_is_first_to_last(void **state)
{
    static const char *const bad[] = { "",        "1",     "1-",     "-2",  "0-5",  "5-4",
                                       "1-65536", "1-2-3", "1 - 2 ", "a-b", "1-2x", "99999-1" };
    uint16_t first = 0, last = 0;
    (void)state;

    assert_int_equal(config_port_range("47820-47830", &first, &last), 0);
    assert_int_equal(first, 47820);
    assert_int_equal(last, 47830);
    assert_int_equal(config_port_range("1-65535", &first, &last), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(config_port_range(bad[i], &first, &last), GW_ESYNTAX);
}

static void test_password_is_a_secret(void **state)
{
    struct config c;
    char err[CONF_ERR_MAX], long_one[300], text[sizeof long_one + 64];
    (void)state;
    const struct conf_key *k = config_schema.keys;
    while (k->section && strcmp(k->key, "password"))
        k++;
    assert_true(k->is_secret);
    memset(long_one, 'x', 256);
    long_one[256] = '\0';
    struct config_override over = { "proxy", NULL, "password", long_one };
    assert_int_equal(config_load(&c, NULL, false, &over, 1, err), GW_ELIMIT);
    assert_null(strstr(err, "xx"));
    snprintf(text, sizeof text, "[proxy]\npassword = %.100s\n", long_one);
    assert_int_equal(load(text, &c, err), GW_EINVAL); /* there is no user */
    assert_null(strstr(err, "xx"));
}

/* conf/gw.conf.example is what the table prints: `gw config --show` in an empty directory. */
static void test_example_file_is_the_table(void **state)
{
    const char *srcdir = getenv("srcdir");
    char path[PATH_MAX], err[CONF_ERR_MAX], *want, *got = NULL;
    size_t nwant, ngot;
    struct config c;
    (void)state;
    snprintf(path, sizeof path, "%s/conf/gw.conf.example", srcdir ? srcdir : ".");
    assert_int_equal(fileio_read(path, &want, &nwant), 0);
    FILE *f = open_memstream(&got, &ngot);
    assert_non_null(f);
    assert_int_equal(conf_print(f, &config_schema, NULL), 0);
    fclose(f);
    assert_string_equal(got, want);
    free(got);
    free(want);
    assert_int_equal(config_load(&c, path, true, NULL, 0, err), 0); /* and it reads back */
    config_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load_without_file_gives_the_documented_defaults),
        cmocka_unit_test(test_load_reads_every_section),
        cmocka_unit_test(test_load_refuses_with_file_and_line),
        cmocka_unit_test(test_sections_of_peers_are_bounded),
        cmocka_unit_test(test_what_would_be_left_out_is_refused),
        cmocka_unit_test(test_overrides_win_over_the_file),
        cmocka_unit_test(test_services_take_the_port_of_the_target_and_the_directory),
        cmocka_unit_test(test_a_service_takes_connections_datagrams_or_both),
        cmocka_unit_test(test_an_exit_has_no_targets),
        cmocka_unit_test(test_virtual_net_is_a_net_or_the_usual_one),
        cmocka_unit_test(test_other_says_where_foreign_names_go),
        cmocka_unit_test(test_port_range_is_first_to_last),
        cmocka_unit_test(test_password_is_a_secret),
        cmocka_unit_test(test_example_file_is_the_table),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
