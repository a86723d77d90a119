/* cli_cmd.c - one table of commands; each is a request to the daemon and a way to print the
 * answer. */
#include "cli/cli_cmd.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/guess.h"
#include "base/units.h"
#include "cli/cli_args.h"
#include "cli/cli_ask.h"
#include "cli/cli_checkup.h"
#include "cli/cli_dht.h"
#include "cli/cli_nc.h"
#include "cli/cli_network.h"
#include "cli/cli_ping.h"
#include "cli/cli_show.h"
#include "cli/cli_trace.h"

#define PING_COUNT 4
#define PING_MAX   1000
#define PERF_SIZE  (UINT64_C(100) << 20)
#define PERF_MAX   (UINT64_C(64) << 30)

struct command {
    const char *name;
    const char *usage; /* what follows the name */
    const char *help;  /* one line */
    const char *more;  /* the rest of its --help; NULL: there is none */
    int min, max;      /* number of arguments; max -1: any */
    unsigned options;
    int (*run)(const struct cli_args *a); /* NULL: main carries it out */
    enum cli_word first, rest;            /* what the arguments are */
    const char *words;                    /* fixed ones; NULL: none */
    const struct cli_sub *subs;           /* what these words mean; NULL: other things */
};

static int run_status(const struct cli_args *a)
{
    return cli_ask_and_show(a->dir, a->is_json, json_pack("{s:s}", "cmd", "status"), CLI_ANSWER_MS,
                            cli_show_status);
}

static int run_peers(const struct cli_args *a)
{
    return cli_ask_and_show(a->dir, a->is_json, json_pack("{s:s}", "cmd", "peers"), CLI_ANSWER_MS,
                            cli_show_peers);
}

static int run_resolve(const struct cli_args *a)
{
    json_t *req = json_pack("{s:s, s:s}", "cmd", "resolve", "name", a->v[0]);

    if (a->is_verbose) {
        json_object_set_new(req, "verbose", json_true());
        return cli_ask_and_judge(a->dir, a->is_json, req, CLI_NETWORK_MS, cli_show_trace, "found");
    }
    return cli_ask_and_show(a->dir, a->is_json, req, CLI_NETWORK_MS, cli_show_resolve);
}

static int run_services(const struct cli_args *a)
{
    json_t *req = a->n ? json_pack("{s:s, s:s}", "cmd", "services", "peer", a->v[0])
                       : json_pack("{s:s}", "cmd", "services");
    return cli_ask_and_show(a->dir, a->is_json, req, CLI_NETWORK_MS, cli_show_services);
}

static int run_perf(const struct cli_args *a)
{
    json_t *req = json_pack("{s:s, s:s, s:I, s:I}", "cmd", "perf", "name", a->v[0], "up",
                            (json_int_t)a->up, "down", (json_int_t)a->down);
    return cli_ask_and_show(a->dir, a->is_json, req, CLI_FOREVER_MS, cli_show_perf);
}

static int run_doctor(const struct cli_args *a)
{
    return cli_ask_and_judge(a->dir, a->is_json,
                             json_pack("{s:s, s:s}", "cmd", "doctor", "name", a->v[0]),
                             CLI_NETWORK_MS, cli_show_doctor, "connected");
}

static int run_netcheck(const struct cli_args *a)
{
    return cli_ask_and_show(a->dir, a->is_json, json_pack("{s:s}", "cmd", "netcheck"),
                            CLI_ANSWER_MS, cli_show_netcheck);
}

static int show_nothing(FILE *f, const json_t *v)
{
    (void)f;
    (void)v;
    return 0;
}

/* The socket tells an end, but no reset: asks the daemon whether it was one. */
static int end_nc(const struct cli_args *a, const char *ticket)
{
    return cli_ask_and_show(a->dir, false,
                            json_pack("{s:s, s:s}", "cmd", "nc-end", "ticket", ticket),
                            CLI_ANSWER_MS, show_nothing);
}

static int run_nc(const struct cli_args *a)
{
    char ticket[48];
    struct ctl_client *c;
    json_t *v;
    int rc = cli_ask_open(a->dir, &c);

    if (rc)
        return rc;
    signal(SIGPIPE, SIG_IGN);
    snprintf(ticket, sizeof ticket, "%ld-%llu", (long)getpid(),
             (unsigned long long)clock_mono_ms());
    rc = cli_ask_first(c,
                       json_pack("{s:s, s:s, s:s, s:s}", "cmd", "nc", "name", a->v[0], "port",
                                 a->v[1], "ticket", ticket),
                       CLI_NETWORK_MS, &v);
    if (!rc) {
        json_decref(v);
        int err = cli_nc_run(ctl_client_fd(c), STDIN_FILENO, STDOUT_FILENO, ctl_client_rest(c));
        if (err)
            rc = cli_fail("%s %s: %s", a->v[0], a->v[1], gw_strerror(err));
    }
    ctl_client_close(c);
    return rc ? rc : end_nc(a, ticket);
}

/* Without a daemon the file is all there is to change. */
static int run_allow(const struct cli_args *a)
{
    const struct cli_rights_edit e = { .peer = a->v[0],
                                       .services = (const char *const *)a->v + 1,
                                       .nservices = (size_t)a->n - 1 };

    if (!cli_can_connect(a->dir))
        return a->local->edit_rights(a->local->arg, &e);
    return cli_ask_and_say(a->dir,
                           json_pack("{s:s, s:s, s:o}", "cmd", "allow", "peer", e.peer, "services",
                                     cli_ask_words(a->v + 1, e.nservices)),
                           CLI_NETWORK_MS, "allowed");
}

static int run_deny(const struct cli_args *a)
{
    const struct cli_rights_edit e = { .peer = a->v[0], .is_deny = true };

    if (!cli_can_connect(a->dir))
        return a->local->edit_rights(a->local->arg, &e);
    return cli_ask_and_say(a->dir, json_pack("{s:s, s:s}", "cmd", "deny", "peer", a->v[0]),
                           CLI_NETWORK_MS, "denied");
}

static int run_reload(const struct cli_args *a)
{
    return cli_ask_and_say(a->dir, json_pack("{s:s}", "cmd", "reload"), CLI_NETWORK_MS, "reloaded");
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
static int run_stop(const struct cli_args *a)
{
    struct ctl_client *c;
    json_t *v;
    int rc = cli_ask_open(a->dir, &c);

    if (rc)
        return rc;
    struct pollfd p = { .fd = watch_daemon(c), .events = POLLIN };
    rc = cli_ask_first(c, json_pack("{s:s}", "cmd", "stop"), CLI_ANSWER_MS, &v);
    if (!rc)
        json_decref(v);
    if (!rc && p.fd >= 0 && poll(&p, 1, CLI_ANSWER_MS) == 0)
        rc = cli_fail("the daemon was asked to stop, but runs still after %d s",
                      CLI_ANSWER_MS / 1000);
    if (p.fd >= 0)
        close(p.fd);
    ctl_client_close(c);
    return rc;
}

static const struct command commands[] = {
    { "id", "", "print the peer id of this node",
      "Give it to those who are to let this node in (gw allow), or to reach it (names file).",
      .run = NULL },
    { "status", "[--json]", "what the daemon does: addresses, forwards, services, counters",
      "It succeeds once the daemon is ready.", .options = CLI_OPT_JSON, .run = run_status },
    { "resolve", "[--json] [-v] NAME", "which peer a name leads to, and who says so",
      "NAME is HOST.NETWORK, a name of the names file or the LAN, any of these behind SERVICE., "
      "or\n"
      "a peer id.  -v tells of every tier: was it asked, what it said, the time it took.",
      1, 1, CLI_OPT_JSON | CLI_OPT_VERBOSE, run_resolve, .first = CLI_PEER },
    { "ping", "[--json] [-n N] NAME", "measure the way to a peer",
      "N times, one a second: 1 to 1000, 4 unless given.  -c N is the same.", 1, 1,
      CLI_OPT_JSON | CLI_OPT_COUNT, cli_ping_run, .first = CLI_PEER },
    { "perf", "[OPTION...] NAME", "measure the throughput to a peer",
      "  --up SIZE, --down SIZE  so many octets to the peer, then from it: 100M each unless "
      "given,\n"
      "                          64G at most, 0 for none; k, M, G are powers of 1024\n"
      "  --json                  print one JSON object\n\n"
      "A gw answers when its gw.conf has perf = yes.",
      1, 1, CLI_OPT_JSON | CLI_OPT_SIZES, run_perf, .first = CLI_PEER },
    { "doctor", "[--json] NAME", "say how a peer is reached, why not better, what would help",
      "Takes up to 10 s: both ends are asked, and every address of the peer is tried.\n"
      "The exit status is 0 when the peer is connected, directly or over a relay, else 1.",
      1, 1, CLI_OPT_JSON, run_doctor, .first = CLI_PEER },
    { "netcheck", "[--json]", "say how this node is connected: NAT, UDP, relays, addresses",
      "As far as it is known now: peers and relays tell it.", .options = CLI_OPT_JSON,
      .run = run_netcheck },
    { "nc", "NAME PORT|SERVICE", "join stdin and stdout to a service of a peer",
      "NAME:PORT does as well.  For ssh see gw ssh-config.\n"
      "Without a daemon it works alone, and takes a little longer.",
      2, 2, 0, run_nc, .first = CLI_PEER },
    { "peers", "[--json]", "list the connected peers", .options = CLI_OPT_JSON, .run = run_peers },
    { "services", "[--json] [PEER]", "list the services of this node, or of a peer",
      "Of a peer: those that it lets this node use.", 0, 1, CLI_OPT_JSON, run_services,
      .first = CLI_PEER },
    { "names", "", "list the names of the names file", "One a line, in the order of the file.",
      .run = NULL },
    { "network", "join|leave|list ...", "be in a network, whose relays know its names",
      "join and leave change [network NAME] in gw.conf, and nothing else in it.", 1, -1,
      CLI_OPT_JSON | CLI_OPT_HOST, .words = "join leave list", .subs = cli_network_subs },
    { "name", "claim|release|list", "names of this node in its networks, and of others", NULL, 1,
      -1, CLI_OPT_JSON, .words = "claim release list", .subs = cli_name_subs },
    { "dht", "status|find|get ...", "look into the distributed hash table", NULL, 1, -1,
      CLI_OPT_JSON, .words = "status find get put provide providers share meet sign-list",
      .subs = cli_dht_subs },
    { "allow", "PEER [SERVICE...]", "let a peer use these services (none named: all)",
      "PEER is what gw id prints over there, or a name of the names file.  Services are added to\n"
      "those that the peer has.  Dates and limits: edit authorized_keys, see gw.conf(5).\n"
      "Works without a daemon, too.",
      1, -1, 0, run_allow, .first = CLI_PEER, .rest = CLI_SERVICE },
    { "deny", "PEER", "take back all that a peer was allowed",
      "Its connection ends at once.  Works without a daemon, too.", 1, 1, 0, run_deny,
      .first = CLI_PEER },
    { "reload", "", "read gw.conf, names and authorized_keys again",
      "With an error in one of them nothing changes, and the error is printed.  So are the keys\n"
      "that take effect with the next start only.",
      .run = run_reload },
    { "stop", "", "stop the daemon, and wait until it is gone", .run = run_stop },
    { "config", "--check | --show", "check all files, or print all keys with their values",
      "--check also finds what is no error and cannot come to anything as it stands, such as a\n"
      "program that is not there.  The exit status is 1 then.",
      .words = "--check --show" },
    { "ssh-config", "[NAME...]", "print Host blocks for ~/.ssh/config, so that ssh NAME works",
      "For these names, or for all of the names file; and for whatever ends in .p2p.", .max = -1,
      .first = CLI_PEER, .rest = CLI_PEER },
    { "completion", "bash | zsh | fish", "print what completes command lines of gw in a shell",
      "bash, in ~/.bashrc:               source <(gw completion bash)\n"
      "zsh, in ~/.zshrc, below compinit: source <(gw completion zsh)\n"
      "fish:                             gw completion fish >~/.config/fish/completions/gw.fish",
      .words = "bash zsh fish" },
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

static int bad_sub_usage(const struct command *cmd, const struct cli_sub *sub, const char *what)
{
    fprintf(stderr, "gw %s %s: %s (usage: gw %s %s%s%s)\n", cmd->name, sub->name, what, cmd->name,
            sub->name, *sub->usage ? " " : "", sub->usage);
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

static const struct {
    unsigned bit; /* of the commands that have it; 0: all */
    struct cli_option option;
    int letter; /* what getopt_long makes of it */
} known_options[] = {
    { CLI_OPT_JSON, { "--json", false }, 'j' },
    { CLI_OPT_COUNT, { "-c", true }, 'c' }, /* as in ping(8) */

    { CLI_OPT_COUNT, { "-n", true }, 'n' },
    { CLI_OPT_SIZES, { "--up", true }, 'u' },
    { CLI_OPT_SIZES, { "--down", true }, 'd' },
    { CLI_OPT_HOST, { "--host", true }, 'H' },
    { CLI_OPT_VERBOSE, { "-v", false }, 'v' },
    { 0, { "--help", false }, 'h' },
};
#define NOPTIONS   (sizeof known_options / sizeof known_options[0])
#define SHORTS_MAX (2 * NOPTIONS + sizeof ":h")

static bool has_option(const struct command *cmd, size_t i)
{
    return (known_options[i].bit & cmd->options) == known_options[i].bit;
}

/* The options of the command, as getopt_long wants them. */
static void known_options_of(const struct command *cmd, struct option longs[NOPTIONS + 1],
                             char shorts[SHORTS_MAX])
{
    size_t nlongs = 0, nshorts = (size_t)snprintf(shorts, SHORTS_MAX, ":h");

    for (size_t i = 0; i < NOPTIONS; i++) {
        const struct cli_option *o = &known_options[i].option;
        bool is_long = o->name[1] == '-';
        if (has_option(cmd, i) && is_long)
            longs[nlongs++] = (struct option){ o->name + 2,
                                               o->has_value ? required_argument : no_argument, NULL,
                                               known_options[i].letter };
        else if (has_option(cmd, i))
            nshorts += (size_t)snprintf(shorts + nshorts, SHORTS_MAX - nshorts, "%c%s", o->name[1],
                                        o->has_value ? ":" : "");
    }
    longs[nlongs] = (struct option){ 0 };
}

static bool is_count_wrong(int n, int min, int max)
{
    return n < min || (max >= 0 && n > max);
}

/* The arguments are the second word and what stands behind it.  Exit status. */
static int run_sub(const struct command *cmd, struct cli_args *a)
{
    const struct cli_sub *sub = cli_sub_find(cmd->subs, a->v[0]);

    if (!sub)
        return bad_usage(cmd, "no command ", a->v[0]);
    a->v++;
    a->n--;
    if (is_count_wrong(a->n, sub->min, sub->max))
        return bad_sub_usage(cmd, sub, "wrong number of arguments");
    if (a->is_json && !(sub->options & CLI_OPT_JSON))
        return bad_sub_usage(cmd, sub, "no option --json");
    if (a->host && !(sub->options & CLI_OPT_HOST))
        return bad_sub_usage(cmd, sub, "no option --host");
    return sub->run(a);
}

static void print_help(const struct command *cmd, const struct cli_args *a)
{
    const struct cli_sub *sub = cmd->subs && a->n ? cli_sub_find(cmd->subs, a->v[0]) : NULL;

    if (sub)
        cli_sub_help(stdout, cmd->name, sub);
    else
        cli_help_of(stdout, cmd->name);
}

/* Reads `argv`; exit status -1 means go on. */
static int read_args(const struct command *cmd, int argc, char **argv, struct cli_args *a)
{
    struct option longs[NOPTIONS + 1];
    char shorts[SHORTS_MAX];
    bool wants_help = false;
    int o, rc = CLI_OK;

    optind = 0; /* glibc: start over, main has used getopt already */
    opterr = 0;
    known_options_of(cmd, longs, shorts);
    while (!rc && (o = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (o == 'h') {
            wants_help = true;
        } else if (o == 'j') {
            a->is_json = true;
        } else if (o == 'v') {
            a->is_verbose = true;
        } else if (o == 'H') {
            a->host = optarg;
        } else if (o == 'n' || o == 'c') {
            rc = read_count(cmd, optarg, &a->count);
        } else if (o == 'u' || o == 'd') {
            rc = read_size(cmd, optarg, o == 'u' ? &a->up : &a->down);
        } else {
            const char one[] = { '-', (char)optopt, '\0' };
            bool is_short = o == '?' && optopt && !strchr(argv[optind - 1], '=');
            bool is_ahead = is_short && strchr("dfq", optopt);
            rc = bad_usage(cmd,
                           o == ':'   ? "no value for "
                           : is_ahead ? "this stands ahead of the command: "
                                      : "no option ",
                           is_short ? one : argv[optind - 1]);
        }
    }
    a->n = argc - optind;
    a->v = argv + optind;
    if (rc)
        return rc;
    if (wants_help) {
        print_help(cmd, a);
        return CLI_OK;
    }
    if (is_count_wrong(a->n, cmd->min, cmd->max))
        return bad_usage(cmd, "wrong number of arguments", "");
    return -1;
}

static const char *nth_command(const void *arg, size_t i)
{
    (void)arg;
    return i < NCOMMANDS ? commands[i].name : NULL;
}

static int fail_unknown(const char *name)
{
    static const char *const starts[] = { "start", "run", "daemon", "up", "serve" };
    const char *meant = guess(name, nth_command, NULL);

    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (strcmp(name, starts[i]) == 0) {
            fprintf(stderr, "gw: no command %s: gw without a command runs the daemon\n", name);
            return CLI_USAGE;
        }
    fprintf(stderr, "gw: no command %s; %s%s%ssee gw --help\n", name, meant ? "did you mean " : "",
            meant ? meant : "", meant ? "? " : "");
    return CLI_USAGE;
}

int cli_main(const char *dir, const struct cli_local *local, int argc, char **argv)
{
    const struct command *cmd = find_command(argv[0]);
    struct cli_args a = {
        .dir = dir, .count = PING_COUNT, .up = PERF_SIZE, .down = PERF_SIZE, .local = local
    };

    if (!cmd || !(cmd->run || cmd->subs))
        return fail_unknown(argv[0]);
    int rc = read_args(cmd, argc, argv, &a);
    if (rc < 0)
        rc = cmd->subs ? run_sub(cmd, &a) : cmd->run(&a);
    if (rc == CLI_OK && cmd->run != run_nc && (fflush(stdout) != 0 || ferror(stdout)))
        rc = cli_fail("standard output: %s", gw_strerror(err_from_errno(errno)));
    return rc;
}

bool cli_describe(size_t i, struct cli_usage *out)
{
    if (i >= NCOMMANDS)
        return false;
    const struct command *cmd = &commands[i];
    *out = (struct cli_usage){ .name = cmd->name,
                               .help = cmd->help,
                               .first = cmd->first,
                               .rest = cmd->rest,
                               .words = cmd->words };
    _Static_assert(NOPTIONS <= CLI_OPTIONS_MAX, "of all bits together");
    for (size_t k = 0; k < NOPTIONS; k++)
        if (has_option(cmd, k))
            out->options[out->noptions++] = known_options[k].option;
    return true;
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
        fprintf(f, "  %-10s %-21s %s\n", commands[i].name, commands[i].usage, commands[i].help);
}

void cli_help_of(FILE *f, const char *command)
{
    const struct command *cmd = find_command(command);

    fprintf(f, "usage: gw [-d DIR] %s%s%s\n\n%s\n", cmd->name, *cmd->usage ? " " : "", cmd->usage,
            cmd->help);
    if (cmd->more)
        fprintf(f, "\n%s\n", cmd->more);
    if (cmd->subs) {
        fputc('\n', f);
        cli_sub_list(f, cmd->name, cmd->subs);
        fprintf(f, "\ngw %s COMMAND --help tells more about one.\n", cmd->name);
    }
}

int cli_wrong_usage(const char *command)
{
    return bad_usage(find_command(command), "wrong arguments, see --help", "");
}
