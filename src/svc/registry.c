/* registry.c - the list of services.  Small: looked through from the front. */
#include "svc/registry.h"

#include <stdlib.h>

#include "base/err.h"

struct registry {
    struct service **v; /* owned; an address stays as long as its service does */
    size_t n, cap;
};

struct registry *registry_new(void)
{
    return calloc(1, sizeof(struct registry));
}

void registry_clear(struct registry *r)
{
    for (size_t i = 0; i < r->n; i++) {
        free(r->v[i]->authorized_keys);
        free(r->v[i]);
    }
    r->n = 0;
}

void registry_free(struct registry *r)
{
    if (!r)
        return;
    registry_clear(r);
    free(r->v);
    free(r);
}

static bool is_taken(const struct registry *r, const struct service *s)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->v[i]->name, s->name) == 0 || (s->port && r->v[i]->port == s->port))
            return true;
    return false;
}

static int make_room(struct registry *r)
{
    if (r->n < r->cap)
        return 0;
    size_t cap = r->cap ? 2 * r->cap : 8;
    struct service **v = reallocarray(r->v, cap, sizeof *v);
    if (!v)
        return GW_ENOMEM;
    r->v = v;
    r->cap = cap;
    return 0;
}

static struct service *copy_of(const struct service *s)
{
    struct service *c = malloc(sizeof *c);
    if (!c)
        return NULL;
    *c = *s;
    if (s->authorized_keys && !(c->authorized_keys = strdup(s->authorized_keys))) {
        free(c);
        return NULL;
    }
    return c;
}

int registry_add(struct registry *r, const struct service *s)
{
    if (!service_name_ok(
            (struct bytes){ (const uint8_t *)s->name, strnlen(s->name, sizeof s->name) }))
        return GW_EINVAL;
    if (is_taken(r, s))
        return GW_EEXISTS;
    struct service *c = copy_of(s);
    if (!c || make_room(r) != 0) {
        if (c)
            free(c->authorized_keys);
        free(c);
        return GW_ENOMEM;
    }
    r->v[r->n++] = c;
    return 0;
}

const struct service *registry_by_name(const struct registry *r, struct bytes name)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->v[i]->is_enabled && bytes_eq(bytes_of(r->v[i]->name), name))
            return r->v[i];
    return NULL;
}

const struct service *registry_by_port(const struct registry *r, uint16_t port)
{
    if (!port)
        return NULL;
    for (size_t i = 0; i < r->n; i++)
        if (r->v[i]->is_enabled && r->v[i]->port == port)
            return r->v[i];
    return NULL;
}

size_t registry_count(const struct registry *r)
{
    return r->n;
}

const struct service *registry_at(const struct registry *r, size_t i)
{
    return i < r->n ? r->v[i] : NULL;
}

bool service_name_ok(struct bytes name)
{
    if (name.n == 0 || name.n > SERVICE_NAME_MAX || name.p[0] == '-' || name.p[name.n - 1] == '-')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return true;
}

int service_parse_port(struct bytes text, uint16_t *out)
{
    uint32_t port = 0;
    if (text.n == 0 || text.n > 5)
        return GW_ESYNTAX;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return GW_ESYNTAX;
        port = 10 * port + (text.p[i] - '0');
    }
    if (port == 0 || port > UINT16_MAX)
        return GW_EINVAL;
    *out = (uint16_t)port;
    return 0;
}

/* Cuts `/udp` off the end of what stands before the '='. */
static bool cut_udp(struct bytes *left)
{
    static const char tail[] = "/udp";
    size_t n = sizeof tail - 1;
    if (left->n < n || memcmp(left->p + left->n - n, tail, n) != 0)
        return false;
    left->n -= n;
    return true;
}

int service_parse(const char *text, struct service *out)
{
    const char *eq = strchr(text, '=');
    if (!eq)
        return GW_ESYNTAX;
    struct bytes left = { (const uint8_t *)text, (size_t)(eq - text) };
    *out = (struct service){ .is_enabled = true };
    struct sockaddr_any *target = cut_udp(&left) ? &out->udp_target : &out->target;
    const uint8_t *colon = memchr(left.p, ':', left.n);
    struct bytes name = { left.p, colon ? (size_t)(colon - left.p) : left.n };
    if (!service_name_ok(name))
        return GW_EINVAL;

    memcpy(out->name, name.p, name.n);
    int err = sockaddr_parse(eq + 1, target);
    if (err)
        return err;
    if (target->sa.sa_family != AF_UNIX && sockaddr_port(target) == 0)
        return GW_EINVAL;
    out->port = sockaddr_port(target);
    if (colon)
        err = service_parse_port((struct bytes){ colon + 1, left.n - name.n - 1 }, &out->port);
    return err;
}
