/* ctl_resolve.c - see ctl_resolve.h. */
#include "ctl/ctl_resolve.h"

#include <stdio.h>

#include "base/err.h"
#include "ctl/ctl_lookup.h"
#include "ctl/ctl_status.h"

static json_t *addr_list(const struct name_answer *a)
{
    char text[MULTIADDR_STR_MAX];
    json_t *list = json_array();

    for (size_t i = 0; i < a->naddrs; i++)
        json_array_append_new(list, json_string(multiaddr_print(&a->addrs[i], text)));
    return list;
}

static json_t *map_object(const struct name_answer *a)
{
    char port[8];
    json_t *map = json_object();

    for (size_t i = 0; i < a->nmaps; i++) {
        snprintf(port, sizeof port, "%u", a->maps[i].port);
        json_object_set_new(map, port, json_string(a->maps[i].protocol));
    }
    return map;
}

static const char *asked_text(enum resolver_asked asked)
{
    switch (asked) {
    case RESOLVER_NOT_ITS:
        return "not-its";
    case RESOLVER_FAILED:
        return "failed";
    case RESOLVER_SILENT:
        return "silent";
    case RESOLVER_ANSWERED:
        return "answered";
    case RESOLVER_NOT_ASKED:
        break;
    }
    return "no";
}

static const char *source_text(enum resolver_source source)
{
    switch (source) {
    case RESOLVER_FROM_MEMORY:
        return "memory";
    case RESOLVER_FROM_DISK:
        return "disk";
    case RESOLVER_FROM_TIER:
        break;
    }
    return "";
}

/* Puts "cached" (where it lay: "memory", "disk"; "" = nowhere), "took_us", "left_s" and "tiers"
 * into the answer. */
static void put_trace(json_t *answer, const struct resolver_trace *t)
{
    json_t *list = json_array();

    for (size_t i = 0; i < t->nsteps; i++) {
        const struct resolver_step *s = &t->steps[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:I}", "tier", s->tier, "asked",
                                              asked_text(s->asked), "why",
                                              ctl_status_foreign(bytes_of(s->why)), "took_us",
                                              (json_int_t)s->took_us));
    }
    json_object_set_new(answer, "cached", json_string(source_text(t->source)));
    json_object_set_new(answer, "took_us", json_integer((json_int_t)t->took_us));
    json_object_set_new(answer, "left_s", json_integer((json_int_t)(t->left_ms / 1000)));
    json_object_set_new(answer, "tiers", list);
}

static bool is_verbose(json_t *req)
{
    return json_is_true(json_object_get(req, "verbose"));
}

static void found(const struct ctl_deps *d, struct ctl_session *s, json_t *req,
                  const struct name_answer *a)
{
    const struct resolver_trace *trace = resolver_trace(d->resolver);
    char id[PEERID_STR_MAX];
    json_t *answer = json_pack(
        "{s:O, s:s, s:s, s:o, s:o, s:s, s:I}", "name", json_object_get(req, "name"), "peer",
        peerid_print(&a->peer, id), "service", a->service, "addrs", addr_list(a), "protocols",
        map_object(a), "tier", a->tier, "ttl_s", (json_int_t)(a->ttl_ms / 1000));

    if (answer && trace && is_verbose(req)) {
        json_object_set_new(answer, "found", json_true());
        put_trace(answer, trace);
    }
    ctl_session_reply(s, answer);
}

static void unfound(const struct ctl_deps *d, struct ctl_session *s, json_t *req, int err,
                    const char *trail)
{
    const struct resolver_trace *trace = resolver_trace(d->resolver);

    if (!trace) { /* it never came to asking anybody */
        ctl_session_fail(s, "%s: %s%s%s", json_string_value(json_object_get(req, "name")),
                         gw_strerror(err), *trail ? ": " : "", trail);
        return;
    }
    json_t *answer = json_pack("{s:O, s:b, s:s}", "name", json_object_get(req, "name"), "found", 0,
                               "error", gw_strerror(err));
    if (answer)
        put_trace(answer, trace);
    ctl_session_reply(s, answer);
}

void ctl_resolve_run(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    ctl_lookup_either(d, s, req, "name", found, is_verbose(req) ? unfound : NULL);
}
