/* socks5_dest.h - what a destination that wire/socks5.h has read is like. */
#ifndef GW_TESTS_SOCKS5_DEST_H
#define GW_TESTS_SOCKS5_DEST_H

#include <arpa/inet.h>

#include "fuzz.h"
#include "wire/socks5.h"

static inline void check_socks5_dest(const struct socks5_dest *d)
{
    size_t n = strnlen(d->host, sizeof d->host);
    assert(n > 0 && n < sizeof d->host);
    for (size_t i = 0; i < n; i++)
        assert(d->host[i] >= ' ' && d->host[i] < 0x7f);
    assert(d->host[n - 1] != '.');

    uint8_t ip[16] = { 0 };
    int is_ip4 = inet_pton(AF_INET, d->host, ip);
    int is_ip6 = inet_pton(AF_INET6, d->host, ip);
    assert(is_ip4 == (d->kind == SOCKS5_IPV4));
    assert(is_ip6 == (d->kind == SOCKS5_IPV6));
    assert(memcmp(d->ip, ip, sizeof ip) == 0);
}

static inline void check_same_socks5_dest(const struct socks5_dest *a, const struct socks5_dest *b)
{
    assert(a->kind == b->kind && a->port == b->port);
    assert(strcmp(a->host, b->host) == 0 && memcmp(a->ip, b->ip, sizeof a->ip) == 0);
}

#endif
