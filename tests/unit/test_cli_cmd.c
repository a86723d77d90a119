/* test_cli_cmd.c - arguments, exit status, and what is printed, against a daemon that answers
 * from a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli_ask.h"

struct fixture {
    char dir[64], path[96];
    pid_t daemon;
    useconds_t linger_us; /* of the daemon after its client has gone */
    const char *then;     /* the request of a second client, and its answer; NULL: none */
    const char *then_answer;
    char out[4096], err[1024]; /* of the last run */
};

static int listen_on(const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(a.sun_path, path);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 4), 0);
    return fd;
}

/* Checks that the request is `want` and says `answer`; then echoes what comes behind it.  False:
 * nothing was asked. */
static bool serve(int fd, const char *want, const char *answer)
{
    char line[512];
    size_t n = 0;

    while (n < sizeof line - 1 && read(fd, line + n, 1) == 1 && line[n] != '\n')
        n++;
    line[n] = '\0';
    if (!n) {
        close(fd);
        return false;
    }
    char *ticket = strstr(line, ",\"ticket\":"); /* another one each time */
    if (ticket)
        strcpy(ticket, "}");
    if (strcmp(line, want) != 0)
        answer = "{\"ok\":false,\"error\":\"another request was expected\"}\n";
    if (write(fd, answer, strlen(answer)) < 0)
        return true;
    if (strstr(want, "stop")) /* whose client waits for us, not we for it */
        return true;
    for (ssize_t r; (r = read(fd, line, sizeof line)) > 0;)
        if (write(fd, line, (size_t)r) < 0)
            return true;
    close(fd);
    return true;
}

/* In a process of its own, which also creates the socket: it is the one that SO_PEERCRED names. */
static void start_daemon(struct fixture *f, const char *want, const char *answer)
{
    int ready[2];
    char c;

    assert_int_equal(pipe(ready), 0);
    f->daemon = fork();
    if (f->daemon == 0) {
        int l = listen_on(f->path);
        if (write(ready[1], "r", 1) == 1)
            while (!serve(accept(l, NULL, NULL), want, answer)) {
            }
        if (f->then)
            while (!serve(accept(l, NULL, NULL), f->then, f->then_answer)) {
            }
        usleep(f->linger_us);
        unlink(f->path);
        _exit(0);
    }
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    close(ready[1]);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    snprintf(f->dir, sizeof f->dir, "/tmp/gw-cli-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/ctl.sock", f->dir);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    if (f->daemon > 0) {
        kill(f->daemon, SIGKILL);
        waitpid(f->daemon, NULL, 0);
    }
    unlink(f->path);
    rmdir(f->dir);
    free(f);
    return 0;
}

static void slurp(int fd, char *out, size_t cap)
{
    ssize_t n = pread(fd, out, cap - 1, 0);
    out[n < 0 ? 0 : n] = '\0';
    close(fd);
}

static int temp_file(void)
{
    return open("/tmp", O_TMPFILE | O_RDWR, 0600);
}

/* What is done without a daemon, as a line on stdout. */
static int edit_locally(void *arg, const struct cli_network_edit *e)
{
    assert_null(arg);
    printf("%s %s %s", e->is_leave ? "leave" : "join", e->network, e->host ? e->host : "-");
    for (size_t i = 0; i < e->nrelays; i++)
        printf(" %s", e->relays[i]);
    putchar('\n');
    return CLI_OK;
}

static int edit_rights_locally(void *arg, const struct cli_rights_edit *e)
{
    assert_null(arg);
    printf("%s %s", e->is_deny ? "deny" : "allow", e->peer);
    for (size_t i = 0; i < e->nservices; i++)
        printf(" %s", e->services[i]);
    putchar('\n');
    return CLI_OK;
}

static int sign_locally(void *arg, const char *path)
{
    assert_null(arg);
    printf("sign %s\n", path);
    return CLI_OK;
}

/* Runs the command line (blank-separated) with `input` on stdin; output lands in f->out and
 * f->err. */
static int run_with(struct fixture *f, const char *line, const char *input)
{
    char text[256], *argv[16], *save;
    int argc = 0, in = temp_file(), out = temp_file(), err = temp_file(), status;

    snprintf(text, sizeof text, "%s", line);
    for (char *p = strtok_r(text, " ", &save); p; p = strtok_r(NULL, " ", &save))
        argv[argc++] = p;
    argv[argc] = NULL;
    assert_int_equal(pwrite(in, input, strlen(input), 0), strlen(input));
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(in, STDIN_FILENO);
        dup2(out, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        const struct cli_local local = { edit_locally, edit_rights_locally, sign_locally, NULL };
        exit(cli_main(f->dir, &local, argc, argv));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    slurp(out, f->out, sizeof f->out);
    slurp(err, f->err, sizeof f->err);
    close(in);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int run(struct fixture *f, const char *line)
{
    return run_with(f, line, "");
}

static void test_wrong_usage_is_2_with_one_line(void **state)
{
    struct fixture *f = *state;
    static const char *const lines[] = {
        "status extra",
        "status --jsn",
        "status -n 3",
        "resolve",
        "resolve a b",
        "ping",
        "ping -n 0 a",
        "ping -n x a",
        "ping -n 1001 a",
        "ping a -n",
        "nc a",
        "nc a b c",
        "nc --json a b",
        "allow",
        "deny",
        "deny a b",
        "services a b",
        "stop now",
        "nonsense",
        "id",
        "names",
        "ssh-config",
        "completion bash",
        "perf",
        "perf a b",
        "perf --up a",
        "perf a --up 1T",
        "perf a --up -1",
        "perf a --up",
        "perf a -n 1",
        "ping a --up 1",
        "perf a --down 65G",
        "network",
        "network nonsense",
        "network join a",
        "network leave",
        "network list x",
        "network leave a --host b",
        "network join a b --host",
        "name",
        "name claim",
        "name claim a b",
        "name list a b",
        "name list --host a",
        "dht",
        "dht find",
        "dht put a",
        "dht status x",
        "dht sign-list",
        "resolve -n 3 a",
        "status -v",
    };

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_int_equal(run(f, lines[i]), 2);
        assert_string_equal(f->out, "");
        assert_ptr_equal(strchr(f->err, '\n'), f->err + strlen(f->err) - 1);
    }
}

static void test_every_command_has_help(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = { "status", "resolve",  "ping",  "perf", "nc",
                                         "peers",  "services", "allow", "deny", "reload",
                                         "stop",   "network",  "name",  "dht" };
    char line[64];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(line, sizeof line, "%s --help", names[i]);
        assert_int_equal(run(f, line), 0);
        snprintf(line, sizeof line, "usage: gw [-d DIR] %s", names[i]);
        assert_memory_equal(f->out, line, strlen(line));
    }
}

static void test_every_second_word_has_help_of_its_own(void **state)
{
    struct fixture *f = *state;
    char line[64];
    struct cli_usage u;

    for (size_t i = 0; cli_describe(i, &u); i++) {
        char words[128], *save;
        if (strcmp(u.name, "network") != 0 && strcmp(u.name, "name") != 0 &&
            strcmp(u.name, "dht") != 0)
            continue;
        snprintf(words, sizeof words, "%s", u.words);
        for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
            snprintf(line, sizeof line, "%s %s --help", u.name, w);
            assert_int_equal(run(f, line), 0);
            snprintf(line, sizeof line, "usage: gw [-d DIR] %s %s", u.name, w);
            assert_memory_equal(f->out, line, strlen(line));
        }
    }
}

static void test_no_daemon_is_1_and_says_what_to_do(void **state)
{
    struct fixture *f = *state;
    char want[256];

    snprintf(want, sizeof want, "gw: no daemon answers on %s: is `gw -d %s` running?\n", f->path,
             f->dir);
    assert_false(cli_can_connect(f->dir));
    assert_int_equal(run(f, "status"), 1);
    assert_string_equal(f->err, want);
    close(listen_on(f->path)); /* left behind by one that crashed */
    assert_false(cli_can_connect(f->dir));
    assert_int_equal(run(f, "status"), 1);
    assert_string_equal(f->err, want);
}

static void test_status_json_is_the_daemons_object(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"status\"}", "{\"version\":\"1\",\"ok\":true}\n");
    assert_int_equal(run(f, "status --json"), 0);
    assert_string_equal(f->out, "{\n  \"version\": \"1\"\n}\n");
}

static void test_peers_are_a_table(void **state)
{
    struct fixture *f = *state;

    start_daemon(
        f, "{\"cmd\":\"peers\"}",
        "{\"ok\":true,\"peers\":[{\"id\":\"12D3KooWabcdefgh\",\"name\":\"alice\",\"state\":"
        "\"connected\",\"path\":\"direct\",\"addr\":\"/ip4/192.0.2.1\",\"rtt_ms\":1.26,"
        "\"streams\":2,\"rx_bytes\":2048,\"tx_bytes\":7}]}\n");
    assert_int_equal(run(f, "peers"), 0);
    assert_string_equal(
        f->out, "NAME   PEER      STATE      PATH    RTT     STREAMS  RX    TX  ADDRESS\n"
                "alice  abcdefgh  connected  direct  1.3 ms  2        2.0K  7   /ip4/192.0.2.1\n");
}

static void test_services_of_this_node_have_targets(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"services\"}",
                 "{\"ok\":true,\"services\":[{\"name\":\"ssh\",\"port\":22,\"target\":"
                 "\"127.0.0.1:22\",\"enabled\":true}]}\n");
    assert_int_equal(run(f, "services"), 0);
    assert_string_equal(f->out, "NAME  PORT  TARGET        ENABLED\n"
                                "ssh   22    127.0.0.1:22  yes\n");
}

static void test_services_show_datagrams_and_exit(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"services\"}",
                 "{\"ok\":true,\"services\":["
                 "{\"name\":\"dns\",\"port\":53,\"target\":\"127.0.0.1:53\",\"udp_target\":"
                 "\"127.0.0.1:54\",\"exit\":false,\"enabled\":true},"
                 "{\"name\":\"game\",\"port\":7,\"target\":\"\",\"udp_target\":"
                 "\"127.0.0.1:7\",\"exit\":false,\"enabled\":true},"
                 "{\"name\":\"exit\",\"port\":0,\"target\":\"\",\"exit\":true,"
                 "\"enabled\":false}]}\n");
    assert_int_equal(run(f, "services"), 0);
    assert_string_equal(f->out, "NAME  PORT  TARGET                          ENABLED\n"
                                "dns   53    127.0.0.1:53, udp 127.0.0.1:54  yes\n"
                                "game  7     udp 127.0.0.1:7                 yes\n"
                                "exit  -     the internet                    no\n");
}

static void test_status_shows_the_gates_and_the_latest_failures(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"status\"}",
                 "{\"ok\":true,\"forwards\":["
                 "{\"listen\":\"127.0.0.1:22\",\"target\":\"a:22\",\"protocol\":\"tcp\"},"
                 "{\"listen\":\"127.0.0.1:53\",\"target\":\"a:53\",\"protocol\":\"udp\"}],"
                 "\"services\":[{\"name\":\"db\",\"port\":0,\"target\":\"unix:/db\"},"
                 "{\"name\":\"off\",\"port\":9,\"target\":\"127.0.0.1:9\",\"enabled\":false}],"
                 "\"failures\":[{\"age_s\":61,\"kind\":\"socks5\",\"target\":\"bob:22\","
                 "\"error\":\"e\",\"why\":\"denied by the peer\"},{},{},{},{},"
                 "{\"kind\":\"sixth\"}]}\n");
    assert_int_equal(run(f, "status"), 0);
    assert_non_null(strstr(f->out, "forward      127.0.0.1:22 -> a:22\n"));
    assert_non_null(strstr(f->out, "forward      127.0.0.1:53/udp -> a:53\n"));
    assert_non_null(strstr(f->out, "service      db -> unix:/db\n"));
    assert_non_null(strstr(f->out, "service      off:9 -> 127.0.0.1:9 (not enabled)\n"));
    assert_non_null(strstr(f->out, "failed       1m ago, socks5 bob:22: denied by the peer\n"));
    assert_null(strstr(f->out, "sixth"));
}

static const char join_request[] =
    "{\"cmd\":\"network-join\",\"network\":\"alice\",\"relays\":[\"r1\",\"r2\"]}";

static void test_who_is_denied_is_told_what_to_have_typed_over_there(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"services\",\"peer\":\"bob\"}",
                 "{\"ok\":false,\"error\":\"bob: denied by the peer\"}\n");
    assert_int_equal(run(f, "services bob"), 1);
    assert_string_equal(f->err, "gw: bob: denied by the peer; over there: gw allow ID, with the ID "
                                "that gw id prints here\n");
}

static void test_status_says_what_to_have_typed_at_a_relay_that_refuses(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"status\"}",
                 "{\"ok\":true,\"peer_id\":\"12D3me\",\"faults\":[\"/gw/names:1: bad\"],"
                 "\"reservations\":[{\"relay\":\"12D3KooWabcdefgh\",\"state\":\"refused\","
                 "\"error\":\"denied by the peer\"}]}\n");
    assert_int_equal(run(f, "status"), 0);
    assert_non_null(strstr(f->out, "reservation  at abcdefgh refused: denied by the peer; over "
                                   "there: gw allow 12D3me relay\n"));
    assert_non_null(strstr(f->out, "fault        /gw/names:1: bad\n"));
}

static void test_network_asks_the_daemon_or_edits_the_file_itself(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(run(f, "network join alice --host lap r1 r2"), 0);
    assert_string_equal(f->out, "join alice lap r1 r2\n");
    assert_int_equal(run(f, "network leave alice"), 0);
    assert_string_equal(f->out, "leave alice -\n");
    assert_int_equal(run(f, "dht sign-list peers"), 0);
    assert_string_equal(f->out, "sign peers\n");
    f->then = "{\"cmd\":\"name-claim\",\"name\":\"lap.alice\"}";
    f->then_answer = "{\"ok\":true,\"name\":\"lap.alice\",\"done\":false,\"relays\":["
                     "{\"peer\":\"12D3a\",\"status\":\"taken\",\"error\":\"\"}]}\n";
    start_daemon(f, join_request, "{\"ok\":true}\n");
    assert_int_equal(run(f, "network join alice --host lap r1 r2"), 1);
    assert_string_equal(f->out, "joined\nRELAY  ANSWER\n12D3a  taken\n");
}

static void test_network_join_says_which_relays_keep_no_names(void **state)
{
    struct fixture *f = *state;

    f->then = "{\"cmd\":\"name-list\",\"network\":\"alice\",\"probe\":true}";
    f->then_answer =
        "{\"ok\":true,\"names\":[],\"done\":false,\"relays\":[{\"peer\":\"12D3a\","
        "\"network\":\"alice\",\"status\":\"\",\"error\":"
        "\"peer does not speak the protocol\"},{\"peer\":\"12D3b\",\"status\":\"busy\"}],"
        "\"error\":\"no relay tells the names of alice\"}\n";
    start_daemon(f, join_request, "{\"ok\":true}\n");
    assert_int_equal(run(f, "network join alice r1 r2"), 1);
    assert_string_equal(f->out,
                        "joined\nrelay 12D3a: peer does not speak the protocol: it keeps no names; "
                        "network in [relay] of its gw.conf makes it, once it is started again\n"
                        "relay 12D3b: busy\n");
    assert_string_equal(f->err, "gw: no relay tells the names of alice yet\n");
}

static void test_allow_and_deny_edit_the_file_themselves_without_a_daemon(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(run(f, "allow alice ssh db"), 0);
    assert_string_equal(f->out, "allow alice ssh db\n");
    assert_int_equal(run(f, "deny alice"), 0);
    assert_string_equal(f->out, "deny alice\n");
}

static void test_network_list_shows_relays_and_our_name_at_each(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"network-list\"}",
                 "{\"ok\":true,\"own\":\"bob\",\"names\":3,\"networks\":["
                 "{\"name\":\"alice\",\"host\":\"lap\",\"trust\":\"none\",\"relays\":["
                 "{\"peer\":\"12D3a\",\"name\":\"r1\",\"connected\":true,\"claimed_s\":1},"
                 "{\"peer\":\"12D3b\",\"name\":\"\",\"connected\":false,\"claimed_s\":0,"
                 "\"status\":\"taken\"}]},"
                 "{\"name\":\"carol\",\"host\":\"\",\"trust\":\"full\",\"relays\":[]}]}\n");
    assert_int_equal(run(f, "network list"), 0);
    assert_non_null(strstr(f->out, "alice    lap   none   r1     connected      ours, said "));
    assert_non_null(strstr(f->out, "-        -     -      12D3b  not connected  taken\n"));
    assert_non_null(strstr(f->out, "carol    -     full   -      -              -\n"));
    assert_non_null(strstr(f->out, "This node is a relay of bob, which has 3 names.\n"));
}

static void test_wrong_usage_names_the_option(void **state)
{
    static const struct {
        const char *line, *err;
    } cases[] = {
        { "name claim -a.bob", "gw name: no option -a (usage: " },
        { "name claim --a.bob", "gw name: no option --a.bob (usage: " },
        { "name --json=x list", "gw name: no option --json=x (usage: " },
        { "ping a -n", "gw ping: no value for -n (usage: " },
        { "network join --host", "gw network: no value for --host (usage: " },
        { "network join",
          "gw network join: wrong number of arguments (usage: gw network join NAME " },
        { "network jion a b", "gw network: no command jion (usage: gw network join|leave|list " },
        { "status -d /tmp/x", "gw status: this stands ahead of the command: -d (usage: " },
        { "statsu", "gw: no command statsu; did you mean status? see gw --help\n" },
        { "frobnicate", "gw: no command frobnicate; see gw --help\n" },
        { "start", "gw: no command start: gw without a command runs the daemon\n" },
        { "ping -c 0 a", "gw ping: -n takes a number" },
        { "network leave a --host b", "gw network leave: no option --host (usage: " },
        { "network join a b --json", "gw network join: no option --json (usage: " },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(run(f, cases[i].line), 2);
        assert_non_null(strstr(f->err, cases[i].err));
    }
}

static void test_reload_says_what_comes_later(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"reload\"}",
                 "{\"ok\":true,\"later\":\"[node] listen, [dht] mode\"}\n");
    assert_int_equal(run(f, "reload"), 0);
    assert_string_equal(f->out, "reloaded\nwith the next start: [node] listen, [dht] mode\n");
}

static void test_name_claim_is_0_when_a_relay_says_yes(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"name-claim\",\"name\":\"lap.alice\"}",
                 "{\"ok\":true,\"name\":\"lap.alice\",\"done\":true,\"relays\":["
                 "{\"peer\":\"12D3a\",\"status\":\"\",\"error\":\"\"},"
                 "{\"peer\":\"12D3b\",\"status\":\"\",\"error\":\"deadline passed\"}]}\n");
    assert_int_equal(run(f, "name claim lap.alice"), 0);
    assert_string_equal(f->out, "RELAY  ANSWER\n12D3a  it is ours\n12D3b  deadline passed\n");
}

static void test_name_release_is_1_when_no_relay_says_yes(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"name-release\",\"name\":\"lap.alice\"}",
                 "{\"ok\":true,\"name\":\"lap.alice\",\"done\":false,\"relays\":["
                 "{\"peer\":\"12D3a\",\"status\":\"refused\",\"error\":\"\"}]}\n");
    assert_int_equal(run(f, "name release lap.alice"), 1);
    assert_string_equal(f->out, "RELAY  ANSWER\n12D3a  refused\n");
}

static void test_name_list_shows_who_told_nothing_too(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"name-list\",\"network\":\"alice\"}",
                 "{\"ok\":true,\"names\":[{\"name\":\"lap.alice\",\"peer\":\"12D3x\"}],"
                 "\"relays\":[{\"peer\":\"12D3a\",\"network\":\"alice\",\"status\":\"\","
                 "\"error\":\"deadline passed\"}],\"done\":true}\n");
    assert_int_equal(run(f, "name list alice"), 0);
    assert_string_equal(f->out, "NAME       PEER\nlap.alice  12D3x\n"
                                "alice, relay 12D3a: deadline passed\n");
    assert_string_equal(f->err, "");
}

static void test_name_list_is_1_when_no_relay_answers(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"name-list\"}",
                 "{\"ok\":true,\"names\":[],\"relays\":[],\"done\":false,"
                 "\"error\":\"no relay tells the names of alice\"}\n");
    assert_int_equal(run(f, "name list"), 1);
    assert_string_equal(f->err, "gw: no relay tells the names of alice\n");
}

static void test_dht_get_shows_a_record_and_the_way_to_it(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"dht-get\",\"key\":\"lap.alice\"}",
                 "{\"ok\":true,\"found\":true,\"error\":\"\",\"took_us\":45210,\"asked\":14,"
                 "\"answered\":12,\"hops\":3,\"value\":\"AA==\",\"record\":{\"name\":\"lap\","
                 "\"owner\":\"12D3r\",\"peer\":\"12D3x\",\"sequence\":7,\"expires_s\":1800000000,"
                 "\"addrs\":[\"/ip4/1.2.3.4\"]}}\n");
    assert_int_equal(run(f, "dht get lap.alice"), 0);
    assert_string_equal(f->out, "name       lap\n"
                                "signed by  12D3r\n"
                                "peer       12D3x\n"
                                "address    /ip4/1.2.3.4\n"
                                "sequence   7\n"
                                "expires    2027-01-15T08:00:00Z\n"
                                "3 hops, 12 of 14 peers answered, 45.2 ms\n");
}

static void test_dht_put_sends_a_file_as_base64_and_is_1_when_nobody_took_it(void **state)
{
    struct fixture *f = *state;
    char line[128], path[96];

    snprintf(path, sizeof path, "%s/value", f->dir);
    FILE *v = fopen(path, "w");
    assert_non_null(v);
    fputs("hello", v);
    fclose(v);
    start_daemon(f, "{\"cmd\":\"dht-put\",\"key\":\"0x6b\",\"value\":\"aGVsbG8=\"}",
                 "{\"ok\":true,\"found\":false,\"error\":\"network unreachable\",\"took_us\":9,"
                 "\"asked\":0,\"answered\":0,\"hops\":0,\"peers\":[]}\n");
    snprintf(line, sizeof line, "dht put 0x6b @%s", path);
    assert_int_equal(run(f, line), 1);
    assert_string_equal(f->out, "network unreachable; 0 hops, 0 of 0 peers answered, 0.0 ms\n");
    unlink(path);
}

static void test_describe_goes_over_the_whole_table(void **state)
{
    struct cli_usage u;
    size_t n = 0;
    (void)state;

    for (; cli_describe(n, &u); n++) {
        assert_true(u.name && *u.name);
        assert_true(u.noptions >= 1); /* --help */
        assert_false(u.words && u.first);
    }
    assert_true(n >= 16);
}

static void test_services_of_a_peer_have_their_ports_and_are_escaped(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"services\",\"peer\":\"alice\"}",
                 "{\"ok\":true,\"peer\":\"12D3x\",\"services\":[{\"name\":\"\\u001b\",\"port\":22,"
                 "\"tcp\":true,\"udp\":false},{\"name\":\"both\",\"port\":0,\"tcp\":true,"
                 "\"udp\":true}]}\n");
    assert_int_equal(run(f, "services alice"), 0);
    assert_string_equal(f->out, "NAME  PORT  PROTOCOL\n\\x1b  22    tcp\nboth  -     tcp, udp\n");
}

static void test_a_refusal_is_1_with_the_reason_escaped(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"resolve\",\"name\":\"bob\"}",
                 "{\"ok\":false,\"error\":\"bob: \\u001b[2J\"}\n");
    assert_int_equal(run(f, "resolve bob"), 1);
    assert_string_equal(f->err, "gw: bob: \\x1b[2J\n");
    assert_string_equal(f->out, "");
}

/* Who may not ask is told so and put out, before it has said what it wants. */
static void test_a_refusal_is_heard_when_the_daemon_has_closed_already(void **state)
{
    static const char refusal[] = "{\"ok\":false,\"error\":\"not you\"}\n";
    struct fixture *f = *state;
    struct ctl_client *c;
    json_t *v = NULL;
    int l = listen_on(f->path), err = temp_file(), was = dup(STDERR_FILENO);

    assert_int_equal(cli_ask_open(f->dir, &c), CLI_OK);
    int fd = accept(l, NULL, NULL);
    assert_int_equal(write(fd, refusal, strlen(refusal)), strlen(refusal));
    close(fd);
    fflush(stderr);
    dup2(err, STDERR_FILENO);
    int rc = cli_ask_first(c, json_pack("{s:s}", "cmd", "reload"), 1000, &v);
    fflush(stderr);
    dup2(was, STDERR_FILENO);
    close(was);
    ctl_client_close(c);
    close(l);
    slurp(err, f->err, sizeof f->err);
    assert_int_equal(rc, CLI_FAILED);
    assert_null(v);
    assert_string_equal(f->err, "gw: not you\n");
}

/* A word of them left out would ask for something else. */
static void test_words_that_are_no_text_are_refused(void **state)
{
    static const char *const lines[] = {
        "allow bob \xff",
        "network join home /dns/x \xff",
        "name list \xff",
    };
    struct fixture *f = *state;

    start_daemon(f, "nothing is to be asked", "{\"ok\":true}\n");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_int_equal(run(f, lines[i]), 1);
        assert_string_equal(f->err, "gw: not UTF-8 text\n");
    }
}

static void test_a_daemon_that_goes_away_is_1(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"reload\"}", "not json\n");
    assert_int_equal(run(f, "reload"), 1);
    assert_string_equal(f->err, "gw: no answer from the daemon: peer broke the protocol\n");
}

static void test_ping_prints_lines_and_a_summary(void **state)
{
    struct fixture *f = *state;

    start_daemon(
        f, "{\"cmd\":\"ping\",\"name\":\"alice\",\"count\":1}",
        "{\"more\":true,\"peer\":\"12D3x\",\"seq\":1,\"rtt_ms\":1.5}\n"
        "{\"ok\":true,\"sent\":1,\"received\":1,\"min_ms\":1.5,\"avg_ms\":1.5,\"max_ms\":1.5}\n");
    assert_int_equal(run(f, "ping alice -n 1"), 0);
    assert_string_equal(f->out, "PING alice (12D3x)\nseq=1 time=1.500 ms\n--- alice ---\n"
                                "1 sent, 1 received\nrtt min/avg/max = 1.500/1.500/1.500 ms\n");
}

static void test_ping_with_a_loss_is_1(void **state)
{
    struct fixture *f = *state;

    start_daemon(
        f, "{\"cmd\":\"ping\",\"name\":\"alice\",\"count\":4}",
        "{\"more\":true,\"peer\":\"x\",\"seq\":1,\"rtt_ms\":1}\n"
        "{\"more\":true,\"peer\":\"x\",\"seq\":2,\"error\":\"deadline passed\"}\n"
        "{\"ok\":true,\"sent\":2,\"received\":1,\"min_ms\":1.0,\"avg_ms\":1.0,\"max_ms\":1.0}\n");
    assert_int_equal(run(f, "ping alice"), 1);
    assert_non_null(strstr(f->out, "seq=2 deadline passed\n"));
    assert_string_equal(f->err, "gw: alice: 1 of 2 pings had no answer\n");
}

#define SIDE(mapping)                                                                           \
    "{\"ip4\":\"private\",\"ip6\":\"none\",\"udp\":\"works\",\"mapping\":\"" mapping "\","      \
    "\"filtering\":\"unknown\",\"reach\":\"private\",\"port_map\":\"off\",\"relays\":[{\"id\":" \
    "\"IDr\","                                                                                  \
    "\"name\":\"relay1\",\"state\":\"held\",\"rtt_ms\":1.54},{\"id\":\"IDs\",\"name\":\"\","    \
    "\"state\":"                                                                                \
    "\"down\"}]"

static void test_doctor_shows_both_ends_why_and_what_would_help(void **state)
{
    struct fixture *f = *state;

    start_daemon(
        f, "{\"cmd\":\"doctor\",\"name\":\"alice\"}",
        "{\"ok\":true,\"name\":\"alice\",\"peer\":\"IDa\",\"tier\":\"names file\",\"connected\":"
        "true,\"path\":\"relayed\",\"relay\":\"IDr\",\"rtt_ms\":40.52,\"loss\":{\"packets\":500,"
        "\"out_percent\":1.2,\"in_percent\":0.0,\"jitter_ms\":0.31},\"here\":" SIDE(
            "none") "},\"there\":" SIDE("unknown") "},\"candidates\":[{\"addr\":\"/ip4/1\","
                                                   "\"path\":\"direct\",\"result\":\"failed\","
                                                   "\"error\":\"deadline passed\"},{\"addr\":"
                                                   "\"/ip4/1/p2p/12D3KooWabcdefgh/"
                                                   "p2p-circuit\",\"path\":\"relayed\",\"result\":"
                                                   "\"ok\",\"ms\":55.25}],\"why\":["
                                                   "{\"cause\":\"x\",\"text\":\"because\\u001b\"}],"
                                                   "\"cure\":[\"do it\"]}\n");
    assert_int_equal(run(f, "doctor alice"), 0);
    assert_string_equal(f->out, "alice: connected over a relay, relay1, round trip 40.5 ms\n"
                                "lost: 1.2 % there, 0.0 % back, of 500 packets; jitter 0.3 ms\n"
                                "peer IDa, known from: names file\n\n"
                                "               HERE         THERE\n"
                                "IPv4           private      private\n"
                                "IPv6           none         none\n"
                                "UDP            works        works\n"
                                "NAT mapping    none         unknown\n"
                                "NAT filtering  unknown      unknown\n"
                                "reach          private      private\n"
                                "port mapping   off          off\n"
                                "relays         1 of 2 held  1 of 2 held\n\n"
                                "ADDRESS TRIED                    PATH     RESULT\n"
                                "/ip4/1                           direct   deadline passed\n"
                                "/ip4/1/p2p/abcdefgh/p2p-circuit  relayed  55.2 ms\n\n"
                                "why not direct\n  because\\x1b\n\n"
                                "what would help, one of\n  do it\n");
}

static void test_doctor_of_who_is_not_connected_is_1_and_still_prints(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"doctor\",\"name\":\"bob\"}",
                 "{\"ok\":true,\"name\":\"bob\",\"peer\":\"\",\"trail\":\"names file: no line\","
                 "\"connected\":false,\"error\":\"no such\",\"path\":\"none\",\"here\":" SIDE(
                     "none") "},\"there\":null,\"candidates\":[],\"why\":[],\"cure\":[]}\n");
    assert_int_equal(run(f, "doctor bob"), 1);
    assert_non_null(strstr(f->out, "bob: not connected: no such\nasked: names file: no line\n"));
    assert_null(strstr(f->out, "THERE"));
    assert_null(strstr(f->out, "TRIED"));
    assert_string_equal(f->err, "");
}

static void test_doctor_json_has_the_same_exit_status(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"doctor\",\"name\":\"bob\"}", "{\"ok\":true,\"connected\":false}\n");
    assert_int_equal(run(f, "doctor --json bob"), 1);
    assert_string_equal(f->out, "{\n  \"connected\": false\n}\n");
}

static void test_netcheck_shows_findings_with_what_they_mean(void **state)
{
    struct fixture *f = *state;

    start_daemon(
        f, "{\"cmd\":\"netcheck\"}",
        SIDE("unknown") ",\"ok\":true,\"peer_id\":\"IDme\",\"announced\":[\"/ip4/1\"],"
                        "\"meaning\":{\"mapping\":\"nobody knows\",\"relays\":\"fine\"}}\n");
    assert_int_equal(run(f, "netcheck"), 0);
    assert_non_null(strstr(f->out, "peer id  IDme\naddress  /ip4/1\n\n"));
    assert_non_null(strstr(f->out, "NAT mapping    unknown      nobody knows\n"));
    assert_non_null(strstr(f->out, "relays         1 of 2 held  fine\n\n"));
    assert_non_null(
        strstr(f->out, "RELAY   STATE  RTT\nrelay1  held   1.5 ms\nIDs     down   -\n"));
}

static void test_perf_asks_for_100_megabytes_each_way(void **state)
{
    struct fixture *f = *state;

    start_daemon(
        f, "{\"cmd\":\"perf\",\"name\":\"alice\",\"up\":104857600,\"down\":104857600}",
        "{\"up_bytes\":104857600,\"down_bytes\":104857600,\"up_mbit\":940.26,\"down_mbit\":88,"
        "\"ok\":true}\n");
    assert_int_equal(run(f, "perf alice"), 0);
    assert_string_equal(f->out, "up    104857600 octets  940.3 Mbit/s\n"
                                "down  104857600 octets  88.0 Mbit/s\n");
}

static void test_perf_takes_sizes_with_units(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"perf\",\"name\":\"alice\",\"up\":68719476736,\"down\":0}",
                 "{\"up_bytes\":1,\"ok\":true}\n");
    assert_int_equal(run(f, "perf --json --up 64G alice --down 0"), 0);
    assert_string_equal(f->out, "{\n  \"up_bytes\": 1\n}\n");
}

static void test_allow_names_the_services(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"allow\",\"peer\":\"alice\",\"services\":[\"ssh\",\"db\"]}",
                 "{\"ok\":true,\"peer\":\"12D3x\"}\n");
    assert_int_equal(run(f, "allow alice ssh db"), 0);
    assert_string_equal(f->out, "allowed 12D3x\n");
}

static void test_allow_says_what_the_peer_may_use_then(void **state)
{
    struct fixture *f = *state;

    start_daemon(
        f, "{\"cmd\":\"allow\",\"peer\":\"alice\",\"services\":[\"ssh\"]}",
        "{\"ok\":true,\"peer\":\"12D3x\",\"not_offered\":[],\"may_use\":[\"ssh\",\"db\"]}\n");
    assert_int_equal(run(f, "allow alice ssh"), 0);
    assert_string_equal(f->out, "allowed 12D3x\nit may use ssh, db\n");
}

static void test_allow_says_which_services_are_not_there(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"allow\",\"peer\":\"alice\",\"services\":[\"sss\",\"dbb\"]}",
                 "{\"ok\":true,\"peer\":\"12D3x\",\"not_offered\":[\"sss\",\"dbb\"]}\n");
    assert_int_equal(run(f, "allow alice sss dbb"), 0);
    assert_string_equal(f->out, "allowed 12D3x: sss, dbb (no such service here yet)\n");
}

static void test_nc_carries_octets_both_ways(void **state)
{
    struct fixture *f = *state;

    f->then = "{\"cmd\":\"nc-end\"}";
    f->then_answer = "{\"ok\":true}\n";
    start_daemon(f, "{\"cmd\":\"nc\",\"name\":\"alice\",\"port\":\"ssh\"}",
                 "{\"ok\":true}\nhello ");
    assert_int_equal(run_with(f, "nc alice ssh", "world"), 0);
    assert_string_equal(f->out, "hello world");
    assert_string_equal(f->err, "");
}

static void test_nc_that_broke_off_is_1(void **state)
{
    struct fixture *f = *state;

    f->then = "{\"cmd\":\"nc-end\"}";
    f->then_answer = "{\"ok\":false,\"error\":\"alice ssh: reset by the other end\"}\n";
    start_daemon(f, "{\"cmd\":\"nc\",\"name\":\"alice\",\"port\":\"ssh\"}", "{\"ok\":true}\nhel");
    assert_int_equal(run_with(f, "nc alice ssh", ""), 1);
    assert_string_equal(f->out, "hel");
    assert_string_equal(f->err, "gw: alice ssh: reset by the other end\n");
}

static void test_nc_that_was_not_opened_is_1(void **state)
{
    struct fixture *f = *state;

    start_daemon(f, "{\"cmd\":\"nc\",\"name\":\"alice\",\"port\":\"22\"}",
                 "{\"ok\":false,\"error\":\"alice 22: denied by abcdefgh\"}\n");
    assert_int_equal(run(f, "nc alice 22"), 1);
    assert_string_equal(f->err, "gw: alice 22: denied by abcdefgh\n");
    assert_string_equal(f->out, "");
}

static void test_stop_waits_for_the_end_of_the_process(void **state)
{
    struct fixture *f = *state;

    f->linger_us = 200000;
    start_daemon(f, "{\"cmd\":\"stop\"}", "{\"ok\":true}\n");
    assert_int_equal(run(f, "stop"), 0);
    assert_int_not_equal(access(f->path, F_OK), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_wrong_usage_is_2_with_one_line),
        T(test_wrong_usage_names_the_option),
        T(test_every_command_has_help),
        T(test_every_second_word_has_help_of_its_own),
        T(test_no_daemon_is_1_and_says_what_to_do),
        T(test_status_json_is_the_daemons_object),
        T(test_peers_are_a_table),
        T(test_services_of_this_node_have_targets),
        T(test_services_show_datagrams_and_exit),
        T(test_status_shows_the_gates_and_the_latest_failures),
        T(test_who_is_denied_is_told_what_to_have_typed_over_there),
        T(test_status_says_what_to_have_typed_at_a_relay_that_refuses),
        T(test_network_asks_the_daemon_or_edits_the_file_itself),
        T(test_network_join_says_which_relays_keep_no_names),
        T(test_allow_and_deny_edit_the_file_themselves_without_a_daemon),
        T(test_network_list_shows_relays_and_our_name_at_each),
        T(test_reload_says_what_comes_later),
        T(test_name_claim_is_0_when_a_relay_says_yes),
        T(test_name_release_is_1_when_no_relay_says_yes),
        T(test_name_list_shows_who_told_nothing_too),
        T(test_name_list_is_1_when_no_relay_answers),
        T(test_dht_get_shows_a_record_and_the_way_to_it),
        T(test_dht_put_sends_a_file_as_base64_and_is_1_when_nobody_took_it),
        T(test_describe_goes_over_the_whole_table),
        T(test_services_of_a_peer_have_their_ports_and_are_escaped),
        T(test_a_refusal_is_1_with_the_reason_escaped),
        T(test_a_refusal_is_heard_when_the_daemon_has_closed_already),
        T(test_words_that_are_no_text_are_refused),
        T(test_a_daemon_that_goes_away_is_1),
        T(test_ping_prints_lines_and_a_summary),
        T(test_ping_with_a_loss_is_1),
        T(test_doctor_shows_both_ends_why_and_what_would_help),
        T(test_doctor_of_who_is_not_connected_is_1_and_still_prints),
        T(test_doctor_json_has_the_same_exit_status),
        T(test_netcheck_shows_findings_with_what_they_mean),
        T(test_perf_asks_for_100_megabytes_each_way),
        T(test_perf_takes_sizes_with_units),
        T(test_allow_names_the_services),
        T(test_allow_says_what_the_peer_may_use_then),
        T(test_allow_says_which_services_are_not_there),
        T(test_nc_carries_octets_both_ways),
        T(test_nc_that_broke_off_is_1),
        T(test_nc_that_was_not_opened_is_1),
        T(test_stop_waits_for_the_end_of_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
