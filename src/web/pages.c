/* pages.c - see pages.h. */
#include "web/pages.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "ctl/ctl_status.h"
#include "gate/html.h"
#include "web/page_metrics.h"
#include "web/page_pac.h"
#include "web/page_status.h"
#include "wire/http1.h"

#define PORT_DEFAULT 80 /* of http */

static int make_status(const struct ctl_deps *d, const char *at, struct strbuf *body)
{
    json_t *status = ctl_status_make(d);

    if (!status)
        return GW_ENOMEM;
    page_status(status, at, d->command, body);
    json_decref(status);
    return body->err;
}

static int make_metrics(const struct ctl_deps *d, const char *at, struct strbuf *body)
{
    json_t *status = ctl_status_make(d);
    (void)at;

    if (!status)
        return GW_ENOMEM;
    page_metrics(status, body);
    json_decref(status);
    return body->err;
}

static int make_json(const struct ctl_deps *d, const char *at, struct strbuf *body)
{
    json_t *status = ctl_status_make(d);
    char *text = status ? json_dumps(status, JSON_INDENT(2)) : NULL;
    (void)at;

    json_decref(status);
    if (!text)
        return GW_ENOMEM;
    strbuf_puts(body, text);
    strbuf_puts(body, "\n");
    free(text);
    return body->err;
}

static int make_pac(const struct ctl_deps *d, const char *at, struct strbuf *body)
{
    struct ipaddr net;
    bool has_net = front_stable_net(d->front, &net);

    page_pac(d->resolver, has_net ? &net : NULL, at, body);
    return body->err;
}

static const struct page {
    const char *path, *type;
    int (*make)(const struct ctl_deps *d, const char *at, struct strbuf *body);
} pages[] = {
    { "/", "text/html; charset=utf-8", make_status },
    { "/proxy.pac", "application/x-ns-proxy-autoconfig", make_pac },
    { "/metrics", "text/plain; version=0.0.4; charset=utf-8", make_metrics },
    { "/status.json", "application/json", make_json },
};

/* HOST:PORT under which the client knows this port, with the port that http leaves out. */
static int print_at(struct bytes host, char *out, size_t cap)
{
    struct bytes name;
    uint16_t port;

    if (http1_parse_authority(host, &name, &port) != 0)
        return GW_EINVAL;
    bool is_v6 = memchr(name.p, ':', name.n) != NULL;
    int n = snprintf(out, cap, "%s%.*s%s:%u", is_v6 ? "[" : "", (int)name.n, (const char *)name.p,
                     is_v6 ? "]" : "", port ? port : PORT_DEFAULT);
    return (size_t)n < cap ? 0 : GW_EINVAL;
}

int pages_get(void *ctl_deps, struct bytes path, struct bytes host, struct strbuf *out)
{
    const struct page *p = pages, *end = pages + sizeof pages / sizeof pages[0];
    struct strbuf body = { .max = out->max };
    char at[NAME_MAX_OCTETS + sizeof "[]:65535"];

    while (p < end && !bytes_eq(path, bytes_of(p->path)))
        p++;
    if (p == end)
        return GW_ENOTFOUND;
    int err = print_at(host, at, sizeof at);
    if (!err)
        err = p->make(ctl_deps, at, &body);
    if (!err)
        err = html_respond(out, 200, "OK", p->type, "", strbuf_bytes(&body));
    strbuf_free(&body);
    return err;
}
