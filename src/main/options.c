/* options.c - see options.h. */
#include "main/options.h"

#include <ctype.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"

static const char usage[] =
    "usage: gw [-d DIR] [-f CONF] [-D [BIND:]PORT|none]... [-L [BIND:]PORT:NAME:PORT]...\n"
    "          [-U [BIND:]PORT:NAME:PORT]... [-S NAME[:PORT][/udp]=TARGET]... [-l MULTIADDR]...\n"
    "          [-r RELAY]... [-R] [-v|-q]\n"
    "       gw [-d DIR] COMMAND ...\n"
    "\n"
    "Without a command gw runs in the foreground until SIGINT or SIGTERM.\n"
    "\n";

enum { OPT_VERSION = UCHAR_MAX + 1 }; /* has no short form */

/* clang-format off */
static const struct options_row rows[] = {
    { 'd', NULL, "DIR", OPTIONS_DIR,
      "directory of gw.conf, key, names, authorized_keys, state/, ctl.sock\n"
      "(default: $GW_HOME, $XDG_CONFIG_HOME/gw, ~/.config/gw)" },
    { 'f', NULL, "CONF", OPTIONS_FILE, "configuration file in place of DIR/gw.conf" },
    { 'D', NULL, "[BIND:]PORT|none", OPTIONS_TEXT,
      "proxy port (default: 127.0.0.1:1080); none: no proxy" },
    { 'L', NULL, "[BIND:]PORT:NAME:PORT", OPTIONS_TEXT,
      "forward a local port, or a socket path, to a service of a peer;\n"
      "a service name may stand for the last PORT; port 0: a free one" },
    { 'U', NULL, "[BIND:]PORT:NAME:PORT", OPTIONS_TEXT, "the same for datagrams (UDP)" },
    { 'S', NULL, "NAME[:PORT][/udp]=TARGET", OPTIONS_TEXT,
      "offer a service: ssh:22=127.0.0.1:22, db:5432=unix:/run/db.sock,\n"
      "dns:53/udp=127.0.0.1:53" },
    { 'l', NULL, "MULTIADDR", OPTIONS_TEXT,
      "listen, such as /ip4/0.0.0.0/udp/4001/quic-v1 or /ip4/0.0.0.0/tcp/4001\n"
      "(default: QUIC and TCP on a random port, over IPv4 and IPv6)" },
    { 'r', NULL, "RELAY", OPTIONS_TEXT,
      "be reachable through this relay: its multiaddr with /p2p/ID,\n"
      "or its name" },
    { 'R', NULL, NULL, OPTIONS_FLAG, "be a relay for the peers that may use one" },
    { 'v', NULL, NULL, OPTIONS_FLAG, "log more (debug)" },
    { 'q', NULL, NULL, OPTIONS_FLAG, "log less (warnings, errors)" },
    { 'h', "help", NULL, OPTIONS_FLAG, "print this text" },
    { OPT_VERSION, "version", NULL, OPTIONS_FLAG, "print the version" },
};
/* clang-format on */
#define NROWS       (sizeof rows / sizeof rows[0])
#define COMMAND_MAX (4 * PATH_MAX + 16)
#define HELP_WIDE   28 /* columns of an option with its argument */

const struct options_row *options_row(size_t i)
{
    return i < NROWS ? &rows[i] : NULL;
}

struct parser {
    struct options *o;
    int opt; /* the option at hand, and its argument */
    const char *arg;
    int nforwards; /* -L and -U so far: they need names */
    /* -D, -l, -r given: what the file says no longer counts */
    bool has_proxy, has_listen, has_relay;
    char *err;
};

__attribute__((format(printf, 2, 3))) static int wrong(struct parser *p, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(p->err, CONF_ERR_MAX, fmt, ap);
    va_end(ap);
    return GW_EINVAL;
}

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

/* What the config will say against a value; NULL: nothing. */
static const char *find_fault(const char *section, const char *key, const char *value)
{
    const struct conf_key *k = config_schema.keys;

    while (k->section && (strcmp(k->section, section) != 0 || strcmp(k->key, key) != 0))
        k++;
    return *value && k->section && k->check ? k->check(value) : NULL;
}

static int add(struct parser *p, const char *section, const char *name, const char *key,
               const char *value)
{
    struct options *o = p->o;
    const char *fault = find_fault(section, key, value);
    if (fault && strcmp(value, p->arg) == 0)
        return wrong(p, "-%c %.128s: %s", p->opt, value, fault);
    if (fault)
        return wrong(p, "-%c %.128s: %.64s %s", p->opt, p->arg, value, fault);
    struct config_override *over = realloc(o->over, (o->nover + 1) * sizeof *over);
    if (!over)
        return wrong(p, "%s", gw_strerror(GW_ENOMEM));
    o->over = over;
    over += o->nover++;
    *over = (struct config_override){ copy(section), copy(name), copy(key), copy(value) };
    if (!over->section || !over->key || !over->value || (name && !over->name))
        return wrong(p, "%s", gw_strerror(GW_ENOMEM));
    return 0;
}

/* A list given on the command line takes the place of the file's. */
static int add_to_list(struct parser *p, bool *has, const char *section, const char *key,
                       const char *value)
{
    int err = *has ? 0 : add(p, section, NULL, key, "");
    *has = true;
    return err || !*value ? err : add(p, section, NULL, key, value);
}

/* The next ':' outside brackets. */
static char *find_colon(char *text)
{
    bool in_brackets = false;
    for (; *text; text++) {
        if (*text == '[' || *text == ']')
            in_brackets = *text == '[';
        else if (*text == ':' && !in_brackets)
            return text;
    }
    return NULL;
}

/* Where the target of `[BIND:]PORT:NAME:PORT` or `PATH:NAME:PORT` starts; NULL: it is neither. */
static char *find_target(char *text)
{
    char *colon[4] = { 0 };
    size_t n = 0;

    for (char *at = text; n < 4 && (at = find_colon(at)) != NULL; at++)
        colon[n++] = at;
    if (n < 2 || n > 3 || colon[0] == text)
        return NULL;
    return (n == 2 ? colon[0] : colon[1]) + 1;
}

static int add_forward(struct parser *p, const char *text)
{
    char name[32];
    char *listen = strdup(text);
    char *target = listen ? find_target(listen) : NULL;
    int err;

    if (target) {
        target[-1] = '\0';
        snprintf(name, sizeof name, "command-line-%d", ++p->nforwards);
        err = add(p, "forward", name, "listen", listen);
        if (!err)
            err = add(p, "forward", name, "target", target);
        if (!err && p->opt == 'U')
            err = add(p, "forward", name, "protocol", "udp");
    } else {
        err = wrong(p, "-%c %.128s: is not [BIND:]PORT:NAME:PORT", p->opt, text);
    }
    free(listen);
    return err;
}

/* What an earlier -S said of the service; NULL: nothing. */
static const char *find_said(const struct options *o, const char *service, const char *key)
{
    for (size_t i = 0; i < o->nover; i++) {
        const struct config_override *v = &o->over[i];
        if (!strcmp(v->section, "service") && !strcmp(v->name, service) && !strcmp(v->key, key))
            return v->value;
    }
    return NULL;
}

static int add_service(struct parser *p, const char *text)
{
    struct service s;
    char port[8];

    if (service_parse(text, &s) != 0)
        return wrong(p,
                     "-S %.128s: is not NAME[:PORT][/udp]=TARGET, NAME being made of a-z, 0-9 and "
                     "-, and TARGET [ADDR:]PORT or unix:PATH",
                     text);
    snprintf(port, sizeof port, "%u", s.port);
    const char *key = s.udp_target.len ? "udp-target" : "target";
    const char *earlier = find_said(p->o, s.name, "port"), *target = find_said(p->o, s.name, key);
    bool says_port = text[strcspn(text, ":=")] == ':';
    if (earlier && says_port && strcmp(earlier, port) != 0)
        return wrong(p, "-S %.128s: %s has port %s already", text, s.name, earlier);
    if (target)
        return wrong(p, "-S %.128s: %s leads to %.128s already", text, s.name, target);
    int err = add(p, "service", s.name, key, strchr(text, '=') + 1);
    return err || earlier ? err : add(p, "service", s.name, "port", port);
}

static int take(struct parser *p, int opt, const char *arg)
{
    switch (opt) {
    case 'd':
        if (!*arg)
            return wrong(p, "-d needs a directory");
        free(p->o->dir);
        p->o->dir = strdup(arg);
        return p->o->dir ? 0 : wrong(p, "%s", gw_strerror(GW_ENOMEM));
    case 'f':
        p->o->conf = arg;
        return 0;
    case 'D':
        return add_to_list(p, &p->has_proxy, "proxy", "listen", strcmp(arg, "none") ? arg : "");
    case 'L':
    case 'U':
        return add_forward(p, arg);
    case 'S':
        return add_service(p, arg);
    case 'l':
        return add_to_list(p, &p->has_listen, "node", "listen", arg);
    case 'r':
        return add_to_list(p, &p->has_relay, "node", "relay", arg);
    case 'R':
        return add(p, "relay", NULL, "enabled", "yes");
    case 'v':
        return add(p, "node", NULL, "log-level", "debug");
    case 'q':
        return add(p, "node", NULL, "log-level", "warn");
    case 'h':
        p->o->wants_help = true;
        return 0;
    case OPT_VERSION:
        p->o->wants_version = true;
        return 0;
    case ':':
        return wrong(p, "-%c needs an argument", optopt);
    default:
        return optopt ? wrong(p, "no option -%c; see gw --help", optopt)
                      : wrong(p, "no option %.128s; see gw --help", arg);
    }
}

/* Where the directory is unless somebody says otherwise.  *out owned, NULL: nowhere. */
static int usual_dir(char **out)
{
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int n = 0;

    *out = NULL;
    if (xdg && *xdg)
        n = asprintf(out, "%s/gw", xdg);
    else if (home && *home)
        n = asprintf(out, "%s/.config/gw", home);
    if (n < 0)
        *out = NULL;
    return n < 0 ? GW_ENOMEM : 0;
}

static int set_default_dir(struct parser *p)
{
    const char *gw = getenv("GW_HOME");
    int err = 0;

    if (p->o->dir || p->o->wants_help || p->o->wants_version)
        return 0;
    if (gw && *gw)
        err = (p->o->dir = strdup(gw)) ? 0 : GW_ENOMEM;
    else
        err = usual_dir(&p->o->dir);
    if (err)
        return wrong(p, "%s", gw_strerror(err));
    return p->o->dir ? 0 : wrong(p, "no directory: give -d DIR, or set HOME");
}

/* What getopt wants to know, from the table. */
static void make_getopt(char *shorts, struct option *longs)
{
    shorts += sprintf(shorts, "+:");
    for (size_t i = 0; i < NROWS; i++) {
        const struct options_row *r = &rows[i];
        if (r->name)
            *longs++ = (struct option){ r->name, no_argument, NULL, r->letter };
        if (r->letter <= UCHAR_MAX)
            shorts += sprintf(shorts, "%c%s", r->letter, r->arg ? ":" : "");
    }
    *longs = (struct option){ 0 };
}

int options_parse(int argc, char **argv, struct options *out, char err[CONF_ERR_MAX])
{
    struct parser p = { .o = out, .err = err };
    struct option longs[NROWS + 1];
    char shorts[2 * NROWS + 3];
    int opt, rc = 0;

    *out = (struct options){ 0 };
    make_getopt(shorts, longs);
    optind = 0; /* getopt starts afresh */
    while (!rc && (opt = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        p.opt = opt;
        p.arg = optarg ? optarg : argv[optind - 1];
        rc = take(&p, opt, p.arg);
    }
    if (!rc)
        rc = set_default_dir(&p);
    out->argc = argc - optind;
    out->argv = argv + optind;
    if (rc)
        options_free(out);
    return rc;
}

void options_free(struct options *o)
{
    for (size_t i = 0; i < o->nover; i++) {
        free(o->over[i].section);
        free(o->over[i].name);
        free(o->over[i].key);
        free(o->over[i].value);
    }
    free(o->over);
    free(o->dir);
    *o = (struct options){ 0 };
}

/* As one word of a shell's command line. */
static void put_shell_word(struct strbuf *b, const char *text)
{
    bool is_plain = true;

    for (const char *p = text; *p; p++)
        is_plain = is_plain && (isalnum((unsigned char)*p) || strchr("/._-+,", *p));
    strbuf_puts(b, is_plain ? "" : "'");
    for (; *text; text++)
        strbuf_printf(b, *text == '\'' ? "'\"'\"'" : "%c", *text);
    strbuf_puts(b, is_plain ? "" : "'");
}

char *options_command(const struct options *o)
{
    struct strbuf b = { .max = COMMAND_MAX };
    char *usual, *real = realpath(o->dir, NULL), *real_usual = NULL;

    strbuf_puts(&b, "gw");
    if (usual_dir(&usual) == 0 && usual)
        real_usual = realpath(usual, NULL);
    if (real && (!real_usual || strcmp(real, real_usual) != 0)) {
        strbuf_puts(&b, " -d ");
        put_shell_word(&b, real);
    }
    free(usual);
    free(real);
    free(real_usual);
    if (!b.err)
        return b.p;
    strbuf_free(&b);
    return NULL;
}

static void print_row(FILE *f, const struct options_row *r)
{
    char left[64];
    const char *line = r->help;

    if (r->letter > UCHAR_MAX)
        snprintf(left, sizeof left, "--%s", r->name);
    else
        snprintf(left, sizeof left, "-%c%s%s%s%s", r->letter, r->name ? ", --" : "",
                 r->name ? r->name : "", r->arg ? " " : "", r->arg ? r->arg : "");
    for (const char *end; line; line = end ? end + 1 : NULL) {
        end = strchr(line, '\n');
        fprintf(f, "  %-*s%.*s\n", HELP_WIDE, left, (int)(end ? end - line : (long)strlen(line)),
                line);
        *left = '\0';
    }
}

void options_help(FILE *f)
{
    fputs(usage, f);
    for (size_t i = 0; i < NROWS; i++)
        print_row(f, &rows[i]);
}
