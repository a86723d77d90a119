/* name_words.c - see name_words.h. */
#include "name/name_words.h"

#include "base/err.h"
#include "svc/registry.h"

static const char *read_addr(const char *word, struct name_answer *out)
{
    if (out->naddrs == RESOLVER_ADDRS_MAX)
        return "more than 8 addresses";
    struct multiaddr *a = &out->addrs[out->naddrs];
    int err = multiaddr_parse(bytes_of(word), a);
    if (err == GW_EUNSUP)
        return "an address of an unknown kind";
    if (err)
        return "neither an address nor PORT=/protocol";
    struct peerid id;
    struct multiaddr bare = *a;
    multiaddr_strip_peer(&bare);
    if (bare.n != a->n && (!multiaddr_peer(a, &id) || !peerid_eq(&id, &out->peer)))
        return "an address of another peer";
    *a = bare;
    out->naddrs++;
    return NULL;
}

static const char *read_map(const char *word, const char *eq, struct name_answer *out)
{
    uint16_t port;
    if (service_parse_port((struct bytes){ (const uint8_t *)word, (size_t)(eq - word) }, &port) !=
        0)
        return "a port is a number from 1 to 65535";
    for (size_t i = 0; i < out->nmaps; i++)
        if (out->maps[i].port == port)
            return "a port that is mapped twice";
    if (out->nmaps == RESOLVER_MAPS_MAX)
        return "more than 8 mapped ports";
    struct name_map *m = &out->maps[out->nmaps];
    size_t n = strlen(eq + 1);
    if (eq[1] != '/' || n < 2 || n >= sizeof m->protocol)
        return "a protocol id starts with / and has at most 95 octets";
    for (const char *p = eq + 1; *p; p++)
        if (*p <= ' ' || *p > '~')
            return "a protocol id is printable ASCII";
    m->port = port;
    memcpy(m->protocol, eq + 1, n + 1);
    out->nmaps++;
    return NULL;
}

const char *name_words_read(const char *word, struct name_answer *a)
{
    const char *eq = strchr(word, '=');

    return eq && *word != '/' ? read_map(word, eq, a) : read_addr(word, a);
}
