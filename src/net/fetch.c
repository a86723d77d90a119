/* fetch.c - see fetch.h.
 *
 * All that curl is to know stands in its config on standard input: a URL may hold a key, and
 * everybody on the machine may read the arguments of a program. */
#include "net/fetch.h"

#include <stdlib.h>
#include <sys/wait.h>

#include "base/err.h"
#include "base/strbuf.h"

#define CONFIG_MAX (2 * FETCH_BODY_MAX + 8192)

struct fetch {
    struct child *child;
    fetch_done_fn *done;
    void *arg;
};

/* What curl's exit statuses mean, as far as somebody may want to know; curl(1), "EXIT CODES". */
static int err_of_status(int status)
{
    switch (WIFEXITED(status) ? WEXITSTATUS(status) : -1) {
    case 6: /* the host name is not known */
        return GW_EUNREACH;
    case 7:
        return GW_EREFUSED;
    case 22: /* HTTP status 400 or above */
        return GW_EDENIED;
    case 28:
        return GW_ETIMEOUT;
    case 35: /* TLS fails, or */
    case 60: /* the certificate is not believed */
        return GW_EIDENTITY;
    default:
        return GW_EIO;
    }
}

static void on_done(void *arg, int err, int status, struct bytes out)
{
    struct fetch *f = arg;

    f->done(f->arg, err == GW_EREFUSED ? err_of_status(status) : err, out);
    free(f);
}

/* A line of curl's config: name = "value". */
static void put_line(struct strbuf *b, const char *name, struct bytes value)
{
    strbuf_printf(b, "%s = \"", name);
    for (size_t i = 0; i < value.n; i++) {
        char c = (char)value.p[i];
        if (c == '\n') {
            strbuf_puts(b, "\\n");
        } else {
            if (c == '"' || c == '\\')
                strbuf_puts(b, "\\");
            strbuf_put(b, (struct bytes){ value.p + i, 1 });
        }
    }
    strbuf_puts(b, "\"\n");
}

static void put_config(struct strbuf *b, const struct fetch_req *req)
{
    strbuf_puts(b, "silent\nshow-error\nfail\ngloboff\n"
                   "proto = \"=http,https\"\nproto-redir = \"=http,https\"\n");
    put_line(b, "url", bytes_of(req->url));
    if (req->body.n) {
        put_line(b, "header", bytes_of("Content-Type: application/json"));
        put_line(b, "data-raw", req->body);
    } else {
        strbuf_puts(b, "location\nmax-redirs = 3\n");
    }
}

bool fetch_url_ok(const char *url)
{
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return false;
    for (const char *p = url; *p; p++)
        if (*p <= ' ' || *p > '~')
            return false;
    return true;
}

struct fetch *fetch_start(struct ev_loop *loop, const struct fetch_req *req, fetch_done_fn *done,
                          void *arg)
{
    static const char *const argv[] = { "curl", "--disable", "--config", "-", NULL };
    struct strbuf config = { .max = CONFIG_MAX };
    struct fetch *f = calloc(1, sizeof *f);

    put_config(&config, req);
    if (!f || req->body.n > FETCH_BODY_MAX || config.err || memchr(config.p, '\0', config.n))
        goto fail;
    *f = (struct fetch){ .done = done, .arg = arg };
    const struct child_req run = { .argv = argv,
                                   .input = strbuf_bytes(&config),
                                   .max_out = req->max,
                                   .timeout_ms = req->timeout_ms };
    if (child_start(loop, &run, on_done, f, &f->child) != 0)
        goto fail;
    strbuf_free(&config);
    return f;
fail:
    strbuf_free(&config);
    free(f);
    return NULL;
}

void fetch_cancel(struct fetch *f)
{
    if (!f)
        return;
    child_cancel(f->child);
    free(f);
}
