/* cli_cmd.c - one table of commands; each is a request to the daemon and a way to print the
 * answer. */
#include "cli/cli_cmd.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/units.h"
#include "cli/cli_nc.h"
#include "cli/cli_show.h"
#include "cli/ctl_client.h"

#define ANSWER_MS  10000   /* for what the daemon knows by itself */
#define NETWORK_MS 120000  /* for what it must ask others; its own deadlines are shorter */
#define PERF_MS    INT_MAX /* it lasts as long as octets move: the daemon sees to that */
#define PING_COUNT 4
#define PING_MAX   1000
#define PERF_SIZE  (UINT64_C(100) << 20)
#define PERF_MAX   (UINT64_C(64) << 30)

enum { OPT_JSON = 1, OPT_COUNT = 2, OPT_SIZES = 4 };

struct args {
    const char *dir;
    bool is_json;
    int count;         /* -n */
    uint64_t up, down; /* octets */
    int n;             /* what stands in v */
    char **v;
};

struct command {
    const char *name;
    const char *usage; /* what follows the name */
    const char *help;  /* one line */
    const char *more;  /* the rest of its --help; NULL: there is none */
    int min, max;      /* number of arguments; max -1: any */
    unsigned options;
    int (*run)(const struct args *a); /* NULL: main carries it out */
};

static int fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static int fail(const char *fmt, ...)
{
    char text[2048], line[4 * sizeof text];
    size_t n = 0;
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    for (const char *p = text; *p; p++) /* parts of it may come from a peer */
        n += (size_t)sprintf(line + n, *p >= 0x20 && *p < 0x7f ? "%c" : "\\x%02x",
                             (unsigned char)*p);
    line[n] = '\0';
    fprintf(stderr, "gw: %s\n", line);
    return CLI_FAILED;
}

static int fail_no_daemon(const char *dir, int err)
{
    char path[CTL_CLIENT_PATH_MAX];

    ctl_client_path(dir, path);
    if (err == GW_ENOTFOUND || err == GW_EREFUSED)
        return fail("no daemon answers on %s: is `gw -d %s` running?", path, dir);
    if (err == GW_EINVAL)
        return fail("%s: too long for a socket's path (107 octets): use a shorter -d", path);
    return fail("%s: %s", path, gw_strerror(err));
}

static int fail_daemon(int err)
{
    return err == GW_ECLOSED ? fail("the daemon ended before it answered")
                             : fail("no answer from the daemon: %s", gw_strerror(err));
}

static int open_daemon(const struct args *a, struct ctl_client **c)
{
    int err = ctl_client_open(a->dir, c);
    return err ? fail_no_daemon(a->dir, err) : CLI_OK;
}

/* The next line; an answer with "ok": false becomes the reason on stderr.  Exit status; *out
 * owned when 0. */
static int next_answer(struct ctl_client *c, int timeout_ms, json_t **out)
{
    json_t *v;
    int err = ctl_client_recv(c, timeout_ms, &v);

    if (err)
        return fail_daemon(err);
    if (json_is_true(json_object_get(v, "ok")) || json_is_true(json_object_get(v, "more"))) {
        *out = v;
        return CLI_OK;
    }
    fail("%s", cli_show_str(v, "error"));
    json_decref(v);
    return CLI_FAILED;
}

/* Sends `req` (taken) and reads the first line of the answer.  A daemon that refuses us may have
 * closed already: then sending fails, and what it said is still there to read. */
static int request(struct ctl_client *c, json_t *req, int timeout_ms, json_t **out)
{
    int err = ctl_client_send(c, req);

    if (err == GW_EINVAL)
        return fail("not UTF-8 text");
    if (err && err != GW_ERESET)
        return fail_daemon(err);
    return next_answer(c, timeout_ms, out);
}

/* One request, one answer.  *out owned when the exit status is 0. */
static int ask(const struct args *a, json_t *req, int timeout_ms, json_t **out)
{
    struct ctl_client *c;
    int rc = open_daemon(a, &c);

    if (rc) {
        json_decref(req);
        return rc;
    }
    rc = request(c, req, timeout_ms, out);
    ctl_client_close(c);
    return rc;
}

static int print_json(json_t *v)
{
    json_object_del(v, "ok");
    if (json_dumpf(v, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) != 0)
        return GW_ENOMEM;
    putchar('\n');
    return 0;
}

/* One request whose answer is printed by `show`, or as JSON. */
static int ask_and_show(const struct args *a, json_t *req, int timeout_ms,
                        int (*show)(FILE *, const json_t *))
{
    json_t *v;
    int rc = ask(a, req, timeout_ms, &v);

    if (rc)
        return rc;
    int err = a->is_json ? print_json(v) : show(stdout, v);
    json_decref(v);
    return err ? fail("%s", gw_strerror(err)) : CLI_OK;
}

static int run_status(const struct args *a)
{
    return ask_and_show(a, json_pack("{s:s}", "cmd", "status"), ANSWER_MS, cli_show_status);
}

static int run_peers(const struct args *a)
{
    return ask_and_show(a, json_pack("{s:s}", "cmd", "peers"), ANSWER_MS, cli_show_peers);
}

static int run_resolve(const struct args *a)
{
    return ask_and_show(a, json_pack("{s:s, s:s}", "cmd", "resolve", "name", a->v[0]), NETWORK_MS,
                        cli_show_resolve);
}

static int run_services(const struct args *a)
{
    json_t *req = a->n ? json_pack("{s:s, s:s}", "cmd", "services", "peer", a->v[0])
                       : json_pack("{s:s}", "cmd", "services");
    return ask_and_show(a, req, NETWORK_MS, cli_show_services);
}

static long long member(const json_t *v, const char *key)
{
    return json_integer_value(json_object_get(v, key));
}

static void show_ping_line(const json_t *v, const char *name)
{
    const char *error = cli_show_str(v, "error");
    long long seq = member(v, "seq");

    if (seq == 1)
        printf("PING %s (%s)\n", name, cli_show_str(v, "peer"));
    if (*error)
        printf("seq=%lld %s\n", seq, error);
    else
        printf("seq=%lld time=%.3f ms\n", seq, json_number_value(json_object_get(v, "rtt_ms")));
}

static void show_ping_end(const json_t *v, const char *name)
{
    printf("--- %s ---\n%lld sent, %lld received\nrtt min/avg/max = %.3f/%.3f/%.3f ms\n", name,
           member(v, "sent"), member(v, "received"),
           json_number_value(json_object_get(v, "min_ms")),
           json_number_value(json_object_get(v, "avg_ms")),
           json_number_value(json_object_get(v, "max_ms")));
}

static void show_ping(const struct args *a, const json_t *v, bool is_last)
{
    if (a->is_json) {
        json_dumpf(v, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
        putchar('\n');
    } else if (is_last) {
        show_ping_end(v, a->v[0]);
    } else {
        show_ping_line(v, a->v[0]);
    }
    fflush(stdout);
}

/* Takes the last line of a round. */
static int end_ping(const struct args *a, json_t *v)
{
    long long sent = member(v, "sent"), lost = sent - member(v, "received");

    show_ping(a, v, true);
    json_decref(v);
    return lost ? fail("%s: %lld of %lld pings had no answer", a->v[0], lost, sent) : CLI_OK;
}

static int run_ping(const struct args *a)
{
    struct ctl_client *c;
    json_t *v;
    int rc = open_daemon(a, &c);

    if (rc)
        return rc;
    rc = request(c, json_pack("{s:s, s:s, s:i}", "cmd", "ping", "name", a->v[0], "count", a->count),
                 NETWORK_MS, &v);
    while (!rc && json_is_true(json_object_get(v, "more"))) {
        show_ping(a, v, false);
        json_decref(v);
        rc = next_answer(c, NETWORK_MS, &v);
    }
    ctl_client_close(c);
    return rc ? rc : end_ping(a, v);
}

static int run_perf(const struct args *a)
{
    json_t *req = json_pack("{s:s, s:s, s:I, s:I}", "cmd", "perf", "name", a->v[0], "up",
                            (json_int_t)a->up, "down", (json_int_t)a->down);
    return ask_and_show(a, req, PERF_MS, cli_show_perf);
}

static int run_nc(const struct args *a)
{
    struct ctl_client *c;
    json_t *v;
    int rc = open_daemon(a, &c);

    if (rc)
        return rc;
    signal(SIGPIPE, SIG_IGN);
    rc = request(c, json_pack("{s:s, s:s, s:s}", "cmd", "nc", "name", a->v[0], "port", a->v[1]),
                 NETWORK_MS, &v);
    if (!rc) {
        json_decref(v);
        int err = cli_nc_run(ctl_client_fd(c), STDIN_FILENO, STDOUT_FILENO, ctl_client_rest(c));
        if (err)
            rc = fail("%s %s: %s", a->v[0], a->v[1], gw_strerror(err));
    }
    ctl_client_close(c);
    return rc;
}

/* Behind a peer id: the services that it was allowed though they are not there. */
static void print_not_offered(const json_t *names)
{
    const char *sep = ": ";
    const json_t *name;
    size_t i;

    json_array_foreach(names, i, name)
    {
        printf("%s%s", sep, json_string_value(name));
        sep = ", ";
    }
    if (i)
        printf(" (no such service here yet)");
}

/* Sends a request whose answer holds nothing worth printing but `done`, followed by the peer id
 * if there is one. */
static int ask_and_say(const struct args *a, json_t *req, int timeout_ms, const char *done)
{
    json_t *v;
    int rc = ask(a, req, timeout_ms, &v);

    if (rc)
        return rc;
    const char *peer = cli_show_str(v, "peer");
    printf("%s%s%s", done, *peer ? " " : "", peer);
    print_not_offered(json_object_get(v, "not_offered"));
    putchar('\n');
    json_decref(v);
    return CLI_OK;
}

static int run_allow(const struct args *a)
{
    json_t *services = json_array();

    for (int i = 1; i < a->n; i++)
        json_array_append_new(services, json_string(a->v[i]));
    if (a->n > 1 && json_array_size(services) != (size_t)a->n - 1) {
        json_decref(services);
        return fail("not UTF-8 text"); /* or out of memory: never allow all in place of some */
    }
    return ask_and_say(
        a, json_pack("{s:s, s:s, s:o}", "cmd", "allow", "peer", a->v[0], "services", services),
        NETWORK_MS, "allowed");
}

static int run_deny(const struct args *a)
{
    return ask_and_say(a, json_pack("{s:s, s:s}", "cmd", "deny", "peer", a->v[0]), NETWORK_MS,
                       "denied");
}

static int run_reload(const struct args *a)
{
    return ask_and_say(a, json_pack("{s:s}", "cmd", "reload"), NETWORK_MS, "reloaded");
}

/* A descriptor that becomes readable when the daemon's process has ended; -1 when its process
 * cannot be seen. */
static int watch_daemon(const struct ctl_client *c)
{
    struct ucred peer;
    socklen_t n = sizeof peer;

    if (getsockopt(ctl_client_fd(c), SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0 || peer.pid <= 0)
        return -1;
    return pidfd_open(peer.pid, 0);
}

/* Comes back when the daemon is gone: what it held (ports, the socket) is free then. */
static int run_stop(const struct args *a)
{
    struct ctl_client *c;
    json_t *v;
    int rc = open_daemon(a, &c);

    if (rc)
        return rc;
    struct pollfd p = { .fd = watch_daemon(c), .events = POLLIN };
    rc = request(c, json_pack("{s:s}", "cmd", "stop"), ANSWER_MS, &v);
    if (!rc)
        json_decref(v);
    if (!rc && p.fd >= 0 && poll(&p, 1, ANSWER_MS) == 0)
        rc = fail("the daemon was asked to stop, but runs still after %d s", ANSWER_MS / 1000);
    if (p.fd >= 0)
        close(p.fd);
    ctl_client_close(c);
    return rc;
}

static const struct command commands[] = {
    { "id", "", "print the peer id of this node",
      "Give it to those who are to let this node in (gw allow), or to reach it (names file).", 0, 0,
      0, NULL },
    { "status", "[--json]", "what the daemon does: addresses, forwards, services, counters",
      "It succeeds once the daemon is ready.", 0, 0, OPT_JSON, run_status },
    { "resolve", "[--json] NAME", "which peer a name leads to, and who says so",
      "NAME is a name of the names file, SERVICE.NAME, or a peer id.", 1, 1, OPT_JSON,
      run_resolve },
    { "ping", "[--json] [-n N] NAME", "measure the way to a peer",
      "N times, one a second: 1 to 1000, 4 unless given.", 1, 1, OPT_JSON | OPT_COUNT, run_ping },
    { "perf", "[OPTION...] NAME", "measure the throughput to a peer",
      "  --up SIZE, --down SIZE  so many octets to the peer, then from it: 100M each unless "
      "given,\n"
      "                          64G at most, 0 for none; k, M, G are powers of 1024\n"
      "  --json                  print one JSON object\n\n"
      "A gw answers when its gw.conf has perf = yes.",
      1, 1, OPT_JSON | OPT_SIZES, run_perf },
    { "nc", "NAME PORT|SERVICE", "join stdin and stdout to a service of a peer",
      "In ~/.ssh/config: ProxyCommand gw nc %h %p\n"
      "Without a daemon it works alone, and takes a little longer.",
      2, 2, 0, run_nc },
    { "peers", "[--json]", "list the connected peers", NULL, 0, 0, OPT_JSON, run_peers },
    { "services", "[--json] [PEER]", "list the services of this node, or of a peer",
      "Of a peer: those that it lets this node use.", 0, 1, OPT_JSON, run_services },
    { "allow", "PEER [SERVICE...]", "let a peer use these services (none named: all)",
      "PEER is what gw id prints over there, or a name of the names file.  Services are added to\n"
      "those that the peer has.  Dates and limits: edit authorized_keys, see gw.conf(5).",
      1, -1, 0, run_allow },
    { "deny", "PEER", "take back all that a peer was allowed", "Its connection ends at once.", 1, 1,
      0, run_deny },
    { "reload", "", "read gw.conf, names and authorized_keys again",
      "With an error in one of them nothing changes, and the error is printed.", 0, 0, 0,
      run_reload },
    { "stop", "", "stop the daemon, and wait until it is gone", NULL, 0, 0, 0, run_stop },
    { "config", "--check | --show", "check all files, or print all keys with their values", NULL, 0,
      0, 0, NULL },
};
#define NCOMMANDS (sizeof commands / sizeof commands[0])

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < NCOMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int bad_usage(const struct command *cmd, const char *what, const char *arg)
{
    fprintf(stderr, "gw %s: %s%s (usage: gw %s%s%s)\n", cmd->name, what, arg, cmd->name,
            *cmd->usage ? " " : "", cmd->usage);
    return CLI_USAGE;
}

static int read_count(const struct command *cmd, const char *text, int *out)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (*end || end == text || n < 1 || n > PING_MAX)
        return bad_usage(cmd, "-n takes a number from 1 to 1000, not ", text);
    *out = (int)n;
    return CLI_OK;
}

static int read_size(const struct command *cmd, const char *text, uint64_t *out)
{
    if (units_parse_size(text, out) == 0 && *out <= PERF_MAX)
        return CLI_OK;
    return bad_usage(cmd, "sizes go from 0 to 64G, such as 500k or 100M, not ", text);
}

/* Reads `argv`; exit status -1 means go on. */
static int read_args(const struct command *cmd, int argc, char **argv, struct args *a)
{
    static const struct option longs[] = { { "up", required_argument, NULL, 'u' },
                                           { "down", required_argument, NULL, 'd' },
                                           { "json", no_argument, NULL, 'j' },
                                           { "help", no_argument, NULL, 'h' },
                                           { 0 } };
    const struct option *known = cmd->options & OPT_SIZES ? longs : longs + 2;
    const char *shorts = cmd->options & OPT_COUNT ? ":hn:" : ":h";
    int o, rc = CLI_OK;

    optind = 0; /* glibc: start over, main has used getopt already */
    opterr = 0;
    while (!rc && (o = getopt_long(argc, argv, shorts, known, NULL)) != -1) {
        if (o == 'h') {
            cli_help_of(stdout, cmd->name);
            return CLI_OK;
        } else if (o == 'j' && (cmd->options & OPT_JSON)) {
            a->is_json = true;
        } else if (o == 'n') {
            rc = read_count(cmd, optarg, &a->count);
        } else if (o == 'u' || o == 'd') {
            rc = read_size(cmd, optarg, o == 'u' ? &a->up : &a->down);
        } else {
            rc = bad_usage(cmd, o == ':' ? "no value for " : "no option ", argv[optind - 1]);
        }
    }
    if (rc)
        return rc;
    a->n = argc - optind;
    a->v = argv + optind;
    if (a->n < cmd->min || (cmd->max >= 0 && a->n > cmd->max))
        return bad_usage(cmd, "wrong number of arguments", "");
    return -1;
}

int cli_main(const char *dir, int argc, char **argv)
{
    const struct command *cmd = find_command(argv[0]);
    struct args a = { .dir = dir, .count = PING_COUNT, .up = PERF_SIZE, .down = PERF_SIZE };

    if (!cmd || !cmd->run) {
        fprintf(stderr, "gw: no command %s; see gw --help\n", argv[0]);
        return CLI_USAGE;
    }
    int rc = read_args(cmd, argc, argv, &a);
    if (rc < 0)
        rc = cmd->run(&a);
    if (rc == CLI_OK && cmd->run != run_nc && (fflush(stdout) != 0 || ferror(stdout)))
        rc = fail("standard output: %s", gw_strerror(err_from_errno(errno)));
    return rc;
}

bool cli_has(const char *command)
{
    return find_command(command) != NULL;
}

bool cli_can_connect(const char *dir)
{
    struct ctl_client *c;

    if (ctl_client_open(dir, &c) != 0)
        return false;
    ctl_client_close(c);
    return true;
}

void cli_help(FILE *f)
{
    for (size_t i = 0; i < NCOMMANDS; i++)
        fprintf(f, "  %-9s %-21s %s\n", commands[i].name, commands[i].usage, commands[i].help);
}

void cli_help_of(FILE *f, const char *command)
{
    const struct command *cmd = find_command(command);

    fprintf(f, "usage: gw [-d DIR] %s%s%s\n\n%s\n", cmd->name, *cmd->usage ? " " : "", cmd->usage,
            cmd->help);
    if (cmd->more)
        fprintf(f, "\n%s\n", cmd->more);
}

int cli_wrong_usage(const char *command)
{
    return bad_usage(find_command(command), "wrong arguments", "");
}
