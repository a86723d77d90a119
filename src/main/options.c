/* options.c - see options.h. */
#include "main/options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static const char help[] =
    "usage: gw [-d DIR] [-f CONF] [-D [BIND:]PORT|none]... [-L [BIND:]PORT:NAME:PORT]...\n"
    "          [-S NAME[:PORT]=TARGET]... [-l MULTIADDR]... [-v|-q]\n"
    "       gw [-d DIR] COMMAND ...\n"
    "\n"
    "Without a command gw runs in the foreground until SIGINT or SIGTERM.\n"
    "\n"
    "  -d DIR                      directory of gw.conf, key, names, authorized_keys, state/, "
    "ctl.sock\n"
    "                              (default: $GW_HOME, $XDG_CONFIG_HOME/gw, ~/.config/gw)\n"
    "  -f CONF                     configuration file in place of DIR/gw.conf\n"
    "  -D [BIND:]PORT|none         proxy port (default: 127.0.0.1:1080); none: no proxy\n"
    "  -L [BIND:]PORT:NAME:PORT    forward a local port, or a socket path, to a service of a "
    "peer;\n"
    "                              a service name may stand for the last PORT; port 0: a free one\n"
    "  -S NAME[:PORT]=TARGET       offer a service: ssh:22=127.0.0.1:22, "
    "db:5432=unix:/run/db.sock\n"
    "  -l MULTIADDR                listen (default: /ip4/0.0.0.0/udp/0/quic-v1, "
    "/ip6/::/udp/0/quic-v1)\n"
    "  -r RELAY, -R                be reachable through a relay, be one: not in this version\n"
    "  -v, -q                      log more (debug), log less (warnings, errors)\n"
    "  -h, --help                  this text\n"
    "  --version                   print the version\n";

struct parser {
    struct options *o;
    int opt; /* the option at hand, and its argument */
    const char *arg;
    int nforwards;              /* -L so far: they need names */
    bool has_proxy, has_listen; /* -D, -l given: what the file says no longer counts */
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
    } else {
        err = wrong(p, "-L %.128s: is not [BIND:]PORT:NAME:PORT", text);
    }
    free(listen);
    return err;
}

static int add_service(struct parser *p, const char *text)
{
    struct service s;
    char port[8];

    if (service_parse(text, &s) != 0)
        return wrong(p,
                     "-S %.128s: is not NAME[:PORT]=TARGET, NAME being made of a-z, 0-9 and -, and "
                     "TARGET [ADDR:]PORT or unix:PATH",
                     text);
    snprintf(port, sizeof port, "%u", s.port);
    int err = add(p, "service", s.name, "target", strchr(text, '=') + 1);
    return err ? err : add(p, "service", s.name, "port", port);
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
        return add_forward(p, arg);
    case 'S':
        return add_service(p, arg);
    case 'l':
        return add_to_list(p, &p->has_listen, "node", "listen", arg);
    case 'r':
    case 'R':
        return wrong(p, "-%c: relays are not built yet", opt);
    case 'v':
        return add(p, "node", NULL, "log-level", "debug");
    case 'q':
        return add(p, "node", NULL, "log-level", "warn");
    case 'h':
        p->o->wants_help = true;
        return 0;
    case 'V':
        p->o->wants_version = true;
        return 0;
    case ':':
        return wrong(p, "-%c needs an argument", optopt);
    default:
        return optopt ? wrong(p, "no option -%c; see gw --help", optopt)
                      : wrong(p, "no option %.128s; see gw --help", arg);
    }
}

static int set_default_dir(struct parser *p)
{
    const char *gw = getenv("GW_HOME"), *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int n;

    if (p->o->dir || p->o->wants_help || p->o->wants_version)
        return 0;
    if (gw && *gw)
        n = asprintf(&p->o->dir, "%s", gw);
    else if (xdg && *xdg)
        n = asprintf(&p->o->dir, "%s/gw", xdg);
    else if (home && *home)
        n = asprintf(&p->o->dir, "%s/.config/gw", home);
    else
        return wrong(p, "no directory: give -d DIR, or set HOME");
    if (n >= 0)
        return 0;
    p->o->dir = NULL;
    return wrong(p, "%s", gw_strerror(GW_ENOMEM));
}

int options_parse(int argc, char **argv, struct options *out, char err[CONF_ERR_MAX])
{
    static const struct option longs[] = { { "help", no_argument, NULL, 'h' },
                                           { "version", no_argument, NULL, 'V' },
                                           { 0 } };
    struct parser p = { .o = out, .err = err };
    int opt, rc = 0;

    *out = (struct options){ 0 };
    optind = 0; /* getopt starts afresh */
    while (!rc && (opt = getopt_long(argc, argv, "+:d:f:D:L:S:l:r:Rvqh", longs, NULL)) != -1) {
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

void options_help(FILE *f)
{
    fputs(help, f);
}
