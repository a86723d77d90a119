#include "svc/svc_proto.h"

#include <stdio.h>

#define VERSION "/1.0.0"

static bool cut_front(struct bytes *v, const char *s)
{
    size_t n = strlen(s);
    if (v->n < n || memcmp(v->p, s, n) != 0)
        return false;
    v->p += n;
    v->n -= n;
    return true;
}

struct bytes svc_proto_service(struct bytes protocol)
{
    static const size_t tail = sizeof VERSION - 1;
    struct bytes v = protocol;
    if (!cut_front(&v, SVC_PROTO_PEERUP) && !cut_front(&v, SVC_PROTO_SHURLI))
        return (struct bytes){ 0 };
    if (v.n < tail || memcmp(v.p + v.n - tail, VERSION, tail) != 0)
        return (struct bytes){ 0 };
    v.n -= tail;
    return service_name_ok(v) ? v : (struct bytes){ 0 };
}

const char *svc_proto_print(const char *prefix, const char *service, char out[SVC_PROTO_MAX])
{
    snprintf(out, SVC_PROTO_MAX, "%s%s" VERSION, prefix, service);
    return out;
}

static const struct {
    uint16_t port;
    const char *name;
} known[] = {
    { 22, "ssh" },   { 80, "http" },       { 443, "https" }, { 445, "smb" },    { 3306, "mysql" },
    { 3389, "rdp" }, { 5432, "postgres" }, { 5900, "vnc" },  { 6379, "redis" },
};
#define NKNOWN (sizeof known / sizeof *known)

const char *svc_proto_port_name(uint16_t port)
{
    for (size_t i = 0; i < NKNOWN; i++)
        if (known[i].port == port)
            return known[i].name;
    return NULL;
}

uint16_t svc_proto_name_port(struct bytes name)
{
    for (size_t i = 0; i < NKNOWN; i++)
        if (bytes_eq(bytes_of(known[i].name), name))
            return known[i].port;
    return 0;
}
