/* cli_ask.c - see cli_ask.h. */
#include "cli/cli_ask.h"

#include <stdarg.h>
#include <string.h>

#include "base/err.h"
#include "cli/cli_show.h"

int cli_fail(const char *fmt, ...)
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

json_t *cli_ask_words(char *const *words, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        if (json_array_append_new(list, json_string(words[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static int fail_no_daemon(const char *dir, int err)
{
    char path[CTL_CLIENT_PATH_MAX];

    ctl_client_path(dir, path);
    if (err == GW_ENOTFOUND || err == GW_EREFUSED)
        return cli_fail("no daemon answers on %s: is `gw -d %s` running?", path, dir);
    if (err == GW_EINVAL)
        return cli_fail("%s: too long for a socket's path (107 octets): use a shorter -d", path);
    if (err == GW_EPERM)
        return cli_fail("%s: %s: its daemon is another user's", path, gw_strerror(err));
    return cli_fail("%s: %s", path, gw_strerror(err));
}

static int fail_daemon(int err)
{
    return err == GW_ECLOSED ? cli_fail("the daemon ended before it answered")
                             : cli_fail("no answer from the daemon: %s", gw_strerror(err));
}

int cli_ask_open(const char *dir, struct ctl_client **out)
{
    int err = ctl_client_open(dir, out);
    return err ? fail_no_daemon(dir, err) : CLI_OK;
}

/* What a failure leaves to be done, where that is on another machine. */
static const char *hint_at(const char *error)
{
    const char *denied = gw_strerror(GW_EDENIED), *at = strstr(error, denied);
    const char *rest = at ? at + strlen(denied) : "";

    return at && (!*rest || strcmp(rest, ": you may not use it") == 0)
               ? "; over there: gw allow ID, with the ID that gw id prints here"
               : "";
}

int cli_ask_next(struct ctl_client *c, int timeout_ms, json_t **out)
{
    json_t *v;
    int err = ctl_client_recv(c, timeout_ms, &v);

    if (err)
        return fail_daemon(err);
    if (json_is_true(json_object_get(v, "ok")) || json_is_true(json_object_get(v, "more"))) {
        *out = v;
        return CLI_OK;
    }
    cli_fail("%s%s", cli_show_str(v, "error"), hint_at(cli_show_str(v, "error")));
    json_decref(v);
    return CLI_FAILED;
}

/* A daemon that refuses us may have closed already: then sending fails, and what it said is still
 * there to read. */
int cli_ask_first(struct ctl_client *c, json_t *req, int timeout_ms, json_t **out)
{
    int err = ctl_client_send(c, req);

    if (err == GW_EINVAL)
        return cli_fail("not UTF-8 text");
    if (err && err != GW_ECLOSED && err != GW_ERESET)
        return fail_daemon(err);
    return cli_ask_next(c, timeout_ms, out);
}

/* One request, one answer.  *out owned when the exit status is 0. */
static int ask(const char *dir, json_t *req, int timeout_ms, json_t **out)
{
    struct ctl_client *c;
    int rc = cli_ask_open(dir, &c);

    if (rc) {
        json_decref(req);
        return rc;
    }
    rc = cli_ask_first(c, req, timeout_ms, out);
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

int cli_ask_and_judge(const char *dir, bool is_json, json_t *req, int timeout_ms,
                      int (*show)(FILE *, const json_t *), const char *must)
{
    json_t *v;
    int rc = ask(dir, req, timeout_ms, &v);

    if (rc)
        return rc;
    int err = is_json ? print_json(v) : show(stdout, v);
    bool is_well = !must || json_is_true(json_object_get(v, must));
    json_decref(v);
    if (err)
        return cli_fail("%s", gw_strerror(err));
    return is_well ? CLI_OK : CLI_FAILED;
}

int cli_ask_and_show(const char *dir, bool is_json, json_t *req, int timeout_ms,
                     int (*show)(FILE *, const json_t *))
{
    return cli_ask_and_judge(dir, is_json, req, timeout_ms, show, NULL);
}

static void print_names(const char *before, const json_t *names, const char *after)
{
    const json_t *name;
    size_t i;

    json_array_foreach(names, i, name) printf("%s%s", i ? ", " : before, json_string_value(name));
    if (i)
        printf("%s", after);
}

int cli_ask_and_say(const char *dir, json_t *req, int timeout_ms, const char *done)
{
    json_t *v;
    int rc = ask(dir, req, timeout_ms, &v);

    if (rc)
        return rc;
    const char *peer = cli_show_str(v, "peer");
    printf("%s%s%s", done, *peer ? " " : "", peer);
    print_names(": ", json_object_get(v, "not_offered"), " (no such service here yet)");
    putchar('\n');
    print_names("it may use ", json_object_get(v, "may_use"), "\n");
    const char *later = cli_show_str(v, "later");
    if (*later)
        printf("with the next start: %s\n", later);
    json_decref(v);
    return CLI_OK;
}
