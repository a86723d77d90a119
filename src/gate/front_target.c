/* front_target.c - see front_target.h. */
#include "gate/front_target.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "net/sockaddr.h"

/* An address between brackets: checked by the reader of socket addresses. */
static int parse_v6(const char *text, size_t n)
{
    char whole[SOCKADDR_STR_MAX];
    struct sockaddr_any a;

    if (n >= sizeof whole - sizeof "[]:1")
        return GW_ESYNTAX;
    snprintf(whole, sizeof whole, "[%.*s]:1", (int)n, text);
    return sockaddr_parse(whole, &a);
}

/* Digits are a port, all else is the name of a service. */
static int parse_port(const char *text, struct front_target *out)
{
    if (text[strspn(text, "0123456789")] == '\0')
        return service_parse_port(bytes_of(text), &out->port);
    if (!service_name_ok(bytes_of(text)))
        return GW_EINVAL;
    snprintf(out->service, sizeof out->service, "%s", text);
    return 0;
}

int front_target_parse(const char *text, struct front_target *out)
{
    const char *colon = strrchr(text, ':');
    struct name name;
    int err;

    *out = (struct front_target){ 0 };
    if (!colon || !colon[1])
        return GW_ESYNTAX;
    size_t n = (size_t)(colon - text);
    if (n > 2 && text[0] == '[' && text[n - 1] == ']') {
        text++;
        n -= 2;
        err = parse_v6(text, n);
    } else {
        err = name_parse((struct bytes){ (const uint8_t *)text, n }, &name);
    }
    if (err)
        return GW_ESYNTAX;
    snprintf(out->host, sizeof out->host, "%.*s", (int)n, text);
    return parse_port(colon + 1, out);
}

const char *front_target_print(const struct front_target *t, char out[FRONT_TARGET_STR_MAX])
{
    bool is_bare6 = *t->host != '[' && strchr(t->host, ':');
    const char *open = is_bare6 ? "[" : "", *close = is_bare6 ? "]" : "";

    if (*t->service)
        snprintf(out, FRONT_TARGET_STR_MAX, "%s%s%s:%s", open, t->host, close, t->service);
    else
        snprintf(out, FRONT_TARGET_STR_MAX, "%s%s%s:%u", open, t->host, close, t->port);
    return out;
}
